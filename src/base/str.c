#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif

#include "base/str.h"

#include <string.h>

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

str str_of(const char *z)
{
	return z ? (str){ z, strlen(z) } : (str){ NULL, 0 };
}

bool str_eq(str a, str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_ieq(str a, str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower((unsigned char)a.p[i]) != lower((unsigned char)b.p[i]))
			return false;
	return true;
}

int str_cmp(str a, str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;

	return d ? d : (a.n > b.n) - (a.n < b.n);
}

bool str_starts(str s, str prefix)
{
	return s.n >= prefix.n && str_eq((str){ s.p, prefix.n }, prefix);
}

bool str_ends(str s, str suffix)
{
	return s.n >= suffix.n && str_eq(str_sub(s, s.n - suffix.n, s.n), suffix);
}

ptrdiff_t str_index(str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? at - s.p : -1;
}

ptrdiff_t str_find(str s, str needle)
{
	if (needle.n == 0)
		return 0;
	const char *at = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;

	return at ? at - s.p : -1;
}

bool str_has(str s, char c)
{
	return str_index(s, c) >= 0;
}

str str_sub(str s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return s.p ? (str){ s.p + from, to - from } : (str){ NULL, 0 };
}

str str_trim(str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_sub(s, 1, s.n);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

bool str_cut(str s, char sep, str *head, str *tail)
{
	ptrdiff_t at = str_index(s, sep);

	if (at < 0) {
		*head = s;
		*tail = str_sub(s, s.n, s.n);
		return false;
	}
	*head = str_sub(s, 0, (size_t)at);
	*tail = str_sub(s, (size_t)at + 1, s.n);
	return true;
}

bool str_word(str *rest, char sep, str *word)
{
	size_t from = 0, to;

	while (from < rest->n && rest->p[from] == sep)
		from++;
	for (to = from; to < rest->n && rest->p[to] != sep;)
		to++;
	*word = str_sub(*rest, from, to);
	*rest = str_sub(*rest, to, rest->n);
	return word->n > 0;
}

bool str_list_has(str list, char sep, str word)
{
	str w;

	while (str_word(&list, sep, &w))
		if (str_eq(w, word))
			return true;
	return false;
}

bool str_int(str s, int64_t *out)
{
	bool minus = s.n && s.p[0] == '-';
	int64_t v = 0;

	if (s.n == (size_t)minus)
		return false;
	for (size_t i = minus; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		int digit = s.p[i] - '0';
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, minus ? -digit : digit, &v))
			return false;
	}
	*out = v;
	return true;
}

bool str_within(str s, unsigned char lo, unsigned char hi)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < lo || (unsigned char)s.p[i] > hi)
			return false;
	return true;
}

/* The table of RFC 3629 section 4: only the second byte has narrower bounds than 80..BF. */
size_t str_utf8_step(str s)
{
	if (s.n == 0)
		return 0;

	const unsigned char *p = (const unsigned char *)s.p;
	unsigned char lo = 0x80, hi = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		lo = 0xa0; /* overlong */
	else if (p[0] == 0xed)
		hi = 0x9f; /* surrogates */
	else if (p[0] == 0xf0)
		lo = 0x90; /* overlong */
	else if (p[0] == 0xf4)
		hi = 0x8f; /* over U+10FFFF */
	if (s.n < n || p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return n;
}

bool str_utf8(str s)
{
	while (s.n) {
		size_t n = str_utf8_step(s);
		if (n == 0)
			return false;
		s.p += n;
		s.n -= n;
	}
	return true;
}
