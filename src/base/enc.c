#include "base/enc.h"

#include <string.h>

static const char url64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char std64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char hex16[] = "0123456789abcdef";

static str b64_encode(struct arena *mem, str bytes, const char alphabet[static 65], bool pad)
{
	const unsigned char *in = (const unsigned char *)bytes.p;
	size_t n = bytes.n, at = 0;
	char *out = arena_alloc(mem, (n + 2) / 3 * 4 + 1);

	for (; n >= 3; in += 3, n -= 3) {
		uint32_t v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
		out[at++] = alphabet[v >> 18];
		out[at++] = alphabet[v >> 12 & 63];
		out[at++] = alphabet[v >> 6 & 63];
		out[at++] = alphabet[v & 63];
	}
	if (n) {
		uint32_t v = (uint32_t)in[0] << 16 | (n == 2 ? (uint32_t)in[1] << 8 : 0);
		out[at++] = alphabet[v >> 18];
		out[at++] = alphabet[v >> 12 & 63];
		if (n == 2)
			out[at++] = alphabet[v >> 6 & 63];
		for (; pad && at % 4;)
			out[at++] = '=';
	}
	return (str){ out, at };
}

/* The value of one sign, or 64: ranges instead of a table of 256 keep both alphabets readable. */
static uint32_t sign_value(unsigned char c, const char alphabet[static 65])
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0') + 52;
	if (c == (unsigned char)alphabet[62])
		return 62;
	return c == (unsigned char)alphabet[63] ? 63 : 64;
}

/* text without padding. RFC 4648 section 3.5: trailing bits must be zero, or two texts would have one value. */
static enum err b64_decode(struct arena *mem, str text, const char alphabet[static 65], str *out)
{
	uint32_t v = 0;
	size_t at = 0;

	if (text.n % 4 == 1)
		return ERR_BAD_ENCODING;
	char *p = arena_try(mem, text.n / 4 * 3 + 3);
	if (!p)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < text.n; i++) {
		uint32_t sign = sign_value((unsigned char)text.p[i], alphabet);
		if (sign > 63)
			return ERR_BAD_ENCODING;
		v = v << 6 | sign;
		if (i % 4 == 0)
			continue;
		/* the 2nd, 3rd and 4th sign complete a byte, with 4, 2 and 0 bits left over */
		p[at++] = (char)(v >> (6 - i % 4 * 2) & 0xff);
	}
	if (text.n % 4 && v & (text.n % 4 == 2 ? 15 : 3))
		return ERR_BAD_ENCODING;
	*out = (str){ p, at };
	return OK;
}

str b64url_write(struct arena *mem, str bytes)
{
	return b64_encode(mem, bytes, url64, false);
}

enum err b64url_parse(struct arena *mem, str text, str *out)
{
	return b64_decode(mem, text, url64, out);
}

str b64_write(struct arena *mem, str bytes)
{
	return b64_encode(mem, bytes, std64, true);
}

enum err b64_parse(struct arena *mem, str text, str *out)
{
	if (text.n % 4)
		return ERR_BAD_ENCODING;
	for (int pad = 0; pad < 2 && text.n && text.p[text.n - 1] == '='; pad++)
		text.n--;
	return b64_decode(mem, text, std64, out);
}

str hex_write(struct arena *mem, str bytes)
{
	char *p = arena_alloc(mem, bytes.n * 2 + 1);

	for (size_t i = 0; i < bytes.n; i++) {
		p[2 * i] = hex16[(unsigned char)bytes.p[i] >> 4];
		p[2 * i + 1] = hex16[(unsigned char)bytes.p[i] & 15];
	}
	return (str){ p, bytes.n * 2 };
}

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum err hex_parse(struct arena *mem, str text, str *out)
{
	if (text.n % 2)
		return ERR_BAD_ENCODING;
	char *p = arena_try(mem, text.n / 2 + 1);
	if (!p)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < text.n; i += 2) {
		int high = hex_digit(text.p[i]), low = hex_digit(text.p[i + 1]);
		if (high < 0 || low < 0)
			return ERR_BAD_ENCODING;
		p[i / 2] = (char)(high << 4 | low);
	}
	*out = (str){ p, text.n / 2 };
	return OK;
}

/* RFC 3986 section 2.3 */
static bool unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '.' || c == '_' || c == '~';
}

void percent_write(struct buf *b, str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (unreserved(s.p[i]))
			continue;
		unsigned char c = (unsigned char)s.p[i];
		char escape[3] = { '%', "0123456789ABCDEF"[c >> 4], "0123456789ABCDEF"[c & 15] };
		buf_put(b, str_sub(s, from, i));
		buf_put(b, (str){ escape, 3 });
		from = i + 1;
	}
	buf_put(b, str_sub(s, from, s.n));
}

str percent_encode(struct arena *mem, str s)
{
	size_t plain = 0;

	while (plain < s.n && unreserved(s.p[plain]))
		plain++;
	if (plain == s.n)
		return arena_copy(mem, s);

	/* sized here, so that it cannot be left out at the arena's cap */
	struct buf b = { .p = arena_alloc(mem, s.n * 3), .cap = s.n * 3, .mem = mem };
	percent_write(&b, s);
	return buf_str(&b);
}

enum err percent_parse(struct arena *mem, str text, bool plus, str *out)
{
	size_t at = 0;

	if (!str_has(text, '%') && !(plus && str_has(text, '+'))) {
		*out = text; /* nothing to decode: borrowed */
		return OK;
	}
	char *p = arena_try(mem, text.n + 1);
	if (!p)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '%') {
			int high = i + 2 < text.n ? hex_digit(text.p[i + 1]) : -1;
			int low = i + 2 < text.n ? hex_digit(text.p[i + 2]) : -1;
			if (high < 0 || low < 0)
				return ERR_BAD_ENCODING;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		p[at++] = c;
	}
	*out = (str){ p, at };
	return OK;
}
