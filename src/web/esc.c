#include "web/esc.h"

#include "base/enc.h"

#define REPLACEMENT S("\xef\xbf\xbd")

/* The reference for a byte of ASCII, or the empty slice when it may stand as it is. */
static str reference(unsigned char c)
{
	switch (c) {
	case '&':
		return S("&amp;");
	case '<':
		return S("&lt;");
	case '>':
		return S("&gt;");
	case '"':
		return S("&quot;");
	case '\'':
		return S("&#39;");
	case '\t':
	case '\n':
		return (str){ NULL, 0 };
	default:
		return c < 0x20 || c == 0x7f ? REPLACEMENT : (str){ NULL, 0 };
	}
}

/*
 * C1 controls (U+0080 to U+009F), and the embeddings, overrides and isolates of the bidirectional algorithm (U+202A to
 * U+202E, U+2066 to U+2069): with them a name could rewrite the sentence around it. The plain marks U+200E and U+200F stay,
 * right-to-left names need them.
 */
static bool hostile(str s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (s.n == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	if (s.n != 3 || p[0] != 0xe2)
		return false;
	return (p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) ||
	    (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

void esc_text(struct buf *o, str s)
{
	size_t from = 0; /* what is between from and i goes out as it is */

	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t step = c < 0x80 ? 1 : str_utf8_step(str_sub(s, i, s.n));
		str instead = { NULL, 0 };

		if (c < 0x80)
			instead = reference(c);
		else if (step == 0 || hostile(str_sub(s, i, i + step)))
			instead = REPLACEMENT;
		if (step == 0)
			step = 1;
		if (instead.n) {
			buf_put(o, str_sub(s, from, i));
			buf_put(o, instead);
			from = i + step;
		}
		i += step;
	}
	buf_put(o, str_sub(s, from, s.n));
}

/*
 * Browsers drop tabs and line ends inside a scheme and blanks before it, and read '\' as '/': an address with any of them
 * is not taken apart here but refused.
 */
static bool plain(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c <= ' ' || c == 0x7f || c == '\\')
			return false;
	}
	return true;
}

static bool acceptable(str s)
{
	if (!plain(s))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '/' || s.p[i] == '?' || s.p[i] == '#')
			return true;
		if (s.p[i] == ':') {
			str scheme = str_sub(s, 0, i);
			return str_ieq(scheme, S("https")) || str_ieq(scheme, S("http"));
		}
	}
	return true;
}

void esc_url(struct buf *o, str s)
{
	if (acceptable(s))
		esc_text(o, s);
	else
		buf_char(o, '#');
}

void esc_part(struct buf *o, str s)
{
	percent_write(o, s);
}
