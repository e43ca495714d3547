// What was refused has changed nothing: the rows of the store, looked at before and after.
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { assert } from './story.mjs';

// The rows of the daemon d (on SQLite), as INSERT statements.
export const dump = (d) => {
  const r = spawnSync('sqlite3', ['-readonly', join(d.data, 'gatehouse.db'), '.timeout 5000', '.dump'], { encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(r.status, 0, r.stderr);
  // a number that was drawn for a row that was already there is none
  return r.stdout.split('\n').filter((line) => line.startsWith('INSERT INTO') && !line.startsWith('INSERT INTO sqlite_sequence '));
};

// Runs fn against the daemon d (on SQLite) and gives what it gives; no row may come, go or change meanwhile, but in the tables
// that are named: rows of `audit` say that something was refused.
export async function kept(d, fn, ...but) {
  const rows = () => dump(d).filter((line) => !but.some((table) => line.startsWith(`INSERT INTO ${table} `)));
  const before = rows();
  const result = await fn();
  assert.deepEqual(rows(), before, 'the store is as it was');
  return result;
}

// The request that fn makes is answered with this status and this OAuth error, and changes nothing. Gives the answer.
export async function refused(d, fn, status, error, ...but) {
  const r = await kept(d, fn, ...but);
  assert.deepEqual([r.status, r.json?.error], [status, error], r.text);
  return r;
}
