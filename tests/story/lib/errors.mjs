// The rows of tables/err.def, read as the build reads them; and the ids that refusals carry.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const table = join(dirname(fileURLToPath(import.meta.url)), '../../../tables/err.def');

// { NAME: { name, kind, status, code, words, expected, rule, mend } }; a row that cannot be read is an error, not a gap.
export function errorRows() {
  const rows = {};
  for (const line of readFileSync(table, 'utf8').split('\n')) {
    if (!line.startsWith('ERR(')) continue;
    const m = /^ERR\((\w+), (REFUSAL|FAULT|INNER), (\d+), (.*)\)$/.exec(line);
    if (!m) throw new Error(`err.def: ${line}`);
    // the only escapes in C strings here are those that JSON has too
    const [code, words, expected, rule, mend] = JSON.parse(`[${m[4]}]`);
    rows[m[1]] = { name: m[1], kind: m[2], status: +m[3], code, words, expected, rule, mend };
  }
  return rows;
}

// 'w' and ten signs without i, l, o and u; wherever an answer may carry it.
export function idOf(r) {
  const places = [
    r.text ?? '',
    r.headers?.get?.('www-authenticate') ?? '',
    decodeURIComponent((r.headers?.get?.('location') ?? '').replace(/\+/g, ' ')),
  ];
  for (const text of places) {
    const id = /\bw[0-9a-hjkmnp-tv-z]{10}\b/.exec(text)?.[0];
    if (id) return id;
  }
  return null;
}
