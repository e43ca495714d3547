// The conformance suite of MCP in its authorization mode: a foreign judge of metadata and of the code grant. Whatever it is not
// content with, warnings and skipped scenarios included, fails here.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { story, assert, until } from './lib/story.mjs';
import { serve, freePort, temporary } from './lib/daemon.mjs';
import { Jar, ask, register, walk } from './lib/oauth.mjs';

const SUITE = fileURLToPath(new URL('../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));
const SECRET = 'a-secret-of-the-suite-0123456789';

// Runs the suite, and is the person whom it sends to a browser.
async function judge(t, d, port, args) {
  const out = temporary(t, 'gatehouse-conformance-');
  const p = spawn(process.execPath, [SUITE, 'authorization', '--url', d.base, '--port', String(port), '-o', out, ...args]);
  let text = '';
  let status;
  p.stdout.on('data', (x) => (text += x));
  p.stderr.on('data', (x) => (text += x));
  p.on('exit', (code) => (status = code));
  t.defer(() => p.kill());
  const address = await until('the suite to send somebody to a browser', () => /^(https?:\S+\/authorize\?\S+)$/m.exec(text)?.[1] ?? (status !== undefined && ' '), 30000);
  if (address !== ' ') {
    const way = await walk(new Jar(d.base), address);
    assert.ok(way.code, way.response.text);
    await ask(way.to.href);
  }
  await until('the suite to end', () => status !== undefined, 30000);
  const checks = readdirSync(out, { recursive: true }).filter((f) => f.endsWith('checks.json')).flatMap((f) => JSON.parse(readFileSync(join(out, f), 'utf8')));
  return { status, text, checks };
}

function content({ status, text, checks }) {
  assert.deepEqual(checks.filter((c) => c.status !== 'SUCCESS').map((c) => [c.id, c.status, c.errorMessage]), []);
  assert.deepEqual(checks.map((c) => c.id).sort(), ['authorization-code-grant', 'authorization-server-metadata', 'authorization-server-metadata-cimd']);
  assert.equal(status, 0, text);
}

export default story('conformance', async (t) => {
  const port = await freePort();
  const redirect = `http://127.0.0.1:${port}/callback`;
  const d = await serve(t, {
    config: `clients:
  - { client_id: suite, name: The suite, redirect_uris: ["${redirect}"] }
  - { client_id: suite-secret, client_secret: ${SECRET}, name: The suite, redirect_uris: ["${redirect}"] }
`,
  });

  await t.test('a public client that names the resource', async () => content(await judge(t, d, port, ['--client-id', 'suite', '--resource', `${d.base}/mcp`])));
  await t.test('a public client that names none', async () => content(await judge(t, d, port, ['--client-id', 'suite'])));
  await t.test('a client that registered itself', async () => {
    const client = (await register(d.base, { redirect_uris: [redirect] })).json;
    content(await judge(t, d, port, ['--client-id', client.client_id]));
  });
});
