/* Replies and event streams as bytes. */
#include "base/unit.h"
#include "http/sse.h"
#include "http/parse.h"

#include <string.h>

#define DATE "Fri, 20 Nov 2026 09:30:00 GMT"
#define DATE_LINE "Date: " DATE "\r\n"

static void replies(void **state)
{
	static const struct {
		const char *sentence;
		int status;
		bool close, keep, head;
		const char *want;
	} rows[] = {
		{ "a body", 200, false, true, false,
		    "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n" DATE_LINE
		    "Connection: keep-alive\r\n\r\nhi" },
		{ "to HEAD", 200, false, true, true,
		    "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n" DATE_LINE
		    "Connection: keep-alive\r\n\r\n" },
		{ "closed by the handler", 400, true, true, false,
		    "HTTP/1.1 400 Bad Request\r\nX: y\r\nContent-Length: 2\r\n" DATE_LINE
		    "Connection: close\r\n\r\nhi" },
		{ "closed by the connection", 503, false, false, false,
		    "HTTP/1.1 503 Service Unavailable\r\nX: y\r\nContent-Length: 2\r\n" DATE_LINE
		    "Connection: close\r\n\r\nhi" },
		{ "204 has no length", 204, false, true, false,
		    "HTTP/1.1 204 No Content\r\nX: y\r\n" DATE_LINE "Connection: keep-alive\r\n\r\n" },
		{ "nor has 304", 304, false, true, false,
		    "HTTP/1.1 304 Not Modified\r\nX: y\r\n" DATE_LINE "Connection: keep-alive\r\n\r\n" },
		{ "a status without a name", 299, false, true, false,
		    "HTTP/1.1 299 Unknown\r\nX: y\r\nContent-Length: 2\r\n" DATE_LINE
		    "Connection: keep-alive\r\n\r\nhi" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_reply r = { .status = rows[i].status, .body = S("hi"), .close = rows[i].close };
		struct buf out = { 0 };
		reply_header(&r, S("X"), S("y"));
		http_reply_write(&out, &r, S(DATE), rows[i].keep, rows[i].head);
		same(rows[i].sentence, buf_str(&out), str_of(rows[i].want));
		buf_free(&out);
	}
}

static void headers_that_are_dropped(void **state)
{
	struct http_reply r = { .status = 200 };

	reply_header(&r, S("X"), S("a\r\nSet-Cookie: b"));
	reply_header(&r, S("X"), S("a\nb"));
	reply_header(&r, S("X"), S("a\0b"));
	reply_header(&r, S("X\r\nY"), S("a"));
	reply_header(&r, S(""), S("a"));
	same_int("none of them", (int64_t)r.header_count, 0);
	for (size_t i = 0; i < 30; i++)
		reply_header(&r, S("X"), S("a"));
	same_int("no more than fit", (int64_t)r.header_count, 24);
}

static void what_we_write_we_can_read(void **state)
{
	for (int status = 200; status < 600; status++) {
		struct arena *mem = arena_new(1 << 16);
		struct http_reply r = { .status = status, .body = S("hi") };
		struct buf out = BUF(mem);
		struct http_res res;
		size_t scan = 0, used;
		http_reply_write(&out, &r, S(DATE), true, false);
		same_err("read", http_parse_response(mem, buf_str(&out), &scan, false, &res, &used), OK);
		same_int("status", res.status, status);
		same("reason", res.reason, str_of(http_reason(status)));
		holds("length", res.no_body ? used == out.n : res.length == 2 && used + 2 == out.n);
		arena_unref(mem);
	}
	holds("100",
	    strcmp(http_reason(100), "Continue") == 0 &&
		strcmp(http_reason(101), "Switching Protocols") == 0);
}

static void events(void **state)
{
	static const struct {
		const char *sentence;
		str id, event, data, want;
	} rows[] = {
		{ "data only", S_INIT(""), S_INIT(""), S_INIT("{}"), S_INIT("data: {}\n\n") },
		{ "all parts", S_INIT("7"), S_INIT("message"), S_INIT("x"),
		    S_INIT("id: 7\nevent: message\ndata: x\n\n") },
		{ "no data is an empty line of it", S_INIT("7"), S_INIT(""), S_INIT(""),
		    S_INIT("id: 7\ndata: \n\n") },
		{ "lines", S_INIT(""), S_INIT(""), S_INIT("a\nb\rc\r\nd"),
		    S_INIT("data: a\ndata: b\ndata: c\ndata: d\n\n") },
		{ "an empty line cannot end the event", S_INIT(""), S_INIT(""), S_INIT("a\n\nevent: evil\n"),
		    S_INIT("data: a\ndata: \ndata: event: evil\ndata: \n\n") },
		{ "line ends in a name are dropped", S_INIT("1\n2\r\0"), S_INIT("a\n\ndata: evil"),
		    S_INIT("x"), S_INIT("id: 12\nevent: adata: evil\ndata: x\n\n") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf out = { 0 };
		sse_event(&out, rows[i].id, rows[i].event, rows[i].data);
		same(rows[i].sentence, buf_str(&out), rows[i].want);
		buf_free(&out);
	}
	struct buf out = { 0 };
	sse_comment(&out, S("ping\n\ndata: evil"));
	sse_retry(&out, 1500);
	same("a comment and a wait", buf_str(&out), S(": pingdata: evil\n\nretry: 1500\n\n"));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(headers_that_are_dropped),
		cmocka_unit_test(what_we_write_we_can_read),
		cmocka_unit_test(events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
