/*
 * parse: HTTP/1.x heads, strict, incremental (RFC 9112). Whatever two parsers could read differently is refused:
 * the answer is 400 and the connection closes.
 */
#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H

#include "http/msg.h"

/*
 * Looks for a whole request head in bytes. *used = 0: incomplete, come again with more (the caller keeps the bytes);
 * else the head's length. Slices point into bytes. Errors: ERR_HTTP_MALFORMED, ERR_HTTP_SMUGGLING (CL and TE, two lengths,
 * odd codings), ERR_HTTP_HEAD_TOO_LARGE, ERR_HTTP_VERSION, ERR_HTTP_HOST.
 * scan: where the search for the end may go on (start with 0), so that slow peers cost linear time.
 */
CHECKED enum err http_parse_request(
    struct arena *mem, str bytes, size_t *scan, struct http_req *out, size_t *used);

/* An upstream's response head. */
struct http_res {
	int status;
	str reason;
	int minor;
	const struct http_header *headers;
	size_t header_count;
	bool keep_alive;
	bool chunked;
	int64_t length; /* -1: until close (or chunked) */
	bool no_body;   /* 1xx, 204, 304, or an answer to HEAD */
	str head;
};

CHECKED enum err http_parse_response(
    struct arena *mem, str bytes, size_t *scan, bool to_head, struct http_res *out, size_t *used);
str http_res_header(const struct http_res *r, str name);

#endif
