// The whole authorization server as two processes on one PostgreSQL: whatever one of them began the other ends, and what is good
// once is good once on both. Codes, refreshes and revocations: 21_two_nodes; machines: 46; keys under load: 48.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { story, assert, sleep, until } from './lib/story.mjs';
import { temporary } from './lib/daemon.mjs';
import { twoNodes } from './lib/nodes.mjs';
import { certificate } from './lib/certs.mjs';
import { client as describes, documents } from './lib/documents.mjs';
import { outbound, ear, webClient, verified } from './lib/party.mjs';
import { keyPair } from './lib/assertion.mjs';
import { TYPE, bearer, exchange, jag } from './lib/jag.mjs';
import { proofKey, prove } from './lib/dpop.mjs';
import { claimsOf } from './lib/forge.mjs';
import { Jar, register, authorize, authorizeQuery, tokens, refresh, post, ask, mcp, initialize, pkce, form, walk } from './lib/oauth.mjs';

const CB = 'https://client.example/cb';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const secret = (id) => `the-secret-of-${id}-0123456789`;
const who = (id) => ({ id, secret: secret(id) });
const machines = Array.from({ length: 8 }, (_, i) => `machine-${i}`);
const basic = (id, word = secret(id)) => ({ authorization: `Basic ${btoa(`${id}:${word}`)}` });

export default story('the server on two nodes', async (t) => {
  const dir = temporary(t);
  const lines = outbound(dir);
  const { cert, key: hostKey } = certificate(dir, 'host', 'DNS:localhost,IP:127.0.0.1');
  const host = await documents(t, { pair: { cert: readFileSync(cert), key: readFileSync(hostKey) } });
  const provider = keyPair('provider-1');
  host.at('/jwks', { keys: [provider.jwk] });
  const hears = await ear(t, dir);
  const upstream = createServer((req, res) => (req.resume(), res.setHeader('content-type', 'application/json'), res.end('{"jsonrpc":"2.0","id":1,"result":{}}')));
  await new Promise((ok) => upstream.listen(0, '127.0.0.1', ok));
  t.defer(() => (upstream.closeAllConnections(), upstream.close()));
  const up = `http://127.0.0.1:${upstream.address().port}/mcp`;

  const { pg, nodes, base, one, two, at, verb } = await twoNodes(t, {
    config: (I) => `${lines}resources:
  - { path: /weather/mcp, upstream: "${up}", name: Weather, scopes: { "weather:read": "See" }, required_scopes: ["weather:read"] }
  - { path: /notes/mcp, upstream: "${up}", name: Notes, scopes: { "notes:read": "Read" }, required_scopes: ["notes:read"] }
clients:
  - { client_id: agent, client_secret: ${secret('agent')}, name: agent, redirect_uris: ["${CB}"], grant_types: [authorization_code, refresh_token, token-exchange, jwt-bearer] }
  - { client_id: server, client_secret: ${secret('server')}, name: server, resources: ["${I}/weather/mcp"], scopes: ["notes:read"], grant_types: [token-exchange] }
${machines.map((id) => `  - { client_id: ${id}, client_secret: ${secret(id)}, name: ${id}, grant_types: [client_credentials], scopes: ["weather:read", "notes:read"] }\n`).join('')}trusted_issuers:
  - { issuer: ${host.base}, jwks_uri: ${host.base}/jwks }
limits: { documents: 0 }
`,
  });
  const weather = `${base}/weather/mcp`;
  const call = (n, path, token, headers) => mcp(at[n] + path, token, initialize, headers);
  const jar = new Jar(one);
  await jar.signIn();
  // the same browser, led to the other node; what leads on by an absolute address leads to the first
  const there = Object.assign(new Jar(two), { cookies: jar.cookies });
  const browsers = [jar, there];
  const client = (await register(one)).json;
  const redeem = (n, a, extra = {}, headers = {}) => post(`${at[n]}/token`, { grant_type: 'authorization_code', client_id: client.client_id, code: a.code, redirect_uri: CB, code_verifier: a.verifier, ...extra }, headers);
  const over = (r, error = 'invalid_grant', status = 400) => assert.deepEqual([r.status, r.json.error], [status, error], r.text);
  const dead = async (what, path, token) => {
    for (const n of [0, 1]) await until(`${what} to be over at ${n}`, async () => (await call(n, path, token)).status === 401, 1500);
  };

  // ---- requests pushed ahead

  const push = (n) => {
    const p = pkce();
    return post(`${at[n]}/par`, authorizeQuery(client.client_id, p.challenge, { resource: weather })).then((r) => ({ ...r, ...p }));
  };
  const use = (n, uri) => browsers[n].ask(`/authorize?${form({ client_id: client.client_id, request_uri: uri })}`);
  await t.test('a request pushed at one node leads on at the other, once in all', async () => {
    const r = await push(0);
    assert.equal(r.status, 201, r.text);
    const first = await use(1, r.json.request_uri);
    assert.equal(first.status, 302, first.text);
    for (const n of [0, 1]) {
      const twice = await use(n, r.json.request_uri);
      assert.deepEqual([twice.status, twice.location], [400, null]);
      assert.match(twice.text, /This request has expired or was already used/);
    }
    const a = await walk(jar, first.location);
    const x = await redeem(1, { code: a.code, verifier: r.verifier });
    assert.equal(x.status, 200, x.text);
  });
  await t.test('and of two at once, one at each node, one leads on', async () => {
    for (let i = 0; i < 8; i++) {
      const r = await push(i % 2);
      const both = await Promise.all([0, 1].map((n) => use(n, r.json.request_uri)));
      assert.deepEqual(both.map((x) => x.status).sort(), [302, 400]);
    }
  });

  // ---- devices

  const terminal = (await register(one, { client_name: 'Terminal', grant_types: [DEVICE, 'refresh_token'], redirect_uris: undefined, response_types: undefined })).json;
  const begin = async (n, client_id = terminal.client_id) => {
    const r = await post(`${at[n]}/device_authorization`, { client_id, resource: weather });
    assert.equal(r.status, 200, r.text);
    return { ...r.json, client_id };
  };
  const poll = (n, x) => post(`${at[n]}/token`, { grant_type: DEVICE, client_id: x.client_id, device_code: x.device_code });
  const type = async (n, x) => browsers[n].ask('/device', { method: 'POST', body: { ...Jar.fields((await browsers[n].ask('/device')).text), user_code: x.user_code } });
  const allow = async (n, x) => {
    const page = await type(n, x);
    assert.equal(page.status, 200, page.text);
    return browsers[n].ask('/device', { method: 'POST', body: { ...Jar.fields(page.text), decision: 'allow' } });
  };
  await t.test('a device asks at one node, is allowed at the other and fetches its tokens once, wherever it asks', async () => {
    for (const [asked, allowed] of [[0, 1], [1, 0]]) {
      const x = await begin(asked);
      assert.match((await allow(allowed, x)).text, /Go back to your device/);
      const y = await poll(asked, x);
      assert.equal(y.status, 200, y.text);
      assert.equal((await call(allowed, '/weather/mcp', y.json.access_token)).status, 200);
      over(await poll(allowed, x));
      await dead('what a code gave that came twice', '/weather/mcp', y.json.access_token);
    }
  });
  await t.test('of ten polls at once at both nodes, one gets tokens', async () => {
    const x = await begin(0);
    await allow(1, x);
    const all = await Promise.all(Array.from({ length: 10 }, (_, i) => poll(i % 2, x)));
    const [one200, ...rest] = all.sort((a, b) => a.status - b.status);
    assert.equal(one200.status, 200, one200.text);
    for (const r of rest) over(r);
  });
  await t.test('who polls too often is slowed down, however the polls are spread over the nodes', async () => {
    const x = await begin(0);
    over(await poll(0, x), 'authorization_pending');
    const pace = () => +pg.sql('SELECT pace FROM device ORDER BY id DESC LIMIT 1');
    for (const [n, expected] of [[1, 10], [0, 15], [1, 20]]) {
      over(await poll(n, x), 'slow_down');
      assert.equal(pace(), expected);
    }
  });
  await t.test('the page of a device knows a document that only the other node has fetched', async () => {
    const url = `${host.base}/terminal.json`;
    host.at('/terminal.json', describes(url, { client_name: 'Documented terminal', grant_types: [DEVICE, 'refresh_token'] }));
    const x = await begin(0, url);
    assert.equal(host.asked('/terminal.json'), 1);
    assert.equal(pg.sql(`SELECT count(*) FROM client WHERE client_id = '${url}'`), '0', 'nobody has agreed to it yet');
    const page = await type(1, x);
    assert.equal(page.status, 200, page.text);
    assert.match(page.text, /Documented terminal/);
    assert.equal(host.asked('/terminal.json'), 2, 'each node fetches it once');
    assert.match((await allow(1, x)).text, /Go back to your device/);
    const y = await poll(0, x);
    assert.equal(y.status, 200, y.text);
    assert.equal(host.asked('/terminal.json'), 2);
  });
  await t.test('and when its host is down the page says so, decides nothing, and the node that has the document can', async () => {
    const url = `${host.base}/down.json`;
    host.at('/down.json', describes(url, { client_name: 'Terminal of a host that is down', grant_types: [DEVICE] }));
    const x = await begin(0, url);
    host.at('/down.json', (req, res) => (res.writeHead(503), res.end()));
    const page = await type(1, x);
    assert.equal(page.status, 400);
    assert.match(page.text, /document of this application/);
    over(await poll(0, x), 'authorization_pending');
    assert.match((await allow(0, x)).text, /Go back to your device/);
  });

  // ---- proofs

  await t.test('ADR 0011 a bound refresh goes on at the other node with a new proof; a proof is good once a node, and useless without the key', async () => {
    const mine = proofKey();
    const endpoint = `${base}/token`;
    const a = await authorize(jar, client.client_id, { resource: weather });
    const x = await redeem(0, a, {}, { dpop: prove(mine, 'POST', endpoint) });
    assert.equal(x.json.token_type, 'DPoP', x.text);
    const bound = (n, token, dpop) => post(`${at[n]}/token`, { grant_type: 'refresh_token', client_id: client.client_id, refresh_token: token }, dpop ? { dpop } : {});
    for (const dpop of [undefined, prove(proofKey(), 'POST', endpoint)]) over(await bound(1, x.json.refresh_token, dpop)); // without a proof, and with another key
    const shown = prove(mine, 'POST', endpoint);
    const y = await bound(1, x.json.refresh_token, shown);
    assert.equal(y.status, 200, y.text);
    over(await bound(1, y.json.refresh_token, shown), 'invalid_dpop_proof'); // the proof came there before
    const same = await bound(0, x.json.refresh_token, shown);
    assert.equal(same.status, 200, 'another node has not seen it');
    assert.equal(same.json.refresh_token, y.json.refresh_token, 'and it gives nothing new: the successor that its owner has');
    const visit = (n, dpop) => call(n, '/weather/mcp', null, { authorization: `DPoP ${y.json.access_token}`, dpop });
    const proof = prove(mine, 'POST', weather, { token: y.json.access_token });
    for (const n of [0, 1]) {
      assert.equal((await visit(n, proof)).status, 200);
      const twice = await visit(n, proof);
      assert.equal(twice.status, 401);
      assert.match(twice.headers.get('www-authenticate'), /^DPoP error="invalid_dpop_proof", /);
    }
    const plain = await call(1, '/weather/mcp', y.json.access_token);
    assert.equal(plain.status, 401, 'as a bearer token it is none');
    assert.match(plain.headers.get('www-authenticate'), /^DPoP error="invalid_token", /);
  });

  // ---- registrations and clients

  const manage = (n, c, method, body) => ask(c.registration_client_uri.replace(base, at[n]), {
    method, headers: { authorization: `Bearer ${c.registration_access_token}`, 'content-type': 'application/json' }, body: body && JSON.stringify({ client_id: c.client_id, ...body }) });
  const many = Array.from({ length: 14 }, (_, i) => `https://client.example/${'x'.repeat(150)}${i}`);
  for (const [what, more] of [['an id that tells all', {}], ['a row', { redirect_uris: [CB, ...many] }]]) {
    await t.test(`RFC 7592 a client of ${what}: what one node is told counts in the next request at the other, which knew it well`, async () => {
      const c = (await register(one, { client_name: 'Managed', token_endpoint_auth_method: 'client_secret_post', ...more })).json;
      assert.equal(pg.sql(`SELECT count(*) FROM client WHERE client_id = '${c.client_id}'`), what === 'a row' ? '1' : '0');
      const mine = { client_id: c.client_id, client_secret: c.client_secret };
      const a = await authorize(jar, c.client_id, { resource: weather });
      const x = (await redeem(1, a, mine)).json;
      for (let i = 0; i < 3; i++) assert.equal((await post(`${two}/introspect`, { token: x.access_token, ...mine })).json.active, true);
      const put = await manage(0, c, 'PUT', { client_name: 'Managed', redirect_uris: ['https://client.example/new'], token_endpoint_auth_method: 'client_secret_post' });
      assert.equal(put.status, 200, put.text);
      const go = (redirect_uri) => there.ask(`/authorize?${authorizeQuery(c.client_id, pkce().challenge, { redirect_uri, resource: weather })}`);
      const old = await go(CB);
      assert.deepEqual([old.status, old.location], [400, null]);
      assert.match(old.text, /Invalid redirect_uri/);
      assert.equal((await go('https://client.example/new')).status, 302);
      assert.equal((await manage(0, c, 'DELETE')).status, 204);
      const r = await post(`${two}/token`, { grant_type: 'refresh_token', refresh_token: x.refresh_token, ...mine });
      over(r, 'invalid_client', 401);
      const gone = await go('https://client.example/new');
      assert.deepEqual([gone.status, gone.location], [400, null]);
      assert.match(gone.text, /does not know the application/);
      over(await manage(1, c, 'GET'), 'invalid_token', 401);
      await until('the other node to forget it', async () => (await post(`${two}/introspect`, { token: x.access_token, ...mine })).status === 401, 1500);
      await dead('its token', '/weather/mcp', x.access_token);
    });
  }
  await t.test('a client blocked by an operation at one node gets nothing at the other from that moment, and its grant lives when it is back', async () => {
    const c = (await register(one, { client_name: 'Blocked', token_endpoint_auth_method: 'client_secret_post' })).json;
    const mine = { client_id: c.client_id, client_secret: c.client_secret };
    const x = (await redeem(1, await authorize(jar, c.client_id, { resource: weather }), mine)).json;
    for (let i = 0; i < 3; i++) assert.equal((await post(`${two}/introspect`, { token: x.access_token, ...mine })).json.active, true);
    await verb(0, 'update_client', '--client_id', c.client_id, '--status', 'suspended');
    const again = (n) => post(`${at[n]}/token`, { grant_type: 'refresh_token', refresh_token: x.refresh_token, ...mine });
    for (const n of [1, 0]) over(await again(n), 'invalid_client', 401);
    await until('introspection to be refused', async () => (await post(`${two}/introspect`, { token: x.access_token, ...mine })).status === 401, 1000);
    await dead('its token', '/weather/mcp', x.access_token);
    await verb(1, 'update_client', '--client_id', c.client_id, '--status', 'active');
    const y = await until('it to be back', async () => {
      const r = await again(0);
      return r.status === 200 && r;
    }, 2000);
    assert.equal((await call(0, '/weather/mcp', y.json.access_token)).status, 200);
  });

  // ---- tokens for tokens

  await t.test('what one node gave is exchanged at the other, and dies with its grant on both', async () => {
    const a = await authorize(jar, 'agent', { resource: weather, scope: 'weather:read' });
    const x = await redeem(0, a, { client_id: undefined }, basic('agent'));
    assert.equal(x.status, 200, x.text);
    const subject = { subject_token: x.json.access_token, subject_token_type: TYPE('access_token'), resource: `${base}/notes/mcp` };
    const y = await exchange(two, who('server'), subject);
    assert.equal(y.status, 200, y.text);
    for (const n of [0, 1]) assert.equal((await call(n, '/notes/mcp', y.json.access_token)).status, 200);
    assert.equal((await post(`${one}/revoke`, { token: x.json.refresh_token }, basic('agent'))).status, 200);
    over(await exchange(two, who('server'), subject), 'invalid_request'); // the store is asked, so at once
    await dead('the exchanged one', '/notes/mcp', y.json.access_token);
  });
  const word = () => jag(provider, { iss: host.base, aud: base, client_id: 'agent', resource: weather, scope: 'weather:read', email: 'owner@example.com', email_verified: true });
  await t.test('a word of a provider is good once on both, and its tokens are of one grant', async () => {
    const once = word();
    const x = await bearer(one, who('agent'), once);
    assert.equal(x.status, 200, x.text);
    over(await bearer(two, who('agent'), once));
    const y = await bearer(two, who('agent'), word());
    assert.equal(claimsOf(y.json.access_token).gid, claimsOf(x.json.access_token).gid);
    for (let i = 0; i < 5; i++) {
      const text = word();
      const both = await Promise.all(at.map((n) => bearer(n, who('agent'), text)));
      assert.deepEqual(both.map((r) => r.status).sort(), [200, 400], both.map((r) => r.text).join('\n'));
    }
    for (const n of [0, 1]) assert.equal((await call(n, '/weather/mcp', x.json.access_token)).status, 200);
  });

  await t.test('a machine whose many processes begin at once, at both nodes, has one grant at each resource', async () => {
    for (const id of machines) {
      for (const scope of ['weather:read', 'notes:read']) {
        const all = await Promise.all(Array.from({ length: 8 }, (_, i) => post(`${at[i % 2]}/token`, { grant_type: 'client_credentials', scope, resource: `${base}/${scope.split(':')[0]}/mcp` }, basic(id))));
        for (const r of all) assert.equal(r.status, 200, r.text);
        assert.equal(new Set(all.map((r) => claimsOf(r.json.access_token).gid)).size, 1, `${id} ${scope}: ${all.map((r) => claimsOf(r.json.access_token).gid)}`);
      }
    }
  });
  await t.test('and so have the words of a provider that come at once', async () => {
    for (let i = 0; i < 5; i++) {
      pg.sql("DELETE FROM grants WHERE token = ''");
      const all = await Promise.all(Array.from({ length: 6 }, (_, k) => bearer(at[k % 2], who('agent'), word())));
      for (const r of all) assert.equal(r.status, 200, r.text);
      assert.equal(new Set(all.map((r) => claimsOf(r.json.access_token).gid)).size, 1, `${i}: ${all.map((r) => claimsOf(r.json.access_token).gid)}`);
    }
  });

  // ---- consent

  await t.test('a yes at one node is remembered at the other, until it is taken back at the first', async () => {
    const c = (await register(one, { client_name: 'Remembered' })).json;
    const ask2 = (n) => browsers[n].ask(`/authorize?${authorizeQuery(c.client_id, pkce().challenge, { resource: weather })}`);
    assert.match((await ask2(1)).location, /\/consent\?txn=/);
    const x = await tokens(one, { jar, client: c, resource: weather });
    assert.ok(new URL((await ask2(1)).location).searchParams.get('code'), 'no page any more');
    const page = await jar.ask('/account/connections?application=Remembered');
    assert.equal((await jar.ask('/account/connections', { method: 'POST', body: { ...Jar.fields(page.text), name: 'Remembered' } })).status, 303);
    assert.match((await ask2(1)).location, /\/consent\?txn=/);
    over(await refresh(two, c.client_id, x.refresh_token));
  });

  // ---- signing out

  const web = await webClient({ base: one }, { backchannel_logout_uri: hears.url });
  const signedIn = async () => {
    const jar2 = new Jar(one);
    await jar2.signIn();
    const a = await authorize(jar2, web.client_id, { scope: 'openid weather:read', resource: weather });
    const r = await redeem(1, a, { client_id: undefined }, web.basic);
    assert.equal(r.status, 200, r.text);
    await until('older notices to go', () => pg.sql('SELECT count(*) FROM logout_notice') === '0');
    hears.got.length = 0;
    return { who: jar2, ...r.json };
  };
  const told = () => until('the row to go', () => pg.sql('SELECT count(*) FROM logout_notice') === '0', 30000, 200);
  await t.test('an application that an id token of one node signs out of hears it once, though both nodes look for what is to be told', async () => {
    for (let i = 0; i < 3; i++) {
      const x = await signedIn();
      assert.equal((await x.who.ask(`/logout?${form({ id_token_hint: x.id_token })}`)).status, 303);
      assert.equal((await new Jar(two).ask('/account', { headers: { cookie: x.who.header() } })).status, 303, 'signed out at the other node too');
      await until('it to be told', () => hears.got.length > 0);
      await told();
      await sleep(1200); // nothing but silence tells, here and below, that the other node does not tell it as well
      assert.equal(hears.got.length, 1);
      assert.equal(claimsOf(hears.got[0].token).sid, claimsOf(x.id_token).sid);
      await verified(two, hears.got[0].token);
    }
  });
  await t.test('also when it takes four seconds to answer', async () => {
    const x = await signedIn();
    hears.answer = () => sleep(4000).then(() => 200);
    await x.who.ask(`/logout?${form({ id_token_hint: x.id_token })}`);
    await told();
    await sleep(1200);
    hears.answer = () => 200;
    assert.equal(hears.got.length, 1);
  });
  await t.test('a node that is killed while it tells leaves the rest to the other, which tells it once', async () => {
    const x = await signedIn();
    await nodes[1].kill();
    hears.answer = () => new Promise(() => {});
    await x.who.ask(`/logout?${form({ id_token_hint: x.id_token })}`);
    await until('the first try', () => hears.got.length === 1);
    await nodes[0].kill();
    hears.answer = () => 200;
    await nodes[1].start();
    await until('the other node to tell it', () => hears.got.length === 2, 40000);
    await told();
    await sleep(1500);
    assert.equal(hears.got.length, 2);
    const [a, b] = hears.got.map((g) => claimsOf(g.token));
    assert.equal(a.sid, b.sid);
    assert.notEqual(a.jti, b.jti);
    await nodes[0].start();
  });
});
