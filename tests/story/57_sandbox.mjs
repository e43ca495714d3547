// The program as it is shipped: optimised, without sanitizers, and therefore in its sandbox, which the others of these stories cannot
// enter. Whatever a system call is needed for is done here once, and the sandbox is proved to be on.
import { createServer } from 'node:http';
import { copyFileSync, readFileSync, readdirSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { story, assert, until } from './lib/story.mjs';
import { RELEASE_BIN, Daemon, freePort, serve, temporary, OWNER } from './lib/daemon.mjs';
import { authority, certificate } from './lib/certs.mjs';
import { documents, client } from './lib/documents.mjs';
import { descriptors, fetchers, processes, status } from './lib/processes.mjs';
import { Jar, ask, authorize, authorizeQuery, initialize, mcp, pkce, post, refresh, register, tokens } from './lib/oauth.mjs';
import { assertion, keyPair, proof } from './lib/assertion.mjs';
import { idOf } from './lib/errors.mjs';
import { webClient, verified } from './lib/party.mjs';
import { postgres } from './lib/postgres.mjs';
import { sql } from './lib/forge.mjs';
import { kept } from './lib/kept.mjs';

const CB = 'https://client.example/cb';
const bin = RELEASE_BIN;

// SECCOMP_MODE_FILTER for each thread, and no way to get more rights than it has.
function shutIn(pid, name) {
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    assert.equal(status(`${pid}/task/${task}`, 'Seccomp'), '2', `${name}, thread ${task}`);
    assert.equal(status(`${pid}/task/${task}`, 'NoNewPrivs'), '1', `${name}, thread ${task}`);
  }
}

export default story('the sandbox', async (t) => {
  const dir = temporary(t);
  const ca = authority(dir);
  const own = certificate(dir, 'own', 'DNS:localhost');
  const later = certificate(dir, 'later', 'DNS:localhost');
  const there = certificate(dir, 'there', 'DNS:localhost');
  const host = await documents(t, { pair: { key: readFileSync(there.key), cert: readFileSync(there.cert) } });
  const outbound = `outbound: { allow: [127.0.0.0/8, "::1/128"], authorities: ${ca} }\n`;
  const upstream = createServer((q, s) => (q.resume(), s.setHeader('content-type', 'application/json'), s.end('{"jsonrpc":"2.0","id":1,"result":{"up":true}}')));
  await new Promise((ok) => upstream.listen(0, 'localhost', ok));
  t.defer(() => (upstream.closeAllConnections(), upstream.close()));
  const up = `http://localhost:${upstream.address().port}/mcp`;
  const resources = `resources:\n  - { path: /weather/mcp, upstream: "${up}", name: Weather }\n`;

  await t.test('this is the optimised program: it has no sanitizer', () => {
    assert.doesNotMatch(readFileSync(bin, 'latin1'), /__asan_init|__ubsan_handle/);
  });
  await t.test('a first run in an empty directory: the owner is made by the link that the log shows', async () => {
    const home = temporary(t);
    const d = new Daemon(t, { dir: home, port: await freePort(), bin });
    t.defer(() => d.stop());
    await d.start();
    shutIn(d.process.pid, 'the daemon');
    const link = (await until('the link', () => /https?:\/\/\S*\/setup\S*/.exec(d.log)))[0].replace(/["\\].*$/, '');
    const jar = new Jar(d.base);
    let page = await jar.ask(link);
    for (let i = 0; i < 3 && page.location; i++) page = await jar.ask(page.location);
    assert.match(page.text, /name="password"/);
    const fields = Jar.fields(page.text);
    const r = await jar.ask('/setup', { method: 'POST', body: { ...fields, email: OWNER.email, name: 'Owner', password: OWNER.password, confirm: OWNER.password } });
    assert.equal(r.status, 303, r.text);
    assert.equal((await jar.ask('/account')).status, 200);
    assert.equal(sql(d, 'SELECT count(*) FROM users'), '1');
    await d.stop();
  });

  const d = await serve(t, { bin, config: `${outbound}limits: { documents: 0 }\n${resources}` });
  const pid = d.process.pid;
  await t.test('the daemon, who watches over the fetcher, the fetcher and its jobs are all shut in', async () => {
    host.at('/hangs', () => {});
    const end = ask(`${d.base}/authorize?${authorizeQuery(`${host.base}/hangs`, pkce().challenge)}`);
    const f = await until('a job', () => {
      const all = fetchers(pid);
      return all.jobs.length && all;
    });
    assert.ok(readdirSync(`/proc/${pid}/task`).length > 8);
    for (const [name, p] of [['the daemon', pid], ['the watcher', f.watcher], ['the fetcher', f.sitters[0]], ['a job', f.jobs[0]]]) shutIn(p, name);
    const known = new Set([pid, f.watcher, ...f.sitters, ...f.jobs]);
    assert.deepEqual(processes().filter((p) => p.parent === pid && !known.has(p.pid)), [], 'it has no other child');
    assert.doesNotMatch(d.log, /"event":"sandbox"/, 'the kernel has both halves, Landlock and seccomp');
    process.kill(f.jobs[0], 'SIGKILL');
    assert.equal((await end).status, 400);
  });
  await t.test('the helpers hold nothing open but a channel and what they wait with', () => {
    const f = fetchers(pid);
    for (const p of [f.watcher, f.sitters[0]]) {
      assert.ok(descriptors(p) <= 6, `${descriptors(p)} descriptors`);
      assert.equal(status(p, 'Name').slice(0, 8), 'gh-fetch');
    }
  });
  await t.test('sign-in, consent, tokens, the gateway, a refresh and Connections', async () => {
    const x = await tokens(d.base, { resource: `${d.base}/weather/mcp` });
    const r = await mcp(`${d.base}/weather/mcp`, x.access_token, initialize);
    assert.deepEqual([r.status, r.json?.result], [200, { up: true }], r.text);
    assert.equal((await refresh(d.base, x.client.client_id, x.refresh_token)).status, 200);
    assert.match((await x.jar.ask('/account/connections')).text, /<bdi>Story<\/bdi>/);
    assert.equal((await post(`${d.base}/revoke`, { token: x.refresh_token, client_id: x.client.client_id })).status, 200);
  });
  await t.test('a client by its document, and one with keys at an address', async () => {
    const id = `${host.base}/client.json`;
    host.at('/client.json', client(id));
    const jar = new Jar(d.base);
    const a = await authorize(jar, id, { redirect_uri: 'http://localhost:40123/callback' });
    assert.ok(a.code, a.response.text);
    const key = keyPair('mine');
    host.at('/keys', { keys: [key.jwk] });
    const c = (await register(d.base, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: `${host.base}/keys` })).json;
    const b = await authorize(jar, c.client_id);
    const r = await post(`${d.base}/token`, { grant_type: 'authorization_code', code: b.code, redirect_uri: CB, code_verifier: b.verifier, ...proof(assertion(key, c.client_id, d.base)) });
    assert.equal(r.status, 200, r.text);
  });
  await t.test('a document whose name the name servers are asked for is refused, and the fetcher lives', async () => {
    const [sitter] = fetchers(pid).sitters;
    const r = await kept(d, () => ask(`${d.base}/authorize?${authorizeQuery('https://nobody.invalid/c.json', pkce().challenge)}`, { headers: { accept: 'text/html' } }), 'audit');
    assert.deepEqual([r.status, r.headers.get('location')], [400, null]);
    assert.match(r.text, /the name of the host does not resolve/);
    assert.match((await d.verb(['why', idOf(r)])).out, /DOCUMENT_UNREACHABLE/);
    assert.equal(fetchers(pid).sitters[0], sitter);
  });
  await t.test('an id token, and an application that hears of the sign-out', async () => {
    const heard = [];
    host.at('/bye', (q, s) => (heard.push(q.method), q.resume(), s.writeHead(204), s.end()));
    const web = await webClient(d, { backchannel_logout_uri: `${host.base}/bye` });
    const jar = new Jar(d.base);
    await jar.signIn();
    const a = await authorize(jar, web.client_id, { scope: 'openid' });
    const r = await post(`${d.base}/token`, { grant_type: 'authorization_code', code: a.code, redirect_uri: CB, code_verifier: a.verifier }, web.basic);
    assert.equal((await verified(d.base, r.json.id_token)).claims.aud, web.client_id);
    assert.equal((await jar.ask('/logout', { method: 'POST', body: Jar.fields((await jar.ask('/logout')).text) })).status, 303);
    await until('it to hear', () => heard.length > 0);
    await until('that it heard to be known', () => sql(d, 'SELECT count(*) FROM logout_notice') === '0');
    assert.deepEqual(heard, ['POST']);
  });
  await t.test('keys turn, with every algorithm; verbs, the log and a copy of the store are had from a daemon that runs', async () => {
    for (const alg of [[], ['--alg', 'EdDSA'], ['--alg', 'RS256']]) {
      const r = await d.verb(['key', 'rotate', ...alg]);
      assert.equal(r.code, 0, r.err);
    }
    const { keys } = (await ask(`${d.base}/.well-known/jwks.json`)).json;
    assert.deepEqual(keys.map((k) => k.alg).sort(), ['ES256', 'ES256', 'RS256'], 'the last one asked for is the next');
    assert.match((await tokens(d.base)).access_token, /^eyJ/);
    const log = await d.verb(['log', '--json']);
    assert.equal(log.code, 0, log.err);
    assert.match(log.out, /^\{.*"event":"auth\./m);
    const to = join(d.dir, 'copy');
    const backup = await d.verb(['backup', to]);
    assert.equal(backup.code, 0, backup.err + backup.out);
    assert.equal(sql({ data: to }, 'PRAGMA integrity_check'), 'ok');
    assert.equal(sql({ data: to }, 'SELECT count(*) FROM grants'), sql(d, 'SELECT count(*) FROM grants'));
  });
  await t.test('it is not killed for any of this, and stops as it should', async () => {
    assert.equal(d.exit, null);
    await d.stop();
    assert.equal(d.exit, 0);
  });

  await t.test('TLS with HTTP/1 and HTTP/2, and another certificate by a reload', async () => {
    const ops = await freePort();
    const port = await freePort();
    const files = { cert: join(dir, 'now.pem'), key: join(dir, 'now.key') };
    copyFileSync(own.cert, files.cert);
    copyFileSync(own.key, files.key);
    const s = await serve(t, { bin, port, base: `https://localhost:${port}`, ready: `http://127.0.0.1:${ops}`, config: `ops: 127.0.0.1:${ops}\ntls: { cert: ${files.cert}, key: ${files.key} }\n${resources}` });
    const trusted = readFileSync(ca);
    const meet = (ALPNProtocols) => new Promise((ok, no) => {
      const c = connectTls({ port, host: 'localhost', servername: 'localhost', ca: trusted, ALPNProtocols }, () => {
        const got = { serial: c.getPeerCertificate().serialNumber, alpn: c.alpnProtocol };
        c.destroy();
        ok(got);
      });
      c.on('error', no);
    });
    const before = await meet(['http/1.1']);
    assert.equal((await meet(['h2'])).alpn, 'h2');
    copyFileSync(later.cert, files.cert);
    copyFileSync(later.key, files.key);
    const r = await s.verb(['reload', '--config', s.configFile()]);
    assert.equal(r.code, 0, r.err + r.out);
    await until('the other certificate', async () => (await meet(['http/1.1'])).serial !== before.serial);
    const agent = new Agent({ ca: trusted });
    const got = await new Promise((ok, no) => request(`${s.base}/.well-known/oauth-authorization-server`, { agent }, (res) => (res.resume(), ok(res.statusCode))).on('error', no).end());
    assert.equal(got, 200);
    shutIn(s.process.pid, 'the daemon');
    await s.stop();
  });
  const pg = await postgres(t);
  await t.test('on PostgreSQL, whose library opens connections from inside', async () => {
    const s = await serve(t, { bin, config: `store: ${pg.url}\n${resources}` });
    assert.match((await tokens(s.base)).refresh_token, /^gh_rt_/);
    shutIn(s.process.pid, 'the daemon');
    await s.stop();
  });
});
