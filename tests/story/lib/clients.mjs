// Foreign clients: the SDKs of both generations and mcp-remote, each with a loopback callback of its own.
import { createServer } from 'node:http';
import { spawn } from 'node:child_process';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v1auth from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2, UnauthorizedError as UnauthorizedV2 } from '@modelcontextprotocol/client';
import { temporary } from './daemon.mjs';
import { until } from './story.mjs';

const modules = join(dirname(fileURLToPath(import.meta.url)), '../../node_modules');

// Listens on a loopback port as a native client does and gives the parameters of the first callback.
export async function callback(t, path = '/callback', host = 'localhost') {
  let got;
  const params = new Promise((done) => (got = done));
  const server = createServer((req, res) => {
    const u = new URL(req.url, 'http://localhost');
    res.end('<!doctype html><title>done</title>You may close this window.');
    if (u.pathname === path) got(u.searchParams);
  });
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
  t.defer(() => new Promise((ok) => (server.closeAllConnections(), server.close(ok))));
  return { url: `http://${host}:${server.address().port}${path}`, params };
}

// The provider both SDKs want: keeps what it is given, and hands the authorization address to `browse`.
export function provider(redirectUrl, browse, name) {
  const kept = { saves: 0, redirects: 0 };
  return {
    kept,
    get redirectUrl() { return redirectUrl; },
    get clientMetadata() {
      return {
        client_name: name,
        redirect_uris: [redirectUrl],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      };
    },
    state: () => (kept.state = Math.random().toString(36).slice(2)),
    clientInformation: () => kept.client,
    saveClientInformation: (c) => void (kept.client = c),
    tokens: () => kept.tokens,
    saveTokens: (x) => void ((kept.tokens = x), kept.saves++),
    saveCodeVerifier: (v) => void (kept.verifier = v),
    codeVerifier: () => kept.verifier,
    redirectToAuthorization: (u) => {
      kept.redirects++;
      return browse(u);
    },
    invalidateCredentials: (what) => {
      if (what === 'all' || what === 'tokens') kept.tokens = undefined;
      if (what === 'all' || what === 'client') kept.client = undefined;
    },
    saveDiscoveryState: (d) => void (kept.discovery = d),
    discoveryState: () => kept.discovery,
  };
}

// Connects an SDK client; `press` signs in and presses Allow for an address. Gives { client, provider }.
async function connect({ t, url, name, press, make, transportOf, isUnauthorized, own = {} }) {
  const back = await callback(t);
  const p = Object.assign(provider(back.url, (u) => press(u), name), own);
  let transport = transportOf(url, p);
  let client = make();
  try {
    await client.connect(transport);
  } catch (e) {
    if (!isUnauthorized(e)) throw e;
    const params = await until('the callback', () => Promise.race([back.params, new Promise((r) => setTimeout(r, 10, null))]));
    if (params.get('error')) throw new Error(`authorization: ${params}`);
    await transport.finishAuth(params.get('code') && transport.finishAuth.length > 1 ? params.get('code') : params.get('code'), params.get('iss') ?? undefined);
    transport = transportOf(url, p);
    client = make();
    await client.connect(transport);
  }
  t.defer(() => client.close().catch(() => {}));
  return { client, provider: p, transport };
}

export const sdkV1 = (t, url, press, name = 'SDK v1', own = {}) =>
  connect({
    t, url, name, press, own,
    make: () => new ClientV1({ name, version: '1.0' }, { capabilities: {} }),
    transportOf: (u, p) => new TransportV1(new URL(u), { authProvider: p }),
    isUnauthorized: (e) => e instanceof v1auth.UnauthorizedError,
  });

export const sdkV2 = (t, url, press, mode = 'auto', name = `SDK v2 ${typeof mode === 'string' ? mode : 'pinned'}`, own = {}) =>
  connect({
    t, url, name, press, own,
    make: () => new ClientV2({ name, version: '1.0' }, { capabilities: {}, versionNegotiation: { mode } }),
    transportOf: (u, p) => new TransportV2(new URL(u), { authProvider: p }),
    isUnauthorized: (e) => e instanceof UnauthorizedV2,
  });

// mcp-remote as a host runs it: a stdio server whose first act is to ask for the browser.
export async function mcpRemote(t, url, press) {
  const home = temporary(t, 'mcp-remote-');
  const p = spawn(process.execPath, [join(modules, 'mcp-remote/dist/proxy.js'), url, ...(url.startsWith('http:') ? ['--allow-http'] : []), '--debug'], {
    env: { ...process.env, HOME: home, MCP_REMOTE_CONFIG_DIR: home, BROWSER: 'true' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let err = '';
  let out = '';
  const answers = new Map();
  const notes = [];
  p.stderr.on('data', (d) => (err += d));
  p.stdout.on('data', (d) => {
    out += d;
    for (let at; (at = out.indexOf('\n')) >= 0; out = out.slice(at + 1)) {
      const line = out.slice(0, at).trim();
      if (!line) continue;
      const m = JSON.parse(line);
      if (m.id !== undefined && m.method === undefined) answers.set(m.id, m);
      else notes.push(m);
    }
  });
  t.defer(() => void p.kill('SIGKILL'));
  const send = (m) => p.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\n');
  let id = 0;
  const ask = async (method, params = {}) => {
    const n = ++id;
    send({ id: n, method, params });
    return until(`${method} through mcp-remote\n${err.slice(-2000)}`, () => answers.get(n), 40000);
  };
  const started = (async () => {
    const address = await until('mcp-remote to ask for a browser', () => /https?:\/\/\S*\/authorize\?\S+/.exec(err)?.[0], 30000);
    await press(address);
  })();
  const hello = ask('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'host', version: '1' } });
  await started;
  const answer = await hello;
  send({ method: 'notifications/initialized' });
  return { ask, notes, hello: answer, stderr: () => err, process: p, home };
}

// The stock MCP server, knowing nothing of OAuth.
export async function everything(t, port) {
  const p = spawn(process.execPath, [join(modules, '@modelcontextprotocol/server-everything/dist/index.js'), 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  p.stdout.on('data', (d) => (log += d));
  p.stderr.on('data', (d) => (log += d));
  t.defer(() => void p.kill('SIGKILL'));
  await until('the everything server', () => /listening|port/i.test(log), 20000);
  return { url: `http://127.0.0.1:${port}/mcp`, log: () => log, process: p };
}
