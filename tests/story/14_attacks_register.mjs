// spec attacks, area dynamic registration.
import { createServer } from 'node:http';
import { story, assert } from './lib/story.mjs';
import { serve } from './lib/daemon.mjs';
import { Jar, register, authorize, authorizeQuery, pkce, ask } from './lib/oauth.mjs';
import { kept, refused } from './lib/kept.mjs';
import { said } from './lib/said.mjs';
import { announced } from './lib/wire.mjs';

export default story('attacks registration', async (t) => {
  const d = await serve(t, {});
  const raw = (body, type = 'application/json') => ask(`${d.base}/register`, { method: 'POST', headers: { 'content-type': type }, body });
  const jar = new Jar(d.base);
  await jar.signIn();
  const no = (body, error) => refused(d, () => register(d.base, body), 400, error);
  const noRaw = (body, status, error, type) => refused(d, () => raw(body, type), status, error);

  const bad = {
    'DCR-01': 'javascript:alert(document.domain)', 'DCR-03': 'vbscript:x', 'DCR-04': 'file:///etc/passwd', 'DCR-05, M-118': 'http://evil.example/cb', 'DCR-07': 'https://*.example/cb',
    'DCR-08': '/cb', 'DCR-09': 'https://good.example@evil.example/cb', 'DCR-11': 'about:blank', 'DCR-12': 'blob:https://x/1', 'DCR-13': 'java\tscript:alert(1)', 'DCR-15': '',
    'a fragment': 'https://client.example/cb#x', 'data': 'data:text/html,x', 'another loopback address': 'http://127.0.0.2/cb',
  };
  for (const [id, uri] of Object.entries(bad)) {
    await t.test(`${id} is invalid_redirect_uri`, async () => {
      const r = await no({ redirect_uris: [uri] }, 'invalid_redirect_uri');
      assert.equal(r.json.client_id, undefined);
    });
  }
  await t.test('DCR-16, M-85 redirect_uris of another shape is 400', async () => {
    for (const v of [[], undefined, 'https://client.example/cb', [1], null, [['https://client.example/cb']]]) {
      await no({ redirect_uris: v }, 'invalid_redirect_uri');
    }
  });
  await t.test('DCR-17, DCR-19 grants and response types that we do not have are dropped', async () => {
    const r = (await register(d.base, { grant_types: ['authorization_code', 'password', 'implicit', 'urn:ietf:params:oauth:grant-type:token-exchange'], response_types: ['code', 'token'] })).json;
    assert.deepEqual(r.grant_types, ['authorization_code']);
    assert.deepEqual(r.response_types, ['code']);
  });
  await t.test('DCR-20 client_id and client_secret of the caller are ignored', async () => {
    const open = (await register(d.base, { client_id: 'mine', client_secret: 'mine' })).json;
    assert.match(open.client_id, /^gh_c_/);
    assert.equal(open.client_secret, undefined);
    const closed = (await register(d.base, { client_secret: 'mine', token_endpoint_auth_method: 'client_secret_post' })).json;
    assert.match(closed.client_secret, /^gh_cs_/);
  });
  await t.test('DCR-21, X-29 a scope that is not ours is dropped', async () => {
    const r = await register(d.base, { scope: 'admin mxcp:access users:read' });
    assert.equal(r.status, 201);
    assert.equal(r.json.scope, 'users:read');
  });
  await t.test('DCR-23, DCR-24 jwks with a private key, or beside jwks_uri, is refused', async () => {
    await no({ jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', d: 'AA' }] } }, 'invalid_client_metadata');
    await no({ jwks: { keys: [] }, jwks_uri: 'https://client.example/jwks' }, 'invalid_client_metadata');
  });
  await t.test('DCR-25…29 nothing that a registration names is ever fetched', async () => {
    let hits = 0;
    const canary = createServer((q, s) => (hits++, s.end()));
    await new Promise((ok) => canary.listen(0, '127.0.0.1', ok));
    t.defer(() => new Promise((ok) => canary.close(ok)));
    const u = `http://127.0.0.1:${canary.address().port}/x`;
    for (const k of ['logo_uri', 'sector_identifier_uri', 'initiate_login_uri', 'backchannel_logout_uri', 'jwks_uri', 'policy_uri', 'tos_uri', 'client_uri']) {
      const r = await register(d.base, { [k]: u });
      assert.deepEqual([r.status, r.json[k]], [201, undefined], k);
      const go = await jar.ask(`/authorize?${authorizeQuery(r.json.client_id, pkce().challenge)}`);
      assert.equal((await jar.ask(go.location)).status, 200, k);
    }
    const r = await register(d.base, { request_uris: [u], software_statement: 'x.y.z' });
    assert.deepEqual([r.status, r.json.request_uris, r.json.software_statement], [201, undefined, undefined]);
    assert.equal(hits, 0);
  });
  await t.test('DCR-31, DCR-32, DCR-33 hostile names and addresses are escaped or left out of the consent page', async () => {
    const r = await register(d.base, { client_name: '"><script>alert(1)</script>', client_uri: 'javascript:alert(1)', logo_uri: 'https://evil.example/logo.png', tos_uri: 'data:text/html,x' });
    assert.equal(r.status, 201, r.text);
    for (const k of ['client_uri', 'logo_uri', 'tos_uri']) assert.equal(r.json[k], undefined, k);
    const go = await jar.ask(`/authorize?${authorizeQuery(r.json.client_id, pkce().challenge)}`);
    const page = await jar.ask(go.location);
    assert.equal(page.status, 200);
    assert.match(page.text, /<bdi>&quot;&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;<\/bdi>/);
    assert.doesNotMatch(page.text, /<script>alert|javascript:|evil\.example|data:text/);
  });
  await t.test('a name with direction or control characters is refused', async () => {
    for (const client_name of ['Clau\u202ede', 'a\nb', '\u200bClaude']) await no({ client_name }, 'invalid_client_metadata');
    const r = await no({ client_name: 'a\u0000b' }, 'invalid_request');
    assert.equal(said(r), 'The body is not valid JSON.');
  });
  await t.test('DCR-35 JSON 100 000 deep is refused', async () => {
    await noRaw('['.repeat(100000), 413, 'invalid_request');
    // and as deep as a body of this address can be
    for (const body of ['['.repeat(65536), '{"a":'.repeat(10000)]) assert.equal(said(await noRaw(body, 400, 'invalid_request')), 'The JSON is nested too deeply.');
  });
  await t.test('DCR-36 too much of anything is refused', async () => {
    const r = await kept(d, () => announced(d.port, '/register', 3000000));
    assert.deepEqual(r.statuses, [413]);
    assert.match(r.text, /"error":"invalid_request","error_description":"The body of the request is too large\. /);
    await no({ redirect_uris: Array.from({ length: 300 }, (_, i) => `https://client.example/${i}`) }, 'invalid_redirect_uri');
    await no({ client_name: 'x'.repeat(20000) }, 'invalid_client_metadata');
  });
  await t.test('DCR-37 odd numbers in a member that we do not have are ignored', async () => {
    for (const n of ['1e400', '-1', '9223372036854775808', '1.5']) {
      const r = await raw(`{"redirect_uris":["https://client.example/cb"],"default_max_age":${n}}`);
      assert.deepEqual([r.status, r.json.default_max_age], [201, undefined], n);
    }
  });
  await t.test('DCR-39 members in another case are unknown', async () => {
    await noRaw('{"Redirect_URIs":["https://client.example/cb"]}', 400, 'invalid_redirect_uri');
    const r = await raw('{"redirect_uris":["https://client.example/cb"],"CLIENT_NAME":"Evil"}');
    assert.deepEqual([r.status, r.json.client_name, r.json.CLIENT_NAME], [201, undefined, undefined]);
  });
  const good = '{"redirect_uris":["https://client.example/cb"]}';
  await t.test('DCR-40 what is not JSON is refused', async () => {
    for (const body of ['', '{', `\ufeff${good}`, `${good} x`,
      '{"redirect_uris":["https://client.example/cb"],"client_name":"\\ud800"}', Buffer.from([...Buffer.from('{"client_name":"'), 0xff, ...Buffer.from('"}')])])
      assert.equal(said(await noRaw(body, 400, 'invalid_request')), 'The body is not valid JSON.', String(body));
    const twice = await noRaw('{"redirect_uris":["https://client.example/cb"],"redirect_uris":["https://evil.example/cb"]}', 400, 'invalid_request');
    assert.equal(said(twice), 'A member appears twice in a JSON object.');
  });
  await t.test('DCR-41 another Content-Type is refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) await noRaw(good, 415, 'invalid_request', type);
  });
  await t.test('DCR-45 an unknown authentication method is invalid_client_metadata', async () => void await no({ token_endpoint_auth_method: 'magic' }, 'invalid_client_metadata'));
  await t.test('registrations leave no row behind, and a restart forgets none', async () => {
    const c = (await kept(d, () => register(d.base, { client_name: 'Sealed' }))).json;
    await d.stop();
    await d.start();
    const back = new Jar(d.base);
    await back.signIn();
    assert.ok((await authorize(back, c.client_id)).code);
  });
  await t.test('DCR-44 a burst from one address is slowed down with Retry-After', async () => {
    let r;
    for (let i = 0; i < 400 && r?.status !== 429; i++) {
      r = await register(d.base, { client_name: `Burst ${i}` });
      if (r.status !== 429) assert.equal(r.status, 201, r.text);
    }
    assert.deepEqual([r.status, r.json.error, r.json.client_id], [429, 'temporarily_unavailable', undefined]);
    assert.match(r.headers.get('retry-after'), /^[1-9]\d?$/, 'within the minute');
  });
});
