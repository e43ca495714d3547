// What goes wrong on the operator's side is one clear sentence each, and nothing is lost.
import { writeFileSync, mkdirSync, chmodSync, readFileSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { story, assert, sleep, until } from './lib/story.mjs';
import { serve, run, temporary, freePort, BIN, OWNER, Daemon } from './lib/daemon.mjs';
import { Jar, register, tokens, refresh, ask } from './lib/oauth.mjs';

export default story('mistakes', async (t) => {
  const trial = async (config, { args = [], prepare, env } = {}) => {
    const dir = temporary(t);
    writeFileSync(join(dir, 'gatehouse.yml'), config, { mode: 0o600 });
    prepare?.(dir);
    return { dir, ...(await run(['serve', '--config', join(dir, 'gatehouse.yml'), '--data', join(dir, 'data'), '--listen', `localhost:${await freePort()}`, ...args], { cwd: dir, timeout: 10000, env })) };
  };
  const sentence = (r, words) => {
    assert.equal(r.code, 1, `${r.code}: ${r.err}${r.out}`);
    assert.match(r.err, words);
    assert.doesNotMatch(r.err, /AddressSanitizer|runtime error|Assertion/);
  };

  for (const [what, config, words] of [
    ['an unknown key', 'registraton: { mode: off }\n', /gatehouse\.yml:1:1: .*registraton.*registration/],
    ['an unknown key deep inside', 'tokens: { acces_ttl: 10m }\n', /gatehouse\.yml:1:\d+: .*acces_ttl.*access_ttl/],
    ['a value of the wrong kind', 'tokens: { access_ttl: soon }\n', /gatehouse\.yml:1:\d+: .*access_ttl/],
    ['broken YAML', 'base_url: [\n', /gatehouse\.yml:\d+:\d+: /],
    ['a key twice', 'listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n', /gatehouse\.yml:2:1: .*listen/],
    ['an alias', 'base_url: &a http://localhost:1\nlisten: *a\n', /gatehouse\.yml:\d+:\d+: .*(alias|anchor)/],
    ['a base_url with a path slash', 'base_url: http://localhost:8080/\n', /base_url.*slash/],
    ['a base_url that is no URL', 'base_url: localhost\n', /gatehouse\.yml:1:\d+: .*base_url/],
    ['a resource without a path', 'resources:\n  - upstream: http://127.0.0.1:1/mcp\n', /gatehouse\.yml:2:\d+: .*(path|url)/],
    ['two resources on one path', 'resources:\n  - { path: /a/mcp, upstream: "http://127.0.0.1:1/mcp" }\n  - { path: /a/mcp, upstream: "http://127.0.0.1:2/mcp" }\n', /gatehouse\.yml:3:\d+: .*\/a\/mcp/],
    ['an upstream that is no URL', 'resources:\n  - { path: /a/mcp, upstream: "nonsense" }\n', /gatehouse\.yml:2:\d+: .*upstream/],
    ['a variable that is not set', 'clients:\n  - { client_id: ci, client_secret: "${NOT_SET_ANYWHERE}", name: CI }\n', /gatehouse\.yml:2:\d+: .*NOT_SET_ANYWHERE/],
    ['a secret file that is not there', 'master_key: file:///nonexistent/key\n', /\/nonexistent\/key/],
  ]) {
    await t.test(`${what} is a sentence that names the place`, async () => sentence(await trial(config), words));
  }
  await t.test('a configuration file that is not there is named', async () => {
    const r = await run(['serve', '--config', '/nonexistent/gatehouse.yml']);
    assert.equal(r.code, 1);
    assert.match(r.err, /\/nonexistent\/gatehouse\.yml/);
  });
  await t.test('a flag that does not exist is wrong usage', async () => assert.equal((await run(['serve', '--nonsense'])).code, 2));
  await t.test('a busy port is named, with what to do', async () => {
    const s = createServer();
    const port = await freePort();
    await new Promise((ok) => s.listen(port, '127.0.0.1', ok));
    const dir = temporary(t);
    const r = await run(['serve', '--data', join(dir, 'data'), '--listen', `127.0.0.1:${port}`], { cwd: dir, timeout: 10000 });
    await new Promise((ok) => s.close(ok));
    sentence(r, new RegExp(`127\\.0\\.0\\.1:${port}.*in use`));
  });
  await t.test('a second daemon on the same data directory is refused', async () => {
    const d = await serve(t, {});
    const r = await run(['serve', '--data', d.data, '--listen', `localhost:${await freePort()}`], { cwd: d.dir, timeout: 10000 });
    sentence(r, /another gatehouse|already/i);
    assert.equal((await ask(`${d.base}/healthz`)).status, 200);
    await d.stop();
  });
  await t.test('OPS-03 a data directory that others may read is refused', async () => {
    const dir = temporary(t);
    mkdirSync(join(dir, 'data'), { mode: 0o755 });
    chmodSync(join(dir, 'data'), 0o755);
    sentence(await run(['serve', '--data', join(dir, 'data'), '--listen', `localhost:${await freePort()}`], { cwd: dir, timeout: 10000 }), /0700|chmod/);
  });
  await t.test('M-46 a database file that others may read is refused', async () => {
    const d = await serve(t, {});
    await d.stop();
    chmodSync(join(d.data, 'gatehouse.db'), 0o644);
    sentence(await run(['serve', '--data', d.data, '--listen', `localhost:${await freePort()}`], { cwd: d.dir, timeout: 10000 }), /gatehouse\.db.*(0600|chmod)/s);
  });
  await t.test('a store of a newer version is refused and left alone', async () => {
    const d = await serve(t, {});
    await d.stop();
    const db = join(d.data, 'gatehouse.db');
    const sql = (q) => spawnSync('sqlite3', [db, q], { encoding: 'utf8' });
    assert.equal(sql("UPDATE meta SET value = '9999' WHERE name = 'version' OR name = 'schema_version'; SELECT changes()").stdout.trim(), '1');
    sentence(await run(['serve', '--data', d.data, '--listen', `localhost:${await freePort()}`], { cwd: d.dir, timeout: 10000 }), /newer/);
    assert.match(sql('SELECT value FROM meta').stdout, /9999/);
  });
  await t.test('another master key than the one the store was sealed with is refused', async () => {
    const d = await serve(t, {});
    await d.stop();
    writeFileSync(join(d.data, 'master.key'), 'f'.repeat(64) + '\n', { mode: 0o600 });
    sentence(await run(['serve', '--data', d.data, '--listen', `localhost:${d.port}`], { cwd: d.dir, timeout: 10000 }), /master.?key/i);
  });
  await t.test('OPS-07 a clock that was set back is refused, because expired tokens would be good again', async () => {
    const d = await serve(t, {});
    await new Jar(d.base).signIn();
    await d.stop();
    spawnSync('sqlite3', [join(d.data, 'gatehouse.db'), 'UPDATE audit SET at = at + 86400']);
    sentence(await run(['serve', '--data', d.data, '--listen', `localhost:${d.port}`], { cwd: d.dir, timeout: 10000 }), /the clock of this machine says .* Set the clock/);
  });
  await t.test('a scope that no resource has is named when the daemon starts, with its client', async () => {
    const d = await serve(t, { config: 'clients:\n  - { client_id: typing, redirect_uris: ["https://typing.example/cb"], scopes: ["users:raed", "users:read", "email", "offline_access"] }\n' });
    const said = d.log.split('\n').filter((l) => l.includes('a scope that no resource here has'));
    assert.equal(said.length, 1, d.log);
    assert.match(said[0], /typing.*users:raed/);
  });
  await t.test('changing base_url is refused until it is accepted', async () => {
    const d = await serve(t, {});
    await d.stop();
    const port = await freePort();
    const args = ['serve', '--data', d.data, '--listen', `localhost:${port}`, '--base-url', `http://127.0.0.1:${port}`];
    sentence(await run(args, { cwd: d.dir, timeout: 10000 }), /base_url.*--accept-new-base-url/s);
    const again = new Daemon(t, { dir: d.dir, port, args: ['--base-url', `http://127.0.0.1:${port}`, '--accept-new-base-url'] });
    t.defer(() => again.stop());
    await again.start();
  });
  await t.test('a dead PostgreSQL is named', async () => sentence(await trial('store: postgres://nobody@127.0.0.1:1/none\nmaster_key: file://KEY\n'.replace('KEY', (() => {
    const k = join(temporary(t), 'k');
    writeFileSync(k, 'a'.repeat(64) + '\n', { mode: 0o600 });
    return k;
  })())), /PostgreSQL|postgres/i));

  await t.test('reload takes a good file over and refuses a bad one whole', async () => {
    const d = await serve(t, { config: 'resources:\n  - { path: /a/mcp, upstream: "http://127.0.0.1:1/mcp", name: A }\n' });
    const prm = (p) => ask(`${d.base}/.well-known/oauth-protected-resource${p}`);
    assert.equal((await prm('/a/mcp')).status, 200);
    writeFileSync(d.configFile(), 'resources:\n  - { path: /b/mcp, upstream: "http://127.0.0.1:1/mcp", name: B }\n');
    const r = await run(['reload', '--config', d.configFile(), '--data', d.data], { cwd: d.dir });
    assert.equal(r.code, 0, r.err);
    await until('the new resource', async () => (await prm('/b/mcp')).status === 200, 3000);
    assert.equal((await prm('/a/mcp')).status, 404);
    writeFileSync(d.configFile(), 'resources: nonsense\n');
    const bad = await run(['reload', '--config', d.configFile(), '--data', d.data], { cwd: d.dir });
    assert.equal(bad.code, 1);
    assert.match(bad.err, /gatehouse\.yml:1/);
    assert.equal((await prm('/b/mcp')).status, 200);
    d.process.kill('SIGHUP');
    await sleep(500);
    assert.equal((await prm('/b/mcp')).status, 200);
  });
  await t.test('a reload under load drops no request', async () => {
    const d = await serve(t, { config: 'resources:\n  - { path: /a/mcp, upstream: "http://127.0.0.1:1/mcp", name: A }\n' });
    let stop = false;
    let count = 0;
    const load = Promise.all(Array.from({ length: 4 }, async () => {
      while (!stop) {
        assert.equal((await ask(`${d.base}/.well-known/oauth-authorization-server`)).status, 200);
        count++;
      }
    }));
    for (let i = 0; i < 10; i++) {
      d.process.kill('SIGHUP');
      await sleep(50);
    }
    stop = true;
    await load;
    assert.ok(count > 50);
  });
  await t.test('a polite stop lets what is under way finish', async () => {
    const d = await serve(t, {});
    const jar = new Jar(d.base);
    const slow = jar.signIn();
    await sleep(20);
    d.process.kill('SIGTERM');
    const r = await slow.catch((e) => ({ status: String(e) }));
    assert.ok([303, 503].includes(r.status) || /fetch failed/.test(r.status), String(r.status));
    assert.equal(await d.exited, 0);
  });
  await t.test('a full disk refuses the write, keeps the read, and recovers', async () => {
    const dir = temporary(t);
    const small = join(dir, 'small');
    mkdirSync(small, { mode: 0o700 });
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m,mode=0700', 'tmpfs', small]);
    if (mounted.status !== 0) return t.skip('full disk', 'this machine may not mount a small file system');
    t.defer(() => spawnSync('umount', ['-l', small]));
    const d = new Daemon(t, { dir: small, port: await freePort() });
    const init = await run(['init', '--admin', OWNER.email, '--password-stdin', '--data', d.data], { input: OWNER.password + '\n', cwd: small });
    assert.equal(init.code, 0, init.err);
    t.defer(() => d.stop());
    await d.start();
    const jar = new Jar(d.base);
    await jar.signIn();
    const client = (await register(d.base)).json;
    const x = await tokens(d.base, { jar, client });
    const fill = join(small, 'fill');
    spawnSync('sh', ['-c', `dd if=/dev/zero of=${fill} bs=64k 2>/dev/null; dd if=/dev/zero of=${fill}2 bs=1k 2>/dev/null; true`]);
    let token = x.refresh_token;
    let failed;
    for (let i = 0; i < 400 && !failed; i++) {
      const r = await refresh(d.base, client.client_id, token);
      if (r.status === 200) token = r.json.refresh_token;
      else failed = r;
    }
    assert.ok(failed, 'the disk never filled');
    assert.equal(failed.status, 503, failed.text);
    assert.equal(failed.json.error, 'temporarily_unavailable');
    assert.equal((await ask(`${d.base}/.well-known/oauth-authorization-server`)).status, 200);
    spawnSync('rm', [fill, `${fill}2`]);
    const back = await until('room again', async () => {
      const r = await refresh(d.base, client.client_id, token);
      return r.status === 200 ? r : null;
    }, 8000, 100);
    assert.ok(back.json.refresh_token);
  });
});
