/* A request's head of HTTP/2: the same struct, and refused for the same reasons as in HTTP/1. */
#include "base/unit.h"
#include "http/fields.h"
#include "http/parse.h"

#include <stdio.h>
#include <string.h>

/* "name value" lines; a name may begin with ':'. */
static enum err read(struct arena *mem, const char *text, bool ended, struct http_req *out)
{
	struct http_fields f;
	str rest = str_of(text), line, name, value;

	fields_start(&f, mem);
	while (rest.n) {
		(void)str_cut(rest, '\n', &line, &rest);
		(void)str_cut(line, ' ', &name, &value);
		fields_add(&f, name, value);
	}
	return fields_finish(&f, ended, out);
}

#define GET ":method GET\n:scheme http\n:path /a?b=c\n:authority gate.example\n"
#define POST ":method POST\n:scheme https\n:path /token\n:authority gate.example\n"

static void what_http1_would_have_said(void **state)
{
	struct arena *mem = arena_new(1 << 20);
	struct http_req r;
	(void)state;

	same_err("a GET",
	    read(mem, GET "accept */*\ncookie a=1\nx-one 1\ncookie b=2\ncookie c=3\n", true, &r), OK);
	assert_int_equal(r.method, HTTP_GET);
	same("the path", r.path, S("/a"));
	same("the query", r.query, S("b=c"));
	same("the target", r.target, S("/a?b=c"));
	same("the host", r.host, S("gate.example"));
	same("no authority of a target", r.authority, S(""));
	same("crumbs are one cookie", http_header(&r, S("Cookie")), S("a=1; b=2; c=3"));
	assert_int_equal(http_header_count(&r, S("cookie")), 1);
	assert_int_equal(r.header_count, 3);
	assert_int_equal(r.length, -1);
	assert_false(r.chunked);
	assert_true(r.keep_alive && r.minor == 1);

	same_err("a POST of a length", read(mem, POST "content-length 12\n", false, &r), OK);
	assert_int_equal(r.length, 12);
	assert_false(r.chunked);
	same_err("a POST of none", read(mem, POST "expect 100-continue\n", false, &r), OK);
	assert_true(r.chunked && r.length == -1 && r.expect_continue);
	same_err(
	    "a body that has ended is not waited for", read(mem, POST "expect 100-continue\n", true, &r), OK);
	assert_false(r.expect_continue);
	same_err("only a Host", read(mem, ":method GET\n:scheme http\n:path /\nhost h:80\n", true, &r), OK);
	same("its host", r.host, S("h:80"));
	same_err("both, alike", read(mem, GET "host GATE.example\n", true, &r), OK);
	same_err(
	    "an asterisk", read(mem, ":method OPTIONS\n:scheme http\n:path *\n:authority h\n", true, &r), OK);
	same_err("te: trailers", read(mem, GET "te trailers\n", true, &r), OK);
	arena_unref(mem);
}

static void what_two_could_read_differently(void **state)
{
	static const struct {
		const char *sentence, *text;
		enum err want;
	} rows[] = {
		{ "no method", ":scheme http\n:path /\n:authority h\n", ERR_HTTP_MALFORMED },
		{ "no scheme", ":method GET\n:path /\n:authority h\n", ERR_HTTP_MALFORMED },
		{ "another scheme", ":method GET\n:scheme ftp\n:path /\n:authority h\n", ERR_HTTP_MALFORMED },
		{ "no path", ":method GET\n:scheme http\n:authority h\n", ERR_HTTP_MALFORMED },
		{ "an empty path", ":method GET\n:scheme http\n:path \n:authority h\n", ERR_HTTP_MALFORMED },
		{ "a path that is an address", ":method GET\n:scheme http\n:path http://h/\n:authority h\n",
		    ERR_HTTP_MALFORMED },
		{ "a path with a fragment", ":method GET\n:scheme http\n:path /#a\n:authority h\n",
		    ERR_HTTP_MALFORMED },
		{ "a path with a blank", ":method GET\n:scheme http\n:path /a b\n:authority h\n",
		    ERR_HTTP_MALFORMED },
		{ "a path with a high byte", ":method GET\n:scheme http\n:path /\xc3\xa4\n:authority h\n",
		    ERR_HTTP_MALFORMED },
		{ "an asterisk of GET", ":method GET\n:scheme http\n:path *\n:authority h\n",
		    ERR_HTTP_MALFORMED },
		{ "nobody's host", ":method GET\n:scheme http\n:path /\n", ERR_HTTP_HOST },
		{ "a host with a user", ":method GET\n:scheme http\n:path /\n:authority a@h\n",
		    ERR_HTTP_HOST },
		{ "two hosts", GET "host gate.example\nhost gate.example\n", ERR_HTTP_HOST },
		{ "a host beside another authority", GET "host evil.example\n", ERR_HTTP_HOST },
		{ "CONNECT", ":method CONNECT\n:authority h:443\n", ERR_HTTP_MALFORMED },
		{ "CONNECT like a request", ":method CONNECT\n:scheme http\n:path /\n:authority h\n",
		    ERR_HTTP_MALFORMED },
		{ "extended CONNECT",
		    ":method CONNECT\n:protocol websocket\n:scheme http\n:path /\n:authority h\n",
		    ERR_HTTP_MALFORMED },
		{ "HTTP-30: a method in lower case", ":method get\n:scheme http\n:path /\n:authority h\n",
		    ERR_HTTP_MALFORMED },
		{ "a method with a line of its own", ":method GET\r\n:scheme http\n:path /\n:authority h\n",
		    ERR_HTTP_MALFORMED },
		{ "the same twice", GET ":path /b\n", ERR_HTTP_MALFORMED },
		{ "the same twice, once empty", ":method GET\n:scheme http\n:path \n:path /\n:authority h\n",
		    ERR_HTTP_MALFORMED },
		{ "a pseudo header behind others",
		    ":method GET\n:scheme http\n:authority h\nx-a 1\n:path /b\n", ERR_HTTP_MALFORMED },
		{ "an answer's pseudo header", GET ":status 200\n", ERR_HTTP_MALFORMED },
		{ "a name with a capital", GET "X-a 1\n", ERR_HTTP_MALFORMED },
		{ "no name", GET " 1\n", ERR_HTTP_MALFORMED },
		{ "HTTP-26: a colon within a name", GET "x:a 1\n", ERR_HTTP_MALFORMED },
		{ "HTTP-17: a carriage return in a value", GET "x-a 1\r2\n", ERR_HTTP_MALFORMED },
		{ "a blank behind a value", GET "x-a 1 \n", ERR_HTTP_MALFORMED },
		{ "a blank before a crumb", GET "cookie a=1\ncookie  b\n", ERR_HTTP_MALFORMED },
		{ "HTTP-01: Transfer-Encoding", POST "transfer-encoding chunked\n", ERR_HTTP_SMUGGLING },
		{ "Connection", POST "connection close\n", ERR_HTTP_SMUGGLING },
		{ "Keep-Alive", POST "keep-alive 5\n", ERR_HTTP_SMUGGLING },
		{ "Proxy-Connection", POST "proxy-connection close\n", ERR_HTTP_SMUGGLING },
		{ "Upgrade", POST "upgrade h2c\n", ERR_HTTP_SMUGGLING },
		{ "another TE", POST "te trailers, gzip\n", ERR_HTTP_SMUGGLING },
		{ "HTTP-03: two lengths", POST "content-length 1\ncontent-length 1\n", ERR_HTTP_SMUGGLING },
		{ "HTTP-05: a length with a sign", POST "content-length +1\n", ERR_HTTP_SMUGGLING },
		{ "HTTP-06: a length below zero", POST "content-length -1\n", ERR_HTTP_SMUGGLING },
		{ "HTTP-07: another base", POST "content-length 0x1\n", ERR_HTTP_SMUGGLING },
		{ "another expectation", POST "expect 200-maybe\n", ERR_HTTP_MALFORMED },
	};
	struct arena *mem = arena_new(1 << 20);
	struct http_req r;
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++)
		same_err(rows[i].sentence, read(mem, rows[i].text, false, &r), rows[i].want);
	same_err(
	    "a length without a body", read(mem, POST "content-length 1\n", true, &r), ERR_HTTP_SMUGGLING);
	same_err("a length of nothing", read(mem, POST "content-length 0\n", true, &r), OK);
	arena_unref(mem);
}

/* NUL cannot stand in the table's strings. */
static void nul_is_nowhere(void **state)
{
	static const struct {
		str name, value;
	} rows[] = { { S_INIT("x\0y"), S_INIT("1") }, { S_INIT("x"), S_INIT("1\0") },
		{ S_INIT("cookie"), S_INIT("a\0b") }, { S_INIT("x"), S_INIT("1\n2") } };
	struct arena *mem = arena_new(1 << 20);
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_fields f;
		struct http_req r;
		fields_start(&f, mem);
		fields_add(&f, S(":method"), S("GET"));
		fields_add(&f, S(":scheme"), S("http"));
		fields_add(&f, S(":path"), S("/"));
		fields_add(&f, S(":authority"), S("h"));
		fields_add(&f, rows[i].name, rows[i].value);
		assert_int_equal(fields_finish(&f, true, &r), ERR_HTTP_MALFORMED);
	}
	arena_unref(mem);
}

static enum err of_many(struct arena *mem, size_t count, size_t value, bool crumbs)
{
	static char long_value[HTTP_HEAD_MAX];
	struct http_fields f;
	struct http_req r;
	char room[32];

	memset(long_value, 'x', sizeof long_value);
	fields_start(&f, mem);
	fields_add(&f, S(":method"), S("GET"));
	fields_add(&f, S(":scheme"), S("http"));
	fields_add(&f, S(":path"), S("/"));
	fields_add(&f, S(":authority"), S("h"));
	for (size_t i = 0; i < count; i++) {
		snprintf(room, sizeof room, "x-%zu", i);
		fields_add(&f, crumbs ? S("cookie") : str_of(room), (str){ long_value, value });
	}
	return fields_finish(&f, true, &r);
}

static void a_head_has_a_measure(void **state)
{
	struct arena *mem = arena_new(1 << 24);
	(void)state;

	same_err("100 headers", of_many(mem, 100, 1, false), OK);
	same_err("HTTP-29: 101 headers", of_many(mem, 101, 1, false), ERR_HTTP_HEAD_TOO_LARGE);
	same_err("one of 16000 bytes", of_many(mem, 1, 16000, false), OK);
	same_err("HTTP-27: one of 16300", of_many(mem, 1, 16300, false), ERR_HTTP_HEAD_TOO_LARGE);
	same_err("300 crumbs are one header", of_many(mem, 300, 1, true), OK);
	size_t before = arena_used(mem);
	same_err("so many crumbs", of_many(mem, 100000, 8, true), ERR_HTTP_HEAD_TOO_LARGE);
	assert_true(arena_used(mem) - before < 100000); /* none is kept once it is too large */
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_http1_would_have_said),
		cmocka_unit_test(what_two_could_read_differently),
		cmocka_unit_test(nul_is_nowhere),
		cmocka_unit_test(a_head_has_a_measure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
