#include "http/auth.h"
#include "base/enc.h"

/* RFC 9110 section 11.2: token68, which is also the alphabet of RFC 6750. */
static bool token68(str s)
{
	size_t n = 0;

	for (; n < s.n && s.p[n] != '='; n++) {
		char c = s.p[n];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '.' || c == '_' || c == '~' || c == '+' || c == '/'))
			return false;
	}
	return n > 0 && str_within(str_sub(s, n, s.n), '=', '=');
}

/* RFC 7617 section 2: user ":" password in base64. Control characters are in neither. */
static enum err read_basic(struct arena *mem, str text, struct auth *out)
{
	str pair;
	enum err e = b64_parse(mem, text, &pair);

	if (e != OK)
		return e == ERR_BAD_ENCODING ? ERR_AUTH_MALFORMED : e;
	if (!str_cut(pair, ':', &out->user, &out->password) || !str_utf8(pair))
		return ERR_AUTH_MALFORMED;
	for (size_t i = 0; i < pair.n; i++)
		if ((unsigned char)pair.p[i] < 0x20 || pair.p[i] == 0x7f)
			return ERR_AUTH_MALFORMED;
	return OK;
}

enum err auth_parse(struct arena *mem, const struct http_req *r, struct auth *out)
{
	str value = http_header(r, S("Authorization")), scheme, rest;

	*out = (struct auth){ .scheme = AUTH_NONE };
	if (!value.p)
		return OK;
	if (http_header_count(r, S("Authorization")) != 1 || value.n == 0)
		return ERR_AUTH_MALFORMED;
	str_cut(value, ' ', &scheme, &rest);
	while (str_starts(rest, S(" ")))
		rest = str_sub(rest, 1, rest.n);

	struct auth a = { .scheme = AUTH_OTHER };
	if (str_ieq(scheme, S("Basic"))) {
		a.scheme = AUTH_BASIC;
		TRY(read_basic(mem, rest, &a));
	} else if (str_ieq(scheme, S("Bearer")) || str_ieq(scheme, S("DPoP"))) {
		a.scheme = str_ieq(scheme, S("DPoP")) ? AUTH_DPOP : AUTH_BEARER;
		if (!token68(rest))
			return ERR_AUTH_MALFORMED;
		a.token = rest;
	}
	*out = a;
	return OK;
}

/* A quoted value without anything that needs an escape, since clients take challenges apart with regular expressions. */
static void put_param(struct buf *b, str name, str value, bool *first)
{
	if (value.n == 0)
		return;
	buf_put(b, *first ? S(" ") : S(", "));
	*first = false;
	buf_put(b, name);
	buf_put(b, S("=\""));
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		buf_char(b, c == '"' ? '\'' : c < 0x20 || c > 0x7e || c == '\\' ? '?' : c);
	}
	buf_char(b, '"');
}

static str challenge(
    struct arena *mem, str scheme, str algs, str error, str scope, str resource_metadata, str description)
{
	struct buf b = BUF(mem);
	bool first = true;

	buf_put(&b, scheme);
	put_param(&b, S("error"), error, &first);
	put_param(&b, S("scope"), scope, &first);
	put_param(&b, S("resource_metadata"), resource_metadata, &first);
	put_param(&b, S("error_description"), description, &first);
	put_param(&b, S("algs"), algs, &first);
	return buf_str(&b);
}

str auth_challenge(struct arena *mem, str error, str scope, str resource_metadata, str description)
{
	return challenge(mem, S("Bearer"), S(""), error, scope, resource_metadata, description);
}

str auth_challenge_dpop(
    struct arena *mem, str algs, str error, str scope, str resource_metadata, str description)
{
	return challenge(mem, S("DPoP"), algs, error, scope, resource_metadata, description);
}
