// A host of client metadata documents: https with a certificate of an authority of the story's own, and ways to misbehave.
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:https';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from './story.mjs';
import { temporary } from './daemon.mjs';

function openssl(dir, ...args) {
  const r = spawnSync('openssl', args, { cwd: dir, encoding: 'utf8' });
  assert.equal(r.status, 0, `openssl ${args.join(' ')}: ${r.stderr}`);
}

// { dir, authority, pair(name, alt, days) }: `authority` is a PEM file, `pair` a key and a certificate that it signed.
export function authority(t) {
  const dir = temporary(t, 'gatehouse-authority-');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(dir, 'req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Story authority');
  const pair = (name, alt, { days = 2, signed = true } = {}) => {
    writeFileSync(join(dir, `${name}.ext`), `subjectAltName=${alt}\n`);
    openssl(dir, 'req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const by = signed ? ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'] : ['-signkey', `${name}.key`];
    openssl(dir, 'x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, '-extfile', `${name}.ext`, '-days', String(days), ...by);
    return { key: readFileSync(join(dir, `${name}.key`)), cert: readFileSync(join(dir, `${name}.pem`)) };
  };
  return { dir, authority: join(dir, 'ca.pem'), pair };
}

// A server of documents. `at(path, answer)`: an object is sent as JSON; a function gets (req, res). `asked` counts by path.
export async function documents(t, { pair, port = 0, host = '127.0.0.1', name = 'localhost', tls = {} }) {
  const answers = new Map();
  const asked = new Map();
  const h = {};
  const server = createServer({ ...pair, ...tls }, (req, res) => {
    asked.set(req.url, (asked.get(req.url) ?? 0) + 1);
    h.last = req;
    const a = answers.get(req.url);
    if (typeof a === 'function') return a(req, res);
    if (!a) return void (res.writeHead(404), res.end());
    res.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=60' });
    res.end(JSON.stringify(a));
  });
  server.on('tlsClientError', () => {});
  await new Promise((done) => server.listen(port, host, done));
  t.defer(() => h.close());
  return Object.assign(h, {
    port: server.address().port,
    base: `https://${name}${port === 443 ? '' : `:${server.address().port}`}`,
    at: (path, answer) => answers.set(path, answer),
    asked: (path) => asked.get(path) ?? 0,
    total: () => [...asked.values()].reduce((a, b) => a + b, 0),
    close: () => new Promise((done) => (server.closeAllConnections(), server.close(done))),
  });
}

// A client's document, as its address wants it.
export const client = (url, members = {}) => ({
  client_id: url,
  client_name: 'Story client',
  redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
  ...members,
});
