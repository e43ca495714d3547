// Allow is pressed in Chromium for every kind of redirect a client has: https that hops on, loopback, and a private-use scheme.
import { createServer } from 'node:http';
import { story, assert } from './lib/story.mjs';
import { serve, OWNER } from './lib/daemon.mjs';
import { person, allow } from './lib/browser.mjs';
import { callback } from './lib/clients.mjs';
import { register, authorizeQuery, pkce, post } from './lib/oauth.mjs';

export default story('allow goes everywhere', async (t) => {
  const d = await serve(t);
  const me = await person(t);

  const go = async (redirect_uri, client_name) => {
    const client = (await register(d.base, { client_name, redirect_uris: [redirect_uri] })).json;
    const { verifier, challenge } = pkce();
    const url = `${d.base}/authorize?${authorizeQuery(client.client_id, challenge, { redirect_uri })}`;
    return { client, verifier, url };
  };

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
  });

  await t.test('a loopback page that hops on to a private-use scheme is not stopped by our headers', async () => {
    let landed;
    const arrived = new Promise((ok) => (landed = ok));
    const hop = createServer((req, res) => {
      landed(req.url);
      res.writeHead(302, { location: `cursor://anysphere.cursor-mcp/oauth/callback${new URL(req.url, 'http://x').search}` });
      res.end();
    });
    await new Promise((ok) => hop.listen(0, '127.0.0.1', ok));
    t.defer(() => new Promise((ok) => (hop.closeAllConnections(), hop.close(ok))));
    const { url } = await go(`http://127.0.0.1:${hop.address().port}/hop`, 'Hopper');
    const { page } = await allow(me, url);
    assert.match(await arrived, /code=gh_ac_/);
    await page.close();
  });

  await t.test('a private-use scheme is asked of the system, with the code in it', async () => {
    const redirect = 'cursor://anysphere.cursor-mcp/oauth/callback';
    const { url } = await go(redirect, 'Cursor');
    const page = await me.newPage();
    const asked = [];
    const cdp = await me.newCDPSession(page);
    await cdp.send('Network.enable');
    cdp.on('Network.requestWillBeSent', (e) => e.redirectResponse && asked.push(e.request.url));
    cdp.on('Network.responseReceivedExtraInfo', (e) => e.headers.location && asked.push(e.headers.location));
    cdp.on('Network.responseReceivedExtraInfo', (e) => e.headers.Location && asked.push(e.headers.Location));
    await page.goto(url);
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.waitForTimeout(700);
    assert.ok(asked.some((u) => u.startsWith(`${redirect}?code=gh_ac_`)), JSON.stringify(asked));
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
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.waitForURL(/client\.example/);
    assert.match(at, /^https:\/\/client\.example\/cb\?code=gh_ac_/);
    await page.close();
  });

  await t.test('Deny goes back with access_denied and the state', async () => {
    const back = await callback(t);
    const { url } = await go(back.url, 'Denied');
    await allow(me, url, OWNER, 'Deny');
    const p = await back.params;
    assert.equal(p.get('error'), 'access_denied');
    assert.equal(p.get('state'), 'st');
    assert.equal(p.get('iss'), d.base);
    assert.equal(p.get('code'), null);
  });
});
