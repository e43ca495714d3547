// spec attacks, area dynamic registration.
import { createServer } from 'node:http';
import { story, assert } from './lib/story.mjs';
import { serve } from './lib/daemon.mjs';
import { Jar, register, authorize, authorizeQuery, pkce, ask } from './lib/oauth.mjs';

export default story('attacks registration', async (t) => {
  const d = await serve(t, {});
  const raw = (body, type = 'application/json') => ask(`${d.base}/register`, { method: 'POST', headers: { 'content-type': type }, body });
  const jar = new Jar(d.base);
  await jar.signIn();

  const bad = {
    'DCR-01': 'javascript:alert(document.domain)', 'DCR-03': 'vbscript:x', 'DCR-04': 'file:///etc/passwd', 'DCR-05, M-118': 'http://evil.example/cb', 'DCR-07': 'https://*.example/cb',
    'DCR-08': '/cb', 'DCR-09': 'https://good.example@evil.example/cb', 'DCR-11': 'about:blank', 'DCR-12': 'blob:https://x/1', 'DCR-13': 'java\tscript:alert(1)', 'DCR-15': '',
    'a fragment': 'https://client.example/cb#x', 'data': 'data:text/html,x', 'another loopback address': 'http://127.0.0.2/cb',
  };
  for (const [id, uri] of Object.entries(bad)) {
    await t.test(`${id} is invalid_redirect_uri`, async () => {
      const r = await register(d.base, { redirect_uris: [uri] });
      assert.equal(r.status, 400, r.text);
      assert.equal(r.json.error, 'invalid_redirect_uri');
      assert.equal(r.json.client_id, undefined);
    });
  }
  await t.test('DCR-16, M-85 redirect_uris of another shape is 400', async () => {
    for (const v of [[], undefined, 'https://client.example/cb', [1], null, [['https://client.example/cb']]]) {
      const r = await register(d.base, { redirect_uris: v });
      assert.equal(r.status, 400, JSON.stringify(v));
      assert.match(r.json.error, /^invalid_(redirect_uri|client_metadata)$/);
    }
  });
  await t.test('DCR-17, DCR-19 grants and response types that we do not have are dropped', async () => {
    const r = (await register(d.base, { grant_types: ['authorization_code', 'password', 'implicit', 'urn:ietf:params:oauth:grant-type:token-exchange'], response_types: ['code', 'token'] })).json;
    assert.deepEqual(r.grant_types, ['authorization_code']);
    assert.deepEqual(r.response_types, ['code']);
  });
  await t.test('DCR-20 client_id and client_secret of the caller are ignored', async () => {
    const r = (await register(d.base, { client_id: 'mine', client_secret: 'mine' })).json;
    assert.notEqual(r.client_id, 'mine');
    assert.equal(r.client_secret, undefined);
  });
  await t.test('DCR-21, X-29 a scope that is not ours is dropped', async () => {
    const r = await register(d.base, { scope: 'admin mxcp:access users:read' });
    assert.equal(r.status, 201);
    assert.ok(!(r.json.scope ?? '').split(' ').includes('admin'));
  });
  await t.test('DCR-23, DCR-24 jwks with a private key, or beside jwks_uri, is refused', async () => {
    assert.equal((await register(d.base, { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', d: 'AA' }] } })).json.error, 'invalid_client_metadata');
    assert.equal((await register(d.base, { jwks: { keys: [] }, jwks_uri: 'https://client.example/jwks' })).json.error, 'invalid_client_metadata');
  });
  await t.test('DCR-25…29 nothing that a registration names is ever fetched', async () => {
    let hits = 0;
    const canary = createServer((q, s) => (hits++, s.end()));
    await new Promise((ok) => canary.listen(0, '127.0.0.1', ok));
    t.defer(() => new Promise((ok) => canary.close(ok)));
    const u = `http://127.0.0.1:${canary.address().port}/x`;
    for (const k of ['logo_uri', 'sector_identifier_uri', 'initiate_login_uri', 'backchannel_logout_uri', 'jwks_uri', 'policy_uri', 'tos_uri', 'client_uri']) {
      const r = await register(d.base, { [k]: u });
      if (r.status === 201) await jar.ask(`/authorize?${authorizeQuery(r.json.client_id, pkce().challenge)}`);
    }
    await register(d.base, { request_uris: [u], software_statement: 'x.y.z' });
    assert.equal(hits, 0);
  });
  await t.test('DCR-31, DCR-32, DCR-33 hostile names and addresses are escaped or left out of the consent page', async () => {
    const r = await register(d.base, { client_name: '"><script>alert(1)</script>', client_uri: 'javascript:alert(1)', logo_uri: 'https://evil.example/logo.png', tos_uri: 'data:text/html,x' });
    if (r.status === 400) return assert.equal(r.json.error, 'invalid_client_metadata');
    const go = await jar.ask(`/authorize?${authorizeQuery(r.json.client_id, pkce().challenge)}`);
    const page = await jar.ask(go.location);
    assert.equal(page.status, 200);
    assert.doesNotMatch(page.text, /<script>alert|javascript:|evil\.example|data:text/);
  });
  await t.test('a name with direction or control characters is refused', async () => {
    for (const client_name of ['Clau\u202ede', 'a\nb', '\u200bClaude']) assert.equal((await register(d.base, { client_name })).json.error, 'invalid_client_metadata');
    assert.equal((await register(d.base, { client_name: 'a\u0000b' })).json.error, 'invalid_request', 'JSON with NUL is refused as such');
  });
  await t.test('DCR-35 JSON 100 000 deep is refused quickly', async () => {
    const began = Date.now();
    assert.ok([400, 413].includes((await raw('['.repeat(100000))).status));
    assert.ok([400, 413].includes((await raw('{"a":'.repeat(10000))).status));
    assert.ok(Date.now() - began < 2000);
  });
  await t.test('DCR-36 too much of anything is refused', async () => {
    assert.ok([400, 413].includes((await raw(JSON.stringify({ x: 'y'.repeat(3000000) })).catch(() => ({ status: 413 }))).status));
    assert.equal((await register(d.base, { redirect_uris: Array.from({ length: 300 }, (_, i) => `https://client.example/${i}`) })).status, 400);
    assert.equal((await register(d.base, { client_name: 'x'.repeat(20000) })).status, 400);
  });
  await t.test('DCR-37 odd numbers are refused or ignored', async () => {
    for (const n of ['1e400', '-1', '9223372036854775808', '1.5']) {
      assert.ok([201, 400].includes((await raw(`{"redirect_uris":["https://client.example/cb"],"default_max_age":${n}}`)).status));
    }
  });
  await t.test('DCR-39 members in another case are unknown', async () => {
    assert.equal((await raw('{"Redirect_URIs":["https://client.example/cb"]}')).status, 400);
    const r = await raw('{"redirect_uris":["https://client.example/cb"],"CLIENT_NAME":"Evil"}');
    assert.notEqual(r.json.client_name, 'Evil');
  });
  await t.test('DCR-40 what is not JSON is refused', async () => {
    const good = '{"redirect_uris":["https://client.example/cb"]}';
    for (const body of ['', '{', `\ufeff${good}`, `${good} x`, '{"redirect_uris":["https://client.example/cb"],"redirect_uris":["https://evil.example/cb"]}',
      '{"redirect_uris":["https://client.example/cb"],"client_name":"\\ud800"}', Buffer.from([...Buffer.from('{"client_name":"'), 0xff, ...Buffer.from('"}')])]) {
      const r = await raw(body);
      assert.equal(r.status, 400, String(body));
      assert.ok(r.json.error);
    }
  });
  await t.test('DCR-41 another Content-Type is refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) assert.ok([400, 415].includes((await raw('{"redirect_uris":["https://client.example/cb"]}', type)).status));
  });
  await t.test('DCR-45 an unknown authentication method is invalid_client_metadata', async () => {
    assert.equal((await register(d.base, { token_endpoint_auth_method: 'magic' })).json.error, 'invalid_client_metadata');
  });
  await t.test('registrations leave no row behind, and a restart forgets none', async () => {
    const c = (await register(d.base, { client_name: 'Sealed' })).json;
    await d.stop();
    await d.start();
    const back = new Jar(d.base);
    await back.signIn();
    assert.ok((await authorize(back, c.client_id)).code);
  });
  await t.test('DCR-44 a burst from one address is slowed down with Retry-After', async () => {
    let limited;
    for (let i = 0; i < 400 && !limited; i++) {
      const r = await register(d.base, { client_name: `Burst ${i}` });
      if (r.status === 429) limited = r;
    }
    assert.ok(limited, 'never limited');
    assert.ok(+limited.headers.get('retry-after') >= 1);
  });
});
