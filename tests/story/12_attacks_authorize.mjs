// spec attacks, areas redirect_uri, authorize, pkce (the request side), resource.
import { story, assert } from './lib/story.mjs';
import { serve, OWNER } from './lib/daemon.mjs';
import { Jar, register, authorizeQuery, authorize, pkce, form, ask } from './lib/oauth.mjs';
import { sql } from './lib/forge.mjs';

export default story('attacks authorize', async (t) => {
  const d = await serve(t, {});
  const web = (await register(d.base, { client_name: 'Web' })).json;
  const loop = (await register(d.base, { client_name: 'Loop', redirect_uris: ['http://127.0.0.1/cb'] })).json;
  const { challenge } = pkce();
  const jar = new Jar(d.base);
  await jar.signIn();
  const go = (client, extra) => jar.ask(`/authorize?${authorizeQuery(client.client_id, challenge, extra)}`);
  const page400 = (r) => {
    assert.equal(r.status, 400, `${r.status} ${r.location}`);
    assert.equal(r.location, null);
    assert.match(r.headers.get('content-type'), /text\/html/);
    assert.match(r.text, /\bw[0-9a-z]{10}\b/, 'a why id');
  };

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
  for (const [id, redirect_uri] of Object.entries(bad)) {
    await t.test(`${id} gets a page, no redirect`, async () => {
      const r = await go(web, { redirect_uri });
      page400(r);
      assert.equal(r.headers.get('set-cookie')?.includes('kit=1') ?? false, false);
    });
  }
  const q = authorizeQuery(web.client_id, challenge);
  await t.test('REDIR-40 redirect_uri twice, evil second', async () => page400(await jar.ask(`/authorize?${q}&redirect_uri=https%3A%2F%2Fevil.example%2Fcb`)));
  await t.test('REDIR-41 redirect_uri twice, evil first', async () => page400(await jar.ask(`/authorize?redirect_uri=https%3A%2F%2Fevil.example%2Fcb&${q}`)));
  await t.test('REDIR-43 a bad redirect_uri wins over every other error', async () =>
    page400(await go(web, { redirect_uri: 'https://evil.example/cb', response_type: 'token', scope: '"' })));

  const loopBad = {
    'REDIR-47': 'http://localhost:49152/cb', 'REDIR-48': 'http://[::1]:49152/cb', 'REDIR-49': 'http://127.0.0.2:49152/cb', 'REDIR-51': 'http://2130706433:49152/cb',
    'REDIR-52': 'http://127.0.0.1:49152@evil.example/cb', 'REDIR-53': 'http://127.0.0.1:80evil.example/cb', 'REDIR-55': 'http://127.0.0.1.evil.example:49152/cb',
    'REDIR-56': 'https://127.0.0.1:49152/cb', 'REDIR-57': 'http://127.0.0.1:49152/cb?x=1',
  };
  for (const [id, redirect_uri] of Object.entries(loopBad)) await t.test(`${id} gets a page, no redirect`, async () => page400(await go(loop, { redirect_uri })));
  await t.test('REDIR-45 another port of the registered loopback address is fine', async () => {
    const r = await authorize(jar, loop.client_id, { redirect_uri: 'http://127.0.0.1:49152/cb' });
    assert.match(r.to.href, /^http:\/\/127\.0\.0\.1:49152\/cb\?/);
    assert.match(r.code, /^gh_ac_[A-Za-z0-9_-]{40,}$/);
  });

  for (const [id, name, value] of [['AUTHZ-01', 'client_id', 'evil-client'], ['AUTHZ-02', 'response_type', 'token'], ['AUTHZ-03', 'state', 'other'],
    ['AUTHZ-05', 'code_challenge_method', 'plain'], ['AUTHZ-06', 'scope', 'admin']]) {
    await t.test(`${id} ${name} twice is invalid_request and no code`, async () => {
      const r = await jar.ask(`/authorize?${q}&${name}=${value}${name === 'scope' ? '&scope=b' : ''}`);
      assert.doesNotMatch(r.location ?? '', /code=/);
      if (r.location) assert.equal(new URL(r.location).searchParams.get('error'), 'invalid_request');
      else page400(r);
    });
  }
  for (const [id, response_type] of [['AUTHZ-10', 'token'], ['AUTHZ-12', 'id_token token'], ['AUTHZ-13', 'code token'], ['AUTHZ-14', 'code id_token']]) {
    await t.test(`${id} response_type ${response_type} is unsupported_response_type, nothing in the fragment`, async () => {
      const r = await go(web, { response_type });
      const u = new URL(r.location);
      assert.equal(u.searchParams.get('error'), 'unsupported_response_type');
      assert.equal(u.hash, '');
      assert.equal(u.searchParams.get('state'), 'st');
      assert.equal(u.searchParams.get('iss'), d.base);
    });
  }
  await t.test('AUTHZ-16 an empty response_type is an error', async () => {
    const u = new URL((await go(web, { response_type: '' })).location);
    assert.match(u.searchParams.get('error'), /^(invalid_request|unsupported_response_type)$/);
  });
  await t.test('AUTHZ-20 an unknown client gets a page that says to add the server again', async () => {
    const r = await go({ client_id: 'nobody' }, {});
    page400(r);
    assert.match(r.text, /add it again/);
  });
  await t.test('AUTHZ-21 markup in client_id, state and error comes back escaped or not at all', async () => {
    const r = await jar.ask(`/authorize?${form({ client_id: '<script>alert(1)</script>', state: '<script>', error: '<script>', error_description: '<script>' })}`);
    page400(r);
    assert.doesNotMatch(r.text, /<script>/);
  });
  await t.test('AUTHZ-23 state comes back byte for byte', async () => {
    const state = '"&code=evil#x%26 ünï/+=';
    const u = new URL((await go(web, { response_type: 'token', state })).location);
    assert.equal(u.searchParams.get('state'), state);
    assert.equal(u.searchParams.get('code'), null);
  });
  await t.test('AUTHZ-24 a state of 60 KB is refused, not cut', async () => {
    const r = await go(web, { state: 's'.repeat(60000) });
    assert.ok(r.status === 400 || r.status === 414 || r.status === 431, String(r.status));
  });
  await t.test('AUTHZ-25 the answer carries iss', async () => assert.equal((await authorize(jar, web.client_id)).params.get('iss'), d.base));
  await t.test('AUTHZ-27 prompt=none for a client never seen is consent_required', async () => {
    const fresh = (await register(d.base, { client_name: 'Never seen' })).json;
    const u = new URL((await go(fresh, { prompt: 'none' })).location);
    assert.equal(u.searchParams.get('error'), 'consent_required');
  });
  await t.test('AUTHZ-28 a client never seen gets a page before any code', async () => {
    const fresh = (await register(d.base, { client_name: 'Never seen either' })).json;
    const r = await go(fresh, {});
    assert.match(r.location.replace(d.base, ''), /^\/consent\?txn=/);
  });
  await t.test('AUTHZ-29, AUTHZ-31 the consent page names the redirect host and cannot be framed', async () => {
    const fresh = (await register(d.base, { client_name: 'Framed' })).json;
    const r = await jar.ask((await go(fresh, {})).location);
    assert.match(r.text, /client\.example/);
    assert.match(r.headers.get('content-security-policy'), /frame-ancestors 'none'/);
    assert.doesNotMatch(r.headers.get('content-security-policy'), /form-action/);
    assert.equal(r.headers.get('x-frame-options'), 'DENY');
    assert.equal(r.headers.get('cross-origin-opener-policy'), 'same-origin-allow-popups');
  });
  await t.test('AUTHZ-32, AUTHZ-33 pages are not stored and send no referrer', async () => {
    const r = await new Jar(d.base).ask('/login');
    assert.match(r.headers.get('cache-control'), /no-store/);
    assert.equal(r.headers.get('referrer-policy'), 'no-referrer');
  });
  await t.test('AUTHZ-35 posted credentials are answered 303', async () => {
    const r = await new Jar(d.base).signIn();
    assert.equal(r.status, 303);
  });
  await t.test('AUTHZ-36 a sign-in form without the cookies of its page is refused', async () => {
    const fields = Jar.fields((await new Jar(d.base).ask('/login')).text);
    const stranger = new Jar(d.base);
    const r = await stranger.ask('/login', { method: 'POST', body: { ...fields, ...OWNER } });
    assert.equal(r.status, 403);
    assert.ok(![...stranger.cookies.keys()].some((k) => k.includes('session')));
  });

  const pending = async (j = jar) => {
    const client = (await register(d.base, { client_name: 'Pending' })).json;
    const r = await j.ask(`/authorize?${authorizeQuery(client.client_id, challenge)}`);
    const page = await j.ask(r.location);
    return { client, location: r.location, fields: Jar.fields(page.text) };
  };
  await t.test('AUTHZ-37 a consent form posted from another browser gives no code', async () => {
    const { fields } = await pending();
    const other = new Jar(d.base);
    await other.signIn();
    const r = await other.ask('/consent', { method: 'POST', body: { ...fields, decision: 'allow' } });
    assert.equal(r.status, 403);
    const anonymous = await new Jar(d.base).ask('/consent', { method: 'POST', body: { ...fields, decision: 'allow' } });
    assert.doesNotMatch(anonymous.location ?? '', /code=/);
  });
  await t.test('AUTHZ-39 consent as GET gives no code', async () => {
    const { fields } = await pending();
    const r = await jar.ask(`/consent?${form({ ...fields, decision: 'allow' })}`);
    assert.doesNotMatch(r.location ?? '', /code=/);
  });
  await t.test('AUTHZ-40 the stored transaction decides, not the form', async () => {
    const { fields } = await pending();
    const r = await jar.ask('/consent', { method: 'POST', body: { ...fields, decision: 'allow', redirect_uri: 'https://evil.example/cb', client_id: loop.client_id, scope: 'admin' } });
    assert.match(r.location, /^https:\/\/client\.example\/cb\?code=/);
  });
  await t.test('a consent form answers once', async () => {
    const { fields } = await pending();
    const first = await jar.ask('/consent', { method: 'POST', body: { ...fields, decision: 'allow' } });
    assert.match(first.location, /code=/);
    const second = await jar.ask('/consent', { method: 'POST', body: { ...fields, decision: 'allow' } });
    assert.equal(second.status, 400);
    assert.doesNotMatch(second.location ?? '', /code=/);
  });
  await t.test('AUTHZ-48 the address of a pending authorization opened in a second browser is refused', async () => {
    const { location } = await pending();
    const other = new Jar(d.base);
    await other.signIn();
    const r = await other.ask(location);
    assert.equal(r.status, 403);
    assert.doesNotMatch(r.text, /Allow/);
  });
  await t.test('AUTHZ-41 request_uri is request_uri_not_supported', async () => {
    const u = new URL((await go(web, { request_uri: 'http://127.0.0.1:1/ro' })).location);
    assert.equal(u.searchParams.get('error'), 'request_uri_not_supported');
  });
  await t.test('AUTHZ-43 POST /authorize uses its body only', async () => {
    const r = await jar.ask(`/authorize?${q}`, { method: 'POST', body: { state: 'x' } });
    page400(r);
  });
  await t.test('AUTHZ-44 prompt=login and max_age=0 ask for the password again', async () => {
    for (const extra of [{ prompt: 'login' }, { max_age: '0' }]) assert.match((await go(web, extra)).location, /\/login\?txn=/);
  });
  await t.test('AUTHZ-45, AUTHZ-47 claims and id_token_hint of any shape are ignored', async () => {
    const r = await go(web, { claims: '['.repeat(3000), id_token_hint: 'garbage' });
    assert.ok(r.status < 500);
  });
  await t.test('use-mcp: two authorizations at once in one browser both work', async () => {
    const a = await pending();
    const b = await pending();
    for (const x of [a, b]) {
      const r = await jar.ask('/consent', { method: 'POST', body: { ...x.fields, decision: 'allow' } });
      assert.match(r.location, /code=/);
    }
  });
  await t.test('copilot: prompt=consent select_account is a list', async () => {
    const r = await go(web, { prompt: 'consent select_account' });
    assert.match(r.location, /\/consent\?txn=/);
  });

  const verifierless = {
    'PKCE-01': { code_challenge: undefined, code_challenge_method: undefined }, 'PKCE-02': { code_challenge_method: 'plain' },
    'PKCE-03': { code_challenge_method: undefined }, 'PKCE-05': { code_challenge_method: 'none' }, 'PKCE-06': { code_challenge: challenge.slice(1) },
    'PKCE-07': { code_challenge: 'a'.repeat(129) }, 'PKCE-09': { code_challenge: '' },
  };
  for (const [id, extra] of Object.entries(verifierless)) {
    await t.test(`${id} is invalid_request and no code`, async () => {
      const u = new URL((await go(web, extra)).location);
      assert.equal(u.searchParams.get('error'), 'invalid_request');
      assert.equal(u.searchParams.get('code'), null);
    });
  }
  await t.test('PKCE-21 a confidential client needs PKCE too', async () => {
    const c = (await register(d.base, { token_endpoint_auth_method: 'client_secret_basic' })).json;
    const u = new URL((await go(c, { code_challenge: undefined, code_challenge_method: undefined })).location);
    assert.equal(u.searchParams.get('error'), 'invalid_request');
  });

  for (const [id, resource] of [['RES-01', 'https://unknown.example/mcp'], ['RES-03', `${d.base}/mcp#f`], ['RES-04', `${d.base.replace('//', '//u:p@')}/mcp`],
    ['RES-05', `${d.base}/mcp/../mcp`], ['RES-07', 'javascript:1']]) {
    await t.test(`${id} is invalid_target`, async () => {
      const u = new URL((await go(web, { resource })).location);
      assert.equal(u.searchParams.get('error'), 'invalid_target');
    });
  }
  await t.test('the same resource spelt with host case or default port is taken', async () => {
    const r = await authorize(jar, web.client_id, { resource: `${d.base.replace('localhost', 'LOCALHOST')}/mcp` });
    assert.ok(r.code);
  });
  await t.test('an unknown scope beside a known one is dropped', async () => {
    const r = await authorize(jar, web.client_id, { scope: 'users:read claudeai openid email' });
    assert.ok(r.code);
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
      assert.ok(+r.headers.get('retry-after') >= 1 && +r.headers.get('retry-after') <= 60);
      assert.match(r.headers.get('content-type'), /^text\/html/);
      assert.match(r.text, /Too many requests/);
      assert.equal(r.location ?? null, null);
    }
    const why = await small.verb(['why', all[3].text.match(/\bw[0-9a-z]{10,}\b/)[0]]);
    assert.match(why.out, /more than 3 authorizations begun a minute/);
    assert.equal((await ask(`${small.base}/.well-known/oauth-authorization-server`)).status, 200, 'nothing else is counted');
    const roomy = await serve(t, { config: 'limits: { authorize: 2 }\n' });
    const [mine, here] = [(await register(roomy.base)).json, new Jar(roomy.base)];
    await here.signIn();
    for (let i = 0; i < 5; i++) assert.ok((await authorize(here, mine.client_id, { resource: `${roomy.base}/mcp` })).code, 'who has agreed before begins nothing');
    assert.equal(sql(roomy, 'SELECT count(*) FROM txn'), '1');
  });
});
