// spec attacks, area session & login.
import { story, assert } from './lib/story.mjs';
import { serve, OWNER } from './lib/daemon.mjs';
import { Jar, ask, form } from './lib/oauth.mjs';
import { wire } from './lib/wire.mjs';
import { sql } from './lib/forge.mjs';

export default story('attacks session', async (t) => {
  const d = await serve(t, {});
  const sessionOf = (jar) => [...jar.cookies].find(([k]) => /session/.test(k));

  await t.test('SESS-01 cookies are HttpOnly, SameSite, without Domain', async () => {
    const page = await ask(`${d.base}/login`, { headers: { accept: 'text/html' } });
    const jar = new Jar(d.base);
    const signed = await jar.signIn();
    for (const line of [...page.headers.getSetCookie(), ...signed.headers.getSetCookie()]) {
      assert.match(line, /HttpOnly/i);
      assert.match(line, /SameSite=(Lax|Strict)/i);
      assert.doesNotMatch(line, /Domain=/i);
    }
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
    assert.ok(sessionOf(a)[1].length >= 22);
    const planted = new Jar(d.base);
    planted.cookies.set(name, 'gh_ss_' + 'A'.repeat(54));
    const r = await planted.ask('/account');
    assert.match(r.location ?? '', /\/login/);
  });
  await t.test('SESS-05 monstrous cookie headers are below 500', async () => {
    for (const cookie of ['a=' + 'x'.repeat(12000), Array.from({ length: 500 }, (_, i) => `c${i}=v`).join('; '), 'a b=c; ;;=; \x01=2']) {
      const r = await wire(d.port, `GET /login HTTP/1.1\r\nHost: localhost:${d.port}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
      assert.ok(r.statuses[0] < 500, r.text.slice(0, 100));
    }
  });
  await t.test('SESS-06, SESS-07 signing out asks first and goes nowhere else', async () => {
    const jar = new Jar(d.base);
    await jar.signIn();
    const r = await jar.ask('/logout?post_logout_redirect_uri=https://evil.example');
    assert.equal(r.status, 200);
    assert.equal((await jar.ask('/account')).status, 200, 'a GET does not end the session');
    const out = await jar.ask('/logout', { method: 'POST', body: Jar.fields(r.text) });
    assert.equal(out.status, 303);
    assert.doesNotMatch(out.location, /evil/);
    assert.match((await jar.ask('/account')).location, /\/login/);
  });
  await t.test('whoever is blocked is signed out at the next click', async () => {
    const jar = new Jar(d.base);
    await jar.signIn();
    assert.equal((await jar.ask('/account')).status, 200);
    sql(d, `UPDATE users SET status = 'blocked' WHERE email = '${OWNER.email}'`);
    assert.match((await jar.ask('/account')).location ?? '', /\/login/);
    sql(d, `UPDATE users SET status = 'active' WHERE email = '${OWNER.email}'`);
  });
  await t.test('a session that was signed out is dead for whoever kept the cookie', async () => {
    const jar = new Jar(d.base);
    await jar.signIn();
    const [name, value] = sessionOf(jar);
    await jar.ask('/logout', { method: 'POST', body: Jar.fields((await jar.ask('/logout')).text) });
    const thief = new Jar(d.base);
    thief.cookies.set(name, value);
    assert.match((await thief.ask('/account')).location, /\/login/);
  });
  await t.test('SESS-09 a wrong password looks the same for a known and an unknown account', async () => {
    const strip = (s) => s.replace(/value="[^"]*"/g, '').replace(/\bw[0-9a-z]{10}\b/g, '').replace(/[\w.]+@example\.com/g, '');
    const a = await new Jar(d.base).signIn({ email: OWNER.email, password: 'wrong password' });
    const b = await new Jar(d.base).signIn({ email: 'nobody@example.com', password: 'wrong password' });
    assert.equal(a.status, b.status);
    assert.equal(strip(a.text), strip(b.text));
  });
  await t.test('SESS-13 absurd login bodies are below 500 and quick', async () => {
    const jar = new Jar(d.base);
    const fields = Jar.fields((await jar.ask('/login')).text);
    for (const body of [form({ ...fields, email: 'a@b.example', password: 'p'.repeat(15000) }), form({ ...fields }) + '&email[]=a&password[]=b', form({ ...fields, email: 'a\0b', password: 'x' }),
      form(fields) + '&a=b'.repeat(3000)]) {
      const began = Date.now();
      const r = await jar.ask('/login', { method: 'POST', body });
      assert.ok(r.status >= 400 && r.status < 500, `${r.status}`);
      assert.ok(Date.now() - began < 3000);
    }
  });
  await t.test('SESS-14 no header gets a foreign host into the page', async () => {
    const r = await ask(`${d.base}/login`, { headers: { accept: 'text/html', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' } });
    assert.doesNotMatch(r.text, /evil\.example/);
  });
  await t.test('next leads only to our own pages', async () => {
    for (const next of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
      const jar = new Jar(d.base);
      const page = await jar.ask(`/login?next=${encodeURIComponent(next)}`);
      const r = await jar.ask('/login', { method: 'POST', body: { ...Jar.fields(page.text), ...OWNER } });
      assert.doesNotMatch(r.location ?? '', /evil|javascript/);
    }
  });
  await t.test('SESS-11 25 wrong passwords are slowed down, in any spelling of the address, and never lock the owner out of a link', async () => {
    const spellings = ['Victim@example.com', 'victim@example.com', ' victim@EXAMPLE.com '];
    assert.equal((await d.verb(['create_user', '--email', 'victim@example.com', '--name', 'Victim'])).code, 0);
    let slowed;
    for (let i = 0; i < 25 && !slowed; i++) {
      const r = await new Jar(d.base).signIn({ email: spellings[i % 3], password: `wrong ${i}` });
      if (r.status === 429) slowed = r;
    }
    assert.ok(slowed, 'never slowed down');
    assert.ok(+slowed.headers.get('retry-after') >= 1);
    const link = /https?:\/\/localhost:\d+\/link\?\S+/.exec((await d.verb(['link', 'victim@example.com'])).out)?.[0];
    assert.equal((await new Jar(d.base).ask(link)).status, 200);
  });
});
