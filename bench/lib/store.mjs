// What the store says of itself while the daemon runs, and what it asks of the disk.
import { spawn, spawnSync } from 'node:child_process';
import { have } from './machine.mjs';

function sql(file, text) {
  const r = spawnSync('sqlite3', ['-readonly', file, text], { encoding: 'utf8' });
  if (r.status !== 0) throw new Error(`sqlite3: ${r.stderr}`);
  return r.stdout.trim();
}

export const journalMode = (file) => sql(file, 'PRAGMA journal_mode');

export function rows(file) {
  const tables = sql(file, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name").split('\n');
  return Object.fromEntries(tables.map((t) => [t, +sql(file, `SELECT count(*) FROM "${t}"`)]));
}

// `synchronous` belongs to a connection and cannot be asked from outside, so it is seen at work: the number of times that
// the daemon waits for the disk while fn runs. undefined when there is no strace.
export async function syncs(pid, fn) {
  if (!have('strace')) return undefined;
  const p = spawn('strace', ['-f', '-c', '-e', 'trace=fdatasync,fsync', '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let out = '';
  p.stderr.on('data', (d) => (out += d));
  await new Promise((done) => p.stderr.once('data', done));
  const result = await fn();
  await new Promise((done) => (p.on('close', done), p.kill('SIGINT')));
  const count = [...out.matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+).*\b(?:fdatasync|fsync)$/gm)].reduce((sum, m) => sum + +m[1], 0);
  return { count, result };
}
