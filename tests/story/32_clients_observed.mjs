// The registration bodies and habits of real clients, as recorded; each gets through registration, consent, tokens and refresh.
import { story, assert } from './lib/story.mjs';
import { serve } from './lib/daemon.mjs';
import { Jar, authorize, post, refresh, ask, mcp, initialize } from './lib/oauth.mjs';

const all = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' };
const CLIENTS = {
  codex: { ...all, client_name: 'Codex', redirect_uris: ['http://127.0.0.1:43117/callback'], scope: 'mcp:tools offline_access', application_type: 'native' },
  'claude code': { ...all, client_name: 'Claude Code (weather)', redirect_uris: ['http://localhost:43118/callback'], scope: 'mcp:tools offline_access', application_type: 'native' },
  'claude on the web': { ...all, client_name: 'Claude', redirect_uris: ['https://claude.ai/api/mcp/auth_callback'], scope: 'claudeai' },
  copilot: { ...all, client_name: 'GitHub Copilot CLI', redirect_uris: ['http://127.0.0.1:43119/'] },
  gemini: { ...all, client_name: 'Gemini CLI MCP Client', redirect_uris: ['http://localhost:43120/oauth/callback'], scope: 'openid offline_access mcp:tools' },
  qwen: { ...all, client_name: 'Qwen Code MCP Client', redirect_uris: ['http://localhost:7777/oauth/callback'], scope: 'mcp:tools', code_challenge_method: ['S256'] },
  opencode: { ...all, client_name: 'OpenCode', client_uri: 'https://opencode.ai', redirect_uris: ['http://127.0.0.1:19876/mcp/oauth/callback'], scope: 'mcp:tools offline_access' },
  cline: { ...all, client_name: 'Cline', redirect_uris: ['http://127.0.0.1:1456/mcp/oauth/callback'], scope: 'mcp:tools' },
  mcporter: { ...all, client_name: 'mcporter (weather)', redirect_uris: ['http://127.0.0.1:43121/callback'], scope: 'mcp:tools' },
  inspector: { ...all, client_name: 'MCP Inspector', client_uri: 'https://github.com/modelcontextprotocol/inspector', redirect_uris: ['http://127.0.0.1:6276/oauth/callback'], scope: 'mcp:tools offline_access', application_type: 'native' },
  'inspector with an empty scope': { ...all, client_name: 'MCP Inspector', redirect_uris: ['http://localhost:6274/oauth/callback'], scope: '' },
  'ai-sdk': { ...all, client_name: 'ai-sdk', redirect_uris: ['http://localhost:43122/callback'], scope: 'mcp:tools', application_type: 'native' },
  'use-mcp': { ...all, client_name: 'use-mcp', client_uri: 'http://localhost:5173', redirect_uris: ['http://localhost:5173/oauth/callback'], scope: 'mcp:tools' },
  cursor: { ...all, client_name: 'Cursor', redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback', 'https://www.cursor.com/agents/mcp/oauth/callback', 'http://localhost:8787/callback'], application_type: 'web' },
  'vs code': { ...all, client_name: 'Visual Studio Code', redirect_uris: ['https://insiders.vscode.dev/redirect', 'https://vscode.dev/redirect', 'http://127.0.0.1/', 'http://127.0.0.1:33418/'], application_type: 'native', grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'] },
  'mcp-remote': { ...all, client_name: 'MCP CLI Client', client_uri: 'https://github.com/geelen/mcp-remote', redirect_uris: ['http://localhost:3334/oauth/callback'], software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d', software_version: '0.15.1', application_type: 'native' },
  'mistral, confidential': { client_name: 'Le Chat', redirect_uris: ['https://callback.mistral.ai/v1/integrations_auth/oauth2_callback'], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'client_secret_post' },
};

export default story('clients as observed', async (t) => {
  const d = await serve(t, { config: 'resources:\n  - { path: /weather/mcp, upstream: "http://127.0.0.1:1/mcp", name: Weather }\n' });
  const resource = `${d.base}/weather/mcp`;
  const jar = new Jar(d.base);
  await jar.signIn();

  for (const [name, body] of Object.entries(CLIENTS)) {
    await t.test(`${name} gets through`, async () => {
      const r = await ask(`${d.base}/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
      assert.equal(r.status, 201, r.text);
      assert.equal(r.headers.get('cache-control'), 'no-store');
      assert.deepEqual(r.json.redirect_uris, body.redirect_uris);
      assert.equal(r.json.client_name, body.client_name);
      assert.equal(r.json.token_endpoint_auth_method, body.token_endpoint_auth_method);
      assert.equal('client_secret' in r.json, body.token_endpoint_auth_method !== 'none');
      assert.doesNotMatch(r.text, /null|""/);
      for (const redirect_uri of body.redirect_uris) {
        const a = await authorize(jar, r.json.client_id, { redirect_uri, resource, scope: body.scope || undefined });
        assert.ok(a.code, `${redirect_uri}: ${a.response.status} ${a.to} ${a.response.text?.slice(0, 300)}`);
        const secret = r.json.client_secret ? { client_secret: r.json.client_secret } : {};
        const x = await post(`${d.base}/token`, { grant_type: 'authorization_code', client_id: r.json.client_id, code: a.code, redirect_uri, code_verifier: a.verifier, resource, ...secret });
        assert.equal(x.status, 200, x.text);
        assert.ok(x.json.scope.split(' ').includes('mcp:tools'), x.json.scope);
        const again = await refresh(d.base, r.json.client_id, x.json.refresh_token, { resource, scope: body.scope || undefined, ...secret });
        assert.equal(again.status, 200, again.text);
        // the upstream is dead on purpose: 502 says that the token was good
        assert.equal((await mcp(resource, again.json.access_token, initialize)).status, 502);
      }
    });
  }
  await t.test('a client that knows no resource parameter gets the only resource there is', async () => {
    const r = await ask(`${d.base}/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(CLIENTS.codex) });
    const redirect_uri = CLIENTS.codex.redirect_uris[0];
    const a = await authorize(jar, r.json.client_id, { redirect_uri });
    const x = await post(`${d.base}/token`, { grant_type: 'authorization_code', client_id: r.json.client_id, code: a.code, redirect_uri, code_verifier: a.verifier });
    assert.equal((await mcp(resource, x.json.access_token, initialize)).status, 502);
  });
  await t.test('claude refreshes before nearly every request and is never slowed down', async () => {
    const r = await ask(`${d.base}/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(CLIENTS['claude code']) });
    const redirect_uri = CLIENTS['claude code'].redirect_uris[0];
    const a = await authorize(jar, r.json.client_id, { redirect_uri, resource });
    let x = (await post(`${d.base}/token`, { grant_type: 'authorization_code', client_id: r.json.client_id, code: a.code, redirect_uri, code_verifier: a.verifier })).json;
    for (let i = 0; i < 100; i++) {
      const y = await refresh(d.base, r.json.client_id, x.refresh_token);
      assert.equal(y.status, 200, `${i}: ${y.text}`);
      x = y.json;
    }
  });
  await t.test('HEAD and GET without a token are 401 with the challenge, whatever version they carry', async () => {
    for (const method of ['GET', 'HEAD']) {
      for (const v of ['2024-11-05', '2026-07-28']) {
        const r = await ask(resource, { method, headers: { 'mcp-protocol-version': v } });
        assert.equal(r.status, 401);
        assert.match(r.headers.get('www-authenticate'), /resource_metadata=/);
      }
    }
  });
});
