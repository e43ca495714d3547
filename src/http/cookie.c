#include "http/cookie.h"

str cookie_get(const struct http_req *r, str name)
{
	for (size_t i = 0; i < r->header_count; i++) {
		if (!str_ieq(r->headers[i].name, S("Cookie")))
			continue;
		str pair, key, value, rest = r->headers[i].value;
		bool more;
		do {
			more = str_cut(rest, ';', &pair, &rest);
			if (str_cut(str_trim(pair), '=', &key, &value) && str_eq(key, name))
				return value;
		} while (more);
	}
	return (str){ NULL, 0 };
}

/* RFC 6265 section 4.1.1: cookie-octet, which the characters of a token are a part of. */
static bool octets(str s)
{
	return str_within(s, 0x21, 0x7e) && !str_has(s, '"') && !str_has(s, ',') && !str_has(s, ';') &&
	    !str_has(s, '\\');
}

str cookie_write(struct arena *mem, str name, str value, bool secure, int64_t max_age)
{
	struct buf b = BUF(mem);

	if (name.n == 0 || !octets(name) || str_has(name, '=') || !octets(value))
		return (str){ NULL, 0 };
	buf_put(&b, name);
	buf_char(&b, '=');
	buf_put(&b, value);
	buf_put(&b, S("; Path=/; HttpOnly; SameSite=Lax"));
	if (secure)
		buf_put(&b, S("; Secure"));
	if (max_age >= 0)
		buf_printf(&b, "; Max-Age=%lld", (long long)max_age);
	return b.full ? (str){ NULL, 0 } : buf_str(&b);
}
