#include "http/path.h"
#include "base/enc.h"
#include "base/url.h"

/* May stand in a path as it is (RFC 3986 section 3.3), but ';', which some servers cut off with what follows. */
static bool plain(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	/* clang-format off */
	switch (c) {
	case '-': case '.': case '_': case '~': case '/': case '!': case '$': case '&': case '\'':
	case '(': case ')': case '*': case '+': case ',': case '=': case ':': case '@':
		return true;
	default:
		return false;
	}
	/* clang-format on */
}

static bool unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '.' || c == '_' || c == '~';
}

/* Escaped bytes that someone behind us could take for syntax, or that end a C string. */
static bool dangerous(unsigned char c)
{
	return c < 0x20 || c == 0x7f || c == '/' || c == '\\' || c == ';';
}

/* "%25" before two hexadecimal digits: who decodes twice sees another path. */
static bool twice_escaped(unsigned char c, str rest)
{
	return c == '%' && rest.n >= 2 && hex_digit(rest.p[0]) >= 0 && hex_digit(rest.p[1]) >= 0;
}

enum err path_normal(struct arena *mem, str raw, str *out)
{
	static const char hex[] = "0123456789ABCDEF";
	str decoded;
	size_t at = 0;

	if (!str_starts(raw, S("/")))
		return ERR_PATH_AMBIGUOUS;
	char *p = arena_try(mem, raw.n);
	if (!p)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] != '%') {
			if (!plain(raw.p[i]))
				return ERR_PATH_AMBIGUOUS;
			p[at++] = raw.p[i];
			continue;
		}
		int high = i + 2 < raw.n ? hex_digit(raw.p[i + 1]) : -1;
		int low = i + 2 < raw.n ? hex_digit(raw.p[i + 2]) : -1;
		if (high < 0 || low < 0)
			return ERR_PATH_AMBIGUOUS;
		unsigned char c = (unsigned char)(high << 4 | low);
		if (dangerous(c) || twice_escaped(c, str_sub(raw, i + 3, raw.n)))
			return ERR_PATH_AMBIGUOUS;
		i += 2;
		if (unreserved((char)c)) {
			p[at++] = (char)c;
		} else {
			p[at++] = '%';
			p[at++] = hex[c >> 4];
			p[at++] = hex[c & 15];
		}
	}
	str path = { p, at };
	/* overlong UTF-8 is one more way to write a slash */
	if (url_dots(path) || str_find(path, S("//")) >= 0 ||
	    percent_parse(mem, path, false, &decoded) != OK || !str_utf8(decoded))
		return ERR_PATH_AMBIGUOUS;
	*out = path;
	return OK;
}

#define RUN_MAX 40 /* nothing that is served has a longer one */

str path_show(char room[PATH_SHOWN], str path)
{
	size_t n = 0;

	for (size_t i = 0, end; i < path.n && n < PATH_SHOWN; i = end + 1) {
		for (end = i; end < path.n && path.p[end] != '/';)
			end++;
		str run = end - i > RUN_MAX ? S("...") : str_sub(path, i, end);
		for (size_t k = 0; k < run.n && n < PATH_SHOWN; k++)
			room[n++] = (unsigned char)run.p[k] < 0x20 || run.p[k] == 0x7f ? '?' : run.p[k];
		if (end < path.n && n < PATH_SHOWN)
			room[n++] = '/';
	}
	return (str){ room, n };
}
