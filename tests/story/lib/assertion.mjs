// Keys of clients, and the assertions that they sign (RFC 7523), right ones and others.
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';

export const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const now = () => Math.floor(Date.now() / 1000);
export const enc = (o) => Buffer.from(typeof o === 'string' ? o : JSON.stringify(o)).toString('base64url');

// { kid, alg, privateKey, publicKey, jwk }: jwk is what a registration takes.
export function keyPair(kid, alg = 'ES256') {
  const { privateKey, publicKey } = alg === 'EdDSA' ? generateKeyPairSync('ed25519')
    : alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, alg, privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } };
}

function signature(key, text) {
  const data = Buffer.from(text);
  if (key.alg === 'EdDSA') return sign(null, data, key.privateKey);
  if (key.alg === 'ES256') return sign('sha256', data, { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return sign('sha256', data, key.alg === 'PS256' ? { key: key.privateKey, padding: 6, saltLength: 32 } : key.privateKey);
}

// An assertion of client `id` for `aud` as it should be, but for what `claims` and `header` change (undefined takes a member out)
// or `payload` says instead.
export function assertion(key, id, aud, { claims = {}, header = {}, payload } = {}) {
  const head = enc({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header });
  const body = enc(payload ?? { iss: id, sub: id, aud, jti: randomUUID(), iat: now(), exp: now() + 60, ...claims });
  return `${head}.${body}.${signature(key, `${head}.${body}`).toString('base64url')}`;
}

// The parameters that carry it.
export const proof = (text, extra = {}) => ({ client_assertion_type: ASSERTION, client_assertion: text, ...extra });
