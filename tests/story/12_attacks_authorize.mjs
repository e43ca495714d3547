// spec attacks, areas redirect_uri, authorize, pkce (the request side), resource.
import { createServer } from 'node:http';
import { story, assert } from './lib/story.mjs';
import { serve, OWNER } from './lib/daemon.mjs';
import { Jar, register, authorizeQuery, authorize, tokens, pkce, form, ask } from './lib/oauth.mjs';
import { claimsOf, sql } from './lib/forge.mjs';
import { kept } from './lib/kept.mjs';
import { idOf } from './lib/errors.mjs';
import { said } from './lib/said.mjs';

const UNREGISTERED = 'Invalid redirect_uri: it is not one that this client registered. It must match exactly, also in a trailing slash.';
const ALPHABET = 'The parameter redirect_uri has characters that it may not have.';
const UNKNOWN = 'This server does not know the application that sent you here. Remove the server in that application and add it again.';
const PKCE = 'PKCE is required: send code_challenge and code_challenge_method S256.';
const S256 = 'Only code_challenge_method S256 is supported.';
const CODE_ONLY = 'Only response_type code is supported.';
const ELSEWHERE = 'The resource is not one that this server protects.';
// what a client gets that names no scope
const READS = 'tenants:read users:read clients:read theme:read domains:read emails:read social-logins:read resources:read audit:read';
const ANOTHER_BROWSER = 'This sign-in was begun in another browser. Start again in your application.';

export default story('attacks authorize', async (t) => {
  const d = await serve(t, {});
  const web = (await register(d.base, { client_name: 'Web' })).json;
  const loop = (await register(d.base, { client_name: 'Loop', redirect_uris: ['http://127.0.0.1/cb'] })).json;
  const { challenge } = pkce();
  const jar = new Jar(d.base);
  await jar.signIn();
  const go = (client, extra) => jar.ask(`/authorize?${authorizeQuery(client.client_id, challenge, extra)}`);
  // What is refused leaves no row: no code, no pending authorization, no session.
  const page = async (asking, status, words) => {
    const r = await kept(d, asking);
    assert.equal(r.status, status, `${r.status} ${r.location}`);
    assert.equal(r.location, null);
    assert.equal(r.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.equal(said(r), words);
    assert.match(r.text, /\bw[0-9a-z]{10}\b/, 'a why id');
    return r;
  };
  // Sent back to the client with the error, its own state and our name, and nothing else.
  const sentBack = async (asking, error, words, state = 'st') => {
    const r = await kept(d, asking);
    assert.equal(r.status, 302, r.text);
    const u = new URL(r.location);
    assert.equal(u.origin + u.pathname + u.hash, 'https://client.example/cb');
    assert.deepEqual([...u.searchParams.keys()], ['error', 'error_description', 'state', 'iss']);
    assert.equal(u.searchParams.get('error'), error);
    assert.equal(said(r), words);
    assert.equal(u.searchParams.get('state'), state);
    assert.equal(u.searchParams.get('iss'), d.base);
  };
  const CODE = /^https:\/\/client\.example\/cb\?code=gh_ac_[\w-]{54}&state=st&iss=/;

  const bad = {
    'REDIR-01': 'https://evil.example/cb', 'REDIR-03': 'https://client.example/cb/', 'REDIR-04': 'https://client.example/cb/../../evil',
    'REDIR-05': 'https://client.example/cb/%2e%2e/%2e%2e/evil', 'REDIR-07': 'https://client.example/CB', 'REDIR-08': 'https://client.example/%63b',
    'REDIR-09': 'https://client.example/cb?next=https://evil.example', 'REDIR-11': 'https://client.example@evil.example/cb',
    'REDIR-12': 'https://evil.example\\@client.example/cb', 'REDIR-13': 'https://user:pw@client.example/cb', 'REDIR-15': 'https://client.example:8443/cb',
    'REDIR-16': 'http://client.example/cb', 'REDIR-17': 'https://client.example.evil.example/cb', 'REDIR-19': 'https://client.example./cb',
    'REDIR-20': 'https://CLIENT.EXAMPLE/cb', 'REDIR-21': 'HTTPS://client.example/cb', 'REDIR-23': 'https://client。example/cb',
    'REDIR-24': 'https://client.example\t.evil.example/cb', 'REDIR-25': 'https://client.example/cb\r\nSet-Cookie: kit=1',
    'REDIR-27': 'https://client.example/cb\0evil', 'REDIR-28': 'javascript:alert(1)//https://client.example/cb',
    'REDIR-29': 'data:text/html,https://client.example/cb', 'REDIR-31': 'https://client.example/cb ', 'REDIR-32': 'https:\\\\client.example\\cb',
    'REDIR-33': '//evil.example/cb', 'REDIR-35': 'https:client.example/cb', 'REDIR-36': 'https://client.example/cb;jsessionid=1',
    'REDIR-37': 'https://client.example/*', 'REDIR-39': 'urn:ietf:wg:oauth:2.0:oob', 'REDIR-44': 'http://127.0.0.1/cb',
  };
  // refused before they are compared: no redirect URI has such a byte
  const odd = { 'REDIR-12': ALPHABET, 'REDIR-23': ALPHABET, 'REDIR-24': ALPHABET, 'REDIR-25': ALPHABET, 'REDIR-31': ALPHABET, 'REDIR-32': ALPHABET,
    'REDIR-27': 'The parameters cannot be read: broken escapes, bad UTF-8, a NUL or too many of them.' };
  for (const [id, redirect_uri] of Object.entries(bad)) {
    await t.test(`${id} gets a page, no redirect`, async () => {
      const r = await page(() => go(web, { redirect_uri }), 400, odd[id] ?? UNREGISTERED);
      assert.deepEqual(r.headers.getSetCookie(), []);
    });
  }
  const q = authorizeQuery(web.client_id, challenge);
  const TWICE = 'The parameter redirect_uri was sent more than once.';
  await t.test('REDIR-40 redirect_uri twice, evil second', () => page(() => jar.ask(`/authorize?${q}&redirect_uri=https%3A%2F%2Fevil.example%2Fcb`), 400, TWICE));
  await t.test('REDIR-41 redirect_uri twice, evil first', () => page(() => jar.ask(`/authorize?redirect_uri=https%3A%2F%2Fevil.example%2Fcb&${q}`), 400, TWICE));
  await t.test('REDIR-43 a bad redirect_uri wins over every other error', () =>
    page(() => go(web, { redirect_uri: 'https://evil.example/cb', response_type: 'token', scope: '"' }), 400, UNREGISTERED));

  const loopBad = {
    'REDIR-47': 'http://localhost:49152/cb', 'REDIR-48': 'http://[::1]:49152/cb', 'REDIR-49': 'http://127.0.0.2:49152/cb', 'REDIR-51': 'http://2130706433:49152/cb',
    'REDIR-52': 'http://127.0.0.1:49152@evil.example/cb', 'REDIR-53': 'http://127.0.0.1:80evil.example/cb', 'REDIR-55': 'http://127.0.0.1.evil.example:49152/cb',
    'REDIR-56': 'https://127.0.0.1:49152/cb', 'REDIR-57': 'http://127.0.0.1:49152/cb?x=1',
  };
  for (const [id, redirect_uri] of Object.entries(loopBad)) await t.test(`${id} gets a page, no redirect`, () => page(() => go(loop, { redirect_uri }), 400, UNREGISTERED));
  await t.test('REDIR-45 another port of the registered loopback address is fine', async () => {
    const r = await authorize(jar, loop.client_id, { redirect_uri: 'http://127.0.0.1:49152/cb' });
    assert.equal(r.to.origin + r.to.pathname, 'http://127.0.0.1:49152/cb');
    assert.match(r.code, /^gh_ac_[A-Za-z0-9_-]{54}$/);
  });

  for (const [id, name, value] of [['AUTHZ-01', 'client_id', 'evil-client'], ['AUTHZ-02', 'response_type', 'token'], ['AUTHZ-03', 'state', 'other'],
    ['AUTHZ-05', 'code_challenge_method', 'plain'], ['AUTHZ-06', 'scope', 'admin']]) {
    await t.test(`${id} ${name} twice is invalid_request and no code`, async () => {
      const asking = () => jar.ask(`/authorize?${q}&${name}=${value}${name === 'scope' ? '&scope=b' : ''}`);
      const words = `The parameter ${name} was sent more than once.`;
      // nobody can be told by redirect of whom or of which state it is unknown
      if (name === 'client_id' || name === 'state') await page(asking, 400, words);
      else await sentBack(asking, 'invalid_request', words);
    });
  }
  for (const [id, response_type] of [['AUTHZ-10', 'token'], ['AUTHZ-12', 'id_token token'], ['AUTHZ-13', 'code token'], ['AUTHZ-14', 'code id_token']]) {
    await t.test(`${id} response_type ${response_type} is unsupported_response_type, nothing in the fragment`, () =>
      sentBack(() => go(web, { response_type }), 'unsupported_response_type', CODE_ONLY));
  }
  await t.test('AUTHZ-16 an empty response_type is an error', async () => {
    for (const response_type of ['', undefined]) await sentBack(() => go(web, { response_type }), 'unsupported_response_type', CODE_ONLY);
  });
  await t.test('AUTHZ-20 an unknown client gets a page that says to add the server again', () => page(() => go({ client_id: 'nobody' }, {}), 400, UNKNOWN));
  await t.test('AUTHZ-21 markup in client_id, state and error comes back escaped or not at all', async () => {
    const r = await page(() => jar.ask(`/authorize?${form({ client_id: '<script>alert(1)</script>', state: '<script>', error: '<script>', error_description: '<script>' })}`), 400, UNKNOWN);
    assert.doesNotMatch(r.text, /<script>|alert/);
  });
  await t.test('AUTHZ-23 state comes back byte for byte', async () => {
    const state = '"&code=evil#x%26 ünï/+=';
    await sentBack(() => go(web, { response_type: 'token', state }), 'unsupported_response_type', CODE_ONLY, state);
  });
  await t.test('AUTHZ-24 a state of 60 KB is refused, not cut', async () => {
    const state = 's'.repeat(60000);
    const r = await kept(d, () => go(web, { state }));
    assert.equal(r.status, 400);
    assert.equal(r.location, null);
    assert.equal(said(r), 'The head of the HTTP request is too large.');
    const fields = Object.fromEntries(new URLSearchParams(authorizeQuery(web.client_id, challenge, { state })));
    await page(() => jar.ask('/authorize', { method: 'POST', body: fields }), 400, 'The parameter state is too long.');
  });
  await t.test('AUTHZ-25 the answer carries iss', async () => assert.equal((await authorize(jar, web.client_id)).params.get('iss'), d.base));
  await t.test('AUTHZ-27 prompt=none for a client never seen is consent_required', async () => {
    const fresh = (await register(d.base, { client_name: 'Never seen' })).json;
    await sentBack(() => go(fresh, { prompt: 'none' }), 'consent_required', 'The person has not yet agreed to this.');
  });
  await t.test('AUTHZ-28 a client never seen gets a page before any code', async () => {
    const fresh = (await register(d.base, { client_name: 'Never seen either' })).json;
    const r = await kept(d, () => go(fresh, {}), 'txn');
    assert.equal(r.status, 302);
    assert.match(r.location.replace(d.base, ''), /^\/consent\?txn=\d+$/);
    const shown = await kept(d, () => jar.ask(r.location));
    assert.equal(shown.status, 200);
    assert.match(shown.text, /Never seen either/);
  });
  await t.test('AUTHZ-29, AUTHZ-31 the consent page names the redirect host and cannot be framed', async () => {
    const fresh = (await register(d.base, { client_name: 'Framed' })).json;
    const r = await jar.ask((await go(fresh, {})).location);
    assert.equal(r.status, 200);
    assert.match(r.text, /client\.example/);
    assert.match(r.headers.get('content-security-policy'), /frame-ancestors 'none'/);
    assert.doesNotMatch(r.headers.get('content-security-policy'), /form-action/);
    assert.equal(r.headers.get('x-frame-options'), 'DENY');
    assert.equal(r.headers.get('cross-origin-opener-policy'), 'same-origin-allow-popups');
  });
  await t.test('AUTHZ-32, AUTHZ-33 pages are not stored and send no referrer', async () => {
    const r = await new Jar(d.base).ask('/login');
    assert.equal(r.status, 200);
    assert.equal(r.headers.get('cache-control'), 'no-store');
    assert.equal(r.headers.get('referrer-policy'), 'no-referrer');
  });
  await t.test('AUTHZ-35 posted credentials are answered 303', async () => {
    const r = await new Jar(d.base).signIn();
    assert.equal(r.status, 303);
  });
  await t.test('AUTHZ-36 a sign-in form without the cookies of its page is refused', async () => {
    const fields = Jar.fields((await new Jar(d.base).ask('/login')).text);
    const stranger = new Jar(d.base);
    await page(() => stranger.ask('/login', { method: 'POST', body: { ...fields, ...OWNER } }), 403, 'This form has expired. Go back, reload the page and try again.');
    assert.deepEqual([...stranger.cookies.keys()], [d.base.startsWith('https:') ? '__Host-gh_browser' : 'gh_browser']);
  });

  const pending = async (j = jar) => {
    const client = (await register(d.base, { client_name: 'Pending' })).json;
    const r = await j.ask(`/authorize?${authorizeQuery(client.client_id, challenge)}`);
    return { client, location: r.location, fields: Jar.fields((await j.ask(r.location)).text) };
  };
  const decide = (j, fields, more = {}) => j.ask('/consent', { method: 'POST', body: { ...fields, decision: 'allow', ...more } });
  await t.test('AUTHZ-37 a consent form posted from another browser gives no code', async () => {
    const { fields } = await pending();
    const other = new Jar(d.base);
    await other.signIn();
    await page(() => decide(other, fields), 403, 'This form has expired. Go back, reload the page and try again.');
    const own = { txn: fields.txn, csrf: Jar.fields((await other.ask('/account')).text).csrf };
    await page(() => decide(other, own), 403, ANOTHER_BROWSER);
    await page(() => decide(new Jar(d.base), fields), 401, 'Sign in first.');
    assert.match((await decide(jar, fields)).location, CODE, 'where it was begun it is still good');
  });
  await t.test('AUTHZ-39 consent as GET gives no code', async () => {
    const { fields } = await pending();
    const r = await kept(d, () => jar.ask(`/consent?${form({ ...fields, decision: 'allow' })}`));
    assert.equal(r.status, 200);
    assert.equal(r.location, null);
    assert.equal(Jar.fields(r.text).txn, fields.txn, 'the person is asked, as before');
    assert.match((await decide(jar, fields)).location, CODE);
  });
  await t.test('AUTHZ-40 the stored transaction decides, not the form', async () => {
    const { client, fields } = await pending();
    const r = await decide(jar, fields, { redirect_uri: 'https://evil.example/cb', client_id: loop.client_id, scope: 'admin' });
    assert.match(r.location, CODE);
    const stored = sql(d, "SELECT c.client_id || ' ' || k.redirect_uri || ' ' || k.scope FROM code k JOIN client c ON c.id = k.client ORDER BY k.id DESC LIMIT 1");
    assert.equal(stored, `${client.client_id} https://client.example/cb ${READS}`);
  });
  await t.test('a consent form answers once', async () => {
    const { fields } = await pending();
    assert.match((await decide(jar, fields)).location, CODE);
    await page(() => decide(jar, fields), 400, 'This sign-in has expired or was already finished. Start again in your application.');
  });
  await t.test('AUTHZ-48 the address of a pending authorization opened in a second browser is refused', async () => {
    const { location, fields } = await pending();
    const other = new Jar(d.base);
    await other.signIn();
    const r = await page(() => other.ask(location), 403, ANOTHER_BROWSER);
    assert.doesNotMatch(r.text, /Allow/);
    assert.match((await decide(jar, fields)).location, CODE, 'where it was begun it is still good');
  });
  await t.test('AUTHZ-41 request_uri is request_uri_not_supported', async () => {
    const asked = [];
    const canary = createServer((req, res) => (asked.push(req.url), res.end()));
    await new Promise((ok) => canary.listen(0, '127.0.0.1', ok));
    await sentBack(() => go(web, { request_uri: `http://127.0.0.1:${canary.address().port}/ro` }), 'request_uri_not_supported', 'request_uri is not supported.');
    await new Promise((ok) => canary.close(ok));
    assert.deepEqual(asked, []);
  });
  await t.test('AUTHZ-43 POST /authorize uses its body only', async () => {
    await page(() => jar.ask(`/authorize?${q}`, { method: 'POST', body: { state: 'x' } }), 400, UNKNOWN);
    const r = await jar.ask('/authorize?redirect_uri=https%3A%2F%2Fevil.example%2Fcb&state=x', { method: 'POST', body: Object.fromEntries(new URLSearchParams(q)) });
    assert.match(r.location, CODE);
  });
  await t.test('AUTHZ-44 prompt=login and max_age=0 ask for the password again', async () => {
    for (const extra of [{ prompt: 'login' }, { max_age: '0' }]) {
      const r = await go(web, extra);
      assert.equal(r.status, 302);
      assert.match(r.location.replace(d.base, ''), /^\/login\?txn=\d+$/);
      assert.match((await jar.ask(r.location)).text, /name="password"/);
    }
  });
  await t.test('AUTHZ-45, AUTHZ-47 claims and id_token_hint of any shape are ignored', async () => {
    const known = (await authorize(jar, web.client_id)).code;
    assert.match(known, /^gh_ac_/);
    for (const extra of [{ claims: '['.repeat(3000) }, { id_token_hint: 'garbage' }]) assert.match((await go(web, extra)).location, CODE, Object.keys(extra)[0]);
  });
  await t.test('use-mcp: two authorizations at once in one browser both work', async () => {
    const a = await pending();
    const b = await pending();
    for (const x of [a, b]) {
      assert.match((await decide(jar, x.fields)).location, CODE);
    }
  });
  await t.test('copilot: prompt=consent select_account is a list', async () => {
    const r = await go(web, { prompt: 'consent select_account' });
    assert.equal(r.status, 302);
    assert.match(r.location.replace(d.base, ''), /^\/consent\?txn=\d+$/);
  });

  const verifierless = {
    'PKCE-01': [{ code_challenge: undefined, code_challenge_method: undefined }, PKCE],
    'PKCE-02': [{ code_challenge_method: 'plain' }, S256],
    'PKCE-03': [{ code_challenge_method: undefined }, S256],
    'PKCE-05': [{ code_challenge_method: 'none' }, S256],
    'PKCE-06': [{ code_challenge: challenge.slice(1) }, PKCE],
    'PKCE-07': [{ code_challenge: 'a'.repeat(129) }, 'The parameter code_challenge is too long.'],
    'PKCE-09': [{ code_challenge: '' }, PKCE],
  };
  for (const [id, [extra, words]] of Object.entries(verifierless)) {
    await t.test(`${id} is invalid_request and no code`, () => sentBack(() => go(web, extra), 'invalid_request', words));
  }
  await t.test('PKCE-21 a confidential client needs PKCE too', async () => {
    const c = (await register(d.base, { token_endpoint_auth_method: 'client_secret_basic' })).json;
    await sentBack(() => go(c, { code_challenge: undefined, code_challenge_method: undefined }), 'invalid_request', PKCE);
  });

  for (const [id, resource] of [['RES-01', 'https://unknown.example/mcp'], ['RES-03', `${d.base}/mcp#f`], ['RES-04', `${d.base.replace('//', '//u:p@')}/mcp`],
    ['RES-05', `${d.base}/mcp/../mcp`], ['RES-07', 'javascript:1']]) {
    await t.test(`${id} is invalid_target`, () => sentBack(() => go(web, { resource }), 'invalid_target', ELSEWHERE));
  }
  await t.test('the same resource spelt with host case is taken, and the token is for the one spelling', async () => {
    const x = await tokens(d.base, { jar, client: web, resource: `${d.base.replace('localhost', 'LOCALHOST')}/mcp` });
    assert.equal(claimsOf(x.access_token).aud, `${d.base}/mcp`);
  });
  await t.test('an unknown scope beside a known one is dropped', async () => {
    const x = await tokens(d.base, { jar, client: web, scope: 'users:read claudeai openid email' });
    assert.equal(x.scope, 'users:read openid email');
    assert.equal(claimsOf(x.access_token).scope, 'users:read openid email');
  });
  await t.test('no more than limits.authorize are begun from one address in a minute: a page that says so, and no row', async () => {
    const small = await serve(t, { config: 'limits: { authorize: 3 }\n' });
    const app = (await register(small.base)).json;
    const someone = new Jar(small.base);
    const address = `?${authorizeQuery(app.client_id, challenge, { resource: `${small.base}/mcp` })}`;
    const all = [];
    for (const path of ['/authorize', '/oauth/authorize', '/oauth2/authorize', '/authorize', '/oauth/authorize', '/oauth2/authorize']) all.push(await someone.ask(path + address));
    all.push(await someone.ask('/authorize', { method: 'POST', body: Object.fromEntries(new URLSearchParams(address)) }));
    assert.deepEqual(all.map((r) => r.status), [302, 302, 302, 429, 429, 429, 429]);
    assert.equal(sql(small, 'SELECT count(*) FROM txn'), '3');
    for (const r of all.slice(3)) {
      // what is left of the minute
      assert.ok(+r.headers.get('retry-after') >= 1 && +r.headers.get('retry-after') <= 60, r.headers.get('retry-after'));
      assert.equal(r.headers.get('content-type'), 'text/html; charset=utf-8');
      assert.equal(said(r), 'Too many requests; try again a little later.');
      assert.equal(r.location, null);
    }
    const why = await small.verb(['why', idOf(all[3])]);
    assert.match(why.out, /more than 3 authorizations begun a minute/);
    assert.equal((await ask(`${small.base}/.well-known/oauth-authorization-server`)).status, 200, 'nothing else is counted');
    const roomy = await serve(t, { config: 'limits: { authorize: 2 }\n' });
    const [mine, here] = [(await register(roomy.base)).json, new Jar(roomy.base)];
    await here.signIn();
    for (let i = 0; i < 5; i++) assert.ok((await authorize(here, mine.client_id, { resource: `${roomy.base}/mcp` })).code, 'who has agreed before begins nothing');
    assert.equal(sql(roomy, 'SELECT count(*) FROM txn'), '1');
  });
});
