// Two libraries that others wrote and that check every answer, behind one face: a story says once what a client does, and each
// library does it in its own way. Nothing is relaxed but, where the story speaks in clear to its own machine, the wish for TLS.
import { webcrypto } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { keyPair } from './assertion.mjs';
import { transport } from './transport.mjs';

export const SIGNED = ['ES256', 'RS256', 'PS256', 'EdDSA'];
const BY = { none: 'none', basic: 'client_secret_basic', post: 'client_secret_post' };
export const method = (way) => BY[way] ?? 'private_key_jwt';

const NAMES = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
};

// One key a way of signing: { jwk, kid, key, pem }: `key` as the libraries want it.
export const keys = {};
for (const alg of SIGNED) {
  const pair = keyPair(`key-${alg}`, alg);
  const key = await webcrypto.subtle.importKey('jwk', pair.privateKey.export({ format: 'jwk' }), NAMES[alg], false, ['sign']);
  keys[alg] = { jwk: pair.jwk, kid: pair.kid, key, pem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) };
}

const proving = (lib, way, secret) =>
  way === 'none' ? lib.None()
    : way === 'basic' ? lib.ClientSecretBasic(secret)
      : way === 'post' ? lib.ClientSecretPost(secret)
        : lib.PrivateKeyJwt({ key: keys[way].key, kid: keys[way].kid });

// What a client says of itself when it registers to prove itself in this way.
export const metadata = (way, more = {}) => ({
  client_name: `Strict ${way}`,
  redirect_uris: ['https://client.example/cb'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: method(way),
  ...(keys[way] ? { jwks: { keys: [keys[way].jwk] } } : {}),
  ...more,
});

// What an error is, whichever class says it: { kind, error, status }.
export function told(e) {
  const challenge = Array.isArray(e.cause) ? e.cause[0] : null;
  return { kind: e.constructor.name, error: e.error ?? challenge?.parameters.error, status: e.status, scheme: challenge?.scheme };
}

const lax = transport.tls ? {} : { [oauth.allowInsecureRequests]: true };
const CB = 'https://client.example/cb';

// The library asks a second time when the server names a nonce (RFC 9449 section 8), as its documentation says to.
async function twice(fn) {
  try {
    return await fn();
  } catch (e) {
    if (!oauth.isDPoPNonceError(e)) throw e;
    return fn();
  }
}

export const oauth4webapi = {
  title: 'oauth4webapi',
  async discover(base, algorithm = 'oidc') {
    const issuer = new URL(base);
    return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm, ...lax }));
  },
  async register(base, about) {
    const as = await this.discover(base, 'oauth2');
    return oauth.processDynamicClientRegistrationResponse(await oauth.dynamicClientRegistrationRequest(as, about, lax));
  },
  async open(base, client, way, { algorithm = 'oauth2', dpop } = {}) {
    const as = await this.discover(base, algorithm);
    const auth = proving(oauth, way, client.client_secret);
    const DPoP = dpop && oauth.DPoP(client, await oauth.generateKeyPair(dpop));
    const options = { ...lax, DPoP };
    const signed = async (answer, r) => {
      if (answer.id_token) await oauth.validateApplicationLevelSignature(as, r, lax);
      return Object.assign(answer, { claims: answer.id_token && oauth.getValidatedIdTokenClaims(answer) });
    };
    const token = (ask, process) => twice(async () => {
      const r = await ask();
      return signed(await process(r), r);
    });
    return {
      as,
      async address(params, pushed) {
        const verifier = oauth.generateRandomCodeVerifier();
        const state = oauth.generateRandomState();
        const all = { response_type: 'code', redirect_uri: CB, code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', state, ...params };
        if (DPoP && !pushed) all.dpop_jkt = await DPoP.calculateThumbprint();
        const to = new URL(as.authorization_endpoint);
        const put = pushed
          ? { request_uri: (await twice(async () => oauth.processPushedAuthorizationResponse(as, client, await oauth.pushedAuthorizationRequest(as, client, auth, all, options)))).request_uri }
          : all;
        for (const [k, v] of Object.entries({ client_id: client.client_id, ...put })) to.searchParams.set(k, v);
        return { to, verifier, state };
      },
      finish: async (back, { verifier, state }, { nonce, maxAge, resource } = {}) => {
        const params = oauth.validateAuthResponse(as, client, back, state);
        return token(() => oauth.authorizationCodeGrantRequest(as, client, auth, params, CB, verifier, { ...options, ...(resource ? { additionalParameters: { resource } } : {}) }),
          (r) => oauth.processAuthorizationCodeResponse(as, client, r, { expectedNonce: nonce, maxAge, requireIdToken: nonce !== undefined }));
      },
      refresh: (x) => token(() => oauth.refreshTokenGrantRequest(as, client, auth, x, options), (r) => oauth.processRefreshTokenResponse(as, client, r)),
      machine: (params) => token(() => oauth.clientCredentialsGrantRequest(as, client, auth, params, options), (r) => oauth.processClientCredentialsResponse(as, client, r)),
      device: async (params) => oauth.processDeviceAuthorizationResponse(as, client, await oauth.deviceAuthorizationRequest(as, client, auth, params, lax)),
      poll: (x) => token(() => oauth.deviceCodeGrantRequest(as, client, auth, x.device_code, options), (r) => oauth.processDeviceCodeResponse(as, client, r)),
      userinfo: async (x, sub) => oauth.processUserInfoResponse(as, client, sub, await oauth.userInfoRequest(as, client, x, options)),
      async introspect(x, alg) {
        const c = alg ? { ...client, introspection_signed_response_alg: alg } : client;
        const r = await oauth.introspectionRequest(as, c, auth, x, lax);
        const answer = await oauth.processIntrospectionResponse(as, c, r);
        if (alg) await oauth.validateApplicationLevelSignature(as, r, lax);
        return answer;
      },
      revoke: async (x) => oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, x, lax)),
      call: (x, url, verb, headers = {}, body = undefined) =>
        twice(() => oauth.protectedResourceRequest(x, verb, new URL(url), new Headers(headers), body, options)),
    };
  },
};

export const openidClient = {
  title: 'openid-client',
  execute: [...(transport.tls ? [] : [openid.allowInsecureRequests]), openid.enableNonRepudiationChecks],
  async register(base, about) {
    const config = await openid.dynamicClientRegistration(new URL(base), about, openid.None(), { execute: this.execute, algorithm: 'oauth2' });
    return config.clientMetadata();
  },
  async open(base, client, way, { algorithm = 'oauth2', dpop } = {}) {
    const auth = proving(openid, way, client.client_secret);
    const from = (more) => openid.discovery(new URL(base), client.client_id, { ...client, ...more }, auth, { execute: this.execute, algorithm });
    const config = await from();
    const DPoP = dpop && openid.getDPoPHandle(config, await openid.randomDPoPKeyPair(dpop));
    const options = { DPoP };
    const told = (x) => ({ ...x, claims: x.claims() });
    return {
      as: config.serverMetadata(),
      async address(params, pushed) {
        const verifier = openid.randomPKCECodeVerifier();
        const state = openid.randomState();
        const all = { redirect_uri: CB, code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', state, ...params };
        if (DPoP && !pushed) all.dpop_jkt = await DPoP.calculateThumbprint();
        return { to: pushed ? await openid.buildAuthorizationUrlWithPAR(config, all, options) : openid.buildAuthorizationUrl(config, all), verifier, state };
      },
      finish: async (back, { verifier, state }, { nonce, maxAge, resource } = {}) =>
        told(await openid.authorizationCodeGrant(config, back,
          { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge, idTokenExpected: nonce !== undefined },
          resource ? { resource } : undefined, options)),
      refresh: async (x) => told(await openid.refreshTokenGrant(config, x, undefined, options)),
      machine: async (params) => told(await openid.clientCredentialsGrant(config, params, options)),
      device: (params) => openid.initiateDeviceAuthorization(config, params),
      poll: async (x) => told(await openid.pollDeviceAuthorizationGrant(config, x, undefined, options)),
      userinfo: (x, sub) => openid.fetchUserInfo(config, x, sub, options),
      introspect: async (x, alg) => openid.tokenIntrospection(alg ? await from({ introspection_signed_response_alg: alg }) : config, x),
      revoke: (x) => openid.tokenRevocation(config, x),
      bye: (params) => openid.buildEndSessionUrl(config, params),
      call: (x, url, verb, headers = {}, body = undefined) => openid.fetchProtectedResource(config, x, new URL(url), verb, body, new Headers(headers), options),
    };
  },
};
