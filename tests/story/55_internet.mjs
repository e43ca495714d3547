// What the fetcher does on an internet: public addresses, a name server that lies, dies and dawdles, hosts that misbehave; without
// any outbound.allow. Told in a network of its own, where every inside address has somebody who counts who comes. CIMDX-01, -02, -03
// and -11; the same rules for key sets of clients and providers, and for the addresses that hear of sign-outs.
import { createServer as createTcp } from 'node:net';
import { story, assert, sleep, until } from './lib/story.mjs';
import { serve } from './lib/daemon.mjs';
import { authority, documents, client } from './lib/documents.mjs';
import { INSIDE, LIVE, PUBLIC, canaries, deafServer, insideOr, nameServer, resolvers } from './lib/internet.mjs';
import { Jar, authorize, authorizeQuery, refresh, post, pkce, ask, register } from './lib/oauth.mjs';
import { assertion, keyPair, proof } from './lib/assertion.mjs';
import { bearer, jag } from './lib/jag.mjs';
import { webClient } from './lib/party.mjs';
import { idOf } from './lib/errors.mjs';
import { sql } from './lib/forge.mjs';
import { kept } from './lib/kept.mjs';

const CALLBACK = 'http://localhost:40123/callback';
const CB = 'https://client.example/cb';
const ZONE = 'host.example';
const AGENT = { id: 'agent', secret: 'the-secret-of-the-agent-0123456789' };

const told = story('names and addresses', async (t) => {
  const ca = authority(t);
  const pair = ca.pair('public', `DNS:*.${ZONE}`);
  const names = await nameServer(t, {
    aliases: { [`chain.${ZONE}`]: `link.${ZONE}`, [`link.${ZONE}`]: `end.${ZONE}`, [`good-chain.${ZONE}`]: `good-link.${ZONE}`, [`good-link.${ZONE}`]: `app.${ZONE}` },
  });
  const inside = await canaries(t);
  const at = async (name, address = PUBLIC.one, more = {}) => documents(t, { pair, port: 443, host: address, name: `${name}.${ZONE}`, ...more });
  const app = await at('app');
  const two = await at('two', PUBLIC.two);
  const six = await at('six', PUBLIC.six);
  for (const [name, host] of [['app', PUBLIC.one], ['two', PUBLIC.two], ['six', PUBLIC.six], ['idp', PUBLIC.one]]) await names.set(`${name}.${ZONE}`, host);
  const d = await serve(t, {
    config: `outbound: { authorities: ${ca.authority} }
limits: { documents: 0 }
resources:
  - { path: /weather/mcp, upstream: "http://127.0.0.1:1/mcp", name: Weather }
clients:
  - { client_id: ${AGENT.id}, client_secret: ${AGENT.secret}, name: Agent, grant_types: [jwt-bearer] }
trusted_issuers:
  - { issuer: "https://idp.${ZONE}", jwks_uri: "https://idp.${ZONE}/keys", create_users: true, verified_emails: true }
  - { issuer: "https://turned.${ZONE}", jwks_uri: "https://turned.${ZONE}/keys", create_users: true, verified_emails: true }
`,
  });
  const why = async (r) => (await d.verb(['why', idOf(r)])).out;
  const count = (from) => +sql(d, `SELECT count(*) ${from}`);
  const open = (id, extra = {}) => ask(`${d.base}/authorize?${authorizeQuery(id, pkce().challenge, { redirect_uri: CALLBACK, ...extra })}`, { headers: { accept: 'text/html' } });
  // A page that says why there is no document; nobody inside heard anything.
  const shown = async (id, page, code, detail = /./) => {
    const r = await open(id);
    assert.deepEqual([r.status, r.headers.get('location')], [400, null], r.text);
    assert.match(r.text, page, r.text);
    const w = await why(r);
    assert.match(w, new RegExp(code), w);
    assert.match(w, detail, w);
    assert.equal(inside.total(), 0, JSON.stringify(inside.heard));
  };
  // And nothing was kept.
  const refused = (...how) => kept(d, () => shown(...how), 'audit');
  const NOT_PUBLIC = /has an address that is not public/;
  const NO_NAME = /the name of the host does not resolve/;
  // A host of ours for a name, which has the document of a client at each of its addresses.
  const taken = async (host, path, name = host.base.slice(8), more = {}) => {
    const id = `https://${name}${path}`;
    host.at(path, client(id));
    const r = await open(id, more);
    assert.equal(r.status, 302, r.text);
    assert.equal(host.asked(path), 1);
    assert.equal(host.last.headers.host, name);
    assert.equal(host.last.socket.servername, name);
    return id;
  };

  await t.test('the canaries hear whoever comes, so that their silence says something', async () => {
    for (const address of Object.keys(inside.heard)) await fetch(`https://${address.includes(':') ? `[${address}]` : address}/`).catch(() => {});
    await until('all to be heard', () => Object.values(inside.heard).every((n) => n > 0));
    inside.reset();
  });
  const url = `${app.base}/app.json`;
  let first;
  await t.test('a document at a public address is taken, and somebody signs in by it: Host and SNI are the name, which is asked for once', async () => {
    app.at('/app.json', client(url));
    const jar = new Jar(d.base);
    const a = await authorize(jar, url, { redirect_uri: CALLBACK, scope: 'users:read offline_access' });
    assert.ok(a.code, a.response.text);
    const r = await post(`${d.base}/token`, { grant_type: 'authorization_code', client_id: url, code: a.code, redirect_uri: CALLBACK, code_verifier: a.verifier });
    assert.equal(r.status, 200, r.text);
    first = r.json;
    assert.equal(app.asked('/app.json'), 1);
    assert.equal(app.last.headers.host, `app.${ZONE}`);
    assert.equal(app.last.socket.servername, `app.${ZONE}`);
    assert.equal(names.asked(`app.${ZONE}`), 1);
    assert.equal(inside.total(), 0);
  });
  await t.test('so is one over IPv6, one whose IPv6 does not answer, one behind a chain of names, and one with fifty addresses', async () => {
    await taken(six, '/six');
    await names.set(`half.${ZONE}`, '2606:4700:10::dead', PUBLIC.one);
    await taken(app, '/half', `half.${ZONE}`);
    await taken(app, '/chain', `good-chain.${ZONE}`);
    await names.set(`fifty.${ZONE}`, PUBLIC.one, ...Array.from({ length: 49 }, (_, i) => `93.184.216.${i + 1}`));
    await taken(app, '/fifty', `fifty.${ZONE}`);
  });

  for (const [i, [address, word]] of Object.entries(INSIDE).entries())
    await t.test(`a name of ${address} (${word}) is refused, and nobody comes there`, async () => {
      await names.set(`inside-${i}.${ZONE}`, address);
      await refused(`https://inside-${i}.${ZONE}/c.json`, NOT_PUBLIC, 'DOCUMENT_ADDRESS', new RegExp(`DOCUMENT_ADDRESS[^]*${word}`));
      assert.equal(names.asked(`inside-${i}.${ZONE}`), 1);
    });
  await t.test('CIMDX-03 an IPv6 address inside beside a public IPv4 one, and the other way round', async () => {
    await names.set(`beside.${ZONE}`, PUBLIC.one, '::1');
    await refused(`https://beside.${ZONE}/c.json`, NOT_PUBLIC, 'DOCUMENT_ADDRESS');
    await names.set(`across.${ZONE}`, '10.0.0.1', PUBLIC.six);
    await refused(`https://across.${ZONE}/c.json`, NOT_PUBLIC, 'DOCUMENT_ADDRESS');
  });
  await t.test('CIMDX-03 one address inside among many public ones, wherever it stands in the answer', async () => {
    const many = Array.from({ length: 60 }, (_, i) => `93.184.217.${i + 1}`);
    await names.set(`many.${ZONE}`, PUBLIC.one, ...many.slice(0, 30), '169.254.169.254', ...many.slice(30));
    for (let i = 0; i < 5; i++) await refused(`https://many.${ZONE}/${i}`, NOT_PUBLIC, 'DOCUMENT_ADDRESS', /link-local/);
    assert.equal(app.asked('/0'), 0);
  });
  await t.test('CIMDX-03 a chain of names that ends inside', async () => {
    await names.set(`end.${ZONE}`, '10.0.0.1');
    await refused(`https://chain.${ZONE}/c.json`, NOT_PUBLIC, 'DOCUMENT_ADDRESS', /private use/);
  });
  for (const [i, address] of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', 'fd00::1'].entries())
    await t.test(`CIMDX-03 a name that was public is refused once it is ${address}, and taken again when it is not`, async () => {
      const name = `turns-${i}.${ZONE}`;
      await names.set(name, PUBLIC.two);
      await taken(two, `/before-${i}`, name);
      await names.set(name, address);
      two.at(`/inside-${i}`, client(`https://${name}/inside-${i}`));
      await refused(`https://${name}/inside-${i}`, NOT_PUBLIC, 'DOCUMENT_ADDRESS');
      assert.equal(two.asked(`/inside-${i}`), 0);
      await names.set(name, PUBLIC.two);
      await taken(two, `/after-${i}`, name);
    });
  await t.test('CIMDX-03 a name that turns inside while the connection is made gains nothing: it is not asked for again', async () => {
    const name = `swift.${ZONE}`;
    let came = 0;
    const server = createTcp((s) => {
      came++;
      void names.set(name, '127.0.0.1').then(() => s.destroy());
      s.on('error', () => {});
    });
    await new Promise((ok) => server.listen(8443, PUBLIC.one, ok));
    t.defer(() => new Promise((ok) => server.close(ok)));
    await names.set(name, PUBLIC.one);
    await refused(`https://${name}:8443/c.json`, /could not be fetched/, 'DOCUMENT_UNREACHABLE');
    assert.equal(came, 1);
    assert.equal(names.asked(name), 1);
    await refused(`https://${name}:8443/d.json`, NOT_PUBLIC, 'DOCUMENT_ADDRESS', /loopback/);
    assert.equal(came, 1);
  });
  await t.test('a name that does not exist is not looked for in the domains of this machine', async () => {
    const name = `nowhere.${ZONE}`;
    await names.set(`${name}.corp.example`, PUBLIC.one);
    await refused(`https://${name}/c.json`, NO_NAME, 'DOCUMENT_UNREACHABLE', /not known/);
    assert.equal(names.asked(name), 1);
    assert.equal(names.asked(`${name}.corp.example`), 0);
    assert.doesNotMatch(names.log, /corp\.example from/);
  });

  // Everybody else goes on while name servers do not: the lane of documents has eight threads, and here are sixteen that wait.
  const meanwhile = async () => {
    const who = new Jar(d.base);
    assert.equal((await ask(`${d.base}/healthz`)).status, 200);
    assert.equal((await who.signIn()).status, 303);
    assert.equal((await open(url)).status, 302, 'a client whose document is kept');
    const r = await refresh(d.base, url, first.refresh_token);
    assert.equal(r.status, 200, r.text);
    first = r.json;
  };
  const SILENT = /name resolution|no name server answered/; // whoever waited for a thread has less time left to ask in
  // A sign-in that waits for a name which is never answered for.
  const silent = (i, ended) => shown(`https://n${i}.silent.example/c.json`, NO_NAME, 'DOCUMENT_UNREACHABLE', SILENT).finally(ended);
  await t.test('a name server that fails is said to at once, while a name that is never answered for is waited for', async () => {
    let over = false;
    const one = silent('one', () => (over = true));
    await shown('https://a.servfail.example/c.json', NO_NAME, 'DOCUMENT_UNREACHABLE', /name resolution/);
    assert.equal(over, false);
    await one;
  });
  await t.test('a name that is never answered for costs a few seconds, and nobody else any', async () => {
    let over = 0;
    const all = Array.from({ length: 16 }, (_, i) => silent(i, () => over++));
    await sleep(300);
    await meanwhile();
    assert.ok(over <= 8, 'the others were done while no thread was free');
    await Promise.all(all);
  });
  await t.test('where the first name server is dead the second one is asked in time', async () => {
    resolvers(await deafServer(t, '127.0.0.61'), LIVE);
    await taken(two, '/second', `two.${ZONE}`);
  });
  await t.test('where all are, the page and why say that it was the name', async () => {
    resolvers('127.0.0.61', await deafServer(t, '127.0.0.62'), await deafServer(t, '127.0.0.63'));
    await refused(`https://two.${ZONE}/third`, NO_NAME, 'DOCUMENT_UNREACHABLE', /no name server answered in time/);
    resolvers(LIVE);
  });
  await t.test('an answer of three thousand addresses is judged to its last one', async () => {
    const huge = Array.from({ length: 3000 }, (_, i) => `93.185.${i >> 8}.${i & 255}`);
    await names.set(`huge.${ZONE}`, PUBLIC.one, ...huge);
    app.at('/huge', client(`https://huge.${ZONE}/huge`));
    assert.equal((await open(`https://huge.${ZONE}/huge`)).status, 302);
    await names.set(`huge.${ZONE}`, PUBLIC.one, ...huge, '10.0.0.1');
    await refused(`https://huge.${ZONE}/other`, NOT_PUBLIC, 'DOCUMENT_ADDRESS', /private use/);
  });

  await t.test('CIMDX-02 redirects are not followed, inside or to another public host', async () => {
    for (const [path, to] of [['/r1', 'http://169.254.169.254/'], ['/r2', 'https://10.0.0.1/'], ['/r3', `${two.base}/r3`]]) {
      app.at(path, (q, s) => (s.writeHead(302, { location: to }), s.end()));
      two.at('/r3', client(`${app.base}/r3`));
      await refused(`${app.base}${path}`, /status 302, and redirects are not followed/, 'DOCUMENT_UNREACHABLE');
    }
    assert.equal(two.asked('/r3'), 0);
  });
  await t.test('CIMDX-01 of 5 MB little more than the bound is taken off the line', async () => {
    let socket;
    app.at('/big', (q, s) => {
      socket = q.socket;
      s.writeHead(200);
      const more = () => s.write('x'.repeat(65536), () => !socket.destroyed && socket.bytesWritten < 5e6 && setImmediate(more));
      more();
    });
    await refused(`${app.base}/big`, /too large/, 'DOCUMENT_INVALID');
    await until('the line to be cut', () => socket.destroyed);
    assert.ok(socket.bytesWritten < 5e6, `${socket.bytesWritten} bytes`);
  });
  await t.test('CIMDX-01 a byte a second is cut after five seconds', async () => {
    // the host itself goes on for ever: that there is an answer shows that it was cut, and the bytes that it was not cut at the first
    let bytes = 0;
    app.at('/drip', (q, s) => {
      s.writeHead(200);
      const timer = setInterval(() => (bytes++, s.write('{')), 1000);
      s.on('close', () => clearInterval(timer));
    });
    await refused(`${app.base}/drip`, /did not come in time/, 'DOCUMENT_UNREACHABLE');
    assert.ok(bytes >= 3, `${bytes} bytes`);
  });
  await t.test('CIMDX-11 certificates that are not to be believed, at a public address', async () => {
    const bad = {
      self: [ca.pair('self', `DNS:*.${ZONE}`, { signed: false }), {}],
      expired: [ca.pair('expired', `DNS:*.${ZONE}`, { days: -1 }), {}],
      other: [ca.pair('other', 'DNS:*.elsewhere.example'), {}],
      address: [ca.pair('address', `IP:${PUBLIC.two}`), {}],
      old: [pair, { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    };
    let port = 9001;
    for (const [what, [p, tls]] of Object.entries(bad)) {
      await names.set(`tls-${what}.${ZONE}`, PUBLIC.two);
      const h = await documents(t, { pair: p, port: port++, host: PUBLIC.two, name: `tls-${what}.${ZONE}`, tls });
      h.at('/c', client(`${h.base}/c`));
      await refused(`${h.base}/c`, /certificate is not to be believed/, 'DOCUMENT_UNREACHABLE');
      assert.equal(h.total(), 0, what);
    }
  });

  const jar = new Jar(d.base);
  await jar.signIn();
  await t.test('CIMDX-03 the keys of a client come from public addresses only', async () => {
    const key = keyPair('mine');
    // A client that has a code; gives how it asks for tokens with it.
    const signer = async (path) => {
      two.at(path, { keys: [key.jwk] });
      const c = (await register(d.base, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: `https://keys.${ZONE}${path}` })).json;
      const a = await authorize(jar, c.client_id);
      return () => post(`${d.base}/token`, { grant_type: 'authorization_code', code: a.code, redirect_uri: CB, code_verifier: a.verifier, ...proof(assertion(key, c.client_id, d.base)) });
    };
    await names.set(`keys.${ZONE}`, PUBLIC.two);
    assert.equal((await (await signer('/keys-1'))()).status, 200);
    assert.equal(two.last.socket.servername, `keys.${ZONE}`);
    for (const list of [['10.0.0.1'], [PUBLIC.two, '::1']]) {
      await names.set(`keys.${ZONE}`, ...list);
      const r = await kept(d, await signer('/keys-2'), 'audit');
      assert.deepEqual([r.status, r.json.error], [401, 'invalid_client'], r.text);
      assert.match(await why(r), /jwks_uri: DOCUMENT_ADDRESS/);
      assert.equal(two.asked('/keys-2'), 0);
    }
    assert.equal(inside.total(), 0);
  });
  await t.test('CIMDX-03 so do the keys of a provider', async () => {
    const key = keyPair('provider');
    app.at('/keys', { keys: [key.jwk] });
    two.at('/keys', { keys: [key.jwk] });
    const say = (iss) => bearer(d.base, AGENT, jag(key, { iss, aud: d.base, client_id: AGENT.id, resource: `${d.base}/weather/mcp`, email: 'somebody@example.com', email_verified: true }));
    const r = await say(`https://idp.${ZONE}`);
    assert.equal(r.status, 200, r.text);
    await names.set(`turned.${ZONE}`, PUBLIC.two, '169.254.169.254');
    const no = await kept(d, () => say(`https://turned.${ZONE}`), 'audit');
    assert.deepEqual([no.status, no.json.error], [400, 'invalid_grant'], no.text);
    assert.match(await why(no), /DOCUMENT_ADDRESS/);
    assert.equal(two.asked('/keys'), 0);
    assert.equal(inside.total(), 0);
  });
  await t.test('CIMDX-03 and sign-outs are told at public addresses only', async () => {
    const heard = [];
    const line = { now: 0, most: 0 };
    // It takes its time to say yes, and is not asked anew meanwhile.
    app.at('/bye', (q, s) => {
      heard.push([q.method, q.headers.host, q.socket.servername]);
      line.most = Math.max(line.most, ++line.now);
      s.on('close', () => line.now--);
      q.resume();
      setTimeout(() => s.writeHead(204).end(), 3000);
    });
    for (const [name, addresses] of [['hears', [PUBLIC.one]], ['deaf', ['127.0.0.1']]]) {
      await names.set(`${name}.${ZONE}`, PUBLIC.one);
      const web = await webClient(d, { client_name: name, backchannel_logout_uri: `https://${name}.${ZONE}/bye` });
      const who = new Jar(d.base);
      await who.signIn();
      const a = await authorize(who, web.client_id, { scope: 'openid' });
      const r = await post(`${d.base}/token`, { grant_type: 'authorization_code', code: a.code, redirect_uri: CB, code_verifier: a.verifier }, web.basic);
      assert.equal(r.status, 200, r.text);
      await names.set(`${name}.${ZONE}`, ...addresses);
      await who.ask('/logout', { method: 'POST', body: Jar.fields((await who.ask('/logout')).text) });
    }
    await until('both to be settled', () => count('FROM logout_notice') === 0, 45000);
    assert.ok(heard.length > 0);
    for (const one of heard) assert.deepEqual(one, ['POST', `hears.${ZONE}`, `hears.${ZONE}`]);
    assert.equal(line.most, 1); // where it is so slow that it is asked a second time, the first one was given up
    assert.match((await d.verb(['log', '--event', 'auth.logout.told', '--json'])).out, /hears/);
    assert.match((await d.verb(['log', '--event', 'auth.logout.untold', '--json'])).out, /loopback/);
    assert.equal(inside.total(), 0);
  });

  await t.test('CIMDX-03 who is connected goes on while the name is inside, also after a restart; nobody new comes in, and nobody is asked there', async () => {
    await names.set(`app.${ZONE}`, '127.0.0.1');
    await d.stop();
    await d.start();
    const r = await refresh(d.base, url, first.refresh_token);
    assert.equal(r.status, 200, r.text);
    const page = await kept(d, () => open(url), 'audit');
    assert.deepEqual([page.status, page.headers.get('location')], [400, null]);
    assert.match(page.text, NOT_PUBLIC);
    assert.equal(app.asked('/app.json'), 1);
    assert.equal(inside.total(), 0);
  });
});

export default insideOr('55_internet', told, 'the internet');
