// /mcp, the management server: both eras, scopes by step-up, roles, and hostile messages.
import { story, assert } from './lib/story.mjs';
import { serve, OWNER } from './lib/daemon.mjs';
import { Jar, register, tokens, mcp, ask, initialize } from './lib/oauth.mjs';

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

  await t.test('the challenge asks only for the scopes that read', async () => {
    const r = await mcp(url, null, initialize);
    const scope = /scope="([^"]*)"/.exec(r.headers.get('www-authenticate'))[1].split(' ');
    assert.ok(scope.length >= 5);
    for (const s of scope) assert.match(s, /:read$/);
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
    assert.ok(Number.isInteger(list.json.result.ttlMs));
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
      const r = await send();
      assert.equal(r.json?.error?.code, code, `${r.status} ${r.text.slice(0, 300)}`);
      assert.equal(r.status, status);
    });
  }
  await t.test('MCP-18 an unsupported protocol version is 400', async () => assert.equal((await legacy('ping')).status, 200) ||
    assert.equal((await mcp(url, x.access_token, { jsonrpc: '2.0', id: 1, method: 'ping' }, { 'mcp-protocol-version': '1999-01-01' })).status, 400));
  await t.test('MCP-03 every method without a token is 401', async () => {
    for (const m of ['initialize', 'ping', 'tools/list', 'tools/call', 'resources/read', 'server/discover']) assert.equal((await legacy(m, {}, null)).status, 401, m);
  });
  await t.test('GET and DELETE with a token are 405 with Allow: POST', async () => {
    for (const method of ['GET', 'DELETE']) {
      const r = await ask(url, { method, headers: { authorization: `Bearer ${x.access_token}` } });
      assert.equal(r.status, 405);
      assert.match(r.headers.get('allow'), /POST/);
    }
  });
  await t.test('MGMT-04 a token that only reads is asked to step up, and nothing changes', async () => {
    const r = await legacy('tools/call', { name: 'create_user', arguments: { email: 'x@example.com', name: 'X' } });
    assert.equal(r.status, 403, r.text);
    assert.match(r.headers.get('www-authenticate'), /error="insufficient_scope", scope="[^"]*users:write/);
    const list = await legacy('tools/call', { name: 'list_users', arguments: {} });
    assert.ok(!list.text.includes('x@example.com'));
  });
  const rw = await tokens(d.base, { jar, client, resource: url, scope: 'users:read users:write clients:read clients:write' });
  await t.test('after the step-up it works', async () => {
    const r = await legacy('tools/call', { name: 'create_user', arguments: { email: 'new@example.com', name: 'New' } }, rw.access_token);
    assert.equal(r.json.result.isError ?? false, false, r.text);
    const list = await legacy('tools/call', { name: 'list_users', arguments: {} }, rw.access_token);
    assert.ok(list.json.result.structuredContent.users.some((u) => u.email === 'new@example.com'));
  });
  await t.test('an address that is taken is already_exists, arguments that do not fit are validation_error', async () => {
    const again = await legacy('tools/call', { name: 'create_user', arguments: { email: 'NEW@example.com', name: 'Again' } }, rw.access_token);
    assert.equal(again.json.result.isError, true);
    assert.equal(JSON.parse(again.json.result.content[0].text).error.code, 'already_exists');
    for (const args of [{}, { email: 'a@b.example' }, { email: 1, name: 'X' }, { email: 'not an address', name: 'X' }, { email: 'a@b.example', name: 'X', nonsense: 1 }]) {
      const r = await legacy('tools/call', { name: 'create_user', arguments: args }, rw.access_token);
      assert.equal(JSON.parse(r.json.result.content[0].text).error.code, 'validation_error', JSON.stringify(args));
    }
  });
  await t.test('MGMT-01 hostile strings find nothing and break nothing', async () => {
    for (const s of ["' OR 1=1--", "'; DROP TABLE users;--", '\u0000', '%00', '1e999', '../../etc/passwd', '<script>']) {
      for (const [name, args] of [['create_user', { email: s, name: s }], ['revoke_connection', { connection_id: s, confirm_name: s }], ['why', { id: s }], ['list_users', { tenant_id: s }]]) {
        const r = await legacy('tools/call', { name, arguments: args }, rw.access_token);
        assert.ok([200, 400, 403].includes(r.status), `${name} ${s}: ${r.status} ${r.text}`);
        assert.doesNotMatch(r.text, /SQL|sqlite|syntax error/i);
      }
    }
    assert.equal((await legacy('tools/call', { name: 'list_users', arguments: {} }, rw.access_token)).status, 200);
  });
  await t.test('list_connections shows this client, revoke_connection ends it', async () => {
    const other = await tokens(d.base, { jar, client: (await register(d.base, { client_name: 'To be revoked' })).json, resource: url });
    const full = await tokens(d.base, { jar, client, resource: url, scope: 'users:read users:write clients:read clients:write tenants:read tenants:write' });
    const list = await legacy('tools/call', { name: 'list_connections', arguments: {} }, full.access_token);
    const row = list.json.result.structuredContent.connections.find((c) => /To be revoked/.test(JSON.stringify(c)));
    assert.ok(row, list.text);
    const id = row.id ?? row.connection_id;
    const wrong = await legacy('tools/call', { name: 'revoke_connection', arguments: { connection_id: id, confirm_name: 'no' } }, full.access_token);
    assert.equal(wrong.json?.result?.isError, true, wrong.text);
    assert.equal((await legacy('ping', {}, other.access_token)).status, 200);
    const r = await legacy('tools/call', { name: 'revoke_connection', arguments: { connection_id: id, confirm_name: 'To be revoked' } }, full.access_token);
    assert.equal(r.json.result.isError ?? false, false, r.text);
    assert.equal((await legacy('ping', {}, other.access_token)).status, 401);
  });
  await t.test('the same operations are verbs of the command line', async () => {
    const r = await d.verb(['create_user', '--email', 'cli@example.com', '--name', 'From the shell', '--json']);
    assert.equal(r.code, 0, r.err);
    assert.equal(JSON.parse(r.out).email ?? JSON.parse(r.out).user?.email, 'cli@example.com');
    assert.match((await d.verb(['list_users', '--json'])).out, /cli@example\.com/);
    const bad = await d.verb(['create_user', '--email', 'nonsense', '--name', 'X']);
    assert.equal(bad.code, 1);
    assert.match(bad.err, /email/);
    const usage = await d.verb(['create_user', '--nonsense', 'x']);
    assert.equal(usage.code, 2);
  });
});
