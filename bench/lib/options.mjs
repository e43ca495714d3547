// What bench/run may be told, and what it says to who tells it something else.
import { parseArgs } from 'node:util';

const OPTIONS = {
  seconds: { type: 'string', default: '4', words: 'how long each measurement takes' },
  rounds: { type: 'string', default: '3', words: 'how often each is made; the median counts' },
  connections: { type: 'string', default: '64', words: 'that the load comes over' },
  idle: { type: 'string', default: '10000', words: 'connections that are only held, for the memory of one' },
  only: { type: 'string', default: '', words: 'names with commas between them, instead of everything' },
  help: { type: 'boolean', short: 'h', default: false, words: 'this' },
};

function usage(names) {
  const lines = Object.entries(OPTIONS).map(([name, x]) => `  --${name.padEnd(12)} ${x.words}${x.default ? ` (${x.default})` : ''}`);
  return `Usage: bench/run [OPTION...]\n\n${lines.join('\n')}\n\nNames: ${names.join(', ')}.\n`;
}

function refuse(why, names) {
  process.stderr.write(`bench/run: ${why}\n\n${usage(names)}`);
  process.exit(2);
}

function count(values, name, names) {
  if (!/^[1-9][0-9]{0,6}$/.test(values[name])) refuse(`--${name} wants a number, not ${JSON.stringify(values[name])}`, names);
  return +values[name];
}

// The options, numbers as numbers and `only` as a list, or null for everything. Ends the process for --help and for mistakes.
export function options(names) {
  let values;
  try {
    ({ values } = parseArgs({ options: OPTIONS }));
  } catch (e) {
    refuse(e.message, names);
  }
  if (values.help) {
    process.stdout.write(usage(names));
    process.exit(0);
  }
  const only = values.only ? values.only.split(',') : null;
  const unknown = only?.filter((n) => !names.includes(n)) ?? [];
  if (unknown.length) refuse(`nothing is named ${unknown.join(', ')}`, names);
  return { only, ...Object.fromEntries(['seconds', 'rounds', 'connections', 'idle'].map((name) => [name, count(values, name, names)])) };
}
