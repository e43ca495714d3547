// spec attacks, area HTTP: whatever two parsers could read differently is answered 400 once, and the connection closes.
import { story, assert, sleep } from './lib/story.mjs';
import { serve } from './lib/daemon.mjs';
import { dial, wire } from './lib/wire.mjs';
import { kept } from './lib/kept.mjs';
import { ask } from './lib/oauth.mjs';

export default story('attacks HTTP', async (t) => {
  const d = await serve(t);
  const H = `Host: localhost:${d.port}\r\n`;
  const post = (head, body = '') => `POST /token HTTP/1.1\r\n${H}${head}\r\n${body}`;
  const smuggled = `GET /healthz HTTP/1.1\r\n${H}\r\n`;
  const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n';

  // Says a request, looks that no row has come of it, and that the connection is closed behind the one answer.
  const refuse = async (bytes, status, how) => {
    const r = await kept(d, () => wire(d.port, bytes, { wait: 4000, ...how }));
    assert.deepEqual(r.statuses, [status], r.text.slice(0, 300));
    assert.ok(r.closed, 'the connection stayed open');
    return r;
  };
  const says = (r, words) => {
    const { error, error_description } = JSON.parse(r.text.slice(r.text.indexOf('\r\n\r\n') + 4));
    assert.equal(error, 'invalid_request');
    assert.equal(error_description.replace(/ \(why w[0-9a-z]{10}\)$/, ''), words);
  };

  const LENGTH = 'The length of the HTTP request is ambiguous.';
  const MALFORMED = 'The HTTP request is malformed.';
  const HEAD = 'The head of the HTTP request is too large.';
  const HOST = 'The request must have exactly one Host header.';
  const VERSION = 'This HTTP version is not spoken here.';
  const refused = {
    'HTTP-01': [LENGTH, post(`${FORM}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\nG${smuggled}`)],
    'HTTP-02': [LENGTH, post(`${FORM}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n`, `5c\r\n${'x'.repeat(0x5c)}\r\n0\r\n\r\n${smuggled}`)],
    'HTTP-03': [LENGTH, post(`${FORM}Content-Length: 5\r\nContent-Length: 6\r\n`, `a=b&c${smuggled}`)],
    'HTTP-05': [LENGTH, post(`${FORM}Content-Length: +12\r\n`, 'grant_type=x')],
    'HTTP-06': [LENGTH, post(`${FORM}Content-Length: -1\r\n`, 'a')],
    'HTTP-07': [LENGTH, post(`${FORM}Content-Length: 0x0c\r\n`, 'grant_type=x')],
    'HTTP-09 two numbers': [LENGTH, post(`${FORM}Content-Length: 1 2\r\n`, 'a')],
    'HTTP-09 empty': [LENGTH, post(`${FORM}Content-Length: \r\n`, 'a')],
    'HTTP-10': [MALFORMED, post(`${FORM}Transfer-Encoding : chunked\r\n`, '0\r\n\r\n')],
    'HTTP-11': [LENGTH, post(`${FORM}Transfer-Encoding: xchunked\r\n`, '0\r\n\r\n')],
    'HTTP-13': [LENGTH, post(`${FORM}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n`, '0\r\n\r\n')],
    'HTTP-14': [LENGTH, post(`${FORM}Transfer-Encoding:\r\n chunked\r\n`, '0\r\n\r\n')],
    'HTTP-15': [MALFORMED, `POST /token HTTP/1.1\r\n${H}X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    'HTTP-17 in a value': [MALFORMED, `GET /healthz HTTP/1.1\r\n${H}X: a\0b\r\n\r\n`],
    'HTTP-17 in a name': [MALFORMED, `GET /healthz HTTP/1.1\r\n${H}X\0: ab\r\n\r\n`],
    'HTTP-18': [MALFORMED, `GET /healthz HTTP/1.1\r\n${H}X: y\r\n\rX\r\n\r\n`],
    'HTTP-19': [MALFORMED, post(`${FORM}Transfer-Encoding: chunked\r\n`, 'ffffffffffffffff1\r\nabc\r\n0\r\n\r\n')],
    'HTTP-21': [MALFORMED, post(`${FORM}Transfer-Encoding: chunked\r\n`, `1;${'x'.repeat(300000)}\r\na\r\n0\r\n\r\n`)],
    'HTTP-22': [MALFORMED, post(`${FORM}Transfer-Encoding: chunked\r\n`, `1;a\nb\r\na\r\n0\r\n\r\n`)],
    'HTTP-23 large': [MALFORMED, post(`${FORM}Transfer-Encoding: chunked\r\n`, `0\r\nX: ${'y'.repeat(200000)}\r\n\r\n`)],
    'HTTP-23 a length': [MALFORMED, post(`${FORM}Transfer-Encoding: chunked\r\n`, '0\r\nContent-Length: 5\r\n\r\n')],
    'HTTP-25': [HOST, `GET /healthz HTTP/1.1\r\n${H}${H}\r\n`],
    'HTTP-26 no colon': [MALFORMED, `GET /healthz HTTP/1.1\r\n${H}nocolon\r\n\r\n`],
    'HTTP-26 leading colon': [MALFORMED, `GET /healthz HTTP/1.1\r\n${H}: x\r\n\r\n`],
    'HTTP-26 blank in the name': [MALFORMED, `GET /healthz HTTP/1.1\r\n${H}a b: x\r\n\r\n`],
    'HTTP-27': [HEAD, `GET /${'a'.repeat(200000)} HTTP/1.1\r\n${H}\r\n`],
    'HTTP-29': [HEAD, `GET /healthz HTTP/1.1\r\n${H}${Array.from({ length: 5000 }, (_, i) => `X-${i}: y\r\n`).join('')}\r\n`],
    'HTTP-30 high bytes': [MALFORMED, `G\xcbT /healthz HTTP/1.1\r\n${H}\r\n`],
    'HTTP-30 long': [MALFORMED, `${'G'.repeat(10000)} /healthz HTTP/1.1\r\n${H}\r\n`],
    'HTTP-30 a method in lower case': [MALFORMED, `get /healthz HTTP/1.1\r\n${H}\r\n`],
    'HTTP-31 1.9': [VERSION, `GET /healthz HTTP/1.9\r\n${H}\r\n`],
    'HTTP-31 2.0': [VERSION, `GET /healthz HTTP/2.0\r\n${H}\r\n`],
    'HTTP-31 0.9': [VERSION, 'GET /healthz\r\n'],
    'HTTP-31 garbage': [MALFORMED, `GET /healthz GARBAGE\r\n${H}\r\n`],
    'HTTP-34': [LENGTH, `POST /token HTTP/1.0\r\n${H}${FORM}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    'stack 2.3 bare CR hides TE': [MALFORMED, `POST /token HTTP/1.1\r\n${H}X: a\rTransfer-Encoding: chunked\r\n\r\n`],
    'stack 2.3 no Host': [HOST, `GET /healthz HTTP/1.1\r\n\r\n`],
  };
  for (const [id, [words, bytes]] of Object.entries(refused)) {
    await t.test(`${id} is answered 400 once and closed`, async () => says(await refuse(bytes, 400), words));
  }

  await t.test('HTTP-33 a GET with a body gives one answer, the body is not a second request', () =>
    refuse(`GET /healthz HTTP/1.1\r\n${H}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`, 413));

  await t.test('HTTP-35 Expect: 100-continue with a smuggled body gives one final answer', () =>
    refuse(`GET /healthz HTTP/1.1\r\n${H}Expect: 100-continue\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`, 413));

  await t.test('HTTP-37 no path leaves the static root', async () => {
    const AMBIGUOUS = 'The path of the request can be read in two ways.';
    for (const path of ['/../../etc/passwd', '/static/%2e%2e/%2e%2e/etc/passwd', '/static/..%5c..%5cetc/passwd', '/static/%252e%252e/etc/passwd',
      '/static/app.css%00.html', '/static//etc/passwd']) {
      says(await refuse(`GET ${path} HTTP/1.1\r\n${H}Connection: close\r\n\r\n`, 400), AMBIGUOUS);
    }
    for (const path of ['/static/', '/static/etc/passwd']) await refuse(`GET ${path} HTTP/1.1\r\n${H}Connection: close\r\n\r\n`, 404);
  });

  // The promise is a time, and the peer that is cut sees nothing else: a clock is the only witness.
  await t.test('HTTP-38 a head that comes a byte at a time is cut after ten seconds', async () => {
    const began = Date.now();
    const r = await wire(d.port, 'GET /healthz HTTP/1.1\r\n', {
      wait: 60000,
      then: async (s) => {
        while (!s.destroyed) {
          s.write('y');
          await sleep(700);
        }
      },
    });
    const took = Date.now() - began;
    assert.ok(r.closed, 'never closed');
    assert.equal(r.text, '');
    assert.ok(took > 9000, `closed after ${took} ms`);
  });

  await t.test('HTTP-39 600 idle connections do not keep a normal request out', async () => {
    const idle = Array.from({ length: 600 }, () => dial(d.port));
    let open = 0;
    await Promise.all(idle.map((s) => new Promise((ok, fail) => {
      s.on('error', fail);
      s.on('close', () => open--);
      s.once(s.ready, () => ok(open++));
    })));
    const r = await wire(d.port, `GET /healthz HTTP/1.1\r\n${H}Connection: close\r\n\r\n`);
    const stillOpen = open;
    for (const s of idle) s.destroy();
    assert.deepEqual(r.statuses, [200], r.text);
    assert.equal(stillOpen, 600, 'it answered beside all of them');
  });

  await t.test('pipelined requests are answered in order', async () => {
    const r = await wire(d.port, `GET /healthz HTTP/1.1\r\n${H}\r\nGET /nowhere HTTP/1.1\r\n${H}\r\nGET /healthz HTTP/1.1\r\n${H}Connection: close\r\n\r\n`);
    assert.deepEqual(r.statuses, [200, 404, 200], r.text);
  });

  await t.test('another Host is 421, health answers any', async () => {
    says(await refuse('GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n', 421), 'This server does not answer for that host name.');
    const h = await wire(d.port, 'GET /healthz HTTP/1.1\r\nHost: 10.1.2.3\r\nConnection: close\r\n\r\n');
    assert.deepEqual(h.statuses, [200]);
  });

  await t.test('the daemon is still well', async () => {
    assert.equal((await ask(`${d.base}/healthz`)).status, 200);
    d.clean();
  });
});
