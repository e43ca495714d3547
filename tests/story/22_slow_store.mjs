// The database stands still, or dies and comes back, under two nodes: what needs it is told so in time, what does not goes on,
// and nobody has to lend a hand afterwards.
import { createServer } from 'node:http';
import { story, assert, sleep, until } from './lib/story.mjs';
import { twoNodes } from './lib/nodes.mjs';
import { Jar, register, tokens, refresh, post, mcp, ask, initialize, authorizeQuery, pkce } from './lib/oauth.mjs';
import { keyPair, assertion, proof } from './lib/assertion.mjs';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const SECRET = 'a-secret-of-thirty-two-characters';
const LONG = 15000; // ms: six for the answer that does not come, as many for the one who was served before, and a loaded machine

export default story('slow store', async (t) => {
  const upstream = createServer((req, res) => (req.resume(), res.setHeader('content-type', 'application/json'), res.end('{"jsonrpc":"2.0","id":1,"result":{}}')));
  await new Promise((ok) => upstream.listen(0, '127.0.0.1', ok));
  t.defer(() => (upstream.closeAllConnections(), upstream.close()));
  const { pg, nodes, base, at } = await twoNodes(t, { config: (I) => `limits: { loops: 1 } # each loop knows its own tokens, and which one a connection comes to is chance
resources:
  - { path: /weather/mcp, upstream: "http://127.0.0.1:${upstream.address().port}/mcp", name: Weather }
clients:
  - { client_id: ci, client_secret: ${SECRET}, name: CI, grant_types: [client_credentials, "${DEVICE}"], scopes: ["users:read"], resources: ["${I}/weather/mcp"] }
` });
  const resource = `${base}/weather/mcp`;
  const jar = new Jar(base);
  await jar.signIn();
  const client = (await register(base)).json;
  const key = keyPair('mine');
  const signer = (await register(base, { client_name: 'Signer', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] }, grant_types: ['authorization_code', 'refresh_token'] })).json;
  const ci = { client_id: 'ci', client_secret: SECRET };
  // What a slow store may cost is a time: none but a clock can tell. The bounds are wide, the times they tell apart are further.
  const timed = async (fn) => {
    const began = Date.now();
    const r = await fn();
    return { ...r, ms: Date.now() - began };
  };
  // Every way to the store, at one node.
  const ways = (n, x) => ({
    refresh: () => refresh(n, client.client_id, x.refresh_token),
    device: () => post(`${n}/device_authorization`, { ...ci, resource: `${base}/mcp` }),
    push: () => post(`${n}/par`, authorizeQuery(client.client_id, pkce().challenge, { resource })),
    assertion: () => post(`${n}/token`, { grant_type: 'refresh_token', refresh_token: 'gh_rt_x', ...proof(assertion(key, signer.client_id, base)) }),
    revoke: () => post(`${n}/revoke`, { client_id: client.client_id, token: x.refresh_token }),
    page: () => ask(`${n}/account`, { headers: { cookie: jar.header(), accept: 'text/html' } }),
    ready: () => ask(`${n}/readyz`),
  });
  const warm = async (x) => {
    for (const n of at) assert.equal((await mcp(`${n}/weather/mcp`, x.access_token, initialize)).status, 200);
  };
  const told = (r, what) => {
    assert.equal(r.status, 503, `${what}: ${r.status} ${r.text}`);
    if (what.startsWith('ready')) return;
    assert.equal(r.headers.get('retry-after'), '2', what);
    if (!what.startsWith('page')) assert.equal(r.json.error, 'temporarily_unavailable', what);
    assert.ok(r.ms < LONG, `${what} took ${r.ms} ms`);
  };
  const unharmed = async () => {
    for (const n of at) {
      for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/jwks.json', '/healthz']) {
        const r = await timed(() => ask(n + path));
        assert.equal(r.status, 200, path);
        assert.ok(r.ms < 1000, `${path} took ${r.ms} ms`);
      }
    }
  };

  await t.test('a database that stands still for three seconds costs nobody more than those', async () => {
    const x = await tokens(base, { jar, client, resource });
    const gone = await tokens(base, { jar, client, resource });
    pg.freeze();
    let all;
    try {
      const { revoke, page, ready, refresh: again } = ways(at[0], gone);
      all = Promise.all([timed(() => refresh(at[0], client.client_id, x.refresh_token)), ...[revoke, page, ready].map(timed), timed(again)]);
      await sleep(3000);
      await unharmed();
    } finally {
      pg.thaw();
    }
    const [first, revoked, page, ready, raced] = await all;
    assert.equal(first.status, 200, first.text);
    assert.ok(first.json.refresh_token);
    assert.deepEqual([revoked.status, page.status, ready.status], [200, 200, 200]);
    assert.match(`${raced.status} ${raced.json.error}`, /^(200 undefined|400 invalid_grant)$/); // it went beside its own revocation
    assert.ok(first.ms < 6000, `${first.ms} ms`);
  });
  for (const [what, stop, go] of [
    ['stands still', () => pg.freeze(), () => pg.thaw()],
    ['was killed', () => pg.stop('immediate'), () => pg.start()],
  ]) {
    await t.test(`a database that ${what}: whatever needs it ends with 503 and Retry-After in time, at both nodes, the rest goes on`, async () => {
      for (const n of at) assert.equal((await post(`${n}/token`, { grant_type: 'client_credentials', resource: `${base}/mcp`, ...ci })).status, 200);
      const x = await tokens(base, { jar, client, resource });
      const kept = await tokens(base, { jar, client, resource });
      await warm(kept);
      const devices = +pg.sql('SELECT count(*) FROM device');
      const pushed = +pg.sql('SELECT count(*) FROM pushed');
      const begun = Date.now();
      stop();
      try {
        const known = await timed(() => mcp(`${at[0]}/weather/mcp`, kept.access_token, initialize));
        // the feed is read twice a second, and believed for two: a machine that took longer to stop the server may have heard too little
        if (Date.now() - begun < 1300) assert.equal(known.status, 200, 'a token that is known is good while the last word of the feed is fresh');
        else assert.ok([200, 503].includes(known.status), known.text);
        assert.ok(known.ms < 1000, `${known.ms} ms`);
        const asked = at.flatMap((n, i) => Object.entries(ways(n, x)).map(async ([name, way]) => [`${name} at ${i}`, await timed(way)]));
        const many = Array.from({ length: 60 }, (_, i) => timed(() => post(`${at[i % 2]}/device_authorization`, { ...ci, resource: `${base}/mcp` })));
        await sleep(2500);
        await unharmed();
        for (const [name, r] of await Promise.all(asked)) told(r, name);
        const times = (await Promise.all(many)).map((r) => (told(r, 'device'), r.ms));
        console.log(`# ${what}: of ${times.length} at once the slowest was told after ${Math.max(...times)} ms`);
        // nobody can know what was taken back meanwhile: neither a yes from memory, nor a 401 that would send people to sign in again
        for (const n of at) {
          told(await timed(() => mcp(`${n}/weather/mcp`, kept.access_token, initialize)), 'page of a resource');
          told(await timed(() => post(`${n}/token`, { grant_type: 'client_credentials', resource: `${base}/mcp`, ...ci })), 'a machine');
          told(await timed(() => post(`${n}/introspect`, { token: kept.access_token, ...ci })), 'introspection');
        }
        await unharmed();
      } finally {
        go();
      }
      for (const n of at) {
        await until('the node to be ready', async () => (await ask(`${n}/readyz`)).status === 200, 20000, 100);
        await until('its known tokens to pass', async () => (await mcp(`${n}/weather/mcp`, kept.access_token, initialize)).status === 200, 10000, 100);
        await until('a machine to get its token', async () => (await post(`${n}/token`, { grant_type: 'client_credentials', resource: `${base}/mcp`, ...ci })).status === 200, 15000, 100);
      }
      await sleep(1500); // until also the reader of revocations has knocked again: what passed above may have asked the store
      assert.equal(+pg.sql('SELECT count(*) FROM device'), devices, 'who was told 503 left nothing');
      assert.equal(+pg.sql('SELECT count(*) FROM pushed'), pushed);
    });
    await t.test(`and after it ${what}, sign-ins, devices and refreshes go on at both nodes`, async () => {
      for (const n of at) {
        const y = await until('a sign-in', () => tokens(base, { jar, client, resource }).catch(() => null), 15000, 200);
        const r = await until('a refresh', async () => {
          const z = await refresh(n, client.client_id, y.refresh_token);
          return z.status === 200 && z;
        }, 15000, 200);
        assert.equal((await mcp(`${n}/weather/mcp`, r.json.access_token, initialize)).status, 200);
        await until('a device', async () => (await post(`${n}/device_authorization`, { ...ci, resource: `${base}/mcp` })).status === 200, 15000, 200);
      }
    });
  }
  await t.test('a node that is told to end while the database stands still ends, and one that is to begin says why it cannot', async () => {
    pg.freeze();
    try {
      const waits = Promise.allSettled(Array.from({ length: 40 }, () => post(`${at[1]}/device_authorization`, ci)));
      await sleep(300);
      await nodes[1].stop();
      await waits;
      nodes[1].log = '';
      nodes[1].spawn();
      assert.equal(await Promise.race([nodes[1].exited, sleep(LONG)]), 1);
      assert.match(nodes[1].log, /^gatehouse: the store: no connection to PostgreSQL: .*timeout expired\. Look at the database server and the store address\.$/m);
    } finally {
      pg.thaw();
    }
    await nodes[1].start();
    assert.equal((await ask(`${at[1]}/readyz`)).status, 200);
  });
});
