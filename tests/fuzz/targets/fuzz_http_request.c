/*
 * Request heads: in pieces as in one, the answer is the same; a head that is taken has one reading.
 * covers: src/http/head.c src/http/parse.c src/http/path.c src/http/msg.c
 */
#include "base/url.h"
#include "http/accept.h"
#include "http/parse.h"
#include "http/path.h"

#include <stdlib.h>

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

/* The first byte says how large the pieces are. */
static enum err in_pieces(struct arena *mem, str text, size_t step, struct http_req *r, size_t *used)
{
	size_t scan = 0;

	for (size_t n = step;; n += step) {
		str part = str_sub(text, 0, n);
		enum err e = http_parse_request(mem, part, &scan, r, used);
		MUST(scan <= part.n);
		if (e != OK || *used || part.n == text.n)
			return e;
	}
}

static void one_reading(struct arena *mem, const struct http_req *r)
{
	str path;

	MUST(http_header_count(r, S("Host")) == 1 && r->host.n);
	MUST(http_header_count(r, S("Content-Length")) + http_header_count(r, S("Transfer-Encoding")) <= 1);
	MUST(r->chunked == (http_header_count(r, S("Transfer-Encoding")) == 1));
	MUST((r->length >= 0) == (http_header_count(r, S("Content-Length")) == 1));
	MUST(!r->chunked || r->minor == 1);
	MUST(r->header_count <= HTTP_HEADERS_MAX && r->head.n <= HTTP_HEAD_MAX);
	MUST(
	    str_ends(r->head, S("\r\n\r\n")) && str_find(r->head, S("\r\n\r\n")) == (ptrdiff_t)r->head.n - 4);
	for (size_t i = 0; i < r->header_count; i++) {
		str v = r->headers[i].value;
		MUST(!str_has(v, '\r') && !str_has(v, '\n') && !str_has(v, '\0'));
		MUST(str_eq(http_header(r, r->headers[i].name), v) ||
		    http_header_count(r, r->headers[i].name) > 1);
	}
	accept_names(r, S("text/html"));
	content_type_is(r, S("application/json"));
	if (path_normal(mem, r->path, &path) == OK) {
		str again;
		MUST(path_normal(mem, path, &again) == OK && str_eq(path, again));
		MUST(!url_dots(path) && str_find(path, S("//")) < 0 && !str_has(path, ';'));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > 40000)
		return 0;

	str text = { (const char *)data + 1, size - 1 }, path;
	struct arena *mem = arena_new(1 << 20);
	struct http_req whole, parts;
	size_t scan = 0, used = 0, used_parts = 0;
	enum err e = http_parse_request(mem, text, &scan, &whole, &used);
	enum err f = in_pieces(mem, text, (size_t)data[0] + 1, &parts, &used_parts);

	/* The two may find another fault first, of several; never one a fault and the other none. */
	MUST((e == OK) == (f == OK) && used == used_parts);
	MUST(used <= text.n && (e == OK || used == 0));
	if (e == OK && used) {
		one_reading(mem, &whole);
		MUST(whole.method == parts.method && whole.length == parts.length &&
		    whole.chunked == parts.chunked);
		MUST(str_eq(whole.path, parts.path) && str_eq(whole.host, parts.host));
	}
	if (path_normal(mem, text, &path) == OK)
		MUST(path.n <= text.n);
	arena_unref(mem);
	return 0;
}
