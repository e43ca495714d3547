/* Cookies, Authorization and Accept: what is read out of single headers. */
#include "base/unit.h"
#include "http/accept.h"
#include "http/auth.h"
#include "http/cookie.h"

#include <string.h>

static void reading_cookies(void **state)
{
	static const struct http_header headers[] = {
		{ S_INIT("Cookie"), S_INIT("a=1; __Host-s=x=y;b=2 ;  c=;d; =e; a=other") },
		{ S_INIT("X"), S_INIT("z=1") },
		{ S_INIT("cookie"), S_INIT("late=\"q\"; a=third") },
	};
	static const struct http_req r = { .headers = headers, .header_count = COUNT(headers) };
	static const struct {
		const char *sentence;
		str name;
		const char *want;
	} rows[] = {
		{ "the first of three", S_INIT("a"), "1" },
		{ "an equals sign in the value", S_INIT("__Host-s"), "x=y" },
		{ "blanks around are dropped", S_INIT("b"), "2" },
		{ "empty is there", S_INIT("c"), "" },
		{ "without an equals sign it is none", S_INIT("d"), NULL },
		{ "names have case", S_INIT("A"), NULL },
		{ "in a second header", S_INIT("late"), "\"q\"" },
		{ "not in other headers", S_INIT("z"), NULL },
		{ "no part of a name", S_INIT("s"), NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		str got = cookie_get(&r, rows[i].name);
		holds(rows[i].sentence, !got.p == !rows[i].want);
		same(rows[i].sentence, got, str_of(rows[i].want));
	}
}

static void writing_cookies(void **state)
{
	struct arena *mem = arena_new(1 << 16), *small = arena_new(10);

	same("secure", cookie_write(mem, S("__Host-s"), S("v"), true, 60),
	    S("__Host-s=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"));
	same("for the session", cookie_write(mem, S("s"), S("v"), false, -1),
	    S("s=v; Path=/; HttpOnly; SameSite=Lax"));
	same("to be forgotten", cookie_write(mem, S("s"), S(""), false, 0),
	    S("s=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"));
	holds("an attribute cannot be smuggled in", !cookie_write(mem, S("s"), S("v; Domain=x"), true, 1).p);
	holds("nor a line", !cookie_write(mem, S("s"), S("v\r\nX:"), true, 1).p);
	holds("nor with the name", !cookie_write(mem, S("s;"), S("v"), true, 1).p);
	holds("nor quotes, commas and backslashes",
	    !cookie_write(mem, S("s"), S("\""), true, 1).p && !cookie_write(mem, S("s"), S(","), true, 1).p &&
		!cookie_write(mem, S("s"), S("\\"), true, 1).p);
	holds("a name has no equals sign", !cookie_write(mem, S("a=b"), S("v"), true, 1).p);
	holds("a name is not empty", !cookie_write(mem, S(""), S("v"), true, 1).p);
	holds("half a cookie is none", !cookie_write(small, S("s"), S("v"), true, 1).p);
	arena_unref(small);
	arena_unref(mem);
}

static void authorization(void **state)
{
	static const struct {
		const char *sentence;
		str value;
		enum err want;
		enum auth_scheme scheme;
		const char *token, *user, *password;
	} rows[] = {
		{ "a bearer token", S_INIT("Bearer abc.DEF-_~+/=="), OK, AUTH_BEARER, "abc.DEF-_~+/==", "",
		    "" },
		{ "the scheme has no case", S_INIT("bEARER abc"), OK, AUTH_BEARER, "abc", "", "" },
		{ "more blanks", S_INIT("Bearer   abc"), OK, AUTH_BEARER, "abc", "", "" },
		{ "DPoP", S_INIT("DPoP abc"), OK, AUTH_DPOP, "abc", "", "" },
		{ "a scheme that we do not know", S_INIT("Negotiate YII="), OK, AUTH_OTHER, "", "", "" },
		{ "a scheme alone", S_INIT("Negotiate"), OK, AUTH_OTHER, "", "", "" },
		{ "Basic", S_INIT("Basic Y2xpZW50OnNlY3JldA=="), OK, AUTH_BASIC, "", "client", "secret" },
		{ "Basic, a colon in the password", S_INIT("Basic YTpiOmM="), OK, AUTH_BASIC, "", "a",
		    "b:c" },
		{ "Basic, both empty", S_INIT("basic Og=="), OK, AUTH_BASIC, "", "", "" },
		{ "Basic, percent stays", S_INIT("Basic JTQxOiU0Mg=="), OK, AUTH_BASIC, "", "%41", "%42" },
		{ "an empty header", S_INIT(""), ERR_AUTH_MALFORMED, AUTH_NONE, "", "", "" },
		{ "no token", S_INIT("Bearer"), ERR_AUTH_MALFORMED, AUTH_NONE, "", "", "" },
		{ "two tokens", S_INIT("Bearer abc def"), ERR_AUTH_MALFORMED, AUTH_NONE, "", "", "" },
		{ "a list", S_INIT("Bearer abc, Basic eDp5"), ERR_AUTH_MALFORMED, AUTH_NONE, "", "", "" },
		{ "only padding", S_INIT("Bearer =="), ERR_AUTH_MALFORMED, AUTH_NONE, "", "", "" },
		{ "padding in the middle", S_INIT("Bearer a=b"), ERR_AUTH_MALFORMED, AUTH_NONE, "", "", "" },
		{ "a quote in the token", S_INIT("Bearer \"abc\""), ERR_AUTH_MALFORMED, AUTH_NONE, "", "",
		    "" },
		{ "a byte over 0x7f in the token", S_INIT("Bearer \xc3\xa9"), ERR_AUTH_MALFORMED, AUTH_NONE,
		    "", "", "" },
		{ "a tab behind the scheme", S_INIT("Bearer\tabc"), OK, AUTH_OTHER, "", "", "" },
		{ "Basic without a colon", S_INIT("Basic YWJj"), ERR_AUTH_MALFORMED, AUTH_NONE, "", "", "" },
		{ "Basic without padding", S_INIT("Basic YTpi Y"), ERR_AUTH_MALFORMED, AUTH_NONE, "", "",
		    "" },
		{ "Basic that is no base64", S_INIT("Basic !!!!"), ERR_AUTH_MALFORMED, AUTH_NONE, "", "",
		    "" },
		{ "Basic with a NUL", S_INIT("Basic YTpiAA=="), ERR_AUTH_MALFORMED, AUTH_NONE, "", "", "" },
		{ "Basic with bad UTF-8", S_INIT("Basic YTr/"), ERR_AUTH_MALFORMED, AUTH_NONE, "", "", "" },
		{ "Basic with nothing", S_INIT("Basic"), ERR_AUTH_MALFORMED, AUTH_NONE, "", "", "" },
	};
	struct arena *mem = arena_new(1 << 16), *small = arena_new(0);
	struct auth a;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_header h[] = { { S_INIT("authorization"), rows[i].value },
			{ S_INIT("Authorization"), S_INIT("x") } };
		struct http_req r = { .headers = h, .header_count = 1 };
		same_err(rows[i].sentence, auth_parse(mem, &r, &a), rows[i].want);
		holds(rows[i].sentence, a.scheme == rows[i].scheme);
		same(rows[i].sentence, a.token, str_of(rows[i].token));
		same(rows[i].sentence, a.user, str_of(rows[i].user));
		same(rows[i].sentence, a.password, str_of(rows[i].password));
		r.header_count = 2;
		same_err("two headers", auth_parse(mem, &r, &a), ERR_AUTH_MALFORMED);
	}
	struct http_header basic = { S_INIT("Authorization"), S_INIT("Basic Y2xpZW50OnNlY3JldA==") };
	struct http_req r = { .headers = &basic };
	same_err("none", auth_parse(mem, &r, &a), OK);
	holds("none", a.scheme == AUTH_NONE);
	r.header_count = 1;
	same_err("no memory", auth_parse(small, &r, &a), ERR_TOO_LARGE);
	arena_unref(small);
	arena_unref(mem);
}

static void challenges(void **state)
{
	struct arena *mem = arena_new(1 << 16);

	same("bare", auth_challenge(mem, S(""), S(""), S(""), S("")), S("Bearer"));
	same("without credentials",
	    auth_challenge(mem, S(""), S("mcp:tools"), S("https://h/.well-known/x"), S("")),
	    S("Bearer scope=\"mcp:tools\", resource_metadata=\"https://h/.well-known/x\""));
	same("in the order that clients need",
	    auth_challenge(mem, S("invalid_token"), S("a b"), S("https://h/"), S("The token has expired.")),
	    S("Bearer error=\"invalid_token\", scope=\"a b\", resource_metadata=\"https://h/\", "
	      "error_description=\"The token has expired.\""));
	same("nothing breaks out of the quotes",
	    auth_challenge(mem, S("a\"b\\c\r\nd\x80"), S(""), S(""), S("")), S("Bearer error=\"a'b?c??d?\""));
	arena_unref(mem);
}

static void accepting(void **state)
{
	static const struct {
		const char *sentence;
		const char *accept;
		bool html;
	} rows[] = {
		{ "a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true },
		{ "case and blanks", "application/json , Text/HTML ; q=0.2", true },
		{ "a wildcard does not name it", "*/*", false },
		{ "nor half of one", "text/*", false },
		{ "not wanted", "text/html;q=0", false },
		{ "not wanted, at length", "text/html;level=1; Q=0.000", false },
		{ "not wanted, with a point", "text/html;q=0.", false },
		{ "hardly wanted", "text/html;q=0.001", true },
		{ "not wanted and wanted", "text/html;q=0, text/html", true },
		{ "another parameter", "text/html;level=0", true },
		{ "a longer type", "text/html2", false },
		{ "nothing", "", false },
	};
	struct http_header h[] = { { S_INIT("X"), S_INIT("text/html") }, { S_INIT("accept"), S_INIT("") } };
	struct http_req r = { .headers = h, .header_count = 2 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		h[1].value = str_of(rows[i].accept);
		holds(rows[i].sentence, accept_names(&r, S("text/html")) == rows[i].html);
	}
	struct http_header two[] = { { S_INIT("Accept"), S_INIT("a/b") },
		{ S_INIT("Accept"), S_INIT("text/html") } };
	struct http_req both = { .headers = two, .header_count = 2 };
	holds("in a second header", accept_names(&both, S("text/html")));
}

static void content_types(void **state)
{
	static const struct {
		const char *sentence;
		const char *value;
		bool json;
	} rows[] = {
		{ "plain", "application/json", true },
		{ "with a parameter", "Application/JSON ; charset=utf-8", true },
		{ "another", "application/jsonp", false },
		{ "empty", "", false },
		{ "a list", "application/json, text/plain", false },
	};
	struct http_header h[] = { { S_INIT("content-type"), S_INIT("") },
		{ S_INIT("Content-Type"), S_INIT("") } };
	struct http_req r = { .headers = h, .header_count = 1 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		h[0].value = str_of(rows[i].value);
		holds(rows[i].sentence, content_type_is(&r, S("application/json")) == rows[i].json);
	}
	h[0].value = S("application/json");
	r.header_count = 2;
	holds("two are none", !content_type_is(&r, S("application/json")));
	r.header_count = 0;
	holds("none is none", !content_type_is(&r, S("application/json")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_cookies),
		cmocka_unit_test(writing_cookies),
		cmocka_unit_test(authorization),
		cmocka_unit_test(challenges),
		cmocka_unit_test(accepting),
		cmocka_unit_test(content_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
