// A relying party: a web application that people sign in to through the daemon, with the https address that hears of sign-outs.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { assert } from './story.mjs';
import { authority, certificate } from './certs.mjs';
import { ask, register } from './oauth.mjs';

// Lines of gatehouse.yml that let logout tokens be posted to this machine.
export function outbound(dir) {
  return `outbound: { allow: [127.0.0.0/8, "::1/128"], authorities: ${authority(dir)} }\n`;
}

// An https server that takes logout tokens; `answer` may change how, or promise it. { url, got, answer }
export async function ear(t, dir) {
  const { cert, key } = certificate(dir, 'ear', 'DNS:localhost,IP:127.0.0.1');
  const e = { got: [], answer: () => 200 };
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (q, s) => {
    let body = '';
    q.on('data', (d) => (body += d));
    q.on('end', async () => {
      const came = { method: q.method, path: q.url, type: q.headers['content-type'], token: new URLSearchParams(body).get('logout_token') };
      e.got.push(came);
      s.writeHead(await e.answer(came), { 'cache-control': 'no-store' }).end();
    });
  });
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
  t.defer(() => new Promise((ok) => (server.closeAllConnections(), server.close(ok))));
  e.url = `https://localhost:${server.address().port}/backchannel`;
  return e;
}

// A confidential client that registered itself.
export async function webClient(d, { client_name = 'Wiki', ...more } = {}) {
  const r = await register(d.base, { client_name, token_endpoint_auth_method: 'client_secret_basic', ...more });
  assert.equal(r.status, 201, r.text);
  const { client_id, client_secret } = r.json;
  return { client_id, client_secret, basic: { authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}` } };
}

const HASH = { ES256: 'sha256', RS256: 'sha256', EdDSA: null };
const read = (part) => JSON.parse(Buffer.from(part, 'base64url'));

// Header and claims of a token, its signature checked with the published keys.
export async function verified(base, token) {
  const [h, p, s] = token.split('.');
  const header = read(h);
  const { json } = await ask(`${base}/.well-known/jwks.json`);
  const jwk = json.keys.find((k) => k.kid === header.kid);
  assert.ok(jwk, `no published key ${header.kid}`);
  assert.equal(jwk.alg, header.alg);
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  assert.ok(verify(HASH[header.alg], Buffer.from(`${h}.${p}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(s, 'base64url')), 'signature');
  return { header, claims: read(p), jwk };
}

// OpenID Connect Core section 3.1.3.6.
export function atHash(alg, access) {
  const sum = createHash(alg === 'EdDSA' ? 'sha512' : 'sha256').update(access).digest();
  return sum.subarray(0, sum.length / 2).toString('base64url');
}
