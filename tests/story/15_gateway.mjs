// The gateway, first storey: what passes, what is stripped, what is answered when the upstream misbehaves.
import { createServer } from 'node:http';
import { createServer as createTcp } from 'node:net';
import { story, assert, sleep, until } from './lib/story.mjs';
import { serve, freePort } from './lib/daemon.mjs';
import { Jar, register, tokens, mcp, ask, post, initialize } from './lib/oauth.mjs';
import { announced, wire } from './lib/wire.mjs';
import { kept } from './lib/kept.mjs';
import { sql } from './lib/forge.mjs';
import { idOf } from './lib/errors.mjs';

export default story('gateway', async (t) => {
  const seen = [];
  let behave = (req, res) => {
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { ok: true } }));
  };
  const upstream = createServer((req, res) => {
    let body = '';
    req.on('data', (x) => (body += x));
    req.on('end', () => {
      seen.push({ method: req.method, url: req.url, headers: req.headers, raw: req.rawHeaders, body });
      behave(req, res, body);
    });
  });
  await new Promise((ok) => upstream.listen(0, '127.0.0.1', ok));
  t.defer(() => new Promise((ok) => (upstream.closeAllConnections(), upstream.close(ok))));
  const up = `http://127.0.0.1:${upstream.address().port}`;
  const dead = await freePort();
  const d = await serve(t, {
    config: `resources:
  - path: /weather/mcp
    upstream: ${up}/mcp
    name: Weather
  - path: /notes/mcp
    upstream: ${up}/notes
    name: Notes
    scopes: { "notes:read": "Read notes", "notes:write": "Write notes" }
    required_scopes: ["notes:read", "notes:write"]
  - path: /dead/mcp
    upstream: http://127.0.0.1:${dead}/mcp
    name: Dead
`,
  });
  const weather = `${d.base}/weather/mcp`;
  const jar = new Jar(d.base);
  await jar.signIn();
  const client = (await register(d.base)).json;
  const get = (resource, scope) => tokens(d.base, { jar, client, resource, scope });
  const w = await get(weather);
  const call = (headers = {}, body = initialize) => mcp(weather, w.access_token, body, headers);
  // What is refused never reaches the upstream, and changes no row.
  const unseen = async (send) => {
    const before = seen.length;
    const r = await kept(d, send);
    assert.equal(seen.length, before, 'the upstream has seen nothing');
    return r;
  };

  await t.test('a call passes with its body, and the answer comes back', async () => {
    const r = await call();
    assert.equal(r.status, 200);
    assert.deepEqual(r.json, { jsonrpc: '2.0', id: 1, result: { ok: true } });
    assert.deepEqual(JSON.parse(seen.at(-1).body), initialize);
    assert.equal(seen.at(-1).url, '/mcp');
  });
  await t.test('MCP-22 the client\'s token, cookies and claimed identity never reach the upstream', async () => {
    await call({ cookie: 'a=b', 'x-gatehouse-user': 'evil', 'x_gatehouse_user': 'evil', 'x-forwarded-user': 'evil', 'x-user-id': 'evil', origin: d.base, 'x-keep': 'kept' });
    const h = seen.at(-1).headers;
    for (const k of ['authorization', 'cookie', 'x_gatehouse_user', 'x-forwarded-user', 'origin', 'proxy-authorization']) assert.equal(h[k], undefined, k);
    assert.match(h['x-gatehouse-user'], /^user_/);
    assert.equal(h.host, up.slice('http://'.length));
    assert.equal(h['x-keep'], 'kept');
    assert.ok(!JSON.stringify(seen.at(-1).raw).includes('evil'));
    // what no HTTP library would send: a header that Connection names, and the proxy's own credentials
    const body = JSON.stringify(initialize);
    const r = await wire(d.port, `POST /weather/mcp HTTP/1.1\r\nHost: localhost:${d.port}\r\nAuthorization: Bearer ${w.access_token}\r\nContent-Type: application/json\r\n` +
      `Connection: close, X-Drop\r\nX-Drop: evil\r\nProxy-Authorization: evil\r\nTE: trailers\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    assert.deepEqual(r.statuses, [200]);
    assert.ok(!JSON.stringify(seen.at(-1).raw).includes('evil'));
    assert.equal(seen.at(-1).headers.te, undefined);
    assert.equal(seen.at(-1).body, body);
  });
  await t.test('Mcp headers and the query pass, the path is the upstream\'s', async () => {
    await ask(`${weather}?a=1&b=%20`, { method: 'POST', headers: { authorization: `Bearer ${w.access_token}`, 'content-type': 'application/json', 'mcp-session-id': 's1', 'mcp-protocol-version': '2025-11-25', 'mcp-param-x': 'y', 'last-event-id': '7' }, body: '{}' });
    const s = seen.at(-1);
    assert.equal(s.url, '/mcp?a=1&b=%20');
    assert.deepEqual([s.headers['mcp-session-id'], s.headers['mcp-protocol-version'], s.headers['mcp-param-x'], s.headers['last-event-id']], ['s1', '2025-11-25', 'y', '7']);
  });
  for (const method of ['GET', 'POST', 'DELETE', 'PUT', 'HEAD']) {
    await t.test(`MCP-02 ${method} without a token is 401 with the challenge and does not reach the upstream`, async () => {
      const r = await unseen(() => ask(weather, { method, ...(['GET', 'HEAD'].includes(method) ? {} : { body: '{}' }), headers: { 'mcp-protocol-version': '2024-11-05' } }));
      assert.equal(r.status, 401);
      assert.ok(r.headers.get('www-authenticate').startsWith(`Bearer scope="mcp:tools", resource_metadata="${d.base}/.well-known/oauth-protected-resource/weather/mcp", `));
    });
  }
  await t.test('RES-08 a token of another resource is refused', async () => {
    const other = await get(`${d.base}/mcp`);
    const r = await unseen(() => mcp(weather, other.access_token, initialize));
    assert.equal(r.status, 401);
    assert.match(r.headers.get('www-authenticate'), /^Bearer error="invalid_token"/);
  });
  await t.test('M-89, M-91 a token that lacks one of the required scopes is 403 naming all of them', async () => {
    const n = await get(`${d.base}/notes/mcp`, 'notes:read');
    const r = await unseen(() => mcp(`${d.base}/notes/mcp`, n.access_token, initialize));
    assert.equal(r.status, 403, r.text);
    assert.match(r.headers.get('www-authenticate'), /^Bearer error="insufficient_scope", scope="notes:read notes:write", /);
    const both = await get(`${d.base}/notes/mcp`, 'notes:read notes:write');
    assert.equal((await mcp(`${d.base}/notes/mcp`, both.access_token, initialize)).status, 200);
  });
  await t.test('MCP-06 a foreign origin is 403, our own and loopback ones pass', async () => {
    const r = await unseen(() => call({ origin: 'https://evil.example' }));
    assert.deepEqual([r.status, r.json.error, r.headers.get('access-control-allow-origin')], [403, 'invalid_request', null]);
    for (const origin of [d.base, 'http://localhost:6274', 'http://127.0.0.1:9']) assert.equal((await call({ origin })).status, 200, origin);
  });
  await t.test('MCP-07 another Host is refused', async () => {
    const r = await unseen(() => wire(d.port, `POST /weather/mcp HTTP/1.1\r\nHost: evil.example:80\r\nAuthorization: Bearer ${w.access_token}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`));
    assert.deepEqual(r.statuses, [421], r.text);
  });
  await t.test('MCP-23 the path that is matched is the path that is forwarded', async () => {
    const at = (path, token) => wire(d.port, `POST ${path} HTTP/1.1\r\nHost: localhost:${d.port}\r\n${token ? `Authorization: Bearer ${token}\r\n` : ''}Content-Length: 0\r\nConnection: close\r\n\r\n`);
    for (const [status, paths] of Object.entries({
      400: ['/public/..;/weather/mcp', '/weather%2fmcp', '//weather/mcp', '/weather/./mcp', '/weather/mcp/..', '/weather/mcp;a', '/weather/mcp%00', '/weather\\mcp'],
      404: ['/WEATHER/mcp'],
    })) {
      for (const path of paths) for (const token of [null, w.access_token]) assert.deepEqual((await unseen(() => at(path, token))).statuses, [+status], path);
    }
    // another spelling of the same path, and a query: the same resource
    for (const path of ['/%77eather/mcp', '/weather/mcp?x=/public/']) {
      assert.deepEqual((await unseen(() => at(path))).statuses, [401], path);
      assert.deepEqual((await at(path, w.access_token)).statuses, [200], path);
      assert.equal(seen.at(-1).url, path.includes('?') ? '/mcp?x=/public/' : '/mcp');
    }
  });
  await t.test('server-sent events pass at once, not when the answer ends', async () => {
    // each event is written when the one before it has arrived
    let write;
    behave = (req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      write = (i) => (i < 3 ? res.write(`data: ${i}\n\n`) : res.end());
      write(0);
    };
    const r = await fetch(weather, { headers: { authorization: `Bearer ${w.access_token}`, accept: 'text/event-stream' }, signal: AbortSignal.timeout(15000) });
    const events = [];
    for await (const chunk of r.body) {
      events.push(Buffer.from(chunk).toString());
      write(events.length);
    }
    assert.deepEqual(events, ['data: 0\n\n', 'data: 1\n\n', 'data: 2\n\n']);
  });
  await t.test('a large answer is not held in memory and arrives whole', async () => {
    const chunk = Buffer.alloc(1 << 20, 'x');
    behave = async (req, res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      for (let i = 0; i < 64; i++) if (!res.write(chunk)) await new Promise((ok) => res.once('drain', ok));
      res.end();
    };
    const r = await fetch(weather, { headers: { authorization: `Bearer ${w.access_token}` } });
    let n = 0;
    for await (const x of r.body) n += x.length;
    assert.equal(n, 64 << 20);
  });
  await t.test('a large request streams through too', async () => {
    let got = 0;
    behave = (req, res, body) => ((got = body.length), res.end('{}'));
    const r = await ask(weather, { method: 'POST', headers: { authorization: `Bearer ${w.access_token}`, 'content-type': 'application/json' }, body: 'y'.repeat(3 << 20) });
    assert.equal(r.status, 200);
    assert.equal(got, 3 << 20);
  });
  await t.test('MCP-20 a body of 20 MB is refused and the server is still up', async () => {
    behave = (req, res) => res.end('{}');
    const told = await unseen(() => announced(d.port, '/weather/mcp', 20 << 20, { authorization: `Bearer ${w.access_token}` }));
    assert.deepEqual(told.statuses, [413]);
    // who sends it all the same may be cut off before the answer is read
    const r = await unseen(() => ask(weather, { method: 'POST', headers: { authorization: `Bearer ${w.access_token}`, 'content-type': 'application/json' }, body: 'y'.repeat(20 << 20) })
      .catch(() => ({ status: 'closed' })));
    assert.ok([413, 'closed'].includes(r.status), String(r.status));
    assert.equal((await call()).status, 200);
  });

  const why = async (r, words) => {
    const id = idOf(r);
    assert.ok(id, r.text);
    const x = await d.verb(['why', id]);
    assert.equal(x.code, 0, x.err);
    assert.match(x.out, words);
  };
  await t.test('an upstream\'s own 401 and 403 become 502 with a why', async () => {
    for (const status of [401, 403]) {
      behave = (req, res) => (res.writeHead(status, { 'www-authenticate': 'Bearer' }), res.end('no'));
      const r = await call();
      assert.deepEqual([r.status, r.json.error], [502, 'upstream_refused']);
      assert.equal(r.headers.get('www-authenticate'), null);
      await why(r, new RegExp(String(status)));
    }
  });
  await t.test('a 307 or 308 to the same origin is followed once by us, elsewhere it is 502', async () => {
    for (const status of [307, 308]) {
      behave = (req, res) => (req.url === '/mcp' ? (res.writeHead(status, { location: '/moved' }), res.end()) : (res.setHeader('content-type', 'application/json'), res.end('{"moved":true}')));
      const r = await call();
      assert.equal(r.status, 200, r.text);
      assert.deepEqual(r.json, { moved: true });
      assert.deepEqual(JSON.parse(seen.at(-1).body), initialize);
    }
    behave = (req, res) => (res.writeHead(307, { location: 'http://127.0.0.1:1/x' }), res.end());
    const elsewhere = await call();
    assert.deepEqual([elsewhere.status, elsewhere.json.error], [502, 'upstream_redirect']);
    behave = (req, res) => (res.writeHead(307, { location: '/again' }), res.end());
    const before = seen.length;
    const again = await call();
    assert.deepEqual([again.status, again.json.error], [502, 'upstream_redirect']);
    assert.deepEqual(seen.slice(before).map((s) => s.url), ['/mcp', '/again']);
  });
  await t.test('a dead upstream is 502 that says so', async () => {
    const x = await get(`${d.base}/dead/mcp`);
    const r = await mcp(`${d.base}/dead/mcp`, x.access_token, initialize);
    assert.deepEqual([r.status, r.json.error], [502, 'upstream_unreachable']);
    await why(r, /no connection to http:\/\/127\.0\.0\.1/);
  });
  await t.test('an upstream that answers something else than HTTP is 502', async () => {
    const odd = createTcp((s) => (s.on('error', () => {}), s.resume(), s.end('SSH-2.0-odd\r\n')));
    await new Promise((ok) => odd.listen(dead, '127.0.0.1', ok));
    const x = await get(`${d.base}/dead/mcp`);
    const r = await mcp(`${d.base}/dead/mcp`, x.access_token, initialize);
    assert.deepEqual([r.status, r.json.error], [502, 'upstream_broken']);
    await new Promise((ok) => odd.close(ok));
  });
  await t.test('an upstream that closes a kept connection is tried again', async () => {
    behave = (req, res) => (res.setHeader('connection', 'keep-alive'), res.end('{}'));
    assert.equal((await call()).status, 200);
    const before = seen.length;
    upstream.closeAllConnections();
    assert.equal((await call()).status, 200);
    assert.equal(seen.length, before + 1);
  });
  await t.test('a client that goes away ends its upstream request', async () => {
    let closed = false;
    behave = (req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(': hello\n\n');
      res.on('close', () => (closed = true));
    };
    const stop = new AbortController();
    const r = await fetch(weather, { headers: { authorization: `Bearer ${w.access_token}` }, signal: stop.signal });
    await r.body.getReader().read();
    stop.abort();
    await until('the upstream to see it', () => closed, 5000);
  });
  await t.test('revoking the grant closes its open stream and nobody else\'s', async () => {
    behave = (req, res) => (res.writeHead(200, { 'content-type': 'text/event-stream' }), res.write(': hello\n\n'), res.on('error', () => {}));
    const doomed = await get(weather);
    const open = async (token) => {
      const stop = new AbortController();
      const r = await fetch(weather, { headers: { authorization: `Bearer ${token}` }, signal: stop.signal });
      const s = { began: false, ended: false, stop: () => stop.abort() };
      (async () => { try { for await (const _ of r.body) s.began = true; } catch { /* cut */ } s.ended = true; })();
      await until('the stream to begin', () => s.began);
      return s;
    };
    const a = await open(doomed.access_token);
    const b = await open(w.access_token);
    assert.equal((await post(`${d.base}/revoke`, { token: doomed.refresh_token, client_id: client.client_id })).status, 200);
    await until('the stream to end', () => a.ended, 2000);
    assert.equal(b.ended, false);
    const r = await mcp(weather, doomed.access_token, initialize);
    assert.equal(r.status, 401);
    assert.match(r.headers.get('www-authenticate'), /^Bearer error="invalid_token"/);
    b.stop();
  });
  await t.test('SIGTERM lets calls finish that take seconds, and sends listeners away at once with a time to come back', async () => {
    let letGo;
    const held = new Promise((ok) => (letGo = ok));
    const begun = new Set();
    behave = (req, res, body) => {
      begun.add(req.method === 'GET' ? 'listener' : JSON.parse(body).id);
      if (req.method === 'GET') return res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"n":1}\n\n');
      if (JSON.parse(body).id === 'plain') return void held.then(() => (res.setHeader('content-type', 'application/json'), res.end('{"late":true}')));
      res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"progress":1}\n\n');
      held.then(() => res.end('data: {"result":2}\n\n'));
    };
    const fresh = await get(weather);
    const long = (id) => mcp(weather, fresh.access_token, { jsonrpc: '2.0', id, method: 'tools/call' }).then((r) => r.text);
    const calls = Promise.all([long('plain'), long('streamed')]);
    calls.catch(() => {}); // it is waited for below, unless something fails before
    const listener = ask(weather, { headers: { authorization: `Bearer ${fresh.access_token}` } });
    await until('the upstream to have all three', () => begun.size === 3);
    await sleep(300); // the heads are on their way down
    d.process.kill('SIGTERM');
    const told = Date.now();
    const { text } = await listener;
    assert.match(text, /^data: \{"n":1\}\n\nretry: 1\d\d\d\n\n$/, 'a whole answer, which fetch would throw for otherwise');
    await until('nobody new to be let in', () => fetch(`${d.base}/healthz`, { headers: { connection: 'close' } }).then(() => false, () => true));
    await sleep(3500); // the seconds that a call may take
    letGo();
    assert.deepEqual(await calls, ['{"late":true}', 'data: {"progress":1}\n\ndata: {"result":2}\n\n']);
    assert.equal(await d.exited, 0, d.log.slice(-2000));
    // only a clock tells that it did not use up the ten seconds that a call may take at most
    assert.ok(Date.now() - told < 9500, 'and nothing else was waited for');
    d.clean();
    await d.start();
  });
  await t.test('what another node says of a person holds here: the token is refused', async () => {
    behave = (req, res) => (res.setHeader('content-type', 'application/json'), res.end('{"jsonrpc":"2.0","id":1,"result":{}}'));
    const t2 = await get(weather);
    assert.equal((await mcp(weather, t2.access_token, initialize)).status, 200);
    sql(d, "INSERT INTO revocation (tenant, kind, id, at, until) SELECT tenant, 'user', id, strftime('%s'), strftime('%s') + 600 FROM users");
    let last;
    await until('the feed to be read', async () => (last = await mcp(weather, t2.access_token, initialize)).status !== 200, 5000);
    assert.equal(last.status, 401);
    assert.match(last.headers.get('www-authenticate'), /^Bearer error="invalid_token"/);
  });
  await t.test('CORS: the resource is open to allowed origins only, and exposes the challenge', async () => {
    const ok = await ask(weather, { method: 'OPTIONS', headers: { origin: 'http://localhost:6274', 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type,mcp-protocol-version' } });
    assert.equal(ok.status, 204);
    assert.equal(ok.headers.get('access-control-allow-origin'), 'http://localhost:6274');
    const evil = await ask(weather, { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } });
    assert.deepEqual([evil.status, evil.headers.get('access-control-allow-origin')], [403, null]);
    const r = await ask(weather, { method: 'POST', headers: { origin: 'http://localhost:6274' }, body: '{}' });
    assert.equal(r.status, 401);
    assert.match(r.headers.get('access-control-expose-headers'), /WWW-Authenticate/i);
    assert.equal(r.headers.get('access-control-allow-origin'), 'http://localhost:6274');
  });

});
