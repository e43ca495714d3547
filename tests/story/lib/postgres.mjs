// A PostgreSQL of our own: initdb in a temporary directory, loopback only, run as an unprivileged user since it refuses root.
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, temporary } from './daemon.mjs';

function bindir() {
  const root = '/usr/lib/postgresql';
  const v = readdirSync(root).filter((d) => existsSync(join(root, d, 'bin/initdb'))).sort((a, b) => b - a)[0];
  return join(root, v, 'bin');
}

export async function postgres(t) {
  const bin = bindir();
  const home = temporary(t, 'gatehouse-pg-');
  const data = join(home, 'data');
  const port = await freePort();
  const root = process.getuid() === 0;
  const uid = root ? +spawnSync('id', ['-u', 'postgres']).stdout : process.getuid();
  const gid = root ? +spawnSync('id', ['-g', 'postgres']).stdout : process.getgid();
  mkdirSync(data, { mode: 0o700 });
  if (root) for (const p of [home, data]) chownSync(p, uid, gid);
  const run = (program, args) => {
    const r = spawnSync(join(bin, program), args, { ...(root ? { uid, gid } : {}), cwd: home, env: { ...process.env, HOME: home, LC_ALL: 'C' }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    if (r.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${r.stdout}${r.stderr}`);
    return r.stdout;
  };
  run('initdb', ['-D', data, '-U', 'gatehouse', '-A', 'trust', '--no-instructions', '-E', 'UTF8']);
  const signal = (name) => {
    const main = +readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0];
    const children = () => readFileSync(`/proc/${main}/task/${main}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    for (const pid of [main, ...children()]) {
      try {
        process.kill(pid, name);
      } catch {
        // a connection that ended meanwhile
      }
    }
  };
  const pg = {
    port,
    url: `postgres://gatehouse@127.0.0.1:${port}/postgres`,
    start: () => run('pg_ctl', ['-D', data, '-w', '-l', join(home, 'log'), '-o', `-p ${port} -c listen_addresses=127.0.0.1 -k ${home}`, 'start']),
    stop: (mode = 'fast') => run('pg_ctl', ['-D', data, '-w', '-m', mode, 'stop']),
    sql: (text) => run('psql', ['-h', '127.0.0.1', '-p', String(port), '-U', 'gatehouse', '-d', 'postgres', '-tAc', text]).trim(),
    // The whole server stops as a machine does that froze: its connections stay, and nothing answers. thaw: it goes on.
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
  };
  pg.start();
  t.defer(() => { try { pg.thaw(); pg.stop('immediate'); } catch { /* already down */ } });
  return pg;
}
