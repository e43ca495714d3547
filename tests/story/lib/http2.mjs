// HTTP/2 by Node's client, in the shape of `ask`: one connection an origin, as a real client keeps it.
import http2 from 'node:http2';

const sessions = new Map();

export function session(origin) {
  let s = sessions.get(origin);
  if (s && !s.closed && !s.destroyed) return s;
  s = http2.connect(origin, { maxSessionMemory: 64 }); // Node's own measure: a body is in memory
  const forget = () => sessions.get(origin) === s && sessions.delete(origin);
  s.on('error', forget);
  s.on('goaway', forget);
  s.on('close', forget);
  s.unref();
  sessions.set(origin, s);
  return s;
}

// Node's header object as what fetch gives.
function headersOf(raw) {
  const h = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    if (!name.startsWith(':')) for (const v of [value].flat()) h.append(name, v);
  }
  return h;
}

export function ask2(url, { method = 'GET', headers = {}, body, signal, over } = {}) {
  const u = new URL(url);
  const lower = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v]));
  const { host, ...rest } = lower;
  if (typeof body === 'string' && !rest['content-type']) rest['content-type'] = 'text/plain;charset=UTF-8';
  return new Promise((done, fail) => {
    const req = (over ?? session(u.origin)).request({
      ':method': method,
      ':path': u.pathname + u.search,
      ...(host ? { ':authority': host } : {}),
      accept: '*/*',
      ...rest,
    }, { endStream: body === undefined });
    const parts = [];
    let head;
    signal?.addEventListener('abort', () => (req.close(http2.constants.NGHTTP2_CANCEL), fail(signal.reason)));
    req.on('response', (h) => (head = h));
    req.on('data', (d) => parts.push(d));
    req.on('error', fail);
    const finish = () => {
      if (!head) return fail(new Error(`the stream was reset by ${req.rstCode}`));
      const text = Buffer.concat(parts).toString();
      let json;
      try {
        json = JSON.parse(text);
      } catch {
        json = undefined;
      }
      done({ status: head[':status'], headers: headersOf(head), text, json, reset: req.rstCode });
    };
    // Node keeps a stream that the server has answered before it read the request: the answer's end is the end.
    req.on('end', () => setImmediate(() => (finish(), req.close())));
    req.on('close', finish);
    if (body !== undefined) req.end(body);
  });
}
