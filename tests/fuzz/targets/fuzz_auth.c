/*
 * The Authorization header and challenges; Accept and Content-Type beside them.
 * covers: src/http/auth.c src/http/accept.c
 */
#include "http/accept.h"
#include "http/auth.h"

#include <stdlib.h>

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

/* A reader that knows only quotes must find what was put in. */
static void challenge(struct arena *mem, str any)
{
	str c = auth_challenge(mem, any, str_sub(any, 0, 5), S("https://h/"), any);
	size_t quotes = 0;

	MUST(str_starts(c, S("Bearer ")) && str_within(c, 0x20, 0x7e) && !str_has(c, '\\'));
	for (size_t i = 0; i < c.n; i++)
		quotes += c.p[i] == '"';
	MUST(quotes == 2 * (any.n ? 4u : 1u));
	MUST(str_find(c, S("resource_metadata=\"https://h/\"")) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 40000)
		return 0;

	str text = { (const char *)data, size };
	struct arena *mem = arena_new(1 << 20);
	const struct http_header headers[] = {
		{ S("authorization"), text },
		{ S("Accept"), text },
		{ S("Content-Type"), text },
		{ S("X"), text },
	};
	struct http_req r = { .headers = headers, .header_count = COUNT(headers) };
	struct auth a;

	if (auth_parse(mem, &r, &a) == OK) {
		MUST(a.scheme != AUTH_NONE);
		MUST((a.token.n > 0) == (a.scheme == AUTH_BEARER || a.scheme == AUTH_DPOP));
		MUST(str_within(a.token, 0x21, 0x7e) && !str_has(a.token, '"') && !str_has(a.token, ','));
		MUST(str_utf8(a.user) && !str_has(a.user, ':') && !str_has(a.password, '\0'));
	} else {
		MUST(a.scheme == AUTH_NONE && a.token.n == 0 && a.user.n == 0);
	}
	if (content_type_is(&r, S("application/json")) || accept_names(&r, S("text/html")))
		MUST(size > 8);
	challenge(mem, text);
	arena_unref(mem);
	return 0;
}
