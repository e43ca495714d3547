// Signing keys move on under load: two nodes on one PostgreSQL, refreshes and calls in flight, and nobody notices.
import { writeFileSync } from 'node:fs';
import { story, assert, sleep, until } from './lib/story.mjs';
import { twoNodes } from './lib/nodes.mjs';
import { Jar, ask, register, tokens, refresh, mcp, initialize } from './lib/oauth.mjs';

const HANDS = 24; // clients that refresh and call without a pause

export default story('keys', async (t) => {
  const { pg, nodes, base, at, verb: run } = await twoNodes(t, { config: 'tokens: { alg: ES256 }\n' });
  const verb = (...args) => run(0, ...args);
  const keys = async () => (await verb('key', 'list', '--json')).keys;
  const kidOf = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid;
  const algs = async (n = 0) => (await ask(`${at[n]}/.well-known/jwks.json`)).json.keys.map((k) => k.alg).sort();
  const active = async () => (await keys()).find((k) => k.state === 'active');

  await t.test('a new store has an active key and a next one, both published by both nodes', async () => {
    assert.deepEqual((await keys()).map((k) => k.state).sort(), ['active', 'next']);
    for (const n of [0, 1]) assert.deepEqual(await algs(n), ['ES256', 'ES256']);
  });

  const client = (await register(base)).json;
  const jar = new Jar(base);
  await jar.signIn();
  const first = [];
  for (let i = 0; i < HANDS; i++) first.push(await tokens(base, { jar, client }));

  // Each hand refreshes at one node and uses the token at the other at once, again and again.
  const load = (during) => {
    let going = true;
    const seen = { refreshes: 0, calls: 0, lost: [], kids: new Set() };
    const hand = async (i) => {
      for (let n = i; going; n++) {
        const r = await refresh(at[n % 2], client.client_id, first[i].refresh_token);
        if (r.status !== 200) return seen.lost.push(`refresh ${r.status} ${r.text}`);
        first[i] = r.json;
        seen.refreshes++;
        seen.kids.add(kidOf(r.json.access_token));
        for (const m of [n + 1, n]) {
          const c = await mcp(`${at[m % 2]}/mcp`, r.json.access_token, initialize);
          if (c.status !== 200) seen.lost.push(`call ${c.status} ${c.text}`);
          else seen.calls++;
        }
      }
    };
    const hands = first.map((_, i) => hand(i));
    return during().finally(() => (going = false)).then(() => Promise.all(hands)).then(() => seen);
  };

  await t.test('four rotations under load lose no request at either node', async () => {
    const old = first[0].access_token;
    const before = await active();
    const seen = await load(async () => {
      for (let i = 0; i < 4; i++) {
        await sleep(1500);
        await verb('key', 'rotate');
      }
      await sleep(1000);
    });
    assert.deepEqual(seen.lost, []);
    assert.ok(seen.refreshes >= 200 && seen.calls >= 400, JSON.stringify(seen));
    assert.ok(seen.kids.size >= 4, `${seen.kids.size} keys signed`);
    console.log(`# ${seen.refreshes} refreshes and ${seen.calls} calls, signed by ${seen.kids.size} keys, none lost`);
    const list = await keys();
    assert.deepEqual(list.map((k) => k.state).sort(), ['active', 'next', 'retiring', 'retiring', 'retiring', 'retiring']);
    assert.equal(list.find((k) => k.kid === before.kid).state, 'retiring');
    for (const n of [0, 1]) assert.equal((await mcp(`${at[n]}/mcp`, old, initialize)).status, 200, 'what the first key signed is still good');
  });
  await t.test('another algorithm is published first, signs two minutes later, and nothing is lost on the way', async () => {
    const said = await verb('key', 'rotate', '--alg', 'EdDSA');
    assert.match(said, /is published now, and signs from \d{4}-\d\d-\d\dT/);
    assert.equal((await active()).alg, 'ES256');
    for (const n of [0, 1]) await until('both nodes to publish it', async () => (await algs(n)).includes('EdDSA'), 5000);
    const old = first[0].access_token;
    const seen = await load(async () => {
      await sleep(500);
      // the two minutes pass
      pg.sql("UPDATE signing_key SET created = created - 121 WHERE state = 'next'");
      await until('it to sign', async () => (await active()).alg === 'EdDSA', 20000, 200);
      await sleep(2000);
    });
    assert.deepEqual(seen.lost, []);
    assert.ok(seen.kids.size >= 2);
    assert.deepEqual(new Set(await algs(1)), new Set(['ES256', 'EdDSA']));
    const as = (await ask(`${at[1]}/.well-known/openid-configuration`)).json;
    assert.deepEqual(as.id_token_signing_alg_values_supported, ['EdDSA']);
    for (const n of [0, 1]) assert.equal((await mcp(`${at[n]}/mcp`, old, initialize)).status, 200);
  });
  await t.test('tokens.alg in the file does the same at a reload', async () => {
    for (const n of nodes) writeFileSync(n.configFile(), n.config.replace('ES256', 'RS256'), { mode: 0o600 });
    await verb('reload');
    await until('the next key to be of it', async () => (await keys()).some((k) => k.state === 'next' && k.alg === 'RS256'), 10000, 200);
    assert.equal((await active()).alg, 'EdDSA');
    pg.sql("UPDATE signing_key SET created = created - 121 WHERE state = 'next'");
    await until('it to sign', async () => (await active()).alg === 'RS256', 20000, 200);
    await until('tokens to be signed so', async () => {
      const r = await refresh(at[1], client.client_id, first[1].refresh_token);
      first[1] = r.json;
      return JSON.parse(Buffer.from(r.json.access_token.split('.')[0], 'base64url')).alg === 'RS256';
    }, 5000, 200);
    for (const n of [0, 1]) assert.equal((await mcp(`${at[n]}/mcp`, first[1].access_token, initialize)).status, 200);
    const { keys: set } = (await ask(`${base}/.well-known/jwks.json`)).json;
    for (const k of set) for (const m of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) assert.equal(m in k, false, m);
    assert.equal(new Set(set.map((k) => k.kid)).size, set.length);
  });
  await t.test('signing out ends the sign-in on both nodes, and whom it is told is written down', async () => {
    const web = (await register(base)).json;
    await tokens(base, { jar, client: web, scope: 'openid mcp:tools' });
    pg.sql(`CREATE TABLE told (client BIGINT);
      CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO told VALUES (NEW.client); RETURN NEW; END $$;
      CREATE TRIGGER keep AFTER INSERT ON logout_notice FOR EACH ROW EXECUTE FUNCTION keep()`);
    const page = await jar.ask('/logout');
    assert.equal((await jar.ask('/logout', { method: 'POST', body: Jar.fields(page.text) })).status, 303);
    for (const n of at) assert.equal((await new Jar(n).ask('/account', { headers: { cookie: jar.header() } })).status, 303);
    assert.equal(pg.sql(`SELECT count(DISTINCT client) FROM told JOIN client ON client.id = told.client WHERE client_id = '${web.client_id}'`), '1');
  });
});
