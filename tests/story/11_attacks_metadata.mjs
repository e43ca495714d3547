// spec attacks, area metadata, and the documents' exact shape.
import { story, assert } from './lib/story.mjs';
import { serve } from './lib/daemon.mjs';
import { wire } from './lib/wire.mjs';
import { ask } from './lib/oauth.mjs';
import { kept } from './lib/kept.mjs';

export default story('attacks metadata', async (t) => {
  const d = await serve(t, {});
  const at = '/.well-known/oauth-authorization-server';
  const plain = await ask(d.base + at);

  await t.test('DISC-01 the issuer is the address the document was fetched under', () => assert.equal(plain.json.issuer, d.base));

  for (const [id, headers] of Object.entries({
    'DISC-03': { 'x-forwarded-host': 'evil.example' },
    'DISC-05': { forwarded: 'host=evil.example;proto=https' },
    'DISC-06': { 'x-forwarded-prefix': '/evil', 'x-forwarded-port': '1', 'x-original-url': '/evil', 'x-forwarded-proto': 'https' },
  })) {
    await t.test(`${id} changes no value`, async () => assert.equal((await ask(d.base + at, { headers })).text, plain.text));
  }

  await t.test('DISC-02 another Host gets no document', async () => {
    const r = await kept(d, () => wire(d.port, `GET ${at} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`));
    assert.deepEqual(r.statuses, [421]);
    assert.doesNotMatch(r.text, /evil\.example/);
  });

  await t.test('DISC-07 an absolute target of another host does not poison', async () => {
    const r = await wire(d.port, `GET http://evil.example${at} HTTP/1.1\r\nHost: localhost:${d.port}\r\nConnection: close\r\n\r\n`);
    assert.deepEqual(r.statuses, [400]);
    assert.match(r.text, /"The request must have exactly one Host header\. \(why w[0-9a-z]{10}\)"/);
    assert.doesNotMatch(r.text, /evil\.example/);
    const agreed = await kept(d, () => wire(d.port, `GET http://evil.example${at} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`));
    assert.deepEqual(agreed.statuses, [421]);
    assert.equal((await ask(d.base + at)).text, plain.text, 'whoever asks next gets the same as before');
  });

  await t.test('DISC-09 no implicit, no password', () => {
    assert.deepEqual(plain.json.response_types_supported, ['code']);
    assert.deepEqual(plain.json.response_modes_supported, ['query']);
    assert.deepEqual(plain.json.grant_types_supported, ['authorization_code', 'refresh_token', 'client_credentials', 'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:token-exchange', 'urn:ietf:params:oauth:grant-type:jwt-bearer']);
  });
  await t.test('DISC-10 iss in answers is announced', () => assert.equal(plain.json.authorization_response_iss_parameter_supported, true));
  await t.test('DISC-11 neither none nor HS anywhere', () => {
    const all = ['ES256', 'RS256', 'PS256', 'EdDSA'];
    assert.deepEqual(Object.fromEntries(Object.entries(plain.json).filter(([k]) => /_alg_values_supported$|_signing_alg_/.test(k))), {
      token_endpoint_auth_signing_alg_values_supported: all,
      revocation_endpoint_auth_signing_alg_values_supported: all,
      introspection_endpoint_auth_signing_alg_values_supported: all,
      introspection_signing_alg_values_supported: ['ES256'],
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'RS256', 'PS256'],
      id_token_signing_alg_values_supported: ['ES256'],
    });
    assert.doesNotMatch(plain.text, /"HS/);
  });

  await t.test('every spelling of the document is the same', async () => {
    assert.equal((await ask(`${d.base}/.well-known/openid-configuration`)).text, plain.text);
    assert.deepEqual(plain.json.code_challenge_methods_supported, ['S256']);
    assert.doesNotMatch(plain.text, /null|""/);
    assert.equal(plain.headers.get('content-type'), 'application/json');
  });

  await t.test('the endpoints it names answer, and the old spellings too', async () => {
    for (const k of ['token_endpoint', 'registration_endpoint', 'revocation_endpoint']) {
      assert.equal((await ask(plain.json[k], { method: 'GET' })).status, 405, k);
    }
    for (const name of ['authorize', 'token', 'register', 'revoke', 'introspect', 'userinfo', 'par', 'device_authorization']) {
      const of = async (p) => {
        const r = await ask(`${d.base}${p}/${name}`, { method: 'PUT' });
        return { status: r.status, allow: r.headers.get('allow'), words: r.json?.error_description.replace(/ \(why .*/, '') };
      };
      const plain = await of('');
      assert.equal(plain.status, 405, name);
      for (const p of ['/oauth', '/oauth2']) assert.deepEqual(await of(p), plain, `${p}/${name}`);
    }
  });
  await t.test('who opens a program\'s address in a browser reads what it is, and a program reads the same as JSON', async () => {
    for (const [p, words, allow] of [
      ['/token', 'This address is the token endpoint, where applications get tokens. It takes POST.', 'POST'],
      ['/introspect', 'This address is the introspection endpoint, where servers ask about tokens. It takes POST.', 'POST'],
      ['/register', 'This address is the registration endpoint, where applications introduce themselves. It takes POST.', 'POST'],
      ['/par', 'This address is the endpoint for pushed authorization requests, which applications send ahead. It takes POST.', 'POST'],
    ]) {
      const program = await ask(d.base + p);
      assert.equal(program.status, 405);
      assert.equal(program.headers.get('allow'), allow);
      assert.equal(program.json.error, 'invalid_request');
      assert.equal(program.json.error_description.replace(/ \(why w\w{10}\)$/, ''), words);
      const person = await ask(d.base + p, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
      assert.equal(person.status, 405);
      assert.equal(person.headers.get('content-type'), 'text/html; charset=utf-8');
      assert.ok(person.text.replace(/>\s+</g, '><').includes(`<h1>This is not a page</h1><p class="lead">${words}</p>`), person.text);
      assert.match(person.headers.get('content-security-policy'), /default-src 'none'/);
    }
  });

  await t.test('a client that was given the address of the house is told where servers are, in JSON', async () => {
    const r = await ask(d.base, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }, body: '{}' });
    assert.equal(r.status, 405);
    assert.equal(r.headers.get('allow'), 'GET, HEAD');
    assert.equal(r.json.error, 'invalid_request');
    assert.match(r.json.error_description, /^This address is a page for people\. MCP servers have addresses of their own, which the start page shows and gatehouse snippet prints\. /);
  });
  await t.test('JWT-18 the key set holds public keys only', async () => {
    const { json } = await ask(plain.json.jwks_uri);
    // the one that signs, and the one that will sign after it
    assert.equal(json.keys.length, 2);
    for (const k of json.keys) {
      assert.deepEqual(Object.keys(k), ['kty', 'crv', 'x', 'y', 'kid', 'use', 'alg']);
      assert.deepEqual([k.kty, k.crv, k.use, k.alg], ['EC', 'P-256', 'sig', 'ES256']);
    }
    assert.notEqual(json.keys[0].kid, json.keys[1].kid);
  });

  await t.test('B-13 and A-04: the root and the path form of the resource metadata answer', async () => {
    for (const p of ['', '/mcp']) {
      const r = await ask(`${d.base}/.well-known/oauth-protected-resource${p}`);
      assert.equal(r.status, 200);
      assert.equal(r.json.resource, `${d.base}/mcp`);
      assert.deepEqual(r.json.authorization_servers, [d.base]);
      assert.deepEqual(r.json.bearer_methods_supported, ['header']);
    }
    const unknown = await kept(d, () => ask(`${d.base}/.well-known/oauth-protected-resource/nowhere`));
    assert.equal(unknown.status, 404);
    assert.equal(unknown.json.error, 'not_found');
  });

  await t.test('browsers of any origin may read the documents, and preflights are answered without credentials', async () => {
    const documents = [at, '/.well-known/oauth-protected-resource/mcp', '/.well-known/jwks.json'];
    for (const p of documents) {
      const r = await ask(d.base + p, { headers: { origin: 'https://app.example' } });
      assert.equal(r.status, 200, p);
      assert.equal(r.headers.get('access-control-allow-origin'), '*', p);
      assert.equal(r.headers.get('access-control-allow-credentials'), null, p);
    }
    for (const p of [...documents, '/register', '/token', '/revoke']) {
      const r = await ask(d.base + p, { method: 'OPTIONS', headers: { origin: 'https://app.example',
        'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type,mcp-protocol-version' } });
      assert.equal(r.status, 204, p);
      assert.equal(r.headers.get('access-control-allow-origin'), '*', p);
      assert.equal(r.headers.get('access-control-allow-credentials'), null, p);
      assert.equal(r.headers.get('access-control-allow-headers'), 'authorization, content-type, mcp-protocol-version', p);
      assert.equal(r.headers.get('access-control-allow-methods'), documents.includes(p) ? 'GET, HEAD' : 'POST', p);
    }
  });
  await t.test('AUTHZ-49 pages have no CORS', async () => {
    for (const [p, method, status] of [['/authorize', 'OPTIONS', 405], ['/authorize', 'GET', 400], ['/login', 'OPTIONS', 405], ['/login', 'GET', 200]]) {
      const r = await kept(d, () => ask(d.base + p, { method, headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' } }));
      assert.equal(r.status, status, `${method} ${p}`);
      for (const h of ['origin', 'methods', 'headers', 'credentials']) assert.equal(r.headers.get(`access-control-allow-${h}`), null, `${method} ${p}`);
    }
  });
});
