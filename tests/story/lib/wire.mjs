// Bytes on a socket, for what no HTTP library would send.
import { connect } from 'node:net';

// Sends bytes (a string is latin1), gives everything that came back and whether the peer closed within `wait` ms.
export function wire(port, bytes, { wait = 1500, host = '127.0.0.1', then } = {}) {
  return new Promise((done) => {
    const s = connect({ port, host });
    let got = Buffer.alloc(0);
    let closed = false;
    const finish = () => {
      clearTimeout(timer);
      s.destroy();
      const text = got.toString('latin1');
      done({ text, closed, statuses: [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map((m) => +m[1]) });
    };
    const timer = setTimeout(finish, wait);
    s.on('connect', () => {
      s.write(Buffer.from(bytes, 'latin1'));
      if (then) then(s);
    });
    s.on('data', (d) => (got = Buffer.concat([got, d])));
    s.on('end', () => ((closed = true), finish()));
    s.on('error', () => ((closed = true), finish()));
  });
}
