// The processes that fetch documents, when they are killed, stopped and starved: what people who sign in meanwhile see, and that they
// see something: the hosts they wait for never answer. And what is left of a flood.
import { connect } from 'node:net';
import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { story, assert, until } from './lib/story.mjs';
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

// The connections that a port has, listening ones not counted (proc(5): the local address, and 0A for those that listen).
function connections(port) {
  const local = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((f) => readFileSync(f, 'utf8').split('\n').map((line) => line.trim().split(/\s+/)));
  return lines.filter(([, here, , state, , , , , , inode]) => here?.endsWith(`:${local}`) && state !== '0A' && inode !== '0').length;
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
  // What it holds open but for the connections of those who ask it, which come and go.
  const inner = () => descriptors(pid) - connections(d.port);
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
  // Sign-ins that wait for documents which do not come, all jobs running.
  const waiting = async (path, count = LANE) => {
    host.at(path, () => {});
    const before = fetchers(pid).jobs;
    const ends = hosts.slice(0, count).map((h) => open(`https://${h}:${host.port}${path}`));
    await until('the jobs', () => fetchers(pid).jobs.filter((p) => !before.includes(p)).length === count);
    return ends;
  };
  const page = (r, words) => {
    assert.equal(r.status, 400, r.text);
    assert.equal(r.headers.get('location'), null);
    assert.match(r.text, words);
  };
  // Nobody waited for the time to be over: LATE says so.
  const GONE = /could not start its fetcher/;
  const LATE = /did not come in time/;

  await t.test('killed in the middle of eight documents it is there again, and who waited has a page at once', async () => {
    await works();
    const ends = await waiting('/hang-1');
    const [old] = fetchers(pid).sitters;
    process.kill(old, 'SIGKILL');
    const pages = await Promise.all(ends);
    for (const r of pages) page(r, GONE);
    assert.match(await why(pages[0]), /DOCUMENT_UNREACHABLE[^]*the fetcher has ended/);
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
    page(await end, GONE);
    assert.equal((await other).status, 302);
    await settled();
  });
  await t.test('a job that was stopped is ended when its time is over', async () => {
    const [end] = await waiting('/hang-3', 1);
    process.kill(fetchers(pid).jobs[0], 'SIGSTOP');
    page(await end, LATE);
    await settled();
  });
  await t.test('one that was stopped is replaced, in the middle of documents too', async () => {
    const ends = await waiting('/hang-4', 2);
    const [old] = fetchers(pid).sitters;
    process.kill(old, 'SIGSTOP');
    for (const r of await Promise.all(ends)) page(r, GONE);
    await works();
    await settled();
    assert.notEqual(fetchers(pid).sitters[0], old);
  });
  await t.test('without file descriptors it turns documents away at once, and takes them when it has some', async () => {
    const [sitter] = fetchers(pid).sitters;
    limitDescriptors(sitter, 4);
    for (const r of await Promise.all([1, 2, 3].map(() => open(good())))) page(r, GONE);
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
    try {
      say(`/authorize?${authorizeQuery(good(), pkce().challenge, { redirect_uri: CALLBACK })}`);
      await until('a page', () => /<\/html>/.test(got));
    } finally {
      limitDescriptors(pid, 4096);
    }
    line.destroy();
    page({ status: +got.slice(9, 12), text: got, headers: new Headers() }, /too many documents are being fetched now/);
    assert.match(await why({ text: got }), /no file descriptor is left/);
    await works();
  });
  await t.test('more sign-ins than there are places wait for their turn or are told to come again; none hangs', async () => {
    const all = (list) => Promise.all(list.map((h, i) => (host.at(`/hang-5?${i}`, () => {}), open(`https://${h}:${host.port}/hang-5?${i}`))));
    for (const r of await all([...hosts, ...hosts])) page(r, LATE);
    // Of one host four are waited for at once and two are fetched. The other two have their turn when their own time is all but over:
    // it ends before that, or just after.
    const one = await all(Array(10).fill('localhost'));
    const waited = one.filter((x) => x.status === 400);
    for (const r of waited) page(r, /did not come in time|too many documents are being fetched now/);
    assert.ok(waited.filter((r) => LATE.test(r.text)).length >= 2);
    const again = one.filter((x) => x.status === 429);
    assert.deepEqual([waited.length, again.length], [4, 6]);
    for (const r of again) {
      assert.equal(r.headers.get('retry-after'), '1');
      assert.match(r.text, /A little slower/);
      assert.match(await why(r), /too many documents at once/);
    }
    await settled();
    await works();
  });
  await t.test('no descriptor stays behind of all this', async () => {
    await settled();
    const before = inner();
    for (let i = 0; i < 10; i++) await works();
    const [end] = await waiting('/hang-6', 1);
    process.kill(fetchers(pid).sitters[0], 'SIGKILL');
    page(await end, GONE);
    await works();
    await settled();
    assert.equal(inner(), before);
    assert.ok(descriptors(fetchers(pid).sitters[0]) <= 8);
  });
  await t.test('who watches over it may die too: then documents are refused at once, and all else goes on', async () => {
    const { watcher, sitters } = fetchers(pid);
    const [end] = await waiting('/hang-7', 1);
    process.kill(watcher, 'SIGKILL');
    page(await end, GONE);
    page(await open(good()), GONE);
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
    const began = Date.now();
    const flood = async (from, to) => {
      for (let i = from; i < to; i += 20)
        for (const r of await Promise.all(Array.from({ length: 20 }, (_, k) => open(`${host.base}/flood?${i + k}`, few.base)))) {
          if (r.status === 400) {
            fetched++;
            assert.match(r.text, /it answered with status 404/);
          } else {
            assert.equal(r.status, 429, r.text);
            assert.match(r.headers.get('retry-after'), /^[1-6]$/);
          }
        }
    };
    const asked = host.total();
    await flood(0, 1000);
    const before = memory();
    await flood(1000, 10000);
    assert.equal(host.total() - asked, fetched);
    // nine, for one was the warm one; and one more for each six seconds that the flood took
    assert.ok(fetched >= 9 && fetched <= 10 + (Date.now() - began) / 6000, `${fetched} were fetched`);
    assert.ok(memory() - before < 4096, `${before} KiB before, ${memory()} KiB after`);
    assert.equal(sql(few, 'SELECT count(*) FROM client'), '0');
    assert.equal((await open(`${host.base}/warm`, few.base)).status, 302, 'what was known still is');
  });
});
