// Allow is pressed in Chromium for every kind of redirect a client has: https that hops on, loopback, and a private-use scheme.
import { createServer } from 'node:http';
import { story, assert, until } from './lib/story.mjs';
import { serve, OWNER } from './lib/daemon.mjs';
import { person, allow } from './lib/browser.mjs';
import { callback } from './lib/clients.mjs';
import { register, authorizeQuery, pkce, post } from './lib/oauth.mjs';
import { sql } from './lib/forge.mjs';

const CURSOR = 'cursor://anysphere.cursor-mcp/oauth/callback';
const CODE = /\?code=gh_ac_[\w-]{54}&state=st&iss=/;

export default story('allow goes everywhere', async (t) => {
  const d = await serve(t);
  const me = await person(t);

  const go = async (redirect_uri, client_name) => {
    const client = (await register(d.base, { client_name, redirect_uris: [redirect_uri] })).json;
    const { verifier, challenge } = pkce();
    const url = `${d.base}/authorize?${authorizeQuery(client.client_id, challenge, { redirect_uri })}`;
    return { client, verifier, url };
  };
  // Every address that the browser is sent to from now on; one of a private-use scheme it hands on to the system.
  const sentTo = async (page) => {
    const asked = [];
    const cdp = await me.newCDPSession(page);
    await cdp.send('Network.enable');
    cdp.on('Network.requestWillBeSent', (e) => e.redirectResponse && asked.push(e.request.url));
    cdp.on('Network.responseReceivedExtraInfo', (e) => asked.push(e.headers.location ?? e.headers.Location ?? ''));
    return asked;
  };
  const pressAllow = (page) => page.getByRole('button', { name: 'Allow', exact: true }).click();

  await t.test('a loopback redirect gets its code, which buys tokens', async () => {
    const back = await callback(t);
    const { client, verifier, url } = await go(back.url, 'Loopback');
    await allow(me, url);
    const p = await back.params;
    assert.equal(p.get('state'), 'st');
    assert.equal(p.get('iss'), d.base);
    const r = await post(`${d.base}/token`, { grant_type: 'authorization_code', client_id: client.client_id, code: p.get('code'),
      redirect_uri: back.url, code_verifier: verifier });
    assert.equal(r.status, 200, r.text);
    assert.equal(r.json.token_type, 'Bearer');
    assert.match(r.json.refresh_token, /^gh_rt_/);
  });

  await t.test('a loopback page that hops on to a private-use scheme is not stopped by our headers', async () => {
    let landed;
    const arrived = new Promise((ok) => (landed = ok));
    const hop = createServer((req, res) => {
      landed(req.url);
      res.writeHead(302, { location: `${CURSOR}${new URL(req.url, 'http://x').search}` });
      res.end();
    });
    await new Promise((ok) => hop.listen(0, '127.0.0.1', ok));
    t.defer(() => new Promise((ok) => (hop.closeAllConnections(), hop.close(ok))));
    const { url } = await go(`http://127.0.0.1:${hop.address().port}/hop`, 'Hopper');
    const page = await me.newPage();
    const asked = await sentTo(page);
    await page.goto(url);
    await pressAllow(page);
    const there = await arrived;
    assert.match(there, CODE);
    await until('the hop', () => asked.includes(`${CURSOR}${new URL(there, 'http://x').search}`));
    await page.close();
  });

  await t.test('a private-use scheme is asked of the system, with the code in it', async () => {
    const { url } = await go(CURSOR, 'Cursor');
    const page = await me.newPage();
    const asked = await sentTo(page);
    await page.goto(url);
    await pressAllow(page);
    const there = await until('the private-use address', () => asked.find((u) => u.startsWith(CURSOR)));
    assert.match(there.slice(CURSOR.length), CODE);
    await page.close();
  });

  await t.test('an https redirect is followed to its host', async () => {
    const { url } = await go('https://client.example/cb', 'Web');
    const page = await me.newPage();
    let at;
    await page.route('https://client.example/**', (route) => {
      at = route.request().url();
      return route.fulfill({ status: 200, contentType: 'text/html', body: 'client' });
    });
    await page.goto(url);
    await pressAllow(page);
    await page.waitForURL('https://client.example/**');
    assert.ok(at.startsWith('https://client.example/cb?'), at);
    assert.match(at, CODE);
    await page.close();
  });

  await t.test('Deny goes back with access_denied and the state', async () => {
    const back = await callback(t);
    const { url } = await go(back.url, 'Denied');
    const given = () => sql(d, 'SELECT (SELECT count(*) FROM code), (SELECT count(*) FROM grants), (SELECT count(*) FROM consent)');
    const before = given();
    await allow(me, url, OWNER, 'Deny');
    const p = await back.params;
    assert.deepEqual([...p.keys()], ['error', 'error_description', 'state', 'iss']);
    assert.equal(p.get('error'), 'access_denied');
    assert.match(p.get('error_description'), /^The person said no\. \(why w[0-9a-z]{10}\)$/);
    assert.equal(p.get('state'), 'st');
    assert.equal(p.get('iss'), d.base);
    assert.equal(given(), before);
  });
});
