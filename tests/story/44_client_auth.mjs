// How clients prove themselves at the real binary: areas client authentication and client assertion of the attack list, with
// the keys of three kinds of clients: registered with their keys, registered with an address of keys, and of the file.
import { createHmac, sign as nodeSign, randomUUID } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import { createServer } from 'node:https';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as openid from 'openid-client';
import { Client, StreamableHTTPClientTransport, UnauthorizedError, createPrivateKeyJwtAuth } from '@modelcontextprotocol/client';
import { story, assert } from './lib/story.mjs';
import { serve, temporary } from './lib/daemon.mjs';
import { sql } from './lib/forge.mjs';
import { ASSERTION, assertion, enc, keyPair, now, proof } from './lib/assertion.mjs';
import { provider } from './lib/clients.mjs';
import { Jar, register, authorize, back, post, ask, refresh } from './lib/oauth.mjs';
import { refused } from './lib/kept.mjs';
import { said } from './lib/said.mjs';

const CB = 'https://client.example/cb';

// A host of key sets over https, with a certificate of its own that the daemon is told to believe.
async function keyHost(t) {
  const dir = temporary(t, 'gatehouse-keys-');
  const r = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem',
    '-out', 'cert.pem', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], { cwd: dir, encoding: 'utf8' });
  assert.equal(r.status, 0, r.stderr);
  const host = { keys: [], hits: 0, cert: join(dir, 'cert.pem') };
  const server = createServer({ key: readFileSync(join(dir, 'key.pem')), cert: readFileSync(host.cert) }, (q, s) => {
    host.hits++;
    s.setHeader('content-type', 'application/json');
    s.end(JSON.stringify({ keys: host.keys }));
  });
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
  t.defer(() => new Promise((ok) => (server.closeAllConnections(), server.close(ok))));
  return Object.assign(host, { url: `https://localhost:${server.address().port}/jwks.json` });
}

export default story('client authentication', async (t) => {
  const host = await keyHost(t);
  const fileKey = keyPair('file', 'EdDSA');
  const turning = keyPair('turn-1');
  host.keys = [turning.jwk];
  const d = await serve(t, {
    config: `outbound: { allow: [127.0.0.0/8], authorities: ${host.cert} }
clients:
  - { client_id: filed, name: Filed, redirect_uris: [${CB}], jwks: '${JSON.stringify({ keys: [fileKey.jwk] })}' }
  - { client_id: turner, name: Turner, redirect_uris: [${CB}], jwks_uri: "${host.url}" }
  - { client_id: two, name: Two secrets, redirect_uris: [${CB}], client_secret: [the-new-secret-of-two, the-old-secret-of-two] }
`,
  });
  const url = `${d.base}/token`;
  let jar = new Jar(d.base);
  await jar.signIn();
  const key = keyPair('mine');
  const other = keyPair('other');
  const mine = (await register(d.base, { client_name: 'Signer', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } })).json;
  const conf = (await register(d.base, { client_name: 'Secret', token_endpoint_auth_method: 'client_secret_basic' })).json;
  const redeem = (a, fields, headers) => post(url, { grant_type: 'authorization_code', code: a.code, redirect_uri: CB, code_verifier: a.verifier, ...fields }, headers);
  const basic = (id, secret) => ({ authorization: 'Basic ' + Buffer.from(`${id}:${secret}`).toString('base64') });
  const good = (k = key, id = mine.client_id, aud = d.base, change) => assertion(k, id, aud, change);
  const no = (send, ...but) => refused(d, send, 401, 'invalid_client', ...but);
  // whatever was refused took nothing with it: the code is good for the client itself
  const refusedAndAlive = async (fields, headers = {}, ...but) => {
    const a = await authorize(jar, mine.client_id);
    const r = await no(() => redeem(a, fields(a), headers), ...but);
    assert.equal(r.headers.get('cache-control'), 'no-store');
    assert.match(r.json.error_description, /\bw[0-9a-z]{10}\b/);
    const after = await redeem(a, proof(good()));
    assert.equal(after.status, 200, after.text);
    return r;
  };

  await t.test('the metadata offers private_key_jwt with its algorithms, and no client_secret_jwt', async () => {
    const m = (await ask(`${d.base}/.well-known/oauth-authorization-server`)).json;
    assert.deepEqual(m.token_endpoint_auth_methods_supported, ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt']);
    assert.deepEqual(m.token_endpoint_auth_signing_alg_values_supported, ['ES256', 'RS256', 'PS256', 'EdDSA']);
  });
  await t.test('a registration with keys has no secret and gives its keys back', () => {
    assert.equal(mine.client_secret, undefined);
    assert.equal(mine.token_endpoint_auth_method, 'private_key_jwt');
    assert.deepEqual(mine.jwks, { keys: [key.jwk] });
  });
  for (const alg of ['ES256', 'RS256', 'PS256', 'EdDSA']) {
    await t.test(`${alg} signs a client in, and its refresh`, async () => {
      const k = keyPair('k', alg);
      const c = (await register(d.base, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [k.jwk] } })).json;
      const r = await redeem(await authorize(jar, c.client_id), proof(good(k, c.client_id)));
      assert.equal(r.status, 200, r.text);
      const again = await post(url, { grant_type: 'refresh_token', refresh_token: r.json.refresh_token, ...proof(good(k, c.client_id, url)) });
      assert.equal(again.status, 200, again.text);
      // a refresh token without the key is nothing
      await no(() => refresh(d.base, c.client_id, again.json.refresh_token));
    });
  }
  await t.test('every spelling of our name is an audience, alone and in an array', async () => {
    for (const aud of [d.base, `${d.base}/`, url, `${d.base}/oauth/token`, `${d.base}/oauth2/token`, [d.base], [d.base, url]]) {
      const r = await redeem(await authorize(jar, mine.client_id), proof(good(key, mine.client_id, aud)));
      assert.equal(r.status, 200, `${aud}: ${r.text}`);
    }
  });
  await t.test('client_id beside the assertion may be there when it agrees', async () => {
    assert.equal((await redeem(await authorize(jar, mine.client_id), proof(good(), { client_id: mine.client_id }))).status, 200);
  });

  const pem = key.publicKey.export({ type: 'spki', format: 'pem' });
  const hs = (secret) => {
    const text = `${enc({ alg: 'HS256', kid: key.kid })}.${enc({ iss: mine.client_id, sub: mine.client_id, aud: d.base, jti: randomUUID(), exp: now() + 60 })}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const swap = (text, signature) => `${text.split('.').slice(0, 2).join('.')}.${signature}`;
  const der = () => {
    const text = good().split('.').slice(0, 2).join('.');
    return `${text}.${nodeSign('sha256', Buffer.from(text), key.privateKey).toString('base64url')}`;
  };
  const hostile = {
    'CA-01 alg none': () => `${enc({ alg: 'none' })}.${good().split('.')[1]}.`,
    'CA-01 alg None with a signature': () => good(key, mine.client_id, d.base, { header: { alg: 'None' } }),
    'CA-03 another key in the jwk header': () => good(other, mine.client_id, d.base, { header: { kid: undefined, jwk: other.jwk } }),
    'CA-04 HS256 with the public JWK as secret': () => hs(JSON.stringify(mine.jwks.keys[0])),
    'CA-05 HS256 with the PEM as secret': () => hs(pem),
    'CA-07 aud of another server': () => good(key, mine.client_id, 'https://other.example'),
    'CA-07 aud of us and of another server': () => good(key, mine.client_id, [d.base, 'https://other.example']),
    'CA-08 no aud': () => good(key, mine.client_id, d.base, { claims: { aud: undefined } }),
    'CA-09 expired': () => good(key, mine.client_id, d.base, { claims: { exp: now() - 60 } }),
    'no exp': () => good(key, mine.client_id, d.base, { claims: { exp: undefined } }),
    'exp a day ahead': () => good(key, mine.client_id, d.base, { claims: { exp: now() + 86400 } }),
    'CA-11 nbf one hour ahead': () => good(key, mine.client_id, d.base, { claims: { nbf: now() + 3600 } }),
    'CA-12 iss differs from sub': () => good(key, mine.client_id, d.base, { claims: { iss: 'filed' } }),
    'CA-13 sub of another client, own key': () => good(other, 'filed'),
    'CA-15 signature r=0 s=0': () => swap(good(), Buffer.alloc(64).toString('base64url')),
    'CA-16 empty signature': () => swap(good(), ''),
    'CA-17 DER instead of r||s': der,
    'CA-19 payload an array': () => good(key, mine.client_id, d.base, { payload: '[]' }),
    'CA-19 payload a number': () => good(key, mine.client_id, d.base, { payload: '1' }),
    'CA-19 payload nested 10,000 levels': () => good(key, mine.client_id, d.base, { payload: '['.repeat(10000) }),
    'CA-19 payload nested as deep as an assertion may be long': () => good(key, mine.client_id, d.base, { payload: '['.repeat(5000) }),
    'crit': () => good(key, mine.client_id, d.base, { header: { crit: ['x'], x: 1 } }),
    'b64': () => good(key, mine.client_id, d.base, { header: { b64: false } }),
    'typ of an access token': () => good(key, mine.client_id, d.base, { header: { typ: 'at+jwt' } }),
    'no jti': () => good(key, mine.client_id, d.base, { claims: { jti: undefined } }),
    'five parts': () => `${good()}.e30.AA`,
  };
  for (const [name, make] of Object.entries(hostile)) {
    await t.test(`${name} is invalid_client, and the code lives`, () => refusedAndAlive(() => proof(make())));
  }
  await t.test('CA-20 an assertion over another client_id parameter is invalid_client', async () => {
    await refusedAndAlive(() => proof(good(), { client_id: 'filed' }));
    await refusedAndAlive(() => proof(good(), { client_id: conf.client_id }));
  });
  await t.test('CA-21 the same assertion twice: the second is refused, also after a restart', async () => {
    const once = good();
    assert.equal((await redeem(await authorize(jar, mine.client_id), proof(once))).status, 200);
    const again = async () => said(await refusedAndAlive(() => proof(once)));
    assert.equal(await again(), 'This client_assertion was used already.');
    await d.stop();
    await d.start();
    jar = new Jar(d.base);
    await jar.signIn();
    assert.equal(await again(), 'This client_assertion was used already.');
    const parallel = good();
    const codes = await Promise.all(Array.from({ length: 8 }, () => authorize(jar, mine.client_id)));
    const all = await Promise.all(codes.map((a) => redeem(a, proof(parallel))));
    assert.deepEqual(all.map((x) => x.status).sort(), [200, ...Array(7).fill(401)], 'of eight at once one is the first');
  });
  await t.test('CA-23 jku and x5u are not fetched, and sign nobody in', async () => {
    let hits = 0;
    const canary = createHttp((q, s) => (hits++, s.end(JSON.stringify({ keys: [other.jwk] }))));
    await new Promise((ok) => canary.listen(0, '127.0.0.1', ok));
    t.defer(() => new Promise((ok) => canary.close(ok)));
    const at = `http://127.0.0.1:${canary.address().port}/keys`;
    for (const header of [{ jku: at }, { x5u: at }, { jku: at, kid: undefined }]) await refusedAndAlive(() => proof(good(other, mine.client_id, d.base, { header })));
    assert.equal(hits, 0);
  });
  await t.test('CA-24 a client with keys is refused with its client_id alone and with any secret', async () => {
    await refusedAndAlive(() => ({ client_id: mine.client_id }));
    await refusedAndAlive(() => ({ client_id: mine.client_id, client_secret: 'x' }));
    await refusedAndAlive(() => ({ client_id: mine.client_id, client_secret: JSON.stringify(mine.jwks) }));
    const r = await refusedAndAlive(() => ({}), basic(mine.client_id, 'x'));
    assert.equal(r.headers.get('www-authenticate'), 'Basic realm="gatehouse"');
  });
  await t.test('one way at a time: a secret beside the assertion, and half an assertion, are invalid_client', async () => {
    await refusedAndAlive(() => proof(good(), { client_id: mine.client_id, client_secret: 'x' }));
    await refusedAndAlive(() => proof(good()), basic(conf.client_id, conf.client_secret));
    await refusedAndAlive(() => ({ client_assertion: good() }));
    await refusedAndAlive(() => ({ client_assertion_type: ASSERTION, client_id: mine.client_id }));
    await refusedAndAlive(() => ({ client_assertion: good(), client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }));
  });
  await t.test('AUTH-18 a known and an unknown client hear the same of a wrong assertion, and of a secret', async () => {
    // one without keys, and one without a secret, hear it too
    for (const [fields, headers, challenge] of [
      ...['nobody', mine.client_id, conf.client_id].map((id) => [proof(good(other, id)), {}, null]),
      ...['nobody', mine.client_id, conf.client_id].map((id) => [{}, basic(id, 'x'), 'Basic realm="gatehouse"']),
    ]) {
      const r = await no(() => post(url, { grant_type: 'refresh_token', refresh_token: 'gh_rt_x', ...fields }, headers));
      assert.deepEqual([said(r), r.headers.get('www-authenticate')], ['The client could not prove who it is.', challenge]);
    }
  });

  await t.test('a client of the file signs with the key of the file', async () => {
    const a = await authorize(jar, 'filed');
    await no(() => redeem(a, proof(good(key, 'filed'))));
    const r = await redeem(a, proof(good(fileKey, 'filed')));
    assert.equal(r.status, 200, r.text);
  });
  await t.test('M-81 two secrets are good while programs are told the new one', async () => {
    const ways = (secret) => [[{}, basic('two', secret)], [{ client_id: 'two', client_secret: secret }]];
    for (const secret of ['the-new-secret-of-two', 'the-old-secret-of-two'])
      for (const way of ways(secret)) assert.equal((await redeem(await authorize(jar, 'two'), ...way)).status, 200, secret);
    const a = await authorize(jar, 'two');
    for (const way of ways('the-odd-secret-of-two')) await no(() => redeem(a, ...way));
  });
  await t.test('keys at an address are fetched once, and a key that is not there does not make us ask again at once', async () => {
    assert.equal(host.hits, 0, 'nothing was fetched before somebody signed');
    for (let i = 0; i < 3; i++) assert.equal((await redeem(await authorize(jar, 'turner'), proof(good(turning, 'turner')))).status, 200);
    assert.equal(host.hits, 1);
    const next = keyPair('turn-2');
    const a = await authorize(jar, 'turner');
    for (let i = 0; i < 3; i++) await no(() => redeem(a, proof(good(next, 'turner'))));
    assert.equal(host.hits, 1);
  });
  await t.test('DCR-29 keys at an address of our own network are not fetched without leave', async () => {
    const plain = await serve(t, {});
    const there = new Jar(plain.base);
    await there.signIn();
    const hits = host.hits;
    const c = (await register(plain.base, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: host.url })).json;
    const a = await authorize(there, c.client_id);
    const send = () => post(`${plain.base}/token`, { grant_type: 'authorization_code', code: a.code, redirect_uri: CB, code_verifier: a.verifier, ...proof(assertion(turning, c.client_id, plain.base)) });
    const r = await refused(plain, send, 401, 'invalid_client');
    assert.equal(host.hits, hits);
    const id = /\bw[0-9a-z]{10}\b/.exec(r.json.error_description)[0];
    assert.match((await plain.verb(['why', id])).out, /jwks_uri: DOCUMENT_ADDRESS/, 'but the owner is told why');
    await plain.stop();
  });

  await t.test('openid-client signs in with a key, with Basic as it encodes it, and with post', async () => {
    const options = { execute: [openid.allowInsecureRequests] };
    const flow = async (c, auth) => {
      const config = await openid.discovery(new URL(d.base), c.client_id, undefined, auth, options);
      const verifier = openid.randomPKCECodeVerifier();
      const to = openid.buildAuthorizationUrl(config, { redirect_uri: CB, code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', state: 's', resource: `${d.base}/mcp` });
      const a = await back(jar, to);
      const tokens = await openid.authorizationCodeGrant(config, a, { pkceCodeVerifier: verifier, expectedState: 's' });
      const fresh = await openid.refreshTokenGrant(config, tokens.refresh_token);
      await openid.tokenRevocation(config, fresh.refresh_token);
      await assert.rejects(openid.refreshTokenGrant(config, fresh.refresh_token), { error: 'invalid_grant' });
    };
    const cryptoKey = await crypto.subtle.importKey('jwk', key.privateKey.export({ format: 'jwk' }), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
    await flow(mine, openid.PrivateKeyJwt({ key: cryptoKey, kid: key.kid }));
    await flow(conf, openid.ClientSecretBasic(conf.client_secret));
    const poster = (await register(d.base, { token_endpoint_auth_method: 'client_secret_post' })).json;
    await flow(poster, openid.ClientSecretPost(poster.client_secret));
  });
  await t.test('the SDK of today registers its key, signs in with it, and refreshes with it', async () => {
    const own = keyPair('sdk');
    let called;
    const p = provider('http://localhost:1/callback', async (u) => void (called = (await back(jar, new URL(u))).searchParams), 'SDK with a key');
    const metadata = { ...p.clientMetadata, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [own.jwk] } };
    Object.defineProperty(p, 'clientMetadata', { get: () => metadata });
    const pem = own.privateKey.export({ type: 'pkcs8', format: 'pem' });
    p.addClientAuthentication = (...all) =>
      createPrivateKeyJwtAuth({ issuer: p.kept.client.client_id, subject: p.kept.client.client_id, privateKey: pem, alg: 'ES256' })(...all);
    const open = () => new StreamableHTTPClientTransport(new URL(`${d.base}/mcp`), { authProvider: p });
    const sdk = () => new Client({ name: 'SDK with a key', version: '1.0' }, { capabilities: {} });
    const first = open();
    await assert.rejects(sdk().connect(first), UnauthorizedError);
    await first.finishAuth(called.get('code'), called.get('iss'));
    assert.equal(p.kept.client.token_endpoint_auth_method, 'private_key_jwt');
    assert.equal(p.kept.client.client_secret, undefined);
    const client = sdk();
    t.defer(() => client.close().catch(() => {}));
    await client.connect(open());
    const saves = p.kept.saves;
    p.kept.tokens = { ...p.kept.tokens, access_token: 'stale' };
    assert.ok((await client.listTools()).tools.length > 0);
    assert.equal(p.kept.saves, saves + 1, 'it refreshed');
  });
  await t.test('assertions leave rows that hold no text of theirs', () => {
    assert.equal(sql(d, "SELECT count(*) FROM replay WHERE length(hash) <> 32 OR until > strftime('%s', 'now') + 700"), '0');
    assert.ok(+sql(d, 'SELECT count(*) FROM replay') > 10);
  });
});
