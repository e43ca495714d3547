// /mcp, the management server: both eras, scopes by step-up, roles, and hostile messages.
import { story, assert } from './lib/story.mjs';
import { serve, OWNER } from './lib/daemon.mjs';
import { Jar, register, tokens, mcp, ask, initialize } from './lib/oauth.mjs';
import { kept } from './lib/kept.mjs';

const META = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {}, 'io.modelcontextprotocol/clientInfo': { name: 's', version: '1' } };

export default story('management', async (t) => {
  const d = await serve(t, {});
  const url = `${d.base}/mcp`;
  const jar = new Jar(d.base);
  await jar.signIn();
  const client = (await register(d.base, { client_name: 'Manager' })).json;
  const x = await tokens(d.base, { jar, client, resource: url });
  const legacy = (method, params = {}, token = x.access_token) => mcp(url, token, { jsonrpc: '2.0', id: 7, method, params }, { 'mcp-protocol-version': '2025-11-25' });
  const modern = (method, params = {}, headers = {}, token = x.access_token) =>
    mcp(url, token, { jsonrpc: '2.0', id: 8, method, params: { ...params, _meta: META } },
      { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...(params.name ? { 'mcp-name': params.name } : {}), ...headers });

  // The tool is called and says no, with this code; nothing changes, but the audit has it.
  const refused = async (by, name, args, code) => {
    const r = await kept(d, () => legacy('tools/call', { name, arguments: args }, by.access_token), 'audit');
    assert.equal(r.status, 200, r.text);
    assert.equal(r.json.result.isError, true, r.text);
    assert.equal(JSON.parse(r.json.result.content[0].text).error.code, code, `${JSON.stringify(args)} ${r.text}`);
    return r;
  };

  await t.test('the challenge asks only for the scopes that read', async () => {
    const r = await mcp(url, null, initialize);
    assert.equal(r.status, 401);
    const scope = /^Bearer scope="([^"]*)"/.exec(r.headers.get('www-authenticate'))[1];
    assert.equal(scope, 'tenants:read users:read clients:read theme:read domains:read emails:read social-logins:read resources:read audit:read');
  });
  await t.test('2025: initialize, initialized, tools/list, tools/call', async () => {
    const hello = await mcp(url, x.access_token, initialize);
    assert.equal(hello.status, 200);
    assert.equal(hello.json.result.protocolVersion, '2025-11-25');
    assert.equal((await mcp(url, x.access_token, { jsonrpc: '2.0', method: 'notifications/initialized' })).status, 202);
    const { json } = await legacy('tools/list');
    const names = json.result.tools.map((tool) => tool.name);
    for (const n of ['get_me', 'list_connections', 'revoke_connection', 'why', 'create_user', 'list_users']) assert.ok(names.includes(n), n);
    for (const tool of json.result.tools) assert.equal(tool.inputSchema.type, 'object');
    const me = await legacy('tools/call', { name: 'get_me', arguments: {} });
    assert.equal(me.json.result.structuredContent.user.email, OWNER.email);
    assert.deepEqual(JSON.parse(me.json.result.content[0].text), me.json.result.structuredContent);
  });
  await t.test('2026: server/discover, tools/list, tools/call are complete and private', async () => {
    const hello = await modern('server/discover');
    assert.equal(hello.status, 200, hello.text);
    assert.ok(hello.json.result.supportedVersions.includes('2026-07-28'));
    assert.equal(hello.json.result.resultType, 'complete');
    assert.equal(hello.json.result.cacheScope, 'private');
    const list = await modern('tools/list');
    assert.equal(list.json.result.cacheScope, 'private');
    assert.equal(list.json.result.ttlMs, 60000);
    const me = await modern('tools/call', { name: 'get_me' });
    assert.equal(me.json.result.resultType, 'complete');
  });
  for (const [what, send, status, code] of [
    ['no envelope with a modern header', () => mcp(url, x.access_token, { jsonrpc: '2.0', id: 1, method: 'tools/list' }, { 'mcp-protocol-version': '2026-07-28' }), 400, -32602],
    ['header and envelope disagree', () => modern('tools/list', {}, { 'mcp-protocol-version': '2025-11-25' }), 400, -32020],
    ['Mcp-Method disagrees', () => modern('tools/list', {}, { 'mcp-method': 'tools/call' }), 400, -32020],
    ['Mcp-Name disagrees', () => modern('tools/call', { name: 'get_me' }, { 'mcp-name': 'list_users' }), 400, -32020],
    ['an unknown version', () => mcp(url, x.access_token, { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: { ...META, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } } }, { 'mcp-protocol-version': '2099-01-01', 'mcp-method': 'tools/list' }), 400, -32022],
    ['initialize in the modern era', () => modern('initialize'), 404, -32601],
    ['ping in the modern era', () => modern('ping'), 404, -32601],
    ['an unknown method of 2025', () => legacy('nothing/here'), 200, -32601],
    ['an unknown method of 2026', () => modern('nothing/here'), 404, -32601],
    ['MCP-11 a batch', () => mcp(url, x.access_token, Array.from({ length: 10000 }, (_, i) => ({ jsonrpc: '2.0', id: i, method: 'ping' })), { 'mcp-protocol-version': '2025-11-25' }), 400, -32600],
    ['MCP-12 nested 100 000', () => mcp(url, x.access_token, '['.repeat(100000)), 400, -32700],
    ['MCP-12 method twice', () => mcp(url, x.access_token, '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}'), 400, -32700],
    ['MCP-12 Method in upper case', () => mcp(url, x.access_token, '{"jsonrpc":"2.0","id":1,"Method":"ping"}'), 400, -32600],
    ['MCP-12 an object as id', () => mcp(url, x.access_token, '{"jsonrpc":"2.0","id":{},"method":"ping"}'), 400, -32600],
    ['an unknown tool', () => legacy('tools/call', { name: 'nothing', arguments: {} }), 200, -32602],
  ]) {
    await t.test(`${what} is ${status} ${code}`, async () => {
      const r = await kept(d, send);
      assert.equal(r.json?.error?.code, code, `${r.status} ${r.text.slice(0, 300)}`);
      assert.equal(r.status, status);
    });
  }
  await t.test('MCP-18 an unsupported protocol version is 400', async () => {
    assert.equal((await legacy('ping')).status, 200);
    const r = await kept(d, () => mcp(url, x.access_token, { jsonrpc: '2.0', id: 1, method: 'ping' }, { 'mcp-protocol-version': '1999-01-01' }));
    assert.deepEqual([r.status, r.json.error.code], [400, -32022]);
  });
  await t.test('MCP-03 every method without a token is 401', async () => {
    for (const m of ['initialize', 'ping', 'tools/list', 'tools/call', 'resources/read', 'server/discover']) {
      const r = await kept(d, () => legacy(m, {}, null));
      assert.equal(r.status, 401, m);
      assert.match(r.headers.get('www-authenticate'), /^Bearer scope="/, m);
      assert.equal(r.json.result, undefined, m);
    }
  });
  await t.test('GET and DELETE with a token are 405 with Allow: POST', async () => {
    for (const method of ['GET', 'DELETE']) {
      const r = await kept(d, () => ask(url, { method, headers: { authorization: `Bearer ${x.access_token}` } }));
      assert.deepEqual([r.status, r.headers.get('allow')], [405, 'POST'], method);
    }
  });
  await t.test('MGMT-04 a token that only reads is asked to step up, and nothing changes', async () => {
    const r = await kept(d, () => legacy('tools/call', { name: 'create_user', arguments: { email: 'x@example.com', name: 'X' } }));
    assert.equal(r.status, 403, r.text);
    const scope = /^Bearer error="insufficient_scope", scope="([^"]*)"/.exec(r.headers.get('www-authenticate'))[1];
    assert.equal(scope, `${x.scope} users:write`, 'what it has, and what it lacks');
  });
  const rw = await tokens(d.base, { jar, client, resource: url, scope: 'users:read users:write clients:read clients:write' });
  await t.test('after the step-up it works', async () => {
    const r = await legacy('tools/call', { name: 'create_user', arguments: { email: 'new@example.com', name: 'New' } }, rw.access_token);
    assert.equal(r.json.result.isError, false, r.text);
    assert.equal(r.json.result.structuredContent.email, 'new@example.com');
    const list = await legacy('tools/call', { name: 'list_users', arguments: {} }, rw.access_token);
    assert.ok(list.json.result.structuredContent.users.some((u) => u.email === 'new@example.com'));
  });
  await t.test('an address that is taken is already_exists, arguments that do not fit are validation_error', async () => {
    await refused(rw, 'create_user', { email: 'NEW@example.com', name: 'Again' }, 'already_exists');
    for (const args of [{}, { email: 'a@b.example' }, { email: 1, name: 'X' }, { email: 'not an address', name: 'X' }, { email: 'a@b.example', name: 'X', nonsense: 1 }])
      await refused(rw, 'create_user', args, 'validation_error');
  });
  await t.test('MGMT-01 hostile strings find nothing and break nothing', async () => {
    const all = await tokens(d.base, { jar, client, resource: url, scope: 'users:read users:write clients:read clients:write tenants:read tenants:write audit:read' });
    const calls = (s) => [['create_user', { email: s, name: s }, 'validation_error'], ['revoke_connection', { connection_id: s, confirm_name: s }, 'not_found'],
      ['why', { id: s }, 'not_found'], ['list_users', { tenant_id: s }, 'not_found']];
    for (const s of ["' OR 1=1--", "'; DROP TABLE users;--", '%00', '1e999', '../../etc/passwd', '<script>'])
      for (const [name, args, code] of calls(s)) assert.doesNotMatch((await refused(all, name, args, code)).text, /SQL|sqlite|syntax error/i);
    for (const [name, args] of calls('\u0000')) {
      const r = await kept(d, () => legacy('tools/call', { name, arguments: args }, all.access_token));
      assert.deepEqual([r.status, r.json.error.code], [400, -32700], 'NUL is in no JSON');
    }
    const list = await legacy('tools/call', { name: 'list_users', arguments: {} }, all.access_token);
    assert.deepEqual(list.json.result.structuredContent.users.map((u) => u.email).sort(), ['new@example.com', OWNER.email]);
  });
  await t.test('list_connections shows this client, revoke_connection ends it', async () => {
    const other = await tokens(d.base, { jar, client: (await register(d.base, { client_name: 'To be revoked' })).json, resource: url });
    const full = await tokens(d.base, { jar, client, resource: url, scope: 'users:read users:write clients:read clients:write tenants:read tenants:write' });
    const list = await legacy('tools/call', { name: 'list_connections', arguments: {} }, full.access_token);
    const row = list.json.result.structuredContent.connections.find((c) => c.client_name === 'To be revoked');
    assert.ok(row, list.text);
    await refused(full, 'revoke_connection', { connection_id: row.id, confirm_name: 'no' }, 'confirmation_required');
    assert.equal((await legacy('ping', {}, other.access_token)).status, 200);
    const r = await legacy('tools/call', { name: 'revoke_connection', arguments: { connection_id: row.id, confirm_name: 'To be revoked' } }, full.access_token);
    assert.equal(r.json.result.isError, false, r.text);
    assert.equal((await legacy('ping', {}, other.access_token)).status, 401);
  });
  await t.test('the same operations are verbs of the command line', async () => {
    const r = await d.verb(['create_user', '--email', 'cli@example.com', '--name', 'From the shell', '--json']);
    assert.equal(r.code, 0, r.err);
    assert.equal(JSON.parse(r.out).email, 'cli@example.com');
    assert.match((await d.verb(['list_users', '--json'])).out, /cli@example\.com/);
    const bad = await kept(d, () => d.verb(['create_user', '--email', 'nonsense', '--name', 'X']), 'audit');
    assert.deepEqual(bad, { code: 1, out: '', err: 'gatehouse: The arguments do not fit: email must be an e-mail address.\n' });
    const usage = await kept(d, () => d.verb(['create_user', '--nonsense', 'x']));
    assert.deepEqual(usage, { code: 2, out: '', err: 'gatehouse: there is no flag --nonsense.\n`gatehouse help create_user` shows how it is used.\n' });
  });
});
