// The daemon's own TLS, seen by clients that others wrote: curl, openssl s_client, Node. And what is said when it cannot be.
import { spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { connect as connectClear } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { story, assert, sleep, until } from './lib/story.mjs';
import { freePort, run, serve, temporary } from './lib/daemon.mjs';
import { authority, certificate, openssl } from './lib/certs.mjs';
import { kept } from './lib/kept.mjs';
import { wire } from './lib/wire.mjs';
import { postgres } from './lib/postgres.mjs';

export default story('TLS', async (t) => {
  const dir = temporary(t);
  const caFile = authority(dir);
  const ca = readFileSync(caFile);
  const own = certificate(dir, 'own', 'DNS:localhost,IP:127.0.0.1');
  const exact = certificate(dir, 'exact', 'DNS:a.example,DNS:www.b.example');
  const wide = certificate(dir, 'wide', 'DNS:*.b.example', { rsa: true });
  const ops = await freePort();
  const config = `ops: 127.0.0.1:${ops}
limits: { head: 2s }
tls:
  - { cert: ${own.cert}, key: ${own.key} }
  - { cert: ${exact.cert}, key: ${exact.key} }
  - { cert: ${wide.cert}, key: ${wide.key} }
`;
  const port = await freePort();
  const base = `https://localhost:${port}`;
  const d = await serve(t, { config, port, base, ready: `http://127.0.0.1:${ops}` });
  const H = `Host: localhost:${port}\r\n`;
  const tls = { tls: { ca } };
  const one = `GET /healthz HTTP/1.1\r\n${H}Connection: close\r\n\r\n`;

  // openssl s_client with a request: { code, out } with both streams.
  const client = (args, input = one, at = port) => new Promise((done) => {
    const p = spawn('openssl', ['s_client', '-connect', `localhost:${at}`, '-CAfile', caFile, '-ign_eof', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    const timer = setTimeout(() => p.kill('SIGKILL'), 15000);
    p.stdout.on('data', (x) => (out += x));
    p.stderr.on('data', (x) => (out += x));
    p.stdin.on('error', () => {});
    p.stdin.end(input);
    p.on('close', (code) => (clearTimeout(timer), done({ code, out })));
  });
  const handshake = (options = {}) => new Promise((done, fail) => {
    const s = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca, ...options }, () => done(s));
    s.on('error', fail);
  });
  const serial = async (servername) => {
    const s = await handshake({ servername, rejectUnauthorized: false });
    const got = s.getPeerCertificate().serialNumber;
    s.destroy();
    return got;
  };
  const serialOf = (file) => new X509Certificate(readFileSync(file)).serialNumber;
  const ask = (path, options = {}) => new Promise((done, fail) => {
    const r = request(`${base}${path}`, { ca, ...options }, (res) => {
      let text = '';
      res.on('data', (x) => (text += x));
      res.on('end', () => done({ status: res.statusCode, headers: res.headers, text }));
    });
    r.on('error', fail);
    r.end();
  });

  await t.test('M-77 curl believes it, speaks HTTP/2 or HTTP/1.1 by ALPN as it asks, and is told to come by https only', async () => {
    const r = spawnSync('curl', ['-sS', '-i', '--cacert', caFile, `${base}/healthz`], { encoding: 'utf8' });
    assert.equal(r.status, 0, r.stderr);
    assert.match(r.stdout, /^HTTP\/2 200 /);
    assert.match(r.stdout, /\r\nstrict-transport-security: max-age=31536000\r\n/i);
    const old = spawnSync('curl', ['-sS', '-i', '--http1.1', '--cacert', caFile, `${base}/healthz`], { encoding: 'utf8' });
    assert.match(old.stdout, /^HTTP\/1\.1 200 /, old.stderr);
    assert.match(old.stdout, /\r\nstrict-transport-security: max-age=31536000\r\n/i);
    const two = await handshake({ ALPNProtocols: ['http/1.1', 'h2'] });
    assert.equal(two.alpnProtocol, 'h2');
    two.destroy();
    const s = await handshake({ ALPNProtocols: ['http/1.1'] });
    assert.equal(s.alpnProtocol, 'http/1.1');
    s.destroy();
  });
  await t.test('a client that speaks no protocol of ours is told so by ALPN', async () => {
    await assert.rejects(handshake({ ALPNProtocols: ['imap'] }), /no application protocol/i);
  });
  await t.test('Node keeps a connection alive and asks ten times over it', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
    const ports = new Set();
    for (let i = 0; i < 10; i++) {
      const r = await new Promise((done, fail) => request(`${base}/healthz`, { agent }, (res) => (ports.add(res.socket.localPort), res.resume(), res.on('end', () => done(res)))).on('error', fail).end());
      assert.equal(r.statusCode, 200);
    }
    agent.destroy();
    assert.equal(ports.size, 1);
  });
  await t.test('TLS 1.0 and 1.1 are refused, 1.2 and 1.3 are spoken with keys that last for one connection', async () => {
    for (const v of ['-tls1', '-tls1_1']) assert.match((await client([v, '-cipher', 'ALL:@SECLEVEL=0'])).out, /alert protocol version/, v);
    const two = (await client(['-tls1_2'])).out;
    assert.match(two, /New, TLSv1\.2, Cipher is ECDHE-ECDSA-AES128-GCM-SHA256/);
    assert.match(two, /HTTP\/1\.1 200 /);
    assert.match(two, /Compression: NONE/);
    const three = (await client(['-tls1_3'])).out;
    assert.match(three, /New, TLSv1\.3, Cipher is TLS_AES_128_GCM_SHA256/);
    assert.match(three, /HTTP\/1\.1 200 /);
  });
  await t.test('the server chooses the cipher, and takes none without ECDHE or without AEAD', async () => {
    assert.match((await client(['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256'])).out, /Cipher is ECDHE-ECDSA-AES128-GCM-SHA256/);
    for (const c of ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'AES128-GCM-SHA256', 'DHE-RSA-AES128-GCM-SHA256'])
      assert.match((await client(['-tls1_2', '-cipher', `${c}:@SECLEVEL=0`])).out, /alert handshake failure/, c);
  });
  await t.test('renegotiation is refused', async () => {
    const p = spawn('openssl', ['s_client', '-connect', `localhost:${port}`, '-CAfile', caFile, '-tls1_2'], { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    p.stdout.on('data', (x) => (out += x));
    p.stderr.on('data', (x) => (out += x));
    await until('the handshake', () => /Verify return code: 0/.test(out));
    p.stdin.write('R\n');
    await new Promise((done) => p.on('close', done));
    assert.match(out, /:no renegotiation:/);
  });
  await t.test('the name that is asked for chooses the certificate: exact before wildcard, one label only, else the first', async () => {
    const want = { localhost: own, 'a.example': exact, 'A.Example': exact, 'www.b.example': exact, 'x.b.example': wide, 'x.y.b.example': own, 'b.example': own, 'c.example': own };
    for (const [name, files] of Object.entries(want)) assert.equal(await serial(name), serialOf(files.cert), name);
    assert.equal(await serial(''), serialOf(own.cert), 'no name');
  });

  const session = join(dir, 'session');
  const reused = async (args = [], at = port) => /^Reused, TLSv1\.3/m.test((await client(['-tls1_3', '-sess_in', session, ...args], one, at)).out);
  await t.test('a session is resumed by its ticket in TLS 1.3; TLS 1.2 gets none, and early data is not taken', async () => {
    await client(['-tls1_3', '-sess_out', session]);
    assert.ok(await reused());
    writeFileSync(join(dir, 'early'), one);
    const early = (await client(['-tls1_3', '-sess_in', session, '-early_data', join(dir, 'early')])).out;
    assert.match(early, /Early data was not sent/, 'the ticket allows none');
    const old = join(dir, 'session12');
    const first = await client(['-tls1_2', '-sess_out', old]);
    assert.match(first.out, /HTTP\/1\.1 200 /);
    assert.doesNotMatch(first.out, /TLS session ticket:/);
    assert.equal(existsSync(old), false, 'there is nothing to resume');
  });

  await t.test('a reload takes a new certificate over; who is connected stays so, and tickets go on', async () => {
    const open = await handshake();
    const agentAsk = () => new Promise((done) => (open.once('data', (x) => done(x.toString())), open.write(`GET /healthz HTTP/1.1\r\n${H}\r\n`)));
    assert.match(await agentAsk(), /200 OK/);
    const next = certificate(dir, 'next', 'DNS:localhost,IP:127.0.0.1');
    copyFileSync(own.cert, join(dir, 'before.pem'));
    copyFileSync(next.cert, own.cert);
    copyFileSync(next.key, own.key);
    assert.equal((await d.verb(['reload'])).code, 0);
    await until('the new certificate', async () => (await serial('localhost')) === serialOf(next.cert));
    assert.match(await agentAsk(), /200 OK/);
    assert.notEqual(serialOf(next.cert), serialOf(join(dir, 'before.pem')));
    open.destroy();
    assert.ok(await reused());
  });
  await t.test('a reload with a key of another certificate is refused with file and line, and the old one stays', async () => {
    const before = await serial('localhost');
    const key = readFileSync(own.key);
    copyFileSync(exact.key, own.key);
    const r = await d.verb(['reload']);
    assert.equal(r.code, 1);
    assert.match(r.err, /^gatehouse: The configuration was not taken over: .*gatehouse\.yml:4:5: the key .*own\.key is not that of the first certificate in/);
    await until('the log to say why', () => /gatehouse\.yml:4:5: the key .*own\.key is not that of the first certificate in/.test(d.log));
    assert.equal(await serial('localhost'), before);
    writeFileSync(own.key, key);
    const lines = d.log.length;
    assert.equal((await d.verb(['reload'])).code, 0);
    await until('the log to say that it was reloaded', () => /"event":"reloaded"/.test(d.log.slice(lines)));
    assert.equal(await serial('localhost'), before);
  });

  await t.test('X-14 a request in clear at the TLS port is answered in clear, once, and nothing of it is done', async () => {
    for (const bytes of [one, `OPTIONS * HTTP/1.1\r\n${H}\r\n`, `POST /register HTTP/1.1\r\n${H}Content-Length: 100000\r\n\r\n${'x'.repeat(100000)}`]) {
      const r = await kept(d, () => wire(port, bytes), 'audit');
      assert.deepEqual(r.statuses, [400]);
      assert.ok(r.closed);
      assert.match(r.text, /This port speaks https/);
    }
  });
  await t.test('what is neither TLS nor HTTP is closed without a word', async () => {
    for (const bytes of ['\x80\x2e\x01\x00\x02', '\0\0\0\0', '{"a":1}'.repeat(100)]) {
      const r = await wire(port, bytes);
      assert.ok(r.closed);
      assert.equal(r.text, '');
    }
    const r = await wire(port, '\x16\x03\x01\x00\x05hello');
    assert.ok(r.closed);
    assert.match(r.text, /^\x15\x03[\x01-\x03]\0\x02\x02.$/s, 'a fatal alert');
  });
  await t.test('a handshake that comes a byte a second is cut after limits.head, counted from its beginning', async () => {
    const hello = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + 'r'.repeat(200);
    const began = Date.now();
    const r = await wire(port, hello.slice(0, 1), { wait: 8000, then: async (s) => {
      for (const c of hello.slice(1)) {
        if (s.destroyed) return;
        s.write(Buffer.from(c, 'latin1'));
        await sleep(300);
      }
    } });
    // it would go on for a minute, and is never idle: that it was closed at all shows what is counted, and a clock that it was not at once
    assert.ok(r.closed);
    assert.ok(Date.now() - began > 1500);
  });
  await t.test('500 half handshakes keep nobody out and are gone after limits.head', async () => {
    const half = [];
    let closed = 0;
    for (let i = 0; i < 500; i++) {
      const s = connectClear(port, '127.0.0.1');
      s.on('error', () => {});
      s.on('close', () => closed++);
      s.write('\x16\x03\x01\x02\x00\x01', 'latin1');
      half.push(s);
    }
    await until('the connections', () => half.every((s) => s.readyState === 'open'));
    assert.equal((await ask('/healthz')).status, 200);
    await until('their end', () => closed === 500, 8000);
    assert.equal((await ask('/healthz')).status, 200);
  });
  await t.test('a body that is cut off without close_notify is no request, one that is ended with it is answered', async () => {
    const body = JSON.stringify({ client_name: 'Cut', redirect_uris: ['https://client.example/cb'] });
    const head = `POST /register HTTP/1.1\r\n${H}Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
    const raw = connectClear(port, '127.0.0.1');
    const s = connectTls({ socket: raw, servername: 'localhost', ca });
    let got = '';
    s.on('data', (x) => (got += x));
    s.on('error', () => {});
    await new Promise((done) => s.on('secureConnect', done));
    await kept(d, async () => {
      s.write(head + body.slice(0, -1));
      await sleep(200);
      raw.end(); // FIN, and no close_notify before it
      await new Promise((done) => raw.on('close', done));
    }, 'audit');
    assert.equal(got, '');
    const whole = await wire(port, head + body, { ...tls, then: (x) => x.end() });
    assert.deepEqual(whole.statuses, [201], whole.text);
  });
  await t.test('answers end with close_notify, so that nobody takes a cut for an end', async () => {
    const r = await client(['-tls1_3', '-msg']);
    assert.match(r.out, /<<< TLS 1\.3, Alert \[length 0002\], warning close_notify/);
  });
  await t.test('cookies are __Host- and Secure', async () => {
    const r = await ask('/login', { headers: { accept: 'text/html' } });
    assert.equal(r.status, 200);
    assert.ok(r.headers['set-cookie'].length > 0);
    for (const line of r.headers['set-cookie']) assert.match(line, /^__Host-[a-z_]+=.*; Secure/i);
  });
  await t.test('the ops listener stays in clear, and says nothing of HSTS', async () => {
    const r = await fetch(`http://127.0.0.1:${ops}/metrics`);
    assert.equal(r.status, 200);
    assert.equal(r.headers.get('strict-transport-security'), null);
    await assert.rejects(handshake({ port: ops }), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' });
  });
  await t.test('two requests in one record, and one request a byte a record, are read alike', async () => {
    const both = await wire(port, `GET /healthz HTTP/1.1\r\n${H}\r\n${one}`, tls);
    assert.deepEqual(both.statuses, [200, 200]);
    const slow = await wire(port, 'G', { ...tls, wait: 4000, then: (s) => { for (const c of one.slice(1)) s.write(c); } });
    assert.deepEqual(slow.statuses, [200]);
  });
  await t.test('doctor is content with it, when its authority is one of the system', async () => {
    const r = await d.verb(['doctor', `${base}/mcp`], { env: { ...d.env, SSL_CERT_FILE: caFile } });
    assert.match(r.out, /ok {4}TLS: TLSv1\.3, with a certificate for this name/, r.out);
    assert.equal(r.code, 0);
    const without = await d.verb(['doctor', `${base}/mcp`]);
    assert.match(without.out, /FAIL {2}TLS: unable to get local issuer certificate\n/);
    assert.equal(without.code, 1);
  });

  await t.test('check tells what a certificate lacks', async () => {
    const check = async (files) => {
      const file = join(dir, 'check.yml');
      writeFileSync(file, `base_url: https://auth.example.com\ntls: { cert: ${files.cert}, key: ${files.key} }\n`, { mode: 0o600 });
      return (await run(['check', '--config', file, '--data', join(dir, 'check-data')], { cwd: dir })).out;
    };
    assert.match(await check(certificate(dir, 'good', 'DNS:auth.example.com', { days: 90 })), /ok {4}tls: .*good\.pem ends in (89|90) days/);
    assert.doesNotMatch(await check({ cert: join(dir, 'good.pem'), key: join(dir, 'good.key') }), /FAIL {2}tls/);
    const other = await check(certificate(dir, 'other', 'DNS:www.example.com', { days: 90 }));
    assert.match(other, /FAIL {2}tls: no certificate is for auth\.example\.com, the host of base_url\n +-> get one with DNS:auth\.example\.com/);
  });
  await t.test('check tells that a certificate of 90 days has 10 left', async () => {
    const faked = certificate(dir, 'late', 'DNS:auth.example.com');
    // An authority's own tool writes dates of its choice.
    writeFileSync(join(dir, 'ca.cnf'), `[ca]\ndefault_ca=c\n[c]\ndatabase=${dir}/index\nnew_certs_dir=${dir}\nserial=${dir}/serial\ndefault_md=sha256\npolicy=p\ncopy_extensions=none\nx509_extensions=x\n[p]\ncommonName=supplied\n[x]\nsubjectAltName=DNS:auth.example.com\n`);
    writeFileSync(join(dir, 'index'), '');
    writeFileSync(join(dir, 'serial'), '1000\n');
    const day = (n) => new Date(Date.now() + n * 86400000).toISOString().replace(/[-:T]/g, '').slice(0, 14) + 'Z';
    const make = (name, from, to) => (openssl('ca', '-batch', '-config', join(dir, 'ca.cnf'), '-cert', caFile, '-keyfile', join(dir, 'ca.key'),
      '-in', join(dir, 'late.csr'), '-out', join(dir, `${name}.pem`), '-startdate', day(from), '-enddate', day(to), '-notext'), { cert: join(dir, `${name}.pem`), key: faked.key });
    const file = join(dir, 'check.yml');
    const say = async (files, verb) => {
      writeFileSync(file, `base_url: https://auth.example.com\nlisten: 127.0.0.1:${await freePort()}\ntls: { cert: ${files.cert}, key: ${files.key} }\n`, { mode: 0o600 });
      const r = await run([verb, '--config', file, '--data', join(dir, 'check-data')], { cwd: dir });
      return r.out + r.err;
    };
    assert.match(await say(make('soon', -80, 10), 'check'), /FAIL {2}tls: .*soon\.pem ends in (9|10) days, and should have been renewed by now/);
    writeFileSync(join(dir, 'index'), '');
    assert.match(await say(make('past', -80, -1), 'serve'), /check\.yml:3:6: the certificate .*past\.pem expired at \d{4}-/);
    writeFileSync(join(dir, 'index'), '');
    assert.match(await say(make('coming', 1, 80), 'serve'), /check\.yml:3:6: the certificate .*coming\.pem is good from \d{4}-.* only; is the clock right\?/);
  });

  const refused = async (files, wanted) => {
    const file = join(dir, 'bad.yml');
    writeFileSync(file, `base_url: https://auth.example.com\ntls: { cert: ${files.cert}, key: ${files.key} }\n`, { mode: 0o600 });
    const r = await run(['serve', '--config', file, '--data', join(dir, 'bad-data')], { cwd: dir });
    assert.equal(r.code, 1, r.err);
    assert.match(r.err, wanted);
    assert.match(r.err, /^gatehouse: .*bad\.yml:2:6: the (certificate|key) /m);
  };
  await t.test('a certificate or key that cannot serve is refused at the start, with file, line and what to do', async () => {
    const locked = join(dir, 'locked.key');
    openssl('pkey', '-in', exact.key, '-aes256', '-passout', 'pass:secret', '-out', locked);
    const open = join(dir, 'open.key');
    copyFileSync(exact.key, open);
    chmodSync(open, 0o644);
    const weak = join(dir, 'weak.key');
    openssl('req', '-x509', '-newkey', 'rsa:1024', '-nodes', '-keyout', weak, '-out', join(dir, 'weak.pem'), '-subj', '/CN=weak', '-days', '2');
    writeFileSync(join(dir, 'noise'), 'no PEM\n', { mode: 0o600 });
    writeFileSync(join(dir, 'cut.pem'), readFileSync(exact.cert, 'utf8') + '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    await refused({ cert: exact.cert, key: locked }, /locked\.key is encrypted, and nobody is there to type its passphrase: openssl pkey/);
    await refused({ cert: exact.cert, key: open }, /open\.key can be read or changed by others \(mode 0644\): chmod 600/);
    await refused({ cert: exact.cert, key: wide.key }, /is not that of the first certificate in/);
    await refused({ cert: join(dir, 'weak.pem'), key: weak }, /weak\.key \(1024 bits\) is one that clients refuse/);
    await refused({ cert: join(dir, 'nowhere.pem'), key: exact.key }, /nowhere\.pem cannot be read: No such file/);
    await refused({ cert: exact.cert, key: join(dir, 'nowhere.key') }, /nowhere\.key cannot be read: No such file/);
    await refused({ cert: join(dir, 'noise'), key: exact.key }, /noise holds no certificate/);
    await refused({ cert: exact.cert, key: join(dir, 'noise') }, /noise holds no private key/);
    await refused({ cert: join(dir, 'cut.pem'), key: exact.key }, /cut\.pem holds something after the first certificate that is none/);
    await refused({ cert: dir, key: exact.key }, /is no file of at most 1 MiB/);
  });
  await t.test('X-14 port 443 or an https address that nobody serves is refused at the start, with the lines to write', async () => {
    for (const [text, at] of [['base_url: https://auth.example.com\n', '1:11: base_url is https'], ['listen: 127.0.0.1:443\nbase_url: http://auth.example.com\n', '1:9: listen is port 443']]) {
      const file = join(dir, 'x14.yml');
      writeFileSync(file, text, { mode: 0o600 });
      const r = await run(['serve', '--config', file, '--data', join(dir, 'x14-data')], { cwd: dir });
      assert.equal(r.code, 1);
      assert.ok(r.err.includes(`x14.yml:${at}`), r.err);
      assert.match(r.err, /write tls: \{ cert: fullchain\.pem, key: key\.pem \}, or, behind a proxy that speaks it, trust_proxy: \[127\.0\.0\.1\/32\]\./);
    }
  });
  await d.stop();

  await t.test('a ticket of one node is good at another that shares its store', async () => {
    const pg = await postgres(t);
    const nodes = [];
    for (let i = 0; i < 2; i++) {
      const [at, o] = [await freePort(), await freePort()];
      nodes.push({ at, d: await serve(t, {
        config: `ops: 127.0.0.1:${o}\nstore: ${pg.url}\nmaster_key: 0123456789abcdef0123456789abcdef\nbase_url: ${base}\ntls: { cert: ${own.cert}, key: ${own.key} }\n`,
        port: at, base, ready: `http://127.0.0.1:${o}`, init: i === 0,
      }) });
    }
    await client(['-tls1_3', '-sess_out', session], one, nodes[0].at);
    assert.ok(await reused([], nodes[1].at));
    for (const n of nodes) await n.d.stop();
  });
});
