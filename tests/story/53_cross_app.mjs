// Cross-app access in both directions, and one token for another: RFC 8693, RFC 7523 section 2.1 and ID-JAG. The provider of the
// second half is an https host with keys of its own; with a second daemon as the provider 52_foreign_clients tells the whole way.
import { createPublicKey, verify } from 'node:crypto';
import { createServer } from 'node:http';
import { story, assert, until } from './lib/story.mjs';
import { serve, freePort, OWNER } from './lib/daemon.mjs';
import { Jar, authorize, post, ask, mcp, initialize, register, tokens } from './lib/oauth.mjs';
import { authority, documents } from './lib/documents.mjs';
import { keyPair, now } from './lib/assertion.mjs';
import { EXCHANGE, TYPE, bearer, exchange, jag } from './lib/jag.mjs';
import { claimsOf, sql } from './lib/forge.mjs';
import { kept } from './lib/kept.mjs';

const CB = 'https://client.example/cb';
const THERE = 'https://auth.there.example';
const secret = (name) => `the-secret-of-${name}-0123456789`;
const who = (id) => ({ id, secret: secret(id) });

export default story('cross-app access', async (t) => {
  const ca = authority(t);
  const provider = await documents(t, { pair: ca.pair('localhost', 'DNS:localhost') });
  const key = keyPair('provider-1');
  provider.at('/jwks', { keys: [key.jwk] });
  const upstream = createServer((req, res) => {
    req.resume();
    if (req.method === 'GET') return res.writeHead(200, { 'content-type': 'text/event-stream' }), res.write(': open\n\n');
    res.setHeader('content-type', 'application/json');
    res.end('{"jsonrpc":"2.0","id":1,"result":{}}');
  });
  await new Promise((ok) => upstream.listen(0, '127.0.0.1', ok));
  t.defer(() => (upstream.closeAllConnections(), upstream.close()));
  const up = `http://127.0.0.1:${upstream.address().port}/mcp`;
  const client = (id, more) => `  - { client_id: ${id}, client_secret: ${secret(id)}, name: ${id}, ${more} }\n`;
  const grants = (...names) => `grant_types: [${names.join(', ')}]`;
  const port = await freePort();
  const I = `http://localhost:${port}`;
  const d = await serve(t, {
    port,
    config: `outbound: { allow: [127.0.0.0/8, "::1/128"], authorities: ${ca.authority} }
resources:
  - { path: /weather/mcp, upstream: "${up}", name: Weather, scopes: { "weather:read": "See", "weather:write": "Change" }, required_scopes: ["weather:read"] }
  - { path: /notes/mcp, upstream: "${up}", name: Notes, scopes: { "notes:read": "Read", "notes:write": "Write" }, required_scopes: ["notes:read"] }
clients:
${client('agent', `redirect_uris: ["${CB}"], ${grants('authorization_code', 'refresh_token', 'token-exchange', 'jwt-bearer')}`)}${client('other', `redirect_uris: ["${CB}"], ${grants('authorization_code', 'token-exchange', 'jwt-bearer')}`)}${client('server', `resources: ["${I}/weather/mcp"], scopes: ["notes:read"], ${grants('token-exchange')}`)}${client('stranger', `resources: ["${I}/notes/mcp"], scopes: ["notes:read"], ${grants('token-exchange')}`)}trusted_issuers:
  - { issuer: ${provider.base}, jwks_uri: ${provider.base}/jwks }
  - { issuer: https://makes.example, jwks_uri: ${provider.base}/jwks, create_users: true, verified_emails: true }
cross_app:
  - { audience: ${THERE}, clients: { agent: agent-there }, resources: [${THERE}/mcp] }
`,
  });
  const weather = `${I}/weather/mcp`;
  const notes = `${I}/notes/mcp`;
  const jar = new Jar(I);
  await jar.signIn();
  const basic = (id) => ({ authorization: `Basic ${btoa(`${id}:${secret(id)}`)}` });
  const signIn = async (id, scope = 'weather:read openid', resource = weather) => {
    const a = await authorize(jar, id, { resource, scope });
    assert.ok(a.code, a.response.text);
    const r = await post(`${I}/token`, { grant_type: 'authorization_code', code: a.code, redirect_uri: CB, code_verifier: a.verifier }, basic(id));
    assert.equal(r.status, 200, r.text);
    return r.json;
  };
  let first = await signIn('agent');
  const owner = claimsOf(first.access_token).sub;
  const refused = async (ask, status, error, ...but) => {
    const got = await kept(d, ask, 'audit', ...but);
    assert.deepEqual([got.status, got.json?.error], [status, error], got.text);
    assert.equal(got.json.access_token, undefined);
  };
  // A resource takes no such token, and says why.
  const shut = async (resource, token, words) => {
    const r = await mcp(resource, token, initialize);
    assert.equal(r.status, 401);
    assert.match(r.headers.get('www-authenticate'), /^Bearer error="invalid_token", /);
    assert.ok(r.json.error_description.startsWith(words), r.text);
  };
  const OTHER = 'The access token is for another resource.';
  const ENDED = 'The access was taken back.';
  const identity = (more = {}) => ({ requested_token_type: TYPE('id-jag'), subject_token: first.id_token, subject_token_type: TYPE('id_token'), audience: THERE, ...more });

  await t.test('the metadata names both grants', async () => {
    const m = (await ask(`${I}/.well-known/oauth-authorization-server`)).json;
    for (const g of [EXCHANGE, 'urn:ietf:params:oauth:grant-type:jwt-bearer']) assert.ok(m.grant_types_supported.includes(g), g);
  });
  await t.test('an id token becomes an ID-JAG for a server of cross_app, which our keys have signed', async () => {
    const asked = now();
    const r = await exchange(I, who('agent'), identity({ resource: `${THERE}/mcp`, scope: 'chat.read' }));
    assert.equal(r.status, 200, r.text);
    const { access_token: token, ...rest } = r.json;
    assert.deepEqual(rest, { issued_token_type: TYPE('id-jag'), token_type: 'N_A', expires_in: 300, scope: 'chat.read' });
    assert.equal(r.headers.get('cache-control'), 'no-store');
    const [head, body, sig] = token.split('.');
    const header = JSON.parse(Buffer.from(head, 'base64url'));
    assert.equal(header.typ, 'oauth-id-jag+jwt');
    const jwk = (await ask(`${I}/.well-known/jwks.json`)).json.keys.find((k) => k.kid === header.kid);
    assert.ok(verify('sha256', Buffer.from(`${head}.${body}`), { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, Buffer.from(sig, 'base64url')));
    const { iat, exp, jti, auth_time, ...claims } = claimsOf(token);
    assert.deepEqual(claims, { iss: I, sub: owner, aud: THERE, client_id: 'agent-there', resource: `${THERE}/mcp`, scope: 'chat.read', email: OWNER.email, email_verified: true });
    assert.equal(exp - iat, 300);
    assert.match(jti, /^[\w-]{22}$/);
    assert.ok(iat >= asked && iat <= now());
    assert.equal(auth_time, claimsOf(first.id_token).auth_time);
  });
  await t.test('it is no access token here, and nothing was written but the audit', async () => {
    const { access_token: token } = (await kept(d, () => exchange(I, who('agent'), identity()), 'audit')).json;
    await shut(weather, token, 'This token is not an access token.');
  });
  const bent = first.id_token.slice(0, -3) + (first.id_token.endsWith('AAA') ? 'BBB' : 'AAA');
  for (const [sentence, id, change, error] of [
    ['an id token of another client', 'other', {}, 'invalid_target'],
    ['an access token said to be an id token', 'agent', { subject_token: first.access_token }, 'invalid_request'],
    ['an id token that was changed', 'agent', { subject_token: bent }, 'invalid_request'],
    ['no token at all', 'agent', { subject_token: 'x' }, 'invalid_request'],
    ['an audience that nobody named', 'agent', { audience: 'https://elsewhere.example' }, 'invalid_target'],
    ['no audience', 'agent', { audience: undefined }, 'invalid_request'],
    ['a resource that the file does not name', 'agent', { resource: 'https://elsewhere.example/mcp' }, 'invalid_target'],
    ['an actor token', 'agent', { actor_token: first.access_token }, 'invalid_request'],
    ['a SAML assertion', 'agent', { subject_token_type: TYPE('saml2') }, 'invalid_request'],
    ['a refresh token for it', 'agent', { requested_token_type: TYPE('refresh_token') }, 'invalid_request'],
  ]) await t.test(`${sentence} is ${error}`, () => refused(() => exchange(I, who(id), identity(change)), 400, error));
  await t.test('the id token of a client is of no use to another one that has a name there', async () => {
    const mine = await signIn('other');
    await refused(() => exchange(I, who('agent'), identity({ subject_token: mine.id_token })), 400, 'invalid_request');
  });

  await t.test('an id token buys no ID-JAG once the person has signed out or the connection was taken back', async () => {
    const other = new Jar(I);
    await other.signIn();
    const as = async (who) => {
      const a = await authorize(who, 'agent', { resource: weather, scope: 'weather:read openid' });
      return (await post(`${I}/token`, { grant_type: 'authorization_code', code: a.code, redirect_uri: CB, code_verifier: a.verifier }, basic('agent'))).json;
    };
    const buys = (token) => exchange(I, who('agent'), identity({ subject_token: token }));
    const ends = async (token, how) => {
      assert.equal((await buys(token)).status, 200);
      await how();
      await until('whoever is told of a sign-out to be told', () => sql(d, 'SELECT count(*) FROM logout_notice') === '0');
      await refused(() => buys(token), 400, 'invalid_request');
    };
    const mine = await as(other);
    await ends(mine.id_token, () => other.ask('/logout?' + new URLSearchParams({ id_token_hint: mine.id_token })));
    const next = (await post(`${I}/token`, { grant_type: 'refresh_token', refresh_token: mine.refresh_token }, basic('agent'))).json;
    assert.ok(next.access_token, 'the connection goes on');
    await refused(() => buys(next.id_token), 400, 'invalid_request');
    const still = await signIn('agent');
    assert.equal((await buys(first.id_token)).status, 200, 'another browser is still signed in');
    await ends(still.id_token, () => post(`${I}/revoke`, { token: still.refresh_token }, basic('agent')));
  });

  await t.test('once the person has taken the access back the id token is worth nothing', async () => {
    const mine = await signIn('agent');
    const r = await exchange(I, who('agent'), identity({ subject_token: mine.id_token }));
    assert.equal(r.status, 200, r.text);
    const page = await jar.ask('/account/connections?application=agent');
    const done = await jar.ask('/account/connections', { method: 'POST', body: { ...Jar.fields(page.text), name: 'agent' } });
    assert.equal(done.status, 303, done.text);
    await refused(() => exchange(I, who('agent'), identity({ subject_token: mine.id_token })), 400, 'invalid_request');
    await signIn('agent', 'weather:read');
    await refused(() => exchange(I, who('agent'), identity({ subject_token: mine.id_token })), 400, 'invalid_request');
    first = await signIn('agent');
  });

  const access = (token, more = {}) => ({ subject_token: token, subject_token_type: TYPE('access_token'), ...more });
  await t.test('the server behind a resource gets a token for the next one: same person, same grant, and who acts', async () => {
    const r = await exchange(I, who('server'), access(first.access_token, { resource: notes }));
    assert.equal(r.status, 200, r.text);
    assert.deepEqual([r.json.issued_token_type, r.json.token_type, r.json.scope, r.json.refresh_token, r.json.id_token], [TYPE('access_token'), 'Bearer', 'notes:read', undefined, undefined]);
    const [from, to] = [claimsOf(first.access_token), claimsOf(r.json.access_token)];
    assert.deepEqual([to.sub, to.gid, to.aud, to.client_id, to.act], [owner, from.gid, notes, 'server', { sub: 'server' }]);
    assert.ok(to.exp <= from.exp, 'it does not outlive what it came from');
    assert.equal((await mcp(notes, r.json.access_token, initialize)).status, 200);
    await shut(weather, r.json.access_token, OTHER);
  });
  await t.test('the client itself may ask for less, at the same resource', async () => {
    const wide = await signIn('agent', 'weather:read weather:write');
    const r = await exchange(I, who('agent'), access(wide.access_token, { scope: 'weather:read' }));
    assert.deepEqual([r.status, r.json.scope, claimsOf(r.json.access_token).aud, claimsOf(r.json.access_token).act], [200, 'weather:read', weather, undefined], r.text);
    await refused(() => exchange(I, who('agent'), access(first.access_token, { scope: 'weather:read weather:write' })), 400, 'invalid_scope');
  });
  for (const [sentence, id, change, error] of [
    ['a server that it was not sent to', 'stranger', {}, 'invalid_request'],
    ['more than the operator gave the server', 'server', { resource: notes, scope: 'notes:write' }, 'invalid_scope'],
    ['a client without scopes at another resource', 'agent', { resource: notes }, 'invalid_scope'],
    ['a resource that is none of ours', 'server', { resource: 'https://elsewhere.example/mcp' }, 'invalid_target'],
    ['resource and audience that differ', 'server', { resource: notes, audience: weather }, 'invalid_target'],
    ['an id token said to be an access token', 'server', { subject_token: first.id_token }, 'invalid_request'],
  ]) await t.test(`${sentence} is ${error}`, () => refused(() => exchange(I, who(id), access(first.access_token, change)), 400, error));
  await t.test('who was given a token by exchange cannot give it back, and hears so; the grant ends it', async () => {
    const mine = await signIn('agent');
    const made = (await exchange(I, who('server'), access(mine.access_token, { resource: notes }))).json.access_token;
    await refused(() => post(`${I}/revoke`, { token: made }, basic('server')), 400, 'unsupported_token_type');
    assert.equal((await mcp(notes, made, initialize)).status, 200);
    assert.equal((await post(`${I}/revoke`, { token: made }, basic('agent'))).status, 200);
    assert.equal((await mcp(weather, mine.access_token, initialize)).status, 200, 'that was not the agent\'s to end either');
    assert.equal((await post(`${I}/revoke`, { token: mine.access_token }, basic('agent'))).status, 200);
    await shut(notes, made, ENDED);
  });
  await t.test('what was exchanged is not exchanged again', async () => {
    const once = (await exchange(I, who('server'), access(first.access_token, { resource: notes }))).json.access_token;
    await refused(() => exchange(I, who('server'), access(once)), 400, 'invalid_request');
    await refused(() => exchange(I, who('stranger'), access(once)), 400, 'invalid_request');
  });
  await t.test('taking the grant back ends both tokens, and nothing is exchanged any more', async () => {
    const mine = await signIn('agent');
    const made = (await exchange(I, who('server'), access(mine.access_token, { resource: notes }))).json.access_token;
    assert.equal((await post(`${I}/revoke`, { token: mine.refresh_token }, basic('agent'))).status, 200);
    await shut(notes, made, ENDED);
    await refused(() => exchange(I, who('server'), access(mine.access_token, { resource: notes })), 400, 'invalid_request');
  });
  await t.test('suspending or deleting the client that the grant was given to ends what a server exchanged its token for, everywhere', async () => {
    for (const way of ['suspended', 'deleted']) {
      const first = (await register(I, { client_name: 'Passing' })).json;
      const got = await tokens(I, { client: first, resource: weather, jar, scope: 'weather:read openid' });
      const made = (await exchange(I, who('server'), access(got.access_token, { resource: notes }))).json.access_token;
      const same = (await exchange(I, who('server'), access(got.access_token))).json.access_token;
      const state = async () => {
        const told = (await ask(`${I}/userinfo`, { headers: { authorization: `Bearer ${same}` } })).status;
        const active = (await post(`${I}/introspect`, { token: made }, basic('stranger'))).json.active;
        const open = (await post(`${I}/introspect`, { token: same }, basic('server'))).json.active;
        return [(await mcp(notes, made, initialize)).status, (await mcp(weather, same, initialize)).status, told, active, open];
      };
      assert.deepEqual(await state(), [200, 200, 200, true, true]);
      const stream = await fetch(notes, { headers: { authorization: `Bearer ${made}`, accept: 'text/event-stream' } });
      assert.equal(stream.status, 200);
      const cut = stream.text().then(() => 'ended', () => 'cut');
      // so that a stream which stays open fails this, and does not keep it for ever
      const late = new Promise((ok) => setTimeout(ok, 5000, 'still open').unref());
      const verb = (...args) => d.verb(args).then((r) => assert.equal(r.code, 0, r.err));
      await (way === 'deleted' ? verb('delete_client', '--client_id', first.client_id) : verb('update_client', '--client_id', first.client_id, '--status', 'suspended'));
      assert.deepEqual(await state(), [401, 401, 401, false, false]);
      assert.equal(await Promise.race([cut, late]), 'cut');
      // meanwhile the sweeper takes away what was of a client that is deleted
      const swept = way === 'deleted' ? ['client', 'grants', 'consent', 'revocation'] : [];
      await refused(() => exchange(I, who('server'), access(got.access_token)), 400, 'invalid_request', ...swept);
      await d.stop();
      await d.start();
      assert.deepEqual(await state(), [401, 401, 401, false, false], 'after a restart');
      if (way === 'deleted') continue;
      await verb('update_client', '--client_id', first.client_id, '--status', 'active');
      assert.deepEqual(await state(), [200, 200, 200, true, true], 'active again');
    }
  });
  await t.test('clients that may not, and clients without a secret, exchange nothing', async () => {
    await refused(() => post(`${I}/token`, { grant_type: EXCHANGE, client_id: 'agent', ...access(first.access_token) }), 401, 'invalid_client');
    await refused(() => exchange(I, { id: 'agent', secret: 'wrong' }, access(first.access_token)), 401, 'invalid_client');
    const c = (await ask(`${I}/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ redirect_uris: [CB], grant_types: ['authorization_code', EXCHANGE] }) })).json;
    assert.deepEqual(c.grant_types, ['authorization_code']);
    await refused(() => exchange(I, { id: c.client_id, secret: c.client_secret }, access(first.access_token)), 400, 'unauthorized_client');
  });

  // --- the other direction: the word of a provider is taken

  const said = (claims = {}, header = {}, k = key) => jag(k, { iss: provider.base, aud: I, client_id: 'agent', resource: weather, scope: 'weather:read', email: OWNER.email, email_verified: true, ...claims }, header);
  await t.test('an ID-JAG of a trusted provider is taken for an access token of its person, without a page and without a refresh token', async () => {
    const r = await bearer(I, who('agent'), said());
    assert.equal(r.status, 200, r.text);
    const { access_token: token, ...rest } = r.json;
    assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 600, scope: 'weather:read' });
    const c = claimsOf(token);
    assert.deepEqual([c.sub, c.aud, c.client_id, c.scope], [owner, weather, 'agent', 'weather:read']);
    assert.equal((await mcp(weather, token, initialize)).status, 200);
  });
  await t.test('the next one is of the same grant, which stands among the connections and ends there', async () => {
    const [a, b] = [(await bearer(I, who('agent'), said())).json.access_token, (await bearer(I, who('agent'), said())).json.access_token];
    assert.equal(claimsOf(a).gid, claimsOf(b).gid);
    const page = await jar.ask(`/account/connections?grant=${claimsOf(a).gid}`);
    const done = await jar.ask('/account/connections', { method: 'POST', body: { ...Jar.fields(page.text), name: 'agent' } });
    assert.equal(done.status, 303, done.text);
    await shut(weather, b, ENDED);
    const c = (await bearer(I, who('agent'), said())).json.access_token;
    assert.notEqual(claimsOf(c).gid, claimsOf(a).gid);
  });
  await t.test('who was known once is known by the subject, whatever address is said', async () => {
    const r = await bearer(I, who('agent'), said({ email: 'somebody-else@example.com' }));
    assert.equal(claimsOf(r.json.access_token).sub, owner);
  });
  await t.test('an assertion is good once', async () => {
    const text = said();
    assert.equal((await bearer(I, who('agent'), text)).status, 200);
    await refused(() => bearer(I, who('agent'), text), 400, 'invalid_grant');
  });
  const foreign = keyPair('provider-1');
  for (const [sentence, text, id = 'agent', error = 'invalid_grant'] of [
    ['of an issuer that nobody trusts', said({ iss: 'https://evil.example' })],
    ['signed by another key of the same name', said({}, {}, foreign)],
    ['with a key that the provider does not publish', said({}, { kid: 'other' }, foreign)],
    ['for another server', said({ aud: 'https://elsewhere.example' })],
    ['for two servers', said({ aud: [I, 'https://elsewhere.example'] })],
    ['without an audience', said({ aud: undefined })],
    ['for another client', said({ client_id: 'other' })],
    ['that another client has found', said(), 'other'],
    ['without a client', said({ client_id: undefined })],
    ['for a resource of others', said({ resource: 'https://elsewhere.example/mcp' })],
    ['for two resources', said({ resource: [weather, notes] })],
    ['that has expired', said({ iat: now() - 600, exp: now() - 300 })],
    ['without an end', said({ exp: undefined })],
    ['good for a day', said({ exp: now() + 86400 })],
    ['without a time of issue', said({ iat: undefined })],
    ['without a number of its own', said({ jti: undefined })],
    ['without a subject', said({ sub: undefined })],
    ['of another kind', said({}, { typ: 'JWT' })],
    ['that names no kind', said({}, { typ: undefined })],
    ['that names no algorithm', said({}, { alg: 'none' })],
    ['with scopes that are no text', said({ scope: ['weather:read'] })],
    ['with no scope, said as an empty one', said({ scope: '' }), 'agent', 'invalid_scope'],
    ['with scopes of another server only', said({ scope: 'notes:read' }), 'agent', 'invalid_scope'],
    ['that is none', 'x.y'],
  ]) await t.test(`an assertion ${sentence} is ${error}, and leaves nothing`, async () => {
    await refused(() => bearer(I, who(id), text), 400, error);
  });
  // Whoever is believed has used the assertion up, whatever comes of it: of that there is a row.
  const SPENT = ['replay'];
  for (const [sentence, claims] of [
    ['of a stranger', { sub: 'u-2', email: 'nobody@example.com' }],
    ['of a stranger with an address that nobody has checked', { sub: 'u-3', email_verified: false }],
  ]) await t.test(`an assertion ${sentence} is invalid_grant, and leaves nothing but that it was used`, async () => {
    const used = +sql(d, 'SELECT count(*) FROM replay');
    await refused(() => bearer(I, who('agent'), said(claims)), 400, 'invalid_grant', ...SPENT);
    assert.equal(+sql(d, 'SELECT count(*) FROM replay'), used + 1);
  });
  await t.test('nobody signed in here, so nobody is told about: no openid, whoever asks for it, and no id token', async () => {
    for (const scope of [undefined, 'weather:read openid email']) {
      const r = await bearer(I, who('agent'), said({ scope }), { scope: 'weather:read openid email' });
      assert.deepEqual([r.status, r.json.scope, r.json.id_token], [200, 'weather:read', undefined], r.text);
      const told = await ask(`${I}/userinfo`, { headers: { authorization: `Bearer ${r.json.access_token}` } });
      assert.deepEqual([told.status, told.json.error], [403, 'insufficient_scope']);
    }
  });
  await t.test('a scope that is asked for besides narrows it, and a resource must be the same', async () => {
    const r = await bearer(I, who('agent'), said({ scope: 'weather:read weather:write' }), { scope: 'weather:write' });
    assert.deepEqual([r.status, r.json.scope], [200, 'weather:write'], r.text);
    await refused(() => bearer(I, who('agent'), said(), { resource: notes }), 400, 'invalid_grant');
  });
  await t.test('a provider that may make people makes members of them', async () => {
    const text = () => jag(key, { iss: 'https://makes.example', aud: `${I}/`, client_id: 'agent', sub: 'new-1', email: 'new@example.com' });
    const r = await bearer(I, who('agent'), text(), { resource: weather });
    assert.equal(r.status, 200, r.text);
    assert.equal(sql(d, "SELECT role, status FROM users WHERE email = 'new@example.com'"), 'member|active');
    const again = await bearer(I, who('agent'), text(), { resource: weather });
    assert.equal(claimsOf(again.json.access_token).sub, claimsOf(r.json.access_token).sub);
    sql(d, "UPDATE users SET status = 'blocked' WHERE email = 'new@example.com'");
    await refused(() => bearer(I, who('agent'), text(), { resource: weather }), 400, 'invalid_grant', ...SPENT);
  });
  await t.test('a restart forgets neither people nor assertions, and the kept keys serve while the provider is down', async () => {
    const text = said();
    assert.equal((await bearer(I, who('agent'), text)).status, 200);
    await d.stop();
    await d.start();
    await refused(() => bearer(I, who('agent'), text), 400, 'invalid_grant');
    assert.equal((await bearer(I, who('agent'), said())).status, 200);
    provider.at('/jwks', (req, res) => (res.writeHead(503), res.end()));
    assert.equal((await bearer(I, who('agent'), said())).status, 200);
  });
  await t.test('each stands in the log', async () => {
    const r = await d.verb(['log', '--event', 'auth.token', '--json']);
    const events = r.out.trim().split('\n').map((l) => JSON.parse(l).event);
    for (const e of ['auth.token.exchange', 'auth.token.assertion']) assert.ok(events.includes(e), e);
  });
});
