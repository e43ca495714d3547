/* Cookies: the first line of the input is a name, the rest a Cookie header. covers: src/http/cookie.c */
#include "http/cookie.h"

#include <stdlib.h>

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str text = { (const char *)data, size }, name, value;
	struct arena *mem = arena_new(1 << 20);

	str_cut(text, '\n', &name, &value);
	const struct http_header headers[] = { { S("X"), S("y=z") }, { S("Cookie"), value } };
	const struct http_req r = { .headers = headers, .header_count = COUNT(headers) };
	str got = cookie_get(&r, name);
	if (got.p)
		MUST(str_find(value, got) >= 0 && !str_has(got, ';'));

	str set = cookie_write(mem, name, value, size & 1, (int64_t)(size & 2) - 1);
	if (set.p) {
		MUST(str_within(set, 0x20, 0x7e) && str_find(set, S("; HttpOnly")) > 0);
		str pair, rest;
		str_cut(set, ';', &pair, &rest);
		const struct http_header back = { S("Cookie"), pair };
		const struct http_req again = { .headers = &back, .header_count = 1 };
		MUST(str_eq(cookie_get(&again, name), value)); /* comes back as it went */
	}
	arena_unref(mem);
	return 0;
}
