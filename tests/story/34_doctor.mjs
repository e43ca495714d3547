// doctor walks an address as a client would: a server that is wrong in one way gets just that finding, with its remedy.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { story, assert } from './lib/story.mjs';
import { serve, run, temporary, freePort } from './lib/daemon.mjs';
import { FOREIGN, ISSUER, RESOURCE, challenge, d, document, fake, findings, header, issuerMember, key, member, metadataOf, post, resourceMember, right } from './lib/foreign.mjs';

const doctor = (url, options = {}) => run(['doctor', url], { timeout: 60000, ...options });

const PATHS = 'Name in resource the very address that people type.';
const SPELL = 'Make issuer and authorization_servers the same letters; base_url gives both.';
const SAME = 'Serve the same document at all of its addresses.';
const PASS = 'Serve it there, and let the proxy in front pass /.well-known/ on unchanged.';
const HEADER = 'Send WWW-Authenticate: Bearer resource_metadata="...", and let the proxy in front pass it on unchanged.';
const ONE = 'Send one WWW-Authenticate header, of the scheme Bearer, and take the others away.';
const NOT_ELSEWHERE = 'Answer at this address instead of redirecting it, or give people the address that it redirects to.';
const WHOLE = 'Write the whole https address; base_url is where it comes from.';

const NOT_SERVED = ['POST: 404 instead of 401: nothing is served at this path', 'Correct the path (gatehouse list_resources shows them), or let the proxy in front pass it on unchanged.'];

// [what is wrong, how, FAIL lines with remedies]
const rows = [
  // the first answer
  ['needs no token', post(200), () => [['POST: 200 instead of 401: it answers without a token: it is not protected', 'Protect it (gatehouse protect URL), and let nobody reach the server itself from outside.']]],
  ['forbids instead of asking', post(403), () => [['POST: 403 instead of 401: something forbids it before it asks for a token', 'Answer 401 with a challenge instead, and let a firewall or bot protection in front pass this path on.']]],
  ['has nothing at this path', post(404), () => [NOT_SERVED]],
  ['does not take POST', post(405), () => [['POST: 405 instead of 401: this method is not allowed before a token is asked for, which hides the challenge', 'Correct the path, or answer 401 with a challenge to every method and let the proxy in front pass all on.']]],
  ['reads the body before it asks for a token', post(400), () => [['POST: 400 instead of 401: it judges the request before it asks for a token', 'Answer 401 before reading the body: clients learn only from a 401 where to sign in.']]],
  ['does not know its own host name', post(421), () => [['POST: 421 instead of 401: it does not answer for this host name', 'Set base_url to the address that people use, and let the proxy in front pass Host on unchanged.']]],
  ['fails', post(500), () => [['POST: 500 instead of 401: the server fails, and clients give up at once', 'Look at the log of what answers there.']]],
  ['stands behind a proxy that does not find it', post(502), () => [['POST: 502 instead of 401: the proxy in front does not get an answer from what stands behind it', 'Start what stands behind the proxy, or correct the address that the proxy has for it.']]],
  ['redirects', post(307, { location: 'https://www.example/mcp' }), (b) => [[`POST: ${b}/mcp answers 307 and sends to https://www.example/mcp: clients do not follow`, NOT_ELSEWHERE]]],
  // the challenge
  ['sends no challenge', (a) => { delete a.headers['www-authenticate']; }, () => [['challenge: 401 without WWW-Authenticate: clients do not learn where to sign in', HEADER]]],
  ['offers Basic only', header(() => 'Basic realm="x"'), () => [['challenge: it begins with Basic: clients look for Bearer first', ONE]]],
  ['offers Basic first', header((b) => ['Basic realm="x"', challenge(b)]), () => [['challenge: 2 WWW-Authenticate headers: clients see them as one and misread it', ONE], ['challenge: it begins with Basic: clients look for Bearer first', ONE]]],
  ['offers Basic too', header((b) => [challenge(b), 'Basic realm="x"']), () => [['challenge: 2 WWW-Authenticate headers: clients see them as one and misread it', ONE]]],
  ['says Bearer and no more', header(() => 'Bearer'), () => [['challenge: Bearer stands alone: clients learn nothing from it', HEADER]]],
  ['puts two blanks behind Bearer', header((b) => challenge(b).replace(' ', '  ')), () => [['challenge: more than one blank stands behind Bearer: clients see no parameters then', 'Send exactly one blank behind Bearer.']]],
  ['names no metadata', header(() => 'Bearer scope="a"'), () => [['challenge: it names no resource_metadata', 'Add resource_metadata with the address of the metadata (RFC 9728 section 5.1).']]],
  ['names metadata by its path', header(() => 'Bearer scope="a", resource_metadata="/.well-known/x"'), () => [['challenge: resource_metadata is /.well-known/x, which is no absolute URL', 'Write it whole: https://host/.well-known/oauth-protected-resource/path.']]],
  ['names metadata of another origin', header(() => 'Bearer scope="a", resource_metadata="https://evil.example/x"'), (b) => [[`challenge: resource_metadata is at https://evil.example, the server at ${b}: another origin`, 'Set base_url to the address that people use; it has to be the only one.']]],
  ['puts the description before the scope', header((b) => `Bearer error_description="Sign in.", scope="a", resource_metadata="${metadataOf(b)}"`), () => [['challenge: error_description stands before error, scope or resource_metadata: clients take words of it for these', 'Send error_description last.']]],
  ['writes scope= into the description', header((b) => `Bearer scope="a", resource_metadata="${metadataOf(b)}", error_description="try scope=b"`), () => [['challenge: error_description has a = in it: clients take that for a parameter', 'Write error_description without the sign =.']]],
  ['cannot be read', header(() => 'Bearer scope="a'), () => [['challenge: it cannot be read: Bearer scope="a', 'Send name="value" pairs with a comma between them, without " or \\ in the values.']]],
  // the other methods
  ['hides the challenge from GET', (a, q) => { if (q.path === '/mcp' && q.method === 'GET') a.status = 405; }, () => [['GET: 405 instead of 401: this method is not allowed before a token is asked for, which hides the challenge', 'Correct the path, or answer 401 with a challenge to every method and let the proxy in front pass all on.']]],
  ['hides the challenge from HEAD', (a, q) => { if (q.path === '/mcp' && q.method === 'HEAD') a.status = 404; }, () => [['HEAD: 404 instead of 401: nothing is served at this path', 'Correct the path (gatehouse list_resources shows them), or let the proxy in front pass it on unchanged.']]],
  ['stumbles over the newer era', (a, q) => { if (q.headers['mcp-method'] === 'server/discover') a.status = 400; }, () => [['discover: 400 instead of 401: it judges the request before it asks for a token', 'Answer 401 before reading the body: clients learn only from a 401 where to sign in.']]],
  // resource metadata
  ['has no metadata at the path form', (a, q) => { if (q.path === `${RESOURCE}/mcp`) a.status = 404; }, (b) => [[`metadata: ${b}${RESOURCE}/mcp answers 404`, PASS]]],
  ['has no metadata at the path form, but where the challenge says', (a, q) => {
    if (q.path === '/meta') return right({ ...q, path: RESOURCE });
    if (q.path === `${RESOURCE}/mcp`) a.status = 404;
    if (a.headers['www-authenticate']) a.headers['www-authenticate'] = `Bearer scope="a", resource_metadata="${q.base}/meta"`;
  }, (b) => [[`path metadata: ${b}${RESOURCE}/mcp answers 404`, PASS]]],
  ['fails at the root form', (a, q) => { if (q.path === RESOURCE) a.status = 500; }, (b) => [[`root metadata: ${b}${RESOURCE} answers 500`, PASS]]],
  ['redirects its metadata', (a, q) => { if (q.path === `${RESOURCE}/mcp`) return { status: 302, headers: { location: '/login' }, body: '' }; }, (b) => [[`metadata: ${b}${RESOURCE}/mcp answers 302 and sends to /login: clients do not follow`, NOT_ELSEWHERE]]],
  ['has a page for everything instead of metadata', document(`${RESOURCE}/mcp`, (a) => ({ ...a, headers: { 'content-type': 'text/html' }, body: '<!doctype html>' })), (b) => [[`metadata: ${b}${RESOURCE}/mcp is sent as text/html`, 'Send Content-Type: application/json.'], [`metadata: ${b}${RESOURCE}/mcp is no JSON: unexpected character at byte 0`, 'Answer one JSON object, as UTF-8, each member once.']]],
  ['has null members in its metadata', member(`${RESOURCE}/mcp`, (o) => Object.assign(o, { resource_name: null, jwks_uri: '' })), () => [['metadata: null or empty: resource_name, jwks_uri; clients refuse the whole document', 'Leave members without a value out.']]],
  ['says a member twice', document(`${RESOURCE}/mcp`, (a, q) => ({ ...a, body: `{"resource":"${q.base}/mcp","resource":"${q.base}/x"}` })), (b) => [[`metadata: ${b}${RESOURCE}/mcp is no JSON: name given twice at byte ${b.length + 19}`, 'Answer one JSON object, as UTF-8, each member once.']]],
  ['has metadata that breaks off', document(`${RESOURCE}/mcp`, (a) => ({ ...a, headers: { ...a.headers, 'content-length': '5000' }, body: '{"x":1', broken: true })), (b) => [[`metadata: ${b}${RESOURCE}/mcp ends after 6 of 5000 bytes`, 'Look at what closes the connection, and at the proxy in front.']]],
  ...[['endless', {}], ['too long', { 'content-length': '300008' }]].map(([how, more]) => [`has metadata that is ${how}`, document(`${RESOURCE}/mcp`, (a) => ({ ...a, headers: { ...a.headers, ...more }, body: `{"x":"${'x'.repeat(300000)}"}` })), (b) => [[`metadata: ${b}${RESOURCE}/mcp is longer than 256 KiB`, 'Make it shorter.']]]),
  ...[
    ['a slash at its end', (b) => `${b}/mcp/`, 'it has a slash at the end, which makes it another address', 'Take the slash off the end of resource.'],
    ['localhost for its address', (b) => `${b.replace('127.0.0.1', 'localhost')}/mcp`, 'localhost and its addresses are different origins to a client', 'Type the address as base_url has it, or set base_url to what people type.'],
    ['another port', () => 'http://127.0.0.1:1/mcp', 'another port', 'Give people the address in the metadata, or set base_url to the one they type.'],
    ['another host', (b) => `${b.replace('127.0.0.1', 'mcp.example')}/mcp`, 'another host', 'Give people the address in the metadata, or set base_url to the one they type.'],
    ['another scheme', (b) => `${b.replace('http', 'https')}/mcp`, 'another scheme', 'Set base_url to the address that people type, https or http as they do.'],
    ['a path above', (b) => b, 'it is a path above, which VS Code refuses', PATHS],
    ['another path', (b) => `${b}/other`, 'another path', PATHS],
  ].map(([what, f, seen, remedy]) => [`names a resource with ${what}`, resourceMember((o, b) => (o.resource = f(b))), (b) => [[`metadata: resource is ${f(b)}, clients were given ${b}/mcp: ${seen}`, remedy]]]),
  ['names no resource', member(`${RESOURCE}/mcp`, (o) => delete o.resource), () => [['metadata: resource is missing', PATHS]]],
  ['names no authorization server', resourceMember((o) => (o.authorization_servers = [])), () => ['metadata', 'root metadata'].map((w) => [`${w}: authorization_servers is no list of URLs`, 'Name the issuer in authorization_servers, as its own metadata writes it.'])],
  ['takes tokens in the body only', member(`${RESOURCE}/mcp`, (o) => (o.bearer_methods_supported = ['body'])), () => [['metadata: tokens in the Authorization header are not offered: clients send them nowhere else', 'Name header in bearer_methods_supported, and take tokens from there only.']]],
  // the issuer
  ['names an issuer that is not https', resourceMember((o) => (o.authorization_servers = ['http://as.example'])), () => [['issuer: http://as.example is not https, and clients refuse that', 'Set base_url to the https address that people use.']]],
  ['names an issuer that is no URL', resourceMember((o) => (o.authorization_servers = ['the server'])), () => [['issuer: the server is no absolute URL', 'Set base_url to the https address that people use.']]],
  ['has an issuer of other letters', issuerMember((o, b) => (o.issuer = `${b}/`)), (b) => [[`issuer metadata: issuer is ${b}/, authorization_servers says ${b}: clients compare letter by letter`, SPELL]]],
  ['has no issuer metadata', (a, q) => { if (q.path === ISSUER || q.path.endsWith('openid-configuration')) a.status = 404; }, (b) => [[`issuer metadata: the issuer ${b} has no metadata at any of its addresses`, 'Serve the metadata there (RFC 8414), and let the proxy in front pass /.well-known/ on unchanged.']]],
  ['fails where it has no metadata', (a, q) => { if (q.path === ISSUER) a.status = 503; }, (b) => [[`issuer metadata: ${b}${ISSUER} answers 503: clients give up instead of asking the next form`, 'Answer 404 where there is nothing, and look at the log.']]],
  ['redirects the issuer metadata', (a, q) => { if (q.path === ISSUER) return { status: 301, headers: { location: '/x' }, body: '' }; }, (b) => [[`issuer metadata: ${b}${ISSUER} answers 301 and sends to /x: clients do not follow`, NOT_ELSEWHERE]]],
  ['sends the issuer metadata as text', document(ISSUER, (a) => { a.headers['content-type'] = 'text/plain'; }), (b) => [[`issuer metadata: ${b}${ISSUER} is sent as text/plain`, 'Send Content-Type: application/json.']]],
  ['has null members in the issuer metadata', member(ISSUER, (o) => (o.service_documentation = null)), () => [['issuer metadata: null or empty: service_documentation; clients refuse the whole document', 'Leave members without a value out.']]],
  ['names no token endpoint', issuerMember((o) => delete o.token_endpoint), () => [['issuer metadata: token_endpoint is missing', 'Name it in the metadata.']]],
  ['names an endpoint by its path', issuerMember((o) => (o.token_endpoint = '/token')), () => [['issuer metadata: token_endpoint /token is no absolute URL', WHOLE]]],
  ['names an endpoint that is not https', issuerMember((o) => (o.token_endpoint = 'http://as.example/token')), () => [['issuer metadata: token_endpoint http://as.example/token is not https, and clients refuse that', WHOLE]]],
  ['does not offer code', issuerMember((o) => (o.response_types_supported = ['token'])), () => [['issuer metadata: response_types_supported does not have code: clients refuse the document', 'Name code in response_types_supported.']]],
  ['does not offer S256', issuerMember((o) => (o.code_challenge_methods_supported = ['plain'])), () => [['issuer metadata: code_challenge_methods_supported does not have S256: clients must not go on', 'Support PKCE, and name S256 in code_challenge_methods_supported.']]],
  ['lets no new client in', issuerMember((o) => delete o.registration_endpoint), () => [['issuer metadata: neither registration_endpoint nor client_id_metadata_document_supported: new clients cannot come in', 'Switch registration on (registration: { mode: per_client }), or make a client for each application.']]],
  ['lets no public client in', issuerMember((o) => (o.token_endpoint_auth_methods_supported = ['client_secret_basic'])), () => [['issuer metadata: token_endpoint_auth_methods_supported does not have none: most MCP clients have no secret', 'Allow public clients: name none in token_endpoint_auth_methods_supported.']]],
  ['says one thing here and another there', member('/.well-known/openid-configuration', (o, b) => (o.token_endpoint = `${b}/other`)), (b) => [[`OpenID metadata: token_endpoint is ${b}/other here and ${b}/token in the other form`, SAME]]],
  ['has an OpenID document that SDKs refuse', member('/.well-known/openid-configuration', (o) => delete o.subject_types_supported), () => [['OpenID metadata: subject_types_supported is missing: clients refuse an OpenID document without it', 'Add it, or take the document away from this address.']]],
  // keys and endpoints
  ['has no keys', document('/jwks', (a) => { a.body = { keys: [] }; }), () => [['keys: none of 0 keys can check a token', 'Publish a public key for ES256, RS256, PS256 or EdDSA (gatehouse key list).']]],
  ['shows a private key', document('/jwks', (a) => { a.body = { keys: [key, { ...key, kid: 'leak', d }] }; }), () => [['keys: key leak shows its private member d: anybody can make tokens', 'Rotate the key at once, and publish public members only.']]],
  ['has its keys nowhere', (a, q) => { if (q.path === '/jwks') a.status = 404; }, (b) => [[`keys: ${b}/jwks answers 404`, PASS]]],
  ['has its registration nowhere', (a, q) => { if (q.path === '/register') a.status = 404; }, (b) => [[`registration: ${b}/register answers 404: there is nothing`, 'Let the proxy in front pass this path on, or correct the metadata.']]],
  ['redirects its registration', (a, q) => { if (q.path === '/register') return { status: 302, headers: { location: '/login' }, body: '' }; }, (b) => [[`registration: ${b}/register answers 302 and sends to /login: clients do not follow`, NOT_ELSEWHERE]]],
  ['has a token endpoint that fails', (a, q) => { if (q.path === '/token') a.status = 500; }, (b) => [[`token: ${b}/token answers 500`, 'Look at the log of what answers there, and at the proxy in front.']]],
  ['has its sign-in page nowhere', (a, q) => { if (q.path === '/authorize') a.status = 404; }, (b) => [[`authorization: ${b}/authorize answers 404: there is nothing`, 'Let the proxy in front pass this path on, or correct the metadata.']]],
  // pages and names
  ['serves pages of any origin without a token', (a, q) => { if (q.headers.origin === `https://${FOREIGN}`) a.status = 200; }, () => [[`foreign origin: 200 without a token, for a page of https://${FOREIGN}`, 'Ask for a token whatever Origin says, and answer 403 to origins that are not allowed.']]],
  ['allows any origin with cookies', (a, q) => { if (q.headers.origin === `https://${FOREIGN}`) return { status: 401, headers: { 'access-control-allow-origin': q.headers.origin, 'access-control-allow-credentials': 'true' }, body: '' }; }, () => [["foreign origin: any page may call it with the person's cookies", 'Allow single origins, and never with Access-Control-Allow-Credentials.']]],
  ['serves any host name without a token', (a, q) => { if (q.headers.host === FOREIGN) a.status = 200; }, () => [[`foreign host: 200 without a token, for Host: ${FOREIGN}`, 'Answer 421 to host names that are not its own.']]],
  ...['Host', 'X-Forwarded-Host'].map((h) => [`makes its addresses out of ${h}`, (a, q) => {
    if (q.headers[h.toLowerCase()] === FOREIGN) return { status: 401, headers: { 'www-authenticate': challenge(`http://${FOREIGN}`) }, body: '' };
  }, () => [[`foreign host: it sends clients to the host that ${h} names: whoever sets it chooses where people sign in`, 'Set base_url, and make no address out of what a request says.']]]),
];

// What is not wrong, but worth a word: [what, how, notes].
const ANSWER_OPTIONS = 'Answer its OPTIONS without a token by 204 and Access-Control-Allow-Origin, -Headers and -Methods.';
const notes = [
  ['does not answer preflights of the resource', (a, q) => { if (q.method === 'OPTIONS' && q.path === '/mcp') a.status = 401; }, (b) => [`web clients: ${b}/mcp answers a preflight by 401`, ANSWER_OPTIONS]],
  ['allows pages no Authorization', (a, q) => { if (q.method === 'OPTIONS') a.headers['access-control-allow-headers'] = '*'; }, (b) => [`web clients: ${b}/mcp does not allow the header authorization`, ANSWER_OPTIONS]],
  ['hides the challenge from pages', (a) => { delete a.headers['access-control-expose-headers']; }, () => ['web clients: a page cannot read the challenge', 'Send Access-Control-Allow-Origin and Access-Control-Expose-Headers: WWW-Authenticate with the 401.']],
  ['does not refuse foreign origins', (a, q) => { if (q.headers.origin === `https://${FOREIGN}`) a.status = 401; }, () => [`foreign origin: 401 instead of 403 for a page of https://${FOREIGN}`, 'Answer 403 to origins that are not allowed (MCP, Streamable HTTP).']],
  ['answers for any host name', (a, q) => { if (q.headers.host === FOREIGN) a.status = 401; }, () => ['foreign host: it answers for any host name, so that a page can reach it by DNS rebinding', 'Answer 421 to host names that are not its own.']],
  ['has no metadata at the root form', (a, q) => { if (q.path === RESOURCE) a.status = 404; }, (b) => [`root metadata: ${b}${RESOURCE} answers 404: some clients ask only there`, 'Serve the metadata there too, for the one resource that matters most.']],
  ['names another resource at the root form', document(RESOURCE, (a, q) => { if (q.path === RESOURCE) a.body.resource = `${q.base}/other`; }), (b) => [`root metadata: it is about ${b}/other: clients that ask only there find that`, 'That is fine when this host protects several resources.']],
  ['has OpenID metadata only', (a, q) => { if (q.path === ISSUER) a.status = 404; }, (b) => [`issuer metadata: nothing at ${b}${ISSUER}`, 'Serve the metadata there too (RFC 8414 section 3).']],
  ['does not send iss', issuerMember((o) => delete o.authorization_response_iss_parameter_supported), () => ['issuer metadata: authorization_response_iss_parameter_supported is not true: MCP is going to require it', 'Send iss in every authorization response, and say so (RFC 9207).']],
  ['says invalid_token where none was sent', header((b) => challenge(b).replace('Bearer ', 'Bearer error="invalid_token", ')), () => ['challenge: it says error=invalid_token, though no token was sent', 'Leave error out where no token was sent (RFC 6750 section 3.1).']],
  ['names no scope', header((b) => `Bearer resource_metadata="${metadataOf(b)}"`), () => ['challenge: it names no scope: clients ask for all that the metadata lists', 'Name in scope what a person needs to begin.']],
];

export default story('doctor', async (t) => {
  const ONLY_HERE = ['reach: only programs on this machine can reach it: Claude on the web or phone and ChatGPT cannot', 'For those, serve it at a public https address and set base_url to it.'];

  await t.test('a server that does everything right has nothing to mend', async () => {
    const f = await fake(t);
    const r = await doctor(`${f.base}/mcp`);
    await f.close();
    assert.deepEqual(findings(r.out, 'FAIL'), [], r.out);
    assert.deepEqual(findings(r.out, 'note'), [ONLY_HERE]);
    assert.equal(r.code, 0);
    assert.deepEqual(findings(r.out, 'ok').map(([seen]) => seen.split(':')[0]), ['address', 'TCP', 'challenge', 'GET', 'HEAD', 'discover', 'metadata', 'root metadata',
      'issuer metadata', 'OpenID metadata', 'keys', 'authorization', 'token', 'registration', 'web clients', 'foreign origin', 'foreign host']);
  });
  await t.test('nothing that it asks carries a token, registers anybody or is asked of another host', async () => {
    const f = await fake(t);
    await doctor(`${f.base}/mcp`);
    await f.close();
    assert.deepEqual(f.asked.filter((q) => q.headers.authorization || q.headers.cookie), []);
    assert.deepEqual([...new Set(f.asked.map((q) => q.headers.host))], [`127.0.0.1:${f.port}`, FOREIGN]);
    assert.deepEqual([...new Set(f.asked.filter((q) => q.method === 'POST').map((q) => q.path))], ['/mcp']);
  });

  for (const [what, wrong, want] of rows) {
    await t.test(`a server that ${what} is told so`, async () => {
      const f = await fake(t, wrong);
      const r = await doctor(`${f.base}/mcp`);
      await f.close();
      assert.deepEqual(findings(r.out, 'FAIL'), want(f.base), r.out);
      assert.equal(r.code, 1);
    });
  }
  for (const [what, wrong, want] of notes) {
    await t.test(`a server that ${what} is all right, with a note`, async () => {
      const f = await fake(t, wrong);
      const r = await doctor(`${f.base}/mcp`);
      await f.close();
      assert.deepEqual(findings(r.out, 'FAIL'), [], r.out);
      assert.deepEqual(findings(r.out, 'note').filter(([seen]) => seen !== ONLY_HERE[0]), [want(f.base)], r.out);
      assert.equal(r.code, 0);
    });
  }

  await t.test('a clock that is an hour off is noted', async () => {
    const f = await fake(t, (a) => { a.headers.date = new Date(Date.now() - 3600e3).toUTCString(); });
    const r = await doctor(`${f.base}/mcp`);
    await f.close();
    // what passes between the answer and its reading is on the clock too
    assert.match(r.out, /note +clock: the clocks of the server and of this machine differ by 3(599|600|601) s\n +-> Set both by NTP: tokens would look too old or too new\./);
    assert.equal(r.code, 0);
  });
  await t.test('nothing but the FAIL lines of escape sequences gets to the terminal', async () => {
    const f = await fake(t, (a) => { if (a.body?.resource) a.body.resource = 'http://x/\u001b[2J\u009b]0;owned\u0007'; });
    const r = await doctor(`${f.base}/mcp`);
    await f.close();
    assert.match(r.out, /resource is no absolute URL: http:\/\/x\/\?\[2J\?+\]0;owned\?/);
    assert.doesNotMatch(r.out, /[^\x20-\x7e\n]/);
  });
  await t.test('a path that is wrong is put right by what the host says of itself', async () => {
    const f = await fake(t);
    const r = await doctor(f.base);
    await f.close();
    assert.deepEqual(findings(r.out, 'FAIL'), [NOT_SERVED]);
    assert.deepEqual(findings(r.out, 'note').at(-1), [`address: the metadata of this host is about ${f.base}/mcp`, 'Try that address.']);
    assert.equal(r.code, 1);
  });
  await t.test('an address with a slash at its end is another one', async () => {
    const f = await fake(t, (a, q) => {
      const path = q.path.replace(/\/mcp\/$/, '/mcp');
      return path === q.path ? undefined : right({ ...q, path });
    });
    const r = await doctor(`${f.base}/mcp/`);
    await f.close();
    const what = `resource is ${f.base}/mcp, clients were given ${f.base}/mcp/: the typed one has a slash at the end, which makes it another address`;
    assert.deepEqual(findings(r.out, 'FAIL'), ['metadata', 'path metadata'].map((w) => [`${w}: ${what}`, 'Type the address without the slash at its end.']));
    assert.equal(findings(r.out, 'note')[0][0], 'address: it ends in a slash, which makes it another address to a client');
    assert.equal(r.code, 1);
  });

  await t.test('an address that is none is a wrong usage: 2, and nothing is asked', async () => {
    for (const word of ['nonsense', 'ftp://host/mcp', 'https://', '']) {
      const r = await doctor(word);
      assert.equal(r.err, `gatehouse: \`${word}\` is not an http or https URL; give it as people type it: https://host/path.\n\`gatehouse help doctor\` shows how it is used.\n`);
      assert.equal(r.out, '');
      assert.equal(r.code, 2);
    }
  });
  // the words behind it are those of the resolver of this machine
  const noSuchHost = (found) => {
    assert.equal(found.length, 1);
    assert.match(found[0][0], /^DNS: no-such-host\.invalid has no address: \w/);
    assert.equal(found[0][1], 'Correct the spelling, or make the DNS record.');
  };
  await t.test('a name that does not exist', async () => {
    const r = await doctor('https://no-such-host.invalid/mcp');
    noSuchHost(findings(r.out, 'FAIL'));
    assert.equal(r.code, 1);
  });
  await t.test('a port where nobody listens', async () => {
    const port = await freePort();
    const r = await doctor(`http://127.0.0.1:${port}/mcp`);
    assert.deepEqual(findings(r.out, 'FAIL'), [[`TCP: cannot connect to 127.0.0.1:${port}: Connection refused`, 'Start what should listen there, and look at its port and at the firewall between.']]);
    assert.equal(r.code, 1);
  });
  await t.test('an address that is not https, elsewhere', async () => {
    const r = await doctor('http://no-such-host.invalid/mcp');
    const [first, ...rest] = findings(r.out, 'FAIL');
    assert.deepEqual(first, ['address: it is not https: clients refuse it, and tokens would travel in clear', 'Serve it by https, and set base_url to the https address.']);
    noSuchHost(rest);
    assert.equal(r.code, 1);
  });

  const dir = temporary(t);
  const openssl = (...args) => {
    const r = spawnSync('openssl', args, { cwd: dir, encoding: 'utf8' });
    assert.equal(r.status, 0, r.stderr);
  };
  const certificate = (name, san, days) => {
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${san}`);
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy', '-days', String(days), '-out', `${name}.crt`);
    return { key: readFileSync(join(dir, `${name}.key`)), cert: readFileSync(join(dir, `${name}.crt`)) };
  };
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=story', '-days', '2');
  const trust = { env: { SSL_CERT_FILE: join(dir, 'ca.crt') } };
  const good = certificate('good', 'DNS:localhost', 2);

  await t.test('TLS: a certificate that is right is said to be', async () => {
    const f = await fake(t, undefined, { tls: good, host: 'localhost' });
    const r = await doctor(`${f.base}/mcp`, trust);
    await f.close();
    assert.deepEqual(findings(r.out, 'FAIL'), [], r.out);
    assert.match(r.out, /ok +TLS: TLSv1\.3, with a certificate for this name/);
    assert.equal(r.code, 0);
  });
  for (const [what, tls, options, seen, remedy] of [
    ['of an authority that nobody knows', good, {}, 'unable to get local issuer certificate', 'Send the whole chain: the certificate file must hold the intermediate certificates too.'],
    ['that signs itself', { key: readFileSync(join(dir, 'ca.key')), cert: readFileSync(join(dir, 'ca.crt')) }, {}, 'self-signed certificate', 'Use a certificate of a public authority: clients trust no other.'],
    ['for another name', certificate('other', 'DNS:other.example', 2), trust, 'hostname mismatch', 'Get a certificate that names this host, or use the host that it names.'],
    ['that is over', certificate('old', 'DNS:localhost', -1), trust, 'certificate has expired', 'Renew the certificate of what terminates TLS here, and see that it is renewed by itself.'],
  ]) {
    await t.test(`TLS: a certificate ${what} is named`, async () => {
      const f = await fake(t, undefined, { tls, host: 'localhost' });
      const r = await doctor(`${f.base}/mcp`, options);
      await f.close();
      assert.deepEqual(findings(r.out, 'FAIL'), [[`TLS: ${seen}`, remedy]], r.out);
      assert.equal(r.code, 1);
    });
  }
  await t.test('TLS: a port that speaks plain http', async () => {
    const f = await fake(t, undefined, { scheme: 'https', host: 'localhost' });
    const r = await doctor(`${f.base}/mcp`);
    await f.close();
    assert.match(findings(r.out, 'FAIL')[0][0], /^TLS: .*wrong version number/);
    assert.equal(findings(r.out, 'FAIL')[0][1], 'Speak TLS on this port, or give people the http address of this machine.');
  });
  await t.test('TLS: a port that speaks nothing else', async () => {
    const f = await fake(t, undefined, { tls: good, scheme: 'http', host: 'localhost' });
    const r = await doctor(`${f.base}/mcp`);
    await f.close();
    assert.deepEqual(findings(r.out, 'FAIL'), [['HTTP: the connection was closed without an answer', 'Look at what listens on this port: it may be TLS that wants https.']]);
    assert.equal(r.code, 1);
  });

  const dead = await freePort();
  const house = await serve(t, { config: `resources:\n  - { path: /dead/mcp, upstream: "http://127.0.0.1:${dead}/mcp", name: Dead }\n` });
  await t.test('our own server has nothing to mend, and what stands behind it is not seen from outside', async () => {
    const r = await doctor(`${house.base}/dead/mcp`);
    assert.deepEqual(findings(r.out, 'FAIL'), [], r.out);
    assert.deepEqual(findings(r.out, 'note').at(-1), ['upstream: what stands behind this Gatehouse is not seen without a token', 'Sign in with a client: a 502 then has an id for gatehouse why.']);
    assert.equal(r.code, 0);
    const m = await doctor(`${house.base}/mcp`);
    assert.deepEqual(findings(m.out, 'FAIL'), [], m.out);
    assert.equal(m.code, 0);
  });
  await t.test('our own server by another name is told which one to use', async () => {
    const other = house.base.replace('localhost', '127.0.0.1');
    const r = await doctor(`${other}/mcp`);
    assert.deepEqual(findings(r.out, 'FAIL'), [
      [`challenge: resource_metadata is at ${house.base}, the server at ${other}: another origin`, 'Set base_url to the address that people use; it has to be the only one.'],
      [`path metadata: resource is ${house.base}/mcp, clients were given ${other}/mcp: localhost and its addresses are different origins to a client`, 'Type the address as base_url has it, or set base_url to what people type.'],
    ], r.out);
    assert.equal(r.code, 1);
  });
  await t.test('a path that our own server does not have', async () => {
    const r = await doctor(`${house.base}/nothing/mcp`);
    assert.deepEqual(findings(r.out, 'FAIL'), [NOT_SERVED]);
    assert.equal(r.code, 1);
  });
  await t.test('without an address it looks at all that this server has, and behind it', async () => {
    const r = await house.verb(['doctor', '--config', house.configFile()]);
    assert.match(r.out, new RegExp(`^${house.base}/mcp$`, 'm'));
    assert.match(r.out, new RegExp(`^${house.base}/dead/mcp$`, 'm'));
    assert.deepEqual(findings(r.out, 'FAIL'), [[`upstream: http://127.0.0.1:${dead}/mcp does not answer: Connection refused`, 'Start the MCP server, or correct the upstream.']], r.out + r.err);
    assert.equal(r.code, 1);
  });
  await t.test('--json says the same as one object', async () => {
    const address = `${house.base.replace('localhost', '127.0.0.1')}/mcp`;
    const text = await doctor(address);
    const r = await run(['doctor', address, '--json']);
    const o = JSON.parse(r.out);
    for (const [kind, word] of [['ok', 'ok'], ['note', 'note'], ['fail', 'FAIL']]) {
      const said = o.findings.filter((f) => f.kind === kind).map((f) => [`${f.what}: ${f.seen}`, ...(f.remedy === undefined ? [] : [f.remedy])]);
      assert.ok(said.length > 0, kind);
      assert.deepEqual(said, findings(text.out, word));
    }
    assert.ok(o.findings.every((f) => f.address === address && (f.kind === 'ok') === (f.remedy === undefined)));
    assert.equal(o.failed, 2);
    assert.equal(o.untried, 0);
    assert.equal(r.code, 1);
  });
});
