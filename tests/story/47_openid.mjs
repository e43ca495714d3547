// OpenID Connect on top: id tokens, userinfo, prompts and hints, signing out from an application, and applications that hear of it.
import * as oidc from 'openid-client';
import * as oauth from 'oauth4webapi';
import { story, assert, until, sleep } from './lib/story.mjs';
import { serve, temporary, OWNER } from './lib/daemon.mjs';
import { Jar, ask, post, register, authorize, authorizeQuery, pkce, refresh, tokens, mcp, initialize } from './lib/oauth.mjs';
import { sql, forge, signingKey, claimsOf } from './lib/forge.mjs';
import { kept } from './lib/kept.mjs';
import { outbound, ear, webClient, verified, atHash } from './lib/party.mjs';

const CB = 'https://client.example/cb';
const BYE = 'https://client.example/bye';
const OPENID = 'openid profile email';
const SECRET = 'a-secret-of-thirty-two-characters';

export default story('openid', async (t) => {
  const dir = temporary(t);
  const d = await serve(t, { dir, config: `resources:\n  - { path: /weather/mcp, upstream: "http://127.0.0.1:1/mcp", name: Weather }\nclients:\n  - { client_id: only, client_secret: ${SECRET}, name: Only, redirect_uris: ["${CB}"], scopes: [openid, profile, email] }\n${outbound(dir)}` });
  const resource = `${d.base}/weather/mcp`;
  const hears = await ear(t, dir);
  const web = await webClient(d, { post_logout_redirect_uris: [BYE, `${BYE}?from=gatehouse`], backchannel_logout_uri: hears.url });
  const jar = new Jar(d.base);
  await jar.signIn();

  const flow = async (client, extra = {}, who = jar, options = {}) => {
    const a = await authorize(who, client.client_id, { scope: OPENID, ...extra }, options);
    assert.ok(a.code, `${a.response.status} ${a.to} ${a.response.text?.slice(0, 400)}`);
    const r = await post(`${d.base}/token`, { grant_type: 'authorization_code', code: a.code, redirect_uri: CB, code_verifier: a.verifier,
      ...(client.basic ? {} : { client_id: client.client_id }) }, client.basic ?? {});
    assert.equal(r.status, 200, r.text);
    return r.json;
  };
  // What /authorize says no with at the client's address, without a code and without a trace.
  const error = async (client, extra, who = jar) => {
    const a = await kept(d, () => authorize(who, client.client_id, { scope: OPENID, ...extra }), 'audit');
    assert.deepEqual([a.to && a.to.origin + a.to.pathname, a.code, a.params.get('state')], [CB, null, 'st']);
    return a.params.get('error');
  };
  const userinfo = (token, headers = {}, method = 'GET') =>
    ask(`${d.base}/userinfo`, { method, headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers } });
  // every sign-out so far has been told
  const settled = () => until('older notices to go', () => sql(d, 'SELECT count(*) FROM logout_notice') === '0');
  const me = async (who = jar) => (await who.ask('/account')).status;

  await t.test('S-32, X-19 openid gives an id token, which says who signed in, when, how, and to whom', async () => {
    const x = await flow(web, { nonce: 'n-0S6_WzA2Mj' });
    const { header, claims } = await verified(d.base, x.id_token);
    assert.equal(header.alg, 'ES256');
    assert.equal(header.typ, 'JWT');
    assert.equal(claims.iss, d.base);
    assert.equal(claims.sub, claimsOf(x.access_token).sub);
    assert.equal(claims.aud, web.client_id);
    assert.equal(claims.nonce, 'n-0S6_WzA2Mj');
    assert.equal(claims.at_hash, atHash('ES256', x.access_token));
    assert.equal(claims.exp - claims.iat, 600);
    assert.equal(String(claims.auth_time), sql(d, 'SELECT auth_time FROM session'));
    assert.equal(claims.acr, 'aal1');
    assert.deepEqual(claims.amr, ['pwd']);
    assert.match(claims.sid, /^session_[0-9a-z]{13}$/);
    for (const k of ['azp', 'email', 'name', 'scope', 'gid']) assert.equal(k in claims, false, k);
    assert.equal(x.scope, 'mcp:tools openid profile email');
  });
  await t.test('where an application only lets people sign in, the pages speak of that and of no server', async () => {
    const only = { client_id: 'only', basic: { authorization: `Basic ${Buffer.from(`only:${SECRET}`).toString('base64')}` } };
    const r = await jar.ask(`/authorize?${authorizeQuery('only', pkce().challenge, { scope: OPENID, redirect_uri: CB, prompt: 'consent' })}`);
    const page = await jar.ask(r.location);
    assert.match(page.text, /<title>Sign in to Only\? · Gatehouse<\/title>/);
    assert.match(page.text, /<h1><bdi>Only<\/bdi> asks who you are<\/h1>/);
    await flow(only);
    const list = (await jar.ask('/account/connections')).text;
    const entry = list.slice(list.indexOf('<bdi>Only</bdi>'));
    assert.match(entry, /<h3><bdi>Signing in with your account<\/bdi><\/h3>/);
    assert.doesNotMatch(list, /<bdi>Default<\/bdi>/);
  });
  await t.test('X-19 without openid there is no id token, and profile and email say nothing', async () => {
    for (const scope of ['mcp:tools', 'profile email mcp:tools', undefined]) {
      const x = await flow(web, { scope });
      assert.equal('id_token' in x, false);
      assert.equal(x.scope, 'mcp:tools');
    }
  });
  await t.test('a refresh gives an id token of the same sign-in, without the nonce', async () => {
    const x = await flow(web, { nonce: 'once' });
    const first = claimsOf(x.id_token);
    await sleep(1100);
    const r = await post(`${d.base}/token`, { grant_type: 'refresh_token', refresh_token: x.refresh_token }, web.basic);
    assert.equal(r.status, 200, r.text);
    const { claims } = await verified(d.base, r.json.id_token);
    assert.equal('nonce' in claims, false);
    for (const k of ['iss', 'sub', 'aud', 'auth_time', 'sid', 'acr']) assert.equal(claims[k], first[k], k);
    assert.ok(claims.iat > first.iat);
    assert.equal(claims.at_hash, atHash('ES256', r.json.access_token));
    const narrow = await post(`${d.base}/token`, { grant_type: 'refresh_token', refresh_token: r.json.refresh_token, scope: 'mcp:tools' }, web.basic);
    assert.equal('id_token' in narrow.json, false, 'a refresh that leaves openid out');
  });
  await t.test('an id token opens nothing: neither a resource nor userinfo nor the token endpoint', async () => {
    const x = await flow(web);
    for (const r of [await mcp(resource, x.id_token, initialize), await userinfo(x.id_token)]) {
      assert.equal(r.status, 401);
      assert.match(r.headers.get('www-authenticate'), /^Bearer error="invalid_token".*error_description="This token is not an access token\./);
    }
    const r = await kept(d, () => post(`${d.base}/token`, { grant_type: 'refresh_token', refresh_token: x.id_token }, web.basic), 'audit');
    assert.deepEqual([r.status, r.json.error], [400, 'invalid_grant']);
  });

  await t.test('userinfo tells what the scopes say, by GET and POST, to any origin', async () => {
    const all = await flow(web);
    for (const method of ['GET', 'POST']) {
      const r = await userinfo(all.access_token, { origin: 'https://app.example' }, method);
      assert.equal(r.status, 200, r.text);
      assert.equal(r.headers.get('access-control-allow-origin'), '*');
      assert.equal(r.headers.get('cache-control'), 'no-store');
      assert.deepEqual(r.json, { sub: claimsOf(all.id_token).sub, name: 'owner', preferred_username: 'owner', email: OWNER.email, email_verified: true });
    }
    const sub = { sub: claimsOf(all.id_token).sub };
    assert.deepEqual((await userinfo((await flow(web, { scope: 'openid' })).access_token)).json, sub);
    assert.deepEqual((await userinfo((await flow(web, { scope: 'openid email' })).access_token)).json, { ...sub, email: OWNER.email, email_verified: true });
  });
  await t.test('userinfo refuses what RFC 6750 says, with its challenge', async () => {
    const x = await flow(web);
    const plain = await flow(web, { scope: 'mcp:tools' });
    const expect = async (token, status, challenge) => {
      const r = await kept(d, () => userinfo(token), 'audit');
      assert.equal(r.status, status, r.text);
      assert.match(r.headers.get('www-authenticate'), challenge);
      assert.doesNotMatch(r.text, /sub"/);
    };
    const bent = (claims) => forge(signingKey(d), x.access_token, claims);
    await expect(null, 401, /^Bearer error_description="[^"]*"$/);
    await expect('garbage', 401, /^Bearer error="invalid_token", error_description="The access token cannot be read\./);
    await expect(plain.access_token, 403, /^Bearer error="insufficient_scope", scope="openid", /);
    await expect(bent({ exp: 1 }), 401, /^Bearer error="invalid_token", error_description="Token expired\./);
    await expect(bent({ aud: 'https://elsewhere.example' }), 401, /^Bearer error="invalid_token", error_description="The access token is for another resource\./);
    await expect(bent({ iss: 'https://elsewhere.example' }), 401, /^Bearer error="invalid_token", error_description="The access token is of another issuer\./);
    await expect(bent({ cnf: { jkt: 'A'.repeat(43) } }), 401, /^DPoP error="invalid_token", error_description="This access token is bound to a key/);
    await expect(bent({ sub: web.client_id }), 403, /^Bearer error="insufficient_scope", scope="openid", /);
    const query = await kept(d, () => ask(`${d.base}/userinfo?access_token=${x.access_token}`), 'audit');
    assert.deepEqual([query.status, query.json.error], [400, 'invalid_request']);
    assert.equal((await userinfo(x.access_token)).status, 200, 'and it was good all the time');
    assert.equal((await post(`${d.base}/revoke`, { token: x.refresh_token }, web.basic)).status, 200);
    await expect(x.access_token, 401, /^Bearer error="invalid_token", error_description="The access was taken back\./);
  });

  await t.test('the consent page says in words what is told', async () => {
    const fresh = await webClient(d, { client_name: 'Fresh' });
    const { challenge } = pkce();
    let r = await jar.ask(`/authorize?${authorizeQuery(fresh.client_id, challenge, { scope: OPENID, resource })}`);
    r = await jar.ask(r.location);
    for (const words of ['Know that it is you', 'See your name', 'See your e-mail address']) assert.ok(r.text.includes(words), words);
  });
  await t.test('mcp-remote, which asks "openid email profile" as a last resort, gets its server', async () => {
    const x = await tokens(d.base, { jar, scope: 'openid email profile' });
    assert.equal(x.scope, 'mcp:tools openid profile email');
    assert.equal((await mcp(resource, x.access_token, initialize)).status, 502, 'the upstream is dead on purpose');
  });
  await t.test('the issuer as the resource, or an application that may only know who one is: a token for userinfo alone', async () => {
    const only = { client_id: 'only', basic: { authorization: `Basic ${Buffer.from(`only:${SECRET}`).toString('base64')}` } };
    for (const [client, extra] of [[web, { resource: d.base }], [only, {}]]) {
      const x = await flow(client, extra);
      assert.equal(x.scope, OPENID);
      assert.equal(claimsOf(x.access_token).aud, d.base);
      assert.equal((await userinfo(x.access_token)).status, 200);
      for (const path of ['/weather/mcp', '/mcp']) {
        const r = await mcp(d.base + path, x.access_token, initialize);
        assert.equal(r.status, 401, path);
        assert.match(r.headers.get('www-authenticate'), /error="invalid_token".*error_description="The access token is for another resource\./, path);
      }
    }
    assert.equal(await error(web, { resource: d.base, scope: 'mcp:tools' }), 'invalid_scope');
  });

  await t.test('AUTHZ-27 prompt=none for an application never seen is consent_required, and login_required without a session', async () => {
    const fresh = (await register(d.base, { client_name: 'Never' })).json;
    assert.equal(await error(fresh, { prompt: 'none' }), 'consent_required');
    assert.equal(await error(web, { prompt: 'none' }, new Jar(d.base)), 'login_required');
    assert.equal(await error(web, { prompt: 'none login' }), 'invalid_request');
    const x = await flow(web, { prompt: 'none' });
    assert.ok(x.id_token, 'agreed before, signed in: silent');
  });
  await t.test('AUTHZ-44 max_age and prompt=login ask again, auth_time says when, and the sign-in goes on as the same one', async () => {
    const before = claimsOf((await flow(web)).id_token);
    assert.equal(await error(web, { prompt: 'none', max_age: '0' }), 'login_required');
    await sleep(2100);
    assert.equal(await error(web, { prompt: 'none', max_age: '1' }), 'login_required');
    const { challenge } = pkce();
    for (const extra of [{ prompt: 'login' }, { max_age: '0' }, { max_age: '1' }]) {
      const r = await jar.ask(`/authorize?${authorizeQuery(web.client_id, challenge, { scope: OPENID, ...extra })}`);
      assert.match(r.location, /\/login\?txn=/, JSON.stringify(extra));
      // true of whom asks for what: nobody has said that somebody else is wanted
      assert.match((await jar.ask(r.location)).text, /An application asks for access. You are signed in as <strong><bdi>owner@example.com<\/bdi><\/strong>: sign in again, or as somebody else./);
    }
    await settled();
    hears.got.length = 0;
    const after = claimsOf((await flow(web, { max_age: '1' })).id_token);
    assert.ok(after.auth_time > before.auth_time);
    assert.equal(after.sid, before.sid);
    assert.equal(sql(d, 'SELECT count(*) FROM logout_notice'), '0'); // what is to be told is written with the sign-in
    assert.deepEqual(hears.got, [], 'nobody was signed out');
  });
  await t.test('AUTHZ-47 id_token_hint: garbage and strangers\' tokens switch nobody, a hint of another person is login_required', async () => {
    const made = await d.verb(['create_user', '--email', 'second@example.com', '--name', 'Second', '--sign_in_link']);
    assert.equal(made.code, 0, made.err);
    const other = new Jar(d.base);
    const link = /http:\/\/localhost:\d+\/link\?\S+/.exec((await d.verb(['link', 'second@example.com'])).out)[0];
    const page = await other.ask(link);
    const linked = await other.ask('/link', { method: 'POST', body: { ...Jar.fields(page.text), password: 'a very long password', confirm: 'a very long password' } });
    assert.equal(linked.status, 303, linked.text);
    const mine = (await flow(web)).id_token;
    const theirs = await flow(web, {}, other);
    assert.deepEqual(claimsOf(theirs.id_token).amr, ['otp']);
    assert.notEqual(claimsOf(theirs.id_token).sub, claimsOf(mine).sub);
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const [, p] = theirs.id_token.split('.');
    const hints = { another: theirs.id_token, garbage: 'garbage', 'alg none': `${none}.${p}.`, 'an access token': theirs.access_token,
      'a changed one': forge({ ...signingKey(d), kid: 'nobody' }, theirs.id_token) };
    for (const [what, id_token_hint] of Object.entries(hints)) {
      assert.equal(await error(web, { prompt: 'none', id_token_hint }), 'login_required', what);
    }
    const { challenge } = pkce();
    const go = (id_token_hint) => jar.ask(`/authorize?${authorizeQuery(web.client_id, challenge, { scope: OPENID, id_token_hint })}`);
    assert.match((await go(theirs.id_token)).location, /\/login\?txn=/, 'somebody else is asked for');
    const wrong = await authorize(jar, web.client_id, { scope: OPENID, id_token_hint: theirs.id_token });
    assert.deepEqual([wrong.code, wrong.params.get('error'), wrong.params.get('state')], [null, 'login_required', 'st'], 'the owner has signed in instead');
    const right = await authorize(new Jar(d.base), web.client_id, { scope: OPENID, id_token_hint: theirs.id_token }, { person: { email: 'second@example.com', password: 'a very long password' } });
    assert.ok(right.code, right.response.text);
    assert.equal(claimsOf((await flow(web, { id_token_hint: 'garbage' })).id_token).sub, claimsOf(mine).sub);
    assert.ok((await flow(web, { prompt: 'none', id_token_hint: mine })).id_token);
    const expired = forge(signingKey(d), mine, { iat: 1000, exp: 1600 });
    assert.ok((await flow(web, { prompt: 'none', id_token_hint: expired })).id_token, 'an old hint is still a hint');
  });
  await t.test('AUTHZ-45 claims, acr_values, display and ui_locales are ignored, however deep', async () => {
    const claims = '{"id_token":'.repeat(800) + '1' + '}'.repeat(800);
    const x = await flow(web, { claims: claims.slice(0, 7000), acr_values: 'urn:no:such', display: 'popup', ui_locales: 'de en' });
    assert.equal(claimsOf(x.id_token).acr, 'aal1');
    const { challenge } = pkce();
    const r = await jar.ask('/authorize', { method: 'POST', body: `${authorizeQuery(web.client_id, challenge, { scope: OPENID })}&claims=${'['.repeat(60000)}` });
    assert.equal(r.status, 303, r.text);
    assert.match(r.location, /^https:\/\/client\.example\/cb\?code=gh_ac_[\w-]+&state=st&iss=/);
  });
  await t.test('login_hint stands in the form, and is text there', async () => {
    const { challenge } = pkce();
    const nobody = new Jar(d.base);
    let r = await nobody.ask(`/authorize?${authorizeQuery(web.client_id, challenge, { scope: OPENID, login_hint: 'ann"><script>@example.com' })}`);
    r = await nobody.ask(r.location);
    assert.match(r.text, /value="ann&quot;&gt;&lt;script&gt;@example\.com"/);
  });

  await t.test('a strict client: discovery, nonce, max_age, userinfo, refresh, and the sign-out address', async () => {
    const config = await oidc.discovery(new URL(d.base), web.client_id, undefined, oidc.ClientSecretBasic(web.client_secret), { execute: [oidc.allowInsecureRequests] });
    const verifier = oidc.randomPKCECodeVerifier();
    const nonce = oidc.randomNonce();
    const state = oidc.randomState();
    const to = oidc.buildAuthorizationUrl(config, { redirect_uri: CB, scope: OPENID, code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256', nonce, state, max_age: '3600' });
    let r = await jar.ask(to.href);
    while (r.location?.startsWith(d.base)) r = await jar.ask(r.location);
    const x = await oidc.authorizationCodeGrant(config, new URL(r.location), { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state, maxAge: 3600, idTokenExpected: true });
    assert.equal(x.claims().nonce, nonce);
    const info = await oidc.fetchUserInfo(config, x.access_token, x.claims().sub);
    assert.equal(info.email, OWNER.email);
    const y = await oidc.refreshTokenGrant(config, x.refresh_token);
    assert.equal(y.claims().sub, x.claims().sub);
    await assert.rejects(oidc.fetchUserInfo(config, y.access_token, 'somebody-else'), { code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED' });
    const out = oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: BYE, id_token_hint: y.id_token, state: 'bye' });
    assert.equal(out.origin + out.pathname, `${d.base}/logout`);
  });
  await t.test('another strict client takes the same documents and answers', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true };
    const issuer = new URL(d.base);
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oidc' }));
    assert.equal(as.claims_parameter_supported, false);
    assert.equal(as.backchannel_logout_supported, true);
    const client = { client_id: web.client_id };
    const { verifier, challenge } = pkce();
    let r = await jar.ask(`/authorize?${authorizeQuery(web.client_id, challenge, { scope: OPENID, nonce: 'nn' })}`);
    while (r.location?.startsWith(d.base)) r = await jar.ask(r.location);
    const params = oauth.validateAuthResponse(as, client, new URL(r.location), 'st');
    const answer = await oauth.authorizationCodeGrantRequest(as, client, oauth.ClientSecretBasic(web.client_secret), params, CB, verifier, insecure);
    const x = await oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: 'nn', requireIdToken: true, maxAge: 7200 });
    await oauth.validateApplicationLevelSignature(as, answer, insecure);
    const sub = oauth.getValidatedIdTokenClaims(x).sub;
    const info = await oauth.processUserInfoResponse(as, client, sub, await oauth.userInfoRequest(as, client, x.access_token, insecure));
    assert.equal(info.sub, sub);
  });

  const signOut = (who, fields) => who.ask(`/logout?${new URLSearchParams(fields)}`);
  await t.test('an application that shows the id token of this sign-in ends it at once, and the browser goes back with state', async () => {
    const who = new Jar(d.base);
    await who.signIn();
    const x = await flow(web, {}, who);
    await settled();
    hears.got.length = 0;
    const r = await signOut(who, { id_token_hint: x.id_token, post_logout_redirect_uri: `${BYE}?from=gatehouse`, state: 'a&b=c' });
    assert.equal(r.status, 303);
    assert.equal(r.location, `${BYE}?from=gatehouse&state=a%26b%3Dc`);
    assert.equal(await me(who), 303, 'signed out');
    await until('the application to be told', () => hears.got.length > 0, 15000);
    const [came] = hears.got;
    assert.equal(came.method, 'POST');
    assert.equal(came.path, '/backchannel');
    assert.equal(came.type, 'application/x-www-form-urlencoded');
    const { header, claims } = await verified(d.base, came.token);
    assert.equal(header.typ, 'logout+jwt');
    assert.equal(claims.iss, d.base);
    assert.equal(claims.aud, web.client_id);
    assert.equal(claims.sub, claimsOf(x.id_token).sub);
    assert.equal(claims.sid, claimsOf(x.id_token).sid);
    assert.deepEqual(claims.events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
    assert.equal(claims.exp - claims.iat, 120);
    assert.match(claims.jti, /^[\w-]{22}$/);
    assert.equal('nonce' in claims, false);
    await settled();
    assert.equal(hears.got.length, 1, 'once');
    // a connection is not a sign-in: it ends under Connections
    assert.equal((await post(`${d.base}/token`, { grant_type: 'refresh_token', refresh_token: x.refresh_token }, web.basic)).status, 200);
    assert.equal((await mcp(resource, x.access_token, initialize)).status, 502);
    const again = await signOut(who, { id_token_hint: x.id_token, post_logout_redirect_uri: BYE });
    assert.deepEqual([again.status, again.location], [303, BYE], 'already signed out: only the way back');
  });
  await t.test('SESS-07 without a hint it asks, also for a hint of another sign-in; the answer goes where the client said', async () => {
    const who = new Jar(d.base);
    await who.signIn();
    const older = await flow(web, {}, jar);
    for (const fields of [{}, { client_id: web.client_id, post_logout_redirect_uri: BYE, state: 's"1' }, { id_token_hint: older.id_token, post_logout_redirect_uri: BYE },
      { id_token_hint: 'garbage' }, { id_token_hint: (await flow(web, {}, who)).access_token }]) {
      const r = await kept(d, () => signOut(who, fields), 'audit');
      assert.equal(r.status, 200, JSON.stringify(fields));
      assert.match(r.text, /Sign out\?/);
      assert.match(r.text, /connections<\/a> go on/);
      assert.equal(await me(who), 200, 'still signed in');
    }
    const page = await signOut(who, { client_id: web.client_id, post_logout_redirect_uri: BYE, state: 's"1' });
    assert.match(page.text, /asks to sign you out/);
    const forged = await kept(d, () => who.ask('/logout', { method: 'POST', body: { ...Jar.fields(page.text), csrf: 'no' } }), 'audit');
    assert.equal(forged.status, 403);
    assert.match(forged.text, /This form has expired/);
    assert.equal(await me(who), 200, 'still signed in');
    const r = await who.ask('/logout', { method: 'POST', body: Jar.fields(page.text) });
    assert.equal(r.status, 303);
    assert.equal(r.location, `${BYE}?state=s%221`);
    assert.equal(await me(who), 303);
  });
  await t.test('SESS-06 nowhere else: an address that is not registered byte for byte is a page, and ends nothing', async () => {
    const who = new Jar(d.base);
    await who.signIn();
    const { id_token } = await flow(web, {}, who);
    await settled();
    for (const uri of ['https://evil.example', `${BYE}/`, `${BYE}?x=1`, 'https://client.example@evil.example/bye', 'HTTPS://client.example/bye', 'javascript:alert(1)', `${BYE} ${CB}`]) {
      for (const from of [{ id_token_hint: id_token }, { client_id: web.client_id }]) {
        const r = await kept(d, () => signOut(who, { ...from, post_logout_redirect_uri: uri }), 'audit');
        assert.deepEqual([r.status, r.location], [400, null], uri);
        assert.match(r.text, /Invalid post_logout_redirect_uri: it is not one that this application registered/, uri);
      }
      const unknown = await kept(d, () => signOut(who, { client_id: 'nobody', post_logout_redirect_uri: uri }), 'audit');
      assert.deepEqual([unknown.status, unknown.location], [200, null], uri);
      assert.match(unknown.text, /Sign out\?/);
      assert.doesNotMatch(unknown.text, /evil\.example/);
    }
    const mixed = await kept(d, () => signOut(who, { id_token_hint: id_token, client_id: 'another', post_logout_redirect_uri: BYE }), 'audit');
    assert.equal(mixed.status, 400);
    assert.match(mixed.text, /The client_id is not the one that the id token was given to/);
    assert.equal(await me(who), 200, 'still signed in');
  });
  await t.test('a POST from the application\'s page is led through a GET, since the browser sends no cookie with it', async () => {
    const who = new Jar(d.base);
    await who.signIn();
    const { id_token } = await flow(web, {}, who);
    const foreign = await post(`${d.base}/logout`, { id_token_hint: id_token, post_logout_redirect_uri: BYE, state: 'x y' });
    assert.equal(foreign.status, 303);
    const to = new URL(foreign.headers.get('location'));
    assert.equal(to.origin + to.pathname, `${d.base}/logout`);
    assert.deepEqual(Object.fromEntries(to.searchParams), { id_token_hint: id_token, post_logout_redirect_uri: BYE, state: 'x y' });
    const r = await who.ask(to.href);
    assert.deepEqual([r.status, r.location], [303, `${BYE}?state=x%20y`]);
    assert.equal(await me(who), 303);
    await settled();
    const bare = await kept(d, () => new Jar(d.base).ask('/logout', { method: 'POST', body: { a: 'b' } }), 'audit');
    assert.equal(bare.status, 401, 'nothing asked, nobody there');
    assert.match(bare.text, /Sign in first/);
  });

  await t.test('an application that fails is told again, also after a restart, and at most once after it said yes', async () => {
    const who = new Jar(d.base);
    await who.signIn();
    const x = await flow(web, {}, who);
    await settled();
    hears.got.length = 0;
    hears.answer = () => 503;
    await signOut(who, { id_token_hint: x.id_token });
    await until('the first try', () => hears.got.length === 1);
    assert.equal(sql(d, 'SELECT tries FROM logout_notice'), '1');
    await d.kill();
    await d.start();
    hears.answer = () => 204;
    await until('another try', () => hears.got.length === 2, 20000);
    const [a, b] = hears.got.map((g) => claimsOf(g.token));
    assert.equal(a.sid, b.sid);
    assert.notEqual(a.jti, b.jti);
    await until('the row to go', () => sql(d, 'SELECT count(*) FROM logout_notice') === '0');
    await sleep(2500); // nothing tells that it is not tried again but that nothing comes
    assert.equal(hears.got.length, 2);
    const log = (await d.verb(['log', '--event', 'auth.logout', '--json'])).out;
    assert.match(log, /auth\.logout\.told/);
    hears.answer = () => 200;
  });
  await t.test('a plain no is final, and is in the log; so is an address inside that is not allowed', async () => {
    const inside = await webClient(d, { client_name: 'Inside', backchannel_logout_uri: 'https://10.0.0.1/x' });
    const who = new Jar(d.base);
    await who.signIn();
    await flow(inside, {}, who);
    await flow(web, {}, who);
    await settled();
    hears.got.length = 0;
    hears.answer = () => 400;
    await who.ask('/logout', { method: 'POST', body: Jar.fields((await who.ask('/logout')).text) });
    await until('both to be given up', () => sql(d, 'SELECT count(*) FROM logout_notice') === '0');
    assert.equal(hears.got.length, 1);
    hears.answer = () => 200;
    const rows = (await d.verb(['log', '--event', 'auth.logout.untold', '--json'])).out;
    assert.match(rows, /status 400/);
    assert.match(rows, /Wiki/);
    assert.match(rows, /private use/);
    assert.match(rows, /Inside/);
  });
  await t.test('a new password ends the other sign-ins, and their applications hear of those only', async () => {
    const [here, there] = [new Jar(d.base), new Jar(d.base)];
    for (const who of [here, there]) await who.signIn({ email: 'second@example.com', password: 'a very long password' });
    const [x, y] = [await flow(web, {}, here), await flow(web, {}, there)];
    await settled();
    hears.got.length = 0;
    const page = await here.ask('/account');
    const r = await here.ask('/account', { method: 'POST', body: { ...Jar.fields(page.text), current: 'a very long password', password: 'another long password', confirm: 'another long password' } });
    assert.equal(r.status, 303, r.text);
    // the session of the link that made this person was another one, and ends too
    await until('the other one to be told', () => hears.got.some((g) => claimsOf(g.token).sid === claimsOf(y.id_token).sid));
    await settled();
    assert.ok(!hears.got.some((g) => claimsOf(g.token).sid === claimsOf(x.id_token).sid));
    assert.equal(await me(here), 200);
  });
  await t.test('somebody else who signs in at this browser ends the sign-in before', async () => {
    const who = new Jar(d.base);
    await who.signIn();
    const x = await flow(web, {}, who);
    await settled();
    hears.got.length = 0;
    const { challenge } = pkce();
    let r = await who.ask(`/authorize?${authorizeQuery(web.client_id, challenge, { scope: OPENID, prompt: 'select_account' })}`);
    r = await who.ask(r.location);
    await who.ask('/login', { method: 'POST', body: { ...Jar.fields(r.text), email: 'second@example.com', password: 'another long password' } });
    await until('the application to be told', () => hears.got.some((g) => claimsOf(g.token).sid === claimsOf(x.id_token).sid));
  });

  for (const alg of ['RS256', 'EdDSA']) {
    await t.test(`with tokens.alg ${alg} everything is signed so, and says so`, async () => {
      const e = await serve(t, { config: `tokens: { alg: ${alg} }\n` });
      const client = await webClient(e);
      const as = (await ask(`${e.base}/.well-known/openid-configuration`)).json;
      assert.deepEqual(as.id_token_signing_alg_values_supported, [alg]);
      const { keys } = (await ask(as.jwks_uri)).json;
      assert.equal(keys.length, 2);
      for (const k of keys) {
        assert.equal(k.alg, alg);
        for (const m of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) assert.equal(m in k, false, `JWT-18 ${m}`);
        if (alg === 'RS256') assert.ok(Buffer.from(k.n, 'base64url').length >= 256, 'JWT-18 2048 bits');
      }
      const a = await authorize(new Jar(e.base), client.client_id, { scope: OPENID });
      const x = (await post(`${e.base}/token`, { grant_type: 'authorization_code', code: a.code, redirect_uri: CB, code_verifier: a.verifier }, client.basic)).json;
      const { header, claims } = await verified(e.base, x.id_token);
      assert.equal(header.alg, alg);
      assert.equal(claims.at_hash, atHash(alg, x.access_token));
      assert.equal((await verified(e.base, x.access_token)).header.alg, alg);
      assert.equal((await mcp(`${e.base}/mcp`, x.access_token, initialize)).status, 200);
    });
  }
});
