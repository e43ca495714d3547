// An internet on one machine: a network of its own (a Linux namespace) in which loopback carries public addresses and private
// ones, with a real name server whose answers change from one question to the next. What is told in it knows no way out.
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert, until } from './story.mjs';
import { temporary } from './daemon.mjs';

const run = join(dirname(fileURLToPath(import.meta.url)), '../run');

// Addresses as they are given out to hosts in the world.
export const PUBLIC = { one: '93.184.215.14', two: '93.184.215.15', six: '2606:4700:10::6814:1' };
// And those of which no stranger's document may come, with the word that `why` has for each. On every one that can be connected to
// there is a canary.
export const INSIDE = {
  '127.0.0.1': 'loopback',
  '10.0.0.1': 'private use',
  '172.16.5.5': 'private use',
  '192.168.7.7': 'private use',
  '100.64.0.1': 'shared address space',
  '169.254.169.254': 'link-local',
  '198.18.0.1': 'benchmarking',
  '0.0.0.0': 'this network',
  '::1': 'loopback',
  'fd00::1': 'unique local',
  '::ffff:127.0.0.1': 'loopback',
  '::ffff:10.0.0.1': 'private use',
  '64:ff9b::7f00:1': 'loopback',
  '64:ff9b::a9fe:a9fe': 'link-local',
  '2002:7f00:1::': '6to4',
  '2002:a00:1::1': '6to4',
};
const LISTENING = Object.keys(INSIDE).filter((a) => a !== '0.0.0.0' && !a.startsWith('::ffff:')); // the kernel takes these for 127.0.0.1 and the like
const SERVER = '127.0.0.53';
const BROKEN = '127.0.0.54';
const here = process.env.GATEHOUSE_STORY_NET; // a directory; set inside

const SET_UP = `set -e
ip link set lo up
for a in $GATEHOUSE_STORY_ADDRESSES; do case $a in 127.0.0.1 | ::1) ;; *:*) ip addr add "$a/128" dev lo nodad ;; *) ip addr add "$a/32" dev lo ;; esac; done
for f in resolv.conf nsswitch.conf hosts; do mount --bind "$GATEHOUSE_STORY_NET/$f" "/etc/$f"; done
[ ! -d /run/nscd ] || mount -t tmpfs none /run/nscd
exec "$@"`;

// Tells a file's story inside; outside, where it was asked for, says line by line what was told there. The two have other titles.
export function insideOr(file, inside, outside) {
  return here ? inside : { title: outside, tell: (t) => tellInside(t, file) };
}

async function tellInside(t, file) {
  const dir = temporary(t, 'gatehouse-internet-');
  writeFileSync(join(dir, 'resolv.conf'), `nameserver ${SERVER}\nsearch corp.example\n`);
  writeFileSync(join(dir, 'nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
  writeFileSync(join(dir, 'hosts'), '127.0.0.1 localhost\n::1 localhost\n');
  const may = [['--net', '--mount'], ['--user', '--map-root-user', '--net', '--mount']]
    .find((flags) => spawnSync('unshare', [...flags, 'mount', '--bind', dir, dir]).status === 0);
  // not in tests/SKIPS: where the tests run, root is there, and a machine without it must not pass for one that proved this
  if (!may) return t.skip('all of it', 'this machine gives nobody a network of their own');
  const env = { ...process.env, GATEHOUSE_STORY_NET: dir, GATEHOUSE_STORY_ADDRESSES: [...Object.values(PUBLIC), ...LISTENING].join(' ') };
  const p = spawn('unshare', [...may, 'sh', '-c', SET_UP, 'sh', process.execPath, run, file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done) => p.on('close', done));
  t.defer(() => void p.kill('SIGKILL'));
  let told = 0;
  for await (const line of createInterface({ input: p.stdout })) {
    told += /^ok /.test(line);
    t.hear(line);
  }
  assert.ok((await ended) === 0 || t.failed > 0, 'it was told to its end');
  assert.ok(told > 0, 'something was told');
}

// The name servers that the machine knows, in their order.
export const resolvers = (...list) => writeFileSync(join(here, 'resolv.conf'), list.map((a) => `nameserver ${a}\n`).join('') + 'search corp.example\n');
export const LIVE = SERVER;

// dnsmasq, with a time to live of 0. `set(name, ...addresses)` holds when it returns (none: no such name); `asked(name)` counts
// questions for its IPv4 addresses. Names below servfail.example and silent.example are asked of a server that is not well.
export async function nameServer(t, { aliases = {} } = {}) {
  const dir = temporary(t, 'gatehouse-names-');
  const hosts = join(dir, 'hosts');
  const file = join(hosts, 'all');
  mkdirSync(hosts);
  const p = spawn('dnsmasq', ['--no-daemon', '--conf-file=/dev/null', '--no-hosts', '--no-resolv', '--log-queries', '--log-facility=-', `--listen-address=${SERVER}`,
    '--bind-interfaces', `--hostsdir=${hosts}`, '--pid-file=', '--local-ttl=0', '--local=/#/', `--server=/servfail.example/${BROKEN}`, `--server=/silent.example/${BROKEN}`,
    ...Object.entries(aliases).map(([from, to]) => `--cname=${from},${to}`)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const s = { log: '' };
  const records = new Map();
  p.stderr.on('data', (x) => (s.log += x));
  t.defer(() => void p.kill('SIGKILL'));
  await until('the name server', () => /started, version/.test(s.log));
  const sick = createSocket('udp4', (m, from) => {
    if (!/servfail/i.test(m.toString('latin1'))) return;
    m[2] |= 0x80; // an answer
    m[3] = (m[3] & 0xf0) | 2; // SERVFAIL
    sick.send(m, from.port, from.address);
  });
  await new Promise((ok) => sick.bind(53, BROKEN, ok));
  t.defer(() => new Promise((ok) => sick.close(ok)));
  s.set = async (name, ...addresses) => {
    records.set(name, addresses);
    const mark = s.log.length;
    writeFileSync(file, [...records].flatMap(([n, list]) => list.map((a) => `${a} ${n}\n`)).join(''));
    await until('the name server to read its names', () => s.log.slice(mark).includes(`read ${file} - `));
  };
  s.asked = (name) => s.log.split(`query[A] ${name} from `).length - 1;
  return s;
}

// A name server that takes questions and says nothing.
export async function deafServer(t, address) {
  const s = createSocket('udp4', () => {});
  await new Promise((ok) => s.bind(53, address, ok));
  t.defer(() => new Promise((ok) => s.close(ok)));
  return address;
}

// Listeners on every inside address, port 443; `heard` counts who came, by address.
export async function canaries(t) {
  const heard = {};
  for (const address of LISTENING) {
    heard[address] = 0;
    const server = createServer((c) => (heard[address]++, c.destroy()));
    await new Promise((ok, no) => server.on('error', no).listen(443, address, ok));
    t.defer(() => new Promise((ok) => server.close(ok)));
  }
  return { heard, total: () => Object.values(heard).reduce((a, b) => a + b, 0), reset: () => LISTENING.forEach((a) => (heard[a] = 0)) };
}
