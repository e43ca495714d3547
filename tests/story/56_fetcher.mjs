// The processes that fetch documents, when they are killed, stopped and starved: what people who sign in meanwhile see, in bounded
// time; and what is left of a flood.
import { connect } from 'node:net';
import { spawnSync } from 'node:child_process';
import { story, assert, sleep, until } from './lib/story.mjs';
import { RELEASE_BIN, serve } from './lib/daemon.mjs';
import { authority, documents, client } from './lib/documents.mjs';
import { descriptors, fetchers, status } from './lib/processes.mjs';
import { authorizeQuery, pkce, ask } from './lib/oauth.mjs';
import { idOf } from './lib/errors.mjs';
import { sql } from './lib/forge.mjs';

const CALLBACK = 'http://localhost:40123/callback';
const LANE = 8; // documents that are waited for at once

function limitDescriptors(pid, soft) {
  const r = spawnSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:`], { encoding: 'utf8' });
  assert.equal(r.status, 0, r.stderr);
}

export default story('the fetcher', async (t) => {
  const ca = authority(t);
  // As many hosts as there may be jobs: two of one host go at once, no more.
  const hosts = Array.from({ length: LANE }, (_, i) => `127.0.0.${i + 1}`);
  const pair = ca.pair('hosts', ['DNS:localhost', ...hosts.map((h) => `IP:${h}`)].join(','));
  const host = await documents(t, { pair, host: '0.0.0.0' });
  const outbound = `outbound: { allow: [127.0.0.0/8, "::1/128"], authorities: ${ca.authority} }\n`;
  const config = `${outbound}limits: { documents: 0 }\n`;
  const d = await serve(t, { config });
  const pid = d.process.pid;
  const open = (id, base = d.base) => ask(`${base}/authorize?${authorizeQuery(id, pkce().challenge, { redirect_uri: CALLBACK })}`, { headers: { accept: 'text/html' } });
  const why = async (r) => (await d.verb(['why', idOf(r)])).out;
  let n = 0;
  const good = () => {
    const id = `${host.base}/good-${n++}`;
    host.at(new URL(id).pathname, client(id));
    return id;
  };
  const works = async () => assert.equal((await open(good())).status, 302);
  const settled = () => until('one fetcher and no job', () => {
    const f = fetchers(pid);
    return f.sitters.length === 1 && f.jobs.length === 0;
  });
  // Sign-ins that wait for documents which do not come: { ends, since }, all jobs running.
  const waiting = async (path, count = LANE) => {
    host.at(path, () => {});
    const before = fetchers(pid).jobs.length;
    const ends = hosts.slice(0, count).map(async (h) => {
      const r = await open(`https://${h}:${host.port}${path}`);
      return { r, at: Date.now() };
    });
    await until('the jobs', () => fetchers(pid).jobs.length === before + count);
    return ends;
  };
  const page = (r, words) => {
    assert.equal(r.status, 400, r.text);
    assert.equal(r.headers.get('location'), null);
    assert.match(r.text, words);
  };
  const GONE = /could not start its fetcher/;

  await t.test('killed in the middle of eight documents it is there again, and who waited has a page at once', async () => {
    await works();
    const ends = await waiting('/hang-1');
    const [old] = fetchers(pid).sitters;
    const at = Date.now();
    process.kill(old, 'SIGKILL');
    for (const { r, at: ended } of await Promise.all(ends)) {
      page(r, GONE);
      assert.ok(ended - at < 2000, `${ended - at} ms`);
    }
    assert.match(await why((await Promise.all(ends))[0].r), /DOCUMENT_UNREACHABLE[^]*the fetcher has ended/);
    await works();
    await settled();
    assert.notEqual(fetchers(pid).sitters[0], old);
    assert.equal(sql(d, "SELECT count(*) FROM client"), '0');
  });
  await t.test('a job that is killed takes its own document with it and no other', async () => {
    host.at('/slow', (q, s) => setTimeout(() => (s.writeHead(200), s.end(JSON.stringify(client(`${host.base}/slow`)))), 1500));
    const other = open(`${host.base}/slow`);
    await until('its job', () => fetchers(pid).jobs.length === 1);
    const [first] = fetchers(pid).jobs;
    const [end] = await waiting('/hang-2', 1);
    process.kill(fetchers(pid).jobs.find((p) => p !== first), 'SIGKILL');
    page((await end).r, GONE);
    assert.equal((await other).status, 302);
    await settled();
  });
  await t.test('a job that was stopped is ended when its time is over', async () => {
    const [end] = await waiting('/hang-3', 1);
    const at = Date.now();
    process.kill(fetchers(pid).jobs[0], 'SIGSTOP');
    const { r, at: ended } = await end;
    page(r, /did not come in time/);
    assert.ok(ended - at < 7000, `${ended - at} ms`);
    await settled();
  });
  await t.test('one that was stopped is replaced, in the middle of documents too', async () => {
    const ends = await waiting('/hang-4', 2);
    const [old] = fetchers(pid).sitters;
    const at = Date.now();
    process.kill(old, 'SIGSTOP');
    for (const { r, at: ended } of await Promise.all(ends)) {
      page(r, GONE);
      assert.ok(ended - at < 2000, `${ended - at} ms`);
    }
    await works();
    await settled();
    assert.notEqual(fetchers(pid).sitters[0], old);
  });
  await t.test('without file descriptors it turns documents away at once, and takes them when it has some', async () => {
    const [sitter] = fetchers(pid).sitters;
    limitDescriptors(sitter, 4);
    const at = Date.now();
    for (const r of await Promise.all([1, 2, 3].map(() => open(good())))) page(r, GONE);
    assert.ok(Date.now() - at < 2000);
    limitDescriptors(sitter, 1024);
    await works();
    assert.equal(fetchers(pid).sitters[0], sitter);
  });
  await t.test('where the daemon has none left it says so, and goes on when it has', async () => {
    // On a connection that stands already: no new one could be taken.
    const line = connect(d.port, 'localhost');
    let got = '';
    line.on('data', (x) => (got += x));
    const say = (path) => line.write(`GET ${path} HTTP/1.1\r\nHost: localhost:${d.port}\r\nAccept: text/html\r\n\r\n`);
    say('/healthz');
    await until('an answer', () => /^HTTP\/1\.1 200/.test(got));
    got = '';
    limitDescriptors(pid, 3);
    const at = Date.now();
    try {
      say(`/authorize?${authorizeQuery(good(), pkce().challenge, { redirect_uri: CALLBACK })}`);
      await until('a page', () => /<\/html>/.test(got));
    } finally {
      limitDescriptors(pid, 4096);
    }
    line.destroy();
    assert.ok(Date.now() - at < 2000);
    page({ status: +got.slice(9, 12), text: got, headers: new Headers() }, /too many documents are being fetched now/);
    assert.match(await why({ text: got }), /no file descriptor is left/);
    await works();
  });
  await t.test('more sign-ins than there are places wait for their turn or are told to come again; none hangs', async () => {
    host.at('/hang-5', () => {});
    const at = Date.now();
    const all = await Promise.all(Array.from({ length: 40 }, (_, i) => open(`https://${hosts[i % LANE]}:${host.port}/hang-5?${i}`)));
    host.at('/hang-5', null);
    for (const r of all) {
      assert.ok([400, 429, 503].includes(r.status), `${r.status}`);
      assert.ok(idOf(r), r.text);
    }
    assert.ok(Date.now() - at < 40000, `${Date.now() - at} ms`);
    await settled();
    await works();
  });
  await t.test('no descriptor stays behind of all this', async () => {
    await settled();
    const before = descriptors(pid);
    for (let i = 0; i < 10; i++) await works();
    const [end] = await waiting('/hang-6', 1);
    process.kill(fetchers(pid).sitters[0], 'SIGKILL');
    page((await end).r, GONE);
    await works();
    await settled();
    assert.ok(descriptors(pid) <= before + 1, `${before} before, ${descriptors(pid)} after`);
    assert.ok(descriptors(fetchers(pid).sitters[0]) <= 8);
  });
  await t.test('who watches over it may die too: then documents are refused at once, and all else goes on', async () => {
    const { watcher, sitters } = fetchers(pid);
    const [end] = await waiting('/hang-7', 1);
    process.kill(watcher, 'SIGKILL');
    page((await end).r, GONE);
    const at = Date.now();
    page(await open(good()), GONE);
    assert.ok(Date.now() - at < 1000);
    assert.equal((await ask(`${d.base}/healthz`)).status, 200);
    await until('the fetcher to go with it', () => status(sitters[0], 'State') === undefined);
    assert.equal(d.log.split('the fetcher has ended for good').length, 2, 'it is logged once');
    await d.stop();
    await d.start();
    await works();
  });

  await t.test('CIMDX-09 of ten thousand client ids from one address ten are fetched, and memory stays as it was', async () => {
    const few = await serve(t, { config: outbound, bin: RELEASE_BIN });
    const memory = () => parseInt(status(few.process.pid, 'VmRSS'), 10);
    host.at('/warm', client(`${host.base}/warm`));
    assert.equal((await open(`${host.base}/warm`, few.base)).status, 302);
    let fetched = 0;
    let last;
    const flood = async (from, to) => {
      for (let i = from; i < to; i += 20)
        for (const r of await Promise.all(Array.from({ length: 20 }, (_, k) => open(`${host.base}/flood?${i + k}`, few.base)))) {
          assert.ok([400, 429].includes(r.status), r.text);
          fetched += r.status === 400;
          last = r;
        }
    };
    const asked = host.total();
    await flood(0, 1000);
    const before = memory();
    await flood(1000, 10000);
    assert.equal(host.total() - asked, fetched);
    assert.ok(fetched < 40, `${fetched} were fetched`);
    assert.equal(last.status, 429);
    assert.ok(+last.headers.get('retry-after') > 0);
    assert.ok(memory() - before < 4096, `${before} KiB before, ${memory()} KiB after`);
    assert.equal(sql(few, 'SELECT count(*) FROM client'), '0');
    assert.equal((await open(`${host.base}/warm`, few.base)).status, 302, 'what was known still is');
  });
});
