// The same stories once more in a process of its own, where the daemons speak TLS with a certificate of the story's authority.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporary } from './daemon.mjs';
import { authority, certificate } from './certs.mjs';

const run = join(dirname(fileURLToPath(import.meta.url)), '../run');

export async function overTls(t, stories) {
  const dir = temporary(t);
  authority(dir);
  certificate(dir, 'cert', 'DNS:localhost,IP:127.0.0.1');
  const env = { ...process.env, GATEHOUSE_STORY_TLS: dir, NODE_EXTRA_CA_CERTS: join(dir, 'ca.pem') };
  const p = spawn(process.execPath, [run, ...stories], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done) => p.on('close', done));
  t.defer(() => void p.kill('SIGKILL'));
  for await (const line of createInterface({ input: p.stdout })) t.hear(line);
  await ended;
}
