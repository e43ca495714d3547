// Every command and every configuration that README.md and docs/guides show is tried: a document that has rotted is a failed test.
//
// Commands are the lines of ```sh blocks. They run one by one, in a directory of their own beside a running daemon, as
// somebody would type them there. What stands for something (a port, an id) is put in; what would change this machine or
// needs a program of others is passed over, with the reason.
import { createServer } from 'node:http';
import { mkdirSync, readFileSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { story, assert } from './lib/story.mjs';
import { Daemon, run, temporary, freePort, BIN, OWNER } from './lib/daemon.mjs';
import { authority, certificate } from './lib/certs.mjs';
import { register, tokens, ask, post } from './lib/oauth.mjs';
import { idOf } from './lib/errors.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

const PASSED_OVER = [
  [/^make run$/, 'builds, and then is what already runs here: serve without arguments'],
  [/^make (build|san|test|check|fmt|fuzz|fuzz-coverage|bench|install|deb|image|deps|clean)\b/, 'builds; the build and the package have tests of their own'],
  [/^tools\/|^cd |^git /, 'is done in the checkout'],
  [/^(sudo )?(apt|apt-get|dpkg|systemctl|install|cp) /, 'would change this machine'],
  [/^(sudo )?(docker|podman) /, 'wants a container engine; tools/try_image tries the steps'],
  [/^(claude|codex|gemini|cursor|code|npx|opencode) /, 'is a program of others'],
  [/^(build\/)?gatehouse serve\b/, 'is what already runs here'],
];

// What ends with something else than 0, and rightly so; and what has to be said by what ends with 0.
const ENDS = [
  [/^(build\/)?gatehouse check\b/, 1, /\n\d+ to mend\.\n$/, 'a server on localhost is not ready for production, and check says so'],
  [/^curl .*\/par /, 0, /"request_uri":"urn:ietf:params:oauth:request_uri:[\w-]+","expires_in":90/, 'a pushed request gets its name'],
  [/^curl .*\/device_authorization /, 0, /"user_code":"[A-Z]{4}-[A-Z]{4}"/, 'a device gets its codes'],
  [/^curl .*grant-type:device_code /, 0, /"authorization_pending"/, 'and nobody has typed one yet'],
];

// [{ file, line, kind, text }]: commands, and whole blocks of configuration.
function shown(file) {
  const found = [];
  let block = null;
  readFileSync(join(root, file), 'utf8').split('\n').forEach((text, i) => {
    const fence = /^\s*```(\w*)/.exec(text);
    if (fence && block) {
      found.push(...(block.kind === 'sh' ? commands(block) : block.kind === 'yaml' ? [{ ...block, text: block.lines.join('\n') + '\n' }] : []));
      block = null;
    } else if (fence) {
      block = { file, line: i + 2, kind: fence[1], lines: [] };
    } else if (block) {
      block.lines.push(text);
    }
  });
  return found;
}

// Continued lines and here-documents belong to the command that they began with; comments and empty lines are none.
function commands({ file, line, lines }) {
  const found = [];
  for (let i = 0; i < lines.length; i++) {
    const at = line + i;
    let text = lines[i].replace(/^\s*\$ /, '').trim();
    if (!text || text.startsWith('#')) continue;
    while (text.endsWith('\\') && i + 1 < lines.length) text = `${text.slice(0, -1)}${lines[++i].trim()}`;
    const here = /<<-?\s*'?(\w+)'?/.exec(text);
    if (here) do text += `\n${lines[++i]}`; while (i + 1 < lines.length && lines[i].trim() !== here[1]);
    found.push({ file, line: at, kind: 'sh', text: text.replace(/\s+#\s.*$/, '') });
  }
  return found;
}

export default story('readme', async (t) => {
  const guides = readdirSync(join(root, 'docs/guides')).filter((f) => f.endsWith('.md')).sort();
  const all = ['README.md', ...guides.map((f) => `docs/guides/${f}`)].flatMap(shown);

  // A daemon in ./gatehouse-data, as `make run` makes it; with an owner, an application and a refusal to speak of.
  const dir = temporary(t);
  const port = await freePort();
  // No maker's document is fetched from a test; `selftest` would say of each that it could not be had.
  const d = new Daemon(t, { dir, port, env: { GATEHOUSE_REGISTRATION_CIMD: 'false' } });
  d.data = join(dir, 'gatehouse-data');
  const init = await run(['init', '--admin', OWNER.email, '--password-stdin', '--data', d.data], { input: OWNER.password + '\n', cwd: dir });
  assert.equal(init.code, 0, init.err);
  t.defer(() => d.stop());
  await d.start();
  const upstream = createServer((req, res) => (req.resume(), res.setHeader('content-type', 'application/json'), res.end('{}')));
  await new Promise((ok) => upstream.listen(0, '127.0.0.1', ok));
  t.defer(() => (upstream.closeAllConnections(), upstream.close()));
  for (const at of ['build', 'bin']) {
    mkdirSync(join(dir, at));
    symlinkSync(BIN, join(dir, at, 'gatehouse'));
  }
  const application = (await register(d.base, { client_name: 'Claude Code', redirect_uris: ['http://localhost:43118/callback'] })).json;
  const connect = () => tokens(d.base, { client: application, redirect_uri: 'http://localhost:43118/callback' });
  const connection = async () => {
    await connect();
    const list = JSON.parse((await run(['list_connections', '--json', '--data', d.data], { cwd: dir })).out);
    return list.connections[0].id;
  };

  // An application that may ask as a device does.
  let device;
  const terminal = async () => (device ??= (await register(d.base, { client_name: 'Terminal', grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'] })).json);

  // What stands for something else in a document.
  const filled = async (text) => {
    if (/grant_(…|\.\.\.)/.test(text)) text = text.replace(/grant_(…|\.\.\.)/, await connection());
    if (/\bwhy ID\b/.test(text)) text = text.replace(/\bwhy ID\b/, `why ${idOf(await ask(`${d.base}/nowhere`))}`);
    if (/\bCLIENT_ID\b/.test(text)) text = text.replace(/\bCLIENT_ID\b/, (await terminal()).client_id);
    if (/\bDEVICE_CODE\b/.test(text)) text = text.replace(/\bDEVICE_CODE\b/, (await post(`${d.base}/device_authorization`, { client_id: (await terminal()).client_id })).json.device_code);
    return text
      .replaceAll('http://127.0.0.1:9000', `http://127.0.0.1:${upstream.address().port}`)
      .replaceAll('https://auth.example.com', d.base)
      .replace(/\blocalhost:8080\b/g, `localhost:${port}`)
      .replace(/\b127\.0\.0\.1:8080\b/g, `127.0.0.1:${port}`);
  };
  const shell = (text) => run(['-c', text], { bin: '/bin/sh', cwd: dir, env: { PATH: `${join(dir, 'bin')}:${process.env.PATH}`, GATEHOUSE_BIN: undefined, GATEHOUSE_RELEASE_BIN: undefined }, input: `${OWNER.password}\n` });

  await t.test('README.md and docs/guides show something to try', () => {
    assert.ok(all.some((x) => x.file === 'README.md' && x.kind === 'sh'));
    assert.ok(all.some((x) => x.file === 'README.md' && x.kind === 'yaml'));
    for (const f of guides) assert.ok(all.some((x) => x.file === `docs/guides/${f}`), f);
  });
  await t.test('each command that ends otherwise or says a certain thing is shown somewhere', () => {
    const firsts = all.filter((x) => x.kind === 'sh').map((x) => x.text.split('\n')[0]);
    assert.deepEqual(ENDS.filter(([pattern]) => !firsts.some((text) => pattern.test(text))), []);
  });
  for (const { file, line, kind, text } of all) {
    const where = `${file}:${line}`;
    const first = text.split('\n')[0];
    if (kind === 'sh' && PASSED_OVER.some(([pattern]) => pattern.test(first))) continue;
    if (kind === 'sh') {
      await t.test(`${where} ${first}`, async () => {
        const r = await shell(await filled(text));
        const [, code, words] = ENDS.find(([pattern]) => pattern.test(first)) ?? [null, 0, /^/];
        assert.equal(r.code, code, `${r.out}${r.err}`);
        assert.match(r.out + r.err, words);
        assert.doesNotMatch(r.err, /AddressSanitizer|runtime error/);
      });
      continue;
    }
    await t.test(`${where} the configuration is taken`, async () => {
      const home = temporary(t);
      const ops = await freePort();
      // Files that a configuration names are the reader's to have; ours are made here.
      if (/^tls:/m.test(text)) authority(home);
      for (const [, cert, key] of text.matchAll(/cert: (\S+), key: (\S+) /g)) {
        const made = certificate(home, 'made', 'DNS:auth.example.com');
        renameSync(made.cert, join(home, cert));
        renameSync(made.key, join(home, key));
      }
      const ready = /^tls:/m.test(text) ? `http://127.0.0.1:${ops}` : undefined;
      // whoever follows the guide has set the variables that it names
      const env = Object.fromEntries([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name, '0123456789abcdef0123456789abcdef']));
      const own = new Daemon(t, { dir: home, env, port: await freePort(), ready,
        config: text.replace(/^data_dir:.*$/m, '').replace(/^ops: .*$/m, `ops: 127.0.0.1:${ops}`) });
      try {
        await own.start(); // --data and --listen of the story win over the file's
      } finally {
        await own.stop();
      }
    });
  }
  await t.test('what is passed over is what the Makefile and the installation do, nothing else', () => {
    const over = all.filter((x) => x.kind === 'sh' && PASSED_OVER.some(([pattern]) => pattern.test(x.text.split('\n')[0])));
    const tried = all.filter((x) => x.kind === 'sh').length - over.length;
    assert.ok(tried > 0, 'nothing was tried');
    for (const x of over) assert.doesNotMatch(x.text, /&&|;|\|/, `${x.file}:${x.line}: more than one command in a line is not passed over`);
    const makefile = readFileSync(join(root, 'Makefile'), 'utf8');
    assert.match(makefile, /^run: build\n\tbuild\/gatehouse serve$/m);
    for (const x of over) {
      const target = /^make ([a-z-]+)/.exec(x.text)?.[1];
      if (target) assert.match(makefile, new RegExp(`^${target}:`, 'm'), `make ${target}`);
    }
  });
  await t.test('the daemon is still well', async () => {
    assert.equal((await ask(`${d.base}/healthz`)).status, 200);
    d.clean();
  });
});
