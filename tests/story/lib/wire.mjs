// Bytes on a socket, for what no HTTP library would send. Over TLS when the stories are told so (lib/transport.mjs).
import { connect as connectClear } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { transport } from './transport.mjs';

// The bytes are in clear for what is written and read, whatever goes over the line. `ready` is the event to wait for.
export function dial(port, host = '127.0.0.1', { tls = transport.tls } = {}) {
  if (!tls) return Object.assign(connectClear({ port, host }), { ready: 'connect' });
  return Object.assign(connectTls({ port, host, servername: 'localhost', ca: tls.ca }), { ready: 'secureConnect' });
}

// Sends bytes (a string is latin1), gives everything that came back and whether the peer closed within `wait` ms.
export function wire(port, bytes, { wait = 1500, host = '127.0.0.1', then, tls = transport.tls } = {}) {
  return new Promise((done) => {
    const s = dial(port, host, { tls });
    let got = Buffer.alloc(0);
    let closed = false;
    const finish = () => {
      clearTimeout(timer);
      s.destroy();
      const text = got.toString('latin1');
      done({ text, closed, statuses: [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map((m) => +m[1]) });
    };
    const timer = setTimeout(finish, wait);
    s.on(s.ready, () => {
      s.write(Buffer.from(bytes, 'latin1'));
      if (then) then(s);
    });
    s.on('data', (d) => (got = Buffer.concat([got, d])));
    s.on('end', () => ((closed = true), finish()));
    s.on('error', () => ((closed = true), finish()));
  });
}

// The answer to a POST that says it has `length` bytes of JSON and waits with them, as who sends Expect would: so nothing can cut the
// line before the answer is read.
export const announced = (port, path, length, headers = {}) =>
  wire(port, [`POST ${path} HTTP/1.1`, `Host: localhost:${port}`, `Content-Length: ${length}`,
    ...Object.entries({ 'Content-Type': 'application/json', ...headers }).map(([k, v]) => `${k}: ${v}`), '\r\n'].join('\r\n'));
