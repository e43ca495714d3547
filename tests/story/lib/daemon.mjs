// The real binary in a directory of its own. Its sanitizer reports, exit code and stray output are part of every story.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, chmodSync, mkdirSync, readFileSync, existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert, sleep, until } from './story.mjs';
import { transport } from './transport.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const BIN = resolve(root, process.env.GATEHOUSE_BIN ?? 'build-san/gatehouse');
export const RELEASE_BIN = resolve(root, process.env.GATEHOUSE_RELEASE_BIN ?? 'build/gatehouse');

export function freePort() {
  return new Promise((done, fail) => {
    const s = createServer();
    s.once('error', fail);
    s.listen(0, '127.0.0.1', () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });
}

export function temporary(t, name = 'gatehouse-story-') {
  const dir = mkdtempSync(join(tmpdir(), name));
  chmodSync(dir, 0o700);
  t.defer(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

// Runs a verb to its end: { code, out, err }.
export function run(args, { input = '', cwd, env = {}, bin = BIN, timeout = 60000 } = {}) {
  return new Promise((done) => {
    const p = spawn(bin, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    const timer = setTimeout(() => p.kill('SIGKILL'), timeout);
    p.stdout.on('data', (d) => (out += d));
    p.stderr.on('data', (d) => (err += d));
    p.stdin.on('error', () => {});
    p.stdin.end(input);
    p.on('close', (code, signal) => {
      clearTimeout(timer);
      done({ code: code ?? signal, out, err });
    });
  });
}

export class Daemon {
  constructor(t, { config = null, dir, port, base, ready, bin = BIN, args = [], env = {} }) {
    Object.assign(this, { t, config, dir, port, base, ready, bin, args, env });
    this.base ??= `${transport.scheme}://localhost:${port}`;
    this.ready ??= this.base; // where it is asked whether it answers
    this.data = join(dir, 'data');
    this.log = '';
    this.process = null;
  }

  verb(args, options = {}) {
    return run([...args, '--data', this.data], { cwd: this.dir, bin: this.bin, env: this.env, ...options });
  }

  flags() {
    const file = this.config ? ['--config', join(this.dir, 'gatehouse.yml')] : [];
    return [...file, '--data', this.data, '--listen', `localhost:${this.port}`, ...this.args];
  }

  spawn() {
    if (this.config) writeFileSync(join(this.dir, 'gatehouse.yml'), this.config, { mode: 0o600 });
    this.process = spawn(this.bin, ['serve', ...this.flags()], {
      cwd: this.dir,
      env: { ...process.env, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = new Promise((done) => this.process.on('close', (code, signal) => done(code ?? signal)));
    this.exit = null;
    this.exited.then((code) => (this.exit = code));
    this.process.stdout.on('data', (d) => (this.log += d));
    this.process.stderr.on('data', (d) => (this.log += d));
  }

  async start() {
    this.spawn();
    await until('the daemon to answer', async () => {
      if (this.exit !== null) throw new Error(`the daemon ended with ${this.exit}:\n${this.log}`);
      try {
        return (await fetch(`${this.ready}/healthz`)).ok;
      } catch {
        return false;
      }
    }, 20000);
    return this;
  }

  // A polite stop: the daemon ends with 0 and no sanitizer had anything to say.
  async stop() {
    if (!this.process || this.exit !== null) return;
    this.process.kill('SIGTERM');
    const code = await Promise.race([this.exited, sleep(20000).then(() => 'no end')]);
    if (code === 'no end') this.process.kill('SIGKILL');
    this.clean();
    assert.equal(code, 0, `the daemon ended with ${code}:\n${this.log.slice(-3000)}`);
  }

  async kill() {
    if (!this.process || this.exit !== null) return;
    this.process.kill('SIGKILL');
    await this.exited;
    this.clean();
  }

  clean() {
    assert.doesNotMatch(this.log, /AddressSanitizer|LeakSanitizer|runtime error:|ThreadSanitizer/, this.log.slice(-6000));
  }

  configFile() {
    return join(this.dir, 'gatehouse.yml');
  }
}

export const OWNER = { email: 'owner@example.com', password: 'correct horse battery staple' };

// A daemon with an owner, running. `resources` become its configuration.
export async function serve(t, { config = null, port, init = true, ...rest } = {}) {
  const dir = rest.dir ?? temporary(t);
  port ??= await freePort();
  config = transport.config(config);
  const d = new Daemon(t, { config, port, ...rest, dir });
  if (config) writeFileSync(join(dir, 'gatehouse.yml'), config, { mode: 0o600 });
  if (init) {
    const file = config ? ['--config', join(dir, 'gatehouse.yml')] : [];
    const r = await run(['init', '--admin', OWNER.email, '--password-stdin', '--data', d.data, ...file, ...d.args],
      { input: OWNER.password + '\n', cwd: dir, bin: d.bin, env: d.env });
    assert.equal(r.code, 0, `init: ${r.err}${r.out}`);
  }
  t.defer(() => d.stop());
  await d.start();
  return d;
}
