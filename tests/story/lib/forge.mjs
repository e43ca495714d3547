// Access tokens with the daemon's own signature that the daemon itself would never give: the key is taken out of the store
// as whoever holds the master key could. So a token can be too old or too new without anybody waiting for it.
import { createDecipheriv, createPrivateKey, hkdfSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { assert } from './story.mjs';

// Runs SQL on the store of a (running) daemon; gives what was selected.
export function sql(d, text) {
  const r = spawnSync('sqlite3', ['-cmd', '.timeout 10000', join(d.data, 'gatehouse.db'), text], { encoding: 'utf8' });
  assert.equal(r.status, 0, `sqlite3: ${r.stderr}${r.error ?? ''}`);
  return r.stdout.trim();
}

// The active signing key of a daemon: { kid, key }.
export function signingKey(d) {
  const [id, tenant, kid, hex] = sql(d, "SELECT id, tenant, kid, hex(sealed) FROM signing_key WHERE state = 'active'").split('|');
  const master = readFileSync(join(d.data, 'master.key'), 'utf8').trim();
  const seal = Buffer.from(hkdfSync('sha256', master, '', 'gatehouse store seal 1', 32));
  const sealed = Buffer.from(hex, 'hex');
  const aead = createDecipheriv('aes-256-gcm', seal, sealed.subarray(0, 12));
  aead.setAAD(Buffer.from(`signing_key/${tenant}/${id}/${kid}`));
  aead.setAuthTag(sealed.subarray(-16));
  const parts = JSON.parse(Buffer.concat([aead.update(sealed.subarray(12, -16)), aead.final()]));
  return { kid, key: createPrivateKey({ key: { kty: 'EC', crv: 'P-256', ...parts }, format: 'jwk' }) };
}

const part = (o) => Buffer.from(JSON.stringify(o)).toString('base64url');

export const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

// The token with some claims and header members changed, signed anew.
export function forge({ kid, key }, token, claims = {}, header = {}) {
  const head = { ...JSON.parse(Buffer.from(token.split('.')[0], 'base64url')), kid, ...header };
  const text = `${part(head)}.${part({ ...claimsOf(token), ...claims })}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
