// Two processes on one PostgreSQL: flows cross nodes, a revocation on one is seen by the other, the database may die.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { story, assert, sleep, until } from './lib/story.mjs';
import { Daemon, serve, freePort, temporary, OWNER, run, BIN } from './lib/daemon.mjs';
import { postgres } from './lib/postgres.mjs';
import { Jar, register, authorize, tokens, refresh, post, mcp, initialize, ask } from './lib/oauth.mjs';

const CB = 'https://client.example/cb';

export default story('two nodes', async (t) => {
  const pg = await postgres(t);
  const dir = temporary(t);
  const key = join(dir, 'master.key');
  writeFileSync(key, Buffer.from('0123456789abcdef0123456789abcdef').toString('hex') + '\n', { mode: 0o600 });
  const ports = [await freePort(), await freePort()];
  // Both nodes are one issuer: the first node's address. The second listens elsewhere and is asked with that Host.
  const base = `http://localhost:${ports[0]}`;
  const config = `base_url: ${base}\nstore: ${pg.url}\nmaster_key: file://${key}\n`;
  const nodes = [];
  for (const [i, port] of ports.entries()) {
    const home = temporary(t);
    const n = new Daemon(t, { config, dir: home, port, args: [] });
    writeFileSync(join(home, 'gatehouse.yml'), config, { mode: 0o600 });
    t.defer(() => n.stop());
    nodes.push(n);
  }
  await t.test('two nodes that start together on an empty store both come up', async () => {
    await Promise.all(nodes.map((n) => n.start()));
  });
  const r = await run(['init', '--admin', OWNER.email, '--password-stdin', '--config', nodes[0].configFile(), '--data', nodes[0].data], { input: OWNER.password + '\n', cwd: nodes[0].dir });
  assert.equal(r.code, 0, r.err + r.out);

  // The second node behind "a load balancer" that keeps the Host.
  const { createServer, request } = await import('node:http');
  const balancer = createServer((q, s) => {
    const p = request({ host: '127.0.0.1', port: ports[1], path: q.url, method: q.method, headers: { ...q.headers, host: `localhost:${ports[0]}` } }, (a) => {
      s.writeHead(a.statusCode, a.headers);
      a.pipe(s);
    });
    p.on('error', () => s.destroy());
    q.pipe(p);
  });
  await new Promise((ok) => balancer.listen(0, '127.0.0.1', ok));
  t.defer(() => new Promise((ok) => (balancer.closeAllConnections(), balancer.close(ok))));
  const one = base;
  const two = `http://127.0.0.1:${balancer.address().port}`;
  const resource = `${base}/mcp`;
  const on = (node, path) => node + path;

  const client = (await register(one)).json;
  const jar = new Jar(one);
  await jar.signIn();

  await t.test('a client registered on one node is known on the other', async () => {
    const elsewhere = (await register(two)).json;
    assert.ok((await authorize(jar, elsewhere.client_id)).code);
  });
  await t.test('a code from one node is redeemed on the other, once', async () => {
    const a = await authorize(jar, client.client_id);
    const redeem = (n) => post(on(n, '/token'), { grant_type: 'authorization_code', client_id: client.client_id, code: a.code, redirect_uri: CB, code_verifier: a.verifier });
    const first = await redeem(two);
    assert.equal(first.status, 200, first.text);
    assert.equal((await mcp(resource, first.json.access_token, initialize)).status, 200);
    assert.equal((await mcp(on(two, '/mcp'), first.json.access_token, initialize)).status, 200);
    assert.equal((await redeem(one)).json.error, 'invalid_grant');
  });
  await t.test('a code sent to both nodes at once is redeemed once', async () => {
    for (let i = 0; i < 10; i++) {
      const a = await authorize(jar, client.client_id);
      const both = await Promise.all([one, two].map((n) => post(on(n, '/token'), { grant_type: 'authorization_code', client_id: client.client_id, code: a.code, redirect_uri: CB, code_verifier: a.verifier })));
      assert.deepEqual(both.map((x) => x.status).sort(), [200, 400]);
    }
  });
  await t.test('parallel refreshes on both nodes give one successor', async () => {
    const x = await tokens(one, { jar, client });
    let token = x.refresh_token;
    for (let i = 0; i < 10; i++) {
      const all = await Promise.all([one, two, one, two].map((n) => refresh(n, client.client_id, token)));
      assert.deepEqual([...new Set(all.map((y) => y.status))], [200], all.map((y) => y.text).join('\n'));
      assert.equal(new Set(all.map((y) => y.json.refresh_token)).size, 1);
      token = all[0].json.refresh_token;
    }
  });
  const revokedWithin = async (ms) => {
    const x = await tokens(one, { jar, client });
    assert.equal((await mcp(on(two, '/mcp'), x.access_token, initialize)).status, 200);
    assert.equal((await post(on(one, '/revoke'), { client_id: client.client_id, token: x.refresh_token })).status, 200);
    assert.equal((await mcp(resource, x.access_token, initialize)).status, 401, 'on the node that revoked it holds at once');
    await until('the other node to know', async () => (await mcp(on(two, '/mcp'), x.access_token, initialize)).status === 401, ms);
  };
  await t.test('a revocation on one node is seen by the other within a second', () => revokedWithin(1000));
  await t.test('also when the notify connection is cut for ten seconds', async () => {
    const cut = () => pg.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' AND pid <> pg_backend_pid()");
    cut();
    const cutter = setInterval(() => { try { cut(); } catch { /* busy */ } }, 500);
    try {
      await revokedWithin(1500);
      await sleep(9000);
      await revokedWithin(1500);
    } finally {
      clearInterval(cutter);
    }
  });
  await t.test('pg_ctl stop -m immediate: the nodes say so, recover, and everything acknowledged is there', async () => {
    const x = await tokens(one, { jar, client });
    const gone = await tokens(one, { jar, client });
    assert.equal((await post(on(one, '/revoke'), { client_id: client.client_id, token: gone.refresh_token })).status, 200);
    const y = (await refresh(two, client.client_id, x.refresh_token)).json;
    pg.stop('immediate');
    const down = await refresh(one, client.client_id, y.refresh_token);
    assert.equal(down.status, 503, down.text);
    assert.equal(down.json.error, 'temporarily_unavailable');
    assert.ok(+down.headers.get('retry-after') >= 1);
    assert.equal((await ask(`${one}/readyz`)).status, 503);
    assert.equal((await ask(`${one}/healthz`)).status, 200);
    pg.start();
    const back = await until('the node to recover', async () => {
      const z = await refresh(one, client.client_id, y.refresh_token);
      return z.status === 200 ? z : null;
    }, 15000, 200);
    assert.ok(back.json.refresh_token);
    await until('the other node too', async () => (await refresh(two, client.client_id, back.json.refresh_token)).status === 200, 15000, 200);
    assert.equal((await refresh(one, client.client_id, gone.refresh_token)).json.error, 'invalid_grant');
    await until('the revocation to hold on both', async () =>
      (await mcp(resource, gone.access_token, initialize)).status === 401 && (await mcp(on(two, '/mcp'), gone.access_token, initialize)).status === 401, 5000);
  });
  await t.test('a node killed with -9 leaves the other one working, and comes back', async () => {
    const x = await tokens(one, { jar, client });
    await nodes[1].kill();
    assert.equal((await refresh(one, client.client_id, x.refresh_token)).status, 200);
    await nodes[1].start();
    assert.equal((await ask(`${two}/readyz`)).status, 200);
  });
});
