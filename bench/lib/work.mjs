// The kinds of work, as scripts for bench/src/load.c. Each gives { script, rows } anew for every round.
import { createPublicKey, verify } from 'node:crypto';
import { Jar, authorize, authorizeQuery, pkce, post, register, tokens } from '../../tests/story/lib/oauth.mjs';
import { proofKey, prove } from '../../tests/story/lib/dpop.mjs';
import { assert } from '../../tests/story/lib/story.mjs';

export const CALLBACK = 'https://client.example/cb';
export const FORM = 'header Content-Type: application/x-www-form-urlencoded';
const enc = encodeURIComponent;

// A signed-in person with a client whose consent is remembered: the first authorization presses Allow.
export async function person(house) {
  const jar = new Jar(house.base);
  await jar.signIn();
  const client = (await register(house.base, { client_name: 'Bench' })).json;
  const first = await authorize(jar, client.client_id, { resource: house.resource });
  assert.ok(first.code, `no code: ${first.response.status} ${first.response.text.slice(0, 300)}`);
  return { jar, client, ...(await machines(house)) };
}

export const times = async (n, fn) => {
  const out = [];
  for (let i = 0; i < n; i++) out.push(await fn());
  return out;
};

export const metadata = async () => ({
  script: ['step GET /.well-known/oauth-authorization-server', 'expect 200', 'must "token_endpoint"'],
});

// A connection for one answer: what a handshake costs.
export const once = async () => ({ script: ['step GET /healthz', 'header Connection: close', 'expect 200', 'must ok'] });

export const registration = async () => ({
  script: ['step POST /register', 'header Content-Type: application/json',
    `body ${JSON.stringify({ client_name: 'Bench', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] })}`,
    'expect 201', 'must "client_id"'],
});

// Each connection has a grant of its own and always sends its newest token.
export const refreshing = async (house, { jar, client }, conns) => ({
  rows: { name: 'rt', values: await times(conns, async () => (await tokens(house.base, { jar, client, resource: house.resource })).refresh_token) },
  script: ['step POST /token', FORM,
    `body grant_type=refresh_token&refresh_token={{rt|u}}&client_id=${enc(client.client_id)}&resource=${enc(house.resource)}`,
    'expect 200', 'must "access_token"', 'take rt json refresh_token'],
});

// The same with a DPoP proof, a new one for each request (RFC 9449): signed before the clock runs.
export const refreshingBound = async (house, { jar, client }, conns, { seconds, warm }) => {
  const key = proofKey();
  const token = `${house.base}/token`;
  const first = async () => {
    const a = await authorize(jar, client.client_id, { resource: house.resource });
    const r = await post(token, { grant_type: 'authorization_code', client_id: client.client_id, code: a.code, redirect_uri: CALLBACK, code_verifier: a.verifier }, { dpop: prove(key, 'POST', token) });
    assert.equal(r.json?.token_type, 'DPoP', r.text);
    return r.json.refresh_token;
  };
  return {
    rows: { name: 'rt', values: await times(conns, first) },
    stock: { name: 'proof', values: Array.from({ length: 12000 * (seconds + warm + 1) }, () => prove(key, 'POST', token)) },
    script: ['step POST /token', FORM, 'header DPoP: {{proof}}',
      `body grant_type=refresh_token&refresh_token={{rt|u}}&client_id=${enc(client.client_id)}&resource=${enc(house.resource)}`,
      'expect 200', 'must "token_type":"DPoP"', 'take rt json refresh_token'],
  };
};

// POST /token with the code that the step before took, and the verifier.
export const redeeming = (house, client_id, verifier) => ['step POST /token', FORM,
  `body grant_type=authorization_code&code={{code}}&redirect_uri=${enc(CALLBACK)}&code_verifier=${verifier}&client_id=${enc(client_id)}&resource=${enc(house.resource)}`,
  'expect 200', 'must "access_token"'];

// GET /authorize with the cookies of the signed-in person, then POST /token.
export const flowOf = (house, jar, client_id) => {
  const { verifier, challenge } = pkce();
  const ask = authorizeQuery(client_id, challenge, { redirect_uri: CALLBACK, resource: house.resource });
  return {
    script: [`step GET /authorize?${ask}`, `header Cookie: ${jar.header()}`, 'expect 302 303', 'take code location code',
      ...redeeming(house, client_id, verifier)],
  };
};

export const flow = async (house, { jar, client }) => flowOf(house, jar, client.client_id);

// A tools/call of 300 bytes.
const call = (() => {
  const [a, b] = ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"q":"', '"}}}'];
  return a + 'x'.repeat(300 - a.length - b.length) + b;
})();
const calling = (path, token) => ['step POST ' + path, 'header Content-Type: application/json', 'header Accept: application/json, text/event-stream',
  ...(token ? ['header Authorization: Bearer {{token}}'] : []), `body ${call}`, 'expect 200', 'must "isError":false'];

export const gateway = async (house, { jar, client }, conns) => ({
  rows: { name: 'token', values: await times(conns, async () => (await tokens(house.base, { jar, client, resource: house.resource })).access_token) },
  script: calling('/bench/mcp', true),
});

// A backend service, and the server behind the resource, as an operator makes them.
export async function machines(house) {
  const make = async (...args) => {
    const r = await house.daemon.verb(['create_client', '--application_type', 'backend', '--json', ...args]);
    assert.equal(r.code, 0, r.err);
    return JSON.parse(r.out);
  };
  return { machine: await make('--name', 'Bench machine', '--scopes', 'mcp:tools'), server: await make('--name', 'Bench server', '--resources', house.resource) };
}

const machineToken = (house, { machine }) => ['step POST /oauth2/token', FORM,
  `body grant_type=client_credentials&client_id=${enc(machine.client_id)}&client_secret=${enc(machine.client_secret)}&scope=mcp:tools&resource=${enc(house.resource)}`,
  'expect 200', 'must "access_token"'];
const introspection = ({ server }) => ['step POST /introspect', FORM, `header Authorization: Basic ${btoa(`${server.client_id}:${server.client_secret}`)}`,
  'body token={{token}}', 'expect 200', 'must "active":true'];

export const machine = async (house, who) => ({ script: machineToken(house, who) });

// Another client for every token, from all over the table: what is remembered does not help.
export const machinesAtRandom = async (house, { ids, secret }) => ({
  rows: { name: 'id', values: ids, each: true },
  script: ['step POST /token', FORM, `body grant_type=client_credentials&client_id={{id}}&client_secret=${enc(secret)}&resource=${enc(house.resource)}`,
    'expect 200', 'must "access_token"'],
});

// Each token is asked about once, just after it was given: what that costs is the difference to giving it.
export const introspectNew = async (house, who) => ({ script: [...machineToken(house, who), 'take token json access_token', ...introspection(who)] });

// Each token is asked about once, by a process that has not signed it: every signature must be checked. They are given before the
// clock runs, and the daemon is started anew, which has forgotten them.
export const introspectCold = async (house, who, conns, { seconds, warm }) => {
  const { machine } = who;
  const count = 15000 * (seconds + warm);
  const values = [];
  const ask = async () => {
    while (values.length < count) {
      const r = await post(`${house.base}/oauth2/token`, { grant_type: 'client_credentials', client_id: machine.client_id, client_secret: machine.client_secret, scope: 'mcp:tools', resource: house.resource });
      assert.equal(r.status, 200, r.text);
      values.push(r.json.access_token);
    }
  };
  await Promise.all(Array.from({ length: conns }, ask));
  await house.daemon.stop();
  await house.daemon.start();
  house.pid = house.daemon.process.pid;
  return { stock: { name: 'token', values }, script: introspection(who) };
};

// A person's token of each connection's own, asked about again and again.
export const introspectSame = async (house, { jar, client, ...who }, conns) => ({
  rows: { name: 'token', values: await times(conns, async () => (await tokens(house.base, { jar, client, resource: house.resource })).access_token) },
  script: introspection(who),
});

export const plainProxy = async () => ({ script: calling('/mcp', false) });

// Of the answers kept, those that hold a token with a good signature; every one must, and no two be the same.
export async function verified(house, samples) {
  const { keys } = await (await fetch(`${house.base}/.well-known/jwks.json`)).json();
  const found = samples.map((s) => JSON.parse(s).access_token);
  for (const token of found) {
    const [h, p, s] = token.split('.');
    const head = JSON.parse(Buffer.from(h, 'base64url'));
    const key = createPublicKey({ key: keys.find((k) => k.kid === head.kid), format: 'jwk' });
    assert.equal(head.alg, 'ES256');
    assert.ok(verify('sha256', Buffer.from(`${h}.${p}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(s, 'base64url')), 'a bad signature');
  }
  assert.equal(new Set(found).size, found.length, 'the same token twice');
  return found.length;
}
