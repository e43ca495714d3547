#include "base/unit.h"
#include "http/path.h"

static void normal(void **state)
{
	static const struct {
		const char *sentence;
		str raw;
		const char *want; /* NULL: refused */
	} rows[] = {
		{ "the root", S_INIT("/"), "/" },
		{ "plain", S_INIT("/weather/mcp"), "/weather/mcp" },
		{ "a trailing slash stays", S_INIT("/mcp/"), "/mcp/" },
		{ "unreserved escapes are decoded", S_INIT("/%6D%63p/%7Ex%2d%5f"), "/mcp/~x-_" },
		{ "other escapes stay, in capitals", S_INIT("/a%20b%c3%a9%3a"), "/a%20b%C3%A9%3A" },
		{ "all that may stand there", S_INIT("/!$&'()*+,=:@-._~"), "/!$&'()*+,=:@-._~" },
		{ "a percent sign", S_INIT("/100%25"), "/100%25" },
		{ "a percent sign and a letter", S_INIT("/%25x"), "/%25x" },
		{ "well-known", S_INIT("/.well-known/jwks.json"), "/.well-known/jwks.json" },
		{ "nothing", S_INIT(""), NULL },
		{ "no slash", S_INIT("a"), NULL },
		{ "the asterisk of OPTIONS", S_INIT("*"), NULL },
		{ "two slashes", S_INIT("//a"), NULL },
		{ "two slashes inside", S_INIT("/a//b"), NULL },
		{ "HTTP-37: dot segments", S_INIT("/../../etc/passwd"), NULL },
		{ "HTTP-37: escaped dot segments", S_INIT("/%2e%2e/etc"), NULL },
		{ "one of two dots escaped", S_INIT("/.%2E/etc"), NULL },
		{ "one dot", S_INIT("/a/./b"), NULL },
		{ "HTTP-37: an escaped backslash", S_INIT("/..%5c"), NULL },
		{ "an escaped slash", S_INIT("/a%2Fb"), NULL },
		{ "an escaped slash in small letters", S_INIT("/a%2fb"), NULL },
		{ "HTTP-37: escaped twice", S_INIT("/%252e%252e/"), NULL },
		{ "HTTP-37: an escaped NUL", S_INIT("/a%00"), NULL },
		{ "an escaped line end", S_INIT("/a%0d%0aX"), NULL },
		{ "an escaped DEL", S_INIT("/a%7f"), NULL },
		{ "a semicolon", S_INIT("/admin;x=1"), NULL },
		{ "an escaped semicolon", S_INIT("/admin%3bx"), NULL },
		{ "a backslash", S_INIT("/a\\b"), NULL },
		{ "a raw NUL", S_INIT("/a\0b"), NULL },
		{ "a blank", S_INIT("/a b"), NULL },
		{ "a quote", S_INIT("/\""), NULL },
		{ "a byte over 0x7f", S_INIT("/\xc3\xa9"), NULL },
		{ "a query", S_INIT("/a?b"), NULL },
		{ "an overlong slash", S_INIT("/%c0%af"), NULL },
		{ "bad UTF-8", S_INIT("/%ff"), NULL },
		{ "a broken escape", S_INIT("/a%"), NULL },
		{ "a broken escape of one digit", S_INIT("/a%4"), NULL },
		{ "an escape of no digits", S_INIT("/%zz"), NULL },
	};
	struct arena *mem = arena_new(1 << 16), *small = arena_new(0);
	str out;

	for (size_t i = 0; i < COUNT(rows); i++) {
		out = S("");
		same_err(rows[i].sentence, path_normal(mem, rows[i].raw, &out),
		    rows[i].want ? OK : ERR_PATH_AMBIGUOUS);
		same(rows[i].sentence, out, str_of(rows[i].want));
		if (!rows[i].want)
			continue;
		str again;
		same_err("normal stays normal", path_normal(mem, out, &again), OK);
		same("normal stays normal", again, out);
	}
	same_err("no memory", path_normal(small, S("/a"), &out), ERR_TOO_LARGE);
	arena_unref(small);
	arena_unref(mem);
}

static void shown(void **state)
{
	char room[PATH_SHOWN], many[2 * PATH_SHOWN];
	(void)state;

	same("as it is", path_show(room, S("/weather/mcp/")), S("/weather/mcp/"));
	same("the root", path_show(room, S("/")), S("/"));
	same("nothing", path_show(room, S("")), S(""));
	same("a run of 40", path_show(room, S("/1234567890123456789012345678901234567890")),
	    S("/1234567890123456789012345678901234567890"));
	same("a longer one", path_show(room, S("/a/12345678901234567890123456789012345678901/b")),
	    S("/a/.../b"));
	same("controls", path_show(room, S("/a\n\x1b[m\x7f")), S("/a??[m?"));
	for (size_t i = 0; i < sizeof many; i++)
		many[i] = i % 2 ? 'x' : '/';
	same("cut", path_show(room, (str){ many, sizeof many }), (str){ many, PATH_SHOWN });
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(normal), cmocka_unit_test(shown) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
