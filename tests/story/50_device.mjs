// Devices that have no browser (RFC 8628): a code on a screen, a person who types it, and nobody else who could.
import { join } from 'node:path';
import { story, assert } from './lib/story.mjs';
import { serve, freePort, OWNER } from './lib/daemon.mjs';
import { Jar, register, post, ask, mcp, initialize, refresh } from './lib/oauth.mjs';
import { claimsOf, sql } from './lib/forge.mjs';
import { proofKey, prove } from './lib/dpop.mjs';
import { person } from './lib/browser.mjs';
import { verified, atHash } from './lib/party.mjs';
import * as oauth from 'oauth4webapi';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

export default story('device', async (t) => {
  const d = await serve(t, {
    config: `resources:
  - { path: /weather/mcp, upstream: "http://127.0.0.1:1/mcp", name: Weather, scopes: { "weather:read": "See forecasts", "weather:write": "Change stations" }, required_scopes: ["weather:read"] }
  - { path: /notes/mcp, upstream: "http://127.0.0.1:1/mcp", name: Notes }
`,
  });
  const weather = `${d.base}/weather/mcp`;
  const token = `${d.base}/token`;
  const terminal = async (client_name) => (await register(d.base, { client_name, grant_types: [GRANT, 'refresh_token'], redirect_uris: undefined, response_types: undefined })).json;
  const client = await terminal('Terminal');
  const other = (await register(d.base)).json;
  const jar = new Jar(d.base);
  await jar.signIn();
  const begin = async (extra = {}) => (await post(`${d.base}/device_authorization`, { client_id: client.client_id, resource: weather, scope: 'weather:read', ...extra })).json;
  const poll = (x, extra = {}, headers = {}) => post(token, { grant_type: GRANT, client_id: client.client_id, device_code: x.device_code, ...extra }, headers);
  // as if the interval had passed
  const later = () => sql(d, 'UPDATE device SET polled = 0');
  const type = async (user_code, j = jar, decision) => {
    const page = await j.ask('/device');
    return j.ask('/device', { method: 'POST', body: { ...Jar.fields(page.text), user_code, ...(decision ? { decision } : {}) } });
  };
  const decide = async (x, decision = 'allow', j = jar) => {
    const page = await type(x.user_code, j);
    assert.equal(page.status, 200, page.text);
    return j.ask('/device', { method: 'POST', body: { ...Jar.fields(page.text), decision } });
  };
  const member = async (email) => {
    const link = new URL((await d.verb(['link', email])).out.match(/http\S+/)[0]);
    const own = new Jar(d.base);
    const fields = Jar.fields((await own.ask(link.pathname + link.search)).text);
    const password = 'the password of this member';
    assert.equal((await own.ask('/link', { method: 'POST', body: { ...fields, password, confirm: password } })).status, 303);
    return own;
  };
  const forget = () => sql(d, 'DELETE FROM throttle');

  await t.test('the metadata names the endpoint and the grant', async () => {
    const m = (await ask(`${d.base}/.well-known/oauth-authorization-server`)).json;
    assert.equal(m.device_authorization_endpoint, `${d.base}/device_authorization`);
    assert.ok(m.grant_types_supported.includes(GRANT));
  });
  await t.test('a device gets a code to show and a code to ask with', async () => {
    const r = await post(`${d.base}/device_authorization`, { client_id: client.client_id, resource: weather });
    assert.equal(r.status, 200, r.text);
    assert.equal(r.headers.get('cache-control'), 'no-store');
    const x = r.json;
    assert.match(x.device_code, /^gh_dc_[\w-]{54}$/);
    assert.match(x.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    assert.equal(x.verification_uri, `${d.base}/device`);
    assert.equal(x.verification_uri_complete, `${d.base}/device?user_code=${x.user_code}`);
    assert.equal(x.expires_in, 600);
    assert.equal(x.interval, 5);
    const kept = sql(d, 'SELECT * FROM device') + sql(d, 'SELECT hex(hash), hex(user_code) FROM device');
    assert.equal(kept.includes(x.device_code) || kept.includes(x.user_code), false, 'the store has neither');
  });
  await t.test('the person allows, the device gets its tokens once, and they are used, refreshed, shown and taken back', async () => {
    const x = await begin();
    assert.equal((await poll(x)).json.error, 'authorization_pending');
    const done = await decide(x);
    assert.match(done.text, /Go back to your device/);
    later();
    const y = await poll(x);
    assert.equal(y.status, 200, y.text);
    assert.equal(y.json.token_type, 'Bearer');
    const claims = claimsOf(y.json.access_token);
    assert.equal(claims.aud, weather);
    assert.equal(claims.client_id, client.client_id);
    assert.equal(y.json.scope.includes('weather:write'), false);
    assert.equal((await mcp(weather, y.json.access_token, initialize)).status, 502, 'the upstream is dead on purpose: 502 says that the token was good');
    const z = (await refresh(d.base, client.client_id, y.json.refresh_token)).json;
    assert.ok(z.access_token);
    assert.match((await jar.ask('/account/connections')).text, /Terminal[\s\S]*another device/);
    const page = await jar.ask('/account/connections?application=Terminal');
    await jar.ask('/account/connections', { method: 'POST', body: { ...Jar.fields(page.text), name: 'Terminal' } });
    assert.equal((await mcp(weather, z.access_token, initialize)).status, 401);
  });
  await t.test('the page says how long access lasts, and who is not the one signed in comes back with the code', async () => {
    const x = await begin();
    const page = await type(x.user_code);
    assert.match(page.text, /<dt>Lasts<\/dt>\s*<dd>30 days after its last use<\/dd>/);
    const to = /href="([^"]*)">Not you\?/.exec(page.text)[1].replaceAll('&amp;', '&');
    const form = await jar.ask(to);
    assert.equal(form.status, 200);
    assert.match(form.text, /You are signed in as <strong><bdi>owner@example.com<\/bdi><\/strong>. Sign in as somebody else:/);
    const back = await jar.ask('/login', { method: 'POST', body: { ...Jar.fields(form.text), ...OWNER } });
    assert.equal(back.location, `${d.base}/device?user_code=${x.user_code.replace('-', '')}`);
    assert.ok((await jar.ask(back.location)).text.includes(`value="${x.user_code.replace('-', '')}"`));
  });
  await t.test('where the issuer has a path, the way through the sign-in stays below it', async () => {
    const port = await freePort();
    const base = `http://localhost:${port}/auth`;
    const below = await serve(t, { port, base, config: `base_url: ${base}\n` });
    const who = new Jar(below.base);
    const away = await who.ask(`${base}/device?user_code=BCDF-GHJK`);
    assert.equal(new URL(away.location, base).href, `${base}/login?next=%2Fdevice%3Fuser_code%3DBCDF-GHJK`);
    const form = await who.ask(away.location);
    const back = await who.ask(`${base}/login`, { method: 'POST', body: { ...Jar.fields(form.text), ...OWNER } });
    assert.equal(back.location, `${base}/device?user_code=BCDF-GHJK`);
    assert.match((await who.ask(back.location)).text, /action="\/auth\/device"/);
  });
  await t.test('a device code that comes again ends what it gave', async () => {
    const x = await begin();
    await decide(x);
    const y = (await poll(x)).json;
    assert.ok(y.access_token);
    assert.equal((await poll(x)).json.error, 'invalid_grant');
    assert.equal((await mcp(weather, y.access_token, initialize)).status, 401);
    assert.equal((await refresh(d.base, client.client_id, y.refresh_token)).json.error, 'invalid_grant');
  });
  await t.test('of twenty at once one gets tokens', async () => {
    const x = await begin();
    await decide(x);
    const all = await Promise.all(Array.from({ length: 20 }, () => poll(x)));
    assert.equal(all.filter((r) => r.status === 200).length, 1);
  });
  await t.test('a no is told, and stays', async () => {
    const x = await begin();
    assert.match((await decide(x, 'deny')).text, /Nothing was given/);
    assert.equal((await poll(x)).json.error, 'access_denied');
    assert.equal((await type(x.user_code)).status, 400, 'it cannot be decided again');
    forget();
  });
  await t.test('who asks too often is told to slow down, and has to wait longer from then on', async () => {
    const x = await begin();
    assert.equal((await poll(x)).json.error, 'authorization_pending');
    assert.equal((await poll(x)).json.error, 'slow_down');
    const pace = () => +sql(d, 'SELECT pace FROM device WHERE id = (SELECT max(id) FROM device)');
    assert.equal(pace(), 10);
    assert.equal((await poll(x)).json.error, 'slow_down');
    assert.equal(pace(), 15);
    sql(d, 'UPDATE device SET polled = polled - 10');
    assert.equal((await poll(x)).json.error, 'slow_down', 'ten seconds are not fifteen');
    sql(d, 'UPDATE device SET polled = polled - 20');
    assert.equal((await poll(x)).json.error, 'authorization_pending');
    await decide(x);
    assert.equal((await poll(x)).status, 200, 'once it is decided nobody waits');
  });
  await t.test('after ten minutes nothing can be decided or fetched', async () => {
    const [a, b] = [await begin(), await begin()];
    await decide(b);
    sql(d, 'UPDATE device SET expires = 1');
    assert.equal((await poll(a)).json.error, 'expired_token');
    assert.equal((await poll(b)).json.error, 'expired_token');
    assert.equal((await type(a.user_code)).status, 400);
    forget();
  });
  await t.test('the code is typed in small letters, with blanks or without the dash', async () => {
    for (const change of [(s) => s.toLowerCase(), (s) => s.replace('-', ''), (s) => ` ${s.replace('-', ' ')} `]) {
      const x = await begin();
      assert.match((await type(change(x.user_code))).text, /asks to use/);
    }
  });
  await t.test('an address with the code in it only fills it in', async () => {
    const x = await begin();
    const page = await jar.ask(new URL(x.verification_uri_complete).pathname + new URL(x.verification_uri_complete).search);
    assert.ok(page.text.includes(`value="${x.user_code}"`));
    assert.doesNotMatch(page.text, /Terminal|Allow/);
    assert.equal(sql(d, 'SELECT user_id FROM device WHERE id = (SELECT max(id) FROM device)'), '0', 'and looks nothing up');
    const evil = await jar.ask('/device?user_code=%22%3E%3Cscript%3Ealert(1)%3C/script%3E');
    assert.doesNotMatch(evil.text, /<script>alert/);
  });
  await t.test('who is not signed in signs in first, and comes back to the code', async () => {
    const x = await begin();
    const fresh = new Jar(d.base);
    const to = await fresh.ask(`/device?user_code=${x.user_code}`);
    assert.equal(to.status, 303);
    assert.match(to.location, /\/login\?next=/);
    const page = await fresh.ask(to.location);
    const back = await fresh.ask('/login', { method: 'POST', body: { ...Jar.fields(page.text), ...OWNER } });
    assert.ok((await fresh.ask(back.location)).text.includes(x.user_code));
  });
  await t.test('the page says who asks for what, from where, by which code, and warns', async () => {
    const x = await begin();
    const { text } = await type(x.user_code);
    for (const part of ['Terminal', 'not verified', 'Weather', weather, 'See forecasts', x.user_code, '127.0.0.1', OWNER.email, 'Allow only if you started this yourself', 'somebody sent you the code']) assert.ok(text.includes(part), part);
  });
  await t.test('GHSA-cq3f-vc6p-68fh whoever looked first decides, and the grant is theirs', async () => {
    const ben = await member('ben@example.com');
    const x = await begin();
    const seen = await type(x.user_code);
    for (const decision of [undefined, 'allow', 'deny']) assert.equal((await type(x.user_code, ben, decision)).status, 400);
    const form2 = Jar.fields((await type((await begin()).user_code, ben)).text);
    const forged = await ben.ask('/device', { method: 'POST', body: { ...form2, user_code: x.user_code, decision: 'allow', user_id: '1', email: OWNER.email } });
    assert.equal(forged.status, 400);
    await jar.ask('/device', { method: 'POST', body: { ...Jar.fields(seen.text), decision: 'allow' } });
    const y = (await poll(x)).json;
    const owner = claimsOf(y.access_token).sub;
    const z = await begin();
    await decide(z, 'allow', ben);
    const his = (await poll(z)).json;
    assert.notEqual(claimsOf(his.access_token).sub, owner);
    assert.doesNotMatch((await ben.ask('/account/connections')).text, new RegExp(claimsOf(y.access_token).gid));
    forget();
  });
  await t.test('another client\'s device code is nobody\'s, and stays good for its own', async () => {
    const x = await begin();
    await decide(x);
    const thief = await terminal('Thief');
    assert.equal((await poll(x, { client_id: thief.client_id })).json.error, 'invalid_grant');
    assert.equal((await poll(x)).status, 200);
  });
  await t.test('few codes can be tried: after five the next has to wait, also the right one', async () => {
    const ann = await member('ann@example.com');
    const before = sql(d, 'SELECT count(*) FROM grants');
    let r;
    for (let i = 0; i < 8; i++) r = await type('BCDF-GHJK', ann);
    assert.equal(r.status, 429);
    assert.ok(+r.headers.get('retry-after') >= 1);
    const x = await begin();
    const right = await type(x.user_code, ann);
    assert.equal(right.status, 429);
    assert.doesNotMatch(right.text, /Terminal/);
    assert.equal((await type(x.user_code)).status, 200, 'others are not kept waiting');
    assert.equal(sql(d, 'SELECT count(*) FROM grants'), before);
    forget();
  });
  await t.test('a hundred guesses at once do not all pass the throttle', async () => {
    const page = Jar.fields((await jar.ask('/device')).text);
    const second = () => Math.floor(Date.now() / 1000);
    const begun = second();
    const all = await Promise.all(Array.from({ length: 100 }, () => jar.ask('/device', { method: 'POST', body: { ...page, user_code: 'BCDF-GHJK' } })));
    const most = 6 + Math.floor(Math.log2(second() - begun + 1)); // pauses of 1, 2, 4 seconds and so on may have passed meanwhile
    forget();
    const looked = all.filter((r) => r.status === 400).length;
    assert.ok(looked <= most, `${looked} were looked up, ${most} may`);
  });
  await t.test('a post without the page\'s token, or without a session, decides nothing', async () => {
    const x = await begin();
    assert.equal((await jar.ask('/device', { method: 'POST', body: { user_code: x.user_code, decision: 'allow' } })).status, 403);
    assert.equal((await new Jar(d.base).ask('/device', { method: 'POST', body: { user_code: x.user_code, decision: 'allow' } })).status, 401);
    assert.equal((await poll(x)).json.error, 'authorization_pending');
  });
  const wrong = {
    'a client that did not register for it': [{ client_id: other.client_id }, 400, 'unauthorized_client'],
    'an unknown client': [{ client_id: 'nobody' }, 401, 'invalid_client'],
    'no client': [{ client_id: undefined }, 401, 'invalid_client'],
    'an unknown resource': [{ resource: 'https://elsewhere.example/mcp' }, 400, 'invalid_target'],
    'no resource where there are several': [{ resource: undefined, scope: undefined }, 400, 'invalid_target'],
  };
  for (const [what, [extra, status, error]] of Object.entries(wrong))
    await t.test(`${what} gets no code`, async () => {
      const before = sql(d, 'SELECT count(*) FROM device');
      const r = await post(`${d.base}/device_authorization`, { client_id: client.client_id, resource: weather, scope: 'weather:read', ...extra });
      assert.equal(r.status, status, r.text);
      assert.equal(r.json.error, error);
      assert.equal(sql(d, 'SELECT count(*) FROM device'), before);
    });
  await t.test('a token request without a code, with an invented one, or for another resource gets nothing', async () => {
    assert.equal((await post(token, { grant_type: GRANT, client_id: client.client_id })).json.error, 'invalid_request');
    for (const device_code of ['x', 'gh_dc_AAAA', `gh_dc_${'A'.repeat(54)}`]) assert.equal((await poll({ device_code })).json.error, 'invalid_grant');
    const x = await begin();
    await decide(x);
    assert.equal((await poll(x, { resource: `${d.base}/notes/mcp` })).json.error, 'invalid_target');
    assert.equal((await poll(x)).status, 200);
  });
  await t.test('with openid the device gets an id token of the sign-in in which the person allowed, also when it refreshes', async () => {
    const x = await begin({ scope: 'openid email weather:read' });
    const page = await type(x.user_code);
    for (const words of ['Know that it is you', 'See your e-mail address']) assert.ok(page.text.includes(words), words);
    await jar.ask('/device', { method: 'POST', body: { ...Jar.fields(page.text), decision: 'allow' } });
    const y = (await poll(x)).json;
    const check = async (answer) => {
      const { claims } = await verified(d.base, answer.id_token);
      assert.equal(claims.aud, client.client_id);
      assert.equal(claims.sub, claimsOf(answer.access_token).sub);
      assert.equal(claims.at_hash, atHash('ES256', answer.access_token));
      assert.equal('nonce' in claims, false);
      assert.deepEqual(claims.amr, ['pwd']);
      const [id, auth_time] = sql(d, 'SELECT sid, auth_time FROM session ORDER BY id LIMIT 1').trim().split('|').map(BigInt);
      const sid = [...id.toString(32).padStart(13, '0')].map((c) => '0123456789abcdefghjkmnpqrstvwxyz'[parseInt(c, 32)]).join('');
      assert.equal(claims.auth_time, Number(auth_time));
      assert.equal(claims.sid, `session_${sid}`);
    };
    await check(y);
    const r = await ask(`${d.base}/userinfo`, { headers: { authorization: `Bearer ${y.access_token}` } });
    assert.deepEqual(r.json, { sub: claimsOf(y.access_token).sub, email: OWNER.email, email_verified: true });
    const z = (await refresh(d.base, client.client_id, y.refresh_token)).json;
    await check(z);
    const plain = await begin();
    await decide(plain);
    assert.equal('id_token' in (await poll(plain)).json, false, 'without openid there is none');
  });
  await t.test('with a DPoP proof the tokens are bound to its key', async () => {
    const key = proofKey();
    const x = await begin();
    await decide(x);
    const y = (await poll(x, {}, { dpop: prove(key, 'POST', token) })).json;
    assert.equal(y.token_type, 'DPoP');
    assert.equal((await refresh(d.base, client.client_id, y.refresh_token)).json.error, 'invalid_grant');
  });
  await t.test('no more than limits.device may begin from one address in a minute', async () => {
    const small = await serve(t, { config: 'limits: { device: 3 }\n' });
    const all = [];
    for (let i = 0; i < 5; i++) all.push(await post(`${small.base}/device_authorization`, { client_id: 'nobody' }));
    assert.deepEqual(all.map((r) => r.status), [401, 401, 401, 429, 429]);
    assert.ok(+all[4].headers.get('retry-after') >= 1);
    assert.equal((await post(`${small.base}/token`, { grant_type: GRANT, client_id: 'nobody', device_code: 'x' })).status, 401, 'asking for tokens is not counted');
  });
  await t.test('a restart in the middle is not noticed', async () => {
    const x = await begin();
    const page = await type(x.user_code);
    await d.stop();
    await d.start();
    await jar.ask('/device', { method: 'POST', body: { ...Jar.fields(page.text), decision: 'allow' } });
    await d.stop();
    await d.start();
    assert.equal((await poll(x)).status, 200);
  });
  await t.test('oauth4webapi, which checks every answer, goes the whole way', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true };
    const as = await oauth.processDiscoveryResponse(new URL(d.base), await oauth.discoveryRequest(new URL(d.base), { algorithm: 'oauth2', ...insecure }));
    const c = { client_id: client.client_id };
    const x = await oauth.processDeviceAuthorizationResponse(as, c, await oauth.deviceAuthorizationRequest(as, c, oauth.None(), { resource: weather }, insecure));
    const asked = () => oauth.deviceCodeGrantRequest(as, c, oauth.None(), x.device_code, insecure);
    await assert.rejects(oauth.processDeviceCodeResponse(as, c, await asked()), (e) => e.error === 'authorization_pending');
    await decide(x);
    assert.ok((await oauth.processDeviceCodeResponse(as, c, await asked())).access_token);
  });
  await t.test('in a browser, from the address with the code to the last page', async () => {
    const x = await begin({ scope: 'weather:read weather:write' });
    const context = await person(t, { viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    await page.goto(x.verification_uri_complete);
    await page.fill('input[name=email]', OWNER.email);
    await page.fill('input[name=password]', OWNER.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
    if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, 'device.png'), fullPage: true });
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.getByRole('heading', { name: 'Go back to your device' }).waitFor();
    assert.equal((await poll(x)).status, 200);
  });
});
