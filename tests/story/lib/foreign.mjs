// A foreign server that does everything right, and the ways to make it wrong in one thing: for verbs that look at servers.
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { freePort } from './daemon.mjs';

export const FOREIGN = 'foreign.gatehouse.invalid';
const cors = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'WWW-Authenticate',
  'access-control-allow-headers': 'authorization, content-type, mcp-protocol-version',
};
export const key = { kty: 'EC', crv: 'P-256', kid: 'one', use: 'sig', alg: 'ES256', x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0' };
export const d = 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI'; // RFC 7515 appendix A.3.1

const prm = (base) => ({ resource: `${base}/mcp`, authorization_servers: [base], bearer_methods_supported: ['header'] });
const as = (base) => ({
  issuer: base,
  authorization_endpoint: `${base}/authorize`,
  token_endpoint: `${base}/token`,
  registration_endpoint: `${base}/register`,
  jwks_uri: `${base}/jwks`,
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['none'],
  authorization_response_iss_parameter_supported: true,
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
});
export const metadataOf = (base) => `${base}/.well-known/oauth-protected-resource/mcp`;
export const challenge = (base) => `Bearer scope="mcp:tools", resource_metadata="${metadataOf(base)}", error_description="Sign in."`;

const loopback = /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?\//;
const portless = (uri) => (loopback.test(uri) ? uri.replace(/:\d+\//, '/') : uri);
// Whether `sent` is one of the registered ones: byte for byte, but for the port of loopback (RFC 8252 section 7.3).
export const among = (registered, sent) => registered.some((r) => portless(r) === portless(sent));
// A client_id that carries its redirect URIs, so that nothing has to be kept; or the address of a document.
const sealed = (o) => Buffer.from(JSON.stringify(o.redirect_uris)).toString('base64url');
export const redirects = (q, id) => (id.startsWith('https://') ? (q.documents[id] ?? []) : JSON.parse(Buffer.from(id, 'base64url')));
export const page = (status, title) => ({ status, headers: { 'content-type': 'text/html' }, body: `<!doctype html><title>${title}</title>` });

function authorize(q) {
  const p = q.query;
  if (!p.get('client_id')) return page(400, 'Parameters are missing');
  if (!among(redirects(q, p.get('client_id')), p.get('redirect_uri'))) return page(400, 'Unknown address');
  return p.get('code_challenge_method') === 'S256' ? page(200, 'Sign in') : page(400, 'No PKCE');
}

// What a server that does everything right answers to q = { method, path, query, headers, body, base, documents }.
export function right(q) {
  const { method, path, headers, base } = q;
  const json = (o) => ({ status: 200, headers: { ...cors, 'content-type': 'application/json' }, body: o });
  if (headers.host === FOREIGN) return { status: 421, headers: {}, body: '' };
  if (headers.origin === `https://${FOREIGN}`) return { status: 403, headers: {}, body: '' };
  if (method === 'OPTIONS') return { status: 204, headers: { ...cors }, body: '' };
  if (path === '/mcp') return { status: 401, headers: { ...cors, 'www-authenticate': challenge(base) }, body: '' };
  if (path === '/.well-known/oauth-protected-resource/mcp' || path === '/.well-known/oauth-protected-resource') return json(prm(base));
  if (path === '/.well-known/oauth-authorization-server' || path === '/.well-known/openid-configuration') return json(as(base));
  if (path === '/jwks') return json({ keys: [key] });
  if (path === '/authorize') return authorize(q);
  if (path === '/register' && method === 'POST') return { ...json({ client_id: sealed(q.body), client_id_issued_at: 1, ...q.body }), status: 201 };
  if (path === '/token' || path === '/register') return { status: 405, headers: {}, body: '' };
  return { status: 404, headers: {}, body: '' };
}

// A server whose answers `wrong(answer, q)` may change, or replace by giving another one back.
export async function fake(t, wrong = () => {}, { tls, host = '127.0.0.1', scheme = tls ? 'https' : 'http', documents = {} } = {}) {
  const port = await freePort();
  const base = `${scheme}://${host}:${port}`;
  const asked = [];
  const handle = async (req, res) => {
    const url = new URL(req.url, base);
    let text = '';
    for await (const piece of req) text += piece;
    const q = { method: req.method, path: url.pathname, query: url.searchParams, headers: req.headers, base, documents };
    if (/json/.test(req.headers['content-type'] ?? '')) q.body = JSON.parse(text);
    let a = right(q);
    asked.push(q);
    a = wrong(a, q) ?? a;
    res.sendDate = !a.headers.date;
    res.writeHead(a.status, a.headers);
    const body = typeof a.body === 'string' ? a.body : JSON.stringify(a.body);
    if (a.broken) res.write(body, () => req.socket.destroySoon());
    else res.end(body);
  };
  const server = tls ? createHttps(tls, handle) : createHttp(handle);
  server.on('tlsClientError', () => {});
  await new Promise((ok) => server.listen(port, '127.0.0.1', ok));
  const close = () => new Promise((ok) => { server.closeAllConnections(); server.close(ok); });
  return { base, port, asked, close };
}

// [what was found, remedy] of each finding of that kind.
export const findings = (out, kind) => [...out.matchAll(new RegExp(`^ *${kind} +(.*)(?:\\n *-> (.*))?$`, 'gm'))].map((m) => (m[2] ? [m[1], m[2]] : [m[1]]));
export const post = (status, more = {}) => (a, q) => { if (q.path === '/mcp' && q.method === 'POST' && !q.headers.origin) return { status, headers: more, body: '' }; };
export const header = (f) => (a, q) => { if (a.headers['www-authenticate']) a.headers['www-authenticate'] = f(q.base); };
export const document = (path, f) => (a, q) => { if (a.status === 200 && q.path.startsWith(path)) return f(a, q) ?? a; };
export const member = (path, f) => document(path, (a, q) => { f(a.body, q.base); });
export const RESOURCE = '/.well-known/oauth-protected-resource';
export const ISSUER = '/.well-known/oauth-authorization-server';
export const issuerMember = (f) => (a, q) => { if (a.body?.issuer) f(a.body, q.base); };
export const resourceMember = (f) => (a, q) => { if (a.body?.resource) f(a.body, q.base); };
