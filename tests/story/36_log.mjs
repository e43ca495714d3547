// Everything that happens leaves a line in `gatehouse log`: what the store decides and what the files of the journal keep.
// No line, and no file of the data directory, has a secret in it.
import { createServer } from 'node:http';
import { readdirSync, readFileSync, statSync, existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { story, assert, until } from './lib/story.mjs';
import { serve, freePort, OWNER } from './lib/daemon.mjs';
import { Jar, register, authorize, authorizeQuery, walk, pkce, form, tokens, refresh, post, ask, mcp, initialize } from './lib/oauth.mjs';
import { assertion, keyPair, proof } from './lib/assertion.mjs';
import { proofKey, prove } from './lib/dpop.mjs';
import { idOf } from './lib/errors.mjs';
import { claimsOf } from './lib/forge.mjs';

export default story('log', async (t) => {
  const upstream = createServer((req, res) => {
    req.resume();
    req.on('end', () => {
      res.setHeader('content-type', 'application/json');
      res.end('{"jsonrpc":"2.0","id":1,"result":{}}');
    });
  });
  await new Promise((ok) => upstream.listen(0, '127.0.0.1', ok));
  t.defer(() => new Promise((ok) => (upstream.closeAllConnections(), upstream.close(ok))));
  const d = await serve(t, {
    config: `ops: 127.0.0.1:${await freePort()}
resources:
  - { path: /weather/mcp, upstream: "http://127.0.0.1:${upstream.address().port}/mcp", name: Weather }
  - { path: /dead/mcp, upstream: "http://127.0.0.1:${await freePort()}/mcp", name: Dead }
`,
  });
  const weather = `${d.base}/weather/mcp`;
  const secrets = new Set([OWNER.password]);
  const rows = async (...flags) => {
    const r = await d.verb(['log', '--json', ...flags]);
    assert.equal(r.code, 0, r.err);
    return r.out.trim().split('\n').filter(Boolean).map((l) => JSON.parse(l));
  };
  // a row is in the file within a fifth of a second
  const row = (what, fits, ...flags) => until(what, async () => (await rows(...flags)).find(fits), 5000, 100);

  // One of everything, and what was secret in it.
  const jar = new Jar(d.base);
  await jar.signIn();
  const client = (await register(d.base, { client_name: 'Logged "app"' })).json;
  const conf = (await register(d.base, { client_name: 'Confidential', token_endpoint_auth_method: 'client_secret_post' })).json;
  const w = await tokens(d.base, { jar, client, resource: weather });
  const m = await tokens(d.base, { jar, client, resource: `${d.base}/mcp`, scope: 'users:read' });
  const dead = await tokens(d.base, { jar, client, resource: `${d.base}/dead/mcp` });
  const renewed = (await refresh(d.base, client.client_id, w.refresh_token)).json;
  for (const x of [w, m, dead]) [x.access_token, x.refresh_token, x.code, x.verifier].forEach((s) => secrets.add(s));
  for (const s of [renewed.access_token, renewed.refresh_token, conf.client_secret, ...jar.cookies.values()]) secrets.add(s);
  const tool = (name, args) =>
    mcp(`${d.base}/mcp`, m.access_token, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }, { 'mcp-protocol-version': '2025-11-25' });

  await t.test('S-38 a registration is a row, with the name of the application and not its sealed id', async () => {
    const r = await row('a registration', (l) => l.event === 'auth.register' && l.client_id === 'Logged "app"');
    assert.equal(r.detail.status, 201);
    assert.ok(!JSON.stringify(r).includes(client.client_id));
  });
  await t.test('S-38 a call through the gateway is a row: who, which application, where, how long, how much', async () => {
    const began = Date.now();
    assert.equal((await mcp(`${weather}?token=in-the-query`, w.access_token, initialize)).status, 200);
    const r = await row('a call', (l) => l.event === 'gateway.call');
    const took = Date.now() - began;
    assert.equal(r.client_id, 'Logged "app"');
    assert.match(r.user_id, /^user_/);
    assert.match(r.connection_id, /^grant_/);
    assert.match(r.ip, /^(127\.0\.0\.1|::1)$/, 'localhost is both');
    assert.equal(r.detail.path, '/weather/mcp');
    assert.equal(r.detail.method, 'POST');
    assert.equal(r.detail.status, 200);
    assert.equal(r.detail.up, JSON.stringify(initialize).length);
    assert.equal(r.detail.down, 36);
    assert.ok(Number.isInteger(r.detail.ms) && r.detail.ms >= 0 && r.detail.ms <= took + 1, `${r.detail.ms} ms of ${took}`);
  });
  await t.test('S-38 a call of a management tool is a row, also one that is refused', async () => {
    assert.equal((await tool('list_users', {})).status, 200);
    const r = await row('a tool call', (l) => l.event === 'mcp.call' && l.detail.tool === 'list_users');
    assert.equal(r.client_id, 'Logged "app"');
    assert.equal(r.detail.why, undefined);
    assert.equal((await tool('list_users', { nonsense: 1 })).json.result.isError, true);
    const refused = await row('a refused tool call', (l) => l.event === 'mcp.call' && l.detail.why);
    assert.deepEqual([refused.detail.tool, refused.detail.reason], ['list_users', 'OP_ARGUMENTS']);
    assert.match((await d.verb(['why', refused.detail.why])).out, /OP_ARGUMENTS/);
  });
  await t.test('S-38 every refusal that has a number is a row with that number', async () => {
    const token = await post(`${d.base}/token`, { grant_type: 'refresh_token', client_id: client.client_id, refresh_token: 'gh_rt_nothing' });
    const page = await jar.ask('/authorize?client_id=nobody');
    const redirect = await jar.ask(`/authorize?response_type=token&client_id=${client.client_id}&redirect_uri=${encodeURIComponent('https://client.example/cb')}&state=s`);
    const bare = await mcp(weather, null, initialize);
    const down = await mcp(`${d.base}/dead/mcp`, dead.access_token, initialize);
    for (const [r, event, status, reason] of [[token, 'auth.refused', 400, 'REFRESH_UNKNOWN'], [page, 'auth.refused', 400, 'CLIENT_UNKNOWN_PAGE'], [redirect, 'auth.refused', 302, 'RESPONSE_TYPE'],
      [bare, 'gateway.refused', 401, 'TOKEN_MISSING'], [down, 'gateway.refused', 502, 'UPSTREAM_DOWN']]) {
      const id = idOf(r);
      assert.ok(id, r.text);
      const found = await row(`the refusal ${id}`, (l) => l.detail.why === id);
      assert.deepEqual([r.status, found.event, found.detail.status, found.detail.reason], [status, event, status, reason]);
    }
    assert.equal((await rows('--event', 'gateway.call')).some((l) => l.detail.path === '/dead/mcp'), false, 'what was refused is no call');
  });
  await t.test('S-38 an operation that a verb asks for and does not get is a row', async () => {
    assert.equal((await d.verb(['why', 'w0000000000'])).code, 1);
    const r = await row('op.refused', (l) => l.event === 'op.refused');
    assert.deepEqual([r.ip, r.detail.path, r.detail.reason, r.detail.status], ['local', 'why', 'OP_NOT_FOUND', 404]);
  });
  await t.test('M-71, M-72 each event is one line, by time, and grep -i auth finds the authentication events', async () => {
    const r = await d.verb(['log', '--since', '24h']);
    assert.equal(r.code, 0, r.err);
    const lines = r.out.trimEnd().split('\n');
    assert.equal(lines.length, (await rows()).length);
    for (const l of lines) assert.match(l, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z  [a-z_.]+ /);
    const times = lines.map((l) => Date.parse(l.slice(0, 19) + 'Z'));
    assert.deepEqual(times, times.toSorted((a, b) => a - b)); // the store knows the second, the journal more
    const grep = lines.filter((l) => /auth/i.test(l)).join('\n');
    for (const event of ['auth.register', 'auth.login', 'auth.consent.allow', 'auth.code.issue', 'auth.token.issue', 'auth.token.refresh', 'auth.refused']) assert.ok(grep.includes(`  ${event} `), `${event} is not in:\n${grep}`);
    assert.ok(r.out.indexOf('auth.register') < r.out.indexOf('auth.token.issue'), 'who registers first stands first');
  });
  await t.test('filters fit both kinds of rows', async () => {
    const all = await rows();
    const like = async (flags, fits, events) => {
      const wanted = all.filter(fits);
      assert.deepEqual(await rows(...flags), wanted);
      for (const event of events) assert.ok(wanted.some((l) => l.event === event), event);
    };
    const { user_id } = all.find((l) => l.event === 'auth.login');
    await like(['--event', 'gateway'], (l) => l.event.startsWith('gateway.'), ['gateway.call', 'gateway.refused']);
    await like(['--client', 'Logged "app"'], (l) => l.client_id === 'Logged "app"', ['auth.register', 'auth.token.issue', 'gateway.call', 'mcp.call']);
    await like(['--user', OWNER.email], (l) => l.user_id === user_id, ['auth.login', 'gateway.call', 'mcp.call']);
    assert.deepEqual(await rows('--since', new Date(Date.now() + 3600000).toISOString().slice(0, 19) + 'Z'), []);
    assert.deepEqual(await d.verb(['log', '--since', 'yesterday']), { code: 1, out: '', err: 'gatehouse: The arguments do not fit: since must be a duration such as 24h, or a time such as 2026-11-20T09:30:00Z.\n' });
  });
  await t.test('names of strangers cannot make lines of their own', async () => {
    assert.equal((await register(d.base, { client_name: 'x  auth.login y' })).status, 201);
    const evil = await register(d.base, { client_name: 'evil\n2026-01-01T00:00:00Z  auth.login  owner@example.com' });
    assert.deepEqual([evil.status, evil.json.error], [400, 'invalid_client_metadata']);
    await row('the registration', (l) => l.event === 'auth.register' && l.client_id === 'x  auth.login y');
    const r = await d.verb(['log', '--event', 'auth']);
    assert.doesNotMatch(r.out, /^2026-01-01T00:00:00Z/m);
  });
  await t.test('rows outlive a restart and a kill, and half a line does no harm', async () => {
    const before = await rows();
    await d.stop();
    const after = await rows(); // without a daemon
    const key = (l) => JSON.stringify(l);
    const there = new Set(after.map(key));
    assert.deepEqual(before.filter((l) => !there.has(key(l))), []);
    await d.start();
    assert.equal((await mcp(weather, renewed.access_token, initialize)).status, 200);
    await until('the call after the restart', async () => (await rows('--event', 'gateway.call')).length === 2);
    await d.kill();
    spawnSync('sh', ['-c', `printf '{"time":"2026-' >> "${join(d.data, 'journal-000001.log')}"`]);
    await d.start();
    assert.equal((await mcp(weather, renewed.access_token, initialize)).status, 200);
    await until('the call after the kill', async () => (await rows('--event', 'gateway.call')).length === 3);
    const last = new Set((await rows()).map(key));
    assert.deepEqual(before.filter((l) => !last.has(key(l))), []);
  });
  await t.test('a grant that is taken back stands there too, and the call that then fails', async () => {
    assert.equal((await post(`${d.base}/revoke`, { client_id: client.client_id, token: renewed.refresh_token })).status, 200);
    const r = await mcp(weather, renewed.access_token, initialize);
    assert.equal(r.status, 401);
    const refusal = await row('the refusal', (l) => l.detail.why === idOf(r));
    assert.deepEqual([refusal.event, refusal.detail.reason], ['gateway.refused', 'TOKEN_REVOKED']);
    const revoked = await rows('--event', 'auth.grant.revoke');
    assert.equal(revoked.length, 1);
    assert.deepEqual([revoked[0].client_id, revoked[0].connection_id], ['Logged "app"', claimsOf(renewed.access_token).gid]);
  });
  await t.test('what is lost is counted: gatehouse_journal_dropped_total is 0 here', async () => {
    const r = await ask(`${d.base}/metrics`);
    assert.equal(r.status, 200);
    assert.match(r.text, /^gatehouse_journal_dropped_total 0$/m);
  });
  await t.test('and one of everything that is asked for without a browser, right, wrong, and where it has no place', async () => {
    const keep = (...all) => (all.forEach((s) => (assert.ok(s), secrets.add(s))), all[0]);
    const token = (fields, headers) => post(`${d.base}/token`, fields, headers);
    // a request pushed ahead by a client with keys, its code, and the id token that comes of it
    const key = keyPair('k1');
    const signer = (await register(d.base, { client_name: 'Signer', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } })).json;
    keep(signer.registration_access_token);
    const signed = () => proof(keep(assertion(key, signer.client_id, d.base)));
    const { verifier, challenge } = pkce();
    const pushed = await post(`${d.base}/par`, { ...Object.fromEntries(new URLSearchParams(authorizeQuery(signer.client_id, challenge, { resource: weather, scope: 'openid email' }))), ...signed() });
    assert.equal(pushed.status, 201, pushed.text);
    const { code } = await walk(jar, `/authorize?${form({ client_id: signer.client_id, request_uri: keep(pushed.json.request_uri) })}`);
    const dpop = proofKey();
    const proved = (url, options) => ({ dpop: keep(prove(dpop, 'POST', url, options)) });
    const bad = await token({ grant_type: 'authorization_code', code: keep(code), code_verifier: 'x'.repeat(43), ...signed() }, { dpop: keep(prove(dpop, 'GET', weather)) });
    assert.equal(bad.json.error, 'invalid_dpop_proof');
    const x = (await token({ grant_type: 'authorization_code', code, code_verifier: keep(verifier), ...signed() }, proved(`${d.base}/token`))).json;
    keep(x.access_token, x.refresh_token, x.id_token);
    for (const path of [`/logout?id_token_hint=${x.id_token}`, `/authorize?${form({ client_id: signer.client_id, id_token_hint: x.id_token, response_type: x.id_token })}`, `/userinfo?access_token=${x.access_token}`]) await new Jar(d.base).ask(path);
    // what it says, to whom, signed, and what it is about
    const answer = await post(`${d.base}/introspect`, { token: x.access_token, ...signed() }, { accept: 'application/token-introspection+jwt' });
    assert.match(keep(answer.text), /^eyJ/);
    const about = (authorization) => ask(`${d.base}/userinfo`, { headers: { authorization, dpop: keep(prove(dpop, 'GET', `${d.base}/userinfo`, { token: x.access_token })) } });
    assert.equal((await about(`DPoP ${x.access_token}`)).json.email, OWNER.email);
    assert.equal((await about(`Bearer ${x.access_token}`)).status, 401);
    assert.equal((await about(`Basic ${Buffer.from(`x:${x.access_token}`).toString('base64')}`)).status, 401);
    // a device
    const box = (await register(d.base, { client_name: 'Box', grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'], redirect_uris: undefined, response_types: undefined })).json;
    const shown = (await post(`${d.base}/device_authorization`, { client_id: box.client_id, resource: weather })).json;
    keep(shown.device_code, shown.user_code, shown.user_code.replace('-', ''));
    const poll = () => token({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: box.client_id, device_code: shown.device_code });
    assert.equal((await poll()).json.error, 'authorization_pending');
    const page = await jar.ask(`/device?user_code=${shown.user_code}`);
    const decide = () => jar.ask('/device', { method: 'POST', body: { ...Jar.fields(page.text), user_code: shown.user_code, decision: 'allow' } });
    const done = await decide();
    assert.equal(done.status, 200);
    assert.match(done.text, /Go back to your device/);
    assert.equal((await decide()).status, 400, 'a code is decided once');
    const given = (await poll()).json;
    keep(given.access_token, given.refresh_token);
    // registrations are managed, and what was given is given back, each also in the place of another
    const manage = (bearer) => ask(signer.registration_client_uri, { headers: { authorization: `Bearer ${bearer}` } });
    assert.equal((await manage(signer.registration_access_token)).status, 200);
    const no = await manage(x.refresh_token);
    assert.deepEqual([no.status, no.json.error], [401, 'invalid_token']);
    // what has a form of ours is known wherever it stands; a password or a verifier is not
    const ours = [...secrets].filter((s) => /^(gh_|eyJ|urn:)/.test(s));
    assert.ok(ours.length >= 25, `${ours.length} of ours`);
    for (const s of ours) {
      await token({ grant_type: s, client_id: s, client_secret: s, resource: s, scope: s });
      await token({ grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: s, subject_token_type: s, audience: s, ...signed() });
      await post(`${d.base}/revoke`, { token: s, token_type_hint: s, client_id: client.client_id });
      await token({ grant_type: 'client_credentials' }, { authorization: `Basic ${Buffer.from(`${s}:${s}`).toString('base64')}` });
      await jar.ask(`/authorize?${authorizeQuery(client.client_id, challenge, { scope: s, prompt: s, max_age: s, resource: s })}`);
      await jar.ask(`/authorize?${authorizeQuery(s, challenge, { redirect_uri: s })}`);
      await register(d.base, { token_endpoint_auth_method: s, redirect_uris: [s] });
    }
    await post(`${d.base}/revoke`, { token: x.refresh_token, ...signed() });
  });
  await t.test('OPS-02, OPS-04 no file of the data directory has a code, token, verifier, password, cookie or client secret', async () => {
    await authorize(jar, client.client_id, { resource: weather }).then((a) => [a.code, a.verifier].forEach((s) => secrets.add(s)));
    const page = await ask(`${d.base}/nowhere/${w.refresh_token}`); // somebody's mistake
    assert.equal(page.status, 404);
    for (const v of jar.cookies.values()) secrets.add(v);
    await d.stop();
    const files = readdirSync(d.data, { recursive: true }).map((f) => join(d.data, f)).filter((f) => existsSync(f) && statSync(f).isFile());
    assert.ok(files.some((f) => f.endsWith('journal-000001.log')) && files.some((f) => f.endsWith('gatehouse.db')), files.join(' '));
    assert.equal(statSync(join(d.data, 'journal-000001.log')).mode & 0o777, 0o600);
    assert.ok(secrets.size >= 45, `${secrets.size} secrets`);
    for (const f of files) {
      const bytes = readFileSync(f);
      for (const s of secrets) {
        assert.ok(!bytes.includes(s), `${s.slice(0, 10)}… stands in ${f}`);
        assert.ok(!bytes.includes(Buffer.from(s).toString('hex')), `${s.slice(0, 10)}… stands in ${f} as hex`);
      }
      if (f.endsWith('.log')) assert.ok(!bytes.includes('in-the-query'), `a query stands in ${f}`);
    }
    for (const s of secrets) assert.ok(!d.log.includes(s), `${s.slice(0, 10)}… stands in the daemon's output`);
  });
});
