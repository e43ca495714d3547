// What the machine says about a process: its processor time, its memory; and programs on a core of their own.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { cpus, release } from 'node:os';

const HZ = +spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout || 100;
export const CORES = cpus().length;
export const SERVER_CORE = 0;
export const OTHER_CORE = CORES > 1 ? 1 : 0;

function stat(pid) {
  const s = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const f = s.slice(s.lastIndexOf(')') + 2).split(' ');
  return { pid: +pid, parent: +f[1], cpu: (+f[11] + +f[12]) / HZ };
}

// The process and all that come from it.
function family(pid) {
  const all = [];
  for (const d of readdirSync('/proc')) {
    if (!/^\d+$/.test(d)) continue;
    try {
      all.push(stat(d));
    } catch { /* it has just ended */ }
  }
  const mine = new Set([pid]);
  for (let grown = true; grown;) {
    grown = false;
    for (const p of all) if (!mine.has(p.pid) && mine.has(p.parent)) grown = !!mine.add(p.pid);
  }
  return all.filter((p) => mine.has(p.pid));
}

export const cpuSeconds = (pid) => family(pid).reduce((sum, p) => sum + p.cpu, 0);

const kib = (pid, file, name) => +new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1] || 0;

// Resident memory, MiB, of it and all that comes from it; what its children have in common with it (they are forks) counts as often as they are.
export const memorySummed = (pid) => family(pid).reduce((sum, p) => sum + kib(p.pid, 'status', 'VmRSS'), 0) / 1024;

// The same with each page counted once: all of the process, and what only its children have.
export const memory = (pid) =>
  family(pid).reduce((sum, p) => sum + (p.pid === pid ? kib(pid, 'status', 'VmRSS')
    : kib(p.pid, 'smaps_rollup', 'Private_Clean') + kib(p.pid, 'smaps_rollup', 'Private_Dirty')), 0) / 1024;

// Busy seconds of all cores, whoever's they were.
export function busySeconds() {
  let sum = 0;
  for (const line of readFileSync('/proc/stat', 'utf8').split('\n')) {
    if (!/^cpu\d/.test(line)) continue;
    const v = line.trim().split(/\s+/).slice(1).map(Number);
    sum += (v[0] + v[1] + v[2] + v[5] + v[6]) / HZ;
  }
  return sum;
}

export const pinned = (core, program, args, options) => spawn('taskset', ['-c', String(core), program, ...args], options);

export const have = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

const first = (program, args) => (spawnSync(program, args, { encoding: 'utf8' }).stdout || '').split('\n')[0].trim();

export function describe(dir) {
  return [
    `${cpus()[0].model}, ${CORES} cores, Linux ${release()}`,
    first('gcc', ['--version']),
    first('openssl', ['version']).replace(/ *\(.*/, ''),
    `data on ${first('findmnt', ['-n', '-o', 'FSTYPE', '-T', dir])}`,
  ].join('; ');
}
