// Clients that are known by the address of their metadata document: with a host of documents that behaves, misbehaves, changes
// its mind and goes down. CIMD and CIMDX rows of the attack list.
import { createServer } from 'node:net';
import { story, assert, until } from './lib/story.mjs';
import { serve, OWNER } from './lib/daemon.mjs';
import { authority, documents, client } from './lib/documents.mjs';
import { twoNodes } from './lib/nodes.mjs';
import { sdkV2 } from './lib/clients.mjs';
import { idOf } from './lib/errors.mjs';
import { fetchers } from './lib/processes.mjs';
import { sql } from './lib/forge.mjs';
import { kept } from './lib/kept.mjs';
import { Jar, authorize, authorizeQuery, refresh, post, pkce, ask, register } from './lib/oauth.mjs';

const CALLBACK = 'http://localhost:40123/callback';

// From /authorize to tokens, as a native client does it.
async function connect(base, client_id, jar = new Jar(base)) {
  const a = await authorize(jar, client_id, { redirect_uri: CALLBACK, scope: 'users:read offline_access' });
  assert.ok(a.code, a.response.text);
  const r = await post(`${base}/token`, { grant_type: 'authorization_code', client_id, code: a.code, redirect_uri: CALLBACK, code_verifier: a.verifier });
  assert.equal(r.status, 200, r.text);
  return { ...r.json, jar };
}

const open = (base, client_id, redirect_uri = CALLBACK) =>
  ask(`${base}/authorize?${authorizeQuery(client_id, pkce().challenge, { redirect_uri })}`, { headers: { accept: 'text/html' } });

const count = (d, from) => Number(sql(d, `SELECT count(*) ${from}`).trim());

export default story('client metadata documents', async (t) => {
  const ca = authority(t);
  const pair = ca.pair('localhost', 'DNS:localhost,IP:127.0.0.1');
  const host = await documents(t, { pair });
  const outbound = `outbound: { allow: [127.0.0.0/8, "::1/128"], authorities: ${ca.authority} }\n`;
  const d = await serve(t, { config: `${outbound}limits: { documents: 0 }\n` });
  const strict = await serve(t, { config: 'management: on\n' });
  const url = `${host.base}/app/client.json`;
  const why = (x, id) => x.verb(['why', id]);
  host.at('/app/client.json', client(url));

  await t.test('the metadata says so, and offers the method none', async () => {
    const m = (await ask(`${d.base}/.well-known/oauth-authorization-server`)).json;
    assert.equal(m.client_id_metadata_document_supported, true);
    assert.ok(m.token_endpoint_auth_methods_supported.includes('none'));
  });
  await t.test('a client goes straight to /authorize, and its document is asked for once, as a document', async () => {
    const x = await connect(d.base, url);
    assert.match(x.refresh_token, /^gh_rt_/);
    assert.equal(host.asked('/app/client.json'), 1);
    assert.equal(host.last.headers.accept, 'application/json');
    assert.equal(host.last.headers.cookie, undefined);
    await connect(d.base, url);
    assert.equal(host.asked('/app/client.json'), 1);
    assert.equal(count(d, "FROM client WHERE origin = 'document'"), 1);
  });
  await t.test('CIMDX-07 the consent page shows the host that vouches, where the answer goes, and warns of other programs', async () => {
    const jar = new Jar(d.base);
    await jar.signIn();
    const r = await jar.ask(`/authorize?${authorizeQuery(url, pkce().challenge, { redirect_uri: CALLBACK })}`);
    const page = await jar.ask(r.location);
    assert.match(page.text, /<strong><bdi>localhost<\/bdi><\/strong> says that this is its application/);
    assert.match(page.text, /any program here can use the description that localhost publishes/);
    assert.match(page.text, /an application on this computer/);
    assert.doesNotMatch(page.text, />verified</);
  });
  await t.test('the MCP client of the second SDK chooses it, without a registration', async () => {
    const before = count(d, "FROM client");
    const own = { clientMetadataUrl: `${host.base}/sdk.json` };
    host.at('/sdk.json', client(own.clientMetadataUrl, { client_name: 'SDK by document' }));
    const jar = new Jar(d.base);
    const go = async (u) => {
      let r = await jar.ask(u.pathname + u.search);
      for (let i = 0; i < 6 && !(r.location && new URL(r.location, d.base).origin !== d.base); i++) {
        if (r.location) r = await jar.ask(r.location);
        else if (/name="password"/.test(r.text)) r = await jar.ask('/login', { method: 'POST', body: { ...Jar.fields(r.text), ...OWNER } });
        else r = await jar.ask('/consent', { method: 'POST', body: { ...Jar.fields(r.text), decision: 'allow' } });
      }
      void fetch(r.location).catch(() => {});
    };
    const { provider, client: c } = await sdkV2(t, `${d.base}/mcp`, go, 'auto', 'SDK by document', own);
    assert.equal(provider.kept.client.client_id, own.clientMetadataUrl);
    assert.ok((await c.listTools()).tools.length > 0);
    assert.equal(count(d, "FROM client"), before + 1);
  });

  // Nobody is asked: with a listener on the port, which must never hear anything.
  const canary = { heard: 0 };
  const listener = createServer((s) => (canary.heard++, s.destroy()));
  await new Promise((ok) => listener.listen(0, '127.0.0.1', ok));
  t.defer(() => new Promise((ok) => listener.close(ok)));
  const port = listener.address().port;
  // [the client_id, what is said of it, what is said where the file allows loopback, if that is something else]
  const never = (why) => `The client_id of this application is an address that no client document may have: ${why}.`;
  const OUTSIDE = never('its host is no name of the public internet');
  const unread = 'is not valid: its address is not one that is fetched.';
  const inside = 'could not be fetched: the host has an address that is not public.';
  const refused = {
    'CIMD-01': [`http://127.0.0.1:${port}/c.json`, never('it is not https')],
    'CIMD-02': [`https://127.0.0.1:${port}/c.json`, OUTSIDE, null],
    'CIMD-03': [`https://localhost:${port}/c.json`, OUTSIDE, null],
    'CIMD-05': [`https://[::ffff:7f00:1]:${port}/c.json`, OUTSIDE, null],
    'CIMD-06': [`https://2130706433:${port}/c.json`, OUTSIDE, unread],
    'CIMD-07': [`https://0x7f000001:${port}/c.json`, OUTSIDE, unread],
    'CIMD-09': [`https://127.1:${port}/c.json`, OUTSIDE, unread],
    'CIMD-10': [`https://0.0.0.0:${port}/c.json`, OUTSIDE, inside],
    'CIMD-11': [`https://localhost.:${port}/c.json`, OUTSIDE, unread],
    'CIMD-13': [`https://①②⑦.0.0.1:${port}/c.json`, 'The parameter client_id has characters that it may not have.'],
    'CIMD-14': [`https://user:pw@127.0.0.1:${port}/c.json`, never('it has a user')],
    'CIMD-15': ['https://169.254.169.254/latest/meta-data/', OUTSIDE, inside],
    'CIMD-17': ['https://[fd00::1]/c.json', OUTSIDE, inside],
    'CIMD-18': [`https://[64:ff9b::7f00:1]:${port}/c.json`, OUTSIDE, inside],
    'CIMD-19': ['https://client.example/c.json#frag', never('it has a fragment')],
    'CIMD-21': ['https://client.example/a/../c.json', never('its path has dot segments')],
    'CIMD-22': ['file:///etc/passwd', never('it is not https')],
    'CIMD-23': ['gopher://127.0.0.1:25/_x', never('it is not https')],
  };
  for (const [row, [id, words, there = words]] of Object.entries(refused))
    await t.test(`${row} ${id.replace(String(port), 'PORT')} is refused, and nobody is asked`, async () => {
      for (const [x, said] of [[strict, words], [d, there]]) {
        if (!said) continue; // its own loopback is what d may ask
        const page = await kept(x, () => open(x.base, id), 'audit');
        assert.deepEqual([page.status, page.headers.get('location')], [400, null], page.text);
        assert.ok(page.text.includes(said), page.text);
        const token = await kept(x, () => post(`${x.base}/token`, { grant_type: 'refresh_token', refresh_token: 'x', client_id: id }), 'audit');
        assert.deepEqual([token.status, token.json.error], [400, row === 'CIMD-13' ? 'invalid_request' : 'invalid_client'], token.text);
        assert.ok(token.json.error_description.includes(said), token.text);
      }
      assert.equal(canary.heard, 0);
    });
  await t.test('a host of an inside network is not asked either, unless its network is named', async () => {
    const other = await serve(t, { config: `outbound: { allow: [10.0.0.0/8] }\nlimits: { documents: 0 }\n` });
    const r = await kept(other, () => open(other.base, `https://127.0.0.1:${port}/c.json`), 'audit');
    assert.equal(r.status, 400);
    assert.match(r.text, /has an address that is not public/);
    assert.equal(canary.heard, 0);
    assert.match((await why(other, idOf(r))).out, /DOCUMENT_ADDRESS[^]*loopback/);
  });

  // What comes, and what the person and the operator are told.
  const says = async (path, page, code) => {
    const r = await kept(d, () => open(d.base, `${host.base}${path}`), 'audit');
    assert.deepEqual([r.status, r.headers.get('location')], [400, null], r.text);
    assert.match(r.text, page);
    assert.match(r.text, /localhost/);
    assert.doesNotMatch(r.text, /does not know the application/);
    const w = (await why(d, idOf(r))).out;
    assert.ok(w.includes(`${host.base}${path}`), w);
    assert.match(w, new RegExp(`\\b${code}\\b`));
  };
  await t.test('CIMDX-01 a document of 5 MB is cut', async () => {
    host.at('/big', (q, s) => (s.writeHead(200), s.end('{"a":"' + 'x'.repeat(5e6) + '"}')));
    await says('/big', /too large/, 'DOCUMENT_INVALID');
  });
  await t.test('CIMDX-01 a byte a second is cut after five seconds', async () => {
    // the host itself goes on for ever: that there is an answer shows that it was cut, and the bytes that it was not cut at the first
    let bytes = 0;
    host.at('/drip', (q, s) => {
      s.writeHead(200);
      const timer = setInterval(() => (bytes++, s.write('{')), 1000);
      s.on('close', () => clearInterval(timer));
    });
    await says('/drip', /did not come in time/, 'DOCUMENT_UNREACHABLE');
    assert.ok(bytes >= 3, `${bytes} bytes`);
  });
  await t.test('CIMDX-02 redirects are not followed', async () => {
    for (const [path, to] of [['/r1', 'http://169.254.169.254/'], ['/r2', `https://localhost:${port}/c.json`], ['/r3', '/r3']]) {
      host.at(path, (q, s) => (s.writeHead(302, { location: to }), s.end()));
      await says(path, /status 302, and redirects are not followed/, 'DOCUMENT_UNREACHABLE');
      assert.equal(host.asked(path), 1);
    }
    assert.equal(canary.heard, 0);
  });
  await t.test('CIMDX-05 a document of another client is refused', async () => {
    host.at('/other', client(url));
    await says('/other', /client_id is not the address of the document/, 'DOCUMENT_INVALID');
  });
  await t.test('CIMDX-06 a document with a secret, or a method that needs one, is refused', async () => {
    host.at('/secret', client(`${host.base}/secret`, { client_secret: 'x' }));
    await says('/secret', /client_secret has no place in a public document/, 'DOCUMENT_INVALID');
    host.at('/basic', client(`${host.base}/basic`, { token_endpoint_auth_method: 'client_secret_basic' }));
    await says('/basic', /neither none nor private_key_jwt/, 'DOCUMENT_INVALID');
  });
  await t.test('a filter in front of it, a page instead of it, and its absence are told apart', async () => {
    host.at('/403', (q, s) => (s.writeHead(403), s.end('<html>')));
    await says('/403', /status 403, so perhaps a filter/, 'DOCUMENT_UNREACHABLE');
    host.at('/html', (q, s) => (s.writeHead(200), s.end('<html>')));
    await says('/html', /no JSON object/, 'DOCUMENT_UNREACHABLE');
    await says('/nothing', /status 404/, 'DOCUMENT_GONE');
  });
  await t.test('CIMDX-11 certificates that are not to be believed', async () => {
    const bad = {
      'self-signed': [ca.pair('self', 'DNS:localhost', { signed: false }), {}],
      expired: [ca.pair('expired', 'DNS:localhost', { days: -1 }), {}],
      'of another host': [ca.pair('other', 'DNS:client.example'), {}],
      'under TLS 1.1': [pair, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    };
    for (const [what, [p, tls]] of Object.entries(bad)) {
      const h = await documents(t, { pair: p, tls });
      h.at('/c', client(`${h.base}/c`));
      const r = await kept(d, () => open(d.base, `${h.base}/c`), 'audit');
      assert.deepEqual([r.status, r.headers.get('location')], [400, null], what);
      assert.match(r.text, /certificate is not to be believed/, what);
      assert.equal(h.total(), 0, what);
    }
  });
  await t.test('CIMDX-09 one address gets ten documents a minute fetched, and is told when to come again', async () => {
    const few = await serve(t, { config: outbound });
    for (let i = 0; i < 12; i++) {
      host.at(`/n${i}`, client(`${host.base}/n${i}`));
      const go = () => open(few.base, `${host.base}/n${i}`);
      if (i < 10) assert.equal((await go()).status, 302);
      else {
        const r = await kept(few, go, 'audit');
        assert.equal(r.status, 429, r.text);
        assert.match(r.text, /A little slower/);
        assert.match(r.headers.get('retry-after'), /^[1-6]$/, 'a place comes back every six seconds');
      }
      assert.equal(host.asked(`/n${i}`), i < 10 ? 1 : 0);
    }
    assert.equal((await open(few.base, `${host.base}/n3`)).status, 302); // what is in memory is not counted
  });
  await t.test('CIMDX-10 no-store does not make everybody\'s click a request', async () => {
    const id = `${host.base}/nostore`;
    host.at('/nostore', (q, s) => (s.writeHead(200, { 'cache-control': 'no-store' }), s.end(JSON.stringify(client(id)))));
    for (let i = 0; i < 5; i++) assert.equal((await open(d.base, id)).status, 302);
    assert.equal(host.asked('/nostore'), 1);
  });
  await t.test('the redirect URI must stand in the document, but for the port of loopback', async () => {
    assert.equal((await open(d.base, url, 'http://127.0.0.1:9/callback')).status, 302);
    for (const uri of ['http://localhost:9/other', 'https://evil.example/callback']) {
      const r = await kept(d, () => open(d.base, url, uri), 'audit');
      assert.deepEqual([r.status, r.headers.get('location')], [400, null], uri);
      assert.match(r.text, /Invalid redirect_uri/, uri);
    }
  });

  // Its host goes down, we restart, it changes its mind.
  const again = async () => (await d.stop(), d.start());
  await t.test('a connection is refreshed while its host is down, also after a restart, and one kill', async () => {
    const x = await connect(d.base, url);
    const there = host.port;
    await host.close();
    await d.kill();
    await d.start();
    let r = await refresh(d.base, url, x.refresh_token);
    assert.equal(r.status, 200, r.text);
    assert.equal(r.headers.get('retry-after'), null);
    const page = await kept(d, () => open(d.base, url), 'audit');
    assert.equal(page.status, 400);
    assert.match(page.text, /nobody answers there/);
    const back = await documents(t, { pair, port: there });
    Object.assign(host, back);
    host.at('/app/client.json', client(url));
    await again();
    r = await refresh(d.base, url, r.json.refresh_token);
    assert.equal(r.status, 200, r.text);
    assert.equal(host.asked('/app/client.json'), 1);
  });
  await t.test('a redirect URI that was taken out between the question and the answer gets no code', async () => {
    const jar = new Jar(d.base);
    await jar.signIn();
    const r = await jar.ask(`/authorize?${authorizeQuery(url, pkce().challenge, { redirect_uri: CALLBACK })}`);
    const page = await jar.ask(r.location);
    host.at('/app/client.json', client(url, { redirect_uris: ['https://client.example/cb'] }));
    await again();
    const answer = await kept(d, () => jar.ask('/consent', { method: 'POST', body: { ...Jar.fields(page.text), decision: 'allow' } }), 'audit');
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.location, null);
    assert.match(answer.text, /Invalid redirect_uri/);
    host.at('/app/client.json', client(url));
    await again();
  });
  await t.test('a document that is withdrawn or turned over ends nothing for ever, but nothing goes on meanwhile', async () => {
    const x = await connect(d.base, url);
    for (const [bad, words] of [[null, /could not be fetched: it answered with status 404/], [client(`${host.base}/somebody-else`), /is not valid: client_id is not the address of the document/]]) {
      host.at('/app/client.json', bad);
      await again();
      const r = await kept(d, () => refresh(d.base, url, x.refresh_token), 'audit');
      assert.deepEqual([r.status, r.json.error], [400, 'invalid_client']);
      assert.match(r.json.error_description, words);
    }
    host.at('/app/client.json', client(url));
    await again();
    assert.equal((await refresh(d.base, url, x.refresh_token)).status, 200);
  });
  await t.test('the fetcher may die at any time', async () => {
    assert.equal(fetchers(d.process.pid).sitters.length, 1);
    for (let i = 0; i < 2; i++) {
      const [old] = fetchers(d.process.pid).sitters;
      process.kill(old, 'SIGKILL');
      host.at(`/after${i}`, client(`${host.base}/after${i}`));
      assert.equal((await open(d.base, `${host.base}/after${i}`)).status, 302);
      await until('another fetcher', () => fetchers(d.process.pid).sitters.some((p) => p !== old));
    }
  });

  await t.test('allow_clients lets in whom it names, and asks nobody for the others', async () => {
    const only = await serve(t, { config: `${outbound}registration: { allow_clients: [localhost, "https://127.0.0.1:1/exact"] }\n` });
    assert.equal((await open(only.base, url)).status, 302);
    const before = host.total();
    const other = await kept(only, () => open(only.base, `https://127.0.0.1:${host.port}/app/client.json`), 'audit');
    assert.equal(other.status, 403);
    assert.match(other.text, /This application is not one that this server lets in/);
    assert.equal(host.total(), before);
    const no = await kept(only, () => register(only.base), 'audit');
    assert.deepEqual([no.status, no.json.error], [403, 'unauthorized_client']);
    assert.equal((await register(only.base, { redirect_uris: ['http://127.0.0.1:7/cb'] })).status, 201);
  });
  await t.test('A-07 A-08 one client for all, where that is wanted', async () => {
    const shared = await serve(t, {
      config: 'registration: { mode: shared, client: everybody, cimd: off }\nclients:\n  - { client_id: everybody, name: MCP clients, redirect_uris: ["https://claude.ai/api/mcp/auth_callback", "http://localhost/callback"] }\n',
    });
    const r = await register(shared.base, { redirect_uris: ['https://evil.example/cb', CALLBACK] });
    assert.equal(r.status, 201);
    assert.equal(r.json.client_id, 'everybody');
    assert.deepEqual(r.json.redirect_uris, [CALLBACK]);
    const evil = await kept(shared, () => register(shared.base, { redirect_uris: ['https://evil.example/cb'] }), 'audit');
    assert.deepEqual([evil.status, evil.json.error], [400, 'invalid_redirect_uri']);
    await connect(shared.base, 'everybody');
    const bad = await kept(shared, () => open(shared.base, 'everybody', 'https://evil.example/cb'), 'audit');
    assert.deepEqual([bad.status, bad.headers.get('location')], [400, null]);
    assert.match(bad.text, /Invalid redirect_uri/);
    const m = (await ask(`${shared.base}/.well-known/oauth-authorization-server`)).json;
    assert.equal(m.client_id_metadata_document_supported, false);
    const page = await open(shared.base, url);
    assert.equal(page.status, 400);
    assert.match(page.text, /does not know the application/);
  });

  await t.test('what one node agreed to, another one refreshes while the host is down', async () => {
    const { nodes } = await twoNodes(t, { config: `${outbound}limits: { documents: 0 }\n` });
    const x = await connect(nodes[0].base, url);
    await host.close();
    // localhost is our host on any port: base_url is a loopback one
    const y = await refresh(nodes[1].base, url, x.refresh_token);
    assert.equal(y.status, 200, y.text);
    const page = await open(nodes[1].base, url);
    assert.equal(page.status, 400);
    assert.match(page.text, /nobody answers there/);
  });
});
