// Runs bench/src/load.c against a server and says what an iteration cost it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OTHER_CORE, busySeconds, cpuSeconds, pinned } from './machine.mjs';

const text = (stream) => new Promise((done) => {
  let s = '';
  stream.on('data', (d) => (s += d));
  stream.on('end', () => done(s));
});

// work: { script: [line], rows: { name, values, each } or none; each: a new row for every iteration; stock: the same as rows, each
// value used once }. Gives the load's report with `cpu`, the server's seconds.
export async function load(tools, server, work, { seconds, warm, conns }) {
  const script = join(tools.dir, 'script');
  writeFileSync(script, work.script.join('\n') + '\n');
  const rows = join(tools.dir, 'rows');
  if (work.rows) writeFileSync(rows, [work.rows.name, ...work.rows.values].join('\n') + '\n');
  const stock = join(tools.dir, 'stock');
  if (work.stock) writeFileSync(stock, [work.stock.name, ...work.stock.values].join('\n') + '\n');
  const args = [...(server.tls ? ['-t'] : []), '-c', conns, '-d', seconds, '-w', warm, ...(work.rows ? ['-r', rows] : []), ...(work.rows?.each ? ['-n'] : []), ...(work.stock ? ['-s', stock] : []), server.port, script].map(String);
  const before = cpuSeconds(server.pid);
  const busy = busySeconds();
  const p = pinned(OTHER_CORE, tools.load, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [out, code] = await Promise.all([text(p.stdout), new Promise((done) => p.on('close', done))]);
  if (code !== 0) throw new Error(`load ended with ${code}`);
  const r = JSON.parse(out);
  r.cpu = cpuSeconds(server.pid) - before;
  r.busy = busySeconds() - busy;
  r.perSecond = r.iterations / r.seconds;
  r.perCpuSecond = r.cpu > 0 ? r.all / r.cpu : 0; // warming up costs the same, so it counts in both
  return r;
}
