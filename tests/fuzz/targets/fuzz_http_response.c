/*
 * Response heads of an upstream, and replies of ours, which must come out as they went in.
 * covers: src/http/parse_response.c src/http/write.c
 */
#include "http/parse.h"

#include <stdlib.h>

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

static void upstream(struct arena *mem, str text, size_t step, bool to_head)
{
	struct http_res whole, parts;
	size_t scan = 0, used = 0, used_parts = 0, scan_parts = 0;
	enum err e = http_parse_response(mem, text, &scan, to_head, &whole, &used), f = OK;

	for (size_t n = step; f == OK && used_parts == 0; n += step) {
		str part = str_sub(text, 0, n);
		f = http_parse_response(mem, part, &scan_parts, to_head, &parts, &used_parts);
		if (part.n == text.n)
			break;
	}
	MUST((e == OK) == (f == OK) && used == used_parts);
	if (e != OK || used == 0)
		return;
	MUST(whole.status >= 100 && whole.status <= 599 && whole.status == parts.status);
	MUST(!(whole.chunked && whole.length >= 0));
	MUST(!whole.keep_alive || whole.no_body || whole.chunked || whole.length >= 0);
	MUST(str_eq(whole.head, str_sub(text, 0, used)));
	http_res_header(&whole, S("Content-Type"));
}

/* No header that a handler gives can add a line to the head. */
static void ours(struct arena *mem, str any, int status)
{
	struct http_reply r = { .status = status, .body = any };
	struct buf out = BUF(mem);
	struct http_res back;
	size_t scan = 0, used;

	reply_header(&r, S("X-Any"), any);
	reply_header(&r, any, S("x"));
	http_reply_write(&out, &r, S("Fri, 20 Nov 2026 09:30:00 GMT"), any.n & 1, any.n & 2);
	enum err e = http_parse_response(mem, buf_str(&out), &scan, any.n & 2, &back, &used);
	if (e == OK && used) {
		MUST(back.header_count <= r.header_count + 3);
		MUST(back.no_body || back.length == (int64_t)any.n || back.length < 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > 40000)
		return 0;

	str text = { (const char *)data + 2, size - 2 };
	struct arena *mem = arena_new(1 << 20);

	upstream(mem, text, (size_t)data[0] + 1, data[1] & 1);
	ours(mem, text, 100 + data[1] * 2 + (int)(size & 1));
	http_method_of(text);
	arena_unref(mem);
	return 0;
}
