// The main job, unattended: a clean directory, serve, protect, and foreign clients that sign in through a real browser.
import { story, assert, until } from './lib/story.mjs';
import { serve, freePort, OWNER } from './lib/daemon.mjs';
import { person, allow } from './lib/browser.mjs';
import { sdkV1, sdkV2, mcpRemote, everything } from './lib/clients.mjs';
import { ask, mcp, initialize } from './lib/oauth.mjs';
import { kept } from './lib/kept.mjs';

const text = (r) => r.content?.map((c) => c.text ?? '').join('');

export default story('the door', async (t) => {
  const upstream = await everything(t, await freePort());
  const d = await serve(t);
  const me = await person(t);
  const seen = [];
  const press = async (url) => {
    const { page, consent } = await allow(me, url);
    seen.push(consent);
    await page.close();
  };

  let address;
  await t.test('protect puts an address in front of a server that knows nothing of OAuth', async () => {
    const r = await d.verb(['protect', upstream.url, '--name', 'Everything']);
    assert.equal(r.code, 0, r.err + r.out);
    address = `${d.base}/everything/mcp`;
    assert.ok(r.out.includes(`claude mcp add --transport http everything ${address}\n`), r.out);
  });

  await t.test('the address asks for a sign-in with a challenge that names its metadata', async () => {
    const r = await kept(d, () => mcp(address, null, initialize));
    assert.equal(r.status, 401);
    const metadata = `${d.base}/.well-known/oauth-protected-resource${new URL(address).pathname}`;
    assert.match(r.headers.get('www-authenticate'),
      new RegExp(`^Bearer scope="mcp:tools", resource_metadata="${metadata}", error_description="Sign in to use this server\\. \\(why w[0-9a-z]{10}\\)"$`));
    const prm = await ask(metadata);
    assert.equal(prm.status, 200);
    assert.equal(prm.json.resource, address);
    assert.deepEqual(prm.json.authorization_servers, [d.base]);
  });

  const connected = {};
  for (const [name, connect] of [
    ['SDK v1', () => sdkV1(t, address, press, 'SDK v1')],
    ['SDK v2 auto', () => sdkV2(t, address, press, 'auto', 'SDK v2 auto')],
    ['SDK v2 legacy', () => sdkV2(t, address, press, 'legacy', 'SDK v2 legacy')],
  ]) {
    await t.test(`${name} discovers, registers, signs in, lists and calls tools`, async () => {
      const c = (connected[name] = await connect());
      assert.equal(c.provider.kept.redirects, 1);
      assert.match(c.provider.kept.client.client_id, /^[A-Za-z0-9_-]+$/);
      const { tools } = await c.client.listTools();
      assert.ok(tools.some((x) => x.name === 'echo'), JSON.stringify(tools.map((x) => x.name)));
      const r = await c.client.callTool({ name: 'echo', arguments: { message: `hello from ${name}` } });
      assert.equal(text(r), `Echo: hello from ${name}`);
      assert.match(seen.at(-1), new RegExp(name));
      assert.match(seen.at(-1), /Everything/);
      assert.match(seen.at(-1), new RegExp(OWNER.email));
    });
  }

  await t.test('SDK v2 pinned to 2026-07-28 reaches the management server', async () => {
    const c = (connected['SDK v2 pinned'] = await sdkV2(t, `${d.base}/mcp`, press, { pin: '2026-07-28' }, 'SDK v2 pinned'));
    const { tools } = await c.client.listTools();
    assert.ok(tools.some((x) => x.name === 'get_me'));
    const r = await c.client.callTool({ name: 'get_me', arguments: {} });
    assert.equal(r.structuredContent.user.email, OWNER.email);
  });

  let remote;
  await t.test('mcp-remote discovers, registers, signs in, lists and calls tools', async () => {
    remote = await mcpRemote(t, address, press);
    assert.equal(remote.hello.error, undefined, JSON.stringify(remote.hello));
    const list = await remote.ask('tools/list');
    assert.ok(list.result.tools.some((x) => x.name === 'echo'));
    const r = await remote.ask('tools/call', { name: 'echo', arguments: { message: 'through mcp-remote' } });
    assert.equal(text(r.result), 'Echo: through mcp-remote');
  });

  // The other server waits half a second before each step and says nothing else: that they come apart shows only on a clock.
  await t.test('progress is streamed while a call is still running', async () => {
    const at = [];
    const r = await connected['SDK v1'].client.callTool(
      { name: 'trigger-long-running-operation', arguments: { duration: 2, steps: 4 } }, undefined,
      { onprogress: (p) => at.push([p.progress, Date.now()]) });
    assert.equal(text(r), 'Long running operation completed. Duration: 2 seconds, Steps: 4.');
    assert.deepEqual(at.map(([p]) => p), [1, 2, 3, 4]);
    assert.ok(at[3][1] - at[0][1] > 600, `arrived together: ${JSON.stringify(at)}`);
  });

  await t.test('a client whose access token is refused refreshes by itself', async () => {
    for (const name of ['SDK v1', 'SDK v2 auto']) {
      const { client, provider } = connected[name];
      const old = provider.kept.tokens;
      provider.kept.tokens = { ...old, access_token: old.access_token.slice(0, -4) + 'AAAA' };
      const r = await client.callTool({ name: 'echo', arguments: { message: 'again' } });
      assert.equal(text(r), 'Echo: again');
      assert.notEqual(provider.kept.tokens.refresh_token, old.refresh_token);
      assert.equal(provider.kept.redirects, 1, 'nobody had to sign in again');
    }
  });

  await t.test('Connections lists every application and revokes one by its typed name', async () => {
    const page = await me.newPage();
    await page.goto(`${d.base}/account/connections`);
    const body = await page.innerText('body');
    for (const name of ['SDK v1', 'SDK v2 auto', 'SDK v2 legacy', 'SDK v2 pinned']) assert.ok(body.includes(name), `${name} not in:\n${body}`);

    // an open stream of the one that will lose its access
    const doomed = connected['SDK v2 auto'];
    const token = doomed.provider.kept.tokens.access_token;
    // a session of its own: the upstream allows one stream each
    const hello = await mcp(address, token, initialize);
    const session = { 'mcp-session-id': hello.headers.get('mcp-session-id') };
    assert.match(session['mcp-session-id'], /^\S+$/);
    const ping = () => mcp(address, token, { jsonrpc: '2.0', id: 9, method: 'ping' }, session);
    await mcp(address, token, { jsonrpc: '2.0', method: 'notifications/initialized' }, session);
    const stream = await fetch(address, { headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream', 'mcp-protocol-version': '2025-11-25', ...session } });
    assert.equal(stream.status, 200, `GET stream: ${stream.status}`);
    let ended = false;
    const reading = (async () => {
      try {
        for await (const _ of stream.body);
      } catch { /* cut, not closed */ }
      ended = true;
    })();

    const card = page.locator('section, article, li').filter({ has: page.getByRole('heading', { name: 'SDK v2 auto', exact: true }) }).last();
    await card.locator('summary').first().click();
    await card.getByText('Revoke access', { exact: true }).first().click();
    // Types the name and presses Revoke: the answer to the form.
    const revoke = async (name) => {
      await page.locator('input[name=name]').fill(name);
      const answered = page.waitForResponse((r) => r.request().method() === 'POST');
      await page.getByRole('button', { name: 'Revoke', exact: true }).click();
      const r = await answered;
      await page.waitForLoadState();
      return r.status();
    };
    assert.equal(await kept(d, () => revoke('SDK v2 aut')), 400);
    assert.match(await page.innerText('[role=alert]'), /^The name that was typed is not the name of the application\./);
    assert.equal((await ping()).status, 200, 'a wrong name changes nothing');
    assert.equal(ended, false);
    assert.equal(await revoke('SDK v2 auto'), 303);
    const r = await kept(d, ping);
    assert.equal(r.status, 401);
    assert.match(r.headers.get('www-authenticate'), /^Bearer error="invalid_token", /);
    assert.match(r.headers.get('www-authenticate'), /, error_description="The access was taken back\. \(why w[0-9a-z]{10}\)"$/);
    await until('the open stream to end', () => ended);
    await reading;
    await page.goto(`${d.base}/account/connections`);
    assert.ok(!(await page.innerText('body')).includes('SDK v2 auto'));
    await page.close();
  });

  await t.test('the other clients go on', async () => {
    for (const name of ['SDK v1', 'SDK v2 legacy']) {
      const r = await connected[name].client.callTool({ name: 'echo', arguments: { message: 'still here' } });
      assert.equal(text(r), 'Echo: still here');
    }
    const r = await remote.ask('tools/call', { name: 'echo', arguments: { message: 'still here' } });
    assert.equal(text(r.result), 'Echo: still here');
  });

  await t.test('the revoked client signs in again and works', async () => {
    const { access_token } = connected['SDK v2 auto'].provider.kept.tokens;
    const again = await sdkV2(t, address, press, 'auto', 'SDK v2 auto');
    assert.equal(again.provider.kept.redirects, 1);
    const r = await again.client.callTool({ name: 'echo', arguments: { message: 'back' } });
    assert.equal(text(r), 'Echo: back');
    assert.equal((await mcp(address, access_token, initialize)).status, 401, 'what was revoked stays so');
  });
});
