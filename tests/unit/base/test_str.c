#include "base/unit.h"

static void comparing(void **state)
{
	static const struct {
		const char *sentence;
		str a, b;
		bool eq, ieq;
		int cmp;
	} rows[] = {
		{ "two empty slices are equal", S_INIT(""), { NULL, 0 }, true, true, 0 },
		{ "the same bytes are equal", S_INIT("abc"), S_INIT("abc"), true, true, 0 },
		{ "case matters but for ieq", S_INIT("aBc"), S_INIT("abC"), false, true, -1 },
		{ "only ASCII letters have case", S_INIT("[\xc3\x84"), S_INIT("{\xc3\xa4"), false, false,
		    -1 },
		{ "a prefix comes first", S_INIT("ab"), S_INIT("abc"), false, false, -1 },
		{ "bytes are unsigned", S_INIT("\xff"), S_INIT("a"), false, false, 1 },
		{ "a NUL is a byte", S_INIT("a\0b"), S_INIT("a\0c"), false, false, -1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int c = str_cmp(rows[i].a, rows[i].b);
		holds(rows[i].sentence, str_eq(rows[i].a, rows[i].b) == rows[i].eq);
		holds(rows[i].sentence, str_ieq(rows[i].a, rows[i].b) == rows[i].ieq);
		same_int(rows[i].sentence, (c > 0) - (c < 0), rows[i].cmp);
	}
	same("NULL is empty", str_of(NULL), S(""));
	same("a C string without its NUL", str_of("xy"), S("xy"));
}

static void finding(void **state)
{
	str s = S("a=b=c");

	same_int("first index", str_index(s, '='), 1);
	same_int("no index", str_index(s, 'x'), -1);
	same_int("no index in nothing", str_index(S(""), 'x'), -1);
	same_int("a needle", str_find(s, S("b=")), 2);
	same_int("no needle", str_find(s, S("bb")), -1);
	same_int("the empty needle is at the start", str_find(s, S("")), 0);
	same_int("nothing has no needle", str_find(S(""), S("x")), -1);
	holds("has", str_has(s, 'c') && !str_has(s, 'd'));
	holds("starts", str_starts(s, S("a=")) && str_starts(s, S("")) && !str_starts(s, S("a=b=c=")));
	holds("ends",
	    str_ends(s, S("=c")) && str_ends(s, S("")) && !str_ends(s, S("xa=b=c")) && !str_ends(s, S("=b")));
	holds("within", str_within(s, '=', 'c') && !str_within(s, 'a', 'c') && str_within(S(""), 'a', 'a'));
	holds("bytes over 0x7f are not negative", !str_within(S("\x80"), 0x20, 0x7e));
}

static void parts(void **state)
{
	str head, tail, word, rest = S("--a-bc---");

	same("a part", str_sub(S("abcdef"), 2, 4), S("cd"));
	same("clamped at the end", str_sub(S("abc"), 1, 99), S("bc"));
	same("clamped to nothing", str_sub(S("abc"), 7, 5), S(""));
	same("of NULL", str_sub((str){ NULL, 0 }, 0, 3), S(""));
	same("trimmed", str_trim(S(" \t a b\t ")), S("a b"));
	same("all blanks", str_trim(S("  ")), S(""));
	holds("cut", str_cut(S("k=v=w"), '=', &head, &tail));
	same("head", head, S("k"));
	same("tail keeps the rest", tail, S("v=w"));
	holds("not cut", !str_cut(S("kv"), '=', &head, &tail));
	same("head is all", head, S("kv"));
	holds("tail is empty but there", tail.n == 0 && tail.p);
	holds("first word", str_word(&rest, '-', &word) && str_eq(word, S("a")));
	holds("second word", str_word(&rest, '-', &word) && str_eq(word, S("bc")));
	holds("no more", !str_word(&rest, '-', &word));
	holds("list", str_list_has(S("openid  mcp:tools"), ' ', S("mcp:tools")));
	holds("no part of a word", !str_list_has(S("openid mcp:tools"), ' ', S("mcp")));
	holds("no empty word", !str_list_has(S("a  b"), ' ', S("")));
}

static void integers(void **state)
{
	static const struct {
		const char *sentence;
		str text;
		bool ok;
		int64_t v;
	} rows[] = {
		{ "zero", S_INIT("0"), true, 0 },
		{ "leading zeros are allowed", S_INIT("007"), true, 7 },
		{ "negative", S_INIT("-12"), true, -12 },
		{ "the largest", S_INIT("9223372036854775807"), true, INT64_MAX },
		{ "the smallest", S_INIT("-9223372036854775808"), true, INT64_MIN },
		{ "one too large", S_INIT("9223372036854775808"), false, 0 },
		{ "one too small", S_INIT("-9223372036854775809"), false, 0 },
		{ "far too large", S_INIT("99999999999999999999999"), false, 0 },
		{ "empty", S_INIT(""), false, 0 },
		{ "only a sign", S_INIT("-"), false, 0 },
		{ "a plus", S_INIT("+1"), false, 0 },
		{ "a blank", S_INIT(" 1"), false, 0 },
		{ "hexadecimal", S_INIT("0x1"), false, 0 },
		{ "a NUL behind it", S_INIT("1\0"), false, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t v = 0;
		holds(rows[i].sentence, str_int(rows[i].text, &v) == rows[i].ok);
		if (rows[i].ok)
			same_int(rows[i].sentence, v, rows[i].v);
	}
}

static void utf8(void **state)
{
	static const struct {
		const char *sentence;
		str text;
		bool ok;
	} rows[] = {
		{ "nothing", S_INIT(""), true },
		{ "ASCII with NUL", S_INIT("a\0b"), true },
		{ "two, three and four bytes", S_INIT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), true },
		{ "U+10FFFF", S_INIT("\xf4\x8f\xbf\xbf"), true },
		{ "U+110000", S_INIT("\xf4\x90\x80\x80"), false },
		{ "a continuation byte alone", S_INIT("\x80"), false },
		{ "overlong slash, two bytes", S_INIT("\xc0\xaf"), false },
		{ "overlong slash, three bytes", S_INIT("\xe0\x80\xaf"), false },
		{ "overlong slash, four bytes", S_INIT("\xf0\x80\x80\xaf"), false },
		{ "high surrogate", S_INIT("\xed\xa0\x80"), false },
		{ "low surrogate", S_INIT("\xed\xbf\xbf"), false },
		{ "just before the surrogates", S_INIT("\xed\x9f\xbf"), true },
		{ "cut after one of two", S_INIT("\xc3"), false },
		{ "cut after two of three", S_INIT("\xe2\x82"), false },
		{ "cut after three of four", S_INIT("\xf0\x9f\x98"), false },
		{ "third byte wrong", S_INIT("\xe2\x82\x41"), false },
		{ "0xff", S_INIT("\xff"), false },
		{ "0xf5", S_INIT("\xf5\x80\x80\x80"), false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		holds(rows[i].sentence, str_utf8(rows[i].text) == rows[i].ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparing),
		cmocka_unit_test(finding),
		cmocka_unit_test(parts),
		cmocka_unit_test(integers),
		cmocka_unit_test(utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
