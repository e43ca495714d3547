/* Upstream addresses, and where their redirects may lead. */
#include "base/unit.h"
#include "gate/address.h"

#include <string.h>

static void an_address_is_taken_apart(void **state)
{
	static const struct {
		const char *text;
		enum err e;
		const char *host, *authority, *path;
		int port;
	} rows[] = {
		{ "http://127.0.0.1:9000/mcp", OK, "127.0.0.1", "127.0.0.1:9000", "/mcp", 9000 },
		{ "http://mcp.example/a/b", OK, "mcp.example", "mcp.example", "/a/b", 80 },
		{ "HTTP://MCP.example:80", OK, "MCP.example", "MCP.example:80", "/", 80 },
		{ "http://[::1]:9000/mcp/", OK, "::1", "[::1]:9000", "/mcp/", 9000 },
		{ "http://[2001:db8::1]", OK, "2001:db8::1", "[2001:db8::1]", "/", 80 },
		{ "https://mcp.example/", ERR_BAD_URL, "", "", "", 0 },
		{ "http:mcp", ERR_BAD_URL, "", "", "", 0 },
		{ "http:///mcp", ERR_BAD_URL, "", "", "", 0 },
		{ "http://u@mcp.example/", ERR_BAD_URL, "", "", "", 0 },
		{ "http://mcp.example/?a", ERR_BAD_URL, "", "", "", 0 },
		{ "http://mcp.example/?", ERR_BAD_URL, "", "", "", 0 },
		{ "http://mcp.example/#a", ERR_BAD_URL, "", "", "", 0 },
		{ "http://mcp.example/\r\nX: y", ERR_BAD_URL, "", "", "", 0 },
		{ "http://mcp.example:0/", ERR_BAD_URL, "", "", "", 0 },
		{ "", ERR_BAD_URL, "", "", "", 0 },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct upstream up = { .port = 0 };
		same_err(rows[i].text, upstream_parse(str_of(rows[i].text), &up), rows[i].e);
		if (rows[i].e != OK)
			continue;
		same(rows[i].text, up.host, str_of(rows[i].host));
		same(rows[i].text, up.authority, str_of(rows[i].authority));
		same(rows[i].text, up.path, str_of(rows[i].path));
		same_int(rows[i].text, up.port, rows[i].port);
	}
}

static void a_redirect_is_followed_within_its_origin_only(void **state)
{
	static const struct {
		const char *sentence, *from, *location;
		enum err e;
		const char *path, *query; /* query NULL: none */
	} rows[] = {
		{ "a path", "http://h:9/mcp", "/mcp/", OK, "/mcp/", NULL },
		{ "with the query, as Starlette answers", "http://h:9/mcp", "http://h:9/mcp/?a=1&b=%20", OK,
		    "/mcp/", "a=1&b=%20" },
		{ "with an empty query", "http://h:9/mcp", "/x?", OK, "/x", "" },
		{ "the fragment is for browsers", "http://h:9/mcp", "/x#y", OK, "/x", NULL },
		{ "no path is the root", "http://h:9/mcp", "http://h:9", OK, "/", NULL },
		{ "case and the default port do not matter", "http://mcp.example/mcp",
		    "HTTP://MCP.example:80/x", OK, "/x", NULL },
		{ "IPv6", "http://[::1]:9/mcp", "http://[::1]:9/x", OK, "/x", NULL },
		{ "another port", "http://h:9/mcp", "http://h:8/mcp", ERR_BAD_URL, "", NULL },
		{ "another host", "http://h:9/mcp", "http://g:9/mcp", ERR_BAD_URL, "", NULL },
		{ "another name of the same host is another host", "http://127.0.0.1:9/mcp",
		    "http://localhost:9/", ERR_BAD_URL, "", NULL },
		{ "another host without a scheme", "http://h:9/mcp", "//g:9/mcp", ERR_BAD_URL, "", NULL },
		{ "https", "http://h:9/mcp", "https://h:9/mcp", ERR_BAD_URL, "", NULL },
		{ "a user", "http://h:9/mcp", "http://u@h:9/mcp", ERR_BAD_URL, "", NULL },
		{ "a backslash", "http://h:9/mcp", "/\\g/mcp", ERR_BAD_URL, "", NULL },
		{ "a header in it", "http://h:9/mcp", "/x\r\nX: y", ERR_BAD_URL, "", NULL },
		{ "a blank in it", "http://h:9/mcp", "/x HTTP/1.1", ERR_BAD_URL, "", NULL },
		{ "nothing", "http://h:9/mcp", "", ERR_BAD_URL, "", NULL },
		{ "a relative one, which nobody sends", "http://h:9/mcp", "mcp/", ERR_BAD_URL, "", NULL },
	};
	struct arena *mem = arena_new(1 << 20);
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct upstream up;
		str path = S("?"), query = S("?");
		assert_int_equal(upstream_parse(str_of(rows[i].from), &up), OK);
		enum err e = upstream_follow(mem, &up, str_of(rows[i].location), &path, &query);
		same_err(rows[i].sentence, e, rows[i].e);
		if (e != OK)
			continue;
		same(rows[i].sentence, path, str_of(rows[i].path));
		holds(rows[i].sentence, !query.p == !rows[i].query);
		same(rows[i].sentence, query, str_of(rows[i].query));
	}
	char long_one[4000];
	struct upstream up;
	str path, query;
	memset(long_one, 'a', sizeof long_one);
	long_one[0] = '/';
	assert_int_equal(upstream_parse(S("http://h/"), &up), OK);
	assert_int_equal(
	    upstream_follow(mem, &up, (str){ long_one, sizeof long_one }, &path, &query), ERR_BAD_URL);
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_taken_apart),
		cmocka_unit_test(a_redirect_is_followed_within_its_origin_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
