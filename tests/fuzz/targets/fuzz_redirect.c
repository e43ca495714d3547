/* Redirect URIs: the comparison against a second one, written another way. covers: src/model/redirect.c */
#include "base/url.h"
#include "model/redirect.h"

#include <stdlib.h>

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

/*
 * The host of http on loopback, and what stands behind its port; false for anything else. By hand, without a
 * parser.
 */
static bool loopback(str s, str *host, str *rest)
{
	static const str hosts[] = { S_INIT("http://127.0.0.1"), S_INIT("http://[::1]"),
		S_INIT("http://localhost") };
	size_t n = 0;

	for (size_t i = 0; i < COUNT(hosts); i++) {
		if (!str_starts(s, hosts[i]))
			continue;
		*host = hosts[i];
		*rest = str_sub(s, hosts[i].n, s.n);
		if (str_starts(*rest, S(":"))) {
			int64_t port = 0;
			for (n = 1; n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9'; n++)
				port = port > 100000 ? port : port * 10 + (rest->p[n] - '0');
			if (n == 1 || rest->p[1] == '0' || port > 65535)
				return false;
			*rest = str_sub(*rest, n, rest->n);
		}
		return rest->n == 0 || rest->p[0] == '/' || rest->p[0] == '?';
	}
	return false;
}

static void compare(str registered, str sent)
{
	str host_a, host_b, rest_a, rest_b;
	struct url u;

	if (!redirect_same(registered, sent)) {
		MUST(!str_eq(registered, sent));
		return;
	}
	MUST(redirect_same(sent, registered));
	if (str_eq(registered, sent))
		return;
	/* not the same bytes: then http on the same loopback host, with the same bytes behind the port */
	MUST(loopback(registered, &host_a, &rest_a) && loopback(sent, &host_b, &rest_b));
	MUST(str_eq(host_a, host_b) && str_eq(rest_a, rest_b) && !str_has(rest_a, '#'));
	MUST(url_parse(sent, &u) == OK && url_loopback(&u));
}

static void classify(struct arena *mem, str uri)
{
	enum redirect_kind kind = redirect_kind(uri);
	str host, rest, path, query;

	if (kind == REDIRECT_BAD)
		return;
	str_cut(uri, '?', &path, &query);
	MUST(uri.n <= REDIRECT_MAX && str_within(uri, 0x21, 0x7e) && !str_has(uri, '#') &&
	    !str_has(uri, '\\') && !str_has(uri, '"') && !str_has(uri, '<') && str_find(path, S("/../")) < 0);
	MUST(redirect_host(mem, uri).n > 0);
	if (kind == REDIRECT_HTTPS)
		MUST(str_starts(uri, S("https://")));
	if (kind == REDIRECT_LOOPBACK)
		MUST(loopback(uri, &host, &rest));
	if (kind == REDIRECT_APP)
		MUST(!str_ieq(str_sub(uri, 0, 11), S("javascript:")) &&
		    !str_ieq(str_sub(uri, 0, 5), S("data:")) && !str_ieq(str_sub(uri, 0, 5), S("http:")) &&
		    !str_ieq(str_sub(uri, 0, 5), S("file:")));
}

/* Two lines: what is registered, and what is sent. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str text = { (const char *)data, size }, registered, sent;
	struct arena *mem = arena_new(1 << 20);

	str_cut(text, '\n', &registered, &sent);
	compare(registered, sent);
	classify(mem, registered);
	classify(mem, sent);
	bool among = redirect_among(registered, sent);
	if (!str_has(registered, ' ') && registered.n)
		MUST(among == redirect_same(registered, sent));
	(void)redirect_native(registered);
	arena_unref(mem);
	return 0;
}
