// The first minutes of a newcomer: serve prints a link, the link makes an owner, the pages lead on, the verbs help.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { story, assert, until } from './lib/story.mjs';
import { serve, run, OWNER } from './lib/daemon.mjs';
import { person } from './lib/browser.mjs';
import { findings } from './lib/foreign.mjs';
import { ask, Jar } from './lib/oauth.mjs';
import { kept } from './lib/kept.mjs';
import { said } from './lib/said.mjs';

const SECOND = { email: 'second@example.com', password: 'a long second password' };
const NEW = { email: OWNER.email, password: 'another long password' };

export default story('first run', async (t) => {
  const d = await serve(t, { init: false });
  const me = await person(t);
  let link;
  // The password twice, the button, and where it leads: the start page.
  const choose = async (page, password, button) => {
    await page.fill('input[name=password]', password);
    await page.fill('input[name=confirm]', password);
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.waitForURL(`${d.base}/`);
  };
  const refused = async (asking, status, words, ...but) => {
    const r = await kept(d, asking, ...but);
    assert.equal(r.status, status);
    assert.equal(said(r), words);
    return r;
  };
  const linkFor = async (email) => {
    const r = await d.verb(['link', email]);
    assert.equal(r.code, 0, r.err + r.out);
    const address = /^http:\/\/localhost:\d+\/link\?token=gh_ln_\S+$/m.exec(r.out)?.[0];
    assert.ok(address, r.out);
    return address;
  };

  await t.test('serve prints, last and by itself, a one-time setup link', async () => {
    link = await until('the link', () => /http:\/\/localhost:\d+\/setup\?token=\S+(?=\n)/.exec(d.log)?.[0], 5000);
    assert.ok(d.log.endsWith(`\nThere is no owner yet. Open this link once to become it:\n${link}\n`), d.log);
  });
  await t.test('S-03: files are 0600 in a directory that is 0700', () => {
    assert.equal(statSync(d.data).mode & 0o777, 0o700);
    const files = readdirSync(d.data);
    for (const f of ['gatehouse.db', 'gatehouse.db-wal', 'master.key', 'control.sock']) assert.ok(files.includes(f), f);
    for (const f of files) assert.equal(statSync(join(d.data, f)).mode & 0o777, 0o600, f);
  });
  await t.test('opening the link twice with GET does not use it up', async () => {
    for (let i = 0; i < 2; i++) assert.equal((await kept(d, () => new Jar(d.base).ask(link))).status, 200);
  });
  await t.test('the form makes the owner and signs in', async () => {
    const page = await me.newPage();
    await page.goto(link);
    await page.fill('input[name=email]', OWNER.email);
    await page.fill('input[name=name]', 'Olive Owner');
    await choose(page, OWNER.password, 'Make the owner');
    assert.equal(await page.innerText('h1'), 'Connect a client');
    assert.ok((await page.innerText('main')).includes(`claude mcp add --transport http gatehouse-management ${d.base}/mcp`));
    await page.close();
  });
  await t.test('the link is used up', async () => {
    const r = await refused(() => new Jar(d.base).ask(link), 403, 'This server already has an owner.');
    assert.doesNotMatch(r.text, /name="password"/);
  });
  await t.test('X-16: a browser at the root is led to the sign-in', async () => {
    const r = await new Jar(d.base).ask('/');
    assert.equal(r.status, 200);
    assert.match(r.text, /<a class="button primary" href="\/login">Sign in<\/a>/);
  });
  await t.test('a browser that opens a resource is told what this address is', async () => {
    const r = await refused(() => ask(`${d.base}/mcp`, { headers: { accept: 'text/html' } }), 401, 'This address is not a page: it is for AI applications. Add it to yours, and sign in when it asks you to.');
    assert.match(r.headers.get('www-authenticate'), new RegExp(`^Bearer scope="[^"]+", resource_metadata="${d.base}/\\.well-known/oauth-protected-resource/mcp", error_description=`));
    assert.equal(r.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.match(r.text, /<h1><bdi>Gatehouse management<\/bdi> is an MCP server<\/h1>/);
  });

  await t.test('a second person gets in by a link, and sets a password', async () => {
    const address = await linkFor(SECOND.email);
    const page = await (await person(t)).newPage();
    await page.goto(address);
    await choose(page, SECOND.password, 'Sign in');
    await page.goto(`${d.base}/account`);
    assert.ok((await page.innerText('main')).includes(SECOND.email));
    await refused(() => new Jar(d.base).ask(address), 400, 'This link has expired or was already used.');
    assert.equal((await new Jar(d.base).signIn(SECOND)).status, 303);
  });
  await t.test('an owner who lost the password gets back by a link', async () => {
    const address = await linkFor(OWNER.email);
    const jar = new Jar(d.base);
    const page = await jar.ask(address);
    const done = await jar.ask('/link', { method: 'POST', body: { ...Jar.fields(page.text), password: NEW.password, confirm: NEW.password } });
    assert.equal(done.status, 303, done.text);
    assert.equal((await new Jar(d.base).signIn(NEW)).status, 303);
    await refused(() => new Jar(d.base).signIn(OWNER), 401, 'The e-mail address or the password is not right.', 'audit', 'throttle');
  });

  await t.test('snippet prints what each client needs', async () => {
    const PUBLIC = '  It calls from the public internet, so the address must be reachable from there over https; localhost is not.\n';
    for (const [client, words] of [
      ['claude-code', `    claude mcp add --transport http gatehouse-management ${d.base}/mcp\n`],
      ['vscode', `        "servers": {\n          "gatehouse-management": {\n            "url": "${d.base}/mcp"\n`],
      ['cursor', `      "mcpServers": {\n        "gatehouse-management": {\n          "url": "${d.base}/mcp"\n`],
      ['codex', `    [mcp_servers.gatehouse-management]\n    url = "${d.base}/mcp"\n`],
      ['claude', PUBLIC],
      ['chatgpt', PUBLIC],
    ]) {
      const r = await d.verb(['snippet', '/mcp', '--client', client]);
      assert.equal(r.code, 0, r.err);
      assert.ok(r.out.includes(words), r.out);
    }
  });
  await t.test('doctor finds nothing wrong with the address', async () => {
    const r = await d.verb(['doctor', `${d.base}/mcp`]);
    assert.equal(r.code, 0, r.out + r.err);
    assert.deepEqual(findings(r.out, 'FAIL'), []);
  });
  await t.test('doctor says what is wrong with an address where nothing answers', async () => {
    const r = await d.verb(['doctor', 'http://127.0.0.1:1/mcp']);
    assert.equal(r.code, 1);
    assert.deepEqual(findings(r.out, 'FAIL'), [['TCP: cannot connect to 127.0.0.1:1: Connection refused', 'Start what should listen there, and look at its port and at the firewall between.']]);
  });
  await t.test('log shows what happened', async () => {
    const r = await d.verb(['log', '--since', '24h']);
    assert.equal(r.code, 0, r.err);
    const all = (await d.verb(['log', '--json'])).out.trim().split('\n').map((line) => JSON.parse(line));
    // what has an id is a row of the store, the others are lines of the recorder; rows of one millisecond have no order
    const stored = all.filter((x) => x.id).map((x) => x.event).toSorted();
    assert.deepEqual(stored, ['auth.login', 'auth.login', 'auth.login.link', 'auth.login.link', 'auth.login.refused', 'auth.password.change', 'auth.password.change',
      'auth.setup', 'op.create_link', 'op.create_link']);
    for (const event of new Set(all.map((x) => x.event))) assert.ok(r.out.includes(`Z  ${event} `), event);
  });
  await t.test('version -v names the file, the store and the socket', async () => {
    const r = await d.verb(['version', '-v']);
    assert.equal(r.code, 0);
    assert.match(r.out, /^gatehouse \d+\.\d+\.\d+\nconfiguration +none: all defaults\n/);
    assert.match(r.out, new RegExp(`^store +sqlite:${d.data}/gatehouse\\.db$`, 'm'));
    assert.match(r.out, new RegExp(`^socket +${d.data}/control\\.sock \\(a daemon answers\\)$`, 'm'));
  });
  await t.test('an unknown verb is wrong usage', async () => {
    const r = await run(['frobnicate']);
    assert.equal(r.code, 2);
    assert.equal(r.err, 'gatehouse: there is no verb `frobnicate`. `gatehouse help` lists them.\n');
    assert.equal(r.out, '');
  });
});
