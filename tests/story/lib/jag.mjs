// Token exchange (RFC 8693) and the word of identity providers (ID-JAG), as a client asks for them.
import { randomUUID } from 'node:crypto';
import { assertion, now } from './assertion.mjs';
import { post } from './oauth.mjs';

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const TYPE = (name) => `urn:ietf:params:oauth:token-type:${name}`;
const basic = ({ id, secret }) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` });

export const exchange = (base, who, fields) => post(`${base}/token`, { grant_type: EXCHANGE, ...fields }, basic(who));
export const bearer = (base, who, text, fields = {}) => post(`${base}/token`, { grant_type: BEARER, assertion: text, ...fields }, basic(who));

// What a good provider says, but for what is changed.
export const jag = (key, { iss, aud, client_id, ...claims }, header = {}) =>
  assertion(key, iss, aud, { header: { typ: 'oauth-id-jag+jwt', ...header }, claims: { sub: 'u-1', client_id, jti: randomUUID(), iat: now(), exp: now() + 120, ...claims } });
