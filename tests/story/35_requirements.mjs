// Requirements that no other story tells by the way; docs/CONFORMANCE.md says for each one where it is told.
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { story, assert } from './lib/story.mjs';
import { serve, run, temporary, freePort, OWNER } from './lib/daemon.mjs';
import { Jar, register, registerAt, authorize, authorizeQuery, tokens, refresh, post, ask, mcp, initialize, pkce } from './lib/oauth.mjs';
import { dump, kept, refused } from './lib/kept.mjs';
import { said } from './lib/said.mjs';

const CB = 'https://client.example/cb';

// An MCP server that answers each message with its own id.
async function upstream(t) {
  const s = createServer((req, res) => {
    let body = '';
    req.on('data', (x) => (body += x));
    req.on('end', () => {
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(body || '{}').id ?? null, result: {} }));
    });
  });
  await new Promise((ok) => s.listen(0, '127.0.0.1', ok));
  t.defer(() => (s.closeAllConnections(), s.close()));
  return `http://127.0.0.1:${s.address().port}/mcp`;
}

export default story('requirements', async (t) => {
  const up = await upstream(t);
  const d = await serve(t, {
    config: `resources:
  - { path: /weather/mcp, upstream: "${up}", name: Weather }
  - { path: /anybody/mcp, upstream: "${up}", name: Anybody, scopes: { "mxcp:access": "Use it", "mxcp:admin": "Manage it" }, required_scopes: [] }
  - { path: /basic/mcp, upstream: "${up}", name: Basic, scopes: { "mxcp:access": "Use it", "mxcp:admin": "Manage it" }, required_scopes: ["mxcp:access"] }
  - { path: /both/mcp, upstream: "${up}", name: Both, scopes: { "mxcp:access": "Use it", "mxcp:admin": "Manage it" }, required_scopes: ["mxcp:access", "mxcp:admin"] }
clients:
  - { client_id: claude, name: Claude, redirect_uris: ["https://claude.ai/api/mcp/auth_callback"] }
  - { client_id: cursor, name: Cursor, redirect_uris: ["cursor://anysphere.cursor-mcp/oauth/callback"] }
`,
  });
  const at = (name) => `${d.base}/${name}/mcp`;
  const jar = new Jar(d.base);
  await jar.signIn();
  const client = (await register(d.base, { client_name: 'Requirements' })).json;
  const get = (resource, extra = {}) => tokens(d.base, { jar, client, resource, ...extra });
  const metadata = (await ask(`${d.base}/.well-known/oauth-authorization-server`)).json;
  // The call is refused with a challenge that begins like this, and nothing changes.
  const challenged = async (url, token, status, challenge, headers) => {
    const r = await kept(d, () => mcp(url, token, initialize, headers));
    assert.equal(r.status, status, `${url} ${r.text}`);
    assert.ok(r.headers.get('www-authenticate').startsWith(`Bearer ${challenge}`), r.headers.get('www-authenticate'));
    return r;
  };

  await t.test('A-09, A-10, S-28 who is not signed in signs in with the account of the house first, and is asked then', async () => {
    const fresh = new Jar(d.base);
    const first = await fresh.ask(`/authorize?${authorizeQuery(client.client_id, pkce().challenge, { resource: at('weather') })}`);
    assert.match(first.location, /\/login\?txn=/);
    const page = await fresh.ask(first.location);
    const signed = await fresh.ask('/login', { method: 'POST', body: { ...Jar.fields(page.text), ...OWNER } });
    assert.match(signed.location, /\/consent\?txn=/);
    const consent = await fresh.ask(signed.location);
    assert.match(consent.text, />\s*Allow\s*</);
    assert.ok(consent.text.includes(OWNER.email));
    assert.ok((await fresh.ask('/account')).text.includes(OWNER.email), 'the same account as everywhere');
  });
  await t.test('A-11, U-11, U-12 the page names the application and says the scope in words, and only Allow gives a code', async () => {
    const one = (await register(d.base, { client_name: 'Named Application' })).json;
    const location = (await jar.ask(`/authorize?${authorizeQuery(one.client_id, pkce().challenge, { resource: at('weather') })}`)).location;
    const page = await jar.ask(location);
    assert.match(page.text, /Named Application/);
    assert.match(page.text, /mcp:tools/);
    assert.match(page.text, /Use the tools of this server/);
    for (let i = 0; i < 2; i++) assert.equal((await jar.ask(location)).status, 200, 'looking decides nothing');
    const fields = Jar.fields(page.text);
    for (const decision of [undefined, 'maybe']) {
      const r = await kept(d, () => jar.ask('/consent', { method: 'POST', body: { ...fields, ...(decision ? { decision } : {}) } }));
      assert.deepEqual([r.status, r.location], [400, null]);
    }
    const yes = await jar.ask('/consent', { method: 'POST', body: { ...fields, decision: 'allow' } });
    assert.match(yes.location, /^https:\/\/client\.example\/cb\?code=gh_ac_/);
  });
  await t.test('A-35, A-36, A-37, A-39 clients of the configuration file come back to their redirect URI and to no other', async () => {
    for (const [client_id, redirect_uri] of [['claude', 'https://claude.ai/api/mcp/auth_callback'], ['cursor', 'cursor://anysphere.cursor-mcp/oauth/callback']]) {
      const a = await authorize(jar, client_id, { redirect_uri, resource: at('weather') });
      assert.ok(a.to.href.startsWith(`${redirect_uri}?code=gh_ac_`), a.to.href);
      const r = await kept(d, () => jar.ask(`/authorize?${authorizeQuery(client_id, pkce().challenge, { redirect_uri: `${redirect_uri}/`, resource: at('weather') })}`));
      assert.deepEqual([r.status, r.location], [400, null]);
      assert.match(r.text, /Invalid redirect_uri/);
    }
  });
  await t.test('A-36, A-37, U-11 Claude and Cursor register with their addresses, and the page knows them by these, not by a name', async () => {
    const page = async (client_name, redirect_uri, others = []) => {
      const one = (await register(d.base, { client_name, redirect_uris: [redirect_uri, ...others] })).json;
      const r = await jar.ask(`/authorize?${authorizeQuery(one.client_id, pkce().challenge, { redirect_uri, resource: at('weather') })}`);
      return (await jar.ask(r.location)).text.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');
    };
    const claude = 'https://claude.ai/api/mcp/auth_callback';
    for (const name of ['Claude', 'Your Bank']) {
      const text = await page(name, claude, ['https://claude.com/api/mcp/auth_callback']);
      assert.match(text, /Claude asks to use Weather/);
      assert.match(text, /Application Claude verified by its address: claude\.ai/);
      assert.doesNotMatch(text, /Your Bank|not verified/);
    }
    const cursor = ['cursor://anysphere.cursor-mcp/oauth/callback', 'https://www.cursor.com/agents/mcp/oauth/callback', 'http://localhost:8787/callback'];
    const scheme = await page('Cursor', cursor[0], cursor.slice(1));
    assert.match(scheme, /Cursor asks to use Weather/);
    assert.match(scheme, /not verified/);
    assert.match(scheme, /opens Cursor, or the application that opens cursor:\/\/anysphere\.cursor-mcp links/);
    assert.match(scheme, /Anybody can give an application this name/);
    assert.match(await page('Cursor', cursor[1], [cursor[0], cursor[2]]), /Cursor verified by its address: www\.cursor\.com/);
    const liar = await page('claude connector', 'https://claude.ai.evil.example/api/mcp/auth_callback');
    assert.match(liar, /not verified/);
    assert.match(liar, /It calls itself Claude, but does not return to an address that is known as that of Claude/);
    assert.doesNotMatch(await page('Claude Code', 'http://localhost:3118/callback'), /It calls itself/);
  });
  await t.test('pages of a known application may call a resource, those of a host that only looks like it may not', async () => {
    const x = await get(at('weather'));
    const call = (origin) => ask(at('weather'), { method: 'POST', body: JSON.stringify(initialize), headers: { origin, authorization: `Bearer ${x.access_token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' } });
    const yes = await call('https://claude.ai');
    assert.deepEqual([yes.status, yes.headers.get('access-control-allow-origin')], [200, 'https://claude.ai']);
    for (const origin of ['https://claude.ai.evil.example', 'http://claude.ai', 'https://claude.ai:8443', 'https://evil.example']) {
      const no = await refused(d, () => call(origin), 403, 'invalid_request');
      assert.equal(no.headers.get('access-control-allow-origin'), null, origin);
    }
  });
  await t.test('A-13 a wrong verifier and a missing one are invalid_grant', async () => {
    const redeem = (a, code_verifier) => post(`${d.base}/token`, { grant_type: 'authorization_code', client_id: client.client_id, code: a.code, redirect_uri: CB, code_verifier });
    const a = await authorize(jar, client.client_id, { resource: at('weather') });
    await refused(d, () => redeem(a), 400, 'invalid_grant');
    await refused(d, () => redeem(a, pkce().verifier), 400, 'invalid_grant', 'code');
    await refused(d, () => redeem(a, a.verifier), 400, 'invalid_grant', 'code', 'audit');
  });
  await t.test('A-28, A-29, U-06, U-28 an access token verifies against the public key set that the metadata names, with issuer and audience', async () => {
    const x = await get(at('weather'));
    const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
    const { payload } = await jwtVerify(x.access_token, keys, { issuer: metadata.issuer, audience: at('weather'), typ: 'at+jwt', algorithms: ['ES256'] });
    assert.equal(payload.client_id, client.client_id);
    await assert.rejects(jwtVerify(x.access_token, keys, { issuer: metadata.issuer, audience: at('both') }), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'aud' });
  });
  await t.test('B-18, S-35, S-37 one access token serves one call after another', async () => {
    const x = await get(at('weather'));
    for (let i = 0; i < 20; i++) {
      const r = await mcp(at('weather'), x.access_token, { jsonrpc: '2.0', id: i, method: 'tools/list' });
      assert.equal(r.json.id, i, r.text);
    }
  });
  await t.test('S-21 a client that registers at a resource is a client of that resource alone', async () => {
    const here = `${at('weather')}/client_register`;
    const r = await registerAt(here, { client_name: 'Bound', resource: at('both') });
    assert.deepEqual([r.status, r.json.resource], [201, at('weather')]);
    const mine = r.json;
    const aud = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).aud;
    const x = await get(undefined, { client: mine });
    assert.equal(aud(x.access_token), at('weather'), 'it need not say which');
    assert.equal((await mcp(at('weather'), x.access_token, initialize)).status, 200);
    for (const resource of [at('both'), `${d.base}/mcp`, d.base]) {
      const no = await kept(d, () => jar.ask(`/authorize?${authorizeQuery(mine.client_id, pkce().challenge, { resource, scope: 'openid mxcp:access' })}`));
      assert.deepEqual([new URL(no.location).searchParams.get('error'), new URL(no.location).searchParams.get('code')], ['invalid_target', null], resource);
      await refused(d, () => post(`${d.base}/par`, authorizeQuery(mine.client_id, pkce().challenge, { resource })), 400, 'invalid_target');
      await refused(d, () => refresh(d.base, mine.client_id, x.refresh_token, { resource }), 400, 'invalid_target');
    }
    assert.equal((await refresh(d.base, mine.client_id, x.refresh_token)).status, 200, 'and nothing was lost by asking');
    const bearer = { 'content-type': 'application/json', authorization: `Bearer ${mine.registration_access_token}` };
    const body = JSON.stringify({ ...mine, client_name: 'Renamed', resource: at('both') });
    const put = await ask(mine.registration_client_uri, { method: 'PUT', headers: bearer, body });
    assert.deepEqual([put.status, put.json.client_name, put.json.resource], [200, 'Renamed', at('weather')]);
    assert.equal((await register(d.base, { resource: at('weather') })).json.resource, undefined, 'who registers at the issuer is bound to none');
  });
  await t.test('S-21 and there must be such a resource, and registration', async () => {
    for (const address of [`${d.base}/nothing/mcp/client_register`, `${d.base}/client_register`]) {
      const r = await refused(d, () => registerAt(address), 404, 'not_found');
      assert.equal(r.json.client_id, undefined);
    }
    const g = await ask(`${at('weather')}/client_register`);
    assert.deepEqual([g.status, g.headers.get('allow')], [405, 'POST']);
    const off = await serve(t, { config: `registration: { mode: off }\nresources:\n  - { path: /weather/mcp, upstream: "${up}", name: Weather }\n` });
    const no = await refused(off, () => registerAt(`${off.base}/weather/mcp/client_register`), 403, 'access_denied');
    assert.equal(no.json.client_id, undefined);
  });
  await t.test('S-21 when its resource is protected no more, the client is told that, and may have no other instead', async () => {
    const resource = (name) => `  - { path: /${name}/mcp, upstream: "${up}", name: ${name} }\n`;
    const e = await serve(t, { config: `resources:\n${resource('stays')}${resource('goes')}` });
    const own = new Jar(e.base);
    await own.signIn();
    const bound = (await registerAt(`${e.base}/goes/mcp/client_register`, { client_name: 'Bound' })).json;
    writeFileSync(e.configFile(), `resources:\n${resource('stays')}`, { mode: 0o600 });
    assert.equal((await e.verb(['reload'])).code, 0);
    for (const asked of [{}, { resource: `${e.base}/stays/mcp` }]) {
      const r = await kept(e, () => own.ask(`/authorize?${authorizeQuery(bound.client_id, pkce().challenge, asked)}`));
      const q = new URL(r.location).searchParams;
      assert.deepEqual([q.get('error'), q.get('code')], ['invalid_target', null]);
      assert.match(q.get('error_description'), /not one that this server protects/);
    }
  });
  await t.test('S-27, S-30 the spellings below /oauth and /oauth2 are the same endpoints', async () => {
    for (const prefix of ['/oauth', '/oauth2']) {
      const { verifier, challenge } = pkce();
      const r = await jar.ask(`${prefix}/authorize?${authorizeQuery(client.client_id, challenge, { resource: at('weather') })}`);
      const code = new URL(r.location).searchParams.get('code'); // agreed to before
      const x = await post(`${d.base}${prefix}/token`, { grant_type: 'authorization_code', client_id: client.client_id, code, redirect_uri: CB, code_verifier: verifier });
      assert.equal(x.status, 200, x.text);
      assert.equal((await post(`${d.base}${prefix}/revoke`, { client_id: client.client_id, token: x.json.refresh_token })).status, 200);
      assert.equal((await mcp(at('weather'), x.json.access_token, initialize)).status, 401);
    }
  });
  await t.test('S-31, S-33 the answer names the scope, which is what was asked for, known here and agreed to', async () => {
    const x = await get(at('both'), { scope: 'mxcp:admin users:write nonsense' });
    assert.equal(x.scope, 'mxcp:admin');
    const redirect_uri = 'https://claude.ai/api/mcp/auth_callback';
    const file = await get(at('both'), { client: { client_id: 'claude' }, redirect_uri, scope: 'mxcp:admin' });
    assert.equal(file.scope, 'mxcp:admin');
  });
  await t.test('S-06, AUTH-17 password and implicit are neither offered nor given, nor client credentials to who registered itself', async () => {
    const conf = (await register(d.base, { token_endpoint_auth_method: 'client_secret_post' })).json;
    for (const grant_type of ['client_credentials', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'urn:ietf:params:oauth:grant-type:token-exchange'])
      for (const who of [{ client_id: client.client_id }, { client_id: conf.client_id, client_secret: conf.client_secret }]) {
        await refused(d, () => post(`${d.base}/token`, { grant_type, ...who }), 400, 'unauthorized_client');
      }
    for (const grant_type of ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:saml2-bearer']) {
      assert.ok(!metadata.grant_types_supported.includes(grant_type));
      for (const who of [{ client_id: client.client_id }, { client_id: conf.client_id, client_secret: conf.client_secret }]) {
        await refused(d, () => post(`${d.base}/token`, { grant_type, ...who, username: OWNER.email, password: OWNER.password }), 400, 'unsupported_grant_type');
      }
    }
  });
  await t.test('U-25, U-26, U-41 two applications of one person are two clients, and revoking one leaves the other', async () => {
    const a = await get(at('weather'), { client: (await register(d.base, { client_name: 'One' })).json });
    const b = await get(at('weather'), { client: (await register(d.base, { client_name: 'Other' })).json });
    assert.notEqual(a.client.client_id, b.client.client_id);
    assert.equal((await post(`${d.base}/revoke`, { client_id: a.client.client_id, token: a.refresh_token })).status, 200);
    await challenged(at('weather'), a.access_token, 401, 'error="invalid_token"');
    assert.equal((await mcp(at('weather'), b.access_token, initialize)).status, 200);
    assert.equal((await refresh(d.base, b.client.client_id, b.refresh_token)).status, 200);
  });
  await t.test('U-27, U-29, RES-08 a token for mcp:tools of one server opens neither the management server nor another one', async () => {
    const x = await get(at('weather'));
    assert.equal(x.scope, 'mcp:tools');
    for (const url of [`${d.base}/mcp`, at('both'), at('anybody')]) await challenged(url, x.access_token, 401, 'error="invalid_token"');
    const page = await kept(d, () => ask(`${d.base}/account`, { headers: { authorization: `Bearer ${x.access_token}` } }));
    assert.deepEqual([page.status, page.headers.get('location')], [303, '/login?next=%2Faccount'], 'and no page');
  });
  await t.test('U-30, S-19, M-83 who says none gets no secret, everybody else gets one, with the members of RFC 7591', async () => {
    const before = Math.floor(Date.now() / 1000);
    const body = { client_name: 'My MCP client', redirect_uris: ['http://localhost:3000/callback'], grant_types: ['authorization_code', 'refresh_token'], scope: 'mxcp:access' };
    const send = (more) => ask(`${d.base}/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...body, ...more }) });
    for (const r of [await send({}), await send({ token_endpoint_auth_method: 'client_secret_post' })]) {
      assert.equal(r.status, 201, r.text);
      assert.match(r.json.client_secret, /^gh_cs_/);
      assert.equal(r.json.client_secret_expires_at, 0);
      assert.ok(r.json.client_id_issued_at >= before);
      assert.deepEqual([r.json.redirect_uris, r.json.grant_types, r.json.scope], [body.redirect_uris, body.grant_types, body.scope]);
    }
    const r = await send({ token_endpoint_auth_method: 'none' });
    assert.deepEqual([r.status, r.json.client_secret, r.json.client_secret_expires_at], [201, undefined, undefined]);
  });
  await t.test('M-86, M-87 required_scopes [] lets in whoever is signed in', async () => {
    assert.equal((await mcp(at('anybody'), (await get(at('anybody'), { scope: 'mxcp:admin' })).access_token, initialize)).status, 200);
    const r = await kept(d, () => mcp(at('anybody'), null, initialize));
    assert.equal(r.status, 401);
    assert.ok(!r.headers.get('www-authenticate').includes('error='), r.headers.get('www-authenticate'));
  });
  await t.test('M-88, M-90, M-91 required_scopes ["mxcp:access"] wants that one and says so', async () => {
    assert.equal((await mcp(at('basic'), (await get(at('basic'), { scope: 'mxcp:access' })).access_token, initialize)).status, 200);
    await challenged(at('basic'), (await get(at('basic'), { scope: 'mxcp:admin' })).access_token, 403, 'error="insufficient_scope", scope="mxcp:access"');
  });
  await t.test('M-89 several required scopes are all wanted', async () => {
    for (const scope of ['mxcp:access', 'mxcp:admin'])
      await challenged(at('both'), (await get(at('both'), { scope })).access_token, 403, 'error="insufficient_scope", scope="mxcp:access mxcp:admin"');
    assert.equal((await mcp(at('both'), (await get(at('both'), { scope: 'mxcp:access mxcp:admin' })).access_token, initialize)).status, 200);
  });
  await t.test('RES-09 a token that was asked for without resource is good at exactly one', async () => {
    const x = await tokens(d.base, { jar, client, scope: 'mcp:tools' });
    assert.equal((await mcp(at('weather'), x.access_token, initialize)).status, 200);
    for (const url of [`${d.base}/mcp`, at('anybody'), at('basic'), at('both')]) await challenged(url, x.access_token, 401, 'error="invalid_token"');
  });
  await t.test('DCR-43 nobody changes or deletes a registration over the wire', async () => {
    for (const method of ['PUT', 'DELETE', 'GET']) {
      const how = { method, headers: { authorization: `Bearer ${client.client_id}`, 'content-type': 'application/json' }, ...(method === 'PUT' ? { body: '{}' } : {}) };
      await refused(d, () => ask(`${d.base}/register/${client.client_id}`, how), 401, 'invalid_token');
      const r = await refused(d, () => ask(`${d.base}/register`, how), 405, 'invalid_request');
      assert.equal(r.headers.get('allow'), 'POST');
    }
    assert.ok((await authorize(jar, client.client_id, { resource: at('weather') })).code);
  });
  await t.test('MCP-08, MCP-15 garbage and a session id without a token are 401 and say nothing of the inside', async () => {
    const invalid = ['error="invalid_token", ', 'The access token cannot be read.'];
    const none = ['', 'Sign in to use this server.'];
    for (const [headers, [error, words]] of [[{ authorization: 'Bearer garbage' }, invalid], [{ authorization: `Bearer ${'x'.repeat(4000)}` }, invalid], [{ 'mcp-session-id': 'a' }, none], [{}, none]]) {
      for (const url of [`${d.base}/mcp`, at('weather')]) {
        const r = await challenged(url, null, 401, `${error}scope="`, headers);
        assert.deepEqual([r.json.error, said(r)], ['invalid_token', words]);
      }
    }
  });
  await t.test('MCP-19 thirty calls at once with the same ids are each answered to their own caller', async () => {
    const link = JSON.parse((await d.verb(['create_user', '--email', 'second@example.com', '--name', 'Second', '--sign_in_link', '--json'])).out).sign_in_link;
    const other = new Jar(d.base);
    const password = 'the password of the second';
    const fields = Jar.fields((await other.ask(new URL(link).pathname + new URL(link).search)).text);
    assert.equal((await other.ask('/link', { method: 'POST', body: { ...fields, password, confirm: password } })).status, 303);
    const both = [await get(`${d.base}/mcp`, { scope: 'users:read' }), await tokens(d.base, { jar: other, client, resource: `${d.base}/mcp`, scope: 'users:read' })];
    const all = await Promise.all(Array.from({ length: 30 }, (_, i) =>
      mcp(`${d.base}/mcp`, both[i % 2].access_token, { jsonrpc: '2.0', id: i >> 1, method: 'tools/call', params: { name: 'get_me', arguments: {} } }, { 'mcp-protocol-version': '2025-11-25' })));
    all.forEach((r, i) => {
      assert.equal(r.json.id, i >> 1);
      assert.equal(r.json.result.structuredContent.user.email, i % 2 ? 'second@example.com' : OWNER.email);
    });
  });
  await t.test('ADM-03, ADM-04 who is a member makes nobody, least of all an owner', async () => {
    const other = new Jar(d.base);
    await other.signIn({ email: 'second@example.com', password: 'the password of the second' });
    const x = await tokens(d.base, { jar: other, client, resource: `${d.base}/mcp`, scope: 'users:read users:write' });
    for (const args of [{ email: 'third@example.com', name: 'Third' }, { email: 'third@example.com', name: 'Third', role: 'owner' }, { email: 'third@example.com', name: 'Third', email_verified: true }]) {
      const r = await kept(d, () => mcp(`${d.base}/mcp`, x.access_token, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'create_user', arguments: args } }, { 'mcp-protocol-version': '2025-11-25' }), 'audit');
      assert.equal(r.json.result.isError, true, r.text);
      assert.equal(JSON.parse(r.json.result.content[0].text).error.code, 'permission_denied');
    }
  });
  await t.test('S-38 sign-in, consent, code, tokens, refresh and revocation each stand in the log, with who and which application', async () => {
    const mine = (await register(d.base, { client_name: 'Logged' })).json;
    const x = await get(at('weather'), { client: mine });
    const y = (await refresh(d.base, mine.client_id, x.refresh_token)).json;
    assert.equal((await post(`${d.base}/revoke`, { client_id: mine.client_id, token: y.refresh_token })).status, 200);
    const r = await d.verb(['log', '--since', '24h', '--json']);
    const lines = r.out.trim().split('\n').map((l) => JSON.parse(l));
    assert.ok(lines.some((l) => l.event === 'auth.login' && JSON.stringify(l).includes(OWNER.email)), r.out.slice(0, 600));
    for (const event of ['auth.consent.allow', 'auth.code.issue', 'auth.token.issue', 'auth.token.refresh']) {
      assert.ok(lines.some((l) => l.event === event && l.client_id === 'Logged'), `${event} of Logged is not in the log`);
    }
    const { connection_id } = lines.find((l) => l.event === 'auth.token.issue' && l.client_id === 'Logged');
    assert.ok(lines.some((l) => l.event === 'auth.grant.revoke' && l.connection_id === connection_id), 'the revocation is not in the log');
  });
  await t.test('S-43 access tokens live ten minutes unless the file says otherwise, and never longer than a day', async () => {
    const x = await get(at('weather'));
    assert.equal(x.expires_in, 600);
    const dir = temporary(t);
    writeFileSync(join(dir, 'gatehouse.yml'), 'tokens: { access_ttl: 25h }\n', { mode: 0o600 });
    const r = await run(['serve', '--data', join(dir, 'data'), '--listen', `localhost:${await freePort()}`], { cwd: dir, timeout: 10000 });
    assert.equal(r.code, 1);
    assert.match(r.err, /gatehouse\.yml:1:\d+: tokens\.access_ttl is 30s to 24h/);
  });
  await t.test('OPS-04 a dump of the store has no code, token, secret, password or session that anybody could use', async () => {
    const a = await authorize(jar, client.client_id, { resource: at('weather') });
    const x = await get(at('weather'));
    const conf = (await register(d.base, { token_endpoint_auth_method: 'client_secret_post', client_name: 'Kept' })).json;
    await authorize(jar, conf.client_id, { resource: at('weather') });
    const store = dump(d).join('\n');
    assert.ok(store.includes('Kept'), 'the client has its row');
    for (const secret of [a.code, x.access_token, x.refresh_token, conf.client_secret, OWNER.password, ...jar.cookies.values()]) {
      assert.ok(!store.includes(secret), `${secret.slice(0, 10)}… stands in the store`);
      const hex = Buffer.from(secret).toString('hex');
      assert.ok(!store.toLowerCase().includes(hex), `${secret.slice(0, 10)}… stands in the store as bytes`);
    }
    assert.doesNotMatch(store, /gh_(ac|rt|cs|ss|ln)_[A-Za-z0-9_-]{20}/);
  });

  await t.test('U-07, S-18 one server with mcp:tools and nothing else, registration off', async () => {
    const one = await serve(t, { config: `management: off\nregistration: { mode: off }\nresources:\n  - { path: /mcp, upstream: "${up}", name: Only }\n` });
    const prm = await ask(`${one.base}/.well-known/oauth-protected-resource/mcp`);
    assert.deepEqual(prm.json.scopes_supported, ['mcp:tools']);
    const as = (await ask(`${one.base}/.well-known/oauth-authorization-server`)).json;
    // what is about the person, and offline_access, are ours and no server's
    assert.deepEqual(as.scopes_supported, ['mcp:tools', 'openid', 'profile', 'email', 'offline_access']);
    assert.equal(as.registration_endpoint, undefined);
    const r = await refused(one, () => register(one.base), 403, 'access_denied');
    assert.equal(r.json.client_id, undefined);
    await one.stop();
  });
});
