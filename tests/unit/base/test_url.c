#include "base/unit.h"
#include "base/url.h"

static void same_part(const char *sentence, str got, const char *want)
{
	if (!want != !got.p)
		fail_msg("\"%s\": a part is %s", sentence, got.p ? "there" : "missing");
	same(sentence, got, str_of(want));
}

static void taken_apart(void **state)
{
	static const struct {
		const char *sentence;
		str text;
		const char *scheme, *user, *host;
		int port;
		const char *path, *query, *fragment;
		bool authority;
	} rows[] = {
		{ "all parts", S_INIT("https://u:p@h.example:8443/a/b?q=1#f"), "https", "u:p", "h.example",
		    8443, "/a/b", "q=1", "f", true },
		{ "no path", S_INIT("http://h"), "http", NULL, "h", -1, "", NULL, NULL, true },
		{ "a path of one slash", S_INIT("http://h/"), "http", NULL, "h", -1, "/", NULL, NULL, true },
		{ "an empty query is there", S_INIT("http://h?"), "http", NULL, "h", -1, "", "", NULL, true },
		{ "an empty fragment is there", S_INIT("http://h/#"), "http", NULL, "h", -1, "/", NULL, "",
		    true },
		{ "a query before any slash", S_INIT("http://h?a/b"), "http", NULL, "h", -1, "", "a/b", NULL,
		    true },
		{ "a question mark in the query", S_INIT("http://h/?a?b"), "http", NULL, "h", -1, "/", "a?b",
		    NULL, true },
		{ "an IPv6 address", S_INIT("http://[::1]:33418/cb"), "http", NULL, "[::1]", 33418, "/cb",
		    NULL, NULL, true },
		{ "an IPv6 address without a port", S_INIT("http://[2001:db8::1]"), "http", NULL,
		    "[2001:db8::1]", -1, "", NULL, NULL, true },
		{ "a scheme of its own with a host", S_INIT("cursor://anysphere.cursor-mcp/oauth/callback"),
		    "cursor", NULL, "anysphere.cursor-mcp", -1, "/oauth/callback", NULL, NULL, true },
		{ "a scheme of its own without", S_INIT("com.example.app:/cb"), "com.example.app", NULL, NULL,
		    -1, "/cb", NULL, NULL, false },
		{ "a scheme of its own with an empty host", S_INIT("app:///cb"), "app", NULL, "", -1, "/cb",
		    NULL, NULL, true },
		{ "no slash at all", S_INIT("mailto:a@b.example"), "mailto", NULL, NULL, -1, "a@b.example",
		    NULL, NULL, false },
		{ "script", S_INIT("javascript:alert(1)"), "javascript", NULL, NULL, -1, "alert(1)", NULL,
		    NULL, false },
		{ "an empty userinfo is there", S_INIT("http://@h/"), "http", "", "h", -1, "/", NULL, NULL,
		    true },
		{ "capitals stay", S_INIT("HTTPS://H.Example/P"), "HTTPS", NULL, "H.Example", -1, "/P", NULL,
		    NULL, true },
		{ "escapes stay", S_INIT("http://h/%2e%2F?%41"), "http", NULL, "h", -1, "/%2e%2F", "%41",
		    NULL, true },
		{ "the largest port", S_INIT("http://h:65535"), "http", NULL, "h", 65535, "", NULL, NULL,
		    true },
		{ "at signs and colons in the path", S_INIT("http://h/@a:b"), "http", NULL, "h", -1, "/@a:b",
		    NULL, NULL, true },
		{ "an escape in the userinfo", S_INIT("http://a%40b@h"), "http", "a%40b", "h", -1, "", NULL,
		    NULL, true },
		{ "only a scheme", S_INIT("x:"), "x", NULL, NULL, -1, "", NULL, NULL, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *sentence = rows[i].sentence;
		struct url u;
		same_err(sentence, url_parse(rows[i].text, &u), OK);
		same_part(sentence, u.scheme, rows[i].scheme);
		same_part(sentence, u.userinfo, rows[i].user);
		same_part(sentence, u.host, rows[i].host);
		same_int(sentence, u.port, rows[i].port);
		same_part(sentence, u.path, rows[i].path);
		same_part(sentence, u.query, rows[i].query);
		same_part(sentence, u.fragment, rows[i].fragment);
		holds(sentence, u.authority == rows[i].authority);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *sentence;
		str text;
	} rows[] = {
		{ "nothing", S_INIT("") },
		{ "no scheme", S_INIT("//h/p") },
		{ "an empty scheme", S_INIT("://h") },
		{ "a scheme that begins with a digit", S_INIT("1http://h") },
		{ "a scheme with an escape", S_INIT("ht%74p://h") },
		{ "a path only", S_INIT("/p:q") },
		{ "a blank in front", S_INIT(" http://h") },
		{ "a blank inside", S_INIT("http://h/a b") },
		{ "a blank behind", S_INIT("http://h ") },
		{ "a tab in the scheme", S_INIT("java\tscript:x") },
		{ "CR LF", S_INIT("https://h/cb\r\nSet-Cookie: a=1") },
		{ "a NUL", S_INIT("https://h\0.evil/") },
		{ "DEL", S_INIT("https://h/\x7f") },
		{ "a byte over 0x7f", S_INIT("https://h/\xc3\xa9") },
		{ "a look-alike host", S_INIT("https://h\xc3\xb6st/") },
		{ "a backslash for a slash", S_INIT("https:\\\\h/") },
		{ "a backslash in the authority", S_INIT("https://good.example\\@evil.example/") },
		{ "a backslash in the path", S_INIT("https://h/a\\b") },
		{ "a backslash in the query", S_INIT("https://h/?a\\b") },
		{ "two at signs", S_INIT("https://a@b@h/") },
		{ "a broken escape", S_INIT("https://h/%") },
		{ "a broken escape of one digit", S_INIT("https://h/%4") },
		{ "an escape of no digits", S_INIT("https://h/%zz") },
		{ "a broken escape in the query", S_INIT("https://h/?%g0") },
		{ "a broken escape in the fragment", S_INIT("https://h/#%1") },
		{ "a broken escape in the userinfo", S_INIT("https://%1@h") },
		{ "an escape in the host", S_INIT("https://h%2eexample/") },
		{ "no host", S_INIT("https:///p") },
		{ "no host and a port", S_INIT("https://:80/") },
		{ "https without slashes", S_INIT("https:h/p") },
		{ "http with one slash", S_INIT("http:/h/p") },
		{ "an empty port", S_INIT("http://h:/") },
		{ "port 0", S_INIT("http://h:0/") },
		{ "a port over 65535", S_INIT("http://h:65536/") },
		{ "a port of six digits", S_INIT("http://h:000080/") },
		{ "a port with a leading zero", S_INIT("http://h:080/") },
		{ "a signed port", S_INIT("http://h:+80/") },
		{ "a negative port", S_INIT("http://h:-80/") },
		{ "a port with letters", S_INIT("http://h:80a/") },
		{ "two ports", S_INIT("http://h:80:81/") },
		{ "a bracket that does not close", S_INIT("http://[::1/") },
		{ "empty brackets", S_INIT("http://[]/") },
		{ "no IPv6 address in brackets", S_INIT("http://[abc]/") },
		{ "an IPv4 address in brackets", S_INIT("http://[127.0.0.1]/") },
		{ "an IPv6 zone", S_INIT("http://[fe80::1%25eth0]/") },
		{ "something behind the bracket", S_INIT("http://[::1]x/") },
		{ "a colon only behind the bracket", S_INIT("http://[::1]:/") },
		{ "an endless IPv6 address",
		    S_INIT("http://[1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111]/") },
		{ "a NUL inside the brackets", S_INIT("http://[::1\0]/") },
		{ "an IPv6 address without brackets", S_INIT("http://::1/") },
		{ "angle brackets", S_INIT("https://h/<x>") },
		{ "a quote", S_INIT("https://h/\"") },
		{ "braces", S_INIT("https://h/{x}") },
		{ "brackets in the path", S_INIT("https://h/[x]") },
		{ "a second fragment", S_INIT("https://h/#a#b") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct url u = { .port = 77 };
		same_err(rows[i].sentence, url_parse(rows[i].text, &u), ERR_BAD_URL);
		holds(rows[i].sentence, u.port == 77); /* nothing half done */
	}
}

static struct url parsed(const char *text)
{
	struct url u;

	if (url_parse(str_of(text), &u) != OK)
		fail_msg("not a URL: %s", text);
	return u;
}

static void same_resource(void **state)
{
	static const struct {
		const char *sentence;
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "the same text", "https://h/mcp", "https://h/mcp", true },
		{ "case of scheme and host", "HTTPS://H/mcp", "https://h/mcp", true },
		{ "case of the path", "https://h/MCP", "https://h/mcp", false },
		{ "the default port of https", "https://h:443/mcp", "https://h/mcp", true },
		{ "the default port of http", "http://h:80", "http://h", true },
		{ "the other one's default port", "https://h:80/mcp", "https://h/mcp", false },
		{ "another port", "https://h:8443/mcp", "https://h/mcp", false },
		{ "a slash for an empty path", "https://h/", "https://h", true },
		{ "a slash behind a path", "https://h/mcp/", "https://h/mcp", false },
		{ "two slashes", "https://h//", "https://h/", false },
		{ "another scheme", "http://h/mcp", "https://h/mcp", false },
		{ "localhost is not 127.0.0.1", "http://localhost/", "http://127.0.0.1/", false },
		{ "the same query", "https://h/?a=1", "https://h?a=1", true },
		{ "another query", "https://h/?a=1", "https://h/?a=2", false },
		{ "an empty query is not none", "https://h/?", "https://h/", false },
		{ "a fragment", "https://h/#", "https://h/", false },
		{ "userinfo", "https://u@h/", "https://h/", false },
		{ "an escaped letter", "https://h/%6dcp", "https://h/mcp", false },
		{ "with and without an authority", "x://", "x:", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct url a = parsed(rows[i].a), b = parsed(rows[i].b);
		holds(rows[i].sentence, url_same(&a, &b) == rows[i].same);
		holds(rows[i].sentence, url_same(&b, &a) == rows[i].same);
	}
}

static void small_questions(void **state)
{
	struct arena *mem = arena_new(1 << 16);
	static const struct {
		const char *sentence;
		const char *text, *origin;
		int port;
		bool loopback;
	} rows[] = {
		{ "the default of https", "https://h.example/p", "https://h.example", 443, false },
		{ "the default of http", "http://localhost/p", "http://localhost", 80, true },
		{ "a port given", "http://127.0.0.1:33418/p", "http://127.0.0.1:33418", 33418, true },
		{ "IPv6", "http://[::1]:1", "http://[::1]:1", 1, true },
		{ "no default", "cursor://h/p", "cursor://h", -1, false },
		{ "another spelling of IPv6 loopback", "http://[0:0:0:0:0:0:0:1]", "http://[0:0:0:0:0:0:0:1]",
		    80, false },
		{ "another address of the loopback net", "http://127.0.0.2", "http://127.0.0.2", 80, false },
		{ "localhost in capitals", "http://LOCALHOST", "http://LOCALHOST", 80, false },
		{ "a name that begins like localhost", "http://localhost.evil.example",
		    "http://localhost.evil.example", 80, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct url u = parsed(rows[i].text);
		same(rows[i].sentence, url_origin(mem, &u), str_of(rows[i].origin));
		same_int(rows[i].sentence, url_port(&u), rows[i].port);
		holds(rows[i].sentence, url_loopback(&u) == rows[i].loopback);
	}
	arena_unref(mem);
}

static void dot_segments(void **state)
{
	static const struct {
		const char *sentence;
		str path;
		bool dots;
	} rows[] = {
		{ "none", S_INIT("/a/b"), false },
		{ "an empty path", S_INIT(""), false },
		{ "one dot", S_INIT("/a/./b"), true },
		{ "two dots", S_INIT("/a/../b"), true },
		{ "two dots at the end", S_INIT("/a/.."), true },
		{ "two dots alone", S_INIT(".."), true },
		{ "an escaped dot", S_INIT("/%2e/"), true },
		{ "two escaped dots, both cases", S_INIT("/%2e%2E"), true },
		{ "one escaped of two", S_INIT("/.%2e/x"), true },
		{ "the other escaped of two", S_INIT("/%2E./x"), true },
		{ "three dots are a name", S_INIT("/.../x"), false },
		{ "a hidden file", S_INIT("/.well-known/x"), false },
		{ "dots behind a name", S_INIT("/a../b."), false },
		{ "two dots before a name", S_INIT("/..a"), false },
		{ "a half escape", S_INIT("/%2"), false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		holds(rows[i].sentence, url_dots(rows[i].path) == rows[i].dots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_apart),
		cmocka_unit_test(refused),
		cmocka_unit_test(same_resource),
		cmocka_unit_test(small_questions),
		cmocka_unit_test(dot_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
