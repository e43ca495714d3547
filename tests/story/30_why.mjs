// Every refusal that can reach somebody is produced here, each row of tables/err.def by its own mistake, and `gatehouse why`
// says what arrived, what was expected, which rule, and the line that mends it. Nothing secret is ever in what it says.
//
// What never came (a code that nobody redeems, a token that nobody uses) is noted 30 seconds to ten minutes later. No story
// waits so long: tests/unit/net/test_recorder_absence.c tells that part, where time is an argument.
import { createServer } from 'node:http';
import { createServer as createTcp, connect } from 'node:net';
import { readFileSync, existsSync, statSync, mkdirSync, writeFileSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { story, assert, until } from './lib/story.mjs';
import { serve, temporary, freePort, OWNER } from './lib/daemon.mjs';
import { errorRows, idOf } from './lib/errors.mjs';
import { forge, signingKey, sql, claimsOf } from './lib/forge.mjs';
import { assertion, keyPair, proof } from './lib/assertion.mjs';
import { authority, documents, client as document } from './lib/documents.mjs';
import { TYPE, bearer, exchange, jag } from './lib/jag.mjs';
import { postgres } from './lib/postgres.mjs';
import { wire } from './lib/wire.mjs';
import { dump } from './lib/kept.mjs';
import { said as wordsOf } from './lib/said.mjs';
import { proofKey, prove, boundClient } from './lib/dpop.mjs';
import { Jar, register, registerAt, authorize, authorizeQuery, tokens, refresh, post, ask, mcp, initialize, pkce, form } from './lib/oauth.mjs';

const CB = 'https://client.example/cb';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const WRONG = 'a wrong password of some length';

const EXCHANGER = { id: 'exchanger', secret: 'the-secret-of-exchanger-0123' };

// Rows that nobody outside can produce, each with the reason.
const UNREACHABLE = {
  STORE_NEWER: 'serve does not start on such a store; 31_mistakes reads the sentence it says instead',
  SEAL_BROKEN: 'serve does not start with another master key; 31_mistakes reads the sentence it says instead',
  CRYPTO: 'wants a crypto library that fails; tests/unit/crypto has the calls',
};

// The tables in which a refusal leaves another row than it found; all others leave the store as it was.
const CHANGES = {
  // somebody decided, or tried to guess
  ACCESS_DENIED: ['audit', 'txn'],
  PASSWORD_WRONG: ['audit', 'throttle'],
  THROTTLED: ['audit'],
  USER_CODE: ['throttle'],
  // a try at a code is counted, so that there is no second one; what was given for a replayed one ends
  CODE_EXPIRED: ['code'],
  REDIRECT_MISMATCH: ['code'],
  PKCE_MISMATCH: ['code'],
  RESOURCE_MISMATCH: ['code'],
  CODE_REPLAYED: ['audit', 'code', 'grants', 'revocation'],
  DEVICE_REPLAYED: ['audit', 'grants', 'revocation'],
  REFRESH_REUSED: ['audit', 'grants', 'revocation'],
  // when it asked, and how long it has to wait
  DEVICE_PENDING: ['device'],
  DEVICE_SLOW: ['device'],
  // an assertion that was good comes once, whoever it is about
  ASSERTION_PERSON: ['replay'],
  // operations are audited, also those that are refused
  NO_PERMISSION: ['audit'],
  OP_ARGUMENTS: ['audit'],
  OP_NOT_FOUND: ['audit'],
  OP_EXISTS: ['audit'],
  OP_CONFIRM: ['audit'],
  OP_DECLARED: ['audit'],
  OP_PRECONDITION: ['audit'],
  READ_ONLY: ['audit'],
};

// The store of a daemon as it was before the newest request, and the tables that have changed since.
const store = { of: null, before: [] };
const look = () => {
  if (store.of) store.before = dump(store.of);
};
function changed() {
  const [before, after] = [new Set(store.before), new Set(dump(store.of))];
  const rows = [...before].filter((row) => !after.has(row)).concat([...after].filter((row) => !before.has(row)));
  const tables = rows.map((row) => /^INSERT INTO (\w+) /.exec(row)[1]);
  return [...new Set(tables)].sort();
}

// Everything secret that crosses the wire from here on: what the story sends and what it is given.
function eavesdrop(t) {
  const heard = new Set();
  const plain = globalThis.fetch;
  const note = (s) => typeof s === 'string' && s.length >= 12 && heard.add(s);
  const noteForm = (s) => {
    for (const [k, v] of new URLSearchParams(s)) {
      if (['code', 'code_verifier', 'refresh_token', 'client_secret', 'password', 'confirm', 'current', 'token', 'csrf', 'client_assertion', 'assertion', 'subject_token'].includes(k)) note(v);
    }
  };
  globalThis.fetch = async (url, options = {}) => {
    if (typeof options.body === 'string') noteForm(options.body);
    noteForm(new URL(url).search);
    for (const [k, v] of Object.entries(options.headers ?? {})) {
      if (k === 'authorization') note(v.split(' ').pop());
      if (k === 'dpop') note(v);
      if (k === 'cookie') for (const pair of v.split('; ')) note(pair.split('=').slice(1).join('='));
    }
    look();
    const r = await plain(url, options);
    const to = r.headers.get('location');
    if (to) noteForm(new URL(to, url).search);
    for (const line of r.headers.getSetCookie()) note(line.split(';')[0].split('=').slice(1).join('='));
    if (/json/.test(r.headers.get('content-type') ?? '')) {
      const json = await r.clone().json().catch(() => ({}));
      for (const k of ['access_token', 'refresh_token', 'id_token', 'client_secret', 'registration_access_token', 'device_code', 'request_uri']) note(json?.[k]);
    }
    return r;
  };
  t.defer(() => void (globalThis.fetch = plain));
  return heard;
}

// An operation over the control socket, as a verb asks for it: the daemon's whole answer.
const operate = (d, op, args = {}) =>
  new Promise((done, fail) => {
    look();
    const s = connect(join(d.data, 'control.sock'));
    let got = '';
    s.on('connect', () => s.write(JSON.stringify({ op, args }) + '\n'));
    s.on('data', (x) => {
      got += x;
      if (got.endsWith('\n')) (s.end(), done({ text: got, ...JSON.parse(got) }));
    });
    s.on('error', fail);
  });

// An MCP server that behaves as its path says.
async function upstreams(t) {
  const server = createServer((req, res) => {
    req.resume();
    if (req.url === '/slow') return;
    if (req.url === '/refuses') return void (res.writeHead(401), res.end());
    if (req.url === '/moved') return void (res.writeHead(302, { location: 'https://elsewhere.example/mcp' }), res.end());
    res.setHeader('content-type', 'application/json');
    res.end('{"jsonrpc":"2.0","id":1,"result":{}}');
  });
  const odd = createTcp((s) => (s.on('error', () => {}), s.end('SSH-2.0-odd\r\n')));
  for (const s of [server, odd]) await new Promise((ok) => s.listen(0, '127.0.0.1', ok));
  t.defer(() => (server.closeAllConnections(), server.close(), odd.close()));
  return { http: `http://127.0.0.1:${server.address().port}`, odd: `http://127.0.0.1:${odd.address().port}`, dead: `http://127.0.0.1:${await freePort()}` };
}

// What most mistakes are made at: a daemon, the owner signed in, a client.
async function household(t, config) {
  const d = await serve(t, { config });
  const jar = new Jar(d.base);
  await jar.signIn();
  const client = (await register(d.base, { client_name: 'Story' })).json;
  const h = { d, jar, client, base: d.base, management: `${d.base}/mcp` };
  h.at = (path) => `${d.base}${path}/mcp`;
  h.host = `Host: localhost:${d.port}\r\n`;
  h.wire = (bytes) => (look(), wire(d.port, bytes));
  h.get = (extra = {}) => tokens(d.base, { jar, client, resource: h.at('/weather'), ...extra });
  h.go = (extra = {}, c = client, j = jar) =>
    j.ask(`/authorize?${authorizeQuery(c.client_id, pkce().challenge, { resource: h.at('/weather'), ...extra })}`);
  h.code = (extra = {}) => authorize(jar, client.client_id, { resource: h.at('/weather'), ...extra });
  h.redeem = (a, extra = {}, headers = {}) =>
    post(`${d.base}/token`, { grant_type: 'authorization_code', client_id: client.client_id, code: a.code, redirect_uri: CB, code_verifier: a.verifier, ...extra }, headers);
  h.registerRaw = (body) => ask(`${d.base}/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  h.pending = async () => {
    const fresh = (await register(d.base, { client_name: 'Pending' })).json;
    const location = (await h.go({}, fresh)).location;
    return { location, fields: Jar.fields((await jar.ask(location)).text) };
  };
  // a token of the management server that may do everything, asked for once
  h.manager = async () => (h.managing ??= await tokens(d.base, { jar, client, resource: h.management, scope: 'users:read users:write resources:read resources:write audit:read' }));
  h.tool = async (name, args, token) =>
    mcp(h.management, token ?? (await h.manager()).access_token, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }, { 'mcp-protocol-version': '2025-11-25' });
  h.rpc = async (body, headers = {}) => mcp(h.management, (await h.manager()).access_token, body, headers);
  // somebody who is no owner, with an open browser
  h.member = async (email) => {
    const made = await operate(d, 'create_link', { email });
    const address = new URL(made.result.sign_in_link);
    const own = new Jar(d.base);
    const fields = Jar.fields((await own.ask(address.pathname + address.search)).text);
    const password = 'the password of this member';
    const done = await own.ask('/link', { method: 'POST', body: { ...fields, password, confirm: password } });
    assert.equal(done.status, 303, done.text);
    return own;
  };
  // a token with the claims changed and our signature
  h.forged = async (claims, header) => {
    h.key ??= signingKey(d);
    h.plain ??= (await h.get()).access_token;
    return mcp(h.at('/weather'), forge(h.key, h.plain, claims, header), initialize);
  };
  // an assertion of a client that registered a key, signed with it or with another
  h.signed = async (key) => {
    const own = keyPair('mine');
    const c = (await register(d.base, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [own.jwk] } })).json;
    return proof(assertion(key ?? own, c.client_id, d.base));
  };
  h.call = (headers, path = '/weather') => ask(h.at(path), { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{}' });
  // tokens that are bound to h.key, and a call with them
  h.proof = proofKey();
  h.proofFor = (url, token, change = {}, key = h.proof) => prove(key, 'POST', url, { token, ...change });
  h.ours = (change) => ({ dpop: h.proofFor(`${h.base}/token`, undefined, change) });
  h.bound = async () => (await h.redeem(await h.code(), {}, h.ours())).json;
  h.callBound = async (make) => {
    const token = (h.boundToken ??= (await h.bound()).access_token);
    return h.call({ authorization: `DPoP ${token}`, dpop: make(token) });
  };
  // a device that asks, and a person who types its code
  h.device = async () => {
    h.terminal ??= (await register(h.d.base, { client_name: 'Terminal', grant_types: [DEVICE, 'refresh_token'], redirect_uris: undefined, response_types: undefined })).json;
    return (await post(`${h.base}/device_authorization`, { client_id: h.terminal.client_id, resource: h.at('/weather') })).json;
  };
  h.poll = (x) => post(`${h.base}/token`, { grant_type: DEVICE, client_id: h.terminal.client_id, device_code: x.device_code });
  h.typed = async (user_code, decision) => h.jar.ask('/device', { method: 'POST', body: { ...Jar.fields((await h.jar.ask('/device')).text), user_code, ...(decision ? { decision } : {}) } });
  h.newest = (table, set) => sql(d, `UPDATE ${table} SET ${set} WHERE id = (SELECT max(id) FROM ${table})`);
  return h;
}

// How each row is produced. Each function makes one mistake and gives the answer to it.
const MISTAKES = {
  HTTP_MALFORMED: (h) => h.wire(`GET /healthz HTTP/1.1\r\n${h.host}no colon\r\n\r\n`),
  HTTP_SMUGGLING: (h) => h.wire(`POST /token HTTP/1.1\r\n${h.host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
  HTTP_HEAD_TOO_LARGE: (h) => h.wire(`GET /healthz HTTP/1.1\r\n${h.host}X: ${'y'.repeat(20000)}\r\n\r\n`),
  HTTP_VERSION: (h) => h.wire(`GET /healthz HTTP/1.9\r\n${h.host}\r\n`),
  HTTP_HOST: (h) => h.wire(`GET /healthz HTTP/1.1\r\n${h.host}${h.host}\r\n`),
  HOST_UNKNOWN: (h) => h.wire('GET /login HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n'),
  PATH_AMBIGUOUS: (h) => h.wire(`GET /a//../login HTTP/1.1\r\n${h.host}Connection: close\r\n\r\n`),
  NO_ROUTE: (h) => ask(`${h.base}/nowhere`),
  METHOD_NOT_ALLOWED: (h) => ask(`${h.base}/token`),
  TOO_LARGE: (h) => h.wire(`POST /register HTTP/1.1\r\n${h.host}Content-Type: application/json\r\nContent-Length: 700000\r\n\r\n`),
  CONTENT_TYPE: (h) => ask(`${h.base}/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
  ORIGIN_FORBIDDEN: (h) => h.call({ origin: 'https://evil.example' }),

  PARAM_SYNTAX: (h) => post(`${h.base}/token`, 'grant_type=%zz'),
  PARAM_DUPLICATE: (h) => post(`${h.base}/token`, 'grant_type=refresh_token&grant_type=refresh_token'),
  PARAM_MISSING: (h) => post(`${h.base}/token`, { client_id: h.client.client_id }),
  PARAM_TOO_LONG: (h) => post(`${h.base}/token`, { grant_type: 'x'.repeat(300) }),
  PARAM_ALPHABET: (h) => post(`${h.base}/token`, { grant_type: 'ünknown' }),
  PARAM_VALUE: (h) => h.go({ max_age: 'long ago' }),
  JSON_SYNTAX: (h) => h.registerRaw('{"redirect_uris":'),
  JSON_DEPTH: (h) => h.registerRaw('['.repeat(40) + ']'.repeat(40)),
  JSON_DUPLICATE: (h) => h.registerRaw('{"client_name":"a","client_name":"b"}'),
  AUTH_MALFORMED: (h) => h.call({ authorization: 'Bearer two words' }),

  CLIENT_UNKNOWN_PAGE: (h) => h.go({}, { client_id: 'nobody' }),
  CLIENT_UNKNOWN: (h) => refresh(h.base, 'nobody', 'x'),
  CLIENT_SECRET: async (h) => {
    const c = (await register(h.base, { token_endpoint_auth_method: 'client_secret_post' })).json;
    return post(`${h.base}/token`, { grant_type: 'refresh_token', client_id: c.client_id, client_secret: `${c.client_secret}x`, refresh_token: 'x' });
  },
  CLIENT_METHOD: async (h) => {
    const c = (await register(h.base, { token_endpoint_auth_method: 'client_secret_basic' })).json;
    return post(`${h.base}/token`, { grant_type: 'refresh_token', client_id: c.client_id, client_secret: c.client_secret, refresh_token: 'x' });
  },
  CLIENT_ASSERTION: async (h) => post(`${h.base}/token`, { grant_type: 'refresh_token', refresh_token: 'x', ...(await h.signed(keyPair('mine'))) }),
  CLIENT_REPLAYED: async (h) => {
    const fields = { grant_type: 'refresh_token', refresh_token: 'x', ...(await h.signed()) };
    assert.equal((await post(`${h.base}/token`, fields)).json.error, 'invalid_grant');
    return post(`${h.base}/token`, fields);
  },
  CLIENT_BLOCKED: async (h) => {
    const client = (await register(h.base, { client_name: 'Blocked' })).json;
    const x = await h.get({ client });
    sql(h.d, "UPDATE client SET status = 'blocked' WHERE name = 'Blocked'");
    return refresh(h.base, client.client_id, x.refresh_token);
  },
  CLIENT_BLOCKED_PAGE: async (h) => {
    const client = (await register(h.base, { client_name: 'Blocked page' })).json;
    await h.get({ client });
    sql(h.d, "UPDATE client SET status = 'blocked' WHERE name = 'Blocked page'");
    const page = await h.go({}, client);
    assert.equal(page.status, 403);
    assert.match(page.text, /<h1>This application may not<\/h1>[\s\S]*has been blocked/, 'nobody is told to sign in, who is signed in');
    return page;
  },
  CLIENT_SCOPE: async (h) => {
    const r = await h.d.verb(['create_client', '--name', 'Machine', '--application_type', 'backend', '--scopes', 'users:read', '--json']);
    const { client_id, client_secret } = JSON.parse(r.out);
    return post(`${h.base}/token`, { grant_type: 'client_credentials', client_id, client_secret, scope: 'users:write' });
  },
  EXCHANGE_KIND: (h) => exchange(h.base, EXCHANGER, { subject_token: 'x', subject_token_type: TYPE('saml2') }),
  EXCHANGE_SUBJECT: async (h) => exchange(h.base, EXCHANGER, { subject_token: (await h.get()).access_token, subject_token_type: TYPE('access_token') }),
  EXCHANGE_AUDIENCE: (h) => exchange(h.base, EXCHANGER, { subject_token: 'x', subject_token_type: TYPE('id_token'), requested_token_type: TYPE('id-jag'), audience: 'https://elsewhere.example' }),
  REVOKE_KIND: async (h) => {
    const token = forge(signingKey(h.d), (await h.get()).access_token, { client_id: EXCHANGER.id, act: { sub: EXCHANGER.id } });
    return post(`${h.base}/revoke`, { token, client_id: EXCHANGER.id, client_secret: EXCHANGER.secret });
  },
  ASSERTION_BAD: (h) => bearer(h.base, EXCHANGER, h.jag({ client_id: 'another' })),
  ASSERTION_PERSON: (h) => bearer(h.base, EXCHANGER, h.jag({})),
  DOCUMENT_URL: (h) => h.go({}, { client_id: 'https://127.0.0.1/c.json#x' }),
  DOCUMENT_ADDRESS: (h) => h.go({}, { client_id: 'https://10.0.0.1/c.json' }),
  DOCUMENT_UNREACHABLE: (h) => h.go({}, { client_id: `${h.documents.base}/broken` }),
  DOCUMENT_GONE: (h) => h.go({}, { client_id: `${h.documents.base}/nothing` }),
  DOCUMENT_INVALID: (h) => h.go({}, { client_id: `${h.documents.base}/other` }),
  CLIENT_GRANT_TYPE: async (h) => {
    const c = (await register(h.base, { grant_types: ['authorization_code'] })).json;
    return refresh(h.base, c.client_id, 'x');
  },
  REDIRECT_UNKNOWN: (h) => h.go({ redirect_uri: 'https://evil.example/cb' }),
  REDIRECT_MISSING: async (h) => {
    const c = (await register(h.base, { redirect_uris: [CB, `${CB}2`] })).json;
    return h.go({ redirect_uri: undefined }, c);
  },

  REGISTER_REDIRECT: (h) => register(h.base, { redirect_uris: ['http://client.example/cb'] }),
  REGISTER_TOKEN: async (h) => ask((await register(h.base)).json.registration_client_uri, { headers: { authorization: 'Bearer gh_ra_x' } }),
  REGISTER_METADATA: (h) => register(h.base, { client_name: 7 }),

  RESPONSE_TYPE: (h) => h.go({ response_type: 'token' }),
  RESPONSE_MODE: (h) => h.go({ response_mode: 'fragment' }),
  REQUEST_OBJECT: (h) => h.go({ request: 'a.b.c' }),
  REQUEST_URI: (h) => h.go({ request_uri: 'https://client.example/request' }),
  PUSHED_GONE: (h) => h.go({ request_uri: 'urn:ietf:params:oauth:request_uri:nothing' }),
  PAR_REQUIRED: async (h) => h.go({}, await boundClient(h.d, { require_pushed_authorization_requests: true })),
  PKCE_MISSING: (h) => h.go({ code_challenge: undefined }),
  PKCE_METHOD: (h) => h.go({ code_challenge_method: 'plain' }),
  RESOURCE_UNKNOWN: (h) => h.go({ resource: 'https://elsewhere.example/mcp' }),
  RESOURCE_OTHER: async (h) => h.go({ resource: h.at('/notes') }, (await registerAt(`${h.at('/weather')}/client_register`)).json),
  RESOURCE_MISSING: (h) => h.go({ resource: undefined }),
  SCOPE_UNKNOWN: (h) => h.go({}, { client_id: 'limited' }),
  ACCESS_DENIED: async (h) => {
    const { fields } = await h.pending();
    return h.jar.ask('/consent', { method: 'POST', body: { ...fields, decision: 'deny' } });
  },
  LOGIN_REQUIRED: (h) => h.go({ prompt: 'none' }, h.client, new Jar(h.base)),
  CONSENT_REQUIRED: async (h) => h.go({ prompt: 'none' }, (await register(h.base, { client_name: 'Never seen' })).json),
  TXN_GONE: async (h) => {
    const { location, fields } = await h.pending();
    await h.jar.ask('/consent', { method: 'POST', body: { ...fields, decision: 'deny' } });
    return h.jar.ask(location);
  },
  TXN_BROWSER: async (h) => {
    const other = new Jar(h.base);
    await other.signIn();
    return other.ask((await h.pending()).location);
  },

  GRANT_TYPE: (h) => post(`${h.base}/token`, { grant_type: 'password', client_id: h.client.client_id, username: OWNER.email, password: OWNER.password }),
  CODE_UNKNOWN: (h) => h.redeem({ code: 'gh_ac_nothing-of-ours', verifier: pkce().verifier }),
  CODE_REPLAYED: async (h) => {
    const a = await h.code();
    assert.equal((await h.redeem(a)).status, 200);
    return h.redeem(a);
  },
  CODE_EXPIRED: async (h) => {
    const a = await h.code();
    h.newest('code', 'expires = 1');
    return h.redeem(a);
  },
  REDIRECT_MISMATCH: async (h) => h.redeem(await h.code(), { redirect_uri: `${CB}/` }),
  PKCE_MISMATCH: async (h) => h.redeem(await h.code(), { code_verifier: pkce().verifier }),
  RESOURCE_MISMATCH: async (h) => h.redeem(await h.code(), { resource: h.at('/notes') }),
  REFRESH_UNKNOWN: (h) => refresh(h.base, h.client.client_id, 'gh_rt_nothing-of-ours'),
  REFRESH_REUSED: async (h) => {
    const x = await h.get();
    const second = (await refresh(h.base, h.client.client_id, x.refresh_token)).json;
    await refresh(h.base, h.client.client_id, second.refresh_token);
    return refresh(h.base, h.client.client_id, x.refresh_token);
  },
  REFRESH_EXPIRED: async (h) => {
    const x = await h.get();
    h.newest('grants', `expires = ${Math.floor(Date.now() / 1000) - 60}`); // not so long ago that it would be swept away
    return refresh(h.base, h.client.client_id, x.refresh_token);
  },
  GRANT_ENDED: async (h) => {
    const x = await h.get();
    await post(`${h.base}/revoke`, { token: x.refresh_token, client_id: h.client.client_id });
    return refresh(h.base, h.client.client_id, x.refresh_token);
  },
  USER_BLOCKED: async (h) => {
    const x = await h.get({ jar: await h.member('blocked@example.com') });
    sql(h.d, "UPDATE users SET status = 'blocked' WHERE email = 'blocked@example.com'");
    return refresh(h.base, h.client.client_id, x.refresh_token);
  },

  DEVICE_PENDING: async (h) => h.poll(await h.device()),
  DEVICE_SLOW: async (h) => {
    const x = await h.device();
    await h.poll(x);
    return h.poll(x);
  },
  DEVICE_EXPIRED: async (h) => {
    const x = await h.device();
    h.newest('device', 'expires = 1');
    return h.poll(x);
  },
  DEVICE_DENIED: async (h) => {
    const x = await h.device();
    await h.typed(x.user_code, 'deny');
    return h.poll(x);
  },
  DEVICE_UNKNOWN: async (h) => h.poll({ ...(await h.device()), device_code: 'gh_dc_nothing-of-ours' }),
  DEVICE_REPLAYED: async (h) => {
    const x = await h.device();
    await h.typed(x.user_code, 'allow');
    assert.equal((await h.poll(x)).status, 200);
    return h.poll(x);
  },
  USER_CODE: (h) => h.typed('BCDF-GHJK'),
  DPOP_PROOF: async (h) => h.redeem(await h.code(), {}, h.ours({ claims: { htm: 'GET' } })),
  DPOP_REPLAYED: async (h) => {
    const proof = h.ours();
    assert.equal((await h.redeem(await h.code(), {}, proof)).status, 200);
    return h.redeem(await h.code(), {}, proof);
  },
  DPOP_NONCE: async (h) => h.redeem(await h.code(), {}, h.ours({ claims: { nonce: 'of-another-server' } })),
  DPOP_REQUIRED: async (h) => refresh(h.base, (await boundClient(h.d)).client_id, 'x'),
  DPOP_KEY: async (h) => refresh(h.base, h.client.client_id, (await h.bound()).refresh_token),

  TOKEN_MISSING: (h) => h.call({}),
  TOKEN_MALFORMED: (h) => h.call({ authorization: 'Bearer gh_at_this-is-no-token-of-this-server' }),
  TOKEN_KEY_UNKNOWN: (h) => h.forged({}, { kid: 'another' }),
  TOKEN_SIGNATURE: async (h) => {
    const token = (await h.get()).access_token;
    return h.call({ authorization: `Bearer ${token.slice(0, -6)}AAAAAA` });
  },
  TOKEN_TYPE: (h) => h.forged({}, { typ: 'JWT' }),
  TOKEN_ISSUER: (h) => h.forged({ iss: 'https://elsewhere.example' }),
  TOKEN_AUDIENCE: async (h) => mcp(h.at('/notes'), (await h.get()).access_token, initialize),
  TOKEN_EXPIRED: (h) => h.forged({ exp: Math.floor(Date.now() / 1000) - 60 }),
  TOKEN_NOT_YET: (h) => h.forged({ nbf: Math.floor(Date.now() / 1000) + 300 }),
  TOKEN_REVOKED: async (h) => {
    const x = await h.get();
    await post(`${h.base}/revoke`, { token: x.refresh_token, client_id: h.client.client_id });
    return mcp(h.at('/weather'), x.access_token, initialize);
  },
  TOKEN_SCHEME: (h) => h.call({ authorization: 'Basic b3duZXI6cGFzc3dvcmQ=' }),
  TOKEN_IN_QUERY: async (h) => ask(`${h.at('/weather')}?access_token=${(await h.get()).access_token}`, { method: 'POST', body: '{}' }),
  TOKEN_BOUND: async (h) => mcp(h.at('/weather'), (await h.bound()).access_token, initialize),
  TOKEN_UNBOUND: async (h) => h.call({ authorization: `DPoP ${(await h.get()).access_token}` }),
  TOKEN_PROOF: (h) => h.callBound((token) => h.proofFor(h.at('/notes'), token)),
  TOKEN_PROOF_REPLAYED: async (h) => {
    let once;
    const send = () => h.callBound((token) => (once ??= h.proofFor(h.at('/weather'), token)));
    assert.equal((await send()).status, 200);
    return send();
  },
  TOKEN_PROOF_NONCE: (h) => h.callBound((token) => h.proofFor(h.at('/weather'), token, { claims: { nonce: 'of-another-server' } })),
  TOKEN_PROOF_KEY: (h) => h.callBound((token) => h.proofFor(h.at('/weather'), token, {}, proofKey())),
  SCOPE_SHORT: async (h) => mcp(h.at('/notes'), (await h.get({ resource: h.at('/notes'), scope: 'notes:read' })).access_token, initialize),

  PASSWORD_WRONG: (h) => new Jar(h.base).signIn({ email: OWNER.email, password: WRONG }),
  THROTTLED: async (h) => {
    let r;
    for (let i = 0; i < 12 && r?.status !== 429; i++) r = await new Jar(h.base).signIn({ email: 'nobody@example.com', password: `${WRONG} ${i}` });
    return r;
  },
  CSRF: async (h) => {
    const jar = new Jar(h.base);
    await jar.ask('/login');
    return jar.ask('/login', { method: 'POST', body: OWNER });
  },
  LINK_GONE: (h) => new Jar(h.base).ask('/link?token=gh_ln_nothing-of-ours'),
  SETUP_DONE: (h) => new Jar(h.base).ask('/setup?token=gh_ln_nothing-of-ours'),
  FORM_VALUE: (h) => new Jar(h.base).signIn({ email: OWNER.email, password: '' }),
  NAME_NOT_CONFIRMED: async (h) => {
    await h.get();
    const page = await h.jar.ask('/account/connections?application=Story');
    return h.jar.ask('/account/connections', { method: 'POST', body: { ...Jar.fields(page.text), name: 'Another' } });
  },
  NO_PERMISSION: async (h) => {
    const x = await tokens(h.base, { jar: await h.member('member@example.com'), client: h.client, resource: h.management, scope: 'users:read users:write' });
    return h.tool('create_user', { email: 'more@example.com', name: 'More' }, x.access_token);
  },
  LOGOUT_REDIRECT: (h) => new Jar(h.base).ask(`/logout?${form({ client_id: 'limited', post_logout_redirect_uri: 'https://evil.example' })}`),
  LOGOUT_CLIENT: async (h) => {
    const x = await tokens(h.base, { resource: `${h.base}/mcp`, scope: 'openid' });
    return new Jar(h.base).ask(`/logout?${form({ id_token_hint: x.id_token, client_id: 'ci' })}`);
  },
  SESSION_MISSING: (h) => new Jar(h.base).ask('/consent', { method: 'POST', body: { decision: 'allow' } }),

  UPSTREAM_DOWN: async (h) => mcp(h.at('/dead'), (await h.get({ resource: h.at('/dead') })).access_token, initialize),
  UPSTREAM_BROKEN: async (h) => mcp(h.at('/odd'), (await h.get({ resource: h.at('/odd') })).access_token, initialize),
  UPSTREAM_SLOW: async (h) => mcp(h.at('/slow'), (await h.get({ resource: h.at('/slow') })).access_token, initialize),
  UPSTREAM_REFUSED: async (h) => mcp(h.at('/refuses'), (await h.get({ resource: h.at('/refuses') })).access_token, initialize),
  UPSTREAM_REDIRECT: async (h) => mcp(h.at('/moved'), (await h.get({ resource: h.at('/moved') })).access_token, initialize),

  RPC_PARSE: (h) => h.rpc('{"jsonrpc":'),
  RPC_REQUEST: (h) => h.rpc('{"jsonrpc":"1.0","id":1,"method":"ping"}'),
  RPC_METHOD: (h) => h.rpc(
    { jsonrpc: '2.0', id: 1, method: 'nothing/here', params: { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} } } },
    { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'nothing/here' }),
  RPC_PARAMS: (h) => h.rpc({ jsonrpc: '2.0', id: 1, method: 'tools/list' }, { 'mcp-protocol-version': '2026-07-28' }),
  RPC_HEADERS: (h) => h.rpc(
    { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} } } },
    { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call' }),
  RPC_VERSION: (h) => h.rpc({ jsonrpc: '2.0', id: 1, method: 'ping' }, { 'mcp-protocol-version': '1999-01-01' }),

  OP_ARGUMENTS: (h) => h.tool('create_user', { email: 'no address', name: 'X' }),
  OP_NOT_FOUND: (h) => h.tool('revoke_connection', { connection_id: 'nothing', confirm_name: 'Story' }),
  OP_EXISTS: (h) => h.tool('create_user', { email: OWNER.email, name: 'Again' }),
  OP_CONFIRM: async (h) => {
    const list = await h.tool('list_connections', {});
    return h.tool('revoke_connection', { connection_id: list.json.result.structuredContent.connections[0].id, confirm_name: 'Another' });
  },
  OP_DECLARED: (h) => operate(h.d, 'unprotect_resource', { path: '/weather/mcp' }),
  CONFIG_REFUSED: async (h) => {
    const text = readFileSync(h.d.configFile(), 'utf8');
    writeFileSync(h.d.configFile(), `${text}base_url: http://127.0.0.1:${h.d.port}\n`);
    const r = await operate(h.d, 'reload');
    writeFileSync(h.d.configFile(), text);
    return r;
  },
  OP_PRECONDITION: async (h) => {
    await h.member('gone@example.com');
    sql(h.d, "UPDATE users SET status = 'blocked' WHERE email = 'gone@example.com'");
    return operate(h.d, 'create_link', { email: 'gone@example.com' });
  },

  // The hash lane holds 64: far more people set a password at once than it takes.
  OVERLOADED: async (h) => {
    const links = [];
    while (links.length < 120) links.push(new URL((await operate(h.d, 'create_link', { email: `crowd${links.length}@example.com` })).result.sign_in_link));
    const jar = new Jar(h.base);
    const { csrf } = Jar.fields((await jar.ask(links[0].pathname + links[0].search)).text);
    const password = 'the password of the crowd';
    const all = await Promise.all(links.map((l) => jar.ask('/link', { method: 'POST', body: { csrf, token: l.searchParams.get('token'), password, confirm: password } })));
    // how many get in is a race; that some do, that some do not, and that nothing else comes is none
    assert.deepEqual([...new Set(all.map((r) => r.status))].sort(), [303, 503]);
    const full = all.filter((r) => r.status === 503);
    for (const r of full) assert.equal(r.headers.get('retry-after'), '2');
    return full[0];
  },
  INTERNAL: async (h) => {
    const { location } = await h.pending();
    h.newest('txn', "params = 'no JSON'");
    return h.jar.ask(location);
  },
  // Another program holds the store for longer than a request waits.
  STORE_BUSY: async (h) => {
    const { fields } = await h.pending();
    const holder = spawn('sqlite3', [join(h.d.data, 'gatehouse.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
    const held = new Promise((ok) => holder.stdout.once('data', ok));
    holder.stdin.write("BEGIN IMMEDIATE;\nSELECT 'held';\n");
    await held;
    const r = await h.jar.ask('/consent', { method: 'POST', body: { ...fields, decision: 'allow' } });
    holder.stdin.end('ROLLBACK;\n');
    await new Promise((ok) => holder.on('close', ok));
    return r;
  },
  // Last of its daemon: the table does not come back.
  STORE: async (h) => {
    const a = await h.code();
    sql(h.d, 'DROP TABLE code');
    return h.redeem(a);
  },
};

// Those that want a daemon of their own: its configuration, or all of the way.
const APART = {
  RATE_LIMITED: {
    config: 'limits: { register: 1 }\n',
    make: async (d) => {
      await register(d.base);
      return register(d.base);
    },
  },
  REGISTER_OFF: { config: 'registration: { mode: off }\n', make: (d) => register(d.base) },
  CLIENT_NOT_ALLOWED: { config: 'registration: { allow_clients: [claude.ai] }\n', make: (d) => register(d.base) },
  READ_ONLY: {
    config: 'management: { read_only: true }\n',
    make: async (d) => {
      const x = await tokens(d.base, { resource: `${d.base}/mcp`, scope: 'users:read users:write' });
      return mcp(`${d.base}/mcp`, x.access_token, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'create_user', arguments: { email: 'more@example.com', name: 'More' } } }, { 'mcp-protocol-version': '2025-11-25' });
    },
  },
  STORE_FULL: {
    dir: (t) => {
      const small = join(temporary(t), 'small');
      mkdirSync(small, { mode: 0o700 });
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=0700', 'tmpfs', small], { encoding: 'utf8' });
      if (mounted.status !== 0) return null;
      t.defer(() => void spawnSync('umount', ['-l', small]));
      return small;
    },
    make: async (d) => {
      const client = (await register(d.base)).json;
      let x = await tokens(d.base, { client });
      writeFileSync(join(d.dir, 'fill'), '');
      spawnSync('sh', ['-c', 'cat /dev/zero >"$0" 2>/dev/null; true', join(d.dir, 'fill')]);
      for (let i = 0; i < 400; i++) {
        const r = await refresh(d.base, client.client_id, x.refresh_token);
        if (r.status !== 200) return r;
        x = r.json;
      }
      throw new Error('the disk never filled');
    },
    // room again, for the recorder's file
    after: (d) => void spawnSync('rm', [join(d.dir, 'fill')]),
  },
  STORE_GONE: {
    prepare: async (t) => {
      const pg = await postgres(t);
      const key = join(temporary(t), 'master.key');
      writeFileSync(key, 'a'.repeat(64) + '\n', { mode: 0o600 });
      return { pg, config: `store: ${pg.url}\nmaster_key: file://${key}\n` };
    },
    make: async (d, { pg }) => {
      const x = await tokens(d.base);
      pg.stop('immediate');
      return refresh(d.base, x.client.client_id, x.refresh_token);
    },
  },
};

// The answer is that of its row: the status, and the code wherever the form of the answer has a place for one.
function answered(r, row) {
  // no token, no error: the challenge says none (RFC 6750 section 3.1), the body cannot do without
  const code = row.code || 'invalid_token';
  if (r.statuses) {
    assert.deepEqual(r.statuses, [row.status]);
    assert.equal(JSON.parse(r.text.split('\r\n\r\n')[1]).error, code);
  } else if (r.ok !== undefined) {
    // of the control socket
    assert.deepEqual([r.ok, r.status, r.error, r.code], [false, row.status, row.name, code]);
  } else if (r.json?.result) {
    // a tool that fails: MCP has it answered like one that does not, and names codes of its own for it
    assert.equal(r.status, 200);
    assert.equal(r.json.result.isError, true);
    assert.equal(JSON.parse(r.json.result.content[0].text).error.code, row.name === 'NO_PERMISSION' ? 'permission_denied' : code);
  } else if (r.headers.get('location')) {
    assert.equal(r.status, row.name === 'ACCESS_DENIED' ? 303 : 302); // behind a form it is 303
    assert.equal(new URL(r.headers.get('location')).searchParams.get('error'), code);
  } else {
    assert.equal(r.status, row.status, r.text);
    if (r.json?.jsonrpc) assert.equal(r.json.error.code, +code);
    else if (r.json) assert.equal(r.json.error, code);
    else assert.match(wordsOf(r), /^[A-Z].*\.$/);
    const challenge = r.headers.get('www-authenticate');
    if (challenge) assert.equal(/ error="(\w+)"/.exec(challenge)?.[1] ?? '', row.code);
    assert.equal(challenge !== null, /^(TOKEN_|SCOPE_SHORT|REGISTER_TOKEN)/.test(row.name) && row.status !== 400);
  }
}

// The four parts, and the name; gives what was said.
async function explained(d, r, row) {
  const id = idOf(r);
  assert.ok(id, `${row.name}: no id in ${r.status ?? ''} ${r.text?.slice(0, 400)} ${r.headers?.get?.('location') ?? ''}`);
  const why = await d.verb(['why', id]);
  assert.equal(why.code, 0, why.err);
  assert.ok(why.out.includes(`  ${row.name} (${row.status})`), `not ${row.name}, but:\n${why.out}`);
  assert.match(why.out, /^ {2}arrived +\S/m, why.out);
  for (const part of ['expected', 'rule', 'mend']) assert.ok(why.out.includes(row[part]), `${part} of ${row.name} is not in:\n${why.out}`);
  return { id, out: why.out, name: row.name };
}

export default story('why', async (t) => {
  const rows = errorRows();
  const heard = eavesdrop(t);
  const said = [];
  const recorded = [];
  const up = await upstreams(t);
  const ca = authority(t);
  const outside = await documents(t, { pair: ca.pair('localhost', 'DNS:localhost') });
  const vouching = keyPair('vouching');
  outside.at('/jwks', { keys: [vouching.jwk] });
  outside.at('/broken', (q, s) => (s.writeHead(503), s.end()));
  outside.at('/other', document('https://client.example/c.json'));
  const h = await household(t, `limits: { upstream: 1s }
outbound: { allow: [127.0.0.0/8, "::1/128"], authorities: ${ca.authority} }
resources:
  - { path: /weather/mcp, upstream: "${up.http}/weather", name: Weather }
  - { path: /notes/mcp, upstream: "${up.http}/notes", name: Notes, scopes: { "notes:read": "Read", "notes:write": "Write" }, required_scopes: ["notes:read", "notes:write"] }
  - { path: /dead/mcp, upstream: "${up.dead}/mcp", name: Dead }
  - { path: /odd/mcp, upstream: "${up.odd}/mcp", name: Odd }
  - { path: /slow/mcp, upstream: "${up.http}/slow", name: Slow }
  - { path: /refuses/mcp, upstream: "${up.http}/refuses", name: Refuses }
  - { path: /moved/mcp, upstream: "${up.http}/moved", name: Moved }
clients:
  - { client_id: limited, name: Limited, redirect_uris: ["${CB}"], scopes: ["notes:read"] }
  - { client_id: exchanger, client_secret: ${EXCHANGER.secret}, name: Exchanger, grant_types: [token-exchange, jwt-bearer] }
trusted_issuers:
  - { issuer: ${outside.base}, jwks_uri: ${outside.base}/jwks }
`);
  const d = h.d;
  h.documents = outside;
  h.jag = (claims) => jag(vouching, { iss: outside.base, aud: h.base, client_id: EXCHANGER.id, resource: h.at('/weather'), email: 'stranger@example.com', email_verified: true, ...claims });

  await t.test('each row of err.def that is no inner one has its mistake here, or a reason why nobody can make it', () => {
    const outward = Object.values(rows).filter((r) => r.kind !== 'INNER').map((r) => r.name).sort();
    const here = [...Object.keys(MISTAKES), ...Object.keys(APART), ...Object.keys(UNREACHABLE)];
    assert.deepEqual(here.slice().sort(), outward);
    assert.equal(new Set(here).size, here.length, 'one row, one mistake');
  });

  await t.test('rows that a refusal changes are named for refusals that there are', () => {
    assert.deepEqual(Object.keys(CHANGES).filter((name) => !MISTAKES[name] && !APART[name]), []);
  });

  let last;
  for (const [name, make] of Object.entries(MISTAKES)) {
    if (name === 'STORE') continue; // last
    await t.test(`${name}: the answer has an id, and why says what arrived, what was expected, which rule, and how to mend it`, async () => {
      store.of = name === 'OVERLOADED' ? null : d; // of a hundred at once none is the newest
      const r = await make(h);
      if (store.of) assert.deepEqual(changed(), CHANGES[name] ?? []);
      store.of = null;
      answered(r, rows[name]);
      said.push((last = await explained(d, r, rows[name])));
    });
  }

  await t.test('without an id why lists the newest ones first', async () => {
    // A token that is never used becomes an entry of its own after half a minute, which may be just now: those are left out.
    const three = async (args, read) => {
      let made, r;
      await until('a list with all three', async () => {
        made = [];
        while (made.length < 3) made.push(idOf(await ask(`${d.base}/nowhere`)));
        r = await d.verb(['why', ...args]);
        return made.every((id) => r.out.includes(id));
      });
      assert.equal(r.code, 0, r.err);
      const listed = read(r.out).filter(([, reason]) => !reason.startsWith('NEVER_'));
      assert.deepEqual(listed.slice(0, 3), made.toReversed().map((id) => [id, 'NO_ROUTE']));
      return r.out;
    };
    const out = await three([], (text) => [...text.matchAll(/^(w[0-9a-z]{10})  \S+  (\S+)/gm)].map((m) => [m[1], m[2]]));
    const json = await three(['--json'], (text) => JSON.parse(text).refusals.map((x) => [x.id, x.reason]));
    assert.equal(JSON.parse(json).refusals.length, 20);
    said.push({ out }, { out: json });
  });
  await t.test('the page behind the number says the same to whoever has it', async () => {
    const one = said.find((x) => x.name === 'CODE_EXPIRED');
    const page = await new Jar(d.base).ask(`/why/${one.id}`);
    assert.equal(page.status, 200, page.text);
    const text = page.text.replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&amp;/g, '&');
    for (const part of ['expected', 'rule', 'mend']) assert.ok(text.includes(rows.CODE_EXPIRED[part]), part);
    const none = await new Jar(d.base).ask('/why/w0000000000');
    assert.equal(none.status, 404);
    assert.match(none.text, /<h1>Nothing is known of <code>w0000000000<\/code><\/h1>/);
    said.push({ out: page.text });
  });
  await t.test('AUTH-18 the page tells guesses at clients no more than the answer did; the command does', async () => {
    const basic = (id, secret) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` });
    const guess = (fields, headers) => post(`${d.base}/token`, { grant_type: 'refresh_token', refresh_token: 'x', ...fields }, headers);
    const signed = (id) => proof(assertion(keyPair('k'), id, d.base));
    const pages = [];
    for (const r of [await guess({}, basic('nobody-at-all', 'a-wrong-secret')), await guess({}, basic(EXCHANGER.id, 'a-wrong-secret')), await guess({}, basic(h.client.client_id, 'a-wrong-secret')),
      await guess(signed('nobody-at-all')), await guess(signed(EXCHANGER.id))]) {
      assert.equal(r.status, 401, r.text);
      const page = await new Jar(d.base).ask(`/why/${idOf(r)}`);
      assert.equal(page.status, 200);
      pages.push(page.text.replaceAll(idOf(r), 'ID').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, 'AT'));
    }
    assert.equal(new Set(pages).size, 1, pages.join('\n'));
    const r = await guess({}, basic('nobody-at-all', 'a-wrong-secret'));
    assert.match((await d.verb(['why', idOf(r)])).out, /nobody-at-all is not known/);
    said.push({ out: pages[0] });
  });
  await t.test('the why tool of the management server says the same to an assistant', async () => {
    const one = said.find((x) => x.name === 'PKCE_MISMATCH');
    const r = await h.tool('why', { id: one.id });
    const [refusal] = r.json.result.structuredContent.refusals;
    assert.equal(refusal.reason, 'PKCE_MISMATCH');
    for (const part of ['expected', 'rule', 'mend']) assert.equal(refusal[part], rows.PKCE_MISMATCH[part]);
    said.push({ out: r.text });
  });
  await t.test('an id that nobody was given is said to be none', async () => {
    const r = await d.verb(['why', 'w0000000000']);
    assert.equal(r.code, 1);
    assert.equal(r.out, '');
    assert.equal(r.err, 'gatehouse: there is no refusal with the id `w0000000000`; the newest 4096 are kept, `gatehouse why` lists the last of them.\n');
  });
  await t.test('STORE: a store that fails is a fault with an id, and nothing is given out', async () => {
    const r = await MISTAKES.STORE(h);
    answered(r, rows.STORE);
    assert.deepEqual(Object.keys(r.json), ['error', 'error_description']);
    said.push((last = await explained(d, r, rows.STORE)));
  });
  await t.test('ids are explained after the daemon stopped, and after it started again', async () => {
    await d.stop();
    for (const one of [said[0], last]) assert.match((await d.verb(['why', one.id])).out, new RegExp(one.name));
    recorded.push(readFileSync(join(d.data, 'recorder.log'), 'utf8'), d.log);
    assert.equal(statSync(join(d.data, 'recorder.log')).mode & 0o777, 0o600);
    await d.start();
    for (const one of said.filter((x) => x.id)) {
      const again = await d.verb(['why', one.id]);
      assert.equal(again.out, one.out, `${one.name} after the restart`);
    }
  });

  for (const [name, own] of Object.entries(APART)) {
    const sentence = `${name}: the answer has an id, and why says what arrived, what was expected, which rule, and how to mend it`;
    const dir = own.dir?.(t);
    if (own.dir && !dir) {
      t.skip(sentence, 'this machine may not mount a small file system');
      continue;
    }
    await t.test(sentence, async () => {
      const prepared = (await own.prepare?.(t)) ?? {};
      const alone = await serve(t, { config: prepared.config ?? own.config, ...(dir ? { dir } : {}) });
      store.of = prepared.config ? null : alone; // on PostgreSQL there is no file to look into
      const r = await own.make(alone, prepared);
      if (store.of) assert.deepEqual(changed(), CHANGES[name] ?? []);
      store.of = null;
      answered(r, rows[name]);
      own.after?.(alone);
      said.push(await explained(alone, r, rows[name]));
      await alone.stop();
      const file = join(alone.data, 'recorder.log');
      if (existsSync(file)) recorded.push(readFileSync(file, 'utf8'));
      recorded.push(alone.log);
    });
  }

  await t.test('OPS-02 no code, token, verifier, password or cookie is in what why says, in recorder.log or in the log', () => {
    assert.ok(heard.size > 150, `heard only ${heard.size} secrets`);
    assert.ok(recorded.length > 4 && said.length > 100);
    const all = [...said.map((x) => x.out), ...recorded].join('\n');
    for (const secret of heard) assert.ok(!all.includes(secret), `${secret.slice(0, 12)}… stands in:\n${all.slice(Math.max(0, all.indexOf(secret) - 300), all.indexOf(secret) + 50)}`);
    assert.doesNotMatch(all, /gh_(ac|rt|cs|ss|ln|ak|dc|ra)_[A-Za-z0-9_-]{20}/);
    assert.doesNotMatch(all, /eyJ[A-Za-z0-9_-]{10,}\.eyJ/);
  });
});
