// Clients that act for themselves: the client credentials grant as the tutorials print it, the operations that make clients,
// and the servers behind tokens, which ask what they say.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Client, StreamableHTTPClientTransport, ClientCredentialsProvider } from '@modelcontextprotocol/client';
import { story, assert, until } from './lib/story.mjs';
import { serve, OWNER } from './lib/daemon.mjs';
import { twoNodes } from './lib/nodes.mjs';
import { forge, signingKey, sql, claimsOf } from './lib/forge.mjs';
import { Jar, register, authorize, tokens, refresh, post, ask, mcp, initialize, b64url } from './lib/oauth.mjs';
import { dump, kept, refused } from './lib/kept.mjs';
import { announced } from './lib/wire.mjs';
import { said } from './lib/said.mjs';

const SECRET = 'gh_cs_the-secret-of-ci-in-the-file';
const config = `clients:
  - { client_id: ci, client_secret: ${SECRET}, name: CI, grant_types: [client_credentials], scopes: ["users:read", "clients:read"] }
  - { client_id: notes-server, client_secret: ${SECRET}-notes, name: Notes, resources: ["https://notes.example.com/mcp"] }
resources:
  - { url: "https://notes.example.com/mcp", name: Notes, scopes: { "notes:read": "Read notes", "notes:write": "Write notes" } }
  - { path: /weather/mcp, upstream: "http://127.0.0.1:9/mcp", name: Weather, scopes: { "weather:read": "See forecasts" } }
`;
const basic = (id, secret) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` });
const call = (url, token, name, args = {}) => mcp(url, token, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }, { 'mcp-protocol-version': '2025-11-25' });
const outcome = (r) => { assert.equal(r.status, 200, r.text); return r.json.result.isError ? JSON.parse(r.json.result.content[0].text).error.code : 'ok'; };

export default story('machines', async (t) => {
  const d = await serve(t, { config });
  const url = `${d.base}/mcp`;
  const verb = async (...args) => {
    const r = await d.verb([...args, '--json']);
    assert.equal(r.code, 0, `${args.join(' ')}: ${r.err}`);
    return JSON.parse(r.out);
  };
  const create = (name, ...args) => verb('create_client', '--name', name, ...args);
  const backend = (name, ...scopes) => create(name, '--application_type', 'backend', ...scopes.flatMap((s) => ['--scopes', s]));
  const token = (client, fields = {}, base = d.base) =>
    post(`${base}/oauth2/token`, { grant_type: 'client_credentials', client_id: client.client_id, client_secret: client.client_secret, ...fields });
  const introspect = (client, tok, headers = {}, base = d.base) => post(`${base}/introspect`, { token: tok }, { ...basic(client.client_id, client.client_secret), ...headers });
  const no = (send, status, error) => refused(d, send, status, error);
  // The access token is taken no more.
  const dead = async (at, tok, words) => {
    const r = await mcp(at, tok, initialize);
    assert.equal(r.status, 401, words ?? r.text);
    assert.match(r.headers.get('www-authenticate'), /^Bearer error="invalid_token"/);
  };
  const jar = new Jar(d.base);
  await jar.signIn();

  const bot = await backend('Nightly', 'tenants:read', 'users:read', 'clients:read');
  await t.test('B-60 B-61 B-62 B-63 the curl of the document, as it is printed, gives a token', async () => {
    assert.match(bot.client_id, /^client_[0-9a-z]{13}$/);
    assert.match(bot.client_secret, /^gh_cs_[A-Za-z0-9_-]{43}$/);
    assert.equal(bot.application_type, 'backend');
    assert.deepEqual(bot.grant_types, ['client_credentials']);
    const r = spawnSync('sh', ['-c', `curl -sS -X POST ${d.base}/oauth2/token \\
-d "grant_type=client_credentials" \\
-d "client_id=${bot.client_id}" \\
-d "client_secret=${bot.client_secret}" \\
-d "scope=tenants:read users:read clients:read"`], { encoding: 'utf8' });
    assert.equal(r.status, 0, r.stderr);
    const json = JSON.parse(r.stdout);
    assert.equal(json.token_type, 'Bearer');
    assert.equal(json.scope, 'tenants:read users:read clients:read');
    assert.equal(claimsOf(json.access_token).aud, url);
  });
  await t.test('B-64 scope: those asked for, all without asking, and one too many is invalid_scope and changes nothing', async () => {
    assert.equal((await token(bot, { scope: 'users:read' })).json.scope, 'users:read');
    assert.equal((await token(bot)).json.scope, 'tenants:read users:read clients:read');
    for (const scope of ['users:write', 'users:read users:write', 'nonsense', 'users:read weather:read']) await no(() => token(bot, { scope }), 400, 'invalid_scope');
    await no(() => token(bot, { scope: 'users:read', resource: `${d.base}/weather/mcp` }), 400, 'invalid_scope');
    await no(() => token(bot, { resource: 'https://elsewhere.example/mcp' }), 400, 'invalid_target');
  });
  await t.test('B-65 the token is taken by /mcp, and each of its scopes is as good as it says', async () => {
    const x = (await token(bot, { scope: 'users:read' })).json.access_token;
    const me = await call(url, x, 'get_me');
    assert.equal(me.json.result.structuredContent.principal, 'client');
    assert.equal(me.json.result.structuredContent.user, null);
    assert.equal(me.json.result.structuredContent.client.id, bot.client_id);
    assert.equal(outcome(await call(url, x, 'list_users')), 'ok');
    const short = await no(() => call(url, x, 'create_user', { email: 'x@example.com', name: 'X' }), 403, 'insufficient_scope');
    assert.match(short.headers.get('www-authenticate'), /^Bearer error="insufficient_scope", scope="users:read users:write", /);
  });
  await t.test('B-66 TOK-20 no refresh token, and sub is the client', async () => {
    const { json } = await token(bot);
    assert.ok(!('refresh_token' in json));
    const c = claimsOf(json.access_token);
    assert.equal(c.sub, bot.client_id);
    assert.equal(c.client_id, bot.client_id);
    assert.match(c.gid, /^grant_/);
    await no(() => refresh(d.base, bot.client_id, json.access_token, { client_secret: bot.client_secret }), 400, 'unauthorized_client');
  });
  await t.test('a machine has one grant at a resource, however many tokens it is given, and they are in the log', async () => {
    const busy = await backend('Busy', 'users:read');
    for (let i = 0; i < 20; i++) assert.equal((await token(busy)).status, 200);
    const gids = new Set((await Promise.all([1, 2, 3].map(() => token(busy)))).map((r) => claimsOf(r.json.access_token).gid));
    assert.equal(gids.size, 1);
    assert.equal(sql(d, `SELECT count(*) FROM grants JOIN client ON client.id = grants.client WHERE client_id = '${busy.client_id}'`), '1');
    await until('the log to have them', async () => (await d.verb(['log', '--event', 'auth.token.issue', '--client', busy.client_id, '--json'])).out.trim().split('\n').length === 23, 5000);
  });
  await t.test('a client of the file does the same, by Basic and in the body', async () => {
    const a = await token({ client_id: 'ci', client_secret: SECRET });
    assert.equal(a.json.scope, 'users:read clients:read');
    assert.equal((await post(`${d.base}/token`, { grant_type: 'client_credentials' }, basic('ci', SECRET))).status, 200);
    assert.equal(outcome(await call(url, a.json.access_token, 'list_clients')), 'ok');
  });
  await t.test('AUTH-17 neither a public client nor one that registered itself gets anything for itself', async () => {
    const open = (await register(d.base)).json;
    await no(() => token({ client_id: open.client_id }), 400, 'unauthorized_client');
    const asked = await register(d.base, { token_endpoint_auth_method: 'client_secret_post', grant_types: ['client_credentials', 'authorization_code'] });
    assert.equal(asked.status, 201, asked.text);
    assert.deepEqual(asked.json.grant_types, ['authorization_code']);
    await no(() => token(asked.json), 400, 'unauthorized_client');
    const spa = await create('Page', '--application_type', 'spa', '--redirect_uris', 'https://client.example/cb');
    assert.ok(!('client_secret' in spa));
    await no(() => token(spa), 400, 'unauthorized_client');
    const web = await create('Web', '--redirect_uris', 'https://client.example/cb');
    await no(() => token(web), 400, 'unauthorized_client');
  });
  await t.test('a wrong secret is 401, whatever else is right', async () => {
    for (const secret of ['wrong', bot.client_secret.slice(0, -1), bot.client_secret + 'A', SECRET, undefined])
      await no(() => token({ ...bot, client_secret: secret }), 401, 'invalid_client');
  });

  await t.test('S-05 S-34 the client of the SDK signs in by itself', async () => {
    // it asks for what the challenge names
    const challenge = /scope="([^"]*)"/.exec((await mcp(url, null, initialize)).headers.get('www-authenticate'))[1].split(' ');
    const sdk = await backend('Of the SDK', ...challenge);
    const provider = new ClientCredentialsProvider({ clientId: sdk.client_id, clientSecret: sdk.client_secret, expectedIssuer: d.base });
    const client = new Client({ name: 'story', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider: provider }));
    const { tools } = await client.listTools();
    assert.ok(tools.some((x) => x.name === 'list_users'));
    const r = await client.callTool({ name: 'list_users', arguments: {} });
    assert.match(JSON.stringify(r), /owner@example\.com/);
    await client.close();
  });

  await t.test('a web client made by create_client signs people in with its secret', async () => {
    const web = await create('Web app', '--redirect_uris', 'https://client.example/cb');
    const a = await authorize(jar, web.client_id, { resource: url });
    const body = { grant_type: 'authorization_code', client_id: web.client_id, code: a.code, redirect_uri: 'https://client.example/cb', code_verifier: a.verifier };
    await no(() => post(`${d.base}/token`, body), 401, 'invalid_client');
    const r = await post(`${d.base}/token`, { ...body, client_secret: web.client_secret });
    assert.equal(r.status, 200, r.text);
    assert.match(r.json.refresh_token, /^gh_rt_/);
  });

  await t.test('secrets are shown once and kept as a hash', async () => {
    const got = await verb('get_client', '--client_id', bot.client_id);
    assert.ok(!JSON.stringify(got).includes('gh_cs_'));
    assert.deepEqual(got.allowed_scopes, ['tenants:read', 'users:read', 'clients:read']);
    assert.equal(sql(d, `SELECT lower(hex(secret)) FROM client WHERE client_id = '${bot.client_id}'`), createHash('sha256').update(bot.client_secret).digest('hex'));
    assert.ok(!dump(d).join('\n').includes(bot.client_secret));
    assert.ok(!d.log.includes(bot.client_secret));
  });
  await t.test('list_clients has what the file declares, what was made, and who was allowed by somebody', async () => {
    await tokens(d.base, { jar, resource: url });
    const all = await verb('list_clients');
    assert.ok(all.clients.some((c) => c.client_id === 'ci' && c.declared));
    assert.ok(all.clients.some((c) => c.client_id === bot.client_id && c.registered === 'static'));
    assert.ok(all.clients.some((c) => c.registered === 'dynamic' && c.name === 'Story'));
    assert.equal(all.total, all.clients.length);
    const dynamic = await verb('list_clients', '--registered', 'dynamic');
    assert.ok(dynamic.clients.length > 0);
    assert.deepEqual(dynamic.clients, all.clients.filter((c) => c.registered === 'dynamic'));
    const page = [];
    for (let offset = 0; offset < all.total; offset += 2) page.push(...(await verb('list_clients', '--limit', '2', '--offset', String(offset))).clients);
    assert.deepEqual(page.map((c) => c.client_id), all.clients.map((c) => c.client_id));
  });
  // A verb that is refused with these words; nothing changes, but the audit has it.
  const noVerb = async (args, words) => {
    const r = await kept(d, () => d.verb([...args, '--json']), 'audit');
    assert.deepEqual(r, { code: 1, out: '', err: `gatehouse: ${words}\n` }, args.join(' '));
  };
  await t.test('what does not fit is refused, and no row is made', async () => {
    const backend = ['--application_type', 'backend'];
    const uri = 'redirect_uris must be https, http on localhost, 127.0.0.1 or [::1], or a private-use scheme with a host, without fragment';
    for (const [args, words] of [
      [[], 'redirect_uris must not be empty: people are sent back to one of them'], [[...backend, '--redirect_uris', 'https://a.example/cb'], 'redirect_uris must be empty: nobody signs in to a backend service'],
      [['--redirect_uris', 'http://a.example/cb'], uri], [['--redirect_uris', 'javascript:alert(1)'], uri],
      [['--redirect_uris', 'https://a.example/cb#f'], uri], [['--redirect_uris', 'https://*.example/cb'], uri],
      [[...backend, '--scopes', 'no:such'], 'scopes must be scopes of resources that are protected here'], [[...backend, '--scopes', 'a b'], 'scopes must be scopes without blanks'],
      [[...backend, '--resources', 'https://elsewhere.example/mcp'], 'resources must be identifiers of list_resources'],
      [[...backend, '--homepage_url', 'javascript:alert(1)'], 'homepage_url must be an https address'],
      [[...backend, '--jwks', '{"keys":[]}'], 'jwks has no key that can be used here: P-256, Ed25519, or RSA of 2048 bits or more'],
      [['--application_type', 'spa', '--redirect_uris', 'https://a.example/cb', '--resources', 'https://notes.example.com/mcp'], 'resources must be empty for a client without a secret'],
    ]) await noVerb(['create_client', '--name', 'X', ...args], `The arguments do not fit: ${words}.`);
  });
  await t.test('what the file declares is read-only, also its client', async () => {
    for (const [op, ...args] of [['update_client', '--name', 'X'], ['rotate_client_secret'], ['delete_client']])
      await noVerb([op, '--client_id', 'ci', ...args], 'This is declared in the configuration file and can only be changed there.');
  });

  await t.test('rotate_client_secret: the new one at once, the old one for the grace alone', async () => {
    const c = await backend('Rotating', 'users:read');
    assert.equal((await token(c)).status, 200);
    const next = await verb('rotate_client_secret', '--client_id', c.client_id, '--grace_seconds', '600');
    assert.notEqual(next.client_secret, c.client_secret);
    assert.equal((await token(c)).status, 200);
    assert.equal((await token({ ...c, ...next })).status, 200);
    sql(d, `UPDATE client SET old_until = 1 WHERE client_id = '${c.client_id}'`);
    const last = await verb('rotate_client_secret', '--client_id', c.client_id);
    for (const old of [c, { ...c, ...next }]) await no(() => token(old), 401, 'invalid_client');
    assert.equal((await token({ ...c, ...last })).status, 200);
  });
  await t.test('suspended, it is refused at once and its tokens are void; active again, it works again', async () => {
    const c = await backend('Suspended', 'users:read');
    const x = (await token(c)).json.access_token;
    assert.equal((await mcp(url, x, initialize)).status, 200);
    await verb('update_client', '--client_id', c.client_id, '--status', 'suspended');
    await no(() => token(c), 401, 'invalid_client');
    await dead(url, x);
    await verb('update_client', '--client_id', c.client_id, '--status', 'active');
    assert.equal((await token(c)).status, 200);
    await dead(url, x, 'what was void stays void');
  });
  await t.test('a scope taken away is gone from the next request on', async () => {
    const c = await backend('Narrowed', 'users:read', 'clients:read');
    const x = (await token(c)).json.access_token;
    assert.equal(outcome(await call(url, x, 'list_clients')), 'ok');
    await verb('update_client', '--client_id', c.client_id, '--scopes', 'users:read');
    await dead(url, x);
    await no(() => token(c, { scope: 'clients:read' }), 400, 'invalid_scope');
    const again = (await token(c)).json;
    assert.equal(again.scope, 'users:read');
    assert.equal(outcome(await call(url, again.access_token, 'list_users')), 'ok');
  });
  await t.test('deleted, it is unknown, its tokens are void, and so are those that people gave it', async () => {
    const c = await backend('Deleted', 'users:read');
    const x = (await token(c)).json.access_token;
    await verb('delete_client', '--client_id', c.client_id);
    await no(() => token(c), 401, 'invalid_client');
    await dead(url, x);
    await noVerb(['get_client', '--client_id', c.client_id], 'There is no such object.');
    const person = await tokens(d.base, { jar, resource: url });
    assert.equal((await mcp(url, person.access_token, initialize)).status, 200);
    await verb('delete_client', '--client_id', person.client.client_id);
    await dead(url, person.access_token);
    await no(() => refresh(d.base, person.client.client_id, person.refresh_token), 401, 'invalid_client');
    assert.ok(!(await verb('list_connections', '--all')).connections.some((k) => k.client_id === person.client.client_id));
  });

  await t.test('a machine may what its role may, and nobody makes one above themselves', async () => {
    const owner = await create('As owner', '--application_type', 'backend', '--scopes', 'clients:write', '--scopes', 'clients:read', '--scopes', 'users:write');
    const member = await create('As member', '--application_type', 'backend', '--scopes', 'users:write', '--role', 'member');
    const admin = await create('As admin', '--application_type', 'backend', '--scopes', 'clients:write', '--scopes', 'users:write', '--role', 'admin');
    assert.equal(owner.role, 'owner');
    const as = async (c) => (await token(c)).json.access_token;
    assert.equal(outcome(await call(url, await as(member), 'create_user', { email: 'm@example.com', name: 'M' })), 'permission_denied');
    assert.equal(outcome(await call(url, await as(owner), 'create_user', { email: 'm@example.com', name: 'M', role: 'owner' })), 'ok');
    assert.equal(outcome(await call(url, await as(admin), 'create_user', { email: 'n@example.com', name: 'N', role: 'owner' })), 'permission_denied');
    const make = async (by, args) => outcome(await call(url, await as(by), 'create_client', { name: 'Child', application_type: 'backend', ...args }));
    assert.equal(await make(admin, { role: 'owner' }), 'permission_denied');
    assert.equal(await make(admin, { scopes: ['tenants:write'] }), 'permission_denied', 'nobody gives what they do not have');
    assert.equal(await make(admin, { scopes: ['users:write'] }), 'ok');
    for (const name of ['rotate_client_secret', 'update_client']) {
      assert.equal(outcome(await call(url, await as(admin), name, { client_id: owner.client_id, ...(name === 'update_client' ? { name: 'Mine' } : {}) })), 'permission_denied');
    }
    assert.match(sql(d, "SELECT actor FROM audit WHERE event = 'op.create_user' ORDER BY id DESC LIMIT 1"), new RegExp(`^client:${admin.client_id}$`));
  });
  await t.test('taking a machine\'s access back ends its tokens; it shows among the connections', async () => {
    const c = await backend('Connected', 'users:read');
    const x = (await token(c)).json.access_token;
    const row = (await verb('list_connections', '--all')).connections.find((k) => k.client_id === c.client_id);
    assert.equal(row.user_id, '');
    assert.equal(row.expires_at, null, 'until somebody takes it back');
    await verb('revoke_connection', '--connection_id', row.id, '--confirm_name', 'Connected');
    await dead(url, x);
    assert.equal((await mcp(url, (await token(c)).json.access_token, initialize)).status, 200);
    const log = await d.verb(['log', '--event', 'auth.grant.revoke', '--client', c.client_id, '--json']);
    assert.equal(log.out.trim().split('\n').filter(Boolean).length, 1, log.out);
  });
  await t.test('REV-04 a machine gives its token back', async () => {
    const c = await backend('Giving back', 'users:read');
    const x = (await token(c)).json.access_token;
    const revoke = (tok, headers, more = {}) => post(`${d.base}/revoke`, { token: tok, ...more }, headers);
    assert.equal((await kept(d, () => revoke(x, basic('ci', SECRET)))).status, 200);
    assert.equal((await mcp(url, x, initialize)).status, 200, 'another client ends nothing');
    await no(() => revoke(x, {}, { client_id: c.client_id }), 401, 'invalid_client'); // REV-02
    assert.equal((await mcp(url, x, initialize)).status, 200);
    assert.equal((await revoke(x, basic(c.client_id, c.client_secret))).status, 200);
    await dead(url, x);
    assert.equal((await kept(d, () => revoke('garbage', basic(c.client_id, c.client_secret)))).status, 200, 'REV-03');
  });

  // ---- introspection
  const notes = { client_id: 'notes-server', client_secret: `${SECRET}-notes` };
  const reader = await backend('Reader', 'notes:read', 'notes:write');
  const notesToken = async () => (await token(reader, { scope: 'notes:read' })).json.access_token;
  await t.test('S-48 the server behind a resource is told what its tokens say', async () => {
    const x = await notesToken();
    for (let i = 0; i < 3; i++) {
      const { status, json, headers } = await introspect(notes, x);
      assert.equal(status, 200);
      const c = claimsOf(x);
      assert.deepEqual(json, { active: true, iss: d.base, sub: reader.client_id, aud: 'https://notes.example.com/mcp', client_id: reader.client_id, scope: 'notes:read', jti: c.jti, token_type: 'Bearer', exp: c.exp, iat: c.iat, nbf: c.nbf });
      assert.equal(headers.get('cache-control'), 'no-store');
    }
    const person = await tokens(d.base, { jar, resource: 'https://notes.example.com/mcp', scope: 'notes:read' });
    const told = (await introspect(notes, person.access_token)).json;
    assert.equal(told.username, OWNER.email);
    assert.match(told.sub, /^user_/);
    await no(() => introspect(notes, x, { authorization: '' }), 401, 'invalid_client');
    for (const path of ['/oauth/introspect', '/oauth2/introspect']) assert.equal((await post(d.base + path, { token: x, token_type_hint: 'refresh_token' }, basic(notes.client_id, notes.client_secret))).json.active, true);
    assert.equal((await post(`${d.base}/introspect`, { token: x, ...notes })).json.active, true, 'the secret in the body');
  });
  await t.test('INT-01 without credentials, with wrong ones, or as a public client: 401', async () => {
    const x = await notesToken();
    const open = (await register(d.base)).json;
    for (const [fields, headers] of [[{}, {}], [{ client_id: 'notes-server' }, {}], [{}, basic('notes-server', 'wrong')], [{ client_id: open.client_id }, {}], [{}, { authorization: `Bearer ${x}` }]]) {
      const r = await no(() => post(`${d.base}/introspect`, { token: x, ...fields }, headers), 401, 'invalid_client');
      assert.equal(r.json.active, undefined);
    }
  });
  await t.test('INT-03 other clients learn nothing of a token, each its own', async () => {
    const stranger = (await register(d.base, { token_endpoint_auth_method: 'client_secret_basic' })).json;
    const mine = await tokens(d.base, { jar, resource: url });
    const x = await notesToken();
    for (let i = 0; i < 2; i++) {
      for (const tok of [x, mine.access_token, mine.refresh_token]) {
        assert.deepEqual((await introspect(stranger, tok)).json, { active: false });
        assert.deepEqual((await introspect({ client_id: 'ci', client_secret: SECRET }, tok)).json, { active: false });
      }
      assert.deepEqual((await introspect(notes, mine.access_token)).json, { active: false }, 'of another resource');
      assert.equal((await introspect(reader, x)).json.active, true, 'its own');
    }
  });
  await t.test('INT-04 garbage is not active, and never a fault', async () => {
    const x = await notesToken();
    const [h, p, s] = x.split('.');
    const other = b64url(JSON.stringify({ ...claimsOf(x), scope: 'notes:write' }));
    for (const bad of ['x', 'a.b.c', 'gh_rt_AAAA', `${h}.${p}.`, `${h}.${p}.${s.slice(0, -4)}AAAA`, `${h}.${other}.${s}`, `${h}.${p}.${s}.`, ' ' + x, x + '%20', '..']) {
      const r = await kept(d, () => introspect(notes, bad));
      assert.deepEqual([r.status, r.json], [200, { active: false }], bad);
    }
    for (const [bad, words] of [['', 'The parameter token is missing.'], ['\u00e4'.repeat(50), 'The parameter token has characters that it may not have.'],
      ['a\u0000b', 'The parameters cannot be read: broken escapes, bad UTF-8, a NUL or too many of them.'], ['a.'.repeat(30000), 'The parameter token is too long.']])
      assert.equal(said(await no(() => introspect(notes, bad), 400, 'invalid_request')), words);
    const large = await kept(d, () => announced(d.port, '/introspect', 1000000, { 'Content-Type': 'application/x-www-form-urlencoded', ...basic(notes.client_id, notes.client_secret) }));
    assert.deepEqual(large.statuses, [413]);
    assert.equal((await introspect(notes, x)).json.active, true);
  });
  await t.test('INT-05 GET is not served, nor is a token in the query', async () => {
    const x = await notesToken();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...basic(notes.client_id, notes.client_secret) };
    const got = await no(() => ask(`${d.base}/introspect?token=${x}`, { headers }), 405, 'invalid_request');
    assert.equal(got.headers.get('allow'), 'POST');
    const posted = await no(() => ask(`${d.base}/introspect?token=${x}`, { method: 'POST', headers }), 400, 'invalid_request');
    assert.equal(said(posted), 'The body is empty: parameters stand there, not in the address.');
  });
  await t.test('tokens of another time, another kind or another issuer are not active, though our key signed them', async () => {
    const key = signingKey(d);
    const x = await notesToken();
    const now = Math.floor(Date.now() / 1000);
    assert.equal((await introspect(notes, forge(key, x))).json.active, true, 'the forge itself is right');
    for (const [claims, header] of [[{ exp: now - 1 }], [{ nbf: now + 3600 }], [{ iss: 'https://other.example' }], [{ gid: undefined }], [{ gid: 'grant_0000000000000' }], [{ aud: url }], [{}, { typ: 'JWT' }], [{}, { alg: 'none' }], [{}, { kid: 'none' }]]) {
      assert.deepEqual((await introspect(notes, forge(key, x, claims, header))).json, { active: false }, JSON.stringify([claims, header]));
    }
  });
  await t.test('refresh tokens: for their own client alone, while they would do', async () => {
    const client = (await register(d.base, { token_endpoint_auth_method: 'client_secret_post' })).json;
    const a = await authorize(jar, client.client_id, { resource: url });
    const first = (await post(`${d.base}/token`, { grant_type: 'authorization_code', client_id: client.client_id, client_secret: client.client_secret, code: a.code, redirect_uri: 'https://client.example/cb', code_verifier: a.verifier })).json;
    const see = async (tok) => (await post(`${d.base}/introspect`, { token: tok, client_id: client.client_id, client_secret: client.client_secret })).json;
    const told = await see(first.refresh_token);
    assert.equal(told.active, true);
    assert.ok(!('username' in told), 'the person has not been told that it would know them');
    assert.ok(!('username' in (await see(first.access_token))));
    assert.ok(!('token_type' in told));
    const second = (await refresh(d.base, client.client_id, first.refresh_token, { client_secret: client.client_secret })).json;
    assert.equal((await see(first.refresh_token)).active, true, 'within the grace it would still do');
    const third = (await refresh(d.base, client.client_id, second.refresh_token, { client_secret: client.client_secret })).json;
    assert.deepEqual(await see(first.refresh_token), { active: false });
    assert.equal((await see(third.refresh_token)).active, true);
    assert.equal((await see(third.access_token)).active, true);
    assert.equal((await post(`${d.base}/revoke`, { token: third.refresh_token, client_id: client.client_id, client_secret: client.client_secret })).status, 200);
    for (const tok of [third.refresh_token, second.refresh_token, third.access_token, first.access_token]) assert.deepEqual(await see(tok), { active: false });
  });
  await t.test('REV-04 what was taken back is not active from the next request on, though it was known a moment ago', async () => {
    const c = await backend('Taken back', 'notes:read');
    const x = (await token(c)).json.access_token;
    for (let i = 0; i < 3; i++) assert.equal((await introspect(notes, x)).json.active, true);
    assert.equal((await post(`${d.base}/revoke`, { token: x }, basic(c.client_id, c.client_secret))).status, 200);
    assert.deepEqual((await introspect(notes, x)).json, { active: false });
    const y = (await token(c)).json.access_token;
    assert.equal((await introspect(notes, y)).json.active, true);
    await verb('update_client', '--client_id', c.client_id, '--status', 'suspended');
    assert.deepEqual((await introspect(notes, y)).json, { active: false });
  });
  await t.test('RFC 9701 the answer as a signed token, for who asks', async () => {
    const x = await notesToken();
    const began = Math.floor(Date.now() / 1000);
    for (const tok of [x, 'garbage']) {
      const r = await introspect(notes, tok, { accept: 'application/token-introspection+jwt' });
      assert.equal(r.status, 200);
      assert.equal(r.headers.get('content-type'), 'application/token-introspection+jwt');
      const head = JSON.parse(Buffer.from(r.text.split('.')[0], 'base64url'));
      assert.equal(head.typ, 'token-introspection+jwt');
      const c = claimsOf(r.text);
      assert.equal(c.iss, d.base);
      assert.equal(c.aud, notes.client_id);
      assert.ok(c.iat >= began && c.iat <= Date.now() / 1000, `${c.iat}`);
      assert.ok(!('exp' in c) && !('sub' in c));
      assert.equal(c.token_introspection.active, tok === x);
      await dead(url, r.text, 'it is no access token');
      assert.deepEqual((await introspect(notes, r.text)).json, { active: false });
    }
  });
  await t.test('a resource server may be made by an operation too', async () => {
    const weather = await create('Weather server', '--application_type', 'backend', '--resources', `${d.base}/weather/mcp`);
    const person = await tokens(d.base, { jar, resource: `${d.base}/weather/mcp` });
    assert.equal((await introspect(weather, person.access_token)).json.active, true);
    await no(() => token(weather), 400, 'invalid_scope'); // it was given nothing for itself
    await verb('update_client', '--client_id', weather.client_id, '--resources', 'https://notes.example.com/mcp');
    assert.deepEqual((await introspect(weather, person.access_token)).json, { active: false });
    assert.equal((await introspect(weather, await notesToken())).json.active, true);
  });
  await t.test('the metadata says where and how', async () => {
    const { json } = await ask(`${d.base}/.well-known/oauth-authorization-server`);
    assert.equal(json.introspection_endpoint, `${d.base}/introspect`);
    assert.ok(json.grant_types_supported.includes('client_credentials'));
    assert.ok(!json.introspection_endpoint_auth_methods_supported.includes('none'));
    assert.deepEqual(json.introspection_signing_alg_values_supported, ['ES256']);
  });

  await t.test('after a restart, clients, their grants and what was taken back are as before', async () => {
    const c = await backend('Restarted', 'notes:read');
    const [x, gone] = [(await token(c)).json.access_token, await backend('Gone', 'notes:read')];
    const y = (await token(gone)).json.access_token;
    await verb('delete_client', '--client_id', gone.client_id);
    await d.stop();
    await d.start();
    assert.equal((await introspect(notes, x)).json.active, true);
    assert.equal(claimsOf((await token(c)).json.access_token).gid, claimsOf(x).gid);
    assert.deepEqual((await introspect(notes, y)).json, { active: false });
    await no(() => token(gone), 401, 'invalid_client');
  });
  await t.test('a reload to a shorter access_ttl brings no older, longer token back to life', async () => {
    const c = await backend('Long', 'users:read');
    const x = (await token(c)).json.access_token;
    writeFileSync(d.configFile(), config + 'tokens: { access_ttl: 30s }\n', { mode: 0o600 });
    assert.equal((await d.verb(['reload'])).code, 0);
    assert.equal((await token(c)).json.expires_in, 30);
    assert.equal((await post(`${d.base}/revoke`, { token: x }, basic(c.client_id, c.client_secret))).status, 200);
    await dead(url, x);
    const remembered = +sql(d, 'SELECT until - at FROM revocation ORDER BY seq DESC LIMIT 1');
    assert.ok(remembered >= 86400, 'for as long as any token may live');
    assert.equal(claimsOf(x).exp - claimsOf(x).iat, 600);
  });
  await t.test('a client that the file declares no more loses its tokens with the reload, and has them again when it is back', async () => {
    const leaving = { client_id: 'leaving', client_secret: `${SECRET}-leaving` };
    const reload = async (text) => {
      writeFileSync(d.configFile(), text, { mode: 0o600 });
      assert.equal((await d.verb(['reload'])).code, 0);
    };
    const declared = config.replace('clients:\n', `clients:\n  - { client_id: leaving, client_secret: ${leaving.client_secret}, grant_types: [client_credentials], scopes: ["users:read", "weather:read", "notes:read"] }\n`);
    await reload(declared);
    const given = async (scope) => (await token(leaving, { scope })).json.access_token;
    const [managing, weather, there] = [await given('users:read'), await given('weather:read'), await given('notes:read')];
    const uses = async () => [(await mcp(url, managing, initialize)).status, (await mcp(`${d.base}/weather/mcp`, weather, initialize)).status,
      (await introspect(notes, there)).json.active, (await token(leaving, { scope: 'users:read' })).status];
    const good = [200, 502, true, 200]; // nobody is behind the weather
    assert.deepEqual(await uses(), good);
    const rows = sql(d, 'SELECT count(*) FROM grants WHERE ended = 0');
    await reload(config);
    for (let i = 0; i < 3; i++) assert.deepEqual(await uses(), [401, 401, false, 401]);
    assert.equal(sql(d, 'SELECT count(*) FROM grants WHERE ended = 0'), rows, 'a slip of the pen in the file ends nothing for good');
    await reload(declared);
    assert.deepEqual(await uses(), good);
    await reload(config);
  });

  // ---- two nodes
  const { one, two, verb: at } = await twoNodes(t, { config });
  const onOne = (...args) => at(0, ...args, '--json');
  const made = (name, ...scopes) => onOne('create_client', '--name', name, '--application_type', 'backend', ...scopes.flatMap((s) => ['--scopes', s]));
  await t.test('on PostgreSQL, a client made on one node is known on the other, with the same grant', async () => {
    const c = await made('Both', 'notes:read', 'users:read');
    const [a, b] = [await token(c, { scope: 'notes:read' }, one), await token(c, { scope: 'notes:read' }, two)];
    assert.equal(b.status, 200, b.text);
    assert.equal(claimsOf(a.json.access_token).gid, claimsOf(b.json.access_token).gid);
    for (const base of [one, two]) for (const x of [a, b]) assert.equal((await introspect(notes, x.json.access_token, {}, base)).json.active, true, 'also what the other node signed');
  });
  for (const [what, end] of [
    ['revoked', (c, x) => post(`${one}/revoke`, { token: x }, basic(c.client_id, c.client_secret))],
    ['suspended', (c) => onOne('update_client', '--client_id', c.client_id, '--status', 'suspended')],
    ['deleted', (c) => onOne('delete_client', '--client_id', c.client_id)],
  ]) {
    await t.test(`${what} on one node, it is refused on the other within a second, though that one knows it well`, async () => {
      const c = await made(`To be ${what}`, 'notes:read', 'users:read');
      const x = (await token(c, { scope: 'notes:read' }, two)).json.access_token;
      for (let i = 0; i < 3; i++) assert.equal((await introspect(notes, x, {}, two)).json.active, true);
      await end(c, x);
      // the feed is read twice a second; that it is within one, and the asking, only a clock tells
      await until('the other node to hear of it', async () => !(await introspect(notes, x, {}, two)).json.active, 1500);
      assert.deepEqual((await introspect(notes, x, {}, one)).json, { active: false });
      for (const base of [one, two]) {
        const r = await token(c, { scope: 'notes:read' }, base);
        assert.deepEqual([r.status, r.json.error], what === 'revoked' ? [200, undefined] : [401, 'invalid_client']);
      }
    });
  }
  await t.test('a secret changed on one node is changed on the other', async () => {
    const c = await made('Secret', 'notes:read');
    assert.equal((await token(c, {}, two)).status, 200);
    const next = await onOne('rotate_client_secret', '--client_id', c.client_id);
    await until('the other node to hear of it', async () => (await token(c, {}, two)).status === 401, 3000);
    assert.equal((await token({ ...c, ...next }, {}, two)).status, 200);
  });
  await t.test('tokens of another issuer mean nothing here', async () => {
    const c = await backend('Of the first', 'notes:read');
    assert.deepEqual((await introspect(notes, (await token(c)).json.access_token, {}, one)).json, { active: false });
  });
});
