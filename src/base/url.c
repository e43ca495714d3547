#include "base/url.h"
#include "base/enc.h"

#include <arpa/inet.h> /* inet_pton, which only reads text */
#include <string.h>

/* Which characters may stand where (RFC 3986 appendix A). */
enum { SCHEME = 1, USER = 2, HOST = 4, PATH = 8, QUERY = 16 };

/* The classes that a character belongs to; '%' is looked at by its user. */
static unsigned classes(unsigned char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return SCHEME | USER | HOST | PATH | QUERY;
	/* clang-format off */
	switch (c) {
	case '-': case '.': case '+':
		return SCHEME | USER | HOST | PATH | QUERY;
	case '_': case '~': case '!': case '$': case '&': case '\'': case '(': case ')': case '*': case ',': case ';':
	case '=':
		return USER | HOST | PATH | QUERY;
	case ':':
		return USER | PATH | QUERY;
	case '@': case '/':
		return PATH | QUERY;
	case '?':
		return QUERY;
	default:
		return 0;
	}
	/* clang-format on */
}

/* Only characters of the class, and whole escapes where escapes is true. */
static bool made_of(str s, unsigned class, bool escapes)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && escapes) {
			if (s.n - i < 3 || hex_digit(s.p[i + 1]) < 0 || hex_digit(s.p[i + 2]) < 0)
				return false;
			i += 2;
		} else if (!(classes((unsigned char)s.p[i]) & class)) {
			return false;
		}
	}
	return true;
}

static bool scheme_ok(str s)
{
	return s.n && ((s.p[0] | 0x20) >= 'a' && (s.p[0] | 0x20) <= 'z') && made_of(s, SCHEME, false);
}

/* An IPv6 address in brackets; no zone, no "IPvFuture". */
static bool literal_ok(str host)
{
	char text[INET6_ADDRSTRLEN] = { 0 };
	struct in6_addr unused;

	if (host.n < 4 || host.n - 2 >= sizeof text)
		return false;
	for (size_t i = 0; i < host.n - 2; i++)
		text[i] = host.p[i + 1];
	return strlen(text) == host.n - 2 && inet_pton(AF_INET6, text, &unused) == 1;
}

/* 1 to 65535, one spelling: no sign, no leading zero. */
static bool port_parse(str s, int *port)
{
	int64_t v;

	if (s.n == 0 || s.n > 5 || s.p[0] == '0' || s.p[0] == '-' || !str_int(s, &v) || v > 65535)
		return false;
	*port = (int)v;
	return true;
}

/*
 * RFC 3986 section 3.2. Escapes in the host name are refused, though its grammar has them: no registered name needs
 * one, and whoever decodes them sees another host than whoever does not.
 */
static bool authority_parse(str s, struct url *u)
{
	str head, tail;

	if (str_cut(s, '@', &head, &tail)) {
		if (!made_of(head, USER, true))
			return false;
		u->userinfo = head;
		s = tail;
	}
	u->host = s;
	if (str_starts(s, S("["))) {
		ptrdiff_t end = str_index(s, ']');
		if (end < 0)
			return false;
		u->host = str_sub(s, 0, (size_t)end + 1);
		tail = str_sub(s, (size_t)end + 1, s.n);
		return literal_ok(u->host) &&
		    (tail.n == 0 || (tail.p[0] == ':' && port_parse(str_sub(tail, 1, tail.n), &u->port)));
	}
	if (str_cut(s, ':', &u->host, &tail) && !port_parse(tail, &u->port))
		return false;
	return made_of(u->host, HOST, false) && (u->host.n || u->port < 0);
}

enum err url_parse(str text, struct url *out)
{
	struct url u = { .port = -1 };
	str rest, head;

	if (!str_cut(text, ':', &u.scheme, &rest) || !scheme_ok(u.scheme))
		return ERR_BAD_URL;

	if (str_cut(rest, '#', &head, &u.fragment))
		rest = head;
	else
		u.fragment = (str){ NULL, 0 };
	if (str_cut(rest, '?', &head, &u.query))
		rest = head;
	else
		u.query = (str){ NULL, 0 };

	if (str_starts(rest, S("//"))) {
		ptrdiff_t slash;
		u.authority = true;
		rest = str_sub(rest, 2, rest.n);
		slash = str_index(rest, '/');
		size_t end = slash < 0 ? rest.n : (size_t)slash;
		if (!authority_parse(str_sub(rest, 0, end), &u))
			return ERR_BAD_URL;
		rest = str_sub(rest, end, rest.n);
	}
	u.path = rest;
	if (!made_of(u.path, PATH, true) || !made_of(u.query, QUERY, true) ||
	    !made_of(u.fragment, QUERY, true))
		return ERR_BAD_URL;
	/* RFC 9110 section 4.2.1: http without a host is invalid */
	if ((str_ieq(u.scheme, S("http")) || str_ieq(u.scheme, S("https"))) && u.host.n == 0)
		return ERR_BAD_URL;
	*out = u;
	return OK;
}

int url_port(const struct url *u)
{
	if (u->port >= 0)
		return u->port;
	if (str_ieq(u->scheme, S("http")))
		return 80;
	return str_ieq(u->scheme, S("https")) ? 443 : -1;
}

str url_origin(struct arena *mem, const struct url *u)
{
	if (u->port < 0)
		return arena_printf(mem, "%.*s://%.*s", FMT(u->scheme), FMT(u->host));
	return arena_printf(mem, "%.*s://%.*s:%d", FMT(u->scheme), FMT(u->host), u->port);
}

bool url_loopback(const struct url *u)
{
	return str_eq(u->host, S("127.0.0.1")) || str_eq(u->host, S("[::1]")) ||
	    str_eq(u->host, S("localhost"));
}

/* "." as itself or as %2e; takes it off the front of s. */
static bool take_dot(str *s)
{
	size_t n = str_starts(*s, S(".")) ? 1 : str_ieq(str_sub(*s, 0, 3), S("%2e")) ? 3 : 0;

	*s = str_sub(*s, n, s->n);
	return n > 0;
}

bool url_dots(str path)
{
	str segment, rest = path;
	bool more;

	do {
		more = str_cut(rest, '/', &segment, &rest);
		if (!take_dot(&segment))
			continue;
		if (segment.n == 0 || (take_dot(&segment) && segment.n == 0))
			return true;
	} while (more);
	return false;
}

/* Absent and empty are different queries. */
static bool same_part(str a, str b)
{
	return !a.p == !b.p && str_eq(a, b);
}

bool url_same(const struct url *a, const struct url *b)
{
	str pa = str_eq(a->path, S("/")) ? S("") : a->path;
	str pb = str_eq(b->path, S("/")) ? S("") : b->path;

	return str_ieq(a->scheme, b->scheme) && a->authority == b->authority && str_ieq(a->host, b->host) &&
	    url_port(a) == url_port(b) && same_part(a->userinfo, b->userinfo) && str_eq(pa, pb) &&
	    same_part(a->query, b->query) && same_part(a->fragment, b->fragment);
}
