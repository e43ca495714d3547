#include "http/chunk.h"
#include "base/enc.h"
#include "http/head.h"

#define SIZE_DIGITS 16
#define EXTENSION_MAX 256
#define TRAILERS_MAX 4096

enum {
	SIZE,      /* digits of the size, at least one */
	EXTENSION, /* behind ';' */
	SIZE_LF,   /* the LF of the size line */
	DATA,
	DATA_CR, /* CR LF behind the data */
	DATA_LF,
	LINE, /* the first byte of a trailer line */
	NAME, /* of a trailer; r->left is the hash of what was read of it */
	VALUE,
	VALUE_LF,
	END_LF, /* the LF of the empty line */
};

#define HASH_START 0xcbf29ce484222325u

/* FNV-1a without case: to know a name again without keeping it. A chance hit would only refuse a trailer. */
static uint64_t hash(uint64_t h, unsigned char c)
{
	return (h ^ (c >= 'A' && c <= 'Z' ? c | 0x20u : c)) * 0x100000001b3u;
}

/* RFC 9110 section 6.5.1: what says how to read, route or trust a message cannot come behind it. */
static bool forbidden_trailer(uint64_t name)
{
	static const str names[] = {
		S_INIT("content-length"),
		S_INIT("transfer-encoding"),
		S_INIT("host"),
		S_INIT("connection"),
		S_INIT("content-type"),
		S_INIT("content-encoding"),
		S_INIT("cookie"),
		S_INIT("authorization"),
		S_INIT("trailer"),
		S_INIT("te"),
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		uint64_t h = HASH_START;
		for (size_t k = 0; k < names[i].n; k++)
			h = hash(h, (unsigned char)names[i].p[k]);
		if (h == name)
			return true;
	}
	return false;
}

static bool field_byte(unsigned char c)
{
	return (c >= 0x20 || c == '\t') && c != 0x7f;
}

/* RFC 9112 section 7.1: only digits, then ';' or CR: no sign, no "0x", no blank. */
static bool size_step(struct chunk_reader *r, unsigned char c)
{
	int digit = hex_digit((char)c);

	if (digit >= 0) {
		r->left = r->left << 4 | (unsigned)digit;
		return ++r->line <= SIZE_DIGITS && r->left <= INT64_MAX;
	}
	if (r->line == 0)
		return false;
	r->line = 0; /* counts the extension from here on */
	r->state = c == ';' ? EXTENSION : SIZE_LF;
	return c == ';' || c == '\r';
}

static bool size_line_step(struct chunk_reader *r, unsigned char c)
{
	if (r->state == SIZE)
		return size_step(r, c);
	if (r->state == EXTENSION) {
		if (c == '\r')
			r->state = SIZE_LF;
		return c == '\r' || (field_byte(c) && ++r->line <= EXTENSION_MAX);
	}
	r->line = 0;
	r->state = r->left ? DATA : LINE;
	return c == '\n';
}

static bool data_end_step(struct chunk_reader *r, unsigned char c)
{
	if (r->state == DATA_CR) {
		r->state = DATA_LF;
		return c == '\r';
	}
	r->state = SIZE;
	return c == '\n';
}

/* RFC 9112 section 7.1.2. Trailers are checked and dropped. */
static bool trailer_step(struct chunk_reader *r, unsigned char c)
{
	if (++r->line > TRAILERS_MAX)
		return false;
	switch (r->state) {
	case LINE:
		r->left = hash(HASH_START, c);
		r->state = c == '\r' ? END_LF : NAME;
		return c == '\r' || head_tchar(c);
	case NAME:
		if (c == ':') {
			r->state = VALUE;
			return !forbidden_trailer(r->left);
		}
		r->left = hash(r->left, c);
		return head_tchar(c);
	case VALUE:
		if (c == '\r')
			r->state = VALUE_LF;
		return c == '\r' || field_byte(c);
	case VALUE_LF:
		r->state = LINE;
		return c == '\n';
	default:
		r->done = c == '\n';
		return r->done;
	}
}

static bool step(struct chunk_reader *r, unsigned char c)
{
	if (r->state < DATA)
		return size_line_step(r, c);
	return r->state < LINE ? data_end_step(r, c) : trailer_step(r, c);
}

enum err chunk_read(struct chunk_reader *r, str *in, str *data)
{
	*data = str_sub(*in, 0, 0);
	while (in->n && !r->done) {
		if (r->state == DATA) {
			size_t n = r->left < in->n ? (size_t)r->left : in->n;
			*data = str_sub(*in, 0, n);
			*in = str_sub(*in, n, in->n);
			r->left -= n;
			if (r->left == 0)
				r->state = DATA_CR;
			return OK;
		}
		if (!step(r, (unsigned char)in->p[0]))
			return ERR_HTTP_MALFORMED;
		*in = str_sub(*in, 1, in->n);
	}
	return OK;
}

void chunk_write(struct buf *out, str data)
{
	if (data.n == 0)
		return; /* would be the last chunk */
	buf_printf(out, "%zx\r\n", data.n);
	buf_put(out, data);
	buf_put(out, S("\r\n"));
}

void chunk_end(struct buf *out)
{
	buf_put(out, S("0\r\n\r\n"));
}

str chunk_line(size_t n, char room[CHUNK_LINE])
{
	size_t at = CHUNK_LINE;

	room[--at] = '\n';
	room[--at] = '\r';
	do
		room[--at] = "0123456789abcdef"[n & 15];
	while (n >>= 4);
	return (str){ room + at, CHUNK_LINE - at };
}
