// What goes wrong on the operator's side is one clear sentence each, and nothing is lost.
import { writeFileSync, mkdirSync, chmodSync, readdirSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { story, assert, until } from './lib/story.mjs';
import { serve, run, temporary, freePort, OWNER, Daemon } from './lib/daemon.mjs';
import { Jar, register, tokens, refresh, ask, form } from './lib/oauth.mjs';
import { kept } from './lib/kept.mjs';
import { said } from './lib/said.mjs';
import { sql } from './lib/forge.mjs';
import { dial } from './lib/wire.mjs';

export default story('mistakes', async (t) => {
  const trial = async (config, { args = [], prepare, env } = {}) => {
    const dir = temporary(t);
    writeFileSync(join(dir, 'gatehouse.yml'), config, { mode: 0o600 });
    prepare?.(dir);
    return { dir, ...(await run(['serve', '--config', join(dir, 'gatehouse.yml'), '--data', join(dir, 'data'), '--listen', `localhost:${await freePort()}`, ...args], { cwd: dir, timeout: 10000, env })) };
  };
  // One sentence, to the letter, below what is logged; and the end.
  const sentence = (r, words) => {
    const lines = r.err.split('\n').filter((line) => !line.startsWith('{'));
    assert.deepEqual(lines, [`gatehouse: ${words}`, '']);
    assert.equal(r.out, '');
    assert.equal(r.code, 1);
  };
  // The daemon was stopped; what is in its way now is said when it is to start again, and its store is as it was.
  const startAgain = async (d, words, args = []) => {
    const r = await kept(d, () => run(['serve', '--data', d.data, '--listen', `localhost:${d.port}`, ...args], { cwd: d.dir, timeout: 10000 }));
    sentence(r, words);
  };

  for (const [what, config, words] of [
    ['an unknown key', 'registraton: { mode: off }\n', '1:1: there is no key `registraton`; did you mean `registration`?'],
    ['an unknown key deep inside', 'tokens: { acces_ttl: 10m }\n', '1:11: there is no key `acces_ttl` in tokens; did you mean `access_ttl`?'],
    ['a value of the wrong kind', 'tokens: { access_ttl: soon }\n', '1:23: `soon` is not a value of tokens.access_ttl: write a duration such as 60s, 10m, 24h or 30d.'],
    ['broken YAML', 'base_url: [\n', '2:1: this is not YAML as we take it: did not find expected node content.'],
    ['a key twice', 'listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n', "2:1: this is not YAML as we take it: key 'listen' given twice."],
    ['an alias', 'base_url: &a http://localhost:1\nlisten: *a\n', '1:11: this is not YAML as we take it: anchors are not taken.'],
    ['a base_url with a path slash', 'base_url: http://localhost:8080/\n', '1:11: base_url `http://localhost:8080/` ends with a slash; leave it out, since clients compare the text.'],
    ['a base_url that is no URL', 'base_url: localhost\n', '1:11: base_url `localhost` is not an address such as https://auth.example.com.'],
    ['a resource without a path', 'resources:\n  - upstream: http://127.0.0.1:1/mcp\n', '2:5: a resource has either a path here or the url of a server elsewhere.'],
    ['two resources on one path', 'resources:\n  - { path: /a/mcp, upstream: "http://127.0.0.1:1/mcp" }\n  - { path: /a/mcp, upstream: "http://127.0.0.1:2/mcp" }\n', '3:5: another resource has the address /a/mcp already, at line 2.'],
    ['an upstream that is no URL', 'resources:\n  - { path: /a/mcp, upstream: "nonsense" }\n', '2:31: the upstream is not an address such as http://127.0.0.1:9000/mcp.'],
    ['a variable that is not set', 'clients:\n  - { client_id: ci, client_secret: "${NOT_SET_ANYWHERE}", name: CI }\n', '2:37: the variable NOT_SET_ANYWHERE is not set in the environment; set it, or write the value.'],
    ['a secret file that is not there', 'master_key: file:///nonexistent/key\n', '1:13: the file /nonexistent/key is not there.'],
  ]) {
    await t.test(`${what} is a sentence that names the place`, async () => {
      const r = await trial(config);
      sentence(r, `${join(r.dir, 'gatehouse.yml')}:${words}`);
    });
  }
  await t.test('a configuration file that is not there is named', async () => {
    sentence(await run(['serve', '--config', '/nonexistent/gatehouse.yml']), 'the configuration file /nonexistent/gatehouse.yml is not there.');
  });
  await t.test('a flag that does not exist is wrong usage', async () => {
    const r = await run(['serve', '--nonsense']);
    assert.equal(r.err, 'gatehouse: there is no flag --nonsense.\n`gatehouse help serve` shows how it is used.\n');
    assert.equal(r.out, '');
    assert.equal(r.code, 2);
  });
  await t.test('a busy port is named, with what to do', async () => {
    const s = createServer();
    const port = await freePort();
    await new Promise((ok) => s.listen(port, '127.0.0.1', ok));
    const dir = temporary(t);
    const r = await run(['serve', '--data', join(dir, 'data'), '--listen', `127.0.0.1:${port}`], { cwd: dir, timeout: 10000 });
    await new Promise((ok) => s.close(ok));
    sentence(r, `127.0.0.1:${port} is already in use: another program, perhaps another Gatehouse, listens there. Stop it, or choose another address with --listen.`);
  });
  await t.test('a second daemon on the same data directory is refused', async () => {
    const d = await serve(t, {});
    const r = await kept(d, async () => run(['serve', '--data', d.data, '--listen', `localhost:${await freePort()}`], { cwd: d.dir, timeout: 10000 }));
    sentence(r, `${d.data}/control.sock is in use: another Gatehouse is running with this data directory. Stop it, or give this one a directory of its own with --data.`);
    assert.equal((await ask(`${d.base}/healthz`)).status, 200);
    await d.stop();
  });
  await t.test('OPS-03 a data directory that others may read is refused', async () => {
    const dir = temporary(t);
    const data = join(dir, 'data');
    mkdirSync(data, { mode: 0o755 });
    chmodSync(data, 0o755);
    sentence(await run(['serve', '--data', data, '--listen', `localhost:${await freePort()}`], { cwd: dir, timeout: 10000 }),
      `the data directory ${data} is open to others (mode 0755, must be 0700); chmod 700 ${data}.`);
    assert.deepEqual(readdirSync(data), []);
  });
  await t.test('M-46 a database file that others may read is refused', async () => {
    const d = await serve(t, {});
    await d.stop();
    const db = join(d.data, 'gatehouse.db');
    chmodSync(db, 0o644);
    const bytes = readFileSync(db);
    const r = await run(['serve', '--data', d.data, '--listen', `localhost:${d.port}`], { cwd: d.dir, timeout: 10000 });
    sentence(r, `${db} can be read by others (mode 0644, must be 0600); chmod 600 ${db}, and think about who has read it.`);
    assert.ok(readFileSync(db).equals(bytes));
  });
  await t.test('a store of a newer version is refused and left alone', async () => {
    const d = await serve(t, {});
    await d.stop();
    assert.equal(sql(d, "UPDATE meta SET value = '9999' WHERE name = 'version'; SELECT changes()"), '1');
    await startAgain(d, 'the store: the store is of version 9999, this program knows 2. Install the newer version again, or restore the backup from before.');
  });
  await t.test('another master key than the one the store was sealed with is refused', async () => {
    const d = await serve(t, {});
    await d.stop();
    writeFileSync(join(d.data, 'master.key'), 'f'.repeat(64) + '\n', { mode: 0o600 });
    await startAgain(d, 'the secrets of the store: this store was made with another master_key. Give the master key that this store was made with.');
  });
  await t.test('OPS-07 a clock that was set back is refused, because expired tokens would be good again', async () => {
    const d = await serve(t, {});
    await new Jar(d.base).signIn();
    await d.stop();
    const words = /^gatehouse: the clock of this machine says \S+Z, but the store was last written at (\S+)\. Set the clock: with one that goes back, tokens that have expired would be good again\n$/;
    const newest = new Date(+sql(d, 'UPDATE audit SET at = at + 86400; SELECT max(at) FROM audit') * 1000).toISOString().replace('.000', '');
    const r = await kept(d, () => run(['serve', '--data', d.data, '--listen', `localhost:${d.port}`], { cwd: d.dir, timeout: 10000 }));
    assert.equal(words.exec(r.err)?.[1], newest, r.err);
    assert.equal(r.out, '');
    assert.equal(r.code, 1);
  });
  await t.test('a scope that no resource has is named when the daemon starts, with its client', async () => {
    const d = await serve(t, { config: 'clients:\n  - { client_id: typing, redirect_uris: ["https://typing.example/cb"], scopes: ["users:raed", "users:read", "email", "offline_access"] }\n' });
    const warned = d.log.split('\n').filter((l) => l.includes('a scope that no resource here has'));
    assert.equal(warned.length, 1, d.log);
    const event = JSON.parse(warned[0]);
    assert.deepEqual(event, { time: event.time, level: 'warn', event: 'a client may ask for a scope that no resource here has', client_id: 'typing', scope: 'users:raed' });
  });
  await t.test('changing base_url is refused until it is accepted', async () => {
    const d = await serve(t, {});
    await d.stop();
    const port = await freePort();
    const address = `http://127.0.0.1:${port}`;
    await startAgain(d, `base_url is ${address}, and this store has served ${d.base}. Changing it signs everybody out; if that is meant, start once with --accept-new-base-url`, ['--base-url', address]);
    const again = new Daemon(t, { dir: d.dir, port, base: address, args: ['--base-url', address, '--accept-new-base-url'] });
    t.defer(() => again.stop());
    await again.start();
    assert.equal((await ask(`${address}/.well-known/oauth-authorization-server`)).json.issuer, address);
  });
  await t.test('a dead PostgreSQL is named', async () => {
    const key = join(temporary(t), 'key');
    writeFileSync(key, 'a'.repeat(64) + '\n', { mode: 0o600 });
    sentence(await trial(`store: postgres://nobody@127.0.0.1:1/none\nmaster_key: file://${key}\n`),
      'the store: no connection to PostgreSQL: connection to server at "127.0.0.1", port 1 failed: Connection refused. Look at the database server and the store address.');
  });

  await t.test('reload takes a good file over and refuses a bad one whole', async () => {
    const d = await serve(t, { config: 'resources:\n  - { path: /a/mcp, upstream: "http://127.0.0.1:1/mcp", name: A }\n' });
    const prm = (p) => ask(`${d.base}/.well-known/oauth-protected-resource${p}`);
    assert.equal((await prm('/a/mcp')).status, 200);
    writeFileSync(d.configFile(), 'resources:\n  - { path: /b/mcp, upstream: "http://127.0.0.1:1/mcp", name: B }\n');
    const reload = () => run(['reload', '--config', d.configFile(), '--data', d.data], { cwd: d.dir });
    const r = await reload();
    assert.deepEqual([r.code, r.out, r.err], [0, 'The configuration is taken over.\n', '']);
    assert.equal((await prm('/b/mcp')).status, 200);
    assert.equal((await prm('/a/mcp')).status, 404);
    writeFileSync(d.configFile(), 'resources: nonsense\n');
    sentence(await reload(), `${d.configFile()}:1:12: resources are a list: - path: /weather/mcp ...`);
    assert.equal((await prm('/b/mcp')).status, 200);
    const refused = () => d.log.split('the configuration was not taken over').length - 1;
    const before = refused();
    d.process.kill('SIGHUP');
    await until('the signal to be answered', () => refused() === before + 1);
    assert.equal((await prm('/b/mcp')).status, 200);
  });
  await t.test('a reload says what only a restart takes over, and refuses another base_url', async () => {
    const d = await serve(t, { config: 'tokens: { access_ttl: 5m }\n' });
    const reload = async (text) => {
      writeFileSync(d.configFile(), text);
      return d.verb(['reload']);
    };
    const lives = async () => (await tokens(d.base, { jar, client })).expires_in;
    const jar = new Jar(d.base);
    await jar.signIn();
    const client = (await register(d.base)).json;
    assert.equal(await lives(), 300);
    const r = await reload('tokens: { access_ttl: 4m }\nlimits: { loops: 1 }\n');
    assert.deepEqual([r.code, r.out, r.err], [0, 'The configuration is taken over.\nOf what it changed, listen, ops, store, data_dir, limits.loops and whether there is tls count after a restart only.\n', '']);
    assert.equal(await lives(), 240);
    sentence(await reload(`tokens: { access_ttl: 3m }\nbase_url: http://127.0.0.1:${d.port}\n`), 'The configuration was not taken over: base_url is another one, and is taken over by a restart only');
    assert.equal(await lives(), 240);
  });
  await t.test('who reloads while the server stops is told so, and nothing hangs', async () => {
    const d = await serve(t, { config: 'tokens: { access_ttl: 5m }\n' });
    const all = Array.from({ length: 6 }, () => d.verb(['reload']));
    await d.stop();
    // each came in time, or while it stopped, or too late
    const words = /^$|^gatehouse: (The configuration was not taken over: the server is being stopped|the daemon gave no answer; its log may say why\.|no daemon runs on the data directory .*\.)\n$/;
    for (const r of await Promise.all(all)) {
      assert.match(r.err, words);
      assert.equal(r.code, r.err ? 1 : 0);
    }
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
    load.catch(() => {}); // whoever waits for it hears of it
    const reloads = () => d.log.split('"event":"reloaded"').length - 1;
    try {
      for (let i = 1; i <= 10; i++) {
        const seen = count;
        d.process.kill('SIGHUP');
        await Promise.race([load, until('a reload, and requests beside it', () => reloads() === i && count > seen)]);
      }
    } finally {
      stop = true;
    }
    await load;
    assert.equal(reloads(), 10);
  });
  await t.test('a polite stop lets what is under way finish', async () => {
    const d = await serve(t, {});
    const jar = new Jar(d.base);
    const body = form({ ...Jar.fields((await jar.ask('/login')).text), ...OWNER });
    const s = dial(d.port);
    let got = '';
    s.on('data', (x) => (got += x));
    s.write(`POST /login HTTP/1.1\r\nHost: localhost:${d.port}\r\nCookie: ${jar.header()}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`);
    await until('the head to be read', () => got === 'HTTP/1.1 100 Continue\r\n\r\n');
    d.process.kill('SIGTERM');
    // nobody new is let in: it is stopping
    await until('the door to be closed', () => new Promise((ok) => dial(d.port).on('error', () => ok(true)).on('connect', function () { this.destroy(); ok(false); })));
    s.write(body);
    await until('the answer', () => got.includes('\r\n\r\n', 25));
    assert.match(got.slice(25), /^HTTP\/1\.1 303 See Other\r\n/);
    assert.equal(await d.exited, 0);
    assert.equal(sql(d, 'SELECT count(*) FROM session'), '1');
  });
  const FULL = 'a full disk refuses the write, keeps the read, and recovers';
  const small = join(temporary(t), 'small');
  mkdirSync(small, { mode: 0o700 });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m,mode=0700', 'tmpfs', small]).status !== 0) return t.skip(FULL, 'this machine may not mount a small file system');
  t.defer(() => void spawnSync('umount', ['-l', small]));
  await t.test(FULL, async () => {
    const d = await serve(t, { dir: small });
    const jar = new Jar(d.base);
    await jar.signIn();
    const client = (await register(d.base)).json;
    let token = (await tokens(d.base, { jar, client })).refresh_token;
    const fill = join(small, 'fill');
    spawnSync('sh', ['-c', `dd if=/dev/zero of=${fill} bs=64k 2>/dev/null; dd if=/dev/zero of=${fill}2 bs=1k 2>/dev/null; true`]);
    let failed;
    for (let i = 0; i < 400 && !failed; i++) {
      const r = await refresh(d.base, client.client_id, token);
      if (r.status === 200) token = r.json.refresh_token;
      else failed = r;
    }
    assert.ok(failed, 'the disk never filled');
    assert.equal(failed.status, 503, failed.text);
    assert.equal(failed.json.error, 'temporarily_unavailable');
    assert.equal(said(failed), 'The disk of the store is full; nothing was changed.');
    assert.equal((await jar.ask('/account')).status, 200);
    spawnSync('rm', [fill, `${fill}2`]);
    // the token that was refused is good as soon as there is room again
    const back = await until('room again', async () => {
      const r = await refresh(d.base, client.client_id, token);
      return r.status === 200 ? r : null;
    }, 15000, 100);
    assert.match(back.json.refresh_token, /^gh_rt_/);
    assert.notEqual(back.json.refresh_token, token);
  });
});
