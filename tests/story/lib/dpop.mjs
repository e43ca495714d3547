// DPoP proofs (RFC 9449), made by hand so that a story can make each part wrongly.
import { createHash, generateKeyPairSync, randomUUID, sign, constants } from 'node:crypto';
import { b64url, register } from './oauth.mjs';

const KINDS = { ES256: ['ec', { namedCurve: 'P-256' }], RS256: ['rsa', { modulusLength: 2048 }], PS256: ['rsa', { modulusLength: 2048 }], EdDSA: ['ed25519', {}] };
const MEMBERS = { EC: ['crv', 'kty', 'x', 'y'], RSA: ['e', 'kty', 'n'], OKP: ['crv', 'kty', 'x'] };

const sha = (s) => b64url(createHash('sha256').update(s).digest());
const signature = {
  ES256: (text, key) => sign('sha256', text, { key, dsaEncoding: 'ieee-p1363' }),
  RS256: (text, key) => sign('sha256', text, key),
  PS256: (text, key) => sign('sha256', text, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  EdDSA: (text, key) => sign(null, text, key),
};

// A key pair with its thumbprint (RFC 7638).
export function proofKey(alg = 'ES256') {
  const { publicKey, privateKey } = generateKeyPairSync(...KINDS[alg]);
  const jwk = publicKey.export({ format: 'jwk' });
  return { alg, jwk, privateKey, jkt: sha(JSON.stringify(Object.fromEntries(MEMBERS[jwk.kty].map((k) => [k, jwk[k]])))) };
}

// The proof for a request; claims and header members may be changed, undefined leaves one out.
export function prove(key, htm, htu, { token, claims = {}, header = {}, by = key } = {}) {
  const part = (o) => b64url(JSON.stringify(o));
  const head = { typ: 'dpop+jwt', alg: key.alg, jwk: key.jwk, ...header };
  const body = { jti: randomUUID(), htm, htu, iat: Math.floor(Date.now() / 1000), ...(token ? { ath: sha(token) } : {}), ...claims };
  const text = `${part(head)}.${part(body)}`;
  return `${text}.${b64url(signature[by.alg](Buffer.from(text), by.privateKey))}`;
}

// A client that registered for bound tokens only.
export async function boundClient(d, body = { dpop_bound_access_tokens: true }) {
  return (await register(d.base, { client_name: 'Bound', ...body })).json;
}
