#include "base/unit.h"
#include "http/parse.h"

#include <string.h>

#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: h\r\n"
#define POST "POST /token HTTP/1.1\r\n" HOST

static enum err parse(struct arena *mem, str bytes, struct http_req *r, size_t *used)
{
	size_t scan = 0;

	return http_parse_request(mem, bytes, &scan, r, used);
}

/* The eleven probes of stack.md 2.3 and the cases of attacks.md that a head decides. */
static const struct {
	const char *sentence;
	str text;
	enum err want;
} bad[] = {
	{ "probe: a bare CR hides Transfer-Encoding", S_INIT(POST "X: a\rTransfer-Encoding: chunked\r\n\r\n"),
	    ERR_HTTP_MALFORMED },
	{ "probe, HTTP-01: Content-Length and Transfer-Encoding",
	    S_INIT(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "HTTP-02: Transfer-Encoding and Content-Length",
	    S_INIT(POST "Transfer-Encoding: chunked\r\nContent-Length: 500\r\n\r\n"), ERR_HTTP_SMUGGLING },
	{ "probe, HTTP-03: two different Content-Length",
	    S_INIT(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"), ERR_HTTP_SMUGGLING },
	{ "two equal Content-Length", S_INIT(POST "Content-Length: 5\r\ncontent-length: 5\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "a list of lengths", S_INIT(POST "Content-Length: 5, 5\r\n\r\n"), ERR_HTTP_SMUGGLING },
	{ "probe, HTTP-05: Content-Length with a plus", S_INIT(POST "Content-Length: +5\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "HTTP-06: a negative Content-Length", S_INIT(POST "Content-Length: -1\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "HTTP-07: a hexadecimal Content-Length", S_INIT(POST "Content-Length: 0x0c\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "HTTP-09: a blank in Content-Length", S_INIT(POST "Content-Length: 1 2\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "HTTP-09: an empty Content-Length", S_INIT(POST "Content-Length:\r\n\r\n"), ERR_HTTP_SMUGGLING },
	{ "a leading zero in Content-Length", S_INIT(POST "Content-Length: 010\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "a Content-Length that overflows", S_INIT(POST "Content-Length: 18446744073709551617\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "probe, HTTP-10: a blank before the colon", S_INIT(POST "Transfer-Encoding : chunked\r\n\r\n"),
	    ERR_HTTP_MALFORMED },
	{ "a tab before the colon", S_INIT(POST "Content-Length\t: 5\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "probe: a blank before a name", S_INIT(POST " Content-Length: 5\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "a blank before the first name", S_INIT(GET " " HOST "\r\n"), ERR_HTTP_MALFORMED },
	{ "probe, HTTP-11: Transfer-Encoding: xchunked", S_INIT(POST "Transfer-Encoding: xchunked\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "Transfer-Encoding: gzip, chunked", S_INIT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "Transfer-Encoding: identity", S_INIT(POST "Transfer-Encoding: identity\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "an empty Transfer-Encoding", S_INIT(POST "Transfer-Encoding:\r\n\r\n"), ERR_HTTP_SMUGGLING },
	{ "Transfer-Encoding in quotes", S_INIT(POST "Transfer-Encoding: \"chunked\"\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "a vertical tab before chunked",
	    S_INIT(POST "Transfer-Encoding: \x0b"
			"chunked\r\n\r\n"),
	    ERR_HTTP_MALFORMED },
	{ "HTTP-13: Transfer-Encoding twice",
	    S_INIT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "HTTP-13: chunked twice",
	    S_INIT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "HTTP-14: a folded Transfer-Encoding", S_INIT(POST "Transfer-Encoding:\r\n chunked\r\n\r\n"),
	    ERR_HTTP_SMUGGLING },
	{ "a folded line", S_INIT(POST "X: a\r\n\tb\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "probe, HTTP-15: bare LF lines", S_INIT("GET / HTTP/1.1\nHost: h\n\n"), ERR_HTTP_MALFORMED },
	{ "HTTP-15: a bare LF before Transfer-Encoding",
	    S_INIT(POST "X: a\nTransfer-Encoding: chunked\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "a bare LF ends the head", S_INIT(GET HOST "\n"), ERR_HTTP_MALFORMED },
	{ "probe, HTTP-17: a NUL in a value", S_INIT(GET HOST "X: a\0b\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "HTTP-17: a NUL in a name", S_INIT(GET HOST "X\0: a\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "a control character in a value", S_INIT(GET HOST "X: a\x01\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "DEL in a value", S_INIT(GET HOST "X: a\x7f\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "HTTP-18: the head ended by CR LF CR X", S_INIT(GET HOST "\rX"), ERR_HTTP_MALFORMED },
	{ "two CR before LF", S_INIT(GET "Host: h\r\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "probe: no Host", S_INIT(GET "\r\n"), ERR_HTTP_HOST },
	{ "no Host in HTTP/1.0 either", S_INIT("GET / HTTP/1.0\r\n\r\n"), ERR_HTTP_HOST },
	{ "an empty Host", S_INIT(GET "Host:\r\n\r\n"), ERR_HTTP_HOST },
	{ "HTTP-25: two Hosts", S_INIT(GET HOST "Host: evil.example\r\n\r\n"), ERR_HTTP_HOST },
	{ "two equal Hosts", S_INIT(GET HOST HOST "\r\n"), ERR_HTTP_HOST },
	{ "a list in Host", S_INIT(GET "Host: a, b\r\n\r\n"), ERR_HTTP_HOST },
	{ "a path in Host", S_INIT(GET "Host: h/x\r\n\r\n"), ERR_HTTP_HOST },
	{ "userinfo in Host", S_INIT(GET "Host: a@h\r\n\r\n"), ERR_HTTP_HOST },
	{ "an empty port in Host", S_INIT(GET "Host: h:\r\n\r\n"), ERR_HTTP_HOST },
	{ "a port of letters in Host", S_INIT(GET "Host: h:http\r\n\r\n"), ERR_HTTP_HOST },
	{ "only a port in Host", S_INIT(GET "Host: :80\r\n\r\n"), ERR_HTTP_HOST },
	{ "an open bracket in Host", S_INIT(GET "Host: [::1\r\n\r\n"), ERR_HTTP_HOST },
	{ "empty brackets in Host", S_INIT(GET "Host: []\r\n\r\n"), ERR_HTTP_HOST },
	{ "something behind the bracket in Host", S_INIT(GET "Host: [::1]x\r\n\r\n"), ERR_HTTP_HOST },
	{ "a byte over 0x7f in Host", S_INIT(GET "Host: h\xc3\xb6\r\n\r\n"), ERR_HTTP_HOST },
	{ "HTTP-26: a line without a colon", S_INIT(GET HOST "Xa\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "HTTP-26: a line that starts with a colon", S_INIT(GET HOST ": a\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "HTTP-26: a blank in the name", S_INIT(GET HOST "X Y: a\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "a byte over 0x7f in the name", S_INIT(GET HOST "X\xe9: a\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "a parenthesis in the name", S_INIT(GET HOST "X(: a\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "HTTP-30: a method with bytes over 0x7f", S_INIT("G\xc9T / HTTP/1.1\r\n" HOST "\r\n"),
	    ERR_HTTP_MALFORMED },
	{ "HTTP-30: a method in small letters", S_INIT("get / HTTP/1.1\r\n" HOST "\r\n"),
	    ERR_HTTP_MALFORMED },
	{ "a method in mixed letters", S_INIT("Get / HTTP/1.1\r\n" HOST "\r\n"), ERR_HTTP_MALFORMED },
	{ "a method of 25 letters", S_INIT("AAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n" HOST "\r\n"),
	    ERR_HTTP_MALFORMED },
	{ "no method", S_INIT(" / HTTP/1.1\r\n" HOST "\r\n"), ERR_HTTP_MALFORMED },
	{ "HTTP-31: HTTP/1.9", S_INIT("GET / HTTP/1.9\r\n" HOST "\r\n"), ERR_HTTP_VERSION },
	{ "HTTP-31: HTTP/2.0 in text", S_INIT("GET / HTTP/2.0\r\n" HOST "\r\n"), ERR_HTTP_VERSION },
	{ "HTTP-31: HTTP/0.9", S_INIT("GET /\r\n"), ERR_HTTP_VERSION },
	{ "HTTP-31: garbage for a version", S_INIT("GET / GARBAGE\r\n" HOST "\r\n"), ERR_HTTP_MALFORMED },
	{ "HTTP-31: a small http/1.1", S_INIT("GET / http/1.1\r\n" HOST "\r\n"), ERR_HTTP_MALFORMED },
	{ "the preface of HTTP/2", S_INIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), ERR_HTTP_VERSION },
	{ "a first line that is bad is refused before the rest came", S_INIT("GET / HTTP/9\r\nHos"),
	    ERR_HTTP_VERSION },
	{ "a client that speaks TLS", S_INIT("\x16\x03\x01\x02"), ERR_HTTP_MALFORMED },
	{ "an empty line with another behind it", S_INIT("\r\n\r\n"), ERR_HTTP_MALFORMED },
	{ "two blanks behind the method", S_INIT("GET  / HTTP/1.1\r\n" HOST "\r\n"), ERR_HTTP_MALFORMED },
	{ "two blanks behind the target", S_INIT("GET /  HTTP/1.1\r\n" HOST "\r\n"), ERR_HTTP_MALFORMED },
	{ "a tab between", S_INIT("GET\t/ HTTP/1.1\r\n" HOST "\r\n"), ERR_HTTP_MALFORMED },
	{ "a blank behind the version", S_INIT("GET / HTTP/1.1 \r\n" HOST "\r\n"), ERR_HTTP_VERSION },
	{ "a fragment in the target", S_INIT("GET /#x HTTP/1.1\r\n" HOST "\r\n"), ERR_HTTP_MALFORMED },
	{ "a NUL in the target", S_INIT("GET /\0 HTTP/1.1\r\n" HOST "\r\n"), ERR_HTTP_MALFORMED },
	{ "a byte over 0x7f in the target", S_INIT("GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n"),
	    ERR_HTTP_MALFORMED },
	{ "a target without a slash", S_INIT("GET x HTTP/1.1\r\n" HOST "\r\n"), ERR_HTTP_MALFORMED },
	{ "an asterisk for anything but OPTIONS", S_INIT("GET * HTTP/1.1\r\n" HOST "\r\n"),
	    ERR_HTTP_MALFORMED },
	{ "CONNECT", S_INIT("CONNECT h:443 HTTP/1.1\r\n" HOST "\r\n"), ERR_HTTP_MALFORMED },
	{ "an absolute target for another host", S_INIT("GET http://evil.example/ HTTP/1.1\r\n" HOST "\r\n"),
	    ERR_HTTP_HOST },
	{ "an absolute target for another port", S_INIT("GET http://h:81/ HTTP/1.1\r\n" HOST "\r\n"),
	    ERR_HTTP_HOST },
	{ "an absolute target with userinfo", S_INIT("GET http://a@h/ HTTP/1.1\r\n" HOST "\r\n"),
	    ERR_HTTP_MALFORMED },
	{ "an absolute target without a host", S_INIT("GET http:///x HTTP/1.1\r\n" HOST "\r\n"),
	    ERR_HTTP_MALFORMED },
	{ "an absolute target of another scheme", S_INIT("GET ftp://h/ HTTP/1.1\r\n" HOST "\r\n"),
	    ERR_HTTP_MALFORMED },
	{ "HTTP-34: Transfer-Encoding in HTTP/1.0",
	    S_INIT("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"), ERR_HTTP_SMUGGLING },
	{ "an expectation nobody knows", S_INIT(POST "Expect: miracles\r\n\r\n"), ERR_HTTP_MALFORMED },
};

static void ambiguous_heads_are_refused(void **state)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct arena *mem = arena_new(1 << 20);
		struct http_req r;
		size_t used = 99;
		same_err(bad[i].sentence, parse(mem, bad[i].text, &r, &used), bad[i].want);
		same_int(bad[i].sentence, (int64_t)used, 0);
		arena_unref(mem);
	}
}

/* However the bytes come in, the answer is the same. */
static enum err byte_by_byte(struct arena *mem, str text, struct http_req *r, size_t *used)
{
	size_t scan = 0;

	for (size_t n = 1; n <= text.n; n++) {
		enum err e = http_parse_request(mem, str_sub(text, 0, n), &scan, r, used);
		if (e != OK || *used)
			return e;
	}
	return OK;
}

static void in_pieces_the_answer_is_the_same(void **state)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct arena *mem = arena_new(1 << 20);
		struct http_req r;
		size_t used = 0;
		same_err(bad[i].sentence, byte_by_byte(mem, bad[i].text, &r, &used), bad[i].want);
		arena_unref(mem);
	}
}

static void a_whole_request(void **state)
{
	static const str text =
	    S_INIT("\r\nPOST /mcp?a=1?b HTTP/1.1\r\nhost: H.example:8080\r\nContent-Length: 12\r\n"
		   "X-Empty:\r\nX-Blanks: \t a b \t\r\nX-Latin: \xe9\r\nExpect: 100-Continue\r\n\r\n"
		   "GET / HTTP/1.1\r\n");
	struct arena *mem = arena_new(1 << 20);
	struct http_req r;
	size_t used;

	for (int pieces = 0; pieces < 2; pieces++) {
		same_err(
		    "taken", pieces ? byte_by_byte(mem, text, &r, &used) : parse(mem, text, &r, &used), OK);
		same("the head ends at the blank line", str_sub(text, used, text.n), S("GET / HTTP/1.1\r\n"));
		same("the head is kept", r.head, str_sub(text, 2, used));
		holds("method", r.method == HTTP_POST && str_eq(r.method_text, S("POST")));
		same("target", r.target, S("/mcp?a=1?b"));
		same("path", r.path, S("/mcp"));
		same("query", r.query, S("a=1?b"));
		holds("no authority", r.authority.n == 0);
		same("host", r.host, S("H.example:8080"));
		holds("framing",
		    r.length == 12 && !r.chunked && r.keep_alive && r.minor == 1 && r.expect_continue);
		same_int("six headers", (int64_t)r.header_count, 6);
		same("as sent", r.headers[0].name, S("host"));
		same("without case", http_header(&r, S("x-blanks")), S("a b"));
		holds("an empty one is there",
		    http_header(&r, S("X-EMPTY")).p && http_header(&r, S("X-EMPTY")).n == 0);
		holds("an absent one is not", !http_header(&r, S("X")).p);
		same_int("counted", (int64_t)http_header_count(&r, S("HOST")), 1);
		holds("nothing for the application", r.body.n == 0 && r.peer.n == 0 && !r.secure);
	}
	arena_unref(mem);
}

static void targets(void **state)
{
	static const struct {
		const char *sentence;
		str target, path, query, authority;
		bool has_query;
	} rows[] = {
		{ "a path", S_INIT("/a/b"), S_INIT("/a/b"), S_INIT(""), S_INIT(""), false },
		{ "an empty query", S_INIT("/a?"), S_INIT("/a"), S_INIT(""), S_INIT(""), true },
		{ "what browsers leave unescaped in a query", S_INIT("/a?x={\"|^`[]}\\"), S_INIT("/a"),
		    S_INIT("x={\"|^`[]}\\"), S_INIT(""), true },
		{ "two slashes are for the path to refuse", S_INIT("//evil.example/"),
		    S_INIT("//evil.example/"), S_INIT(""), S_INIT(""), false },
		{ "absolute", S_INIT("http://h/a?b"), S_INIT("/a"), S_INIT("b"), S_INIT("h"), true },
		{ "absolute, https, capitals", S_INIT("HTTPS://H/a"), S_INIT("/a"), S_INIT(""), S_INIT("H"),
		    false },
		{ "absolute without a path", S_INIT("http://h"), S_INIT("/"), S_INIT(""), S_INIT("h"),
		    false },
		{ "absolute without a path but with a query", S_INIT("http://h?b"), S_INIT("/"), S_INIT("b"),
		    S_INIT("h"), true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(1 << 20);
		struct http_req r;
		size_t used;
		str text = arena_printf(mem, "GET %.*s HTTP/1.1\r\n" HOST "\r\n", FMT(rows[i].target));
		same_err(rows[i].sentence, parse(mem, text, &r, &used), OK);
		same(rows[i].sentence, r.path, rows[i].path);
		same(rows[i].sentence, r.query, rows[i].query);
		same(rows[i].sentence, r.authority, rows[i].authority);
		holds(rows[i].sentence, !r.query.p == !rows[i].has_query);
		arena_unref(mem);
	}
}

static void connections(void **state)
{
	static const struct {
		const char *sentence;
		str text;
		bool keep, chunked, expect;
	} rows[] = {
		{ "1.1 stays", S_INIT(GET HOST "\r\n"), true, false, false },
		{ "1.1 closes when asked to", S_INIT(GET HOST "Connection: close\r\n\r\n"), false, false,
		    false },
		{ "in a list too", S_INIT(GET HOST "Connection: te,, Close\r\n\r\n"), false, false, false },
		{ "close wins", S_INIT(GET HOST "Connection: close\r\nConnection: keep-alive\r\n\r\n"), false,
		    false, false },
		{ "1.0 closes", S_INIT("GET / HTTP/1.0\r\n" HOST "\r\n"), false, false, false },
		{ "1.0 stays when asked to",
		    S_INIT("GET / HTTP/1.0\r\n" HOST "Connection: Keep-Alive\r\n\r\n"), true, false, false },
		{ "chunked", S_INIT(POST "Transfer-Encoding: Chunked\r\n\r\n"), true, true, false },
		{ "1.0 expects nothing", S_INIT("POST / HTTP/1.0\r\n" HOST "Expect: 100-continue\r\n\r\n"),
		    false, false, false },
		{ "a host of an IPv6 address", S_INIT(GET "Host: [::1]:8080\r\n\r\n"), true, false, false },
		{ "a length of zero", S_INIT(POST "Content-Length: 0\r\n\r\n"), true, false, false },
		{ "OPTIONS of the whole server", S_INIT("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), true, false,
		    false },
		{ "a method nobody knows", S_INIT("M-SEARCH / HTTP/1.1\r\n" HOST "\r\n"), true, false,
		    false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(1 << 20);
		struct http_req r;
		size_t used;
		same_err(rows[i].sentence, parse(mem, rows[i].text, &r, &used), OK);
		same_int(rows[i].sentence, (int64_t)used, (int64_t)rows[i].text.n);
		holds(rows[i].sentence, r.keep_alive == rows[i].keep);
		holds(rows[i].sentence, r.chunked == rows[i].chunked);
		holds(rows[i].sentence, r.expect_continue == rows[i].expect);
		arena_unref(mem);
	}
}

static void limits(void **state)
{
	struct arena *mem = arena_new(1 << 20), *small = arena_new(10);
	struct buf b = { 0 };
	struct http_req r;
	size_t used, scan = 0;

	buf_put(&b, S(GET HOST));
	for (int i = 0; i < 99; i++)
		buf_put(&b, S("X: y\r\n"));
	buf_put(&b, S("\r\n"));
	same_err("100 headers", parse(mem, buf_str(&b), &r, &used), OK);
	same_int("all of them", (int64_t)r.header_count, 100);
	same_err("no memory for them", parse(small, buf_str(&b), &r, &used), ERR_HTTP_HEAD_TOO_LARGE);
	b.n -= 2;
	buf_put(&b, S("X: y\r\n\r\n"));
	same_err("101 headers", parse(mem, buf_str(&b), &r, &used), ERR_HTTP_HEAD_TOO_LARGE);
	buf_free(&b);

	buf_put(&b, S(GET HOST "X: "));
	while (b.n < HTTP_HEAD_MAX - 4)
		buf_char(&b, 'y');
	same_err(
	    "16 KiB may still become a head", http_parse_request(mem, buf_str(&b), &scan, &r, &used), OK);
	same_int("but is none yet", (int64_t)used, 0);
	buf_put(&b, S("\r\n\r\n"));
	same_err("just 16 KiB", http_parse_request(mem, buf_str(&b), &scan, &r, &used), OK);
	same_int("just 16 KiB", (int64_t)used, HTTP_HEAD_MAX);
	b.n -= 4;
	buf_put(&b, S("y\r\n\r\n"));
	same_err("a byte more", parse(mem, buf_str(&b), &r, &used), ERR_HTTP_HEAD_TOO_LARGE);
	buf_free(&b);

	buf_put(&b, S("GET /"));
	while (b.n < 200000)
		buf_char(&b, 'a');
	same_err(
	    "HTTP-27: an address without end", parse(mem, buf_str(&b), &r, &used), ERR_HTTP_HEAD_TOO_LARGE);
	buf_free(&b);
	same_err("nothing yet", parse(mem, S(""), &r, &used), OK);
	same_err("a CR", parse(mem, S("\r"), &r, &used), OK);
	same_err("not a CR and something", parse(mem, S("\rG"), &r, &used), ERR_HTTP_MALFORMED);
	arena_unref(small);
	arena_unref(mem);
}

static void methods(void **state)
{
	static const struct {
		str text;
		enum http_method method;
	} rows[] = {
		{ S_INIT("GET"), HTTP_GET },
		{ S_INIT("HEAD"), HTTP_HEAD },
		{ S_INIT("POST"), HTTP_POST },
		{ S_INIT("PUT"), HTTP_PUT },
		{ S_INIT("DELETE"), HTTP_DELETE },
		{ S_INIT("OPTIONS"), HTTP_OPTIONS },
		{ S_INIT("PATCH"), HTTP_PATCH },
		{ S_INIT("TRACE"), HTTP_OTHER },
		{ S_INIT("get"), HTTP_OTHER },
		{ S_INIT("GETS"), HTTP_OTHER },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		holds(rows[i].text.p, http_method_of(rows[i].text) == rows[i].method);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ambiguous_heads_are_refused),
		cmocka_unit_test(in_pieces_the_answer_is_the_same),
		cmocka_unit_test(a_whole_request),
		cmocka_unit_test(targets),
		cmocka_unit_test(connections),
		cmocka_unit_test(limits),
		cmocka_unit_test(methods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
