// Two processes that are one issuer on one PostgreSQL. The issuer's address is the first node's; the second listens elsewhere and
// is reached through a balancer that says the Host as a real one would.
import { createServer, request } from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from './story.mjs';
import { Daemon, freePort, temporary, run, OWNER } from './daemon.mjs';
import { postgres } from './postgres.mjs';

// What passes through keeps its answer, whatever it is; a node that is gone breaks the line.
async function balancer(t, port, host) {
  const server = createServer((q, s) => {
    const p = request({ host: '127.0.0.1', port, path: q.url, method: q.method, headers: { ...q.headers, host } }, (a) => {
      s.writeHead(a.statusCode, a.headers);
      a.pipe(s);
    });
    p.on('error', () => s.destroy());
    q.pipe(p);
  });
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
  t.defer(() => new Promise((ok) => (server.closeAllConnections(), server.close(ok))));
  return `http://127.0.0.1:${server.address().port}`;
}

// { pg, nodes, base, one, two, at, verb }: `config` is text, or a function of the issuer's address. With `start: false` the
// nodes are made and not yet started, and nobody owns the store.
export async function twoNodes(t, { config = '', start = true } = {}) {
  const pg = await postgres(t);
  const key = join(temporary(t), 'master.key');
  writeFileSync(key, Buffer.from('0123456789abcdef0123456789abcdef').toString('hex') + '\n', { mode: 0o600 });
  const ports = [await freePort(), await freePort()];
  const base = `http://localhost:${ports[0]}`;
  const text = `base_url: ${base}\nstore: ${pg.url}\nmaster_key: file://${key}\n${typeof config === 'function' ? config(base) : config}`;
  const nodes = ports.map((port) => {
    const n = new Daemon(t, { config: text, dir: temporary(t), port });
    writeFileSync(n.configFile(), text, { mode: 0o600 });
    t.defer(() => n.stop());
    return n;
  });
  const two = await balancer(t, ports[1], `localhost:${ports[0]}`);
  // A verb at a node: what it printed, as JSON when that was asked for.
  const verb = async (n, ...args) => {
    const r = await run([...args, '--config', nodes[n].configFile(), '--data', nodes[n].data], { cwd: nodes[n].dir });
    assert.equal(r.code, 0, r.err + r.out);
    return args.includes('--json') ? JSON.parse(r.out) : r.out;
  };
  const own = async () => {
    const r = await run(['init', '--admin', OWNER.email, '--password-stdin', '--config', nodes[0].configFile(), '--data', nodes[0].data],
      { input: OWNER.password + '\n', cwd: nodes[0].dir });
    assert.equal(r.code, 0, r.err + r.out);
  };
  if (start) {
    await Promise.all(nodes.map((n) => n.start()));
    await own();
  }
  return { pg, nodes, base, one: base, two, at: [base, two], verb, own };
}
