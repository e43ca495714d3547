// OPS-06 again for every other way to a token: kill -9 under the load of all of them. What was acknowledged is there, what is good
// once is not good again after the restart, and no row is without the one that it was written with.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { story, assert, sleep } from './lib/story.mjs';
import { serve, temporary } from './lib/daemon.mjs';
import { outbound } from './lib/party.mjs';
import { certificate } from './lib/certs.mjs';
import { postgres } from './lib/postgres.mjs';
import { documents } from './lib/documents.mjs';
import { assertion, keyPair, proof } from './lib/assertion.mjs';
import { TYPE, bearer, exchange, jag } from './lib/jag.mjs';
import { proofKey, prove } from './lib/dpop.mjs';
import { claimsOf, sql } from './lib/forge.mjs';
import { Jar, register, authorize, authorizeQuery, post, ask, mcp, initialize, pkce, form } from './lib/oauth.mjs';

const CB = 'https://client.example/cb';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const ROUNDS = 12;
const secret = (id) => `the-secret-of-${id}-0123456789`;
const basic = (id) => ({ authorization: `Basic ${btoa(`${id}:${secret(id)}`)}` });
const who = (id) => ({ id, secret: secret(id) });

// The row of a token's grant: an id is 63 bits in signs of five.
const grantRow = (token) => String([...claimsOf(token).gid.replace('grant_', '')].reduce((n, c) => n * 32n + BigInt('0123456789abcdefghjkmnpqrstvwxyz'.indexOf(c)), 0n));

// Where it is kept: lines of the file, and a way to look at the rows.
const stores = {
  SQLite: async () => ({ lines: '', look: sql }),
  PostgreSQL: async (t) => {
    const pg = await postgres(t);
    return { lines: `store: ${pg.url}\n`, look: (d, text) => pg.sql(text) };
  },
};

export default story('crash of the grants', async (t) => {
  for (const name of Object.keys(stores)) await tell(t, name, await stores[name](t));
});

async function tell(t, name, store) {
  const dir = temporary(t);
  const lines = outbound(dir);
  const { cert, key: hostKey } = certificate(dir, 'host', 'DNS:localhost,IP:127.0.0.1');
  const host = await documents(t, { pair: { cert: readFileSync(cert), key: readFileSync(hostKey) } });
  const provider = keyPair('provider-1');
  host.at('/jwks', { keys: [provider.jwk] });
  const upstream = createServer((req, res) => (req.resume(), res.setHeader('content-type', 'application/json'), res.end('{"jsonrpc":"2.0","id":1,"result":{}}')));
  await new Promise((ok) => upstream.listen(0, '127.0.0.1', ok));
  t.defer(() => (upstream.closeAllConnections(), upstream.close()));
  const d = await serve(t, {
    config: `${store.lines}${lines}resources:
  - { path: /weather/mcp, upstream: "http://127.0.0.1:${upstream.address().port}/mcp", name: Weather, scopes: { "weather:read": "See" }, required_scopes: ["weather:read"] }
limits: { pushed: 0, register: 0, device: 0 }
clients:
  - { client_id: agent, client_secret: ${secret('agent')}, name: agent, redirect_uris: ["${CB}"], grant_types: [authorization_code, refresh_token, client_credentials, token-exchange, jwt-bearer], scopes: ["weather:read"] }
trusted_issuers:
  - { issuer: ${host.base}, jwks_uri: ${host.base}/jwks }
`,
  });
  const weather = `${d.base}/weather/mcp`;
  const endpoint = `${d.base}/token`;
  const jar = new Jar(d.base);
  await jar.signIn();
  const client = (await register(d.base)).json;
  const terminal = (await register(d.base, { client_name: 'Terminal', grant_types: [DEVICE, 'refresh_token'], redirect_uris: undefined, response_types: undefined })).json;
  const signs = keyPair('mine');
  const signer = (await register(d.base, { client_name: 'Signer', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [signs.jwk] } })).json;
  const bound = proofKey();
  const redeem = (a, extra, headers) => post(endpoint, { grant_type: 'authorization_code', code: a.code, redirect_uri: CB, code_verifier: a.verifier, ...extra }, headers);
  const over = (r, status = 400, error = 'invalid_grant') => assert.deepEqual([r.status, r.json.error], [status, error], r.text);
  const must = (r, status = 200) => (assert.equal(r.status, status, r.text), r.json);
  // a code comes from a browser, which is no part of what is looked at here
  const first = must(await redeem(await authorize(jar, 'agent', { resource: weather }), {}, basic('agent')));
  const family = { bound: must(await redeem(await authorize(jar, client.client_id, { resource: weather }), { client_id: client.client_id }, { dpop: prove(bound, 'POST', endpoint) })).refresh_token,
    signed: must(await redeem(await authorize(jar, signer.client_id, { resource: weather }), proof(assertion(signs, signer.client_id, d.base)))).refresh_token };

  // What was acknowledged, and what was asked for when the daemon died and nobody knows.
  const seen = { pushed: [], used: [], allowed: [], fetched: [], unsure: [], assertions: [], jags: [], tokens: [], deleted: [], changed: [] };
  let running = true;
  const poll = (x) => post(endpoint, { grant_type: DEVICE, client_id: terminal.client_id, device_code: x.device_code });
  const use = (x) => jar.ask(`/authorize?${form({ client_id: client.client_id, request_uri: x.request_uri })}`);
  const fields = Jar.fields((await jar.ask('/device')).text);
  const allow = (x) => jar.ask('/device', { method: 'POST', body: { ...fields, user_code: x.user_code, decision: 'allow' } });
  const keep = (r) => (seen.tokens.push(must(r).access_token), r.json);
  const said = () => jag(provider, { iss: host.base, aud: d.base, client_id: 'agent', resource: weather, scope: 'weather:read', email: 'owner@example.com', email_verified: true });
  const manage = (c, method, body) => ask(c.registration_client_uri, { method, headers: { authorization: `Bearer ${c.registration_access_token}`, 'content-type': 'application/json' }, body: body && JSON.stringify({ client_id: c.client_id, ...body }) });

  const work = {
    push: async () => {
      const x = must(await post(`${d.base}/par`, authorizeQuery(client.client_id, pkce().challenge, { resource: weather })), 201);
      seen.pushed.push({ ...x, at: Date.now() });
    },
    use: async () => {
      const x = seen.pushed.shift();
      if (!x) return sleep(5);
      const r = await use(x);
      must(r, 302);
      seen.used.push(x);
    },
    device: async () => {
      const x = must(await post(`${d.base}/device_authorization`, { client_id: terminal.client_id, resource: weather }));
      assert.match((await allow(x)).text, /Go back to your device/);
      seen.allowed.push(x);
    },
    fetch: async () => {
      const x = seen.allowed.shift();
      if (!x) return sleep(5);
      seen.unsure.push(x);
      const y = keep(await poll(x));
      seen.unsure.splice(seen.unsure.indexOf(x), 1);
      seen.fetched.push({ ...x, ...y });
    },
    sign: async () => {
      const text = assertion(signs, signer.client_id, d.base);
      family.signed = keep(await post(endpoint, { grant_type: 'refresh_token', refresh_token: family.signed, ...proof(text) })).refresh_token;
      seen.assertions.push(text);
    },
    prove: async () => {
      family.bound = must(await post(endpoint, { grant_type: 'refresh_token', client_id: client.client_id, refresh_token: family.bound }, { dpop: prove(bound, 'POST', endpoint) })).refresh_token;
    },
    machine: async () => void keep(await post(endpoint, { grant_type: 'client_credentials', resource: weather, scope: 'weather:read' }, basic('agent'))),
    exchange: async () => void keep(await exchange(d.base, who('agent'), { subject_token: first.access_token, subject_token_type: TYPE('access_token'), resource: weather })),
    word: async () => {
      const text = said();
      keep(await bearer(d.base, who('agent'), text));
      seen.jags.push(text);
    },
    manage: async () => {
      const c = must(await register(d.base, { client_name: 'Managed' }), 201);
      must(await manage(c, 'PUT', { client_name: 'Changed', redirect_uris: [`${CB}/new`], token_endpoint_auth_method: 'none' }));
      if (seen.changed.length <= seen.deleted.length) return void seen.changed.push(c);
      must(await manage(c, 'DELETE'), 204);
      seen.deleted.push(c);
    },
  };
  const hand = async (name) => {
    while (running) {
      try {
        await work[name]();
      } catch (e) {
        if (e.code === 'ERR_ASSERTION' && running) throw new Error(`${name}: ${e.message}`);
        return; // the daemon died under it
      }
    }
  };

  await t.test(`${name}: ${ROUNDS} kills in the middle of every grant`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      running = true;
      const all = Promise.allSettled([...Object.keys(work), 'device', 'fetch'].map(hand));
      await sleep(500 + (round * 53) % 300);
      const dying = d.kill();
      running = false;
      await dying;
      for (const r of await all) if (r.status === 'rejected') throw r.reason;
      await d.start();
    }
    const n = Object.fromEntries(Object.entries(seen).map(([k, v]) => [k, v.length]));
    console.log(`# ${name}: acknowledged: ${JSON.stringify(n)}`);
    for (const k of ['used', 'fetched', 'assertions', 'jags', 'tokens', 'deleted', 'changed']) assert.ok(n[k] >= ROUNDS / 2, `${k}: ${n[k]}`);
  });
  await t.test(`${name}: both families go on with the newest token they were given`, async () => {
    await work.sign();
    await work.prove();
  });
  await t.test(`${name}: a request that was pushed leads on, and one that led on does not again`, async () => {
    await work.push();
    for (const x of seen.pushed.filter((p) => Date.now() - p.at < 60000).slice(-10)) assert.equal((await use(x)).status, 302);
    for (const x of seen.used.slice(-10)) {
      const r = await use(x);
      assert.deepEqual([r.status, r.location], [400, null]);
      assert.match(r.text, /This request has expired or was already used/);
    }
  });
  await t.test(`${name}: a device that was allowed is given its tokens`, async () => {
    await work.device();
    for (const x of seen.allowed.splice(0)) seen.fetched.push({ ...x, ...keep(await poll(x)) });
  });
  await t.test(`${name}: whose answer was lost with the daemon gets its tokens, or its grant has ended and nobody has any`, async () => {
    assert.ok(seen.unsure.length > 0, 'no poll was under way at any kill');
    let lost = 0;
    for (const x of seen.unsure) {
      const r = await poll(x);
      if (r.status === 200) {
        keep(r);
        continue;
      }
      lost++;
      over(r);
    }
    assert.equal(+store.look(d, "SELECT count(*) FROM grants WHERE ended_why = 'device code replayed'"), lost);
  });
  await t.test(`${name}: every token that was given stands on a grant, and opens the resource`, async () => {
    for (const x of seen.tokens.slice(-40)) assert.equal((await mcp(weather, x, initialize)).status, 200);
    const alive = new Set(store.look(d, 'SELECT id FROM grants WHERE ended = 0').split('\n'));
    for (const x of seen.tokens) assert.ok(alive.has(grantRow(x)), claimsOf(x).gid);
  });
  await t.test(`${name}: no assertion, word or device code is good a second time`, async () => {
    for (const text of seen.assertions.slice(-15)) over(await post(endpoint, { grant_type: 'refresh_token', refresh_token: family.signed, ...proof(text) }), 401, 'invalid_client');
    for (const text of seen.jags.slice(-15)) over(await bearer(d.base, who('agent'), text));
    for (const x of seen.fetched.slice(-15)) {
      over(await poll(x));
      over(await mcp(weather, x.access_token, initialize), 401, 'invalid_token');
    }
  });
  await t.test(`${name}: what a client said of itself is what it said last, and who deleted itself is nobody`, async () => {
    for (const c of seen.changed.slice(-10)) assert.equal(must(await manage(c, 'GET')).client_name, 'Changed');
    for (const c of seen.deleted.slice(-10)) over(await manage(c, 'GET'), 401, 'invalid_token');
  });
  await t.test(`${name}: nothing is half: each spent code and device has its grant, and each grant of a device its spent device`, async () => {
    for (const [what, query] of [
      ['a device that was redeemed without a grant', "SELECT count(*) FROM device WHERE state = 'redeemed' AND id NOT IN (SELECT id FROM grants)"],
      ['a grant of a device that was not redeemed', "SELECT count(*) FROM grants JOIN device ON device.id = grants.id WHERE device.state <> 'redeemed'"],
      ['a code that was spent without a grant', 'SELECT count(*) FROM code WHERE uses > 0 AND grant_id NOT IN (SELECT id FROM grants)'],
      ['a grant without a client', 'SELECT count(*) FROM grants WHERE client NOT IN (SELECT id FROM client)'],
      ['a token that no row of the audit tells of', "SELECT count(*) FROM grants WHERE ended = 0 AND id NOT IN (SELECT grant_id FROM audit WHERE grant_id <> 0)"],
    ]) assert.equal(store.look(d, query), '0', what);
    if (name === 'SQLite') assert.equal(sql(d, 'PRAGMA integrity_check'), 'ok');
  });
}
