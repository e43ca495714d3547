// The first minutes of a newcomer: serve prints a link, the link makes an owner, the pages lead on, the verbs help.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { story, assert, until } from './lib/story.mjs';
import { serve, run, temporary, OWNER, BIN } from './lib/daemon.mjs';
import { person, allow } from './lib/browser.mjs';
import { ask, Jar, register, tokens } from './lib/oauth.mjs';

export default story('first run', async (t) => {
  const d = await serve(t, { init: false });
  const me = await person(t);
  let link;

  await t.test('serve prints, last and by itself, a one-time setup link', async () => {
    link = await until('the link', () => /http:\/\/localhost:\d+\/setup\?token=\S+/.exec(d.log)?.[0], 5000);
    assert.ok(d.log.trim().endsWith(link), d.log);
  });
  await t.test('S-03: files are 0600 in a directory that is 0700', () => {
    assert.equal(statSync(d.data).mode & 0o777, 0o700);
    for (const f of ['gatehouse.db', 'gatehouse.db-wal', 'master.key', 'control.sock']) assert.equal(statSync(join(d.data, f)).mode & 0o777, 0o600, f);
  });
  await t.test('opening the link twice with GET does not use it up', async () => {
    for (let i = 0; i < 2; i++) assert.equal((await new Jar(d.base).ask(link)).status, 200);
  });
  await t.test('the form makes the owner and signs in', async () => {
    const page = await me.newPage();
    await page.goto(link);
    await page.fill('input[name=email]', OWNER.email);
    if (await page.locator('input[name=name]').count()) await page.fill('input[name=name]', 'Olive Owner');
    for (const i of await page.locator('input[type=password]').all()) await i.fill(OWNER.password);
    await page.locator('main button[type=submit], form button[type=submit]').first().click();
    await page.waitForLoadState();
    await page.goto(d.base);
    assert.match(await page.innerText('body'), /Connect/i);
    assert.match(await page.innerText('body'), /claude mcp add/);
    await page.close();
  });
  await t.test('the link is used up', async () => {
    const r = await new Jar(d.base).ask(link);
    assert.ok([400, 403].includes(r.status), `${r.status}`);
    assert.doesNotMatch(r.text, /name="password"/);
  });
  await t.test('X-16: a browser at the root is led to the sign-in', async () => {
    const r = await new Jar(d.base).ask('/');
    assert.ok(r.status === 200 || r.status === 303 || r.status === 302);
    if (r.status === 200) assert.match(r.text, /href="\/login/);
  });
  await t.test('a browser that opens a resource is told what this address is', async () => {
    const r = await ask(`${d.base}/mcp`, { headers: { accept: 'text/html' } });
    assert.equal(r.status, 401);
    assert.match(r.headers.get('www-authenticate'), /^Bearer /);
    assert.match(r.headers.get('content-type'), /text\/html/);
    assert.match(r.text, /MCP/);
  });

  await t.test('a second person gets in by a link, and sets a password', async () => {
    const r = await d.verb(['link', 'second@example.com']);
    assert.equal(r.code, 0, r.err + r.out);
    const address = /http:\/\/localhost:\d+\/link\?\S+/.exec(r.out)?.[0];
    assert.ok(address, r.out);
    const second = await person(t);
    const page = await second.newPage();
    await page.goto(address);
    for (const i of await page.locator('input[type=password]').all()) await i.fill('a long second password');
    await page.locator('main button[type=submit], form button[type=submit]').first().click();
    await page.waitForLoadState();
    await page.goto(`${d.base}/account`);
    assert.match(await page.innerText('body'), /second@example\.com/);
    const again = await new Jar(d.base).ask(address);
    assert.ok(again.status >= 400);
    const jar = new Jar(d.base);
    assert.equal((await jar.signIn({ email: 'second@example.com', password: 'a long second password' })).status, 303);
  });
  await t.test('an owner who lost the password gets back by a link', async () => {
    const r = await d.verb(['link', OWNER.email]);
    const address = /http:\/\/localhost:\d+\/link\?\S+/.exec(r.out)?.[0];
    const jar = new Jar(d.base);
    const page = await jar.ask(address);
    const done = await jar.ask('/link', { method: 'POST', body: { ...Jar.fields(page.text), password: 'another long password', confirm: 'another long password', password_again: 'another long password' } });
    assert.equal(done.status, 303, done.text);
    assert.equal((await new Jar(d.base).signIn({ email: OWNER.email, password: 'another long password' })).status, 303);
    assert.notEqual((await new Jar(d.base).signIn(OWNER)).status, 303);
  });

  await t.test('snippet prints what each client needs', async () => {
    for (const [client, words] of [['claude-code', /claude mcp add --transport http \S+ http:\/\/localhost:\d+\/mcp/], ['vscode', /"servers"/], ['cursor', /"mcpServers"/], ['codex', /\[mcp_servers\./],
      ['claude', /localhost|internet|public/i], ['chatgpt', /localhost|internet|public/i]]) {
      const r = await d.verb(['snippet', '/mcp', '--client', client]);
      assert.equal(r.code, 0, r.err);
      assert.match(r.out, words);
    }
  });
  await t.test('doctor finds nothing wrong with the address', async () => {
    const r = await d.verb(['doctor', `${d.base}/mcp`]);
    assert.equal(r.code, 0, r.out + r.err);
  });
  await t.test('doctor says what is wrong with an address where nothing answers', async () => {
    const r = await d.verb(['doctor', 'http://127.0.0.1:1/mcp']);
    assert.equal(r.code, 1);
    assert.match(r.out + r.err, /refused|not answer|connect/i);
  });
  await t.test('log shows what happened', async () => {
    const r = await d.verb(['log', '--since', '24h']);
    assert.equal(r.code, 0, r.err);
    assert.match(r.out, /auth/);
    for (const line of (await d.verb(['log', '--json'])).out.trim().split('\n')) JSON.parse(line);
  });
  await t.test('version -v names the file, the store and the socket', async () => {
    const r = await d.verb(['version', '-v']);
    assert.match(r.out, /gatehouse \d+\.\d+/);
    assert.match(r.out, /gatehouse\.db/);
  });
  await t.test('an unknown verb is wrong usage', async () => {
    const r = await run(['frobnicate']);
    assert.equal(r.code, 2);
    assert.match(r.err, /gatehouse help/);
  });
});
