// spec attacks, area session & login.
import { story, assert } from './lib/story.mjs';
import { serve, OWNER } from './lib/daemon.mjs';
import { Jar, ask, form } from './lib/oauth.mjs';
import { wire } from './lib/wire.mjs';
import { sql } from './lib/forge.mjs';
import { kept } from './lib/kept.mjs';
import { said } from './lib/said.mjs';

export default story('attacks session', async (t) => {
  const d = await serve(t, {});
  const sessionOf = (jar) => [...jar.cookies].find(([k]) => /session/.test(k));
  // The browser is led to the sign-in, and back to its account behind it.
  const signedOut = async (jar) => {
    const r = await kept(d, () => jar.ask('/account'));
    assert.equal(r.status, 303);
    assert.equal(r.location, '/login?next=%2Faccount');
  };

  await t.test('SESS-01 cookies are HttpOnly, SameSite, without Domain', async () => {
    const page = await ask(`${d.base}/login`, { headers: { accept: 'text/html' } });
    const signed = await new Jar(d.base).signIn();
    const https = d.base.startsWith('https:');
    const [host, secure] = https ? ['__Host-', '; Secure'] : ['', ''];
    assert.equal(page.headers.getSetCookie().length, 1);
    assert.match(page.headers.getSetCookie()[0], new RegExp(`^${host}gh_browser=[\\w-]{43}; Path=/; HttpOnly; SameSite=Lax${secure}$`));
    assert.equal(signed.headers.getSetCookie().length, 1);
    assert.match(signed.headers.getSetCookie()[0], new RegExp(`^${host}gh_session=gh_ss_[\\w-]{54}; Path=/; HttpOnly; SameSite=Lax${secure}; Max-Age=2592000$`));
  });
  await t.test('SESS-02, SESS-03 a planted session is not signed in, two sign-ins share nothing', async () => {
    const a = new Jar(d.base);
    await a.signIn();
    const [name] = sessionOf(a);
    const b = new Jar(d.base);
    b.cookies.set(name, 'gh_ss_' + 'A'.repeat(54));
    await b.signIn();
    assert.notEqual(sessionOf(b)[1], 'gh_ss_' + 'A'.repeat(54));
    assert.notEqual(sessionOf(a)[1], sessionOf(b)[1]);
    assert.match(sessionOf(a)[1], /^gh_ss_[\w-]{54}$/);
    const planted = new Jar(d.base);
    planted.cookies.set(name, 'gh_ss_' + 'A'.repeat(54));
    await signedOut(planted);
  });
  await t.test('SESS-05 monstrous cookie headers are below 500', async () => {
    for (const [cookie, status] of [['a=' + 'x'.repeat(12000), 200], ['a=' + 'x'.repeat(60000), 400], [Array.from({ length: 500 }, (_, i) => `c${i}=v`).join('; '), 200],
      ['a b=c; ;;=; "=2', 200], ['a b=c; ;;=; \x01=2', 400]]) {
      const r = await kept(d, () => wire(d.port, `GET /login HTTP/1.1\r\nHost: localhost:${d.port}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`));
      assert.deepEqual(r.statuses, [status], cookie.slice(0, 100));
    }
  });
  await t.test('SESS-06, SESS-07 signing out asks first and goes nowhere else', async () => {
    const jar = new Jar(d.base);
    await jar.signIn();
    const r = await kept(d, () => jar.ask('/logout?post_logout_redirect_uri=https://evil.example'));
    assert.equal(r.status, 200);
    assert.equal((await jar.ask('/account')).status, 200, 'a GET does not end the session');
    const forged = await kept(d, () => jar.ask('/logout', { method: 'POST', body: { csrf: 'x' } }));
    assert.equal(forged.status, 403);
    assert.equal((await jar.ask('/account')).status, 200, 'nor does a form of another page');
    const out = await jar.ask('/logout', { method: 'POST', body: Jar.fields(r.text) });
    assert.equal(out.status, 303);
    assert.equal(out.location, `${d.base}/`);
    await signedOut(jar);
  });
  await t.test('whoever is blocked is signed out at the next click', async () => {
    const jar = new Jar(d.base);
    await jar.signIn();
    assert.equal((await jar.ask('/account')).status, 200);
    sql(d, `UPDATE users SET status = 'blocked' WHERE email = '${OWNER.email}'`);
    await signedOut(jar);
    sql(d, `UPDATE users SET status = 'active' WHERE email = '${OWNER.email}'`);
  });
  await t.test('a session that was signed out is dead for whoever kept the cookie', async () => {
    const jar = new Jar(d.base);
    await jar.signIn();
    const [name, value] = sessionOf(jar);
    await jar.ask('/logout', { method: 'POST', body: Jar.fields((await jar.ask('/logout')).text) });
    const thief = new Jar(d.base);
    thief.cookies.set(name, value);
    await signedOut(thief);
  });
  const strip = (s) => s.replace(/value="[^"]*"/g, '').replace(/\bw[0-9a-z]{10}\b/g, '').replace(/[\w.]+@example\.com/g, '');
  await t.test('SESS-09 a wrong password looks the same for a known and an unknown account', async () => {
    const wrong = (email) => kept(d, () => new Jar(d.base).signIn({ email, password: 'wrong password' }), 'audit', 'throttle');
    const a = await wrong(OWNER.email);
    const b = await wrong('nobody@example.com');
    assert.deepEqual([a.status, b.status], [401, 401]);
    assert.equal(said(a), 'The e-mail address or the password is not right.');
    assert.equal(strip(a.text), strip(b.text));
  });
  await t.test('SESS-13 absurd login bodies are refused for what they are, and are no attempt at an account', async () => {
    const jar = new Jar(d.base);
    const fields = Jar.fields((await jar.ask('/login')).text);
    const UNREADABLE = 'The parameters cannot be read: broken escapes, bad UTF-8, a NUL or too many of them.';
    for (const [body, words] of [
      [form({ ...fields, email: 'a@b.example', password: 'p'.repeat(15000) }), 'A parameter is too long.'],
      [form(fields) + '&email[]=a&password[]=b', 'Type your e-mail address and your password.'],
      [form({ ...fields, email: 'a\0b', password: 'x' }), UNREADABLE],
      [form(fields) + '&a=b'.repeat(3000), UNREADABLE],
    ]) {
      const r = await kept(d, () => jar.ask('/login', { method: 'POST', body }));
      assert.equal(r.status, 400);
      assert.equal(said(r), words);
      assert.equal(sessionOf(jar), undefined);
    }
    // two megabytes are not even read
    const r = await kept(d, () => wire(d.port, `POST /login HTTP/1.1\r\nHost: localhost:${d.port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 2000000\r\n\r\n`));
    assert.deepEqual(r.statuses, [413]);
  });
  await t.test('SESS-14 no header gets a foreign host into the page', async () => {
    const page = await ask(`${d.base}/login`, { headers: { accept: 'text/html' } });
    const r = await ask(`${d.base}/login`, { headers: { accept: 'text/html', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' } });
    assert.equal(r.status, 200);
    assert.equal(strip(r.text), strip(page.text));
    const foreign = await kept(d, () => wire(d.port, 'GET /login HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'));
    assert.deepEqual(foreign.statuses, [421]);
    assert.doesNotMatch(r.text + foreign.text, /evil\.example/);
  });
  await t.test('next leads only to our own pages', async () => {
    for (const [next, to] of [['https://evil.example', '/'], ['//evil.example', '/'], ['/\\evil.example', '/'], ['javascript:alert(1)', '/'], ['/account/connections', '/account/connections']]) {
      const jar = new Jar(d.base);
      const page = await jar.ask(`/login?next=${encodeURIComponent(next)}`);
      const r = await jar.ask('/login', { method: 'POST', body: { ...Jar.fields(page.text), ...OWNER } });
      assert.equal(r.status, 303);
      assert.equal(r.location, d.base + to);
    }
  });
  await t.test('SESS-11 25 wrong passwords are slowed down, in any spelling of the address, and never lock the owner out of a link', async () => {
    const spellings = ['Victim@example.com', 'victim@example.com', ' victim@EXAMPLE.com '];
    assert.equal((await d.verb(['create_user', '--email', 'victim@example.com', '--name', 'Victim'])).code, 0);
    const guess = (i) => new Jar(d.base).signIn({ email: spellings[i % 3], password: `wrong ${i}` });
    const refused = (r, status) => {
      assert.equal(r.status, status);
      assert.deepEqual(r.headers.getSetCookie(), []);
    };
    for (let i = 0; i < 6; i++) refused(await kept(d, () => guess(i), 'audit', 'throttle'), 401);
    assert.equal(sql(d, "SELECT next - updated FROM throttle WHERE count = 6"), '1', 'the sixth has to be waited for');
    // so that nobody here has to be faster than that second
    sql(d, 'UPDATE throttle SET next = next + 3600 WHERE count = 6');
    for (let i = 6; i < 25; i++) {
      const slowed = await kept(d, () => guess(i), 'audit');
      refused(slowed, 429);
      assert.match(slowed.headers.get('retry-after'), /^3[56]\d\d$/);
      assert.equal(said(slowed), `Too many attempts. Wait ${slowed.headers.get('retry-after')} seconds and try again.`);
    }
    const link = /https?:\/\/localhost:\d+\/link\?\S+/.exec((await d.verb(['link', 'victim@example.com'])).out)?.[0];
    assert.equal((await new Jar(d.base).ask(link)).status, 200);
  });
});
