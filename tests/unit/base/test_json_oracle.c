/* A second opinion: jansson must take and refuse what we take and refuse, and see the same values in it. */
#define JSON_OBJECT JANSSON_OBJECT /* both have these names */
#define JSON_ARRAY JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_TRUE JANSSON_TRUE
#define JSON_FALSE JANSSON_FALSE
#define JSON_NULL JANSSON_NULL
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_TRUE
#undef JSON_FALSE
#undef JSON_NULL

#include "base/json.h"
#include "base/unit.h"

#include <string.h>

static uint32_t seed;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % sides;
}

static void put_string(struct buf *b)
{
	static const char *const pieces[] = {
		"a",
		"key",
		" ",
		"\\n",
		"\\u0041",
		"\\u00e9",
		"\\ud83d\\ude00",
		"\xc3\xa9",
		"\xe2\x82\xac",
		"\xf0\x9f\x98\x80",
		"\\\\",
		"\\\"",
		"\\/",
		"<&>",
		"0",
		"\x7f",
		"\\u2028",
	};

	buf_char(b, '"');
	for (uint32_t n = dice(5); n > 0; n--)
		buf_put(b, str_of(pieces[dice(COUNT(pieces))]));
	buf_char(b, '"');
}

static void put_scalar(struct buf *b)
{
	static const char *const words[] = { "true", "false", "null", "0", "-0", "17", "-3.25", "1e3",
		"2.5E-2", "0.5e+1" };

	if (dice(2))
		put_string(b);
	else
		buf_put(b, str_of(words[dice(COUNT(words))]));
}

/* A text of up to 30 levels, without recursion: each step opens, closes or adds. */
static void put_text(struct buf *b)
{
	char open[30];
	size_t depth = 0;
	bool first = true;
	uint32_t names = 0;

	do {
		uint32_t what = b->n < 1500 ? dice(10) : dice(3); /* ends by closing what is open */
		if (depth && what < 3) {
			buf_char(b, open[--depth]);
			first = false;
			continue;
		}
		if (depth && !first)
			buf_char(b, ',');
		if (depth && open[depth - 1] == '}')
			buf_printf(
			    b, "\"%u\":", dice(20) ? names++ : dice(names + 1)); /* now and then one twice */
		if (what < 7 && what > 2 && depth < COUNT(open)) {
			open[depth++] = what & 1 ? '}' : ']';
			buf_char(b, what & 1 ? '{' : '[');
			first = true;
		} else {
			put_scalar(b);
			first = false;
		}
		if (dice(8) == 0)
			buf_char(b, ' ');
	} while (depth);
}

static void spoil(struct buf *b)
{
	static const char bytes[] = "{}[]\",:\\ue0123456789.+-tfn \n\x80\xc3\xe2\xed\xf0\xff\x01";

	for (uint32_t n = dice(3); n > 0 && b->n; n--) {
		size_t at = dice((uint32_t)b->n);
		switch (dice(3)) {
		case 0:
			b->p[at] = bytes[dice(sizeof bytes)];
			break;
		case 1:
			b->n = at;
			break;
		default:
			memmove(b->p + at, b->p + at + 1, b->n - at - 1);
			b->n--;
		}
	}
}

/* The only things on which we may differ. */
static bool excused(enum err ours, const json_error_t *theirs)
{
	enum json_error_code code = json_error_code(theirs);

	return ours == ERR_JSON_DEPTH || (ours == OK && code == json_error_numeric_overflow);
}

static void compare(str text)
{
	struct arena *mem = arena_new(1 << 20);
	const struct json *v;
	json_error_t error = { 0 };
	json_t *theirs =
	    json_loadb(text.n ? text.p : "", text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	enum err ours = json_parse(mem, text, &v, NULL);

	if ((ours == OK) != (theirs != NULL) && !excused(ours, &error))
		fail_msg("we say %s, jansson '%s': %.*s", err_row(ours)->name, error.text, FMT(text));
	if (ours == OK && theirs) {
		struct buf b = BUF(mem);
		struct jout j = JOUT(&b);
		jout_json(&j, S(""), v);
		json_t *again = json_loadb(b.p, b.n, JSON_DECODE_ANY, &error);
		if (!again || !json_equal(again, theirs))
			fail_msg("not the same after writing: %.*s, %.*s", FMT(text), FMT(buf_str(&b)));
		json_decref(again);
	}
	json_decref(theirs);
	arena_unref(mem);
}

static void generated_texts(void **state)
{
	for (uint32_t i = 0; i < 3000; i++) {
		struct buf b = { 0 };
		seed = i;
		put_text(&b);
		compare(buf_str(&b));
		spoil(&b);
		compare(buf_str(&b));
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(generated_texts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
