// The registration bodies and habits of known clients, out of the table; each gets through registration, consent, tokens and refresh.
import { story, assert } from './lib/story.mjs';
import { serve, run } from './lib/daemon.mjs';
import { Jar, authorize, authorizeQuery, pkce, post, refresh, ask, mcp, initialize } from './lib/oauth.mjs';
import { kept } from './lib/kept.mjs';

// What each client sends stands once, in tables/clients.def: claude on the web, cursor://anysphere.cursor-mcp/oauth/callback, all of them.
const CLIENTS = JSON.parse((await run(['reference', 'clients', '--json'])).out).clients.filter((c) => c.registration);
assert.ok(CLIENTS.length > 0);
const client = (id) => CLIENTS.find((c) => c.id === id);
// An empty scope was seen too, from a client that is told none.
const all = [...CLIENTS, { ...client('mcp-inspector'), name: 'MCP Inspector with an empty scope', registration: { ...client('mcp-inspector').registration, scope: '' }, scope: '' }];
// The one scope of the server, and what is asked for besides of what concerns the person.
const granted = (c) => ['mcp:tools', ...['openid', 'profile', 'email', 'offline_access'].filter((s) => c.scope?.split(' ').includes(s))].join(' ');
// A loopback address that is registered without a port is asked for with one.
const asked = (uri) => uri.replace(/^http:\/\/127\.0\.0\.1\//, 'http://127.0.0.1:43117/');

export default story('clients as observed', async (t) => {
  const d = await serve(t, { config: 'resources:\n  - { path: /weather/mcp, upstream: "http://127.0.0.1:1/mcp", name: Weather }\n' });
  const resource = `${d.base}/weather/mcp`;
  const jar = new Jar(d.base);
  await jar.signIn();

  const register = (body) => ask(`${d.base}/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  // Registers, signs in with one of its addresses, and redeems: { id, secret, tokens }.
  const enter = async (c, uri, prompt = c.prompt) => {
    const r = await register(c.registration);
    assert.equal(r.status, 201, r.text);
    const redirect_uri = asked(uri ?? c.registration.redirect_uris[0]);
    const a = await authorize(jar, r.json.client_id, { redirect_uri, resource, scope: c.scope || undefined, prompt });
    assert.ok(a.code, `${redirect_uri}: ${a.response.status} ${a.to} ${a.response.text?.slice(0, 300)}`);
    const secret = r.json.client_secret ? { client_secret: r.json.client_secret } : {};
    const x = await post(`${d.base}/token`, { grant_type: 'authorization_code', client_id: r.json.client_id, code: a.code, redirect_uri, code_verifier: a.verifier, resource, ...secret });
    assert.equal(x.status, 200, x.text);
    return { id: r.json.client_id, secret, tokens: x.json };
  };

  for (const c of all) {
    await t.test(`${c.name} (${c.id}) gets through`, async () => {
      const body = c.registration;
      const r = await register(body);
      assert.equal(r.status, 201, r.text);
      assert.equal(r.headers.get('cache-control'), 'no-store');
      assert.deepEqual(r.json.redirect_uris, body.redirect_uris);
      assert.equal(r.json.client_name, body.client_name);
      assert.equal(r.json.token_endpoint_auth_method, body.token_endpoint_auth_method);
      assert.equal('client_secret' in r.json, body.token_endpoint_auth_method !== 'none');
      assert.doesNotMatch(r.text, /null|""/);
      assert.ok(body.redirect_uris.length > 0);
      for (const uri of body.redirect_uris) {
        const { id, secret, tokens } = await enter(c, uri);
        assert.equal(tokens.scope, granted(c));
        // codex repeats what it asked for, copilot what it was given, the others say nothing
        const scope = c.refresh.includes('asked-scope') ? c.scope : c.refresh.includes('granted-scope') ? tokens.scope : undefined;
        const again = await refresh(d.base, id, tokens.refresh_token, { resource, scope, ...secret });
        assert.equal(again.status, 200, again.text);
        assert.equal(again.json.scope, tokens.scope);
        // the upstream is dead on purpose: 502 says that the token was good
        assert.equal((await mcp(resource, again.json.access_token, initialize)).status, 502);
      }
    });
  }
  await t.test('the habits of refreshing are those that were recorded', () => {
    const of = (habit) => CLIENTS.filter((c) => c.refresh.includes(habit)).map((c) => c.id);
    assert.deepEqual(of('asked-scope'), ['codex']);
    assert.deepEqual(of('granted-scope'), ['copilot-cli']);
    assert.deepEqual(of('twice'), ['gemini-cli']);
    assert.deepEqual(of('early'), ['claude-code', 'gemini-cli', 'mcp-remote']);
  });
  await t.test('codex repeats a scope that nobody granted, and is refreshed all the same', async () => {
    const { id, tokens } = await enter(client('codex'));
    const y = await refresh(d.base, id, tokens.refresh_token, { resource, scope: `${client('codex').scope} weather:unknown` });
    assert.equal(y.status, 200, y.text);
    assert.equal(y.json.scope, tokens.scope);
  });
  await t.test('gemini refreshes twice at once, gets one successor, and its login lives', async () => {
    const { id, tokens } = await enter(client('gemini-cli'));
    const two = await Promise.all([0, 1].map(() => refresh(d.base, id, tokens.refresh_token, { resource })));
    assert.deepEqual(two.map((r) => r.status), [200, 200], two.map((r) => r.text).join());
    assert.equal(two[0].json.refresh_token, two[1].json.refresh_token);
    assert.equal((await refresh(d.base, id, two[0].json.refresh_token, { resource })).status, 200);
  });
  await t.test('copilot asks with prompt=consent select_account while signed in, and gets through', async () => {
    const c = client('copilot-cli');
    assert.equal(c.prompt_again, 'consent select_account');
    await enter(c, undefined, c.prompt_again);
  });
  await t.test('what vscode.dev proves is no more than an address of this computer, and the page says so', async () => {
    const r = await register(client('vscode').registration);
    const { challenge } = pkce();
    let page = await jar.ask(`/authorize?${authorizeQuery(r.json.client_id, challenge, { redirect_uri: 'https://vscode.dev/redirect', resource })}`);
    page = await jar.ask(page.location);
    assert.match(page.text, /<strong><bdi>vscode\.dev<\/bdi><\/strong>, which passes it on to Visual Studio Code or to any other program of this device that the application names/);
    assert.match(page.text, /not verified/);
    assert.doesNotMatch(page.text, /tag good|calls itself/);
  });
  await t.test('a client that knows no resource parameter gets the only resource there is', async () => {
    const r = await register(client('codex').registration);
    const redirect_uri = asked(client('codex').registration.redirect_uris[0]);
    const a = await authorize(jar, r.json.client_id, { redirect_uri });
    const x = await post(`${d.base}/token`, { grant_type: 'authorization_code', client_id: r.json.client_id, code: a.code, redirect_uri, code_verifier: a.verifier });
    assert.equal((await mcp(resource, x.json.access_token, initialize)).status, 502);
  });
  await t.test('claude refreshes before nearly every request and is never slowed down', async () => {
    const { id, tokens } = await enter(client('claude-code'));
    let x = tokens;
    for (let i = 0; i < 100; i++) {
      const y = await refresh(d.base, id, x.refresh_token);
      assert.equal(y.status, 200, `${i}: ${y.text}`);
      x = y.json;
    }
  });
  await t.test('HEAD and GET without a token are 401 with the challenge, whatever version they carry', async () => {
    for (const method of ['GET', 'HEAD']) {
      for (const v of ['2024-11-05', '2026-07-28']) {
        const r = await kept(d, () => ask(resource, { method, headers: { 'mcp-protocol-version': v } }));
        assert.equal(r.status, 401);
        assert.ok(r.headers.get('www-authenticate').startsWith(`Bearer scope="mcp:tools", resource_metadata="${d.base}/.well-known/oauth-protected-resource/weather/mcp", `));
      }
    }
  });
});
