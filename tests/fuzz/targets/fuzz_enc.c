/*
 * Encodings and other small texts: one text for one value, so that what was decoded encodes to the same text again.
 * covers: src/base/enc.c src/base/id.c src/base/time.c src/base/text.c
 */
#include "base/enc.h"
#include "base/id.h"
#include "base/text.h"
#include "base/time.h"

#include <stdlib.h>

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

static void decoded(struct arena *mem, str text)
{
	str out;

	if (b64url_parse(mem, text, &out) == OK)
		MUST(str_eq(b64url_write(mem, out), text));
	if (b64_parse(mem, text, &out) == OK)
		MUST(str_eq(b64_write(mem, out), text));
	if (hex_parse(mem, text, &out) == OK)
		MUST(str_ieq(hex_write(mem, out), text));
	for (int plus = 0; plus < 2; plus++)
		if (percent_parse(mem, text, plus, &out) == OK)
			MUST(out.n <= text.n);
}

static void encoded(struct arena *mem, str any)
{
	str out;

	MUST(b64url_parse(mem, b64url_write(mem, any), &out) == OK && str_eq(out, any));
	MUST(b64_parse(mem, b64_write(mem, any), &out) == OK && str_eq(out, any));
	MUST(hex_parse(mem, hex_write(mem, any), &out) == OK && str_eq(out, any));
	MUST(percent_parse(mem, percent_encode(mem, any), true, &out) == OK && str_eq(out, any));
}

static void times_and_ids(struct arena *mem, str text)
{
	int64_t t, back;

	if (id_parse(text, "", &t) == OK) {
		MUST(t >= 0 && str_eq(id_text(mem, "", t), text));
		MUST(id_make(t, (uint32_t)t) >= 0);
	}
	if (time_rfc3339_parse(text, &t) == OK) {
		MUST(time_rfc3339_parse(time_rfc3339(mem, t), &back) == OK);
		MUST(back == t || t == 253402300800); /* a leap second at the end of time */
		time_http_date(mem, t);
	}
	if (time_http_date_parse(text, &t) == OK)
		MUST(time_http_date_parse(time_http_date(mem, t), &back) == OK &&
		    (back == t || t == 253402300800));
	if (time_duration_parse(text, &t) == OK)
		MUST(t >= 0);
}

static void names(struct arena *mem, str text)
{
	str email, again;

	if (text_email(mem, text, &email) == OK) {
		MUST(text_email(mem, email, &again) == OK && str_eq(email, again) && str_ieq(email, text));
		MUST(str_within(email, 0x21, 0x7e));
	}
	if (text_name_ok(text, 100))
		MUST(text.n > 0 && str_utf8(text) && !str_has(text, '\n'));
	if (text_scope_token(text))
		MUST(!str_has(text, ' ') && !str_has(text, '"'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str text = { (const char *)data, size };
	struct arena *mem = arena_new(4 << 20);

	if (size < 20000) {
		decoded(mem, text);
		encoded(mem, text);
		times_and_ids(mem, text);
		names(mem, text);
	}
	arena_unref(mem);
	return 0;
}
