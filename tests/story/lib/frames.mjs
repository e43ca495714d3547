// Frames of HTTP/2 byte by byte (RFC 9113 section 4), for what no library would send. Heads are literals without compression.
import { connect } from 'node:net';

export const TYPE = { DATA: 0, HEADERS: 1, PRIORITY: 2, RST_STREAM: 3, SETTINGS: 4, PUSH_PROMISE: 5, PING: 6, GOAWAY: 7, WINDOW_UPDATE: 8, CONTINUATION: 9 };
export const FLAG = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 };
export const CODES = ['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED', 'FRAME_SIZE_ERROR',
  'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM', 'INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'];
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export const u32 = (n) => {
  const b = Buffer.alloc(4);
  b.writeUInt32BE(n >>> 0);
  return b;
};

function int7(n) {
  if (n < 127) return Buffer.from([n]);
  const out = [127];
  for (n -= 127; n >= 128; n = n >> 7) out.push((n & 127) | 128);
  return Buffer.from([...out, n]);
}

const string = (s) => {
  const b = Buffer.from(s, 'latin1');
  return Buffer.concat([int7(b.length), b]);
};

// [[name, value], ...]
export const block = (fields) => Buffer.concat(fields.flatMap(([n, v]) => [Buffer.from([0]), string(n), string(v)]));
export const request = (authority, method, path, ...more) => [[':method', method], [':scheme', 'http'], [':path', path], [':authority', authority], ...more];
export const headers = (stream, fields, flags = FLAG.END_STREAM) => frame(TYPE.HEADERS, flags | FLAG.END_HEADERS, stream, block(fields));
export const settings = (...pairs) => frame(TYPE.SETTINGS, 0, 0, Buffer.concat(pairs.map(([k, v]) => Buffer.concat([Buffer.from([0, k]), u32(v)]))));

// Sends the preface, settings and these bytes; gives the frames that came within `wait` ms, or until the end or until(frames).
export function talk(port, bytes, { wait = 2000, preface = true, until = () => false, host = '127.0.0.1' } = {}) {
  return new Promise((done) => {
    const s = connect({ port, host });
    let got = Buffer.alloc(0);
    const frames = [];
    let closed = false;
    const finish = () => {
      clearTimeout(timer);
      s.destroy();
      const goaway = frames.filter((f) => f.type === TYPE.GOAWAY).at(-1);
      done({
        frames,
        closed,
        text: got.toString('latin1'),
        goaway: goaway && CODES[goaway.payload.readUInt32BE(4)],
        resets: Object.fromEntries(frames.filter((f) => f.type === TYPE.RST_STREAM).map((f) => [f.stream, CODES[f.payload.readUInt32BE(0)]])),
      });
    };
    const timer = setTimeout(finish, wait);
    s.on('connect', () => s.write(Buffer.concat([...(preface ? [PREFACE, settings()] : []), ...[bytes].flat()])));
    s.on('data', (d) => {
      got = Buffer.concat([got, d]);
      while (got.length >= 9 && got.length >= 9 + got.readUIntBE(0, 3)) {
        const n = got.readUIntBE(0, 3);
        frames.push({ type: got[3], flags: got[4], stream: got.readUInt32BE(5), payload: got.subarray(9, 9 + n) });
        got = got.subarray(9 + n);
      }
      if (until(frames)) finish();
    });
    s.on('end', () => ((closed = true), finish()));
    s.on('error', () => ((closed = true), finish()));
  });
}
