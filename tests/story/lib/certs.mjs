// Certificates as an authority would make them, by the openssl command.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const EC = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const RSA = ['rsa:2048'];

export function openssl(...args) {
  const r = spawnSync('openssl', args, { encoding: 'utf8' });
  if (r.status !== 0) throw new Error(`openssl ${args.join(' ')}: ${r.stderr}`);
  return r.stdout;
}

// An authority of its own in dir: ca.pem, ca.key.
export function authority(dir) {
  const at = (f) => join(dir, f);
  openssl('req', '-x509', '-newkey', ...EC, '-nodes', '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=Story authority',
    '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign');
  return at('ca.pem');
}

// A certificate of that authority for names ("DNS:localhost,IP:127.0.0.1"): `${name}.pem` and `${name}.key`.
export function certificate(dir, name, names, { days = 2, rsa = false } = {}) {
  const at = (f) => join(dir, f);
  const files = { cert: at(`${name}.pem`), key: at(`${name}.key`) };
  openssl('req', '-newkey', ...(rsa ? RSA : EC), '-nodes', '-keyout', files.key, '-out', at(`${name}.csr`), '-subj', `/CN=${name}`);
  writeFileSync(at(`${name}.ext`), `subjectAltName=${names}\n`);
  openssl('x509', '-req', '-in', at(`${name}.csr`), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', String(days),
    '-extfile', at(`${name}.ext`), '-out', files.cert);
  return files;
}
