// Fills a store with clients, people and grants, straight into its tables: as many as a large company has.
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export const SECRET = 'gh_cs_of-every-machine-of-the-crowd-0123456789';
const sha256 = (s) => createHash('sha256').update(s).digest('hex');
const name = (i) => `gh_crowd_${i}`;

// Ids as the daemon makes them grow with time: these are of some day in 2024, so older than all that it makes itself.
const id = (kind, i) => (150_000_000_000n + BigInt(i)) * 4194304n + BigInt(kind);

function* statements(from, to, resource, hex) {
  const secret = hex(sha256(SECRET));
  const lines = (head, row) => function* () {
    for (let i = from; i < to; i += 500) {
      const rows = [];
      for (let k = i; k < Math.min(i + 500, to); k++) rows.push(row(k));
      yield `${head} VALUES ${rows.join(',')};\n`;
    }
  };
  yield* lines('INSERT INTO users (id, tenant, email, name, role, status, password, generation, created, updated, last_login)',
    (i) => `(${id(1, i)},(SELECT id FROM tenant),'crowd${i}@example.com','Crowd ${i}','member','active','',0,1720000000,1720000000,0)`)();
  yield* lines('INSERT INTO client (id, tenant, hash, client_id, name, origin, status, auth_method, secret, redirect_uris, grant_types, scope, metadata, created, last_used)',
    (i) => `(${id(2, i)},(SELECT id FROM tenant),${hex(sha256(name(i)))},'${name(i)}','Crowd ${i}','created','active','client_secret_basic',${secret},'','client_credentials','mcp:tools','{}',1720000000,1720000000)`)();
  const grant = (kind, user) => lines('INSERT INTO grants (id, tenant, user_id, client, resource, scope, redirect_host, created, last_used, expires, ended, ended_why, generation, token, parent, rotated, repeats, auth_time, methods)',
    (i) => `(${id(kind, i)},(SELECT id FROM tenant),${user(i)},${id(2, i)},'${resource}','mcp:tools','',1720000000,1720000000,253402300799,0,'',0,${hex('')},${hex('')},0,0,0,'')`)();
  yield* grant(3, () => 0); // the clients' own
  yield* grant(4, (i) => id(1, i)); // and people's
}

async function feed(program, args, options, text) {
  const p = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], ...options });
  let why = '';
  p.stderr.on('data', (x) => (why += x));
  p.stdin.on('error', () => { /* it says why itself */ });
  const ended = once(p, 'close');
  for (const s of text) if (!p.stdin.write(s)) await Promise.race([once(p.stdin, 'drain'), ended]);
  p.stdin.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`${program}: ${why.slice(0, 500)}`);
}

// Adds the clients, people and grants from..to-1 while the daemon stands still.
export async function crowd({ database, pg }, from, to, resource) {
  if (pg) {
    const text = function* () {
      yield 'BEGIN;\n';
      yield* statements(from, to, resource, (h) => `'\\x${h}'`);
      yield 'COMMIT; ANALYZE;\n';
    };
    await feed('psql', ['-q', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-p', String(pg.port), '-U', 'gatehouse', '-d', 'postgres'], {}, text());
    return;
  }
  const text = function* () {
    yield 'PRAGMA cache_size=-400000; BEGIN;\n';
    yield* statements(from, to, resource, (h) => `x'${h}'`);
    yield 'COMMIT; PRAGMA wal_checkpoint(TRUNCATE);\n';
  };
  await feed('sqlite3', ['-bail', database], {}, text());
}

// Client ids from all over the first n.
export function someone(n, count) {
  const out = [];
  for (let i = 0; i < count; i++) out.push(name(Math.floor(((i * 0.6180339887498949) % 1) * n)));
  return out;
}
