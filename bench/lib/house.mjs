// The daemon as it is measured: the optimised program on one core, with an owner, one protected resource, and a data
// directory on a real disk. And what it is measured with and against.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RELEASE_BIN, freePort, serve } from '../../tests/story/lib/daemon.mjs';
import { keyPair } from '../../tests/story/lib/assertion.mjs';
import { until } from '../../tests/story/lib/story.mjs';
import { OTHER_CORE, SERVER_CORE, have, pinned } from './machine.mjs';

const here = dirname(fileURLToPath(import.meta.url));
export { RELEASE_BIN };

// Compiles bench/src into dir.
export function tools(dir) {
  const src = (f) => join(here, '../src', f);
  const cc = (out, files) => {
    const r = spawnSync('cc', ['-std=gnu17', '-O2', '-Wall', '-Wextra', '-D_GNU_SOURCE', '-o', join(dir, out), ...files.map(src), '-lssl', '-lcrypto'], { encoding: 'utf8' });
    if (r.status !== 0) throw new Error(`cc ${out}: ${r.stderr}`);
    return join(dir, out);
  };
  return { dir, load: cc('load', ['load.c', 'script.c', 'line.c']), upstream: cc('upstream', ['upstream.c']), idle: cc('idle', ['idle.c', 'line.c']) };
}

const listening = (port) => until(`port ${port}`, () => new Promise((done) => {
  const s = connect(port, '127.0.0.1', () => (s.destroy(), done(true)));
  s.on('error', () => done(false));
}));

export async function upstream(t, tool) {
  const port = await freePort();
  const p = pinned(OTHER_CORE, tool.upstream, [String(port)], { stdio: 'inherit' });
  t.defer(() => void p.kill());
  await listening(port);
  return { port };
}

// A program that starts the daemon on its core; what is spawned stays one process.
function onItsCore(dir) {
  const file = join(dir, 'gatehouse-on-its-core');
  writeFileSync(file, `#!/bin/sh\nexec taskset -c ${SERVER_CORE} '${RELEASE_BIN}' "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}

// The clients of its file: one proves itself with a key, one asks for tokens in exchange for people's.
export const SIGNER = { id: 'bench-signer', key: keyPair('bench') };
export const AGENT = { id: 'bench-agent', secret: 'the-secret-of-the-agent-of-the-bench' };

// One client on one machine stands for thousands here, so the caps for an address are out of the way.
const config = (up, home) => `limits: { register: 0, pushed: 0, device: 0, connections: 20000, per_address: 20000 }
resources:
  - path: /bench/mcp
    upstream: http://127.0.0.1:${up.port}/mcp
    name: Bench
clients:
  - { client_id: ${SIGNER.id}, name: Signer, token_endpoint_auth_method: private_key_jwt, jwks: ${home}/jwks.json, grant_types: [client_credentials], scopes: ["mcp:tools"] }
  - { client_id: ${AGENT.id}, name: Agent, client_secret: ${AGENT.secret}, redirect_uris: ["https://client.example/cb"], grant_types: [authorization_code, token-exchange] }
`;

// files: a certificate and its key, to serve TLS. store: the address of a PostgreSQL store. documents: a host of clients' metadata
// documents on this machine, and the authority that it is believed by.
export async function house(t, dir, up, { files, store, documents } = {}) {
  const home = mkdtempSync(join(dir, 'house-'));
  const port = await freePort();
  const lines = [files && `tls: { cert: ${files.cert}, key: ${files.key} }`, store && `store: ${store}`,
    documents && `outbound: { allow: [127.0.0.0/8, "::1/128"], authorities: ${documents.authority} }`];
  writeFileSync(join(home, 'jwks.json'), JSON.stringify({ keys: [SIGNER.key.jwk] }));
  const d = await serve(t, { config: config(up, home) + lines.filter(Boolean).map((l) => `${l}\n`).join(''), dir: home, bin: onItsCore(dir), port, base: `${files ? 'https' : 'http'}://localhost:${port}` });
  return { daemon: d, base: d.base, port, pid: d.process.pid, resource: `${d.base}/bench/mcp`, database: join(d.data, 'gatehouse.db'), tls: Boolean(files), documents };
}

// nginx in front of the same upstream, one worker, nothing but proxy_pass; undefined when there is no nginx.
export async function nginx(t, dir, up) {
  if (!have('nginx')) return undefined;
  const port = await freePort();
  const home = join(dir, 'nginx');
  mkdirSync(home);
  writeFileSync(join(home, 'nginx.conf'), `daemon off; worker_processes 1; pid ${home}/pid; error_log ${home}/error.log error;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; client_body_buffer_size 64k;
  client_body_temp_path ${home}/b; proxy_temp_path ${home}/p; fastcgi_temp_path ${home}/f; uwsgi_temp_path ${home}/u; scgi_temp_path ${home}/s;
  upstream up { server 127.0.0.1:${up.port}; keepalive 64; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; } }
}
`);
  const p = pinned(SERVER_CORE, 'nginx', ['-p', home, '-c', join(home, 'nginx.conf')], { stdio: ['ignore', 'inherit', 'ignore'] });
  t.defer(() => new Promise((done) => (p.on('close', done), p.kill())));
  await listening(port);
  return { port, pid: p.pid };
}

// Milliseconds from exec to the first good answer, over an existing store.
export async function startup(house) {
  const d = house.daemon;
  await d.stop();
  const t0 = performance.now();
  d.spawn();
  for (;;) {
    if (d.exit !== null) throw new Error(`the daemon ended with ${d.exit}:\n${d.log}`);
    const ok = await new Promise((done) => {
      const s = connect(d.port, '127.0.0.1', () => s.write(`GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: localhost:${d.port}\r\nConnection: close\r\n\r\n`));
      s.once('data', (b) => (s.destroy(), done(/^HTTP\/1.1 200/.test(b))));
      s.on('error', () => done(false));
    });
    if (ok) break;
    await new Promise((r) => setTimeout(r, 1));
  }
  const ms = performance.now() - t0;
  house.pid = d.process.pid;
  return ms;
}

// Opens idle connections, each of which has had an answer; gives how many, and a way to end them.
export async function idle(tool, { port, tls }, count) {
  const p = pinned(OTHER_CORE, tool.idle, [...(tls ? ['-t'] : []), String(port), String(count)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const open = await new Promise((done) => p.stdout.once('data', (d) => done(+d)));
  return { open, end: () => new Promise((done) => (p.on('close', done), p.stdin.end())) };
}

// The program as it is installed, MiB.
export function strippedSize(dir) {
  const file = join(dir, 'stripped');
  const r = spawnSync('strip', ['-o', file, RELEASE_BIN]);
  return r.status === 0 ? statSync(file).size / 1048576 : NaN;
}
