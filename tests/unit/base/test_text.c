#include "base/text.h"
#include "base/unit.h"

#define LABEL "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" /* 63 */

static void emails(void **state)
{
	static const struct {
		const char *sentence;
		str text, want; /* empty: refused */
	} rows[] = {
		{ "plain", S_INIT("ada@example.com"), S_INIT("ada@example.com") },
		{ "capitals become small", S_INIT("Ada.Lovelace@Example.COM"),
		    S_INIT("ada.lovelace@example.com") },
		{ "a tag stays", S_INIT("ada+x@example.com"), S_INIT("ada+x@example.com") },
		{ "punycode", S_INIT("ada@xn--bcher-kva.example"), S_INIT("ada@xn--bcher-kva.example") },
		{ "one label", S_INIT("root@localhost"), S_INIT("root@localhost") },
		{ "odd but allowed", S_INIT("o'hara!#$%&*/=?^_`{|}~-@x.y"),
		    S_INIT("o'hara!#$%&*/=?^_`{|}~-@x.y") },
		{ "the longest local part", S_INIT(LABEL "b@x.y"), S_INIT(LABEL "b@x.y") },
		{ "nothing", S_INIT(""), S_INIT("") },
		{ "no at", S_INIT("ada.example.com"), S_INIT("") },
		{ "two ats", S_INIT("ada@evil.com@example.com"), S_INIT("") },
		{ "no local part", S_INIT("@example.com"), S_INIT("") },
		{ "no host", S_INIT("ada@"), S_INIT("") },
		{ "a blank", S_INIT("ada @example.com"), S_INIT("") },
		{ "a blank in front", S_INIT(" ada@example.com"), S_INIT("") },
		{ "a line end", S_INIT("ada@example.com\n"), S_INIT("") },
		{ "CR LF", S_INIT("ada@example.com\r\nBcc: eve@example.com"), S_INIT("") },
		{ "a NUL", S_INIT("ada@example.com\0.evil.com"), S_INIT("") },
		{ "quotes", S_INIT("\"ada\"@example.com"), S_INIT("") },
		{ "a comma", S_INIT("ada,eve@example.com"), S_INIT("") },
		{ "angle brackets", S_INIT("Ada <ada@example.com>"), S_INIT("") },
		{ "a dot first", S_INIT(".ada@example.com"), S_INIT("") },
		{ "a dot last", S_INIT("ada.@example.com"), S_INIT("") },
		{ "two dots", S_INIT("ada..l@example.com"), S_INIT("") },
		{ "a look-alike letter",
		    S_INIT("\xd0\xb0"
			   "da@example.com"),
		    S_INIT("") },
		{ "the Kelvin sign, which lowers to k", S_INIT("\xe2\x84\xaa@example.com"), S_INIT("") },
		{ "a host with a look-alike", S_INIT("ada@ex\xc3\xa4mple.com"), S_INIT("") },
		{ "an empty label", S_INIT("ada@example..com"), S_INIT("") },
		{ "a dot at the end", S_INIT("ada@example.com."), S_INIT("") },
		{ "a hyphen first", S_INIT("ada@-example.com"), S_INIT("") },
		{ "a hyphen last", S_INIT("ada@example-.com"), S_INIT("") },
		{ "an underscore in the host", S_INIT("ada@exa_mple.com"), S_INIT("") },
		{ "an address for a host", S_INIT("ada@[127.0.0.1]"), S_INIT("") },
		{ "a local part over 64 bytes", S_INIT(LABEL "bb@x.y"), S_INIT("") },
		{ "a label over 63 bytes", S_INIT("a@" LABEL "b.c"), S_INIT("") },
		{ "over 254 bytes", S_INIT("a@" LABEL "." LABEL "." LABEL "." LABEL), S_INIT("") },
	};
	struct arena *mem = arena_new(1 << 16);

	for (size_t i = 0; i < COUNT(rows); i++) {
		str out = { NULL, 0 };
		same_err(rows[i].sentence, text_email(mem, rows[i].text, &out),
		    rows[i].want.n ? OK : ERR_BAD_ENCODING);
		same(rows[i].sentence, out, rows[i].want);
	}
	arena_unref(mem);
}

static void names(void **state)
{
	static const struct {
		const char *sentence;
		str text;
		bool ok;
	} rows[] = {
		{ "plain", S_INIT("Claude Code"), true },
		{ "as long as may be", S_INIT("12345678901234567890"), true },
		{ "a byte longer", S_INIT("123456789012345678901"), false },
		{ "other alphabets", S_INIT("\xe5\xb7\xa5\xe5\x85\xb7 \xd8\xa3"), true },
		{ "an emoji with its selector", S_INIT("\xe2\x9d\xa4\xef\xb8\x8f"), true },
		{ "an emoji", S_INIT("\xf0\x9f\x98\x80"), true },
		{ "nothing", S_INIT(""), false },
		{ "blanks only", S_INIT("   "), false },
		{ "a line end", S_INIT("a\nb"), false },
		{ "a NUL", S_INIT("a\0b"), false },
		{ "DEL", S_INIT("a\x7f"), false },
		{ "a C1 control", S_INIT("a\xc2\x85"), false },
		{ "right-to-left override", S_INIT("a\xe2\x80\xae"), false },
		{ "right-to-left mark", S_INIT("a\xe2\x80\x8f"), false },
		{ "an isolate", S_INIT("a\xe2\x81\xa6"), false },
		{ "Arabic letter mark", S_INIT("a\xd8\x9c"), false },
		{ "zero-width blank", S_INIT("a\xe2\x80\x8b"), false },
		{ "zero-width joiner", S_INIT("a\xe2\x80\x8d"), false },
		{ "byte order mark",
		    S_INIT("\xef\xbb\xbf"
			   "a"),
		    false },
		{ "line separator", S_INIT("a\xe2\x80\xa8"), false },
		{ "soft hyphen", S_INIT("a\xc2\xad"), false },
		{ "a tag character", S_INIT("a\xf3\xa0\x81\x81"), false },
		{ "bad UTF-8", S_INIT("a\xff"), false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		holds(rows[i].sentence, text_name_ok(rows[i].text, 20) == rows[i].ok);
}

static void scope_tokens(void **state)
{
	for (int c = 0; c < 256; c++) {
		char text[3] = { 'a', (char)c, 'b' };
		bool want = c == 0x21 || (c >= 0x23 && c <= 0x5b) || (c >= 0x5d && c <= 0x7e);
		if (text_scope_token((str){ text, 3 }) != want)
			fail_msg("0x%02x", (unsigned)c);
	}
	holds("not nothing", !text_scope_token(S("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(emails),
		cmocka_unit_test(names),
		cmocka_unit_test(scope_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
