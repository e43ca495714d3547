// Devices that have no browser (RFC 8628): a code on a screen, a person who types it, and nobody else who could.
import { join } from 'node:path';
import { story, assert, until } from './lib/story.mjs';
import { serve, freePort, OWNER } from './lib/daemon.mjs';
import { Jar, register, post, ask, mcp, initialize, refresh } from './lib/oauth.mjs';
import { claimsOf, sql } from './lib/forge.mjs';
import { proofKey, prove } from './lib/dpop.mjs';
import { person } from './lib/browser.mjs';
import { verified, atHash } from './lib/party.mjs';
import { kept, refused } from './lib/kept.mjs';
import { said } from './lib/said.mjs';
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
  const no = (send, error, ...but) => refused(d, send, 400, error, ...but);
  // That somebody asked, and when, is all that is kept of it.
  const pending = (x) => no(() => poll(x), 'authorization_pending', 'device');
  // The access token is taken no more.
  const dead = async (x) => {
    const r = await mcp(weather, x, initialize);
    assert.equal(r.status, 401);
    assert.match(r.headers.get('www-authenticate'), /^Bearer error="invalid_token"/);
  };
  // A page that says there is no such code; only that somebody tried one is kept.
  const unknown = async (send) => {
    const r = await kept(d, send, 'throttle');
    assert.equal(r.status, 400, r.text);
    assert.match(r.text, /There is no such code, or it has expired\./);
  };

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
    const row = sql(d, 'SELECT * FROM device') + sql(d, 'SELECT hex(hash), hex(user_code) FROM device');
    assert.equal(row.includes(x.device_code) || row.includes(x.user_code), false, 'the store has neither');
  });
  await t.test('the person allows, the device gets its tokens once, and they are used, refreshed, shown and taken back', async () => {
    const x = await begin();
    await pending(x);
    const done = await decide(x);
    assert.match(done.text, /Go back to your device/);
    later();
    const y = await poll(x);
    assert.equal(y.status, 200, y.text);
    assert.equal(y.json.token_type, 'Bearer');
    const claims = claimsOf(y.json.access_token);
    assert.equal(claims.aud, weather);
    assert.equal(claims.client_id, client.client_id);
    assert.equal(y.json.scope, 'weather:read');
    assert.equal((await mcp(weather, y.json.access_token, initialize)).status, 502, 'the upstream is dead on purpose: 502 says that the token was good');
    const z = (await refresh(d.base, client.client_id, y.json.refresh_token)).json;
    assert.equal(z.scope, 'weather:read');
    assert.match((await jar.ask('/account/connections')).text, /Terminal[\s\S]*another device/);
    const page = await jar.ask('/account/connections?application=Terminal');
    assert.equal((await jar.ask('/account/connections', { method: 'POST', body: { ...Jar.fields(page.text), name: 'Terminal' } })).status, 303);
    await dead(z.access_token);
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
    const again = await poll(x);
    assert.deepEqual([again.status, again.json.error], [400, 'invalid_grant']);
    assert.equal(said(again), 'The device code was already used; everything given for it has been revoked.');
    await dead(y.access_token);
    await no(() => refresh(d.base, client.client_id, y.refresh_token), 'invalid_grant');
  });
  await t.test('of twenty at once one gets tokens', async () => {
    const x = await begin();
    await decide(x);
    const all = await Promise.all(Array.from({ length: 20 }, () => poll(x)));
    assert.deepEqual(all.map((r) => r.json.error ?? 'given').sort(), ['given', ...Array(19).fill('invalid_grant')]);
  });
  await t.test('a no is told, and stays', async () => {
    const x = await begin();
    assert.match((await decide(x, 'deny')).text, /Nothing was given/);
    await no(() => poll(x), 'access_denied', 'device');
    await unknown(() => type(x.user_code)); // it cannot be decided again
    forget();
  });
  await t.test('who asks too often is told to slow down, and has to wait longer from then on', async () => {
    const x = await begin();
    const slow = () => no(() => poll(x), 'slow_down', 'device');
    const pace = () => +sql(d, 'SELECT pace FROM device WHERE id = (SELECT max(id) FROM device)');
    await pending(x);
    await slow();
    assert.equal(pace(), 10);
    await slow();
    assert.equal(pace(), 15);
    sql(d, 'UPDATE device SET polled = polled - 10');
    await slow(); // ten seconds are not fifteen
    sql(d, 'UPDATE device SET polled = polled - 20');
    await pending(x);
    await decide(x);
    assert.equal((await poll(x)).status, 200, 'once it is decided nobody waits');
  });
  await t.test('after ten minutes nothing can be decided or fetched', async () => {
    const [a, b] = [await begin(), await begin()];
    await decide(b);
    sql(d, 'UPDATE device SET expires = 1');
    for (const x of [a, b]) await no(() => poll(x), 'expired_token');
    await unknown(() => type(a.user_code));
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
    const page = await kept(d, () => jar.ask(new URL(x.verification_uri_complete).pathname + new URL(x.verification_uri_complete).search));
    assert.equal(page.status, 200);
    assert.ok(page.text.includes(`value="${x.user_code}"`));
    assert.doesNotMatch(page.text, /Terminal|Allow/, 'and looks nothing up');
    const evil = await kept(d, () => jar.ask('/device?user_code=%22%3E%3Cscript%3Ealert(1)%3C/script%3E'));
    assert.equal(evil.status, 200);
    assert.match(evil.text, /value="&quot;&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;"/);
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
    for (const decision of [undefined, 'allow', 'deny']) await unknown(() => type(x.user_code, ben, decision));
    const form2 = Jar.fields((await type((await begin()).user_code, ben)).text);
    await unknown(() => ben.ask('/device', { method: 'POST', body: { ...form2, user_code: x.user_code, decision: 'allow', user_id: '1', email: OWNER.email } }));
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
    await no(() => poll(x, { client_id: thief.client_id }), 'invalid_grant');
    assert.equal((await poll(x)).status, 200);
  });
  await t.test('few codes can be tried: after five the next has to wait, also the right one', async () => {
    const ann = await member('ann@example.com');
    // five cost nothing, and the sixth a second; when that is over already, the next one costs two
    for (let i = 0; i < 6; i++) await unknown(() => type('BCDF-GHJK', ann));
    const slowed = await until('the wait', async () => { const r = await type('BCDF-GHJK', ann); return r.status !== 400 && r; });
    assert.equal(slowed.status, 429);
    assert.match(slowed.headers.get('retry-after'), /^[1-4]$/);
    sql(d, 'UPDATE throttle SET next = next + 60'); // as if more had been tried
    const x = await begin();
    const right = await kept(d, () => type(x.user_code, ann));
    assert.equal(right.status, 429);
    assert.match(right.text, /Too many codes that were none\. Wait \d+ seconds? and try again\./);
    assert.doesNotMatch(right.text, /Terminal/);
    assert.equal((await type(x.user_code)).status, 200, 'others are not kept waiting');
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
    assert.ok(looked >= 1 && looked <= most, `${looked} were looked up, ${most} may`);
    assert.equal(all.filter((r) => r.status === 429).length, 100 - looked);
  });
  await t.test('a post without the page\'s token, or without a session, decides nothing', async () => {
    const x = await begin();
    for (const [j, status] of [[jar, 403], [new Jar(d.base), 401]]) {
      const r = await kept(d, () => j.ask('/device', { method: 'POST', body: { user_code: x.user_code, decision: 'allow' } }));
      assert.equal(r.status, status);
    }
    await pending(x);
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
      const r = await refused(d, () => post(`${d.base}/device_authorization`, { client_id: client.client_id, resource: weather, scope: 'weather:read', ...extra }), status, error);
      assert.deepEqual([r.json.device_code, r.json.user_code], [undefined, undefined]);
    });
  await t.test('a token request without a code, with an invented one, or for another resource gets nothing', async () => {
    assert.equal(said(await no(() => post(token, { grant_type: GRANT, client_id: client.client_id }), 'invalid_request')), 'The parameter device_code is missing.');
    for (const device_code of ['x', 'gh_dc_AAAA', `gh_dc_${'A'.repeat(54)}`]) await no(() => poll({ device_code }), 'invalid_grant');
    const x = await begin();
    await decide(x);
    await no(() => poll(x, { resource: `${d.base}/notes/mcp` }), 'invalid_target', 'device');
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
    await no(() => refresh(d.base, client.client_id, y.refresh_token), 'invalid_grant');
    assert.equal((await post(token, { grant_type: 'refresh_token', client_id: client.client_id, refresh_token: y.refresh_token }, { dpop: prove(key, 'POST', token) })).status, 200);
  });
  await t.test('no more than limits.device may begin from one address in a minute', async () => {
    const small = await serve(t, { config: 'limits: { device: 3 }\n' });
    const all = [];
    for (let i = 0; i < 5; i++) all.push(await post(`${small.base}/device_authorization`, { client_id: 'nobody' }));
    assert.deepEqual(all.map((r) => [r.status, r.json.error]), [...Array(3).fill([401, 'invalid_client']), ...Array(2).fill([429, 'temporarily_unavailable'])]);
    assert.match(all[4].headers.get('retry-after'), /^[1-9]\d?$/, 'within the minute');
    await refused(small, () => post(`${small.base}/token`, { grant_type: GRANT, client_id: 'nobody', device_code: 'x' }), 401, 'invalid_client'); // asking for tokens is not counted
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
