// RFC 7592 at the real binary: a client looks at its registration, replaces it, deletes itself; and nobody else does.
import { story, assert, until } from './lib/story.mjs';
import { serve } from './lib/daemon.mjs';
import { kept, refused } from './lib/kept.mjs';
import { assertion, keyPair, proof } from './lib/assertion.mjs';
import { twoNodes } from './lib/nodes.mjs';
import { Jar, register, authorize, tokens, refresh, post, ask, mcp, initialize } from './lib/oauth.mjs';

const CB = 'https://client.example/cb';
const bearer = (token) => (token ? { authorization: `Bearer ${token}` } : {});
const get = (c, token = c.registration_access_token) => ask(c.registration_client_uri, { headers: bearer(token) });
const put = (c, body, token = c.registration_access_token) =>
  ask(c.registration_client_uri, { method: 'PUT', headers: { 'content-type': 'application/json', ...bearer(token) }, body: JSON.stringify({ client_id: c.client_id, redirect_uris: [CB], ...body }) });
const remove = (c, token = c.registration_access_token) => ask(c.registration_client_uri, { method: 'DELETE', headers: bearer(token) });

export default story('registration management', async (t) => {
  const d = await serve(t, {});
  const res = `${d.base}/mcp`;
  let jar = new Jar(d.base);
  await jar.signIn();
  const no = (send, status, error) => refused(d, send, status, error);

  await t.test('a registration says where and with what it is managed, and reading it gives it again', async () => {
    const c = (await register(d.base, { token_endpoint_auth_method: 'client_secret_basic', scope: 'users:read' })).json;
    assert.equal(c.registration_client_uri, `${d.base}/register/${c.client_id}`);
    assert.match(c.registration_access_token, /^gh_ra_[A-Za-z0-9_-]{43}$/);
    const r = await kept(d, () => get(c));
    assert.equal(r.status, 200, r.text);
    assert.equal(r.headers.get('cache-control'), 'no-store');
    const { client_id_issued_at, ...rest } = c;
    assert.ok(client_id_issued_at);
    assert.deepEqual(r.json, rest);
  });
  await t.test('DCR-43 the token of another client, none, and a wrong one are 401, and nothing changes', async () => {
    const mine = (await register(d.base)).json;
    const theirs = (await register(d.base, { client_name: 'Theirs' })).json;
    const x = await tokens(d.base, { jar, client: theirs });
    for (const token of [mine.registration_access_token, '', 'gh_ra_x', theirs.registration_access_token.slice(0, -1), x.access_token]) {
      for (const send of [() => get(theirs, token), () => put(theirs, { redirect_uris: ['https://evil.example/cb'] }, token), () => remove(theirs, token)]) {
        const r = await no(send, 401, 'invalid_token');
        assert.equal(r.headers.get('www-authenticate'), 'Bearer error="invalid_token"');
      }
    }
    const basic = { authorization: 'Basic ' + Buffer.from(`${theirs.client_id}:x`).toString('base64') };
    await no(() => ask(theirs.registration_client_uri, { method: 'DELETE', headers: basic }), 401, 'invalid_token');
    assert.deepEqual((await get(theirs)).json.redirect_uris, [CB]);
    assert.equal((await refresh(d.base, theirs.client_id, x.refresh_token)).status, 200);
  });
  await t.test('replacing counts at once, for everything that is read with the store, and survives a restart', async () => {
    const c = (await register(d.base, { client_name: 'Before', client_uri: 'https://before.example' })).json;
    const x = await tokens(d.base, { jar, client: c });
    const r = await put(c, { client_name: 'After', redirect_uris: ['https://after.example/cb'], grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_post' });
    assert.equal(r.status, 200, r.text);
    assert.equal(r.json.client_name, 'After');
    assert.equal(r.json.client_uri, undefined);
    assert.equal(r.json.client_id, c.client_id);
    assert.deepEqual(r.json.grant_types, c.grant_types, 'what the id says of grants is kept');
    assert.equal(r.json.token_endpoint_auth_method, 'none', 'and of the method');
    assert.equal(r.json.client_secret, undefined);
    await d.stop();
    await d.start();
    jar = new Jar(d.base);
    await jar.signIn();
    assert.equal((await get(c)).json.client_name, 'After');
    const before = await kept(d, () => authorize(jar, c.client_id));
    assert.deepEqual([before.code, before.response.status], [null, 400], 'the redirect before is none any more');
    assert.ok((await authorize(jar, c.client_id, { redirect_uri: 'https://after.example/cb' })).code);
    assert.equal((await refresh(d.base, c.client_id, x.refresh_token)).status, 200, 'what was given before stays');
  });
  await t.test('a hostile replacement is refused like a hostile registration', async () => {
    const c = (await register(d.base)).json;
    await no(() => put(c, { redirect_uris: ['javascript:alert(1)'] }), 400, 'invalid_redirect_uri');
    await no(() => put(c, { client_id: 'other' }), 400, 'invalid_client_metadata');
    await no(() => put(c, { client_secret: 'chosen' }), 400, 'invalid_client_metadata');
    await no(() => put(c, { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', d: 'AA' }] } }), 400, 'invalid_client_metadata');
    const headers = bearer(c.registration_access_token);
    await no(() => ask(c.registration_client_uri, { method: 'PUT', headers, body: 'x' }), 415, 'invalid_request');
    const r = await no(() => ask(c.registration_client_uri, { method: 'POST', headers, body: '{}' }), 405, 'invalid_request');
    assert.equal(r.headers.get('allow'), 'GET, HEAD, PUT, DELETE');
  });
  await t.test('deleting ends every grant at once, and the client is nobody everywhere, also after a restart', async () => {
    const c = (await register(d.base, { client_name: 'Going', token_endpoint_auth_method: 'client_secret_post' })).json;
    const secret = { client_id: c.client_id, client_secret: c.client_secret };
    const give = async () => {
      const a = await authorize(jar, c.client_id);
      return { a, x: (await post(`${d.base}/token`, { grant_type: 'authorization_code', code: a.code, redirect_uri: CB, code_verifier: a.verifier, ...secret })).json };
    };
    const { x } = await give();
    const open = await authorize(jar, c.client_id);
    assert.equal((await mcp(res, x.access_token, initialize)).status, 200);
    const gone = await remove(c);
    assert.equal(gone.status, 204, gone.text);
    assert.equal(gone.text, '');
    assert.equal((await mcp(res, x.access_token, initialize)).status, 401, 'its access token is dead at the next request');
    const nobody = async () => {
      for (const fields of [
        { grant_type: 'refresh_token', refresh_token: x.refresh_token }, { grant_type: 'refresh_token', refresh_token: 'gh_rt_x' },
        { grant_type: 'authorization_code', code: open.code, redirect_uri: CB, code_verifier: open.verifier },
      ]) {
        await no(() => post(`${d.base}/token`, { ...fields, ...secret }), 401, 'invalid_client');
      }
      await no(() => post(`${d.base}/revoke`, { token: x.refresh_token, ...secret }), 401, 'invalid_client');
      const page = await kept(d, () => authorize(jar, c.client_id));
      assert.deepEqual([page.code, page.response.status, page.response.location], [null, 400, null]);
      for (const send of [() => get(c), () => put(c, {}), () => remove(c)]) await no(send, 401, 'invalid_token');
    };
    await nobody();
    await d.stop();
    await d.start();
    jar = new Jar(d.base);
    await jar.signIn();
    await nobody();
    assert.doesNotMatch((await jar.ask('/account/connections')).text, /Going/);
  });
  await t.test('a client that never had a row can delete itself too', async () => {
    const c = (await register(d.base, { client_name: 'Unused' })).json;
    assert.equal((await remove(c)).status, 204);
    const page = await kept(d, () => authorize(jar, c.client_id));
    assert.deepEqual([page.code, page.response.status], [null, 400]);
    await no(() => refresh(d.base, c.client_id, 'gh_rt_x'), 401, 'invalid_client');
  });
  await t.test('a web page may manage its own registration: preflights are answered', async () => {
    const r = await ask(`${d.base}/register/x`, { method: 'OPTIONS', headers: { origin: 'https://app.example', 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization, content-type' } });
    assert.equal(r.status, 204);
    assert.equal(r.headers.get('access-control-allow-methods'), 'GET, HEAD, PUT, DELETE');
    assert.equal(r.headers.get('access-control-allow-headers'), 'authorization, content-type');
  });

  // Two nodes on one PostgreSQL: what one deletes the other does not know any more, and an assertion is good once in all.
  const { base, two } = await twoNodes(t);
  const signer = keyPair('1');
  const away = new Jar(base);
  await away.signIn();

  await t.test('a client deleted on one node is nobody on the other, and its tokens are dead there within a second', async () => {
    const c = (await register(base)).json;
    const x = await tokens(base, { jar: away, client: c });
    assert.equal((await mcp(`${two}/mcp`, x.access_token, initialize)).status, 200);
    assert.equal((await remove(c)).status, 204);
    const r = await refresh(two, c.client_id, x.refresh_token);
    assert.deepEqual([r.status, r.json.error], [401, 'invalid_client']);
    // the feed is read twice a second; that it is within one, only a clock tells
    await until('the other node to know', async () => (await mcp(`${two}/mcp`, x.access_token, initialize)).status === 401, 1000);
  });
  await t.test('CA-21 an assertion used on one node is refused by the other, and of two at once one is taken', async () => {
    const c = (await register(base, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [signer.jwk] } })).json;
    const made = () => assertion(signer, c.client_id, base);
    const redeem = async (node, text) => {
      const a = await authorize(away, c.client_id);
      return post(`${node}/token`, { grant_type: 'authorization_code', code: a.code, redirect_uri: CB, code_verifier: a.verifier, ...proof(text) });
    };
    const once = made();
    assert.equal((await redeem(base, once)).status, 200);
    const again = await redeem(two, once);
    assert.deepEqual([again.status, again.json.error], [401, 'invalid_client']);
    for (let i = 0; i < 5; i++) {
      const both = made();
      const all = await Promise.all([base, two].map((n) => redeem(n, both)));
      assert.deepEqual(all.map((r) => r.status).sort(), [200, 401], all.map((r) => r.text).join('\n'));
    }
  });
});
