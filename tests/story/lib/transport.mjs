// How the stories speak to the daemon: in clear, or over TLS when GATEHOUSE_STORY_TLS names a directory with ca.pem, cert.pem
// and cert.key (lib/certs.mjs makes one). Node's fetch believes the authority by NODE_EXTRA_CA_CERTS, read when it starts.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const dir = process.env.GATEHOUSE_STORY_TLS && resolve(process.env.GATEHOUSE_STORY_TLS);

export const transport = {
  scheme: dir ? 'https' : 'http',
  tls: dir ? { dir, ca: readFileSync(join(dir, 'ca.pem')) } : null,
  // What a daemon's configuration has to say besides.
  config: (text) => (dir ? `${text ?? ''}\ntls: { cert: ${join(dir, 'cert.pem')}, key: ${join(dir, 'cert.key')} }\n` : text),
};
