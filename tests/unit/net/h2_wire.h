/* h2_wire: frames of HTTP/2 as a test sends and reads them, byte by byte. Heads are written without compression. */
#ifndef UNIT_H2_WIRE_H
#define UNIT_H2_WIRE_H

#include "peer.h"

#include <nghttp2/nghttp2.h>

#define WIRE_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4, PADDED = 8 };

struct frame {
	uint32_t length;
	int type, flags;
	uint32_t id;
	unsigned char payload[16384 + 1];
};

static inline uint32_t u32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline size_t put_u32(char *to, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		to[i] = (char)(v >> (24 - 8 * i));
	return 4;
}

/* False when the server has ended the connection under it. */
static inline bool frame_try(int fd, int type, int flags, uint32_t id, const void *payload, size_t n)
{
	char head[9] = { (char)(n >> 16), (char)(n >> 8), (char)n, (char)type, (char)flags };
	char all[9 + 70000];

	put_u32(head + 5, id);
	memcpy(all, head, 9);
	if (n)
		memcpy(all + 9, payload, n);
	for (size_t at = 0; at < n + 9;) {
		ssize_t k = send(fd, all + at, n + 9 - at, MSG_NOSIGNAL);
		if (k <= 0)
			return false;
		at += (size_t)k;
	}
	return true;
}

static inline void frame_send(int fd, int type, int flags, uint32_t id, const void *payload, size_t n)
{
	assert_true(frame_try(fd, type, flags, id, payload, n));
}

/* "name: value\n" lines as literals without indexing; names may begin with ':'. */
static inline size_t block_of(const char *lines, char *to)
{
	size_t n = 0;

	while (*lines) {
		const char *colon = strchr(lines + 1, ':'), *end = strchr(lines, '\n');
		size_t a = (size_t)(colon - lines), b = (size_t)(end - colon) - 2;
		assert_true(a < 127 && b < 127);
		to[n++] = 0;
		to[n++] = (char)a;
		memcpy(to + n, lines, a);
		n += a;
		to[n++] = (char)b;
		memcpy(to + n, colon + 2, b);
		n += b;
		lines = end + 1;
	}
	return n;
}

static inline void headers_send(int fd, uint32_t id, int flags, const char *lines)
{
	char block[4096];

	frame_send(fd, NGHTTP2_HEADERS, flags | END_HEADERS, id, block, block_of(lines, block));
}

#define ASK(method, path) ":method: " method "\n:scheme: http\n:path: " path "\n:authority: x\n"

static inline void get(int fd, uint32_t id, const char *path)
{
	char lines[256];

	snprintf(lines, sizeof lines, ":method: GET\n:scheme: http\n:path: %s\n:authority: x\n", path);
	headers_send(fd, id, END_STREAM, lines);
}

static inline void data_send(int fd, uint32_t id, int flags, const char *text)
{
	frame_send(fd, NGHTTP2_DATA, flags, id, text, strlen(text));
}

static inline void u32_send(int fd, int type, uint32_t id, uint32_t value)
{
	char p[4];

	frame_send(fd, type, 0, id, p, put_u32(p, value));
}

/* One setting. */
static inline void setting_send(int fd, int key, uint32_t value)
{
	char p[6] = { 0, (char)key };

	put_u32(p + 2, value);
	frame_send(fd, NGHTTP2_SETTINGS, 0, 0, p, sizeof p);
}

static inline bool read_all(int fd, void *to, size_t n)
{
	for (size_t at = 0; at < n;) {
		if (!peer_readable(fd, PEER_MS))
			fail_msg("waited for %zu bytes of a frame, %zu came", n, at);
		ssize_t k = recv(fd, (char *)to + at, n - at, 0);
		if (k <= 0)
			return false;
		at += (size_t)k;
	}
	return true;
}

/* The next frame; false at the end of the connection. */
static inline bool frame_read(int fd, struct frame *f)
{
	unsigned char h[9];

	if (!read_all(fd, h, 9))
		return false;
	f->length = (uint32_t)h[0] << 16 | (uint32_t)h[1] << 8 | h[2];
	f->type = h[3];
	f->flags = h[4];
	f->id = u32(h + 5);
	assert_true(f->length <= 16384);
	f->payload[f->length] = '\0';
	return f->length == 0 || read_all(fd, f->payload, f->length);
}

/* The next frame of this type (and stream, unless it is UINT32_MAX), whatever comes before it. */
static inline void frame_of(int fd, struct frame *f, int type, uint32_t id)
{
	while (frame_read(fd, f)) {
		if (f->type == type && (f->id == id || id == UINT32_MAX))
			return;
		if (f->type == NGHTTP2_GOAWAY && type != NGHTTP2_GOAWAY)
			fail_msg("waited for a frame of type %d on stream %u, GOAWAY %u came", type, id,
			    u32(f->payload + 4));
		if (f->type == NGHTTP2_RST_STREAM && f->id == id)
			fail_msg("waited for a frame of type %d, stream %u was reset by %u", type, id,
			    u32(f->payload));
	}
	fail_msg("waited for a frame of type %d on stream %u, and that was the end", type, id);
}

static inline uint32_t reset_of(int fd, uint32_t id)
{
	struct frame f;

	frame_of(fd, &f, NGHTTP2_RST_STREAM, id);
	return u32(f.payload);
}

/* The code of the last GOAWAY; the connection ends behind it. UINT32_MAX: there was none. */
static inline uint32_t goaway_of(int fd)
{
	struct frame f;
	uint32_t code = UINT32_MAX;

	while (frame_read(fd, &f))
		if (f.type == NGHTTP2_GOAWAY)
			code = u32(f.payload + 4);
	return code;
}

/* An answer: its status and body; heads are decoded by whoever keeps the connection's table. */
struct answer {
	int status;
	size_t n;
	char body[65536 + 1];
};

static inline int status_in(nghttp2_hd_inflater *table, const struct frame *f)
{
	const uint8_t *p = f->payload;
	size_t left = f->length;
	int flags = 0, status = 0;

	for (;;) {
		nghttp2_nv nv;
		ssize_t k = nghttp2_hd_inflate_hd2(table, &nv, &flags, p, left, 1);
		assert_true(k >= 0);
		p += k;
		left -= (size_t)k;
		if (flags & NGHTTP2_HD_INFLATE_EMIT && nv.namelen == 7 && !memcmp(nv.name, ":status", 7))
			status = atoi((const char *)nv.value);
		if (flags & NGHTTP2_HD_INFLATE_FINAL || (left == 0 && !(flags & NGHTTP2_HD_INFLATE_EMIT)))
			break;
	}
	nghttp2_hd_inflate_end_headers(table);
	return status;
}

/* Reads frames until the answer of this stream is complete. Heads of others are decoded too, bodies of others dropped. */
static inline void answer_read(int fd, nghttp2_hd_inflater *table, uint32_t id, struct answer *a)
{
	struct frame f;

	a->n = 0;
	a->status = 0;
	do {
		if (!frame_read(fd, &f))
			fail_msg("the connection ended before stream %u was answered", id);
		if (f.type == NGHTTP2_GOAWAY)
			fail_msg("GOAWAY %u before stream %u was answered", u32(f.payload + 4), id);
		if (f.type == NGHTTP2_RST_STREAM && f.id == id)
			fail_msg("stream %u was reset by %u", id, u32(f.payload));
		if (f.type == NGHTTP2_HEADERS) {
			int status = status_in(table, &f);
			if (f.id == id)
				a->status = status;
		} else if (f.type == NGHTTP2_DATA && f.id == id && a->n + f.length < sizeof a->body) {
			memcpy(a->body + a->n, f.payload, f.length);
			a->n += f.length;
		}
	} while (f.id != id || !(f.flags & END_STREAM) || f.type > NGHTTP2_HEADERS);
	a->body[a->n] = '\0';
}

#endif
