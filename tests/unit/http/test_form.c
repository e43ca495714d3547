#include "base/unit.h"
#include "http/form.h"

static void forms(void **state)
{
	static const struct {
		const char *sentence;
		str text;
		enum err want;
		size_t count;
		const char *a; /* value of "a", NULL: absent */
	} rows[] = {
		{ "nothing", { NULL, 0 }, OK, 0, NULL },
		{ "one", S_INIT("a=1"), OK, 1, "1" },
		{ "two", S_INIT("b=2&a=1"), OK, 2, "1" },
		{ "the first of two", S_INIT("a=1&a=2"), OK, 2, "1" },
		{ "decoded", S_INIT("%61=%c3%A9+%2B"), OK, 1, "\xc3\xa9 +" },
		{ "an equals sign in the value", S_INIT("a=b=c"), OK, 1, "b=c" },
		{ "no equals sign", S_INIT("a"), OK, 1, "" },
		{ "an empty value", S_INIT("a="), OK, 1, "" },
		{ "empty fields are passed over", S_INIT("&&a=1&"), OK, 1, "1" },
		{ "an empty name", S_INIT("=1"), OK, 1, NULL },
		{ "a semicolon does not part", S_INIT("a=1;b=2"), OK, 1, "1;b=2" },
		{ "a broken escape", S_INIT("a=%4"), ERR_PARAM_SYNTAX, 0, NULL },
		{ "a broken escape in a name", S_INIT("%zz=1"), ERR_PARAM_SYNTAX, 0, NULL },
		{ "an escaped NUL", S_INIT("a=1%00"), ERR_PARAM_SYNTAX, 0, NULL },
		{ "a raw NUL", S_INIT("a=1\0"), ERR_PARAM_SYNTAX, 0, NULL },
		{ "a NUL in a name", S_INIT("a%00=1"), ERR_PARAM_SYNTAX, 0, NULL },
		{ "bad UTF-8", S_INIT("a=%ff"), ERR_PARAM_SYNTAX, 0, NULL },
		{ "raw bad UTF-8", S_INIT("a=\xff"), ERR_PARAM_SYNTAX, 0, NULL },
		{ "a surrogate", S_INIT("a=%ed%a0%80"), ERR_PARAM_SYNTAX, 0, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(1 << 20);
		struct form f;
		same_err(rows[i].sentence, form_parse(mem, rows[i].text, &f), rows[i].want);
		if (rows[i].want == OK) {
			same_int(rows[i].sentence, (int64_t)f.count, (int64_t)rows[i].count);
			str a = form_get(&f, S("a"));
			holds(rows[i].sentence, !a.p == !rows[i].a);
			same(rows[i].sentence, a, str_of(rows[i].a));
		}
		arena_unref(mem);
	}
}

static void how_many(void **state)
{
	struct arena *mem = arena_new(1 << 20), *small = arena_new(16), *less = arena_new(96);
	struct buf b = { 0 };
	struct form f;

	for (int i = 0; i < FORM_FIELDS_MAX; i++)
		buf_put(&b, i ? S("&x=1") : S("x=1"));
	same_err("a hundred", form_parse(mem, buf_str(&b), &f), OK);
	same_int("a hundred", (int64_t)f.count, FORM_FIELDS_MAX);
	same_err("no memory", form_parse(small, buf_str(&b), &f), ERR_TOO_LARGE);
	same_err("no memory for a value",
	    form_parse(less, S("a=%41&b=%41%42%43%44%45%46%47%48%49%50%51%52%53%54"), &f), ERR_TOO_LARGE);
	buf_put(&b, S("&x=1"));
	same_err("a hundred and one", form_parse(mem, buf_str(&b), &f), ERR_PARAM_SYNTAX);
	buf_free(&b);
	arena_unref(less);
	arena_unref(small);
	arena_unref(mem);
}

struct params {
	str text, vschar, token, uri, scope, any;
	struct secret secret;
	struct param_list list;
};

#define ROW(name_, kind_, max_)                                             \
	{                                                                   \
		S_INIT(#name_), kind_, max_, offsetof(struct params, name_) \
	}

static const struct param_row table[] = {
	ROW(text, PARAM_TEXT, 10),
	ROW(vschar, PARAM_VSCHAR, 10),
	ROW(token, PARAM_TOKEN, 10),
	ROW(uri, PARAM_URI, 20),
	ROW(scope, PARAM_SCOPE, 20),
	ROW(any, PARAM_ANY, 10),
	ROW(secret, PARAM_SECRET, 10),
	ROW(list, PARAM_LIST, 20),
};

static void typed(void **state)
{
	static const struct {
		const char *sentence;
		str text;
		enum err want;
		const char *which;
	} rows[] = {
		{ "all kinds",
		    S_INIT("text=%C3%A9&vschar=a+b&token=a.b~c_d-&uri=https://h/&scope=a+b:c&any=%01%0a"), OK,
		    "" },
		{ "unknown ones are ignored, also twice", S_INIT("x=1&x=2&token=a"), OK, "" },
		{ "an empty value is no value", S_INIT("token=&uri="), OK, "" },
		{ "as long as may be", S_INIT("token=0123456789"), OK, "" },
		{ "a byte too long", S_INIT("token=0123456789a"), ERR_PARAM_TOO_LONG, "token" },
		{ "twice", S_INIT("token=a&token=a"), ERR_PARAM_DUPLICATE, "token" },
		{ "twice, empty the second time", S_INIT("token=a&token="), ERR_PARAM_DUPLICATE, "token" },
		{ "twice, empty both times", S_INIT("token=&token="), ERR_PARAM_DUPLICATE, "token" },
		{ "a control character in text", S_INIT("text=a%0a"), ERR_PARAM_ALPHABET, "text" },
		{ "DEL in text", S_INIT("text=a%7f"), ERR_PARAM_ALPHABET, "text" },
		{ "a C1 control in text", S_INIT("text=a%c2%85"), ERR_PARAM_ALPHABET, "text" },
		{ "no C1 control in text", S_INIT("text=a%c2%a0"), OK, "" },
		{ "UTF-8 in vschar", S_INIT("vschar=%c3%a9"), ERR_PARAM_ALPHABET, "vschar" },
		{ "a blank in a token", S_INIT("token=a+b"), ERR_PARAM_ALPHABET, "token" },
		{ "a slash in a token", S_INIT("token=a/b"), ERR_PARAM_ALPHABET, "token" },
		{ "a blank in a URI", S_INIT("uri=a+b"), ERR_PARAM_ALPHABET, "uri" },
		{ "a backslash in a URI", S_INIT("uri=a%5Cb"), ERR_PARAM_ALPHABET, "uri" },
		{ "a quote in a URI", S_INIT("uri=a%22b"), ERR_PARAM_ALPHABET, "uri" },
		{ "less-than in a URI", S_INIT("uri=%3Cb"), ERR_PARAM_ALPHABET, "uri" },
		{ "greater-than in a URI", S_INIT("uri=%3Eb"), ERR_PARAM_ALPHABET, "uri" },
		{ "an empty scope", S_INIT("scope="), OK, "" },
		{ "two blanks in a scope", S_INIT("scope=a++b"), ERR_PARAM_ALPHABET, "scope" },
		{ "a blank behind a scope", S_INIT("scope=a+"), ERR_PARAM_ALPHABET, "scope" },
		{ "a quote in a scope", S_INIT("scope=%22a"), ERR_PARAM_ALPHABET, "scope" },
		{ "a control character in a secret", S_INIT("secret=a%09"), ERR_PARAM_ALPHABET, "secret" },
		{ "a bad item of a list", S_INIT("list=a&list=a+b"), ERR_PARAM_ALPHABET, "list" },
		{ "nine items of a list",
		    S_INIT("list=a&list=a&list=a&list=a&list=a&list=a&list=a&list=a&list=a"),
		    ERR_PARAM_TOO_LONG, "list" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(1 << 20);
		struct params p = { 0 };
		struct form f;
		str which;
		same_err(rows[i].sentence, form_parse(mem, rows[i].text, &f), OK);
		same_err(rows[i].sentence, param_fill(&f, table, COUNT(table), &p, &which), rows[i].want);
		same(rows[i].sentence, which, str_of(rows[i].which));
		arena_unref(mem);
	}
}

static void into_the_struct(void **state)
{
	struct arena *mem = arena_new(1 << 20);
	struct params p = { 0 };
	struct form f;
	str which;

	same_err("parses",
	    form_parse(mem, S("secret=hunter2&list=https://a&any=%0a&list=https://b&list=&token=t"), &f), OK);
	same_err("fills", param_fill(&f, table, COUNT(table), &p, &which), OK);
	holds("a secret", secret_eq(p.secret, secret_of(S("hunter2"))));
	holds("a list", p.list.count == 2);
	same("in order", p.list.items[1], S("https://b"));
	same("anything", p.any, S("\n"));
	same("a token", p.token, S("t"));
	holds("the rest is absent", !p.uri.p && !p.text.p);
	struct param_row odd = { S_INIT("token"), (enum param_kind)99, 10, 0 };
	same_err(
	    "a kind that is none takes nothing", param_fill(&f, &odd, 1, &p, &which), ERR_PARAM_ALPHABET);
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(how_many),
		cmocka_unit_test(typed),
		cmocka_unit_test(into_the_struct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
