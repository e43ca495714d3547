#include "base/unit.h"
#include "http/parse.h"

static void good(void **state)
{
	static const struct {
		const char *sentence;
		str text;
		bool to_head;
		int status;
		const char *reason;
		int64_t length;
		bool chunked, no_body, keep;
	} rows[] = {
		{ "a length", S_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), false, 200, "OK", 5,
		    false, false, true },
		{ "chunked", S_INIT("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"), false, 200,
		    "OK", -1, true, false, true },
		{ "until close", S_INIT("HTTP/1.1 200 OK\r\n\r\n"), false, 200, "OK", -1, false, false,
		    false },
		{ "to HEAD there is no body", S_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), true,
		    200, "OK", 5, false, true, true },
		{ "to HEAD a coding may be named",
		    S_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), true, 200, "OK", -1,
		    true, true, true },
		{ "204", S_INIT("HTTP/1.1 204 No Content\r\n\r\n"), false, 204, "No Content", -1, false, true,
		    true },
		{ "304 with the length of the page", S_INIT("HTTP/1.1 304 X\r\nContent-Length: 9\r\n\r\n"),
		    false, 304, "X", 9, false, true, true },
		{ "100", S_INIT("HTTP/1.1 100 Continue\r\n\r\n"), false, 100, "Continue", -1, false, true,
		    true },
		{ "an empty reason", S_INIT("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"), false, 200, "", 0,
		    false, false, true },
		{ "no blank before it", S_INIT("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), false, 200, "",
		    0, false, false, true },
		{ "a reason in Latin-1", S_INIT("HTTP/1.1 404 pas trouv\xe9\r\nContent-Length: 0\r\n\r\n"),
		    false, 404, "pas trouv\xe9", 0, false, false, true },
		{ "asked to close",
		    S_INIT("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), false, 200,
		    "OK", 0, false, false, false },
		{ "1.0", S_INIT("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"), false, 200, "OK", 0, false,
		    false, false },
		{ "1.0 that stays",
		    S_INIT("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"), false,
		    200, "OK", 0, false, false, true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *s = rows[i].sentence;
		struct arena *mem = arena_new(1 << 20);
		struct http_res r;
		size_t used = 0, scan = 0;
		for (size_t n = 0; n <= rows[i].text.n; n++) {
			same_int(s, (int64_t)used, 0);
			str part = str_sub(rows[i].text, 0, n);
			same_err(s, http_parse_response(mem, part, &scan, rows[i].to_head, &r, &used), OK);
		}
		same_int(s, (int64_t)used, (int64_t)rows[i].text.n);
		same_int(s, r.status, rows[i].status);
		same(s, r.reason, str_of(rows[i].reason));
		same_int(s, r.length, rows[i].length);
		holds(s,
		    r.chunked == rows[i].chunked && r.no_body == rows[i].no_body &&
			r.keep_alive == rows[i].keep);
		same(s, r.head, rows[i].text);
		holds(s, !http_res_header(&r, S("X-None")).p);
		arena_unref(mem);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *sentence;
		str text;
		enum err want;
	} rows[] = {
		{ "both lengths",
		    S_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
		    ERR_HTTP_SMUGGLING },
		{ "two lengths", S_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"),
		    ERR_HTTP_SMUGGLING },
		{ "a coding in 1.0", S_INIT("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
		    ERR_HTTP_SMUGGLING },
		{ "a coding with 204", S_INIT("HTTP/1.1 204 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
		    ERR_HTTP_SMUGGLING },
		{ "a coding with 100", S_INIT("HTTP/1.1 100 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
		    ERR_HTTP_SMUGGLING },
		{ "a coding we do not know", S_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
		    ERR_HTTP_SMUGGLING },
		{ "another version", S_INIT("HTTP/2 200 OK\r\n\r\n"), ERR_HTTP_VERSION },
		{ "no HTTP", S_INIT("ICY 200 OK\r\n\r\n"), ERR_HTTP_MALFORMED },
		{ "no HTTP, in one word", S_INIT("SSH-2.0-OpenSSH\r\n"), ERR_HTTP_MALFORMED },
		{ "no status", S_INIT("HTTP/1.1  OK\r\n\r\n"), ERR_HTTP_MALFORMED },
		{ "a status of two digits", S_INIT("HTTP/1.1 20 OK\r\n\r\n"), ERR_HTTP_MALFORMED },
		{ "a status of four digits", S_INIT("HTTP/1.1 2000 OK\r\n\r\n"), ERR_HTTP_MALFORMED },
		{ "a status below 100", S_INIT("HTTP/1.1 099 OK\r\n\r\n"), ERR_HTTP_MALFORMED },
		{ "a status over 599", S_INIT("HTTP/1.1 600 OK\r\n\r\n"), ERR_HTTP_MALFORMED },
		{ "a status with a sign", S_INIT("HTTP/1.1 +20 OK\r\n\r\n"), ERR_HTTP_MALFORMED },
		{ "a control character in the reason", S_INIT("HTTP/1.1 200 O\x01K\r\n\r\n"),
		    ERR_HTTP_MALFORMED },
		{ "a bare CR in the reason", S_INIT("HTTP/1.1 200 O\rK\r\n\r\n"), ERR_HTTP_MALFORMED },
		{ "bare LF lines", S_INIT("HTTP/1.1 200 OK\nX: y\n\n"), ERR_HTTP_MALFORMED },
		{ "a folded line", S_INIT("HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n"), ERR_HTTP_MALFORMED },
		{ "an empty line first", S_INIT("\r\nHTTP/1.1 200 OK\r\n\r\n"), ERR_HTTP_MALFORMED },
		{ "a bad first line before the rest came", S_INIT("HTTP/1.1 abc\r\nX"), ERR_HTTP_MALFORMED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(1 << 20);
		struct http_res r;
		size_t used = 0, scan = 0;
		same_err(rows[i].sentence, http_parse_response(mem, rows[i].text, &scan, false, &r, &used),
		    rows[i].want);
		same_int(rows[i].sentence, (int64_t)used, 0);
		arena_unref(mem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(good), cmocka_unit_test(refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
