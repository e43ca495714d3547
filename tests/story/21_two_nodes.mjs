// Two processes on one PostgreSQL: flows cross nodes, a revocation on one is seen by the other, the database may die.
import { story, assert, sleep, until } from './lib/story.mjs';
import { twoNodes } from './lib/nodes.mjs';
import { Jar, register, authorize, tokens, refresh, post, mcp, initialize, ask } from './lib/oauth.mjs';

const CB = 'https://client.example/cb';

export default story('two nodes', async (t) => {
  const { pg, nodes, base, one, two, own } = await twoNodes(t, { start: false });
  await t.test('two nodes that start together on an empty store both come up', async () => {
    await Promise.all(nodes.map((n) => n.start()));
  });
  await own();
  const resource = `${base}/mcp`;
  const on = (node, path) => node + path;
  const over = (r) => assert.deepEqual([r.status, r.json.error], [400, 'invalid_grant'], r.text);

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
    over(await redeem(one));
  });
  await t.test('a code sent to both nodes at once is redeemed once, and what the first got ends with the second', async () => {
    for (let i = 0; i < 10; i++) {
      const a = await authorize(jar, client.client_id);
      const both = await Promise.all([one, two].map((n) => post(on(n, '/token'), { grant_type: 'authorization_code', client_id: client.client_id, code: a.code, redirect_uri: CB, code_verifier: a.verifier })));
      assert.deepEqual(both.map((x) => x.status).sort(), [200, 400]);
      const won = both.find((x) => x.status === 200).json;
      for (const n of [one, two]) {
        over(await refresh(n, client.client_id, won.refresh_token));
        await until('its access token to be over', async () => (await mcp(on(n, '/mcp'), won.access_token, initialize)).status === 401, 1500);
      }
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
  // The promise is a time, which only a clock can tell: a second, and a little more where the notice itself does not come.
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
    assert.equal(down.headers.get('retry-after'), '2');
    assert.equal((await ask(`${one}/readyz`)).status, 503);
    assert.equal((await ask(`${one}/healthz`)).status, 200);
    pg.start();
    const back = await until('the node to recover', async () => {
      const z = await refresh(one, client.client_id, y.refresh_token);
      return z.status === 200 ? z : null;
    }, 15000, 200);
    assert.ok(back.json.refresh_token);
    await until('the other node too', async () => (await refresh(two, client.client_id, back.json.refresh_token)).status === 200, 15000, 200);
    over(await refresh(one, client.client_id, gone.refresh_token));
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
