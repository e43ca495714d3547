// What clients that others wrote, and that check every answer, say of every grant: the table at the end of the file is what is
// proven, a row a feature, with each library, in each way that a client proves itself; in clear and, once more, over TLS.
import * as oauth from 'oauth4webapi';
import { story, assert, until } from './lib/story.mjs';
import { serve } from './lib/daemon.mjs';
import { claimsOf, sql } from './lib/forge.mjs';
import { kept } from './lib/kept.mjs';
import { overTls } from './lib/again.mjs';
import { atHash } from './lib/party.mjs';
import { transport } from './lib/transport.mjs';
import { Jar, initialize, mcp, back as backFrom } from './lib/oauth.mjs';
import { SIGNED, keys, metadata, oauth4webapi, openidClient, told } from './lib/kits.mjs';

const NOTES = 'https://notes.example.com/mcp';
const SECRET = 'a-secret-of-the-file-of-forty-characters';
const OPENID = 'openid profile email';
const BYE = 'https://client.example/bye';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const ALL = ['none', 'basic', 'post', ...SIGNED];
const proof = (way) => (way === 'none' ? '' : keys[way] ? `, jwks: '${JSON.stringify({ keys: [keys[way].jwk] })}'` : `, client_secret: ${SECRET}`);
const filed = (way, name, more) => `  - { client_id: ${name}-${way}, name: ${name} ${way}${proof(way)}, ${more} }\n`;
const config = `resources:
  - { path: /weather/mcp, upstream: "http://127.0.0.1:1/mcp", name: Weather, scopes: { "weather:read": "See forecasts", "weather:write": "Change stations" } }
  - { url: "${NOTES}", name: Notes, scopes: { "notes:read": "Read notes" } }
clients:
${ALL.slice(1).map((way) => filed(way, 'robot', 'grant_types: [client_credentials], scopes: ["weather:read", "notes:read"]')).join('')}\
${ALL.slice(1).map((way) => filed(way, 'server', `resources: ["${NOTES}"]`)).join('')}\
${ALL.map((way) => filed(way, 'device', `grant_types: ["${DEVICE}", refresh_token]`)).join('')}\
${ALL.slice(1).map((way) => filed(way, 'web', `redirect_uris: ["https://client.example/cb"], post_logout_redirect_uris: ["${BYE}"]`)).join('')}\
${ALL.map((way) => filed(way, 'pusher', 'redirect_uris: ["https://client.example/cb"], require_pushed_authorization_requests: true')).join('')}\
${ALL.map((way) => filed(way, 'bound', 'redirect_uris: ["https://client.example/cb"], dpop_bound_access_tokens: true')).join('')}`;
const ofFile = (way, name) => ({ client_id: `${name}-${way}`, ...(['basic', 'post'].includes(way) ? { client_secret: SECRET } : {}) });

// A daemon and a person who is signed in there.
async function house(t, more = '', alg = 'ES256') {
  const d = await serve(t, { config: more + config });
  const jar = new Jar(d.base);
  await jar.signIn();
  const walk = (to, decision) => backFrom(jar, to, decision);
  const type = async (user_code, decision) => {
    const first = await jar.ask('/device');
    const second = await jar.ask('/device', { method: 'POST', body: { ...Jar.fields(first.text), user_code } });
    assert.equal(second.status, 200, second.text);
    return jar.ask('/device', { method: 'POST', body: { ...Jar.fields(second.text), decision } });
  };
  return { d, base: d.base, alg, weather: `${d.base}/weather/mcp`, jar, walk, type };
}

// From the authorization address to the tokens.
async function code(h, face, params, { pushed = false, ...checks } = {}) {
  const a = await face.address(params, pushed);
  if (pushed) assert.deepEqual([...a.to.searchParams.keys()].sort(), ['client_id', 'request_uri']);
  return face.finish(await h.walk(a.to), a, checks);
}

// The library says this of it, and no row has changed, but in the tables that may: of the assertions that clients prove themselves
// by one is kept each time.
const BODY = 'ResponseBodyError';
const CHALLENGE = 'WWWAuthenticateChallengeError';
const REDIRECT = 'AuthorizationResponseError';
async function refused(h, ask, error, status, kind = BODY, ...but) {
  const e = told(await kept(h.d, () => ask().then((x) => assert.fail(`taken: ${JSON.stringify(x)}`), (x) => x), 'audit', 'replay', ...but));
  assert.deepEqual({ error: e.error, status: e.status, kind: e.kind }, { error, status, kind });
}

// The strict reader of RFC 9068 takes the access token for its resource; gives the claims.
async function read(h, x, audience, proofHeader) {
  const as = await oauth4webapi.discover(h.base, 'oauth2');
  const lax = transport.tls ? {} : { [oauth.allowInsecureRequests]: true };
  const headers = { authorization: `${proofHeader ? 'DPoP' : 'Bearer'} ${x}`, ...(proofHeader ? { dpop: proofHeader } : {}) };
  return oauth.validateJwtAccessToken(as, new Request(audience, { method: 'POST', headers }), audience, lax);
}

// The resource takes it no more, or not as a bearer token, and says so.
const ENDED = 'The access was taken back.';
const BOUND = 'This access token is bound to a key: send it with the DPoP scheme and a proof.';
async function shut(h, x, words) {
  const r = await mcp(h.weather, x, initialize);
  assert.deepEqual([r.status, r.json.error], [401, 'invalid_token'], r.text);
  assert.ok(r.json.error_description.startsWith(words), r.text);
}

const reach = (h, face, x) => face.call(x, h.weather, 'POST', { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }, JSON.stringify(initialize));

// ---- what each row does: (house, kit, way, houses that are otherwise: nonces, RS256, EdDSA)

async function discovery(h, kit, way) {
  const lax = transport.tls ? {} : { [oauth.allowInsecureRequests]: true };
  const address = new URL(h.weather);
  const resource = await oauth.processResourceDiscoveryResponse(address, await oauth.resourceDiscoveryRequest(address, lax));
  assert.deepEqual(resource.authorization_servers, [h.base]);
  for (const algorithm of ['oauth2', 'oidc']) {
    const { as } = await kit.open(resource.authorization_servers[0], { client_id: 'x' }, way, { algorithm });
    assert.equal(as.issuer, h.base);
  }
}

async function codeAndRefresh(h, kit, way) {
  const client = await kit.register(h.base, metadata(way));
  const face = await kit.open(h.base, client, way);
  const x = await code(h, face, { resource: NOTES, scope: 'notes:read' }, { resource: NOTES });
  const claims = await read(h, x.access_token, NOTES);
  assert.equal(claims.client_id, client.client_id);
  assert.equal(claims.scope, 'notes:read');
  const y = await face.refresh(x.refresh_token);
  assert.notEqual(y.access_token, x.access_token);
  assert.notEqual(y.refresh_token, x.refresh_token);
  assert.equal((await read(h, y.access_token, NOTES)).gid, claims.gid);
}

async function revocation(h, kit, way) {
  const face = await kit.open(h.base, await kit.register(h.base, metadata(way)), way);
  const x = await code(h, face, { resource: h.weather });
  assert.equal((await mcp(h.weather, x.access_token, initialize)).status, 502, 'the upstream is dead on purpose: the token was good');
  await face.revoke('nobody ever gave this');
  await face.revoke(x.refresh_token);
  await shut(h, x.access_token, ENDED);
  await refused(h, () => face.refresh(x.refresh_token), 'invalid_grant', 400);
}

async function introspection(h, kit, way) {
  const person = await kit.open(h.base, await kit.register(h.base, metadata('none')), 'none');
  const x = await code(h, person, { resource: NOTES });
  const face = await kit.open(h.base, ofFile(way, 'server'), way);
  for (const jwt of [undefined, h.alg]) {
    const seen = await face.introspect(x.access_token, jwt);
    assert.equal(seen.active, true);
    assert.deepEqual([seen.aud, seen.scope, seen.sub], [NOTES, 'notes:read', claimsOf(x.access_token).sub]);
    assert.deepEqual(await face.introspect('nobody ever gave this', jwt), { active: false });
  }
  await person.revoke(x.access_token);
  assert.deepEqual(await face.introspect(x.access_token, h.alg), { active: false });
}

async function machine(h, kit, way) {
  const face = await kit.open(h.base, ofFile(way, 'robot'), way);
  const x = await face.machine({ scope: 'weather:read', resource: h.weather });
  assert.equal(x.scope, 'weather:read');
  assert.equal(x.refresh_token, undefined);
  assert.equal((await reach(h, face, x.access_token)).status, 502);
  assert.equal((await read(h, (await face.machine({ resource: NOTES })).access_token, NOTES)).sub, `robot-${way}`);
  await refused(h, () => face.machine({ scope: 'weather:write', resource: h.weather }), 'invalid_scope', 400);
  await refused(h, () => face.machine({ scope: 'nonsense', resource: NOTES }), 'invalid_scope', 400);
  await refused(h, () => face.machine({ resource: 'https://elsewhere.example/mcp' }), 'invalid_target', 400);
}

async function device(h, kit, way) {
  const face = await kit.open(h.base, ofFile(way, 'device'), way);
  const x = await face.device({ resource: NOTES, scope: 'notes:read' });
  assert.ok(x.verification_uri_complete.startsWith(x.verification_uri));
  await h.type(x.user_code, 'allow');
  const y = await face.poll({ ...x, interval: 0 });
  assert.equal((await read(h, y.access_token, NOTES)).scope, 'notes:read');
  assert.ok((await face.refresh(y.refresh_token)).access_token);
  const no = await face.device({ resource: NOTES });
  await h.type(no.user_code, 'deny');
  await refused(h, () => face.poll({ ...no, interval: 0 }), 'access_denied', 400, BODY, 'device');
  // a second time is taken for a thief's, and ends what the first was given
  await refused(h, () => face.poll({ ...x, interval: 0 }), 'invalid_grant', 400, BODY, 'device', 'grants', 'revocation');
}

async function waiting(h, kit, way) {
  const face = await kit.open(h.base, ofFile(way, 'device'), way);
  const x = await face.device({ resource: NOTES });
  assert.equal(x.interval, 5);
  const polled = face.poll(x);
  await until('the first question, which is answered "not yet"', () => sql(h.d, 'SELECT polled FROM device ORDER BY id DESC LIMIT 1') !== '0');
  await h.type(x.user_code, 'allow');
  assert.ok((await polled).access_token);
}

async function pending(h, kit, way) {
  const face = await kit.open(h.base, ofFile(way, 'device'), way);
  const x = await face.device({ resource: NOTES });
  await refused(h, () => face.poll(x), 'authorization_pending', 400, BODY, 'device');
  await refused(h, () => face.poll(x), 'slow_down', 400, BODY, 'device');
}

async function pushed(h, kit, way) {
  const client = ofFile(way, 'pusher');
  const face = await kit.open(h.base, client, way);
  const x = await code(h, face, { resource: NOTES, scope: 'notes:read' }, { pushed: true });
  assert.equal((await read(h, x.access_token, NOTES)).scope, 'notes:read');
  await refused(h, () => face.address({ resource: NOTES, redirect_uri: 'https://elsewhere.example/cb' }, true), 'invalid_request', 400);
  await refused(h, () => face.address({ resource: 'https://elsewhere.example/mcp' }, true), 'invalid_target', 400);
}

async function pushedAndBound(h, kit, way) {
  const face = await kit.open(h.base, ofFile(way, 'pusher'), way, { dpop: 'ES256' });
  const x = await code(h, face, { resource: h.weather }, { pushed: true });
  assert.equal(x.token_type, 'dpop');
  assert.equal((await reach(h, face, x.access_token)).status, 502);
  await shut(h, x.access_token, BOUND);
}

async function bound(h, kit, way) {
  for (const dpop of ['ES256', 'Ed25519', 'PS256', 'RS256']) {
    const face = await kit.open(h.base, ofFile(way, 'bound'), way, { dpop });
    let x = await code(h, face, { resource: h.weather });
    for (let i = 0; i < 2; i++) {
      assert.equal(x.token_type, 'dpop');
      assert.ok(claimsOf(x.access_token).cnf.jkt);
      assert.equal((await reach(h, face, x.access_token)).status, 502);
      x = await face.refresh(x.refresh_token);
    }
    const other = await kit.open(h.base, ofFile(way, 'bound'), way, { dpop });
    await refused(h, () => reach(h, other, x.access_token), 'invalid_token', 401, CHALLENGE);
    // a public client's refresh token is bound to its key, another client may change its key
    if (way === 'none') await refused(h, () => other.refresh(x.refresh_token), 'invalid_grant', 400);
    else assert.notEqual(claimsOf((await other.refresh(x.refresh_token)).access_token).cnf.jkt, claimsOf(x.access_token).cnf.jkt);
    const plain = await kit.open(h.base, ofFile(way, 'bound'), way);
    await refused(h, () => plain.refresh(x.refresh_token), 'invalid_dpop_proof', 400);
  }
}

async function boundWithNonces(h, kit, way, { nonces }) {
  await bound(nonces, kit, way);
}

async function boundMachine(h, kit, way, { nonces }) {
  for (const at of [h, nonces]) {
    const face = await kit.open(at.base, ofFile(way, 'robot'), way, { dpop: 'ES256' });
    const x = await face.machine({ resource: at.weather, scope: 'weather:read' });
    assert.equal(x.token_type, 'dpop');
    assert.equal((await reach(at, face, x.access_token)).status, 502);
    await shut(at, x.access_token, BOUND);
  }
}

async function openid(h, kit, way) {
  const client = way === 'none' ? await kit.register(h.base, metadata(way)) : ofFile(way, 'web');
  const face = await kit.open(h.base, client, way, { algorithm: 'oidc' });
  const nonce = oauth.generateRandomNonce();
  const x = await code(h, face, { scope: OPENID, nonce, max_age: '3600' }, { nonce, maxAge: 3600 });
  assert.equal(x.claims.aud, client.client_id);
  assert.equal(x.claims.at_hash, atHash(h.alg, x.access_token));
  assert.equal((await face.userinfo(x.access_token, x.claims.sub)).email_verified, true);
  await assert.rejects(face.userinfo(x.access_token, 'somebody-else'), { code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED' });
  const y = await face.refresh(x.refresh_token);
  assert.equal(y.claims.sub, x.claims.sub);
  assert.equal(y.claims.at_hash, atHash(h.alg, y.access_token));
  const wrong = await face.address({ scope: OPENID, nonce: 'another' });
  const back = await h.walk(wrong.to);
  await assert.rejects(face.finish(back, wrong, { nonce }), { code: 'OAUTH_JWT_CLAIM_COMPARISON_FAILED' }, 'the library does look');
}

async function otherAlgorithms(h, kit, way, { RS256, EdDSA }) {
  for (const at of [RS256, EdDSA]) {
    const { as } = await kit.open(at.base, ofFile(way, 'web'), way, { algorithm: 'oidc' });
    assert.deepEqual(as.id_token_signing_alg_values_supported, [at.alg]);
    await openid(at, kit, way);
    await introspection(at, kit, way);
    await machine(at, kit, way);
  }
}

async function openidBound(h, kit, way) {
  const client = ofFile(way, 'web');
  const face = await kit.open(h.base, client, way, { algorithm: 'oidc', dpop: 'ES256' });
  const nonce = oauth.generateRandomNonce();
  const x = await code(h, face, { scope: OPENID, nonce, resource: h.base }, { nonce, pushed: true });
  assert.equal(x.token_type, 'dpop');
  assert.equal((await face.userinfo(x.access_token, x.claims.sub)).sub, x.claims.sub);
  const plain = await kit.open(h.base, client, way, { algorithm: 'oidc' });
  await refused(h, () => plain.userinfo(x.access_token, x.claims.sub), 'invalid_token', 401, CHALLENGE);
}

async function signingOut(h, kit, way) {
  const face = await kit.open(h.base, ofFile(way, 'web'), way, { algorithm: 'oidc' });
  const x = await code(h, face, { scope: OPENID, nonce: 'n' }, { nonce: 'n' });
  const to = face.bye({ post_logout_redirect_uri: BYE, id_token_hint: x.id_token, state: 'bye' });
  const r = await h.jar.ask(to.href);
  assert.deepEqual([r.status, r.location], [303, `${BYE}?state=bye`], r.text);
  const account = await h.jar.ask('/account');
  assert.deepEqual([account.status, account.location], [303, '/login?next=%2Faccount'], 'nobody is signed in any more');
  await until('whoever is told of it to be told', () => sql(h.d, 'SELECT count(*) FROM logout_notice') === '0');
  await h.jar.signIn();
}

async function management(h, kit, way) {
  const client = await kit.register(h.base, metadata(way));
  const face = await kit.open(h.base, client, way);
  const at = (verb, body) => face.call(client.registration_access_token, client.registration_client_uri, verb,
    { accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}) }, body && JSON.stringify(body));
  const seen = await (await at('GET')).json();
  assert.equal(seen.client_id, client.client_id);
  const { registration_access_token, registration_client_uri, client_id_issued_at, client_secret_expires_at, ...mine } = seen;
  const put = await at('PUT', { ...mine, client_name: 'Renamed' });
  assert.equal(put.status, 200);
  assert.equal((await put.json()).client_name, 'Renamed');
  const gone = await at('DELETE');
  assert.equal(gone.status, 204);
  await refused(h, () => at('GET'), 'invalid_token', 401, CHALLENGE);
}

async function registrationErrors(h, kit) {
  for (const [about, error] of [
    [{ redirect_uris: ['http://elsewhere.example/cb'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['https://client.example/cb#part'] }, 'invalid_redirect_uri'],
    [{ token_endpoint_auth_method: 'client_secret_jwt' }, 'invalid_client_metadata'],
    [{ token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
    [{ jwks: { keys: [] }, jwks_uri: 'https://client.example/keys' }, 'invalid_client_metadata'],
  ]) await refused(h, () => kit.register(h.base, metadata('none', about)), error, 400);
}

async function wrongProof(h, kit, way) {
  const other = way === 'basic' || way === 'post' ? { ...ofFile(way, 'robot'), client_secret: 'wrong' } : { client_id: 'server-basic' };
  const face = await kit.open(h.base, other, way);
  // with Basic the answer is a challenge (RFC 6749 section 5.2), else the error is in the body
  const [error, kind] = way === 'basic' ? [undefined, CHALLENGE] : ['invalid_client', BODY];
  for (const ask of [() => face.machine({}), () => face.revoke('x'), () => face.introspect('x'), () => face.device({}), () => face.address({}, true)])
    await refused(h, ask, error, 401, kind);
}

async function wrongAnswers(h, kit, way) {
  const client = await kit.register(h.base, metadata(way));
  const face = await kit.open(h.base, client, way);
  const a = await face.address({ resource: NOTES });
  const back = await h.walk(a.to);
  await refused(h, () => face.finish(back, { ...a, verifier: 'v'.repeat(43) }), 'invalid_grant', 400, BODY, 'code');
  const b = await face.address({ resource: NOTES });
  const again = await h.walk(b.to);
  await face.finish(again, b);
  await refused(h, () => face.finish(again, b), 'invalid_grant', 400, BODY, 'code', 'grants', 'revocation');
  await refused(h, () => face.refresh('gh_rt_nobody'), 'invalid_grant', 400);
  await refused(h, () => face.machine({}), 'unauthorized_client', 400);
  for (const [params, error] of [
    [{ resource: 'https://elsewhere.example/mcp' }, 'invalid_target'],
    [{ resource: NOTES, response_type: 'token' }, 'unsupported_response_type'],
    [{ resource: NOTES, prompt: 'none login' }, 'invalid_request'],
    [{ resource: NOTES, request: 'e30.e30.' }, 'request_not_supported'],
    [{ resource: NOTES, code_challenge_method: 'plain' }, 'invalid_request'],
  ]) {
    const bad = await face.address(params);
    await refused(h, async () => face.finish(await h.walk(bad.to), bad), error, undefined, REDIRECT);
  }
  const fresh = await kit.open(h.base, await kit.register(h.base, metadata(way, { client_name: 'Denied' })), way);
  const no = await fresh.address({ resource: NOTES });
  await refused(h, async () => fresh.finish(await h.walk(no.to, 'deny'), no), 'access_denied', undefined, REDIRECT, 'txn');
  await refused(h, () => face.userinfo('garbage', 'x'), 'invalid_token', 401, CHALLENGE);
  await refused(h, () => reach(h, face, 'garbage'), 'invalid_token', 401, CHALLENGE);
}

const BOTH = [oauth4webapi, openidClient];
const CONFIDENTIAL = ALL.slice(1);
const FEW = ['none', 'basic', 'ES256'];

// ---- the table
const TABLE = [
  // feature                                           libraries        ways that the client proves itself       what is done
  ['discovery, from the resource on',                  BOTH,            ['none'],                                discovery],
  ['registration, authorization_code, refresh_token',  BOTH,            ALL,                                     codeAndRefresh],
  ['registration is read, replaced and deleted',       BOTH,            ALL,                                     management],
  ['revocation',                                       BOTH,            ALL,                                     revocation],
  ['introspection, plain and signed',                  BOTH,            CONFIDENTIAL,                            introspection],
  ['client_credentials',                               BOTH,            CONFIDENTIAL,                            machine],
  ['client_credentials, DPoP, nonces and none',        BOTH,            CONFIDENTIAL,                            boundMachine],
  ['device_code',                                      BOTH,            ALL,                                     device],
  ['device_code, asked again every five seconds',      [openidClient],  ['none'],                                waiting],
  ['device_code, asked too early',                     [oauth4webapi],  ['none', 'basic', 'ES256'],              pending],
  ['pushed requests',                                  BOTH,            ALL,                                     pushed],
  ['pushed requests, DPoP',                            BOTH,            ALL,                                     pushedAndBound],
  ['authorization_code, refresh_token, DPoP',          BOTH,            FEW,                                     bound],
  ['the same with nonces',                             BOTH,            FEW,                                     boundWithNonces],
  ['openid, nonce, max_age, userinfo',                 BOTH,            ALL,                                     openid],
  ['the same, machines, introspection: RS256, EdDSA',  BOTH,            ['basic', 'ES256'],                      otherAlgorithms],
  ['openid, pushed, DPoP, userinfo',                   BOTH,            ['basic', 'ES256'],                      openidBound],
  ['RP-initiated logout',                              [openidClient],  ['basic', 'ES256'],                      signingOut],
  ['errors of registration',                           BOTH,            ['none'],                                registrationErrors],
  ['errors of client authentication',                  BOTH,            ['basic', 'post', 'ES256'],              wrongProof],
  ['errors of grants and of the browser\'s way back',  BOTH,            ['none', 'basic', 'post', 'ES256'],      wrongAnswers],
];

export default story('foreign clients', async (t) => {
  const h = await house(t);
  const others = {
    nonces: await house(t, 'tokens: { dpop_nonce: required }\n'),
    RS256: await house(t, 'tokens: { alg: RS256 }\n', 'RS256'),
    EdDSA: await house(t, 'tokens: { alg: EdDSA }\n', 'EdDSA'),
  };
  const over = transport.tls ? 'over TLS' : 'in clear';
  for (const [feature, kits, ways, does] of TABLE)
    for (const kit of kits)
      for (const way of ways)
        await t.test(`${feature} · ${kit.title} · ${way} · ${over}`, () => does(h, kit, way, others));
  if (!transport.tls) await overTls(t, ['52_foreign_clients']);
});
