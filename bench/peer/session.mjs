// Signs the owner in, presses Allow once for the client `app`, and prints the cookies: from then on consent is remembered.
// Needs nothing but Node, because this folder is copied into the kit.
import { readFileSync } from 'node:fs';

const { base, code, endpoints } = JSON.parse(readFileSync(new URL('peer.json', import.meta.url)));
const cookies = new Map();

async function ask(path, fields) {
  const headers = { accept: 'text/html', cookie: [...cookies].map((c) => c.join('=')).join('; ') };
  if (fields) headers['content-type'] = 'application/x-www-form-urlencoded';
  const r = await fetch(new URL(path, base), { method: fields ? 'POST' : 'GET', headers, body: fields && new URLSearchParams(fields).toString(), redirect: 'manual' });
  for (const line of r.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    cookies.set(name, value);
  }
  return { status: r.status, text: await r.text(), location: r.headers.get('location') };
}

function hidden(html) {
  const out = {};
  for (const [input] of html.matchAll(/<input\b[^>]*>/g))
    if (/type="hidden"/.test(input)) out[/name="([^"]*)"/.exec(input)[1]] = /value="([^"]*)"/.exec(input)?.[1].replace(/&amp;/g, '&') ?? '';
  return out;
}

const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
let r = await ask(`${endpoints.authorize}?${new URLSearchParams({ response_type: 'code', client_id: code.client_id, redirect_uri: code.redirect_uri, scope: code.scope, code_challenge: challenge, code_challenge_method: 'S256' })}&${code.authorize_extra}`);
for (let hop = 0; hop < 8; hop++) {
  if (r.location?.startsWith(code.redirect_uri)) break;
  if (r.location) r = await ask(r.location);
  else if (/name="password"/.test(r.text)) r = await ask('/login', { ...hidden(r.text), email: 'owner@example.com', password: 'correct horse battery staple' });
  else if (/Allow/.test(r.text)) r = await ask('/consent', { ...hidden(r.text), decision: 'allow' });
  else throw new Error(`${r.status} ${r.text.slice(0, 400)}`);
}
if (!/[?&]code=/.test(r.location ?? '')) throw new Error(`no code: ${r.status} ${r.location}`);
console.log([...cookies].map((c) => c.join('=')).join('; '));
