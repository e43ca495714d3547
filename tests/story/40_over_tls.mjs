// What strangers try in clear they try over TLS too: the stories of attacks, the gateway and the management server once more,
// word for word, with the daemon's own TLS in between.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { story } from './lib/story.mjs';
import { temporary } from './lib/daemon.mjs';
import { authority, certificate } from './lib/certs.mjs';

const AGAIN = ['10_attacks_http', '11_attacks_metadata', '12_attacks_authorize', '13_attacks_token', '14_attacks_register', '15_gateway',
  '16_management', '17_attacks_session'];

export default story('over TLS', async (t) => {
  const dir = temporary(t);
  authority(dir);
  certificate(dir, 'cert', 'DNS:localhost,IP:127.0.0.1');
  const run = join(dirname(fileURLToPath(import.meta.url)), 'run');
  const env = { ...process.env, GATEHOUSE_STORY_TLS: dir, NODE_EXTRA_CA_CERTS: join(dir, 'ca.pem') };
  const p = spawn(process.execPath, [run, ...AGAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done) => p.on('close', done));
  t.defer(() => void p.kill('SIGKILL'));
  for await (const line of createInterface({ input: p.stdout })) t.hear(line);
  await ended;
});
