#include "base/json.h"
#include "base/unit.h"

#include <string.h>

/* After the manner of the JSONTestSuite: what must be taken (with what we write for it) ... */
static const struct {
	const char *sentence;
	str text, want;
} good[] = {
	{ "an empty object", S_INIT("{}"), S_INIT("{}") },
	{ "an empty array", S_INIT("[]"), S_INIT("[]") },
	{ "blanks of all four kinds", S_INIT(" \t\r\n[ \n] \t"), S_INIT("[]") },
	{ "a lonely string", S_INIT("\"x\""), S_INIT("\"x\"") },
	{ "an empty string", S_INIT("\"\""), S_INIT("\"\"") },
	{ "a lonely number", S_INIT("-0"), S_INIT("-0") },
	{ "the three words", S_INIT("[true,false,null]"), S_INIT("[true,false,null]") },
	{ "numbers keep their text", S_INIT("[0,-1,1.50,1e5,1E+5,0.1e-7,123456789012345678901234567890]"),
	    S_INIT("[0,-1,1.50,1e5,1E+5,0.1e-7,123456789012345678901234567890]") },
	{ "a number out of every range", S_INIT("[1e400]"), S_INIT("[1e400]") },
	{ "nested", S_INIT("{\"a\":[{\"b\":{}},[[]],1],\"c\":\"d\"}"),
	    S_INIT("{\"a\":[{\"b\":{}},[[]],1],\"c\":\"d\"}") },
	{ "blanks everywhere", S_INIT(" { \"a\" : [ 1 , 2 ] , \"b\" : { } } "),
	    S_INIT("{\"a\":[1,2],\"b\":{}}") },
	{ "an empty name", S_INIT("{\"\":0}"), S_INIT("{\"\":0}") },
	{ "names differ by case", S_INIT("{\"a\":0,\"A\":1}"), S_INIT("{\"a\":0,\"A\":1}") },
	{ "the same name in two objects", S_INIT("[{\"a\":0},{\"a\":{\"a\":1}}]"),
	    S_INIT("[{\"a\":0},{\"a\":{\"a\":1}}]") },
	{ "escapes", S_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
	    S_INIT("\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\"") },
	{ "an escaped name", S_INIT("{\"\\u0061b\":1}"), S_INIT("{\"ab\":1}") },
	{ "two, three and four bytes", S_INIT("\"\\u00e9\\u20AC\\ud83d\\ude00\""),
	    S_INIT("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"") },
	{ "UTF-8 as it is", S_INIT("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""),
	    S_INIT("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"") },
	{ "a noncharacter", S_INIT("\"\\uFFFF\""), S_INIT("\"\xef\xbf\xbf\"") },
	{ "the last code point", S_INIT("\"\\uDBFF\\uDFFF\""), S_INIT("\"\xf4\x8f\xbf\xbf\"") },
	{ "DEL is no control character here", S_INIT("\"\x7f\""), S_INIT("\"\\u007f\"") },
	{ "markup is escaped when written", S_INIT("\"</script>&\""),
	    S_INIT("\"\\u003c/script\\u003e\\u0026\"") },
	{ "so are JavaScript's line ends", S_INIT("\"a\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\""),
	    S_INIT("\"a\\u2028\\u2029\xe2\x80\xaa\"") },
	{ "depth 32", S_INIT("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
	    S_INIT("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]") },
};

/* ... and what must be refused. */
static const struct {
	const char *sentence;
	str text;
	enum err want;
	size_t at;
} bad[] = {
	{ "nothing", S_INIT(""), ERR_JSON_SYNTAX, 0 },
	{ "no bytes at all", { NULL, 0 }, ERR_JSON_SYNTAX, 0 },
	{ "blanks only", S_INIT("  "), ERR_JSON_SYNTAX, 2 },
	{ "a BOM", S_INIT("\xef\xbb\xbf{}"), ERR_JSON_SYNTAX, 0 },
	{ "a form feed is no blank", S_INIT("[\f]"), ERR_JSON_SYNTAX, 1 },
	{ "bytes behind the end", S_INIT("{}x"), ERR_JSON_SYNTAX, 2 },
	{ "a second value", S_INIT("{} {}"), ERR_JSON_SYNTAX, 3 },
	{ "a closing bracket too many", S_INIT("[]]"), ERR_JSON_SYNTAX, 2 },
	{ "a NUL behind the end", S_INIT("{}\0"), ERR_JSON_SYNTAX, 2 },
	{ "an open object", S_INIT("{"), ERR_JSON_SYNTAX, 1 },
	{ "an open array", S_INIT("["), ERR_JSON_SYNTAX, 1 },
	{ "an array cut behind a value", S_INIT("[1"), ERR_JSON_SYNTAX, 2 },
	{ "an array cut behind a comma", S_INIT("[1,"), ERR_JSON_SYNTAX, 3 },
	{ "the wrong bracket", S_INIT("[1}"), ERR_JSON_SYNTAX, 2 },
	{ "the wrong brace", S_INIT("{\"a\":1]"), ERR_JSON_SYNTAX, 6 },
	{ "a comma at the end of an array", S_INIT("[1,]"), ERR_JSON_SYNTAX, 3 },
	{ "a comma at the end of an object", S_INIT("{\"a\":1,}"), ERR_JSON_SYNTAX, 7 },
	{ "a comma at the start", S_INIT("[,1]"), ERR_JSON_SYNTAX, 1 },
	{ "two commas", S_INIT("[1,,2]"), ERR_JSON_SYNTAX, 3 },
	{ "no comma", S_INIT("[1 2]"), ERR_JSON_SYNTAX, 3 },
	{ "a name without quotes", S_INIT("{a:1}"), ERR_JSON_SYNTAX, 1 },
	{ "a name in single quotes", S_INIT("{'a':1}"), ERR_JSON_SYNTAX, 1 },
	{ "a number for a name", S_INIT("{1:1}"), ERR_JSON_SYNTAX, 1 },
	{ "no colon", S_INIT("{\"a\" 1}"), ERR_JSON_SYNTAX, 5 },
	{ "cut before the colon", S_INIT("{\"a\""), ERR_JSON_SYNTAX, 4 },
	{ "no value", S_INIT("{\"a\":}"), ERR_JSON_SYNTAX, 5 },
	{ "cut before the value", S_INIT("{\"a\":"), ERR_JSON_SYNTAX, 5 },
	{ "two colons", S_INIT("{\"a\"::1}"), ERR_JSON_SYNTAX, 5 },
	{ "cut behind a comma in an object", S_INIT("{\"a\":1,"), ERR_JSON_SYNTAX, 7 },
	{ "a comment", S_INIT("[1/**/]"), ERR_JSON_SYNTAX, 2 },
	{ "single quotes", S_INIT("['a']"), ERR_JSON_SYNTAX, 1 },
	{ "an unfinished word", S_INIT("[tru]"), ERR_JSON_SYNTAX, 1 },
	{ "an unfinished word at the end", S_INIT("nul"), ERR_JSON_SYNTAX, 0 },
	{ "a capital word", S_INIT("[True]"), ERR_JSON_SYNTAX, 1 },
	{ "NaN", S_INIT("[NaN]"), ERR_JSON_SYNTAX, 1 },
	{ "Infinity", S_INIT("[-Infinity]"), ERR_JSON_SYNTAX, 2 },
	{ "a plus", S_INIT("[+1]"), ERR_JSON_SYNTAX, 1 },
	{ "a leading zero", S_INIT("[01]"), ERR_JSON_SYNTAX, 2 },
	{ "a leading zero behind the minus", S_INIT("[-01]"), ERR_JSON_SYNTAX, 3 },
	{ "a minus alone", S_INIT("[-]"), ERR_JSON_SYNTAX, 2 },
	{ "two minuses", S_INIT("[--1]"), ERR_JSON_SYNTAX, 2 },
	{ "no digit before the point", S_INIT("[.5]"), ERR_JSON_SYNTAX, 1 },
	{ "no digit behind the point", S_INIT("[1.]"), ERR_JSON_SYNTAX, 3 },
	{ "no digit behind the point before e", S_INIT("[1.e1]"), ERR_JSON_SYNTAX, 3 },
	{ "no digit in the exponent", S_INIT("[1e]"), ERR_JSON_SYNTAX, 3 },
	{ "no digit behind the exponent's sign", S_INIT("[1e+]"), ERR_JSON_SYNTAX, 4 },
	{ "hexadecimal", S_INIT("[0x1]"), ERR_JSON_SYNTAX, 2 },
	{ "an underscore", S_INIT("[1_0]"), ERR_JSON_SYNTAX, 2 },
	{ "a number cut behind the minus", S_INIT("-"), ERR_JSON_SYNTAX, 1 },
	{ "an open string", S_INIT("\"abc"), ERR_JSON_SYNTAX, 4 },
	{ "a string cut at the backslash", S_INIT("\"abc\\"), ERR_JSON_SYNTAX, 4 },
	{ "a string whose end is escaped", S_INIT("\"abc\\\""), ERR_JSON_SYNTAX, 6 },
	{ "a raw line end", S_INIT("\"a\nb\""), ERR_JSON_SYNTAX, 2 },
	{ "a raw tab", S_INIT("\"\t\""), ERR_JSON_SYNTAX, 1 },
	{ "a raw NUL", S_INIT("\"\0\""), ERR_JSON_SYNTAX, 1 },
	{ "an escaped NUL", S_INIT("\"a\\u0000\""), ERR_JSON_SYNTAX, 2 },
	{ "an escaped NUL in a name", S_INIT("{\"\\u0000\":1}"), ERR_JSON_SYNTAX, 2 },
	{ "an unknown escape", S_INIT("\"\\x41\""), ERR_JSON_SYNTAX, 1 },
	{ "an escaped line end", S_INIT("\"\\\n\""), ERR_JSON_SYNTAX, 1 },
	{ "an escaped NUL byte", S_INIT("\"\\\0\""), ERR_JSON_SYNTAX, 1 },
	{ "an escape in capitals", S_INIT("\"\\U0041\""), ERR_JSON_SYNTAX, 1 },
	{ "three hexadecimal digits", S_INIT("\"\\u004\""), ERR_JSON_SYNTAX, 1 },
	{ "a sign among them", S_INIT("\"\\u+041\""), ERR_JSON_SYNTAX, 1 },
	{ "a lone high surrogate", S_INIT("\"\\ud83d\""), ERR_JSON_SYNTAX, 1 },
	{ "a lone low surrogate", S_INIT("\"\\ude00\""), ERR_JSON_SYNTAX, 1 },
	{ "two high surrogates", S_INIT("\"\\ud83d\\ud83d\""), ERR_JSON_SYNTAX, 1 },
	{ "a high surrogate and a letter", S_INIT("\"\\ud83dxude00\""), ERR_JSON_SYNTAX, 1 },
	{ "a high surrogate and another escape", S_INIT("\"\\ud83d\\n0000\""), ERR_JSON_SYNTAX, 1 },
	{ "a surrogate as UTF-8", S_INIT("\"\xed\xa0\x80\""), ERR_JSON_SYNTAX, 1 },
	{ "overlong UTF-8", S_INIT("\"\xc0\xaf\""), ERR_JSON_SYNTAX, 1 },
	{ "cut UTF-8", S_INIT("\"\xe2\x82\""), ERR_JSON_SYNTAX, 1 },
	{ "UTF-8 over U+10FFFF", S_INIT("\"\xf4\x90\x80\x80\""), ERR_JSON_SYNTAX, 1 },
	{ "a byte of Latin-1", S_INIT("[\"a\xe9\"]"), ERR_JSON_SYNTAX, 3 },
	{ "half a sequence behind a backslash", S_INIT("\"\\\xc3\xa9\""), ERR_JSON_SYNTAX, 3 },
	{ "UTF-16", S_INIT("[\0]\0"), ERR_JSON_SYNTAX, 1 },
	{ "a name twice", S_INIT("{\"a\":1,\"a\":2}"), ERR_JSON_DUPLICATE, 7 },
	{ "a name twice, once escaped", S_INIT("{\"a\":1,\"\\u0061\":2}"), ERR_JSON_DUPLICATE, 7 },
	{ "an empty name twice", S_INIT("{\"\":1,\"\":2}"), ERR_JSON_DUPLICATE, 6 },
	{ "a name twice, deep down", S_INIT("[{\"x\":{\"b\":1,\"a\":0,\"b\":1}}]"), ERR_JSON_DUPLICATE, 19 },
	{ "depth 33", S_INIT("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
	    ERR_JSON_DEPTH, 32 },
	{ "depth 33, never closed", S_INIT("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["), ERR_JSON_DEPTH, 32 },
};

static str written(struct arena *mem, const struct json *v)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);

	jout_json(&j, S(""), v);
	return buf_str(&b);
}

static void what_is_json_is_taken(void **state)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		struct arena *mem = arena_new(1 << 20);
		const struct json *v;
		same_err(good[i].sentence, json_parse(mem, good[i].text, &v, NULL), OK);
		same(good[i].sentence, written(mem, v), good[i].want);
		arena_unref(mem);
	}
}

static void what_is_not_is_refused(void **state)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct arena *mem = arena_new(1 << 20);
		const struct json *v;
		struct json_fault fault = { 0 };
		same_err(bad[i].sentence, json_parse(mem, bad[i].text, &v, &fault), bad[i].want);
		same_int(bad[i].sentence, (int64_t)fault.at, (int64_t)bad[i].at);
		holds(bad[i].sentence, fault.why && !v);
		same_err(bad[i].sentence, json_parse(mem, bad[i].text, &v, NULL), bad[i].want);
		arena_unref(mem);
	}
}

/* Every beginning of a good text is a bad one, or (numbers) good; none is read past its end. */
static void cut_anywhere(void **state)
{
	static const str text =
	    S_INIT("{\"a\":[1.5e+3,\"\\ud83d\\ude00\xe2\x82\xac\",true,false,null],\"b\":{}}");
	struct arena *mem = arena_new(1 << 20);

	for (size_t n = 0; n < text.n; n++) {
		struct arena *exact = arena_new(1 << 20);
		const struct json *v;
		char *copy = arena_alloc(exact, n); /* so that the sanitizer sees the edge */
		memcpy(copy, text.p, n);
		same_err("cut", json_parse(mem, (str){ copy, n }, &v, NULL), ERR_JSON_SYNTAX);
		arena_unref(exact);
	}
	arena_unref(mem);
}

static enum err many_members(struct arena *mem, int count, int twice, const struct json **v)
{
	struct buf b = { 0 };

	buf_char(&b, '{');
	for (int i = 0; i < count; i++)
		buf_printf(&b, "%s\"k%d\":%d", i ? "," : "",
		    i == twice ? 3 : (int)((unsigned)i * 7919u % 1000003u), i);
	buf_char(&b, '}');
	enum err e = json_parse(mem, arena_copy(mem, buf_str(&b)), v, NULL);
	buf_free(&b);
	return e;
}

static void large_objects(void **state)
{
	struct arena *mem = arena_new(SIZE_MAX);
	const struct json *v;
	int64_t n;

	for (int count = 2; count < 60; count++)
		same_err("some", many_members(mem, count, -1, &v), OK);
	same_err("65536 members", many_members(mem, 65536, -1, &v), OK);
	holds("all are there", v->count == 65536 && json_get_int(v, S("k7919"), &n) && n == 1);
	same_err("65537 members", many_members(mem, 65537, -1, &v), ERR_TOO_LARGE);
	str last = S("{\"k3\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,\"i\":0,\"j\":0,"
		     "\"k\":0,\"l\":0,\"m\":0,\"n\":0,\"o\":0,\"p\":0,\"q\":0,\"k3\":0}");
	same_err("twice, first and 18th", json_parse(mem, last, &v, NULL), ERR_JSON_DUPLICATE);
	for (int at = 17; at < 2000; at += 97) {
		struct buf b = { 0 };
		buf_char(&b, '{');
		for (int i = 0; i < 2000; i++)
			buf_printf(&b, "%s\"%d\":0", i ? "," : "", i == at ? 3 : i);
		buf_char(&b, '}');
		same_err("twice among many", json_parse(mem, buf_str(&b), &v, NULL), ERR_JSON_DUPLICATE);
		buf_free(&b);
	}
	arena_unref(mem);
}

static void the_arena_is_the_limit(void **state)
{
	static const str text = S_INIT("{\"a\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17],\"b\":\"\\n\"}");

	for (size_t cap = 0;; cap += 16) {
		struct arena *mem = arena_new(cap);
		const struct json *v;
		struct json_fault fault;
		enum err e = json_parse(mem, text, &v, &fault);
		arena_unref(mem);
		if (e == OK) {
			holds("some did not", cap > 1000);
			break;
		}
		same_err("too large", e, ERR_TOO_LARGE);
	}
	struct arena *mem = arena_new(3500);
	const struct json *v;
	same_err("no memory to look for duplicates", many_members(mem, 32, -1, &v), OK);
	arena_unref(mem);
	mem = arena_new(2500);
	same_err("no memory to look for duplicates", many_members(mem, 32, -1, &v), ERR_TOO_LARGE);
	arena_unref(mem);
}

static void integers(void **state)
{
	static const struct {
		const char *sentence;
		str text;
		bool ok;
		int64_t want;
	} rows[] = {
		{ "an integer", S_INIT("42"), true, 42 },
		{ "negative", S_INIT("-42"), true, -42 },
		{ "the smallest", S_INIT("-9223372036854775808"), true, INT64_MIN },
		{ "too large", S_INIT("9223372036854775808"), false, 0 },
		{ "a point and zeros", S_INIT("42.000"), true, 42 },
		{ "a fraction", S_INIT("42.5"), false, 0 },
		{ "a fraction lifted by the exponent", S_INIT("42.5e1"), true, 425 },
		{ "an exponent", S_INIT("17e8"), true, 1700000000 },
		{ "a capital exponent with plus", S_INIT("1.7E+9"), true, 1700000000 },
		{ "a negative exponent that leaves an integer", S_INIT("4200e-2"), true, 42 },
		{ "one that does not", S_INIT("4210e-2"), false, 0 },
		{ "one that goes before the first digit", S_INIT("5e-3"), false, 0 },
		{ "zero however small", S_INIT("0.0e-99999999999999999999"), true, 0 },
		{ "zero however large", S_INIT("0e99999999999999999999"), true, 0 },
		{ "out of range by the exponent", S_INIT("1e99999999999999999999"), false, 0 },
		{ "just in range", S_INIT("9.223372036854775807e18"), true, INT64_MAX },
		{ "just out of range", S_INIT("9.223372036854775808e18"), false, 0 },
		{ "minus zero", S_INIT("-0.0"), true, 0 },
		{ "a string is none", S_INIT("\"42\""), false, 0 },
		{ "nor is true", S_INIT("true"), false, 0 },
	};
	struct arena *mem = arena_new(1 << 20);
	int64_t got;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct json *v;
		same_err(rows[i].sentence, json_parse(mem, rows[i].text, &v, NULL), OK);
		holds(rows[i].sentence, json_int_of(v, &got) == rows[i].ok);
		if (rows[i].ok)
			same_int(rows[i].sentence, got, rows[i].want);
	}
	holds("nothing is none", !json_int_of(NULL, &got));
	arena_unref(mem);
}

static void getting(void **state)
{
	struct arena *mem = arena_new(1 << 20);
	const struct json *v;
	str source =
	    S("{\"s\":\"x\\u0041\",\"n\":7,\"t\":true,\"f\":false,\"z\":null,\"a\":[1, 2],\"o\":{ }}");
	int64_t n;
	size_t count = 0;

	same_err("parses", json_parse(mem, source, &v, NULL), OK);
	same_int("counts", v->count, 7);
	same("an object keeps its source", v->text, source);
	same("so does an array", json_get(v, S("a"))->text, S("[1, 2]"));
	same("a string is decoded", json_get_str(v, S("s")), S("xA"));
	holds("a number is no string", json_get_str(v, S("n")).p == NULL);
	holds("an integer", json_get_int(v, S("n"), &n) && n == 7);
	holds("true is true", json_get_true(v, S("t")));
	holds("nothing else is",
	    !json_get_true(v, S("f")) && !json_get_true(v, S("n")) && !json_get_true(v, S("?")));
	holds("absent", !json_get(v, S("S")) && !json_get_int(v, S("q"), &n));
	holds("of nothing", !json_get(NULL, S("s")) && !json_get(json_get(v, S("a")), S("s")));
	for (JSON_EACH(item, json_get(v, S("a"))))
		count += item->type == JSON_NUMBER;
	for (JSON_EACH(item, (const struct json *)NULL))
		count += 100 + item->count;
	same_int("each", (int64_t)count, 2);
	str plain = json_str_of(json_get(v, S("s")));
	holds("an escaped string is a copy", plain.p < source.p || plain.p > source.p + source.n);
	arena_unref(mem);
}

static void writing(void **state)
{
	struct arena *mem = arena_new(1 << 20);
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);
	const struct json *v;

	same_err("parses", json_parse(mem, S("{\"k\":[1,{}]}"), &v, NULL), OK);
	jout_object(&j, S("ignored"));
	jout_str(&j, S("s"), S("a\"b\\\x01\x80\xc3"));
	jout_strz(&j, S("z"), "z");
	jout_str_opt(&j, S("no"), S(""));
	jout_str_opt(&j, S("yes"), S("y"));
	jout_int(&j, S("i"), -5);
	jout_array(&j, S("a"));
	jout_bool(&j, S(""), true);
	jout_bool(&j, S(""), false);
	jout_null(&j, S(""));
	jout_object(&j, S(""));
	jout_end(&j);
	jout_array(&j, S(""));
	jout_end(&j);
	jout_end(&j);
	jout_raw(&j, S("r"), S("[ 1 ]"));
	jout_json(&j, S("j"), v);
	jout_json(&j, S("m"), json_get(v, S("k")));
	jout_json(&j, S("n"), NULL);
	jout_words(&j, S("w"), S(" read  write"));
	jout_words(&j, S("none"), S(""));
	jout_str(&j, S("a<b"), S(""));
	jout_end(&j);
	same("all of it", buf_str(&b),
	    S("{\"s\":\"a\\\"b\\\\\\u0001\xef\xbf\xbd\xef\xbf\xbd\",\"z\":\"z\",\"yes\":\"y\",\"i\":-5,"
	      "\"a\":[true,false,null,{},[]],\"r\":[ 1 ],\"j\":{\"k\":[1,{}]},\"m\":[1,{}],\"n\":null,"
	      "\"w\":[\"read\",\"write\"],\"none\":[],\"a\\u003cb\":\"\"}"));
	arena_unref(mem);
}

static void writing_into_too_little(void **state)
{
	for (size_t max = 1; max < 60; max++) {
		struct buf b = { .max = max };
		struct jout j = JOUT(&b);
		jout_object(&j, S(""));
		jout_str(&j, S("name"), S("value"));
		jout_str(&j, S("other"), S("\xc3\xa9<>"));
		jout_end(&j);
		holds("never more than max", b.n <= max);
		holds("full says so",
		    b.full == (max < sizeof "{'name':'value','other':'xx\\u003c\\u003e'}" - 1));
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_json_is_taken),
		cmocka_unit_test(what_is_not_is_refused),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(large_objects),
		cmocka_unit_test(the_arena_is_the_limit),
		cmocka_unit_test(integers),
		cmocka_unit_test(getting),
		cmocka_unit_test(writing),
		cmocka_unit_test(writing_into_too_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
