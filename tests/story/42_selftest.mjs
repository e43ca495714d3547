// selftest goes the way of each known client: at a server that is right all get to the sign-in page; at one that is wrong in
// one way exactly those fail that would, each with what stopped it and how to mend that.
import { spawnSync } from 'node:child_process';
import { createServer, request } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { story, assert } from './lib/story.mjs';
import { serve, run, temporary, freePort } from './lib/daemon.mjs';
import { sql } from './lib/forge.mjs';
import { kept } from './lib/kept.mjs';
import { ISSUER, RESOURCE, among, challenge, fake, findings, header, issuerMember, metadataOf, page, redirects, resourceMember } from './lib/foreign.mjs';

const CLIENTS = JSON.parse((await run(['reference', 'clients', '--json'])).out).clients;
const ALL = CLIENTS.filter((c) => c.registration?.redirect_uris.length).map((c) => c.id);
const but = (...ids) => ALL.filter((id) => !ids.includes(id));
// What the documents of the clients say of redirect URIs, as somebody would read who fetches them.
const DOCUMENTS = Object.fromEntries(CLIENTS.filter((c) => c.document).map((c) => {
  const described = c.addresses.filter((a) => a.use === 'with its document').map((a) => a.uri);
  return [c.document, described.length ? described : c.registration.redirect_uris];
}));
const DOCUMENTED = CLIENTS.filter((c) => c.document).map((c) => c.id);
const SDK = ['claude', 'claude-code', 'cursor', 'opencode', 'mcp-inspector', 'mcp-remote', 'mcporter', 'mcpc', 'cline', 'ai-sdk', 'use-mcp'];

const selftest = (...args) => run(['selftest', ...args], { timeout: 60000 });
// { client id: [[what, seen, remedy], ...] } of those that fail.
function failing(o) {
  const out = {};
  for (const f of o.findings) if (f.kind === 'fail') (out[f.client ?? ''] ??= []).push([f.what, f.seen, f.remedy]);
  return out;
}

const REMEDY = 'Take the registration as the client sends it (gatehouse reference clients): ignore members that are not known, and accept all of its redirect URIs.';
const LISTEN = 'Correct the path, or answer 401 with a challenge to every method and let the proxy in front pass all on.';
const PASS = 'Serve it there, and let the proxy in front pass /.well-known/ on unchanged.';
const LOOK = 'Look at the log of what answers there.';
const PORTS = 'Compare http addresses on loopback without their port (RFC 8252 section 7.3).';
const OPTIONS = 'Answer its OPTIONS without a token by 204 and Access-Control-Allow-Origin, -Headers and -Methods.';
const FETCH = "Look whether this server can fetch the client's document, or announce none (client_id_metadata_document_supported).";
const REACH = 'Let the server reach these hosts (DNS, and https), or let such applications register instead: registration: { cimd: false }.';
const WAYIN = 'Switch registration on (registration: { mode: per_client }), or make a client for it.';

const registering = (f) => (a, q) => { if (q.path === '/register' && q.method === 'POST') return f(a, q.body, q); };
const refuses = (why, error = 'invalid_client_metadata') => ({ status: 400, headers: { 'content-type': 'application/json' }, body: { error, error_description: why } });
const authorizing = (f) => (a, q) => { if (q.path === '/authorize' && q.query.has('client_id')) return f(a, q.query, q); };
const back = (p, error) => ({ status: 302, headers: { location: `${p.get('redirect_uri')}?error=${error}&state=${p.get('state')}` }, body: '' });
const documents = issuerMember((o) => (o.client_id_metadata_document_supported = true));
const strict = authorizing((a, p, q) => (redirects(q, p.get('client_id')).includes(p.get('redirect_uri')) ? undefined : page(400, 'Unknown address')));
const both = (...changes) => (a, q) => changes.reduce((now, f) => f(now, q) ?? now, a);

// [what the server does, how, { a failing client: its findings }, all that fail when more do than are spelled out]
const rows = [
  // first requests
  ['hides the challenge from GET', (a, q) => { if (q.path === '/mcp' && q.method === 'GET') a.status = 405; },
    { codex: [['Codex, GET', '405 instead of 401: this method is not allowed before a token is asked for, which hides the challenge', LISTEN]] }, ['codex', 'mcp-remote']],
  ['hides the challenge from HEAD', (a, q) => { if (q.path === '/mcp' && q.method === 'HEAD') a.status = 404; },
    { 'gemini-cli': [['Gemini CLI, HEAD', '404 instead of 401: nothing is served at this path', 'Correct the path (gatehouse list_resources shows them), or let the proxy in front pass it on unchanged.']] }, ['gemini-cli', 'qwen-code']],
  ['stumbles over the newer era', (a, q) => { if (q.headers['mcp-method'] === 'server/discover') a.status = 400; },
    { 'copilot-cli': [['GitHub Copilot CLI, DISCOVER', '400 instead of 401: it judges the request before it asks for a token', 'Answer 401 before reading the body: clients learn only from a 401 where to sign in.']] }, ['claude-code', 'copilot-cli', 'mcp-inspector']],
  // metadata
  ['has no metadata at the root form', (a, q) => { if (q.path === RESOURCE) a.status = 404; },
    (b) => ({ 'qwen-code': [['Qwen Code, metadata', `${b}${RESOURCE} answers 404`, PASS]] })],
  ['names Basic before Bearer, and has its metadata only where the challenge says', both((a, q) => {
    const tenant = (o) => JSON.parse(JSON.stringify(o).replaceAll(`"${q.base}"`, `"${q.base}/t"`));
    const ask = (path) => ({ status: 200, headers: { 'content-type': 'application/json', 'access-control-allow-origin': '*' }, body: path });
    if (q.path === '/meta') return ask({ resource: `${q.base}/mcp`, authorization_servers: [`${q.base}/t`] });
    if (q.path === `${ISSUER}/t`) return ask(tenant({ issuer: q.base, authorization_endpoint: `${q.base}/authorize`, token_endpoint: `${q.base}/token`, registration_endpoint: `${q.base}/register`, response_types_supported: ['code'], code_challenge_methods_supported: ['S256'], token_endpoint_auth_methods_supported: ['none'] }));
    if (q.path.startsWith('/.well-known/')) a.status = 404;
  }, header((b) => ['Basic realm="x"', challenge(b).replace(metadataOf(b), `${b}/meta`)])),
  (b) => ({
    opencode: [['OpenCode, issuer metadata', `the issuer ${b} has no metadata at any of its addresses`, 'Serve the metadata there (RFC 8414), and let the proxy in front pass /.well-known/ on unchanged.']],
    'qwen-code': [['Qwen Code, metadata', `${b}${RESOURCE} answers 404`, PASS]],
  }), [...SDK, 'qwen-code']],
  ['names a path above as its resource', resourceMember((o, b) => (o.resource = b)),
    (b) => ({ vscode: [['Visual Studio Code, metadata', `resource is ${b}, clients were given ${b}/mcp: it is a path above, which VS Code refuses`, 'Name in resource the very address that people type.']] })],
  ['has null members in its metadata', resourceMember((o) => (o.jwks_uri = null)),
    { cursor: [['Cursor, metadata', 'null or empty: jwks_uri; clients refuse the whole document', 'Leave members without a value out.']] }, SDK],
  ['has an OpenID document only, which the SDK refuses', both((a, q) => { if (q.path === ISSUER) a.status = 404; }, issuerMember((o) => delete o.subject_types_supported)),
    { opencode: [['OpenCode, issuer metadata', 'subject_types_supported is missing: clients refuse an OpenID document without it', 'Add it, or take the document away from this address.']] }, SDK],
  ['fails where its metadata should be', (a, q) => { if (q.path === ISSUER) a.status = 503; },
    (b) => ({ zed: [['Zed, issuer metadata', `${b}${ISSUER} answers 503`, PASS]] }), ALL],
  ['does not know the version header of 2026', (a, q) => { if (q.path.startsWith('/.well-known/') && q.headers['mcp-protocol-version'] === '2026-07-28') a.status = 500; },
    (b) => ({ 'copilot-cli': [['GitHub Copilot CLI, metadata', `${metadataOf(b)} answers 500`, PASS]] }), ['copilot-cli', 'ai-sdk']],
  ['does not know the version header of 2024', (a, q) => { if (q.path.startsWith('/.well-known/') && q.headers['mcp-protocol-version'] === '2024-11-05') a.status = 500; },
    (b) => ({ codex: [['Codex, metadata', `${metadataOf(b)} answers 500`, PASS]] })],
  ['does not know two media types in Accept', (a, q) => { if (q.path === ISSUER && q.headers.accept?.includes(',')) a.status = 500; },
    (b) => ({ mcporter: [['mcporter, issuer metadata', `${b}${ISSUER} answers 500`, PASS]] })],
  ['lets no page read the metadata', (a, q) => { if (q.method === 'OPTIONS' && q.path === ISSUER) a.status = 405; },
    (b) => Object.fromEntries([['mcp-inspector', 'MCP Inspector'], ['use-mcp', 'use-mcp']].map(([id, name]) => [id, [[`${name}, web clients`, `${b}${ISSUER} answers a preflight by 405`, OPTIONS]]]))],
  // registration
  ['registers nobody', issuerMember((o) => delete o.registration_endpoint),
    { cursor: [['Cursor, client', 'no registration_endpoint, and it has no document', WAYIN]], codex: [['Codex, client', 'no registration_endpoint, and documents are not announced', WAYIN]] }, ALL],
  ['announces documents, and registers nobody', both(documents, issuerMember((o) => delete o.registration_endpoint)),
    { cursor: [['Cursor, client', 'no registration_endpoint, and it has no document', WAYIN]] }, but(...DOCUMENTED)],
  ['announces documents without none, and registers nobody', both(documents, issuerMember((o) => { delete o.registration_endpoint; o.token_endpoint_auth_methods_supported = ['private_key_jwt']; })),
    { 'claude-code': [['Claude Code, client', 'client_id_metadata_document_supported without none in token_endpoint_auth_methods_supported: Claude Code does not use its document then, and there is no registration_endpoint', 'Name none in token_endpoint_auth_methods_supported.']] },
    but(...DOCUMENTED.filter((id) => !id.startsWith('claude')))],
  ['announces documents that it cannot read', both(documents, authorizing((a, p) => (p.get('client_id').startsWith('https://') ? page(502, 'No answer') : undefined))),
    { codex: [['Codex, authorization', 'http://127.0.0.1:43117/callback: the person sees an error page, 502: No answer', FETCH]] }, DOCUMENTED],
  ['answers registrations with nulls', registering((a) => { a.body.client_secret = null; }),
    { cursor: [['Cursor, registration', 'null or empty: client_secret; clients refuse the whole document', 'Leave members without a value out.']] }, SDK],
  ['does not repeat redirect_uris', registering((a) => { delete a.body.redirect_uris; }),
    { opencode: [['OpenCode, registration', 'the answer has no redirect_uris: the client refuses it', 'Repeat redirect_uris in the answer (RFC 7591 section 3.2.1).']] }, SDK],
  ['registers no schemes of applications', registering((a, o) => (o.redirect_uris.some((u) => !/^https?:/.test(u)) ? refuses('not http', 'invalid_redirect_uri') : undefined)),
    (b) => ({ cursor: [['Cursor, registration', `${b}/register answers 400 invalid_redirect_uri: not http`, REMEDY]], warp: [['Warp, registration', `${b}/register answers 400 invalid_redirect_uri: not http`, REMEDY]] }), ['cursor', 'grok-bot', 'warp']],
  ['registers no more than three addresses', registering((a, o) => (o.redirect_uris.length > 3 ? refuses('too many', 'invalid_redirect_uri') : undefined)),
    (b) => ({ vscode: [['Visual Studio Code, registration', `${b}/register answers 400 invalid_redirect_uri: too many`, REMEDY]] })],
  ['wants https of what calls itself web', registering((a, o) => (o.application_type === 'web' && !o.redirect_uris.every((u) => u.startsWith('https:')) ? refuses('web is https') : undefined)),
    (b) => ({ cursor: [['Cursor, registration', `${b}/register answers 400 invalid_client_metadata: web is https`, REMEDY]] })],
  ['refuses members that it does not know', registering((a, o) => ('code_challenge_method' in o ? refuses('unknown member') : undefined)),
    (b) => ({ 'qwen-code': [['Qwen Code, registration', `${b}/register answers 400 invalid_client_metadata: unknown member`, REMEDY]] })],
  ['wants an https client_uri', registering((a, o) => (/^http:/.test(o.client_uri) ? refuses('client_uri') : undefined)),
    (b) => ({ 'use-mcp': [['use-mcp, registration', `${b}/register answers 400 invalid_client_metadata: client_uri`, REMEDY]] })],
  ['wants application_type', registering((a, o) => (o.application_type ? undefined : refuses('no type'))),
    (b) => ({ 'copilot-cli': [['GitHub Copilot CLI, registration', `${b}/register answers 400 invalid_client_metadata: no type`, REMEDY]] }), but('claude-code', 'codex', 'cursor', 'vscode', 'mcp-inspector', 'mcp-remote', 'ai-sdk')],
  ['gives no secrets', registering((a, o) => (o.token_endpoint_auth_method === 'none' ? undefined : refuses('public only'))),
    (b) => ({ mistral: [['Mistral Le Chat, registration', `${b}/register answers 400 invalid_client_metadata: public only`, REMEDY]] })],
  ['registers too seldom', registering(() => ({ status: 429, headers: {}, body: '' })),
    (b) => ({ warp: [['Warp, registration', `${b}/register answers 429`, 'Wait a minute, or test one client (--as).']] }), ALL],
  // authorization
  ['refuses prompt=select_account', authorizing((a, p) => (/select_account/.test(p.get('prompt')) ? back(p, 'invalid_request') : undefined)),
    { 'copilot-cli': [['GitHub Copilot CLI, authorization', 'http://127.0.0.1:43117/ with prompt=consent select_account: sent back with error=invalid_request', 'Take prompt as a list of words, select_account among them, and pass over unknown ones.']] }],
  ['refuses scopes that it does not know', authorizing((a, p) => (/claudeai/.test(p.get('scope')) ? back(p, 'invalid_scope') : undefined)),
    { claude: [['Claude, authorization', 'https://claude.ai/api/mcp/auth_callback: sent back with error=invalid_scope', LOOK]] }],
  ['compares the port of loopback addresses', strict,
    { vscode: [['Visual Studio Code, authorization', 'http://127.0.0.1:43117/, for http://127.0.0.1/: the person sees an error page, 400: Unknown address', PORTS]] }],
  ['compares the port of loopback addresses in documents', both(documents, strict),
    {
      'claude-code': ['localhost', '127.0.0.1'].map((h) => ['Claude Code, authorization', `http://${h}:43117/callback with prompt=consent, for http://${h}/callback: the person sees an error page, 400: Unknown address`, PORTS]),
      zed: [['Zed, authorization', 'http://127.0.0.1:43117/callback, for http://127.0.0.1/callback: the person sees an error page, 400: Unknown address', PORTS]],
    }, ['claude-code', 'codex', 'copilot-cli', 'zed']],
  ['knows no more than one address of a client', authorizing((a, p, q) => (among(redirects(q, p.get('client_id')).slice(0, 1), p.get('redirect_uri')) ? undefined : page(403, 'Not this one'))),
    { cursor: ['https://www.cursor.com/agents/mcp/oauth/callback', 'http://localhost:8787/callback'].map((u) => ['Cursor, authorization', `${u}: the person sees an error page, 403: Not this one`, LOOK]) }, ['cursor', 'grok-bot', 'vscode']],
  ['gives a code to whoever asks', authorizing((a, p) => ({ status: 302, headers: { location: `${p.get('redirect_uri')}?code=x` }, body: '' })),
    { warp: [['Warp, authorization', 'it gives the client an answer without asking anybody', 'Ask a person before giving a code.']] }, ALL],
];

export default story('selftest', async (t) => {
  await t.test('a server that does everything right lets every client in', async () => {
    for (const wrong of [undefined, documents]) {
      const f = await fake(t, wrong, { documents: DOCUMENTS });
      const r = await selftest(`${f.base}/mcp`);
      await f.close();
      assert.deepEqual(findings(r.out, 'FAIL'), [], r.out);
      assert.equal(findings(r.out, 'ok').length, ALL.length);
      assert.equal(findings(r.out, 'ok').filter(([x]) => / by its document,/.test(x)).length, wrong ? DOCUMENTED.length : 0);
      assert.equal(r.code, 0);
    }
  });
  await t.test('it asks as the clients do, carries no token, and asks nobody but this server', async () => {
    const f = await fake(t, undefined, { documents: DOCUMENTS });
    await selftest(`${f.base}/mcp`);
    await f.close();
    assert.ok(f.asked.every((q) => !q.headers.authorization && !q.headers.cookie));
    assert.deepEqual([...new Set(f.asked.filter((q) => q.method === 'POST').map((q) => q.path))].sort(), ['/mcp', '/register']);
    const sent = f.asked.filter((q) => q.path === '/register' && q.method === 'POST').map((q) => q.body.client_name);
    for (const c of CLIENTS.filter((x) => x.registration)) assert.equal(sent.includes(c.registration.client_name), ALL.includes(c.id), c.id);
    const versions = new Set(f.asked.filter((q) => q.path === ISSUER && q.method === 'GET').map((q) => q.headers['mcp-protocol-version']));
    assert.deepEqual([...versions].sort(), ['2024-11-05', '2025-11-25', '2026-07-28', undefined]);
    const came = f.asked.filter((x) => x.path === '/authorize');
    assert.ok(came.length >= ALL.length, `${came.length}`);
    for (const q of came) {
      assert.equal(q.query.get('resource'), `${f.base}/mcp`);
      assert.equal(q.query.get('code_challenge_method'), 'S256');
    }
  });

  for (const [what, wrong, want, more] of rows) {
    await t.test(`a server that ${what} stops exactly those whom that stops`, async () => {
      const f = await fake(t, wrong, { documents: DOCUMENTS });
      const r = await selftest(`${f.base}/mcp`, '--json');
      await f.close();
      const got = failing(JSON.parse(r.out));
      const wanted = typeof want === 'function' ? want(f.base) : want;
      assert.deepEqual(Object.keys(got).sort(), [...(more ?? Object.keys(wanted))].sort(), r.out);
      for (const [id, lines] of Object.entries(wanted)) assert.deepEqual(got[id], lines, id);
      for (const lines of Object.values(got)) for (const [, seen, remedy] of lines) assert.ok(seen && /\.$/.test(remedy));
      assert.equal(r.code, 1);
    });
  }
  for (const [what, wrong] of [
    ['names Basic before Bearer, with its metadata at the usual place', header((b) => ['Basic realm="x"', challenge(b)])],
    ['announces documents without none, but registers', both(documents, issuerMember((o) => (o.token_endpoint_auth_methods_supported = ['client_secret_post'])))],
    ['is about another resource at the root form', (a, q) => { if (q.path === RESOURCE) a.body.resource = `${q.base}/other`; }],
    ['has no metadata where the challenge does not lead', (a, q) => { if (q.path === '/.well-known/openid-configuration') a.status = 404; }],
  ]) {
    await t.test(`a server that ${what} stops nobody`, async () => {
      const f = await fake(t, wrong, { documents: DOCUMENTS });
      const r = await selftest(`${f.base}/mcp`, '--json');
      await f.close();
      assert.deepEqual(failing(JSON.parse(r.out)), {});
      assert.equal(r.code, 0);
    });
  }

  const house = await serve(t, { config: 'registration: { mode: per_client }\nresources:\n  - { path: /weather/mcp, upstream: "http://127.0.0.1:1/mcp", name: Weather }\n  - { path: /other/mcp, upstream: "http://127.0.0.1:1/mcp", name: Other }\n' });
  // Documents are fetched from the internet, which a story has not everywhere: the clients that have one may not be tried then.
  const here = but(...DOCUMENTED);
  assert.ok(here.length > 0 && here.length < ALL.length);
  await t.test('our own server lets every client in, at each of its resources, and keeps nothing of them', async () => {
    assert.equal((await (await fetch(`${house.base}${ISSUER}`)).json()).client_id_metadata_document_supported, true);
    const told = () => sql(house, "SELECT count(*) FROM audit WHERE event NOT LIKE 'op.%'");
    const before = told();
    // but that an authorization waits for its person, for ten minutes
    const r = await kept(house, () => house.verb(['selftest', '--config', house.configFile(), '--json']), 'audit', 'txn');
    assert.equal(told(), before);
    const o = JSON.parse(r.out);
    assert.deepEqual([...new Set(o.findings.map((f) => f.address))].sort(), ['/mcp', '/other/mcp', '/weather/mcp'].map((p) => `${house.base}${p}`));
    for (const id of here) assert.equal(o.findings.filter((f) => f.client === id && f.kind === 'ok').length, 3, id);
    assert.deepEqual(failing(o), {});
    const untried = o.findings.filter((f) => f.kind === 'untried');
    assert.equal(o.untried, untried.length);
    for (const f of untried) {
      assert.ok(DOCUMENTED.includes(f.client), f.client);
      assert.match(f.seen, /^not tried\. The document of this application at [a-z.]+ could not be fetched: [a-z ]+\.$/);
      assert.equal(f.remedy, REACH);
    }
    assert.equal(r.code, untried.length ? 1 : 0);
  });
  await t.test('what cannot be tried from here is no failure, says what it would need once, and is not called a success', async () => {
    const r = await selftest(`${house.base}/weather/mcp`);
    const skipped = findings(r.out, 'skip').length;
    assert.deepEqual(findings(r.out, 'FAIL'), []);
    assert.equal(findings(r.out, 'ok').length + skipped, ALL.length);
    assert.equal(r.out.endsWith(`\n${skipped} not tried.\n        -> ${REACH}\n`), skipped > 0);
    assert.equal(r.out.split('->').length - 1, skipped > 0 ? 1 : 0);
    assert.equal(r.code, skipped ? 1 : 0);
    // without documents the same applications register, and all get through
    const alone = await serve(t, { config: 'registration: { cimd: false }\n' });
    const all = await selftest(`${alone.base}/mcp`);
    assert.equal(findings(all.out, 'ok').length, ALL.length, all.out);
    assert.equal(all.code, 0);
  });
  await t.test('one client by itself is told step by step, with what the consent page will show', async () => {
    const r = await selftest(`${house.base}/weather/mcp`, '--as', 'cursor');
    assert.deepEqual(findings(r.out, 'ok').map(([x]) => x.replace(/client_id .*/, 'client_id')), [
      'POST: 401 without a token',
      `challenge: it leads to ${house.base}${RESOURCE}/weather/mcp`,
      `metadata: ${house.base}${RESOURCE}/weather/mcp, tokens come from ${house.base}`,
      `issuer metadata: ${house.base}${ISSUER}`,
      'registration: taken, client_id',
      'authorization: cursor://anysphere.cursor-mcp/oauth/callback: sign-in page; consent will show Cursor, not verified',
      'authorization: https://www.cursor.com/agents/mcp/oauth/callback: sign-in page; consent will show Cursor, verified by its address www.cursor.com',
      'authorization: http://localhost:8787/callback: sign-in page; consent will show Cursor, not verified',
    ]);
    assert.equal(r.code, 0);
    const q = await selftest(`${house.base}/weather/mcp`, '--as', 'qwen-code');
    assert.deepEqual(findings(q.out, 'note').map(([x]) => x), [`metadata: the root form is about ${house.base}/mcp: at its start the client finds that`]);
    assert.equal(q.code, 0);
  });
  await t.test('a client that is not known is a wrong usage, with the one that was meant', async () => {
    const r = await selftest('--as', 'cursr');
    assert.match(r.err, /^gatehouse: there is no client `cursr`; did you mean `cursor`\? Known are claude, claude-code, /);
    assert.equal(r.code, 2);
    assert.match((await selftest('--as', 'something-else')).err, /^gatehouse: there is no client `something-else`\. Known are /);
    const w = await selftest('--as', 'windsurf', `${house.base}/mcp`);
    assert.equal(w.err, 'gatehouse: it is not known where Windsurf takes an answer, so there is nothing to replay.\n');
    assert.equal(w.code, 1);
  });
  await t.test('an address that is none is a wrong usage', async () => {
    const r = await selftest('nonsense');
    assert.equal(r.err, 'gatehouse: `nonsense` is not an http or https URL; give it as people type it: https://host/path.\n`gatehouse help selftest` shows how it is used.\n');
    assert.equal(r.code, 2);
  });
  await t.test('where nobody answers, that is said once', async () => {
    const port = await freePort();
    const r = await selftest(`http://127.0.0.1:${port}/mcp`);
    assert.deepEqual(findings(r.out, 'FAIL'), [[`TCP: cannot connect to 127.0.0.1:${port}: Connection refused`, 'Start what should listen there, and look at its port and at the firewall between.']]);
    assert.equal(r.code, 1);
  });
  await t.test('over https, with a certificate that is trusted, and with one that is not', async () => {
    const dir = temporary(t);
    const openssl = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'k', '-out', 'c', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'], { cwd: dir });
    assert.equal(openssl.status, 0, String(openssl.stderr));
    const f = await fake(t, undefined, { tls: { key: readFileSync(join(dir, 'k')), cert: readFileSync(join(dir, 'c')) }, host: 'localhost', documents: DOCUMENTS });
    const good = await run(['selftest', `${f.base}/mcp`], { env: { SSL_CERT_FILE: join(dir, 'c') } });
    const bad = await selftest(`${f.base}/mcp`);
    await f.close();
    assert.equal(findings(good.out, 'ok').length, ALL.length, good.out);
    assert.equal(good.code, 0);
    assert.deepEqual(findings(bad.out, 'FAIL'), [['TLS: self-signed certificate', 'Use a certificate of a public authority: clients trust no other.']]);
    assert.equal(bad.code, 1);
  });
  await t.test('behind a proxy the address of the proxy is the one that is tried', async () => {
    const port = await freePort();
    const outside = `http://localhost:${port}`;
    const d = await serve(t, { config: `base_url: ${outside}\n` });
    const proxy = createServer((req, res) => {
      const on = request({ port: d.port, host: 'localhost', method: req.method, path: req.url, headers: req.headers }, (a) => {
        res.writeHead(a.statusCode, a.headers);
        a.pipe(res);
      });
      req.pipe(on);
    });
    await new Promise((ok) => proxy.listen(port, 'localhost', ok));
    t.defer(() => (proxy.closeAllConnections(), proxy.close()));
    const r = await d.verb(['selftest', '--config', d.configFile(), '--json']);
    const o = JSON.parse(r.out);
    assert.deepEqual([...new Set(o.findings.map((f) => f.address))], [`${outside}/mcp`]);
    for (const id of here) assert.deepEqual(o.findings.filter((f) => f.client === id).map((f) => f.kind), ['ok'], `${id}: ${r.out}`);
    // past the proxy the names do not fit, and that stops all that compare them
    const past = await selftest(`http://127.0.0.1:${d.port}/mcp`, '--as', 'claude-code');
    assert.equal(past.code, 1);
    assert.deepEqual(findings(past.out, 'FAIL'), [[
      `metadata: resource is ${outside}/mcp, clients were given http://127.0.0.1:${d.port}/mcp: localhost and its addresses are different origins to a client`,
      'Type the address as base_url has it, or set base_url to what people type.',
    ]]);
  });
});
