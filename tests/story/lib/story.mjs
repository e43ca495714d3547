// A story is a file of sentences: `export default story('title', async t => { await t.test('sentence', fn) })`.
// Each sentence is one test; the report is one line each, and a failed sentence says what was expected.
import assert from 'node:assert/strict';

export { assert };

export function story(title, tell) {
  return { title, tell };
}

export class Teller {
  constructor(title, print) {
    this.title = title;
    this.print = print;
    this.passed = 0;
    this.failed = 0;
    this.skipped = 0;
    this.last = [];
  }

  // What is set up here is taken down when the story ends, newest first, whatever happened.
  defer(fn) {
    this.last.push(fn);
  }

  async test(sentence, fn) {
    try {
      await fn();
      this.passed++;
      this.print(`ok ${this.title}: ${sentence}`);
    } catch (e) {
      this.failed++;
      this.print(`not ok ${this.title}: ${sentence}`);
      for (const line of String(e?.stack ?? e).split('\n').slice(0, 14)) this.print(`    ${line}`);
    }
  }

  // Allowed only for names that tests/SKIPS gives a reason for; the runner's caller checks.
  skip(sentence, reason) {
    this.skipped++;
    this.print(`skip ${this.title}: ${sentence} ${reason}`);
  }

  // A line of another teller, who tells in a process of its own.
  hear(line) {
    const [, kind, rest] = /^(ok|not ok|skip) (.*)$/.exec(line) ?? [];
    if (kind === 'ok') this.passed++;
    else if (kind === 'not ok') this.failed++;
    else if (kind === 'skip') this.skipped++;
    this.print(kind ? `${kind} ${this.title}: ${rest}` : line.replace(/^# /, '    '));
  }

  async end() {
    for (const fn of this.last.reverse()) {
      try {
        await fn();
      } catch (e) {
        this.failed++;
        this.print(`not ok ${this.title}: taking down`);
        this.print(`    ${e?.stack ?? e}`);
      }
    }
  }
}

export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

// Waits until fn gives something truthy; gives it back.
export async function until(what, fn, ms = 15000, step = 25) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await fn();
    if (got) return got;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for ${what}`);
    await sleep(step);
  }
}
