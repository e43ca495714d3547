// spec attacks, areas code, pkce (the token side), refresh, token endpoint, client authentication, revocation, JWT at the resource.
import { createHmac, createHash, generateKeyPairSync, sign as nodeSign } from 'node:crypto';
import { story, assert } from './lib/story.mjs';
import { serve, OWNER } from './lib/daemon.mjs';
import { Jar, register, authorize, tokens, refresh, post, ask, mcp, initialize, b64url, form, pkce, authorizeQuery } from './lib/oauth.mjs';
import { dump, kept } from './lib/kept.mjs';
import { said } from './lib/said.mjs';
import { wire } from './lib/wire.mjs';

const CB = 'https://client.example/cb';
const s256 = (text) => b64url(createHash('sha256').update(text).digest());
const UNREADABLE = 'The parameters cannot be read: broken escapes, bad UTF-8, a NUL or too many of them.';

export default story('attacks token', async (t) => {
  const d = await serve(t, {});
  const url = `${d.base}/token`;
  const res = `${d.base}/mcp`;
  const jar = new Jar(d.base);
  await jar.signIn();
  const pub = (await register(d.base, { client_name: 'Public' })).json;
  const other = (await register(d.base, { client_name: 'Other' })).json;
  const conf = (await register(d.base, { client_name: 'Confidential', token_endpoint_auth_method: 'client_secret_basic' })).json;
  const postc = (await register(d.base, { client_name: 'Poster', token_endpoint_auth_method: 'client_secret_post' })).json;
  const basic = (id, secret) => ({ authorization: 'Basic ' + Buffer.from(`${id}:${secret}`).toString('base64') });
  const code = (client = pub) => authorize(jar, client.client_id);
  const redeem = (a, extra = {}, headers = {}) =>
    post(url, { grant_type: 'authorization_code', client_id: pub.client_id, code: a.code, redirect_uri: CB, code_verifier: a.verifier, ...extra }, headers);
  const refused = (r, error, status = 400) => {
    assert.equal(r.json?.error, error, `${r.status} ${r.text}`);
    assert.equal(r.status, status, r.text);
    assert.match(r.json.error_description, /\bw[0-9a-z]{10}\b/);
    assert.equal(r.headers.get('cache-control'), 'no-store');
  };
  // Refused, and no row is another than before but in the tables that are named.
  const no = async (send, error, status = 400, ...but) => {
    const r = await kept(d, send, ...but);
    refused(r, error, status);
    return r;
  };
  const works = async (token) => (await mcp(res, token, initialize)).status;

  for (const [id, verifier, error] of [['PKCE-10', () => undefined, 'invalid_grant'], ['PKCE-11', () => '', 'invalid_grant'],
    ['PKCE-17', (a) => a.verifier + '\0junk', 'invalid_request']]) {
    await t.test(`${id} is refused with 400, and the code lives`, async () => {
      const a = await code();
      await no(() => redeem(a, { code_verifier: verifier(a) }), error);
      assert.equal((await redeem(a)).status, 200);
    });
  }
  for (const [id, verifier] of [['PKCE-18', 'short12345'], ['PKCE-19', 'a b'.repeat(20)]]) {
    await t.test(`${id} is refused with 400, though it meets its challenge`, async () => {
      const a = await authorize(jar, pub.client_id, { code_challenge: s256(verifier) });
      await no(() => redeem(a, { code_verifier: verifier }), 'invalid_grant');
    });
  }
  for (const [id, change] of [['PKCE-13', (a) => ({ code_verifier: s256(a.verifier) })],
    ['PKCE-14', (a) => ({ code_verifier: s256(a.verifier), code_challenge_method: 'plain' })], ['PKCE-15', (a) => ({ code_verifier: a.verifier + 'x' })]]) {
    await t.test(`${id} is refused with 400, and the code is spent`, async () => {
      const a = await code();
      await no(() => redeem(a, change(a)), 'invalid_grant', 400, 'code');
      refused(await redeem(a), 'invalid_grant');
    });
  }

  await t.test('CODE-01, CODE-02 a code used twice is refused and its tokens die at once', async () => {
    const a = await code();
    const first = await redeem(a);
    assert.equal(first.status, 200, first.text);
    assert.equal(await works(first.json.access_token), 200);
    refused(await redeem(a), 'invalid_grant');
    assert.equal(await works(first.json.access_token), 401);
    refused(await refresh(d.base, pub.client_id, first.json.refresh_token), 'invalid_grant');
  });
  await t.test('CODE-04 another public client cannot spend a code, nor burn it', async () => {
    const a = await code();
    await no(() => redeem(a, { client_id: other.client_id }), 'invalid_grant');
    assert.equal((await redeem(a)).status, 200);
  });
  await t.test('CODE-05 another confidential client cannot spend a code', async () => {
    const a = await code();
    await no(() => redeem(a, { client_id: undefined }, basic(conf.client_id, conf.client_secret)), 'invalid_grant');
    assert.equal((await redeem(a)).status, 200);
  });
  await t.test('CODE-06 another redirect_uri is refused, and the code is spent', async () => {
    const a = await code();
    await no(() => redeem(a, { redirect_uri: CB + '/' }), 'invalid_grant', 400, 'code');
    refused(await redeem(a), 'invalid_grant');
  });
  await t.test('CODE-08, CODE-09, CODE-10 a code cut, lengthened or followed by NUL is refused', async () => {
    const a = await code();
    await no(() => redeem(a, { code: a.code.slice(0, -1) }), 'invalid_grant');
    await no(() => redeem(a, { code: a.code + 'A' }), 'invalid_grant');
    await no(() => redeem(a, { code: a.code + '\0' }), 'invalid_request');
    assert.equal((await redeem(a)).status, 200);
  });
  await t.test('CODE-12 another resource at the token endpoint is invalid_target', async () => {
    const a = await code();
    await no(() => redeem(a, { resource: 'https://other.example/mcp' }), 'invalid_target');
    assert.equal((await redeem(a)).status, 200);
  });
  await t.test('CODE-13 ten codes are long and different', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, async () => (await authorize(jar, pub.client_id)).code));
    assert.equal(new Set(all).size, 10);
    for (const c of all) assert.match(c, /^gh_ac_[A-Za-z0-9_-]{43,}$/);
  });
  await t.test('CODE-14 a code is neither access nor refresh token', async () => {
    const a = await code();
    assert.equal(await kept(d, () => works(a.code)), 401);
    await no(() => refresh(d.base, pub.client_id, a.code), 'invalid_grant');
    assert.equal((await redeem(a)).status, 200);
  });

  await t.test('RT-01 a refresh gives another refresh token, and the answer has every member', async () => {
    const x = await tokens(d.base, { jar, client: pub });
    const r = await refresh(d.base, pub.client_id, x.refresh_token);
    assert.equal(r.status, 200, r.text);
    assert.notEqual(r.json.refresh_token, x.refresh_token);
    assert.deepEqual(Object.keys(r.json).sort(), ['access_token', 'expires_in', 'refresh_token', 'scope', 'token_type']);
    assert.equal(r.json.token_type, 'Bearer');
    assert.equal(r.headers.get('cache-control'), 'no-store');
    assert.equal(r.headers.get('pragma'), 'no-cache');
  });
  await t.test('gemini: two refreshes at once give the same successor', async () => {
    const x = await tokens(d.base, { jar, client: pub });
    const [a, b] = await Promise.all([1, 2].map(() => refresh(d.base, pub.client_id, x.refresh_token)));
    assert.deepEqual([a.status, b.status], [200, 200]);
    assert.equal(a.json.refresh_token, b.json.refresh_token);
  });
  await t.test('RT-02, RT-03 an old refresh token whose successor was used ends the whole family', async () => {
    const x = await tokens(d.base, { jar, client: pub });
    const second = (await refresh(d.base, pub.client_id, x.refresh_token)).json;
    const third = (await refresh(d.base, pub.client_id, second.refresh_token)).json;
    assert.equal(await works(third.access_token), 200);
    refused(await refresh(d.base, pub.client_id, x.refresh_token), 'invalid_grant');
    refused(await refresh(d.base, pub.client_id, third.refresh_token), 'invalid_grant');
    assert.equal(await works(third.access_token), 401);
  });
  await t.test('RT-05 fifteen parallel refreshes never fork the family', async () => {
    const x = await tokens(d.base, { jar, client: pub });
    const all = await Promise.all(Array.from({ length: 15 }, () => refresh(d.base, pub.client_id, x.refresh_token)));
    assert.deepEqual([...new Set(all.map((r) => r.status))], [200]);
    assert.equal(new Set(all.map((r) => r.json.refresh_token)).size, 1);
    assert.equal((await refresh(d.base, pub.client_id, all[0].json.refresh_token)).status, 200);
  });
  await t.test('RT-06 another client cannot use a refresh token, and nothing changes', async () => {
    const x = await tokens(d.base, { jar, client: pub });
    await no(() => refresh(d.base, other.client_id, x.refresh_token), 'invalid_grant');
    assert.equal((await refresh(d.base, pub.client_id, x.refresh_token)).status, 200);
  });
  await t.test('RT-07 and codex: a wider scope on refresh is ignored, not an error', async () => {
    const x = await tokens(d.base, { jar, client: pub, scope: 'users:read' });
    const r = await refresh(d.base, pub.client_id, x.refresh_token, { scope: 'users:read users:write offline_access' });
    assert.equal(r.status, 200, r.text);
    assert.equal(r.json.scope, 'users:read');
  });
  await t.test('RT-09 a refresh token cut, lengthened or in other case is refused', async () => {
    const x = await tokens(d.base, { jar, client: pub });
    for (const bad of [x.refresh_token.slice(0, -1), x.refresh_token + 'A', x.refresh_token.toUpperCase(), x.refresh_token.toLowerCase()]) {
      assert.notEqual(bad, x.refresh_token);
      await no(() => refresh(d.base, pub.client_id, bad), 'invalid_grant');
    }
    assert.equal((await refresh(d.base, pub.client_id, x.refresh_token)).status, 200);
  });
  await t.test('RT-10, RT-11 access and refresh tokens are not each other', async () => {
    const x = await tokens(d.base, { jar, client: pub });
    await no(() => refresh(d.base, pub.client_id, x.access_token), 'invalid_grant');
    assert.equal(await kept(d, () => works(x.refresh_token)), 401);
  });
  await t.test('RT-13, A-33 revoking the refresh token ends its access token at once', async () => {
    const x = await tokens(d.base, { jar, client: pub });
    assert.equal(await works(x.access_token), 200);
    assert.equal((await post(`${d.base}/revoke`, { token: x.refresh_token, client_id: pub.client_id })).status, 200);
    assert.equal(await works(x.access_token), 401);
  });
  await t.test('RT-14 a refresh without client_id is refused', async () => {
    const x = await tokens(d.base, { jar, client: pub });
    const r = await no(() => post(url, { grant_type: 'refresh_token', refresh_token: x.refresh_token }), 'invalid_client', 401);
    assert.equal(said(r), 'The request does not say which client it is of: client_id is missing.');
    assert.equal((await refresh(d.base, pub.client_id, x.refresh_token)).status, 200);
  });
  await t.test('RT-15 refresh_token twice is invalid_request', async () => {
    const x = await tokens(d.base, { jar, client: pub });
    await no(() => post(url, form({ grant_type: 'refresh_token', client_id: pub.client_id, refresh_token: x.refresh_token }) + '&refresh_token=b'), 'invalid_request');
  });

  await t.test('REV-02 a revocation without a client is refused and the token lives', async () => {
    const x = await tokens(d.base, { jar, client: pub });
    await no(() => post(`${d.base}/revoke`, { token: x.refresh_token }), 'invalid_client', 401);
    assert.equal(await works(x.access_token), 200);
  });
  await t.test('REV-03, A-34 an unknown token is 200', async () => {
    const r = await kept(d, () => post(`${d.base}/revoke`, { token: 'garbage', client_id: pub.client_id }));
    assert.deepEqual([r.status, r.json], [200, {}]);
  });
  await t.test('REV-04 a revoked access token is refused at once', async () => {
    const x = await tokens(d.base, { jar, client: pub });
    assert.equal((await post(`${d.base}/revoke`, { token: x.access_token, client_id: pub.client_id, token_type_hint: 'access_token' })).status, 200);
    assert.equal(await works(x.access_token), 401);
  });
  await t.test('a client cannot revoke what is another\'s', async () => {
    const x = await tokens(d.base, { jar, client: pub });
    const r = await kept(d, () => post(`${d.base}/revoke`, { token: x.refresh_token, client_id: other.client_id }));
    assert.deepEqual([r.status, r.json], [200, {}], 'it is not told whether there is such a token');
    assert.equal(await works(x.access_token), 200);
  });

  const fields = { grant_type: 'authorization_code', client_id: pub.client_id, code: 'x', redirect_uri: CB, code_verifier: 'v'.repeat(43) };
  await t.test('TOK-02, TOK-03 parameters in the query are not read', async () => {
    const a = await code();
    await no(() => post(`${url}?${form({ ...fields, code: a.code, code_verifier: a.verifier })}`, ''), 'invalid_request');
    assert.equal((await redeem(a)).status, 200);
    const b = await code(postc);
    const { client_id, client_secret } = postc;
    await no(() => post(`${url}?${form({ client_secret })}`, { ...fields, client_id, code: b.code, code_verifier: b.verifier }), 'invalid_client', 401);
    assert.equal((await redeem(b, { client_id, client_secret })).status, 200);
  });
  for (const [id, headers, body] of [['TOK-04 JSON:', { 'content-type': 'application/json' }, JSON.stringify(fields)], ['TOK-06 an empty one:', { 'content-type': '' }, form(fields)], ['TOK-06 none:', {}, form(fields)],
    ['TOK-07 multipart:', { 'content-type': 'multipart/form-data; boundary=x' }, '--x\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nrefresh_token\r\n--x--']]) {
    await t.test(`${id} another Content-Type is refused`, async () =>
      void await no(() => ask(url, { method: 'POST', headers, body: Buffer.from(body) }), 'invalid_request', 415));
  }
  await t.test('TOK-08 grant_type twice is invalid_request', async () => void await no(() => post(url, form(fields) + '&grant_type=refresh_token'), 'invalid_request'));
  for (const [id, grant_type] of [['TOK-10', 'magic'], ['TOK-11', 'password'], ['TOK-12', 'implicit'], ['TOK-12 upper case', 'AUTHORIZATION_CODE']]) {
    await t.test(`${id} grant_type ${grant_type} is unsupported_grant_type`, async () =>
      void await no(() => post(url, { ...fields, grant_type, username: OWNER.email, password: OWNER.password }), 'unsupported_grant_type'));
  }
  await t.test('TOK-12 grant_type followed by NUL is invalid_request', async () => {
    const r = await no(() => post(url, { ...fields, grant_type: 'authorization_code\0' }), 'invalid_request');
    assert.equal(said(r), UNREADABLE);
  });
  await t.test('TOK-14, TOK-15 broken escapes, bad UTF-8 and NUL are invalid_request', () => kept(d, async () => {
    for (const bad of ['%zz', '%', '%e', '%ff%fe', '%00', '%ed%a0%80']) {
      for (const k of Object.keys(fields)) {
        const body = Object.entries(fields).map(([n, v]) => `${n}=${n === k ? bad : encodeURIComponent(v)}`).join('&');
        const r = await post(url, body);
        refused(r, 'invalid_request');
        assert.equal(said(r), UNREADABLE, `${k}=${bad}`);
      }
    }
  }));
  await t.test('TOK-16 20 000 parameters or 5 000 equal signs are refused', async () => {
    const many = (n) => Array.from({ length: n }, (_, i) => `a${i}=b`).join('&');
    for (const [body, status, words] of [[many(20000), 413, 'The body of the request is too large.'], [many(5000), 400, UNREADABLE],
      ['='.repeat(5000) + '&a=b', 400, 'The parameter grant_type is missing.']]) {
      const r = await no(() => post(url, body), 'invalid_request', status);
      assert.equal(said(r), words);
    }
  });
  await t.test('TOK-18 no origin is answered with credentials', async () => {
    const r = await no(() => post(url, fields, { origin: 'https://evil.example' }), 'invalid_grant');
    assert.equal(r.headers.get('access-control-allow-origin'), '*');
    assert.equal(r.headers.get('access-control-allow-credentials'), null);
  });
  await t.test('what is wrong with a request is named to who writes the client', async () => {
    const secret = (await register(d.base, { token_endpoint_auth_method: 'client_secret_post' })).json;
    const pub = (await register(d.base)).json;
    const at = (path) => (fields) => post(`${d.base}${path}`, fields);
    const code = { grant_type: 'authorization_code', client_id: pub.client_id };
    for (const [send, fields, status, error, words] of [
      [at('/token'), '', 400, 'invalid_request', 'The body is empty: parameters stand there, not in the address.'],
      [at('/token'), { client_id: pub.client_id }, 400, 'invalid_request', 'The parameter grant_type is missing.'],
      [at('/token'), code, 400, 'invalid_request', 'The parameter code is missing.'],
      [at('/token'), `${form(code)}&grant_type=refresh_token`, 400, 'invalid_request', 'The parameter grant_type was sent more than once.'],
      [at('/token'), { ...code, code_verifier: 'x'.repeat(5000) }, 400, 'invalid_request', 'The parameter code_verifier is too long.'],
      [at('/token'), { grant_type: 'refresh_token', client_id: pub.client_id }, 400, 'invalid_request', 'The parameter refresh_token is missing.'],
      [at('/token'), { grant_type: 'refresh_token', refresh_token: 'x' }, 401, 'invalid_client', 'The request does not say which client it is of: client_id is missing.'],
      [at('/token'), { grant_type: 'refresh_token', refresh_token: 'x', client_id: secret.client_id }, 401, 'invalid_client', 'This client has a secret or a key, and the request shows neither.'],
      [at('/token'), { grant_type: 'refresh_token', refresh_token: 'x', client_id: secret.client_id, client_secret: 'guess' }, 401, 'invalid_client', 'The client could not prove who it is.'],
      [at('/introspect'), { token: 'x' }, 401, 'invalid_client', 'The request does not say which client it is of: client_id is missing.'],
      [at('/revoke'), { client_id: pub.client_id }, 400, 'invalid_request', 'The parameter token is missing.'],
    ]) {
      const r = await no(() => send(fields), error, status);
      assert.equal(said(r), words);
    }
    for (const redirect_uris of [undefined, 'http://localhost/cb', []]) {
      const r = await no(() => register(d.base, { redirect_uris }), 'invalid_redirect_uri');
      assert.equal(said(r), 'The member redirect_uris has to be a list with at least one address.');
    }
    for (const [body, words] of [
      [{ grant_types: ['client_credentials'] }, 'grant_types has none that can be registered here'],
      [{ token_endpoint_auth_method: 'client_secret_jwt' }, 'token_endpoint_auth_method client_secret_jwt'],
      [{ client_name: 7 }, 'client_name is not a string'],
    ]) {
      const r = await no(() => register(d.base, body), 'invalid_client_metadata');
      assert.equal(said(r), `The client metadata cannot be accepted: ${words}.`);
    }
    const odd = await no(() => register(d.base, { token_endpoint_auth_method: '"<b>' }), 'invalid_client_metadata');
    assert.equal(said(odd), 'The client metadata cannot be accepted.', 'what cannot stand in an answer is left out');
    const target = async (resource) => {
      const r = await ask(`${d.base}/authorize?${authorizeQuery(pub.client_id, pkce().challenge)}${resource.map((x) => `&resource=${encodeURIComponent(x)}`).join('')}`);
      return new URL(r.headers.get('location'), d.base).searchParams;
    };
    const slash = await target([`${d.base}/mcp/`]);
    assert.equal(slash.get('error'), 'invalid_target');
    assert.match(slash.get('error_description'), /leave out the slash at its end/);
    const same = await target([`${d.base}/mcp`, `${d.base}/mcp`]);
    assert.deepEqual([same.get('error'), same.has('txn')], [null, true], 'the same one twice is one');
    const two = await target([`${d.base}/mcp`, `${d.base}/mcp/x`]);
    assert.equal(two.get('error'), 'invalid_target');
    assert.match(two.get('error_description'), /^The resource is not one that this server protects\. \(why w\w{10}\)$/);
  });
  await t.test('TOK-19 other methods are 405 with Allow, TRACE does not echo', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'GET']) {
      const r = await no(() => ask(url, { method, ...(method === 'GET' ? {} : { body: 'x' }) }), 'invalid_request', 405);
      assert.equal(r.headers.get('allow'), 'POST', method);
    }
    // which fetch would not send
    const r = await wire(d.port, `TRACE /token HTTP/1.1\r\nHost: localhost:${d.port}\r\nX-Canary: canary\r\nConnection: close\r\n\r\n`);
    assert.deepEqual(r.statuses, [405]);
    assert.match(r.text, /^Allow: POST\r$/m);
    assert.doesNotMatch(r.text, /canary/i);
  });

  const confCode = () => code(conf);
  const asConf = (a, headers, extra = {}) => redeem(a, { client_id: undefined, ...extra }, headers);
  for (const [id, headers, extra] of [
    ['AUTH-01', {}, { client_id: conf.client_id }], ['AUTH-02', basic(conf.client_id, 'wrong'), {}], ['AUTH-03', basic(conf.client_id, ''), {}],
    ['AUTH-05', basic(conf.client_id, conf.client_secret + 'x'), {}], ['AUTH-06', basic(conf.client_id, conf.client_secret + '\0junk'), {}],
    ['AUTH-07', basic(conf.client_id, conf.client_secret.toUpperCase()), {}],
    ['AUTH-09', basic(conf.client_id, conf.client_secret), { client_id: conf.client_id, client_secret: conf.client_secret }],
    ['AUTH-10', basic(conf.client_id, conf.client_secret), { client_id: pub.client_id }],
    ['AUTH-11', basic('nobody', conf.client_secret), {}], ['AUTH-13', { authorization: 'Basic ' + Buffer.from('nocolon').toString('base64') }, {}],
    ['AUTH-14', { authorization: `Bearer ${conf.client_secret}` }, { client_id: conf.client_id }],
    ['a secret in the body of a basic client', {}, { client_id: conf.client_id, client_secret: conf.client_secret }],
  ]) {
    await t.test(`${id} is invalid_client and the code lives`, async () => {
      const a = await confCode();
      const r = await no(() => asConf(a, headers, extra), 'invalid_client', 401);
      assert.equal(r.headers.get('www-authenticate'), /^Basic /.test(headers.authorization) ? 'Basic realm="gatehouse"' : null);
      const good = await asConf(a, basic(conf.client_id, conf.client_secret));
      assert.equal(good.status, 200, good.text);
    });
  }
  await t.test('AUTH-15 failed Basic is 401 with WWW-Authenticate: Basic', async () => {
    const a = await confCode();
    const r = await no(() => asConf(a, basic(conf.client_id, 'wrong')), 'invalid_client', 401);
    assert.equal(r.headers.get('www-authenticate'), 'Basic realm="gatehouse"');
  });
  await t.test('Basic is taken raw and form-encoded, and with the same client_id in the body', async () => {
    assert.equal((await asConf(await confCode(), basic(encodeURIComponent(conf.client_id), encodeURIComponent(conf.client_secret)))).status, 200);
    assert.equal((await asConf(await confCode(), basic(conf.client_id, conf.client_secret), { client_id: conf.client_id })).status, 200);
  });
  await t.test('client_secret_post works and Basic of that client does not', async () => {
    const a = await code(postc);
    await no(() => redeem(a, { client_id: undefined }, basic(postc.client_id, postc.client_secret)), 'invalid_client', 401);
    assert.equal((await redeem(a, { client_id: postc.client_id, client_secret: postc.client_secret })).status, 200);
  });
  await t.test('AUTH-18 an unknown and a known client with a wrong secret look the same', async () => {
    for (const id of ['nobody', conf.client_id]) {
      const r = await no(() => asConf({ code: 'x', verifier: 'v'.repeat(43) }, basic(id, 'wrong')), 'invalid_client', 401);
      assert.deepEqual([said(r), r.headers.get('www-authenticate')], ['The client could not prove who it is.', 'Basic realm="gatehouse"'], id);
    }
  });

  // JWT at the resource
  const x = await tokens(d.base, { jar, client: pub });
  const [h, p, s] = x.access_token.split('.');
  const dec = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());
  const enc = (o) => b64url(typeof o === 'string' ? o : JSON.stringify(o));
  const header = dec(h);
  const claims = dec(p);
  const jwk = (await ask(`${d.base}/.well-known/jwks.json`)).json.keys[0];
  const hs = (alg, key, kid = header.kid) => {
    const a = `${enc({ ...header, alg, kid })}.${p}`;
    return `${a}.${b64url(createHmac(`sha${alg.slice(2)}`, key).update(a).digest())}`;
  };
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const es = (hdr, body = claims) => {
    const a = `${typeof hdr === 'string' ? hdr : enc(hdr)}.${typeof body === 'string' ? body : enc(body)}`;
    return `${a}.${b64url(nodeSign('sha256', Buffer.from(a), { key: privateKey, dsaEncoding: 'ieee-p1363' }))}`;
  };
  await t.test('JWT-17 the access token is at+jwt for this resource', () => {
    assert.equal(header.typ, 'at+jwt');
    assert.equal(header.alg, 'ES256');
    assert.equal(claims.aud, res);
    assert.equal(claims.iss, d.base);
    assert.equal(claims.exp - claims.iat, 600);
    for (const k of ['sub', 'client_id', 'scope', 'nbf', 'jti', 'gid']) assert.ok(claims[k], k);
  });
  const forged = {
    'JWT-01 none': `${enc({ ...header, alg: 'none' })}.${p}.`, 'JWT-01 None': `${enc({ ...header, alg: 'None' })}.${p}.`,
    'JWT-01 NONE': `${enc({ ...header, alg: 'NONE' })}.${p}.`, 'JWT-01 nOnE with the signature': `${enc({ ...header, alg: 'nOnE' })}.${p}.${s}`,
    'JWT-02 no signature': `${h}.${p}.`, 'JWT-02 two parts': `${h}.${p}`, 'JWT-03 payload changed': `${h}.${enc({ ...claims, sub: 'x' })}.${s}`,
    'JWT-05 HS256 empty key': hs('HS256', ''), 'JWT-05 HS384 empty key': hs('HS384', ''), 'JWT-05 HS512 empty key': hs('HS512', ''),
    'JWT-05 HS256 with the public key': hs('HS256', JSON.stringify(jwk)), 'JWT-06 jwk in the header': es({ ...header, jwk: publicKey.export({ format: 'jwk' }) }),
    'JWT-07 own key, known kid': es(header), 'JWT-09 kid traversal': hs('HS256', '', '../../dev/null'),
    'JWT-10 crit': es({ ...header, crit: ['x'], x: 1 }), 'JWT-10 b64': es({ ...header, b64: false, crit: ['b64'] }),
    'JWT-11 r and s zero': `${h}.${p}.${b64url(Buffer.alloc(64))}`, 'JWT-13 two alg': `${enc(`{"alg":"ES256","alg":"none","typ":"at+jwt","kid":"${header.kid}"}`)}.${p}.${s}`,
    'JWT-13 two aud': `${h}.${enc(JSON.stringify(claims).replace('{', '{"aud":"https://evil.example",'))}.${s}`,
    'JWT-14 padding': `${h}.${p}.${s}=`, 'JWT-14 trailing bytes': `${x.access_token}AA`, 'JWT-14 bit flip': `${h}.${p}.${s.slice(0, -3)}${s.at(-3) === 'A' ? 'B' : 'A'}${s.slice(-2)}`,
    'JWT-15 five parts': `${enc({ alg: 'dir', enc: 'A128GCM' })}..${'A'.repeat(16)}.${'A'.repeat(32)}.${'A'.repeat(22)}`,
    'JWT-15 PBES2': `${enc({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2 ** 31, p2s: 'AA' })}.AA.AA.AA.AA`,
  };
  for (const [id, token] of Object.entries(forged)) {
    await t.test(`${id} is 401 invalid_token`, async () => {
      const r = await kept(d, () => mcp(res, token, initialize));
      assert.equal(r.status, 401, r.text);
      assert.match(r.headers.get('www-authenticate'), /^Bearer error="invalid_token"/);
      assert.equal(r.json.error, 'invalid_token');
    });
  }
  await t.test('the token it was all made from still works', async () => assert.equal(await works(x.access_token), 200));
  await t.test('A-15, MCP-04 a token in the query or a form is not taken', async () => {
    const query = await kept(d, () => mcp(`${res}?access_token=${x.access_token}`, null, initialize));
    refused(query, 'invalid_request');
    assert.equal(said(query), 'Access tokens are taken in the Authorization header only.');
    const body = await kept(d, () => post(res, { access_token: x.access_token }));
    refused(body, 'invalid_token', 401);
    assert.match(body.headers.get('www-authenticate'), /^Bearer scope="/, 'asked to sign in, as who sends no token');
  });
  await t.test('CODE, RT: no row, log or page holds a usable secret', async () => {
    const page = await jar.ask('/account/connections');
    assert.match(page.text, /Public/);
    for (const text of [dump(d).join('\n'), d.log, page.text]) {
      assert.doesNotMatch(text, /gh_(rt|ac|ss|cs)_[A-Za-z0-9_-]{20}/);
      assert.ok(!text.includes(x.access_token));
    }
  });
});
