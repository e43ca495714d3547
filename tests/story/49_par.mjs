// Authorization requests that are pushed ahead (RFC 9126): what is asked for never passes through the browser.
import { createServer } from 'node:http';
import { story, assert } from './lib/story.mjs';
import { serve, OWNER } from './lib/daemon.mjs';
import { Jar, register, post, ask, mcp, initialize, pkce, form } from './lib/oauth.mjs';
import { claimsOf, sql } from './lib/forge.mjs';
import { proofKey, prove, boundClient } from './lib/dpop.mjs';
import { kept, refused } from './lib/kept.mjs';
import { said } from './lib/said.mjs';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

const CB = 'https://client.example/cb';
const URN = 'urn:ietf:params:oauth:request_uri:';

export default story('par', async (t) => {
  const d = await serve(t, {
    config: `resources:
  - { path: /weather/mcp, upstream: "http://127.0.0.1:1/mcp", name: Weather, scopes: { "weather:read": "See forecasts", "weather:write": "Change stations" } }
  - { path: /notes/mcp, upstream: "http://127.0.0.1:1/mcp", name: Notes }
clients:
  - { client_id: ci, client_secret: a-secret-of-thirty-two-characters, name: CI, redirect_uris: ["${CB}"] }
`,
  });
  const weather = `${d.base}/weather/mcp`;
  const par = `${d.base}/par`;
  const jar = new Jar(d.base);
  await jar.signIn();
  const client = (await register(d.base)).json;
  const fields = (challenge, extra = {}) => ({ response_type: 'code', client_id: client.client_id, redirect_uri: CB, code_challenge: challenge, code_challenge_method: 'S256', state: 'st', resource: weather, scope: 'weather:read', ...extra });
  const push = (extra = {}, headers = {}, p = pkce()) => post(par, fields(p.challenge, extra), headers).then((r) => ({ ...r, ...p }));
  const go = (uri, extra = {}, j = jar) => j.ask(`/authorize?${form({ client_id: client.client_id, request_uri: uri, ...extra })}`);
  const allow = async (r, j = jar) => {
    for (let i = 0; i < 5; i++) {
      if (r.location?.startsWith(CB)) return new URL(r.location).searchParams;
      if (r.location) r = await j.ask(r.location);
      else if (/name="password"/.test(r.text)) r = await j.ask('/login', { method: 'POST', body: { ...Jar.fields(r.text), ...OWNER } });
      else r = await j.ask('/consent', { method: 'POST', body: { ...Jar.fields(r.text), decision: 'allow' } });
    }
    throw new Error('no way back');
  };
  const redeem = (code, verifier, extra = {}, headers = {}) => post(`${d.base}/token`, { grant_type: 'authorization_code', client_id: client.client_id, code, redirect_uri: CB, code_verifier: verifier, ...extra }, headers);
  const GONE = /This request has expired or was already used\. Start again in your application\./;
  // The browser that comes with it is told why, and sent nowhere; nothing changes.
  const stopped = async (uri, words, extra) => {
    const r = await kept(d, () => go(uri, extra));
    assert.deepEqual([r.status, r.location], [400, null], r.text);
    assert.match(r.text, words);
  };

  await t.test('the metadata names the endpoint, and does not require it', async () => {
    const m = (await ask(`${d.base}/.well-known/oauth-authorization-server`)).json;
    assert.equal(m.pushed_authorization_request_endpoint, par);
    assert.equal(m.require_pushed_authorization_requests, false);
  });
  await t.test('a pushed request leads to a code, and its scope and resource are those that were pushed', async () => {
    const r = await push();
    assert.equal(r.status, 201, r.text);
    assert.equal(r.headers.get('cache-control'), 'no-store');
    assert.deepEqual(Object.keys(r.json).sort(), ['expires_in', 'request_uri']);
    assert.equal(r.json.expires_in, 90);
    assert.match(r.json.request_uri, /^urn:ietf:params:oauth:request_uri:[\w-]{54}$/);
    const p = await allow(await go(r.json.request_uri));
    assert.equal(p.get('state'), 'st');
    assert.equal(p.get('iss'), d.base);
    const x = (await redeem(p.get('code'), r.verifier)).json;
    assert.equal(claimsOf(x.access_token).aud, weather);
    assert.equal(x.scope, 'weather:read');
    assert.equal((await mcp(weather, x.access_token, initialize)).status, 502, 'the upstream is dead on purpose: 502 says that the token was good');
  });
  await t.test('nothing of the query but client_id is read with it', async () => {
    const r = await push();
    const evil = { redirect_uri: 'https://evil.example/cb', scope: 'weather:write', resource: `${d.base}/notes/mcp`, state: 'evil', code_challenge: pkce().challenge, response_type: 'token', prompt: 'none', dpop_jkt: 'x' };
    const p = await allow(await go(r.json.request_uri, evil));
    assert.equal(p.get('state'), 'st');
    const x = (await redeem(p.get('code'), r.verifier)).json;
    assert.equal(claimsOf(x.access_token).aud, weather);
    assert.equal(x.scope, 'weather:read');
  });
  await t.test('a request_uri leads on once', async () => {
    const r = await push();
    const first = await go(r.json.request_uri);
    assert.equal(first.status, 302);
    await stopped(r.json.request_uri, GONE);
    assert.ok((await allow(first)).get('code'), 'and what it led to goes on');
    const race = await push();
    const all = await Promise.all(Array.from({ length: 20 }, () => go(race.json.request_uri)));
    assert.deepEqual(all.map((a) => a.status).sort(), [302, ...Array(19).fill(400)]);
  });
  await t.test('the sign-in page can be loaded again, and the sign-in goes on', async () => {
    const fresh = new Jar(d.base);
    const r = await push();
    const to = (await go(r.json.request_uri, {}, fresh)).location;
    assert.match(to, /\/login\?txn=/);
    for (let i = 0; i < 3; i++) assert.equal((await fresh.ask(to)).status, 200);
    assert.ok((await allow(await fresh.ask(to), fresh)).get('code'));
  });
  await t.test('it is of one client, and of a minute and a half', async () => {
    const other = (await register(d.base, { client_name: 'Other' })).json;
    const r = await push();
    await stopped(r.json.request_uri, GONE, { client_id: other.client_id });
    assert.equal((await go(r.json.request_uri)).status, 302, 'and was not used up by that');
    const late = await push();
    sql(d, 'UPDATE pushed SET expires = 1 WHERE id = (SELECT max(id) FROM pushed)');
    await stopped(late.json.request_uri, GONE);
  });
  await t.test('AUTHZ-41 other values of request_uri are refused, and nothing is fetched', async () => {
    const r = await push();
    for (const uri of [`${URN}nothing`, r.json.request_uri.slice(0, -1) + (r.json.request_uri.endsWith('A') ? 'B' : 'A'), `${r.json.request_uri}A`]) {
      await stopped(uri, GONE, { redirect_uri: CB });
    }
    let hits = 0;
    const canary = createServer((q, s) => (hits++, s.end()));
    await new Promise((ok) => canary.listen(0, '127.0.0.1', ok));
    t.defer(() => new Promise((ok) => canary.close(ok)));
    for (const uri of ['https://client.example/request', `http://127.0.0.1:${canary.address().port}/request`]) {
      const x = await kept(d, () => go(uri, { redirect_uri: CB }));
      const { origin, searchParams } = new URL(x.location);
      assert.deepEqual([x.status, origin, searchParams.get('error'), searchParams.get('code')], [302, 'https://client.example', 'request_uri_not_supported', null], uri);
    }
    assert.equal(hits, 0);
  });
  const wrong = {
    'a redirect URI that is not registered': [{ redirect_uri: 'https://evil.example/cb' }, 400, 'invalid_request'],
    'no PKCE': [{ code_challenge: undefined }, 400, 'invalid_request'],
    'PKCE of method plain': [{ code_challenge_method: 'plain' }, 400, 'invalid_request'],
    'another response_type': [{ response_type: 'token' }, 400, 'unsupported_response_type'],
    'an unknown resource': [{ resource: 'https://elsewhere.example/mcp' }, 400, 'invalid_target'],
    'a request object': [{ request: 'a.b.c' }, 400, 'request_not_supported'],
    'a request_uri in it': [{ request_uri: `${URN}x` }, 400, 'request_uri_not_supported'],
    'an unknown client': [{ client_id: 'nobody' }, 401, 'invalid_client'],
    'no client': [{ client_id: undefined }, 401, 'invalid_client'],
    'prompt none and login': [{ prompt: 'none login' }, 400, 'invalid_request'],
    'a dpop_jkt that is none': [{ dpop_jkt: 'x' }, 400, 'invalid_request'],
  };
  for (const [what, [extra, status, error]] of Object.entries(wrong))
    await t.test(`${what} is told at once, and nothing is kept`, async () => {
      const r = await refused(d, () => push(extra), status, error);
      assert.equal(r.json.request_uri, undefined);
    });
  await t.test('a client with a secret has to show it', async () => {
    const p = pkce();
    const body = fields(p.challenge, { client_id: 'ci' });
    for (const client_secret of [undefined, 'wrong']) await refused(d, () => post(par, { ...body, client_secret }), 401, 'invalid_client');
    const r = await post(par, { ...body, client_secret: 'a-secret-of-thirty-two-characters' });
    assert.equal(r.status, 201, r.text);
    assert.doesNotMatch(sql(d, 'SELECT params FROM pushed'), /thirty-two/);
    const basic = await post(par, { ...body, client_id: undefined }, { authorization: `Basic ${Buffer.from('ci:a-secret-of-thirty-two-characters').toString('base64')}` });
    assert.equal(basic.status, 201, basic.text);
    const code = (await allow(await go(basic.json.request_uri, { client_id: 'ci' }))).get('code');
    assert.ok(code);
  });
  await t.test('no more than limits.pushed may be pushed from one address in a minute', async () => {
    const small = await serve(t, { config: 'limits: { pushed: 3 }\n' });
    const all = [];
    for (let i = 0; i < 5; i++) all.push(await post(`${small.base}/par`, { client_id: 'nobody' }));
    all.push(await post(`${small.base}/oauth2/par`, { client_id: 'nobody' })); // by whatever name
    assert.deepEqual(all.map((r) => [r.status, r.json.error]), [...Array(3).fill([401, 'invalid_client']), ...Array(3).fill([429, 'temporarily_unavailable'])]);
    assert.match(all[4].headers.get('retry-after'), /^[1-9]\d?$/, 'within the minute');
  });
  await t.test('GET and a parameter twice are refused', async () => {
    const got = await refused(d, () => ask(`${par}?${form(fields(pkce().challenge))}`), 405, 'invalid_request');
    assert.equal(got.headers.get('allow'), 'POST');
    const twice = await refused(d, () => post(par, `${form(fields(pkce().challenge))}&scope=again`), 400, 'invalid_request');
    assert.equal(said(twice), 'The parameter scope was sent more than once.');
  });
  await t.test('a DPoP proof binds the code to its key, and dpop_jkt may only say the same', async () => {
    const key = proofKey();
    const r = await push({}, { dpop: prove(key, 'POST', par) });
    assert.equal(r.status, 201, r.text);
    const code = (await allow(await go(r.json.request_uri))).get('code');
    await refused(d, () => redeem(code, r.verifier, {}, { dpop: prove(proofKey(), 'POST', `${d.base}/token`) }), 400, 'invalid_grant', 'code');
    const again = await push({ dpop_jkt: key.jkt }, { dpop: prove(key, 'POST', par) });
    const good = (await allow(await go(again.json.request_uri))).get('code');
    assert.equal((await redeem(good, again.verifier, {}, { dpop: prove(key, 'POST', `${d.base}/token`) })).json.token_type, 'DPoP');
    for (const [extra, proof] of [[{ dpop_jkt: proofKey().jkt }, prove(key, 'POST', par)], [{}, prove(key, 'POST', `${d.base}/token`)]]) {
      await refused(d, () => push(extra, { dpop: proof }), 400, 'invalid_dpop_proof');
    }
  });
  await t.test('a client that registered to push may do nothing else', async () => {
    const c = await boundClient(d, { require_pushed_authorization_requests: true });
    const p = pkce();
    const plain = await kept(d, () => jar.ask(`/authorize?${form(fields(p.challenge, { client_id: c.client_id }))}`));
    const q = new URL(plain.location).searchParams;
    assert.deepEqual([plain.status, q.get('error'), q.get('code')], [302, 'invalid_request', null]);
    assert.match(q.get('error_description'), /^This client pushes its authorization requests; this one came by the browser\. /);
    const r = await post(par, fields(p.challenge, { client_id: c.client_id }));
    assert.equal(r.status, 201, r.text);
    assert.ok((await allow(await go(r.json.request_uri, { client_id: c.client_id }))).get('code'));
  });
  await t.test('the aliases answer the same, and web pages may push', async () => {
    for (const path of ['/oauth/par', '/oauth2/par']) assert.equal((await post(`${d.base}${path}`, fields(pkce().challenge))).status, 201);
    assert.equal((await push({}, { origin: 'https://page.example' })).headers.get('access-control-allow-origin'), '*');
  });
  await t.test('a restart keeps what was pushed', async () => {
    const r = await push();
    await d.stop();
    await d.start();
    assert.ok((await allow(await go(r.json.request_uri))).get('code'));
  });
  await t.test('oauth4webapi and openid-client push', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true };
    const as = await oauth.processDiscoveryResponse(new URL(d.base), await oauth.discoveryRequest(new URL(d.base), { algorithm: 'oauth2', ...insecure }));
    const c = { client_id: client.client_id };
    const p = pkce();
    const { client_id, ...params } = fields(p.challenge);
    const pushed = await oauth.processPushedAuthorizationResponse(as, c, await oauth.pushedAuthorizationRequest(as, c, oauth.None(), params, insecure));
    assert.ok((await allow(await go(pushed.request_uri))).get('code'));
    const config = await openid.discovery(new URL(d.base), client_id, undefined, openid.None(), { execute: [openid.allowInsecureRequests], algorithm: 'oauth2' });
    const url = await openid.buildAuthorizationUrlWithPAR(config, fields(pkce().challenge));
    assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri']);
    assert.ok((await allow(await jar.ask(url.href))).get('code'));
  });
});
