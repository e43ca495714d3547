// HTTP/2 through the real binary: what foreign clients do with it, and what comes back for frames that no client would send.
import { createServer } from 'node:http';
import http2 from 'node:http2';
import { networkInterfaces } from 'node:os';
import { story, assert, until } from './lib/story.mjs';
import { serve, run, freePort } from './lib/daemon.mjs';
import { tokens, refresh, ask, mcp, initialize, speak, form } from './lib/oauth.mjs';
import { ask2 } from './lib/http2.mjs';
import { kept } from './lib/kept.mjs';
import { TYPE, FLAG, talk, frame, headers, request, settings, block, u32, PREFACE } from './lib/frames.mjs';
import { wire } from './lib/wire.mjs';

export default story('HTTP/2', async (t) => {
  let behave = (req, res) => (res.setHeader('content-type', 'application/json'), res.end('{}'));
  const upstream = createServer((req, res) => behave(req, res));
  await new Promise((ok) => upstream.listen(0, '127.0.0.1', ok));
  t.defer(() => new Promise((ok) => (upstream.closeAllConnections(), upstream.close(ok))));
  const d = await serve(t, { config: `resources:
  - path: /weather/mcp
    upstream: http://127.0.0.1:${upstream.address().port}/mcp
    name: Weather
` });
  const authority = `localhost:${d.port}`;
  const weather = `${d.base}/weather/mcp`;
  const connect = () => {
    const s = http2.connect(d.base);
    s.on('error', () => {});
    t.defer(() => s.destroy());
    return s;
  };
  const bearer = (token) => ({ authorization: `Bearer ${token}` });

  // --- clients

  let w;
  await t.test('the whole way to tokens, and back to new ones, in HTTP/2', async () => {
    speak.http = 2;
    try {
      w = await tokens(d.base, { resource: weather });
      const r = await refresh(d.base, w.client.client_id, w.refresh_token);
      assert.equal(r.status, 200, r.text);
      w = { ...w, ...r.json };
      const called = await mcp(weather, w.access_token, initialize);
      assert.equal(called.status, 200, called.text);
      const refused = await mcp(weather, 'nonsense', initialize);
      assert.equal(refused.status, 401);
      assert.match(refused.headers.get('www-authenticate'), /^Bearer error="invalid_token"/);
    } finally {
      speak.http = 1;
    }
  });

  await t.test('curl and nghttp read the same answers', async () => {
    const url = `${d.base}/.well-known/oauth-authorization-server`;
    const one = (await ask(url)).json;
    const curl = await run(['-sS', '--http2-prior-knowledge', '-w', '\\n%{http_version} %{http_code}', url], { bin: 'curl' });
    assert.match(curl.out, /\n2 200$/, curl.err);
    assert.deepEqual(JSON.parse(curl.out.split('\n')[0]), one);
    const nghttp = await run([url], { bin: 'nghttp' });
    assert.deepEqual(JSON.parse(nghttp.out), one);
    // Upgrade is taken for what it is in HTTP/1.1: a wish that nobody has to grant
    const upgrade = await run(['-sS', '--http2', '-o', '/dev/null', '-w', '%{http_version} %{http_code}', url], { bin: 'curl' });
    assert.equal(upgrade.out, '1.1 200', upgrade.err);
    const token = await run(['-sS', '--http2-prior-knowledge', '-w', '\\n%{http_version} %{http_code}', '-d',
      form({ grant_type: 'refresh_token', client_id: w.client.client_id, refresh_token: w.refresh_token }), `${d.base}/token`], { bin: 'curl' });
    assert.match(token.out, /"access_token".*\n2 200$/s, token.err);
    w = { ...w, ...JSON.parse(token.out.split('\n')[0]) };
  });

  await t.test('a hundred streams of one connection get their own answers', async () => {
    behave = (req, res) => {
      let body = '';
      req.on('data', (x) => (body += x));
      req.on('end', () => setTimeout(() => res.end(body.repeat(50)), Math.random() * 30));
    };
    const s = connect();
    const all = await Promise.all(Array.from({ length: 100 }, (_, i) => ask2(weather, {
      method: 'POST', over: s, headers: { ...bearer(w.access_token), 'content-type': 'application/json' }, body: `{"n":${i}}`,
    })));
    all.forEach((r, i) => assert.ok(r.status === 200 && r.text === `{"n":${i}}`.repeat(50), `${i}: ${r.status} ${r.text.slice(0, 100)}`));
  });

  await t.test('a large upload waits for a slow upstream, and arrives whole', async () => {
    const size = 3 << 20;
    let got = 0;
    let go;
    behave = (req, res) => {
      req.pause();
      go = () => req.resume();
      req.on('data', (x) => (got += x.length));
      req.on('end', () => res.end(String(got)));
    };
    const s = connect();
    const req = s.request({ ':method': 'POST', ':path': '/weather/mcp', ...bearer(w.access_token), 'content-type': 'application/json', 'content-length': size });
    let text = '';
    req.on('data', (x) => (text += x));
    const ended = new Promise((ok, fail) => (req.on('end', ok), req.on('error', fail)));
    req.end(Buffer.alloc(size, 'y'));
    await until('the upstream to be asked', () => go);
    assert.deepEqual([got, text], [0, '']);
    assert.ok(s.state.remoteWindowSize <= 1 << 20, 'no more is let in at once');
    go();
    await ended;
    assert.equal(text, String(size));
  });

  await t.test('many event streams share a connection, and revoking one grant cuts its stream alone', async () => {
    behave = (req, res) => (res.writeHead(200, { 'content-type': 'text/event-stream' }), res.write(`data: hello\n\n`));
    const doomed = await tokens(d.base, { resource: weather });
    const s = connect();
    const open = (token) => {
      const req = s.request({ ':path': '/weather/mcp', ...bearer(token), accept: 'text/event-stream' });
      const x = { text: '', ended: false };
      req.on('data', (chunk) => (x.text += chunk));
      req.on('error', () => {});
      req.on('close', () => ((x.ended = true), (x.code = req.rstCode)));
      return x;
    };
    const mine = Array.from({ length: 8 }, () => open(w.access_token));
    const theirs = open(doomed.access_token);
    await until('all of them to begin', () => [...mine, theirs].every((x) => x.text.includes('hello')), 5000);
    const r = await ask(`${d.base}/revoke`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form({ token: doomed.refresh_token, client_id: doomed.client.client_id }) });
    assert.equal(r.status, 200);
    await until('the stream to end', () => theirs.ended, 2000);
    assert.equal(theirs.code, http2.constants.NGHTTP2_INTERNAL_ERROR);
    assert.ok(mine.every((x) => !x.ended));
    s.destroy();
  });

  await t.test('a client that resets its stream ends the request upstream', async () => {
    let closed = false;
    behave = (req, res) => (res.writeHead(200, { 'content-type': 'text/event-stream' }), res.write(': hello\n\n'), res.on('close', () => (closed = true)));
    const s = connect();
    const req = s.request({ ':path': '/weather/mcp', ...bearer(w.access_token) });
    req.on('error', () => {});
    await new Promise((ok) => req.once('data', ok));
    req.close(http2.constants.NGHTTP2_CANCEL);
    await until('the upstream to see it', () => closed, 5000);
    s.destroy();
  });

  await t.test('an authority that is not ours is 421, and so is one that only Host names', async () => {
    const r = await ask2(`${d.base}/token`, { headers: { host: 'evil.example' } });
    assert.deepEqual([r.status, r.json.error], [421, 'invalid_request'], r.text);
    const s = connect();
    const only = s.request({ ':path': '/token', host: 'evil.example' }); // Node sends no :authority then
    const head = await new Promise((ok, fail) => (only.on('response', ok), only.on('error', fail)));
    assert.equal(head[':status'], 421);
    s.destroy();
  });

  // --- frames: the case, what is sent, and what it is answered by: a GOAWAY, or the reset of a stream

  const get = (id, path = '/healthz', ...more) => headers(id, request(authority, 'GET', path, ...more));
  const post = (id, ...more) => headers(id, request(authority, 'POST', '/token', ['content-type', 'application/x-www-form-urlencoded'], ...more), 0);
  const data = (id, text, flags = 0) => frame(TYPE.DATA, flags, id, Buffer.from(text));
  const whole = block(request(authority, 'GET', '/healthz'));
  // where it is neither, the streams that are answered: the first
  const ends = {
    '4.1: a frame of no known type is passed over, and flags nobody knows are': [[frame(0x42, 0xff, 0, Buffer.from('x')), get(1)], {}],
    '4.2: a frame longer than 16384 bytes': [frame(TYPE.DATA, 0, 1, Buffer.alloc(16385)), { goaway: 'FRAME_SIZE_ERROR' }],
    '4.3: a head that is no HPACK': [frame(TYPE.HEADERS, 5, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])), { goaway: 'COMPRESSION_ERROR' }],
    '4.3: an entry that the table does not have': [frame(TYPE.HEADERS, 5, 1, Buffer.from([0xfe])), { goaway: 'COMPRESSION_ERROR' }],
    '4.3: a table larger than allowed': [frame(TYPE.HEADERS, 5, 1, Buffer.from([0x3f, 0xe1, 0xff, 0x03])), { goaway: 'COMPRESSION_ERROR' }],
    '5.1: DATA on a stream that is idle': [data(1, 'x'), { goaway: 'PROTOCOL_ERROR' }],
    '5.1: RST_STREAM on a stream that is idle': [frame(TYPE.RST_STREAM, 0, 1, u32(8)), { goaway: 'PROTOCOL_ERROR' }],
    '5.1: WINDOW_UPDATE on a stream that is idle': [frame(TYPE.WINDOW_UPDATE, 0, 1, u32(1)), { goaway: 'PROTOCOL_ERROR' }],
    '5.1: CONTINUATION on a stream that is idle': [frame(TYPE.CONTINUATION, 4, 1, whole), { goaway: 'PROTOCOL_ERROR' }],
    '5.1: DATA behind the end of a stream': [[get(1), data(1, 'x')], { goaway: 'STREAM_CLOSED' }],
    '5.1: HEADERS behind the end of a stream': [[headers(1, request(authority, 'GET', '/token')), get(1)], { goaway: 'STREAM_CLOSED' }],
    '5.1.1: a stream of an even number': [get(2), { goaway: 'PROTOCOL_ERROR' }],
    '5.1.1: a stream of a lower number than one before is passed over': [[get(5), get(3), get(7)], { answers: [5, 7] }],
    '5.4: a stream that depends on itself': [[post(1), frame(TYPE.PRIORITY, 0, 1, Buffer.concat([u32(1), Buffer.from([0])])), data(1, 'a=b', 1)], {}],
    '6.1: DATA on stream 0': [data(0, 'x'), { goaway: 'PROTOCOL_ERROR' }],
    '6.1: more padding than there is': [[post(1), frame(TYPE.DATA, FLAG.PADDED, 1, Buffer.from([9, 1, 2]))], { goaway: 'PROTOCOL_ERROR' }],
    '6.2: HEADERS on stream 0': [frame(TYPE.HEADERS, 5, 0, whole), { goaway: 'PROTOCOL_ERROR' }],
    '6.2: more padding than head': [frame(TYPE.HEADERS, 13, 1, Buffer.from([9, 0x82])), { goaway: 'PROTOCOL_ERROR' }],
    '6.2: another frame within a head': [[frame(TYPE.HEADERS, 1, 1, whole), frame(TYPE.PING, 0, 0, Buffer.alloc(8))], { goaway: 'PROTOCOL_ERROR' }],
    '6.2: a frame of no known type within a head': [[frame(TYPE.HEADERS, 1, 1, whole), frame(0x42, 0, 0)], { goaway: 'PROTOCOL_ERROR' }],
    '6.2: another stream\'s head within a head': [[frame(TYPE.HEADERS, 1, 1, whole), get(3)], { goaway: 'PROTOCOL_ERROR' }],
    '6.3, RFC 9218: PRIORITY is passed over, on whatever stream': [[frame(TYPE.PRIORITY, 0, 0, Buffer.alloc(5)), get(1)], {}],
    '6.4: RST_STREAM on stream 0': [frame(TYPE.RST_STREAM, 0, 0, u32(8)), { goaway: 'PROTOCOL_ERROR' }],
    '6.4: RST_STREAM of another size': [[post(1), frame(TYPE.RST_STREAM, 0, 1, Buffer.alloc(3))], { goaway: 'FRAME_SIZE_ERROR' }],
    '6.5: SETTINGS on a stream': [frame(TYPE.SETTINGS, 0, 1), { goaway: 'PROTOCOL_ERROR' }],
    '6.5: SETTINGS of another size': [frame(TYPE.SETTINGS, 0, 0, Buffer.alloc(5)), { goaway: 'FRAME_SIZE_ERROR' }],
    '6.5: an acknowledgement that says something': [frame(TYPE.SETTINGS, FLAG.ACK, 0, Buffer.alloc(6)), { goaway: 'FRAME_SIZE_ERROR' }],
    '6.5.2: a push that is neither on nor off': [settings([2, 2]), { goaway: 'PROTOCOL_ERROR' }],
    '6.5.2: a window over 2^31-1': [settings([4, 0x80000000]), { goaway: 'FLOW_CONTROL_ERROR' }],
    '6.5.2: frames smaller than 2^14': [settings([5, 16383]), { goaway: 'PROTOCOL_ERROR' }],
    '6.5.2: frames larger than 2^24-1': [settings([5, 1 << 24]), { goaway: 'PROTOCOL_ERROR' }],
    '6.5.2: a setting that nobody knows': [[settings([0x77, 1]), get(1)], {}],
    '6.6: a client that pushes': [[get(1), frame(TYPE.PUSH_PROMISE, 4, 1, Buffer.concat([u32(2), whole]))], { goaway: 'PROTOCOL_ERROR' }],
    '6.7: PING on a stream': [frame(TYPE.PING, 0, 1, Buffer.alloc(8)), { goaway: 'PROTOCOL_ERROR' }],
    '6.7: PING of another size': [frame(TYPE.PING, 0, 0, Buffer.alloc(7)), { goaway: 'FRAME_SIZE_ERROR' }],
    '6.8: GOAWAY on a stream': [frame(TYPE.GOAWAY, 0, 1, Buffer.alloc(8)), { goaway: 'PROTOCOL_ERROR' }],
    '6.9: a window opened by nothing': [frame(TYPE.WINDOW_UPDATE, 0, 0, u32(0)), { goaway: 'PROTOCOL_ERROR' }],
    '6.9: a stream\'s window opened by nothing': [[post(1), frame(TYPE.WINDOW_UPDATE, 0, 1, u32(0))], { goaway: 'PROTOCOL_ERROR' }],
    '6.9: WINDOW_UPDATE of another size': [frame(TYPE.WINDOW_UPDATE, 0, 0, Buffer.alloc(3)), { goaway: 'FRAME_SIZE_ERROR' }],
    '6.9.1: a window over 2^31-1': [frame(TYPE.WINDOW_UPDATE, 0, 0, u32(0x7fffffff)), { goaway: 'FLOW_CONTROL_ERROR' }],
    '6.9.1: a stream\'s window over 2^31-1': [[post(1), frame(TYPE.WINDOW_UPDATE, 0, 1, u32(0x7fffffff))], { resets: { 1: 'FLOW_CONTROL_ERROR' } }],
    '6.10: CONTINUATION behind a whole head': [[get(1), frame(TYPE.CONTINUATION, 4, 1, whole)], { goaway: 'PROTOCOL_ERROR' }],
    '8.1: a second head that does not end the stream': [[post(1), headers(1, [['x-trailer', '1']], 0)], { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.1: a pseudo header in a trailer': [[post(1), headers(1, [[':method', 'GET']])], { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.1.1: more data than Content-Length': [[post(1, ['content-length', '2']), data(1, 'abc', 1)], { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.1.1, HTTP-03: less data than Content-Length': [[post(1, ['content-length', '4']), data(1, 'abc', 1)], { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.2.1: a name with a capital': [get(1, '/healthz', ['X-A', '1']), { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.2.1, HTTP-17: NUL in a value': [get(1, '/healthz', ['x-a', 'a\0b']), { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.2.1: a line in a value': [get(1, '/healthz', ['x-a', 'a\r\nb: c']), { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.2.1, HTTP-26: a blank in a name': [get(1, '/healthz', ['x a', '1']), { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.2.2, HTTP-01: Transfer-Encoding': [post(1, ['transfer-encoding', 'chunked']), { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.2.2: Connection': [get(1, '/healthz', ['connection', 'close']), { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.2.2: another TE': [get(1, '/healthz', ['te', 'gzip']), { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.3: a pseudo header that nobody knows': [headers(1, [[':evil', '1'], ...request(authority, 'GET', '/healthz')]), { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.3: a pseudo header behind others': [headers(1, [['x', '1'], ...request(authority, 'GET', '/healthz')]), { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.3: one of them twice': [headers(1, [[':path', '/'], ...request(authority, 'GET', '/healthz')]), { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.3.1: no path': [headers(1, [[':method', 'GET'], [':scheme', 'http'], [':authority', authority]]), { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.3.1: an empty path': [headers(1, [[':method', 'GET'], [':scheme', 'http'], [':path', ''], [':authority', authority]]), { resets: { 1: 'PROTOCOL_ERROR' } }],
    '8.5: extended CONNECT': [headers(1, [[':method', 'CONNECT'], [':protocol', 'websocket'], [':scheme', 'http'], [':path', '/mcp'], [':authority', authority]]), { resets: { 1: 'PROTOCOL_ERROR' } }],
  };
  for (const [sentence, [bytes, want]] of Object.entries(ends)) {
    await t.test(`section ${sentence}`, async () => {
      const answers = want.goaway || want.resets ? [] : (want.answers ?? [1]);
      const answered = (f) => f.filter((x) => x.type === TYPE.DATA && x.flags & FLAG.END_STREAM).map((x) => x.stream);
      const r = await talk(d.port, bytes, { wait: 3000, until: (f) => f.some((x) => [TYPE.RST_STREAM, TYPE.GOAWAY].includes(x.type)) || (answers.length && answered(f).length === answers.length) });
      assert.deepEqual({ goaway: r.goaway, resets: r.resets }, { goaway: want.goaway, resets: want.resets ?? {} });
      if (answers.length) assert.deepEqual(answered(r.frames), answers);
    });
  }

  const long = block(request(authority, 'GET', '/' + 'a'.repeat(16300)));
  const MALFORMED = 'The HTTP request is malformed.';
  const TOO_LARGE = 'The head of the HTTP request is too large.';
  const answered = {
    'HTTP-25 a Host beside another authority': [get(1, '/healthz', ['host', 'evil.example']), 'The request must have exactly one Host header.'],
    'HTTP-27 a path of 16 KB': [[frame(TYPE.HEADERS, 1, 1, long.subarray(0, 16384)), frame(TYPE.CONTINUATION, 4, 1, long.subarray(16384))], TOO_LARGE],
    'HTTP-29 101 headers': [get(1, '/healthz', ...Array.from({ length: 101 }, (_, i) => [`x-${i}`, 'y'])), TOO_LARGE],
    'HTTP-30 a method in lower case': [headers(1, request(authority, 'get', '/healthz')), MALFORMED],
    'HTTP-37 a path with a dot segment': [get(1, '/static/../../etc/passwd'), 'The path of the request can be read in two ways.'],
    'a path with a fragment': [get(1, '/healthz#a'), MALFORMED],
    'CONNECT': [headers(1, [[':method', 'CONNECT'], [':authority', authority]]), MALFORMED],
  };
  // The first field of a head that is one of the static table (RFC 7541 appendix A).
  const STATUS = { 0x88: 200, 0x8c: 400 };
  for (const [sentence, [bytes, words]] of Object.entries(answered)) {
    await t.test(`${sentence} is answered with a refusal, and the connection goes on`, async () => {
      const r = await kept(d, () => talk(d.port, [bytes, get(3)].flat(), { wait: 3000, until: (f) => f.filter((x) => x.type === TYPE.DATA && x.flags & 1).length === 2 }), 'audit');
      const of = (id) => [STATUS[r.frames.find((f) => f.type === TYPE.HEADERS && f.stream === id)?.payload[0]], r.frames.filter((f) => f.type === TYPE.DATA && f.stream === id).map((f) => f.payload.toString()).join('')];
      const [status, body] = of(1);
      assert.equal(status, 400);
      assert.ok(body.startsWith(`{"error":"invalid_request","error_description":"${words} (why w`), body);
      assert.deepEqual(of(3), [200, 'ok\n']);
      assert.equal(r.goaway, undefined);
    });
  }

  // --- attacks

  const calm = {
    'CVE-2023-44487 rapid reset': Array.from({ length: 1000 }, (_, i) => [get(2 * i + 1, '/login'), frame(TYPE.RST_STREAM, 0, 2 * i + 1, u32(8))]).flat(),
    'CVE-2025-8671 resets that the server is made to send': Array.from({ length: 1000 }, (_, i) => [post(2 * i + 1), frame(TYPE.WINDOW_UPDATE, 0, 2 * i + 1, u32(0x7fffffff))]).flat(),
    'OPS-12 CVE-2024-27316 a head without an end': [frame(TYPE.HEADERS, 1, 1, whole), ...Array.from({ length: 5000 }, () => frame(TYPE.CONTINUATION, 0, 1, block([['x-a', 'b']])))],
    'OPS-12 CVE-2019-9515 a flood of SETTINGS': Array.from({ length: 5000 }, () => settings([1, 4096])),
    'OPS-12 CVE-2019-9512 a flood of PING': Array.from({ length: 5000 }, () => frame(TYPE.PING, 0, 0, Buffer.alloc(8))),
    'OPS-12 CVE-2019-9518 a flood of empty DATA': [post(1), ...Array.from({ length: 5000 }, () => frame(TYPE.DATA, 0, 1))],
    'OPS-12 CVE-2016-6581 a bomb in the table': frame(TYPE.HEADERS, 5, 1, Buffer.concat([whole, Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]), Buffer.alloc(4000, 'x'), Buffer.alloc(10000, 0xbe)])),
  };
  for (const [sentence, bytes] of Object.entries(calm)) {
    await t.test(`${sentence} ends in ENHANCE_YOUR_CALM, and others are served`, async () => {
      const r = await talk(d.port, bytes, { wait: 8000 });
      assert.equal(r.goaway, 'ENHANCE_YOUR_CALM');
      assert.ok(r.closed);
      assert.equal((await ask2(`${d.base}/healthz`)).status, 200);
    });
  }

  // --- where it is spoken

  await t.test('HTTP-31 a preface that is not exactly one, or stands behind a request, is a request that nobody knows', async () => {
    const preface = PREFACE.toString();
    for (const [bytes, statuses] of [[preface.replace('2.0', '2.1'), [400]], [preface.replace('SM', 'XX'), [400]],
      [`GET /healthz HTTP/1.1\r\nHost: ${authority}\r\n\r\n${preface}`, [200, 400]]]) {
      const r = await wire(d.port, bytes, { wait: 4000 });
      assert.deepEqual(r.statuses, statuses, r.text);
      assert.ok(r.closed);
    }
  });
  // A machine without a network has no other address to come from; what decides is told by the unit test of h2_clear_ok.
  const address = Object.values(networkInterfaces()).flat().find((i) => i.family === 'IPv4' && !i.internal)?.address;
  if (address) {
    await t.test('HTTP-31 in clear text from an address that is not this machine\'s own, even the exact one is refused', async () => {
      const port = await freePort();
      const open = await serve(t, { config: `ops: ${address}:${port}\n` });
      const r = await wire(port, Buffer.concat([PREFACE, settings()]).toString('latin1'), { host: address, wait: 4000 });
      assert.deepEqual(r.statuses, [400], r.text);
      assert.ok(r.closed);
      const own = await talk(open.port, get(1), { until: (f) => f.some((x) => x.type === TYPE.DATA) });
      assert.ok(own.frames.some((x) => x.type === TYPE.DATA), 'from its own it is taken');
    });
  }

  await t.test('an orderly end says so twice, and lets the last answer out', async () => {
    let answer;
    behave = (req, res) => (answer = () => res.end('{"last":true}'));
    const s = http2.connect(d.base);
    const goaways = [];
    s.on('error', () => {});
    s.on('goaway', (code, last) => goaways.push([code, last]));
    const last = ask2(weather, { over: s, headers: bearer(w.access_token) });
    await until('the upstream to be asked', () => answer);
    d.process.kill('SIGTERM');
    await until('both', () => goaways.length === 2, 5000);
    assert.deepEqual(goaways, [[0, 0x7fffffff], [0, 1]]);
    answer();
    assert.deepEqual((await last).json, { last: true });
    await d.exited;
    assert.equal(d.exit, 0);
  });
});
