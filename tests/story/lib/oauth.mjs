// What a client does, step by step and without a library, so that a story can do each step wrongly.
import { createHash, randomBytes } from 'node:crypto';
import { assert } from './story.mjs';
import { OWNER } from './daemon.mjs';
import { ask2 } from './http2.mjs';

export const b64url = (b) => Buffer.from(b).toString('base64url');

export function pkce() {
  const verifier = b64url(randomBytes(32));
  return { verifier, challenge: b64url(createHash('sha256').update(verifier).digest()) };
}

export const form = (o) => new URLSearchParams(Object.entries(o).filter(([, v]) => v !== undefined)).toString();

// Which HTTP the stories speak, where it makes no difference to what they say: 1, or 2 by prior knowledge.
export const speak = { http: +(process.env.GATEHOUSE_STORY_HTTP ?? 1) };

// fetch without following redirects; the body is read.
export async function ask(url, { method = 'GET', headers = {}, body, redirect = 'manual', signal } = {}) {
  if (speak.http === 2) return ask2(url, { method, headers, body, signal });
  const r = await fetch(url, { method, headers, body, redirect, signal });
  const text = await r.text();
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: r.status, headers: r.headers, text, json };
}

export const post = (url, fields, headers = {}) =>
  ask(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof fields === 'string' ? fields : form(fields),
  });

export const register = (base, body = {}, headers = {}) => registerAt(`${base}/register`, body, headers);

export async function registerAt(address, body = {}, headers = {}) {
  return ask(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      client_name: 'Story',
      redirect_uris: ['https://client.example/cb'],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      ...body,
    }),
  });
}

// A browser as far as cookies, redirects and our forms go; for everything a picture matters in, lib/browser.mjs drives Chromium.
export class Jar {
  constructor(base) {
    this.base = base;
    this.cookies = new Map();
  }

  header() {
    return [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
  }

  async ask(path, { method = 'GET', body, headers = {} } = {}) {
    const url = new URL(path, this.base).href;
    const r = await ask(url, {
      method,
      body: body && typeof body !== 'string' ? form(body) : body,
      headers: {
        accept: 'text/html',
        ...(this.cookies.size ? { cookie: this.header() } : {}),
        ...(body ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...headers,
      },
    });
    for (const line of r.headers.getSetCookie()) {
      const [pair] = line.split(';');
      const at = pair.indexOf('=');
      const name = pair.slice(0, at);
      const value = pair.slice(at + 1);
      if (value === '' || /max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    r.location = r.headers.get('location');
    return r;
  }

  // The hidden fields of the page's (n-th) form.
  static fields(html) {
    const out = {};
    for (const m of html.matchAll(/<input\b[^>]*>/g)) {
      const name = /\bname="([^"]*)"/.exec(m[0])?.[1];
      const value = /\bvalue="([^"]*)"/.exec(m[0])?.[1] ?? '';
      const type = /\btype="([^"]*)"/.exec(m[0])?.[1] ?? 'text';
      if (name && (type === 'hidden' || (type === 'checkbox' && /\bchecked\b/.test(m[0])))) out[name] = unescape(value);
    }
    return out;
  }

  async signIn({ email, password } = OWNER, path = '/login') {
    const page = await this.ask(path);
    assert.equal(page.status, 200, page.text);
    return this.ask('/login', { method: 'POST', body: { ...Jar.fields(page.text), email, password } });
  }
}

const unescape = (s) =>
  s.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&amp;/g, '&');

export function authorizeQuery(client_id, challenge, extra = {}) {
  return form({
    response_type: 'code',
    client_id,
    redirect_uri: 'https://client.example/cb',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'st',
    ...extra,
  });
}

// Walks from /authorize to the redirect that carries the code, signing in and pressing Allow when asked.
export async function authorize(jar, client_id, extra = {}, how = {}) {
  const { verifier, challenge } = pkce();
  return { verifier, ...(await walk(jar, `/authorize?${authorizeQuery(client_id, challenge, extra)}`, how)) };
}

// The same from an address that somebody else has made.
export async function walk(jar, address, { decision = 'allow', person = OWNER } = {}) {
  let r = await jar.ask(address);
  for (let hop = 0; hop < 6; hop++) {
    if (r.status === 200 && /name="password"/.test(r.text)) {
      r = await jar.ask('/login', { method: 'POST', body: { ...Jar.fields(r.text), ...person } });
    } else if (r.status === 200 && /Allow/.test(r.text)) {
      r = await jar.ask('/consent', { method: 'POST', body: { ...Jar.fields(r.text), decision } });
    } else if ((r.status === 302 || r.status === 303) && r.location) {
      const to = new URL(r.location, jar.base);
      if (to.origin !== new URL(jar.base).origin || to.searchParams.has('code') || to.searchParams.has('error')) {
        return { to, params: to.searchParams, code: to.searchParams.get('code'), response: r };
      }
      r = await jar.ask(r.location);
    } else {
      return { to: null, params: new URLSearchParams(), code: null, response: r };
    }
  }
  throw new Error('authorize went round in circles');
}

// From an authorization address that a library built to the address it is sent back to, for somebody who is signed in already.
export async function back(jar, to, decision = 'allow') {
  let r = await jar.ask(to.href);
  for (let hop = 0; hop < 6; hop++) {
    if (r.status === 200 && !r.location) r = await jar.ask('/consent', { method: 'POST', body: { ...Jar.fields(r.text), decision } });
    assert.ok(r.location, `${r.status} ${r.text.slice(0, 600)}`);
    const next = new URL(r.location, jar.base);
    if (next.origin !== new URL(jar.base).origin) return next;
    r = await jar.ask(r.location);
  }
  throw new Error('no way back');
}

// The whole way to tokens for a registered public client.
export async function tokens(base, { client, resource, redirect_uri = 'https://client.example/cb', jar, scope } = {}) {
  jar ??= new Jar(base);
  client ??= (await register(base)).json;
  const a = await authorize(jar, client.client_id, { resource, redirect_uri, scope });
  assert.ok(a.code, `no code: ${a.response.status} ${a.to} ${a.response.text?.slice(0, 500)}`);
  const r = await post(`${base}/token`, {
    grant_type: 'authorization_code',
    client_id: client.client_id,
    code: a.code,
    redirect_uri,
    code_verifier: a.verifier,
    resource,
  });
  assert.equal(r.status, 200, r.text);
  return { client, jar, ...r.json, code: a.code, verifier: a.verifier, resource };
}

export const refresh = (base, client_id, refresh_token, extra = {}) =>
  post(`${base}/token`, { grant_type: 'refresh_token', client_id, refresh_token, ...extra });

export const mcp = (url, token, message, headers = {}) =>
  ask(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    body: typeof message === 'string' ? message : JSON.stringify(message),
  });

export const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'story', version: '1' } },
};
