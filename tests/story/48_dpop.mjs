// Tokens that only the holder of a key can use (RFC 9449): asked for with a proof, used with a proof, and good for no thief.
import { createServer } from 'node:http';
import { story, assert } from './lib/story.mjs';
import { serve, OWNER } from './lib/daemon.mjs';
import { Jar, register, authorize, authorizeQuery, post, mcp, ask, initialize, pkce, b64url } from './lib/oauth.mjs';
import { claimsOf, forge, signingKey } from './lib/forge.mjs';
import { kept } from './lib/kept.mjs';
import { proofKey, prove, boundClient } from './lib/dpop.mjs';
import { wire } from './lib/wire.mjs';
import { provider, callback } from './lib/clients.mjs';
import { Client, StreamableHTTPClientTransport, DpopSession, UnauthorizedError } from '@modelcontextprotocol/client';
import * as oauth from 'oauth4webapi';

const CB = 'https://client.example/cb';
const now = () => Math.floor(Date.now() / 1000);

async function weatherServer(t) {
  const seen = [];
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (x) => (body += x));
    req.on('end', () => {
      seen.push(req.headers);
      const m = body ? JSON.parse(body) : {};
      res.setHeader('content-type', 'application/json');
      res.setHeader('dpop-nonce', 'the-upstream-s-own');
      if (m.method?.startsWith('notifications/')) return void (res.writeHead(202), res.end());
      const result = m.method === 'initialize' ? { protocolVersion: m.params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'weather', version: '1' } } : { tools: [{ name: 'forecast', inputSchema: { type: 'object' } }] };
      if (req.method !== 'POST') return void (res.writeHead(405), res.end());
      res.end(JSON.stringify({ jsonrpc: '2.0', id: m.id ?? null, result }));
    });
  });
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
  t.defer(() => (server.closeAllConnections(), server.close()));
  return { seen, url: `http://127.0.0.1:${server.address().port}/mcp` };
}

export default story('dpop', async (t) => {
  const up = await weatherServer(t);
  const config = `resources:
  - { path: /weather/mcp, upstream: "${up.url}", name: Weather }
  - { path: /notes/mcp, upstream: "${up.url}", name: Notes }
clients:
  - { client_id: ci, client_secret: a-secret-of-thirty-two-characters, name: CI, redirect_uris: ["${CB}"] }
`;
  const d = await serve(t, { config });
  const weather = `${d.base}/weather/mcp`;
  const token = `${d.base}/token`;
  const jar = new Jar(d.base);
  await jar.signIn();
  const client = (await register(d.base)).json;
  const key = proofKey();
  const code = (extra = {}, id = client.client_id) => authorize(jar, id, { resource: weather, ...extra });
  const redeem = (a, proof, extra = {}, headers = {}) =>
    post(token, { grant_type: 'authorization_code', client_id: client.client_id, code: a.code, redirect_uri: CB, code_verifier: a.verifier, ...extra }, { ...(proof ? { dpop: proof } : {}), ...headers });
  const get = async (k = key) => {
    const r = await redeem(await code(), prove(k, 'POST', token));
    assert.equal(r.status, 200, r.text);
    return r.json;
  };
  const again = (rt, proof, id = client.client_id, extra = {}) => post(token, { grant_type: 'refresh_token', client_id: id, refresh_token: rt, ...extra }, proof ? { dpop: proof } : {});
  const call = (at, proof, url = weather, headers = {}) => mcp(url, null, initialize, { authorization: `DPoP ${at}`, ...(proof ? { dpop: proof } : {}), ...headers });
  const challenge = (r) => r.headers.get('www-authenticate');
  // What the token endpoint refuses has changed nothing.
  const refused = async (ask, error, ...but) => {
    const r = await kept(d, ask, 'audit', ...but);
    assert.deepEqual([r.status, r.json?.error], [400, error], r.text);
    return r;
  };
  // What a resource refuses names the error in a challenge with its scheme.
  const shut = (r, scheme, error, words) => {
    assert.equal(r.status, 401, r.text);
    assert.match(challenge(r), new RegExp(`^${scheme} error="${error}", .*error_description="${words}`));
    assert.match(challenge(r), scheme === 'DPoP' ? /, algs="ES256 EdDSA RS256 PS256"$/ : /^Bearer /);
  };
  const NOT_FOR_IT = 'The DPoP proof is not one for this request\\.';
  const OTHER_KEY = 'The DPoP proof is of another key than the access token\\.';
  const USED = 'The DPoP proof was used before';
  const BOUND = 'This access token is bound to a key: send it with the DPoP scheme and a proof\\.';

  await t.test('the metadata names the algorithms, none of them symmetric', async () => {
    const m = (await ask(`${d.base}/.well-known/oauth-authorization-server`)).json;
    assert.deepEqual(m.dpop_signing_alg_values_supported, ['ES256', 'EdDSA', 'RS256', 'PS256']);
    assert.deepEqual((await ask(`${d.base}/.well-known/oauth-protected-resource/mcp`)).json.dpop_signing_alg_values_supported, m.dpop_signing_alg_values_supported);
  });
  await t.test('a token that is asked for with a proof is bound to its key, and says so', async () => {
    for (const alg of ['ES256', 'EdDSA', 'RS256', 'PS256']) {
      const k = proofKey(alg);
      const x = await get(k);
      assert.equal(x.token_type, 'DPoP');
      assert.deepEqual(claimsOf(x.access_token).cnf, { jkt: k.jkt });
      const r = await call(x.access_token, prove(k, 'POST', weather, { token: x.access_token }));
      assert.equal(r.status, 200, r.text);
    }
  });
  await t.test('a token that is asked for without one is a bearer token as before', async () => {
    const r = await redeem(await code());
    assert.equal(r.json.token_type, 'Bearer');
    assert.equal('cnf' in claimsOf(r.json.access_token), false);
    assert.equal((await mcp(weather, r.json.access_token, initialize)).status, 200);
  });
  await t.test('neither proof nor token reaches the server behind the gateway, and its nonce does not reach the client', async () => {
    const x = await get();
    const r = await call(x.access_token, prove(key, 'POST', weather, { token: x.access_token }));
    assert.equal('dpop' in up.seen.at(-1) || 'authorization' in up.seen.at(-1), false);
    assert.equal(r.headers.get('dpop-nonce'), null);
  });
  await t.test('the management server takes bound tokens by the same rules', async () => {
    const a = await authorize(jar, client.client_id, { resource: `${d.base}/mcp`, scope: 'users:read' });
    const x = (await redeem(a, prove(key, 'POST', token))).json;
    const url = `${d.base}/mcp`;
    assert.equal((await call(x.access_token, prove(key, 'POST', url, { token: x.access_token }), url)).status, 200);
    shut(await mcp(url, x.access_token, initialize), 'DPoP', 'invalid_token', BOUND);
    shut(await call(x.access_token, prove(key, 'POST', weather, { token: x.access_token }), url), 'DPoP', 'invalid_dpop_proof', NOT_FOR_IT);
  });

  await t.test('userinfo takes a bound token with the proof of its key, made for its address, and in no other way', async () => {
    const x = (await redeem(await code({ scope: 'openid email mcp:tools' }), prove(key, 'POST', token))).json;
    const at = x.access_token;
    const url = `${d.base}/userinfo`;
    const who = (scheme, dpop, to = url) => ask(to, { headers: { authorization: `${scheme} ${at}`, ...(dpop ? { dpop } : {}) } });
    const proof = prove(key, 'GET', url, { token: at });
    const r = await who('DPoP', proof);
    assert.equal(r.status, 200, r.text);
    assert.deepEqual(r.json, { sub: claimsOf(at).sub, email: OWNER.email, email_verified: true });
    assert.equal((await who('DPoP', prove(key, 'GET', `${d.base}/oauth2/userinfo`, { token: at }), `${d.base}/oauth2/userinfo`)).status, 200);
    const wrong = {
      'the same proof again': [['DPoP', proof], 'invalid_dpop_proof', USED],
      'no proof': [['DPoP'], 'invalid_dpop_proof', NOT_FOR_IT],
      'a proof for the resource': [['DPoP', prove(key, 'GET', weather, { token: at })], 'invalid_dpop_proof', NOT_FOR_IT],
      'a proof for POST': [['DPoP', prove(key, 'POST', url, { token: at })], 'invalid_dpop_proof', NOT_FOR_IT],
      'a proof without ath': [['DPoP', prove(key, 'GET', url)], 'invalid_dpop_proof', NOT_FOR_IT],
      'the proof of another key': [['DPoP', prove(proofKey(), 'GET', url, { token: at })], 'invalid_token', OTHER_KEY],
      'as Bearer': [['Bearer', prove(key, 'GET', url, { token: at })], 'invalid_token', BOUND],
    };
    for (const [what, [how, error, words]] of Object.entries(wrong)) {
      const answer = await kept(d, () => who(...how), 'audit');
      shut(answer, 'DPoP', error, words);
      assert.doesNotMatch(answer.text, /email"/, what);
    }
  });

  // ---- the token endpoint
  const wrong = {
    'a proof for GET': () => prove(key, 'GET', token),
    'a proof for another address': () => prove(key, 'POST', `${d.base}/revoke`),
    'a proof for another server': () => prove(key, 'POST', 'https://elsewhere.example/token'),
    'a proof of six minutes ago': () => prove(key, 'POST', token, { claims: { iat: now() - 360 } }),
    'a proof of six minutes ahead': () => prove(key, 'POST', token, { claims: { iat: now() + 360 } }),
    'a proof without iat': () => prove(key, 'POST', token, { claims: { iat: undefined } }),
    'a proof without jti': () => prove(key, 'POST', token, { claims: { jti: undefined } }),
    'a proof with a jti of 300 bytes': () => prove(key, 'POST', token, { claims: { jti: 'j'.repeat(300) } }),
    'a proof of type JWT': () => prove(key, 'POST', token, { header: { typ: 'JWT' } }),
    'a proof without its key': () => prove(key, 'POST', token, { header: { jwk: undefined } }),
    'DCR-23 CVE-2026-54431 a proof with the private key': () => prove(key, 'POST', token, { header: { jwk: key.privateKey.export({ format: 'jwk' }) } }),
    'a proof signed by another key': () => prove(key, 'POST', token, { by: proofKey() }),
    'JWT-01 a proof with alg none': () => prove(key, 'POST', token, { header: { alg: 'none' } }).replace(/[^.]*$/, ''),
    'JWT-02 a proof with a shared secret': () => prove(key, 'POST', token, { header: { alg: 'HS256' } }),
    'a proof with crit': () => prove(key, 'POST', token, { header: { crit: ['b64'], b64: false } }),
    'an access token in place of a proof': () => forge(signingKey(d), prove(key, 'POST', token), {}),
    'no JWT at all': () => 'proof',
    'two proofs in one header': () => `${prove(key, 'POST', token)}, ${prove(key, 'POST', token)}`,
  };
  for (const [what, make] of Object.entries(wrong))
    await t.test(`${what} gets no token, and the code can still be redeemed`, async () => {
      const a = await code();
      const r = await refused(() => redeem(a, make()), 'invalid_dpop_proof');
      assert.match(r.json.error_description, /^The DPoP proof is not one for this request\. \(why w/);
      assert.equal((await redeem(a, prove(key, 'POST', token))).status, 200);
    });
  await t.test('two DPoP headers are one too many', async () => {
    const a = await code();
    const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: client.client_id, code: a.code, redirect_uri: CB, code_verifier: a.verifier }).toString();
    const r = await kept(d, () => wire(d.port, `POST /token HTTP/1.1\r\nHost: localhost:${d.port}\r\nContent-Type: application/x-www-form-urlencoded\r\nDPoP: ${prove(key, 'POST', token)}\r\ndpop: ${prove(key, 'POST', token)}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`), 'audit');
    assert.deepEqual(r.statuses, [400]);
    assert.match(r.text, /\{"error":"invalid_dpop_proof",/);
  });
  await t.test('a proof comes once', async () => {
    const proof = prove(key, 'POST', token);
    const first = await redeem(await code(), proof);
    assert.equal(first.status, 200);
    const next = await code();
    await refused(() => redeem(next, proof), 'invalid_dpop_proof');
    const same = JSON.parse(Buffer.from(proof.split('.')[1], 'base64url'));
    const dated = prove(key, 'POST', token, { claims: { jti: same.jti, iat: same.iat - 60 } });
    await refused(() => redeem(next, dated), 'invalid_dpop_proof'); // the same jti with another date
    assert.equal((await redeem(next, prove(proofKey(), 'POST', token, { claims: { jti: same.jti } }))).status, 200, 'the same jti of another key');
  });
  await t.test('of a hundred at once with one proof one passes', async () => {
    const proof = prove(key, 'POST', token);
    const all = await Promise.all(Array.from({ length: 100 }, () => again('gh_rt_nothing', proof)));
    assert.deepEqual([...new Set(all.map((r) => r.status))], [400]);
    const kinds = all.map((r) => r.json.error).sort();
    assert.deepEqual(kinds, [...Array(99).fill('invalid_dpop_proof'), 'invalid_grant']);
  });
  await t.test('an alias of the token endpoint wants a proof for the alias', async () => {
    const a = await code();
    const body = { grant_type: 'authorization_code', client_id: client.client_id, code: a.code, redirect_uri: CB, code_verifier: a.verifier };
    await refused(() => post(`${d.base}/oauth/token`, body, { dpop: prove(key, 'POST', token) }), 'invalid_dpop_proof');
    assert.equal((await post(`${d.base}/oauth/token`, body, { dpop: prove(key, 'POST', `${d.base}/oauth/token`) })).status, 200);
  });
  await t.test('the address is ours, not the one that Host says', async () => {
    const a = await code();
    const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: client.client_id, code: a.code, redirect_uri: CB, code_verifier: a.verifier }).toString();
    const send = (htu) => wire(d.port, `POST /token HTTP/1.1\r\nHost: 127.0.0.1:${d.port}\r\nContent-Type: application/x-www-form-urlencoded\r\nDPoP: ${prove(key, 'POST', htu)}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    const no = await kept(d, () => send(`http://127.0.0.1:${d.port}/token`), 'audit');
    assert.deepEqual(no.statuses, [400]);
    assert.match(no.text, /\{"error":"invalid_dpop_proof",/);
    const yes = await send(token);
    assert.deepEqual(yes.statuses, [200]);
    assert.match(yes.text, /"token_type":"DPoP"/);
  });

  // ---- what is bound to the key
  await t.test('a public client\'s refresh token is bound to the key of its first proof', async () => {
    const x = await get();
    // a thief neither gets tokens nor ends the family
    for (const proof of [null, prove(proofKey(), 'POST', token)]) await refused(() => again(x.refresh_token, proof), 'invalid_grant');
    const r = await again(x.refresh_token, prove(key, 'POST', token));
    assert.equal(r.status, 200, r.text);
    assert.equal(r.json.token_type, 'DPoP');
    assert.equal(claimsOf(r.json.access_token).cnf.jkt, key.jkt);
    await refused(() => again(x.refresh_token, prove(proofKey(), 'POST', token)), 'invalid_grant'); // nor within the grace
    assert.equal((await again(r.json.refresh_token, prove(key, 'POST', token))).status, 200);
  });
  await t.test('a client with a secret may change its key', async () => {
    const a = await authorize(jar, 'ci', { resource: weather });
    const auth = { authorization: `Basic ${Buffer.from('ci:a-secret-of-thirty-two-characters').toString('base64')}` };
    const x = (await post(token, { grant_type: 'authorization_code', code: a.code, redirect_uri: CB, code_verifier: a.verifier }, { ...auth, dpop: prove(key, 'POST', token) })).json;
    assert.equal(x.token_type, 'DPoP');
    const other = proofKey();
    const y = (await post(token, { grant_type: 'refresh_token', refresh_token: x.refresh_token }, { ...auth, dpop: prove(other, 'POST', token) })).json;
    assert.equal(claimsOf(y.access_token).cnf.jkt, other.jkt);
  });
  await t.test('dpop_jkt binds the code before there is one', async () => {
    const a = await code({ dpop_jkt: key.jkt });
    for (const proof of [null, prove(proofKey(), 'POST', token)]) {
      const b = await code({ dpop_jkt: key.jkt });
      await refused(() => redeem(b, proof), 'invalid_grant', 'code'); // which was used: who knew it may be a thief
      assert.equal((await redeem(b, prove(key, 'POST', token))).json.error, 'invalid_grant');
    }
    assert.equal((await redeem(a, prove(key, 'POST', token))).json.token_type, 'DPoP');
    const bad = await kept(d, () => jar.ask(`/authorize?${authorizeQuery(client.client_id, pkce().challenge, { resource: weather, dpop_jkt: 'short' })}`), 'audit');
    assert.equal(bad.status, 302);
    assert.ok(bad.location.startsWith(`${CB}?error=invalid_request&`), bad.location);
  });
  await t.test('a client that registered for bound tokens gets no others', async () => {
    const bound = await boundClient(d);
    const a = await authorize(jar, bound.client_id, { resource: weather });
    await refused(() => redeem(a, null, { client_id: bound.client_id }), 'invalid_dpop_proof');
    const x = (await redeem(a, prove(key, 'POST', token), { client_id: bound.client_id })).json;
    assert.equal(x.token_type, 'DPoP');
    await refused(() => again(x.refresh_token, null, bound.client_id), 'invalid_dpop_proof');
  });

  // ---- resources
  const x = await get();
  const at = x.access_token;
  const here = (o = {}) => prove(key, 'POST', weather, { token: at, ...o });
  await t.test('a bound token is no bearer token', async () => {
    const r = await mcp(weather, at, initialize, { dpop: here() });
    assert.equal(r.status, 401);
    assert.match(challenge(r), /^DPoP error="invalid_token", scope="[^"]*", resource_metadata="[^"]*", error_description="[^"]*", algs="ES256 EdDSA RS256 PS256"$/);
  });
  await t.test('a bearer token is no bound one', async () => {
    const plain = (await redeem(await code())).json.access_token;
    shut(await call(plain, prove(key, 'POST', weather, { token: plain })), 'DPoP', 'invalid_token', 'This access token is bound to no key: send it with the Bearer scheme\\.');
  });
  const spoilt = {
    'no proof': () => null,
    'a proof for GET': () => prove(key, 'GET', weather, { token: at }),
    'a proof for another resource': () => prove(key, 'POST', `${d.base}/notes/mcp`, { token: at }),
    'a proof without ath': () => prove(key, 'POST', weather),
    'a proof with the ath of another token': () => prove(key, 'POST', weather, { token: `${at}x` }),
    'an old proof': () => here({ claims: { iat: now() - 360 } }),
    'a proof of the token endpoint': () => prove(key, 'POST', token, { token: at }),
    'a proof that somebody else signed': () => here({ by: proofKey() }),
  };
  for (const [what, make] of Object.entries(spoilt))
    await t.test(`at a resource ${what} is refused before anything is forwarded`, async () => {
      const before = up.seen.length;
      shut(await call(at, make()), 'DPoP', 'invalid_dpop_proof', NOT_FOR_IT);
      assert.equal(up.seen.length, before);
    });
  await t.test('a proof of another key than the token\'s is refused', async () => {
    const thief = proofKey();
    shut(await call(at, prove(thief, 'POST', weather, { token: at })), 'DPoP', 'invalid_token', OTHER_KEY);
  });
  await t.test('at a resource a proof comes once, and each request has its own', async () => {
    const proof = here();
    assert.equal((await call(at, proof)).status, 200);
    shut(await call(at, proof), 'DPoP', 'invalid_dpop_proof', USED);
    const all = await Promise.all(Array.from({ length: 20 }, () => call(at, here())));
    assert.deepEqual([...new Set(all.map((a) => a.status))], [200]);
    const one = here();
    const race = await Promise.all(Array.from({ length: 20 }, () => call(at, one)));
    assert.deepEqual(race.map((a) => a.status).sort(), [200, ...Array(19).fill(401)]);
    for (const a of race) if (a.status === 401) shut(a, 'DPoP', 'invalid_dpop_proof', USED);
  });
  await t.test('a query is not part of the address that is proved', async () => {
    assert.equal((await call(at, here(), `${weather}?x=1`)).status, 200);
  });
  await t.test('whoever sends no token hears of Bearer, as every client expects', async () => {
    const r = await mcp(weather, null, initialize);
    assert.equal(r.status, 401);
    assert.match(challenge(r), /^Bearer scope=/);
    shut(await mcp(weather, 'nonsense', initialize), 'Bearer', 'invalid_token', 'The access token cannot be read\\.');
  });
  await t.test('a bound token whose grant is taken back is refused with its proof', async () => {
    const y = await get();
    assert.equal((await call(y.access_token, prove(key, 'POST', weather, { token: y.access_token }))).status, 200);
    assert.equal((await post(`${d.base}/revoke`, { token: y.refresh_token, client_id: client.client_id })).status, 200);
    shut(await call(y.access_token, prove(key, 'POST', weather, { token: y.access_token })), 'DPoP', 'invalid_token', 'The access was taken back\\.');
  });
  await t.test('a token that is confirmed in a way nobody knows is refused', async () => {
    const k = signingKey(d);
    for (const cnf of [{ 'x5t#S256': 'AAAA' }, { jkt: 'short' }, { jkt: key.jkt, kid: 'more' }, 'text', {}, null]) {
      const odd = forge(k, at, { cnf });
      const proof = prove(key, 'POST', weather, { token: odd });
      shut(await call(odd, proof), 'DPoP', 'invalid_token', 'The access token cannot be read\\.');
      shut(await mcp(weather, odd, initialize), 'Bearer', 'invalid_token', 'The access token cannot be read\\.');
    }
  });
  await t.test('web pages may send a proof and read the nonce', async () => {
    const pre = await ask(weather, { method: 'OPTIONS', headers: { origin: d.base, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization, dpop' } });
    assert.equal(pre.status, 204);
    assert.match(pre.headers.get('access-control-allow-headers'), /\bdpop\b/i);
    const r = await post(token, {}, { origin: 'https://page.example' });
    assert.match(r.headers.get('access-control-expose-headers'), /\bDPoP-Nonce\b/);
  });
  await t.test('a nonce that is sent has to be right, also where none is needed', async () => {
    const a = await code();
    const r = await refused(() => redeem(a, prove(key, 'POST', token, { claims: { nonce: 'of-somebody-else' } })), 'use_dpop_nonce');
    const nonce = r.headers.get('dpop-nonce');
    assert.match(nonce, /^[\w-]{22}$/);
    assert.equal((await redeem(a, prove(key, 'POST', token, { claims: { nonce } }))).status, 200);
  });

  // ---- nonces
  const strict = await serve(t, { config: `tokens: { dpop_nonce: required }\n${config}` });
  const home = strict.base;
  const there = `${home}/weather/mcp`;
  const jar2 = new Jar(home);
  await jar2.signIn();
  const client2 = (await register(home)).json;
  await t.test('where nonces are required the first proof is answered with one, at the token endpoint and at a resource', async () => {
    const a = await authorize(jar2, client2.client_id, { resource: there });
    const send = (claims) => post(`${home}/token`, { grant_type: 'authorization_code', client_id: client2.client_id, code: a.code, redirect_uri: CB, code_verifier: a.verifier }, { dpop: prove(key, 'POST', `${home}/token`, { claims }) });
    const first = await kept(strict, send, 'audit');
    assert.equal(first.status, 400);
    assert.equal(first.json.error, 'use_dpop_nonce');
    assert.equal(first.headers.get('cache-control'), 'no-store');
    const nonce = first.headers.get('dpop-nonce');
    const y = (await send({ nonce })).json;
    assert.equal(y.token_type, 'DPoP');
    const ask1 = (claims) => call(y.access_token, prove(key, 'POST', there, { token: y.access_token, claims }), there);
    const r = await ask1();
    shut(r, 'DPoP', 'use_dpop_nonce', 'The DPoP proof has to hold the nonce of the DPoP-Nonce header\\.');
    assert.equal(r.headers.get('dpop-nonce'), nonce, 'one nonce for all of the server');
    const good = await ask1({ nonce });
    assert.equal(good.status, 200, good.text);
    shut(await ask1({ nonce: b64url('0123456789abcdef') }), 'DPoP', 'use_dpop_nonce', 'The DPoP proof has to hold the nonce of the DPoP-Nonce header\\.');
  });

  // ---- foreign clients
  const press = async (d1, jar1, u) => {
    let r = await jar1.ask(u.href);
    for (let i = 0; i < 5; i++) {
      const to = r.location && new URL(r.location, d1.base);
      if (to && to.origin !== d1.base) return void (await fetch(to));
      r = to ? await jar1.ask(r.location) : await jar1.ask('/consent', { method: 'POST', body: { ...Jar.fields(r.text), decision: 'allow' } });
    }
    throw new Error('no way back');
  };
  for (const [what, d1, jar1] of [['', d, jar], [', with nonces', strict, jar2]])
    await t.test(`the MCP client of the second generation signs in, calls and refreshes with DPoP${what}`, async () => {
      const back = await callback(t);
      const session = await DpopSession.create();
      const p = provider(back.url, (u) => press(d1, jar1, u), 'DPoP client');
      p.dpop = () => session;
      const url = new URL(`${d1.base}/weather/mcp`);
      const make = () => [new StreamableHTTPClientTransport(url, { authProvider: p }), new Client({ name: 'story', version: '1' })];
      let [transport, c] = make();
      await assert.rejects(c.connect(transport), UnauthorizedError);
      const params = await back.params;
      await transport.finishAuth(params);
      assert.equal(p.kept.tokens.token_type, 'DPoP');
      [transport, c] = make();
      await c.connect(transport);
      assert.deepEqual((await c.listTools()).tools.map((x1) => x1.name), ['forecast']);
      // the token is over: the client refreshes with a proof and goes on
      const old = p.kept.tokens.access_token;
      p.kept.tokens = { ...p.kept.tokens, access_token: forge(signingKey(d1), old, { exp: now() - 60 }) };
      assert.deepEqual((await c.listTools()).tools.map((x1) => x1.name), ['forecast']);
      assert.notEqual(p.kept.tokens.access_token, old);
      assert.ok(claimsOf(p.kept.tokens.access_token).cnf.jkt);
      await c.close();
    });
  await t.test('oauth4webapi, which checks every answer, redeems, calls and refreshes with DPoP', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true };
    const issuer = new URL(home);
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }));
    for (const alg of ['ES256', 'Ed25519', 'PS256']) {
      const c = { client_id: client2.client_id };
      const DPoP = oauth.DPoP(c, await oauth.generateKeyPair(alg));
      const verifier = oauth.generateRandomCodeVerifier();
      const url = new URL(as.authorization_endpoint);
      const dpop_jkt = await DPoP.calculateThumbprint();
      for (const [k, v] of Object.entries({ response_type: 'code', client_id: c.client_id, redirect_uri: CB, code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', resource: there, dpop_jkt, state: 's' })) url.searchParams.set(k, v);
      let r = await jar2.ask(url.href);
      while (!r.location?.startsWith(CB)) r = r.location ? await jar2.ask(r.location) : await jar2.ask('/consent', { method: 'POST', body: { ...Jar.fields(r.text), decision: 'allow' } });
      const params = oauth.validateAuthResponse(as, c, new URL(r.location), 's');
      const send = () => oauth.authorizationCodeGrantRequest(as, c, oauth.None(), params, CB, verifier, { DPoP, ...insecure });
      // the first time it knows no nonce yet
      await assert.rejects(async () => oauth.processAuthorizationCodeResponse(as, c, await send()), oauth.isDPoPNonceError);
      let y = await oauth.processAuthorizationCodeResponse(as, c, await send());
      assert.equal(y.token_type, 'dpop');
      const message = JSON.stringify(initialize);
      const reach = () => oauth.protectedResourceRequest(y.access_token, 'POST', new URL(there), new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' }), message, { DPoP, ...insecure });
      assert.equal((await reach()).status, 200);
      y = await oauth.processRefreshTokenResponse(as, c, await oauth.refreshTokenGrantRequest(as, c, oauth.None(), y.refresh_token, { DPoP, ...insecure }));
      assert.equal((await reach()).status, 200);
    }
  });

  await t.test('a restart keeps what tokens and refresh tokens are bound to', async () => {
    const y = await get();
    await d.stop();
    await d.start();
    assert.equal((await call(y.access_token, prove(key, 'POST', weather, { token: y.access_token }))).status, 200);
    shut(await mcp(weather, y.access_token, initialize), 'DPoP', 'invalid_token', BOUND);
    await refused(() => again(y.refresh_token, null), 'invalid_grant');
    assert.equal((await again(y.refresh_token, prove(key, 'POST', token))).status, 200);
  });
});
