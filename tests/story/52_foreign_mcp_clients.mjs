// MCP clients that others wrote, in front of a stock MCP server behind the gateway: both generations of the SDK with each way that
// they have to get a token, with people and without, and mcp-remote. The table at the end is what is proven; in clear and over TLS.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v2 from '@modelcontextprotocol/client';
import * as v1ways from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import * as v1errors from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { story, assert } from './lib/story.mjs';
import { serve, freePort, temporary } from './lib/daemon.mjs';
import { claimsOf } from './lib/forge.mjs';
import { kept } from './lib/kept.mjs';
import { overTls } from './lib/again.mjs';
import { authority, documents, client as document } from './lib/documents.mjs';
import { everything, mcpRemote, sdkV1, sdkV2 } from './lib/clients.mjs';
import { assertion, keyPair } from './lib/assertion.mjs';
import { SIGNED, keys } from './lib/kits.mjs';
import { transport } from './lib/transport.mjs';
import { Jar, authorize, back, post } from './lib/oauth.mjs';

const SECRET = 'a-secret-of-the-file-of-forty-characters';
const still = keyPair('still', 'EdDSA');
const robot = (name, how) => `  - { client_id: ${name}, name: ${name}, ${how}, grant_types: [client_credentials], scopes: ["tools:use"] }\n`;
const jwks = (jwk) => `jwks: '${JSON.stringify({ keys: [jwk] })}'`;

const V1 = {
  title: 'SDK v1',
  ways: v1ways,
  make: () => new ClientV1({ name: 'SDK v1', version: '1.0' }, { capabilities: {} }),
  transport: (url, authProvider) => new TransportV1(new URL(url), { authProvider }),
  sdk: (t, url, press, name, own) => sdkV1(t, url, press, name, own),
  error: (e, code) => e instanceof v1errors.OAuthError && e.errorCode === code,
  elsewhere: /^Error: OAuth client information is bound to authorization server https:\/\/elsewhere\.example and is not presented to /,
};
const V2 = {
  title: 'SDK v2',
  ways: v2,
  make: () => new v2.Client({ name: 'SDK v2', version: '1.0' }, { capabilities: {} }),
  transport: (url, authProvider) => new v2.StreamableHTTPClientTransport(new URL(url), { authProvider }),
  sdk: (t, url, press, name, own) => sdkV2(t, url, press, 'auto', name, own),
  error: (e, code) => e instanceof v2.OAuthError && e.code === code,
  elsewhere: { name: 'AuthorizationServerMismatchError' },
};

const echo = async (client) => {
  assert.ok((await client.listTools()).tools.some((x) => x.name === 'echo'));
  const r = await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
  assert.equal(r.content[0].text, 'Echo: hello');
};

// Connects with a provider that needs nobody, calls a tool, and goes on by itself when the token is no good any more.
async function alone(t, h, sdk, provider, { again = true } = {}) {
  const client = sdk.make();
  t.defer(() => client.close().catch(() => {}));
  await client.connect(sdk.transport(h.url, provider));
  await echo(client);
  const first = provider.tokens();
  assert.equal(claimsOf(first.access_token).aud, h.url);
  assert.equal(first.refresh_token, undefined);
  if (!again) return first;
  provider.saveTokens({ ...first, access_token: `${first.access_token.slice(0, -8)}AAAAAAAA` });
  await echo(client);
  assert.notEqual(provider.tokens().access_token.slice(-8), 'AAAAAAAA');
  return first;
}

const secret = (sdk, h, more = {}) => new sdk.ways.ClientCredentialsProvider({ clientId: 'robot', clientSecret: SECRET, expectedIssuer: h.base, ...more });

const withSecret = async (t, h, sdk) => assert.equal((await alone(t, h, sdk, secret(sdk, h))).scope, 'tools:use');

// as bytes, for it takes a key of EdDSA in no other way
const withKey = (alg) => (t, h, sdk) =>
  alone(t, h, sdk, new sdk.ways.PrivateKeyJwtProvider({ clientId: `robot-${alg}`, privateKey: new TextEncoder().encode(keys[alg].pem), algorithm: alg, expectedIssuer: h.base }));

// one assertion is good for one token
const withAssertion = (t, h, sdk) =>
  alone(t, h, sdk, new sdk.ways.StaticPrivateKeyJwtProvider({ clientId: 'robot-still', jwtBearerAssertion: assertion(still, 'robot-still', h.base), expectedIssuer: h.base }), { again: false });

async function withProof(t, h, sdk) {
  const session = await v2.DpopSession.create();
  const x = await alone(t, h, sdk, Object.assign(secret(sdk, h), { dpop: () => session }));
  assert.equal(x.token_type, 'DPoP');
  assert.ok(claimsOf(x.access_token).cnf.jkt);
}

async function refusals(t, h, sdk) {
  const fails = (provider, code) => kept(h.d, () =>
    assert.rejects(sdk.make().connect(sdk.transport(h.url, provider)), (e) => sdk.error(e, code) || assert.fail(`${e?.constructor?.name} ${e}`)), 'audit');
  await fails(secret(sdk, h, { clientSecret: 'wrong' }), 'invalid_client');
  await fails(secret(sdk, h, { clientId: 'nobody' }), 'invalid_client');
  await fails(new sdk.ways.PrivateKeyJwtProvider({ clientId: 'robot-ES256', privateKey: keys.RS256.pem, algorithm: 'RS256', expectedIssuer: h.base }), 'invalid_client');
  await fails(secret(sdk, h, { clientId: 'other' }), 'invalid_scope');
  await assert.rejects(sdk.make().connect(sdk.transport(h.url, secret(sdk, h, { expectedIssuer: 'https://elsewhere.example' }))), sdk.elsewhere);
}

const person = (own = () => ({})) => async (t, h, sdk) => {
  const { client, provider } = await sdk.sdk(t, h.url, h.press, sdk.title, own(h, sdk));
  await echo(client);
  const first = provider.kept.tokens;
  provider.kept.tokens = { ...first, access_token: `${first.access_token.slice(0, -8)}AAAAAAAA` };
  await echo(client);
  assert.notEqual(provider.kept.tokens.refresh_token, first.refresh_token, 'it refreshed');
  assert.equal(provider.kept.redirects, 1, 'and nobody was asked again');
  return provider.kept;
};

async function byDocument(t, h, sdk) {
  const path = `/${sdk.title.replace(' ', '')}.json`;
  const clientMetadataUrl = h.host.base + path;
  h.host.at(path, document(clientMetadataUrl, { client_name: `${sdk.title} by document` }));
  assert.equal((await person(() => ({ clientMetadataUrl }))(t, h, sdk)).client.client_id, clientMetadataUrl);
}

async function remote(t, h) {
  const r = await mcpRemote(t, h.url, (address) => h.press(new URL(address)));
  assert.equal(r.hello.error, undefined, JSON.stringify(r.hello));
  const x = await r.ask('tools/call', { name: 'echo', arguments: { message: 'hello' } });
  assert.equal(x.result.content[0].text, 'Echo: hello');
}

// Cross-app access (SEP-990): another Gatehouse is the provider that people are signed in at; nobody sees a page here.
async function crossApp(t, h, sdk) {
  const CB = 'https://client.example/cb';
  const idp = await serve(t, {
    port: h.idpPort,
    config: `clients:
  - { client_id: agent, name: Agent, client_secret: ${SECRET}, redirect_uris: ["${CB}"], grant_types: [authorization_code, token-exchange] }
cross_app:
  - { audience: ${h.base}, clients: { agent: agent-there } }
`,
  });
  assert.equal(idp.base, h.idp);
  const basic = { authorization: `Basic ${btoa(`agent:${SECRET}`)}` };
  const a = await authorize(new Jar(idp.base), 'agent', { scope: 'openid', redirect_uri: CB });
  const signedIn = await post(`${idp.base}/token`, { grant_type: 'authorization_code', code: a.code, redirect_uri: CB, code_verifier: a.verifier }, basic);
  assert.equal(signedIn.status, 200, signedIn.text);
  const provider = new sdk.ways.CrossAppAccessProvider({
    clientId: 'agent-there',
    clientSecret: SECRET,
    expectedIssuer: h.base,
    assertion: async (ctx) => (await v2.discoverAndRequestJwtAuthGrant({
      idpUrl: idp.base, audience: ctx.authorizationServerUrl, resource: ctx.resourceUrl, idToken: signedIn.json.id_token,
      clientId: 'agent', clientSecret: SECRET, scope: ctx.scope, fetchFn: ctx.fetchFn,
    })).jwtAuthGrant,
  });
  const first = await alone(t, h, sdk, provider);
  assert.deepEqual([first.scope, claimsOf(first.access_token).client_id], ['tools:use', 'agent-there']);
  await idp.stop();
}

// ---- the table
const TABLE = [
  // how it gets its token                                         clients                      what is done
  ['authorization_code, registered',                               [V1, V2],                    person()],
  ['authorization_code, clientMetadataUrl',                        [V1, V2],                    byDocument],
  ['authorization_code',                                           [{ title: 'mcp-remote' }],   remote],
  ['ClientCredentialsProvider',                                    [V1, V2],                    withSecret],
  ['ClientCredentialsProvider with DPoP',                          [V2],                        withProof],
  ...SIGNED.map((alg) => [`PrivateKeyJwtProvider, ${alg}`,         [V1, V2],                    withKey(alg)]),
  ['StaticPrivateKeyJwtProvider, EdDSA',                           [V1, V2],                    withAssertion],
  ...(transport.tls ? [['CrossAppAccessProvider',                   [V2],                        crossApp]] : []), // providers are https
  ['refusals are OAuth errors to it',                              [V1, V2],                    refusals],
];

export default story('foreign MCP clients', async (t) => {
  const upstream = await everything(t, await freePort());
  const ca = authority(t);
  const host = await documents(t, { pair: ca.pair('localhost', 'DNS:localhost,IP:127.0.0.1') });
  const idpPort = await freePort();
  const idp = `https://localhost:${idpPort}`;
  const authorities = join(temporary(t), 'authorities.pem');
  writeFileSync(authorities, [ca.authority, ...(transport.tls ? [join(transport.tls.dir, 'ca.pem')] : [])].map((f) => readFileSync(f, 'utf8')).join(''));
  const d = await serve(t, {
    config: `outbound: { allow: [127.0.0.0/8, "::1/128"], authorities: ${authorities} }
trusted_issuers:
  - { issuer: ${idp}, jwks_uri: ${idp}/.well-known/jwks.json }
resources:
  - { path: /everything/mcp, upstream: "${upstream.url}", name: Everything, scopes: { "tools:use": "Use its tools" }, required_scopes: ["tools:use"] }
  - { path: /other/mcp, upstream: "http://127.0.0.1:1/mcp", name: Other, scopes: { "other:read": "Read" } }
clients:
  - { client_id: agent-there, name: Agent, client_secret: ${SECRET}, grant_types: [jwt-bearer] }
  - { client_id: other, name: Other, client_secret: ${SECRET}, grant_types: [client_credentials], scopes: ["other:read"] }
${robot('robot', `client_secret: ${SECRET}`)}${robot('robot-still', jwks(still.jwk))}${SIGNED.map((alg) => robot(`robot-${alg}`, jwks(keys[alg].jwk))).join('')}`,
  });
  const jar = new Jar(d.base);
  await jar.signIn();
  const press = async (u) => void (await fetch(await back(jar, u)));
  const h = { d, base: d.base, url: `${d.base}/everything/mcp`, host, press, idp, idpPort };
  const over = transport.tls ? 'over TLS' : 'in clear';
  for (const [way, clients, does] of TABLE)
    for (const c of clients) await t.test(`${way} · ${c.title} · ${over}`, () => does(t, h, c));
  if (!transport.tls) await overTls(t, ['52_foreign_mcp_clients']);
});
