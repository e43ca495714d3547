// The kinds of work that only some clients ask for, as scripts for bench/src/load.c (work.mjs has the others).
import { Jar, authorize, authorizeQuery, form, pkce, post, register } from '../../tests/story/lib/oauth.mjs';
import { ASSERTION, assertion, now } from '../../tests/story/lib/assertion.mjs';
import { client as documentOf } from '../../tests/story/lib/documents.mjs';
import { assert } from '../../tests/story/lib/story.mjs';
import { AGENT, SIGNER } from './house.mjs';
import { CALLBACK, FORM, flowOf, redeeming, times } from './work.mjs';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';

// The request is pushed ahead (RFC 9126), then as `flow`.
export const pushed = async (house, { jar, client }) => {
  const { verifier, challenge } = pkce();
  return {
    script: ['step POST /par', FORM, `body ${authorizeQuery(client.client_id, challenge, { redirect_uri: CALLBACK, resource: house.resource })}`,
      'expect 201', 'take uri json request_uri',
      `step GET /authorize?${form({ client_id: client.client_id })}&request_uri={{uri|u}}`, `header Cookie: ${jar.header()}`,
      'expect 302 303', 'take code location code', ...redeeming(house, client.client_id, verifier)],
  };
};

// As `flow`, by a client whose id is the address of its metadata document, which is at hand from the second time on.
export const document = async (house, { jar }) => {
  const client_id = `${house.documents.base}/bench.json`;
  house.documents.at('/bench.json', documentOf(client_id, { redirect_uris: [CALLBACK] }));
  const first = await authorize(jar, client_id, { redirect_uri: CALLBACK, resource: house.resource });
  assert.ok(first.code, `no code: ${first.response.status} ${first.response.text.slice(0, 300)}`);
  return flowOf(house, jar, client_id);
};

// A device asks (RFC 8628), polls once in vain, somebody who is signed in types its code and says yes, and it gets its token.
export const device = async (house, { jar }) => {
  const { client_id } = (await register(house.base, { client_name: 'Bench device', grant_types: [DEVICE], redirect_uris: undefined, response_types: undefined })).json;
  const page = Jar.fields((await jar.ask('/device')).text);
  const poll = ['step POST /token', FORM, `body ${form({ grant_type: DEVICE, client_id })}&device_code={{device|u}}`];
  return {
    script: ['step POST /device_authorization', FORM, `body ${form({ client_id, resource: house.resource })}`, 'expect 200',
      'take device json device_code', 'take user json user_code',
      ...poll, 'expect 400', 'must authorization_pending',
      'step POST /device', FORM, `header Cookie: ${jar.header()}`, `header Origin: ${house.base}`,
      `body ${form({ ...page, user_code: undefined, decision: 'allow' })}&user_code={{user|u}}`, 'expect 200', 'must Go back to your device',
      ...poll, 'expect 200', 'must "access_token"'],
  };
};

// One client signs an assertion for each token (RFC 7523): signed before the clock runs.
export const signed = async (house, who, conns, { seconds, warm }) => ({
  stock: { name: 'proof', values: Array.from({ length: 16000 * (seconds + warm + 1) }, () => assertion(SIGNER.key, SIGNER.id, house.base, { claims: { exp: now() + 300 } })) },
  script: ['step POST /oauth2/token', FORM,
    `body ${form({ grant_type: 'client_credentials', scope: 'mcp:tools', resource: house.resource, client_assertion_type: ASSERTION })}&client_assertion={{proof}}`,
    'expect 200', 'must "access_token"'],
});

const basic = `header Authorization: Basic ${btoa(`${AGENT.id}:${AGENT.secret}`)}`;

// A person's token for the agent, of each connection's own; scope says what else it is good for.
const given = (house, jar, conns, scope) => times(conns, async () => {
  const a = await authorize(jar, AGENT.id, { redirect_uri: CALLBACK, resource: house.resource, scope });
  const r = await post(`${house.base}/token`, { grant_type: 'authorization_code', code: a.code, redirect_uri: CALLBACK, code_verifier: a.verifier, client_id: AGENT.id, client_secret: AGENT.secret });
  assert.equal(r.status, 200, r.text);
  return r.json.access_token;
});

// A client that acts for a person takes their token to another (RFC 8693).
export const exchange = async (house, { jar }, conns) => ({
  rows: { name: 'token', values: await given(house, jar, conns, 'mcp:tools') },
  script: ['step POST /token', FORM, basic,
    `body ${form({ grant_type: EXCHANGE, subject_token_type: ACCESS, resource: house.resource })}&subject_token={{token}}`,
    'expect 200', 'must "issued_token_type"'],
});

export const userinfo = async (house, { jar }, conns) => ({
  rows: { name: 'token', values: await given(house, jar, conns, 'mcp:tools openid email') },
  script: ['step GET /userinfo', 'header Authorization: Bearer {{token}}', 'expect 200', 'must "email"'],
});
