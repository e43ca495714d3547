// The processes of a daemon, as /proc shows them.
import { readdirSync, readFileSync } from 'node:fs';

// { pid, name, parent } of all that there are.
export function processes() {
  const found = [];
  for (const dir of readdirSync('/proc').filter((x) => /^\d+$/.test(x))) {
    try {
      const [, name, rest] = /^\d+ \((.*)\) (.*)$/.exec(readFileSync(`/proc/${dir}/stat`, 'utf8').trim());
      found.push({ pid: +dir, name, parent: +rest.split(' ')[1] });
    } catch {
      // it has ended meanwhile
    }
  }
  return found;
}

// Of the fetcher: who watches over it, who sits in it (one, or none for a moment), and the jobs, a document each.
export function fetchers(pid) {
  const all = processes();
  const of = (parent) => all.filter((p) => p.parent === parent && p.name.startsWith('gh-fetch')).map((p) => p.pid);
  const [watcher] = of(pid);
  const sitters = watcher ? of(watcher) : [];
  return { watcher, sitters, jobs: sitters.flatMap(of) };
}

// A field of /proc/PID/status, as "Seccomp" or "VmRSS"; undefined when the process has ended.
export function status(pid, field) {
  try {
    return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

// How many descriptors it has open.
export const descriptors = (pid) => readdirSync(`/proc/${pid}/fd`).length;
