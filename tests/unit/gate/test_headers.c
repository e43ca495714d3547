/* What crosses the gateway, line by line, in both directions. */
#include "base/unit.h"
#include "gate/headers.h"

#include <string.h>

static int start(void **state)
{
	*state = arena_new(1 << 20);
	return 0;
}

static int stop(void **state)
{
	arena_unref(*state);
	return 0;
}

static struct pass caller(void)
{
	struct pass p = { .sub_n = 6, .gid_n = 7, .scope_n = 9 };

	memcpy(p.sub, "user_1", 6);
	memcpy(p.gid, "grant_2", 7);
	memcpy(p.scope, "mcp:tools", 9);
	return p;
}

/* The head that the upstream gets for a request with these lines. */
static str upward(struct arena *mem, const char *first, const char *lines, const struct pass *who)
{
	str text = arena_printf(mem, "%s HTTP/1.1\r\nHost: gate.example\r\n%s\r\n", first, lines);
	struct http_req r;
	struct upstream up;
	size_t scan = 0, used;
	struct buf out = BUF(mem);

	assert_int_equal(http_parse_request(mem, text, &scan, &r, &used), OK);
	assert_int_equal(used, text.n);
	r.peer = S("203.0.113.9");
	assert_int_equal(upstream_parse(S("http://127.0.0.1:9000/mcp"), &up), OK);
	gate_request_head(&out, &r, &up, up.path, r.query, who);
	return buf_str(&out);
}

/* How the answer goes to the client. */
enum { ANSWER_CHUNKED = 1, ANSWER_KEEP = 2, ANSWER_EVENTS = 4 };

static str downward(struct arena *mem, const char *head, unsigned answer)
{
	struct http_res r;
	size_t scan = 0, used;
	struct buf out = BUF(mem);

	assert_int_equal(
	    http_parse_response(mem, arena_copy(mem, str_of(head)), &scan, false, &r, &used), OK);
	assert_true(used > 0);
	const struct http_header ours = { S("X-Ours"), S("1") };
	struct http_answer a = gate_response_head(mem, &r, answer & ANSWER_EVENTS, &ours, 1);
	http_answer_write(&out, &a, answer & ANSWER_CHUNKED, answer & ANSWER_KEEP);
	return buf_str(&out);
}

#define SAID                                                                                      \
	"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: http\r\nX-Gatehouse-User: user_1\r\n" \
	"X-Gatehouse-Grant: grant_2\r\nX-Gatehouse-Scope: mcp:tools\r\n"

static void a_whole_head_upward(void **state)
{
	struct pass who = caller();

	same("a POST",
	    upward(*state, "POST /weather/mcp?a=%20&b",
		"Content-Type: application/json\r\nAuthorization: Bearer x\r\nMcp-Session-Id: "
		"s\r\nContent-Length: 2\r\n",
		&who),
	    S("POST /mcp?a=%20&b HTTP/1.1\r\nHost: 127.0.0.1:9000\r\nContent-Type: "
	      "application/json\r\nMcp-Session-Id: s\r\n" SAID "Content-Length: 2\r\n\r\n"));
	same("a GET, and an empty query", upward(*state, "GET /weather/mcp?", "", &who),
	    S("GET /mcp? HTTP/1.1\r\nHost: 127.0.0.1:9000\r\n" SAID "\r\n"));
	same("chunks", upward(*state, "POST /weather/mcp", "Transfer-Encoding: chunked\r\n", &who),
	    S("POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:9000\r\n" SAID "Transfer-Encoding: chunked\r\n\r\n"));
}

static void what_does_not_cross_upward(void **state)
{
	static const char *const lines[] = { "Authorization: Bearer evil", "AUTHORIZATION: evil",
		"Cookie: evil=1", "Cookie2: evil", "Origin: http://evil", "DPoP: evil", "Forwarded: for=evil",
		"Via: evil", "X-Forwarded-For: evil", "X-Forwarded-Host: evil", "X-Forwarded-User: evil",
		"X-Real-IP: evil", "X-Original-URL: /evil", "X-Rewrite-URL: /evil", "X-Gatehouse-User: evil",
		"x-gatehouse-anything: evil", "X_Gatehouse_User: evil", "X-Gatehouse_Scope: evil",
		"x_forwarded_for: evil", "Remote_User: evil", "Remote-User: evil", "X-Remote-User: evil",
		"X-User: evil", "X-User-Id: evil", "X-Username: evil", "X-Email: evil", "X-Groups: evil",
		"X-Roles: evil", "X-Auth-Request-User: evil", "X-WebAuth-User: evil",
		"X-MS-CLIENT-PRINCIPAL-NAME: evil", "X-Goog-Authenticated-User-Email: evil",
		"X-Amzn-Oidc-Identity: evil", "Cf-Access-Authenticated-User-Email: evil",
		"Tailscale-User-Login: evil", "SSL_CLIENT_S_DN: evil", "X-SSL-Client-CN: evil",
		"X-Client-Cert: evil", "True-Client-IP: evil", "CF-Connecting-IP: evil",
		"X-Pomerium-Jwt-Assertion: evil", "X-Vouch-User: evil", "X-Envoy-External-Address: evil",
		"Proxy: http://evil", "X-HTTP-Method-Override: evil", "Proxy-Authorization: evil",
		"Proxy-Connection: evil", "TE: evil", "Trailer: evil", "Upgrade: evil",
		"HTTP2-Settings: evil", "Keep-Alive: evil", "Connection: evil",
		"Connection: close, X-Drop\r\nX-Drop: evil", "Connection: x-drop,keep-alive\r\nX-DROP: evil",
		"Connection: close\r\nConnection:  X-Drop \r\nX-Drop: evil", "Transfer_Encoding: evil",
		"Content_Length: evil" };
	struct pass who = caller();

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct arena *mem = arena_new(1 << 20);
		str head = upward(mem, "POST /weather/mcp", arena_printf(mem, "%s\r\n", lines[i]).p, &who);
		holds(lines[i], str_find(head, S("evil")) < 0);
		arena_unref(mem);
	}
	assert_true(str_find(upward(*state, "POST /weather/mcp", "Expect: 100-continue\r\n", &who),
			S("100-continue")) < 0);
}

static void what_crosses_upward_untouched(void **state)
{
	static const char *const lines[] = { "Mcp-Session-Id: a b", "MCP-Protocol-Version: 2025-11-25",
		"Mcp-Method: tools/call", "Mcp-Name: =?base64?w6Q=?=", "Mcp-Param-anything: \"x\"",
		"Mcp-Param-user_id: 7", "mcp-param-X_Forwarded_For: 8", "Last-Event-ID: 7",
		"Accept: application/json, text/event-stream", "Accept-Encoding: gzip, br",
		"User-Agent: any/1 (thing)", "traceparent: 00-x-y-01", "baggage: k=v",
		"X-API-Key: of the upstream's own", "X-Custom_Name: v", "Cache-Control: no-cache",
		"If-None-Match: \"e\"", "X-Empty:", "Authorization-Extra: no token", "Cookie-Policy: none",
		"Hostess: x" };
	struct pass who = caller();

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct arena *mem = arena_new(1 << 20);
		str head = upward(mem, "POST /weather/mcp", arena_printf(mem, "%s\r\n", lines[i]).p, &who);
		holds(lines[i], str_find(head, str_of(lines[i])) >= 0);
		arena_unref(mem);
	}
	(void)state;
}

static void what_we_say_cannot_begin_a_line(void **state)
{
	struct pass who = caller();

	memcpy(who.sub, "u\r\nX: ", 6);
	str head = upward(*state, "GET /weather/mcp", "", &who);
	assert_true(str_find(head, S("X-Gatehouse-User")) < 0);
	assert_true(str_find(head, S("X-Gatehouse-Grant: grant_2\r\n")) > 0);
	who.long_sub = S("a-client-whose-name-is-longer-than-a-person's-ever-is-and-that-is-all-right");
	head = upward(*state, "GET /weather/mcp", "", &who);
	assert_true(str_find(head, S("X-Gatehouse-User: a-client-whose-name")) > 0);
}

static void a_whole_head_downward(void **state)
{
	static const char *const ours =
	    "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; sandbox\r\n";
	static const struct {
		const char *sentence, *head;
		unsigned answer;
		const char *first, *last;
	} rows[] = {
		{ "a length passes",
		    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
		    "2\r\nMcp-Session-Id: s\r\n\r\n",
		    ANSWER_KEEP, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nMcp-Session-Id: s\r\n",
		    "X-Ours: 1\r\nContent-Length: 2\r\n\r\n" },
		{ "chunks are ours", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		    ANSWER_KEEP | ANSWER_CHUNKED, "HTTP/1.1 200 OK\r\n",
		    "X-Ours: 1\r\nTransfer-Encoding: chunked\r\n\r\n" },
		{ "a connection that ends says so", "HTTP/1.1 200 OK\r\n\r\n", 0, "HTTP/1.1 200 OK\r\n",
		    "X-Ours: 1\r\nConnection: close\r\n\r\n" },
		{ "never a length with 204", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
		    ANSWER_KEEP, "HTTP/1.1 204 No Content\r\n", "X-Ours: 1\r\n\r\n" },
		{ "304 keeps the length of what was not sent",
		    "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", ANSWER_KEEP,
		    "HTTP/1.1 304 Not Modified\r\n", "X-Ours: 1\r\nContent-Length: 9\r\n\r\n" },
		{ "HTTP/1.0 behind us is HTTP/1.1 before us", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n",
		    ANSWER_KEEP, "HTTP/1.1 200 OK\r\n", "X-Ours: 1\r\nContent-Length: 1\r\n\r\n" },
		{ "events are not to be gathered", "HTTP/1.1 200 OK\r\n\r\n",
		    ANSWER_KEEP | ANSWER_CHUNKED | ANSWER_EVENTS, "HTTP/1.1 200 OK\r\n",
		    "X-Accel-Buffering: no\r\nX-Ours: 1\r\nTransfer-Encoding: chunked\r\n\r\n" },
		{ "unless the upstream says how", "HTTP/1.1 200 OK\r\nX-Accel-Buffering: yes\r\n\r\n",
		    ANSWER_KEEP | ANSWER_CHUNKED | ANSWER_EVENTS,
		    "HTTP/1.1 200 OK\r\nX-Accel-Buffering: yes\r\n",
		    "X-Ours: 1\r\nTransfer-Encoding: chunked\r\n\r\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		same(rows[i].sentence, downward(*state, rows[i].head, rows[i].answer),
		    arena_printf(*state, "%s%s%s", rows[i].first, ours, rows[i].last));
}

static void what_does_not_cross_downward(void **state)
{
	static const char *const lines[] = { "Set-Cookie: evil=1", "set_cookie: evil", "Set-Cookie2: evil",
		"WWW-Authenticate: evil", "Access-Control-Allow-Origin: evil",
		"access-control-anything: evil", "Strict-Transport-Security: evil", "Clear-Site-Data: evil",
		"Alt-Svc: evil", "X-Accel-Redirect: /evil", "X-Sendfile: /evil",
		"X-Content-Type-Options: evil", "Content-Security-Policy: evil", "NEL: evil",
		"Report-To: evil", "Public-Key-Pins: evil", "Service-Worker-Allowed: evil",
		"Keep-Alive: timeout=evil", "Proxy-Authenticate: evil", "Trailer: evil", "Upgrade: evil",
		"Connection: evil", "Connection: X-Drop\r\nX-Drop: evil" };

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct arena *mem = arena_new(1 << 20);
		str head = downward(
		    mem, arena_printf(mem, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", lines[i]).p, ANSWER_KEEP);
		holds(lines[i], str_find(head, S("evil")) < 0);
		arena_unref(mem);
	}
	(void)state;
}

static void what_crosses_downward_untouched(void **state)
{
	static const char *const lines[] = { "Content-Type: text/event-stream; charset=utf-8",
		"Mcp-Session-Id: s", "Cache-Control: no-cache, no-transform", "ETag: \"e\"",
		"Date: Fri, 20 Nov 2026 09:30:00 GMT", "Retry-After: 3", "Location: /x", "Vary: Accept",
		"X-Accel-Buffering: no", "Content-Encoding: gzip", "Allow: GET, POST" };

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct arena *mem = arena_new(1 << 20);
		str head = downward(
		    mem, arena_printf(mem, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", lines[i]).p, ANSWER_KEEP);
		holds(lines[i], str_find(head, str_of(lines[i])) >= 0);
		arena_unref(mem);
	}
	(void)state;
}

static void origins_that_may_call(void **state)
{
	static const str allowed[] = { S_INIT("https://app.example") };
	struct config config = { .allow_origins = allowed, .allow_origin_count = 1 };
	struct site site = { .config = &config, .tenant = { .issuer = S("https://gate.example") } };
	static const struct {
		const char *origin;
		bool ok;
	} rows[] = {
		{ "https://gate.example", true },
		{ "https://gate.example:443", true },
		{ "https://app.example", true },
		{ "http://localhost:6274", true },
		{ "http://127.0.0.1:1", true },
		{ "http://[::1]:1", true },
		{ "http://gate.example", false },
		{ "https://gate.example:8443", false },
		{ "https://gate.example.evil", false },
		{ "https://evil.example", false },
		{ "https://app.example:8443", false },
		{ "null", false },
		{ "", false },
		{ "http://localhost.evil", false },
		{ "http://localhost@evil.example", false },
		{ "http://127.0.0.1.evil", false },
		{ "https://gate.example/", false },
	};
	(void)state;

	assert_true(gate_origin_ok(&site, (str){ NULL, 0 })); /* none was sent: no web page */
	for (size_t i = 0; i < COUNT(rows); i++)
		holds(rows[i].origin, gate_origin_ok(&site, str_of(rows[i].origin)) == rows[i].ok);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_whole_head_upward),
		TEST(what_does_not_cross_upward),
		TEST(what_crosses_upward_untouched),
		TEST(what_we_say_cannot_begin_a_line),
		TEST(a_whole_head_downward),
		TEST(what_does_not_cross_downward),
		TEST(what_crosses_downward_untouched),
		TEST(origins_that_may_call),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
