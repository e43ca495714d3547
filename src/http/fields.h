/*
 * fields: the head of a request as HTTP/2 brings it (RFC 9113 section 8.3), name by name, into the same struct and with the
 * same strictness as the lines of HTTP/1: what is refused in one is refused in the other, so every guard behaves alike.
 */
#ifndef HTTP_FIELDS_H
#define HTTP_FIELDS_H

#include "http/head.h"

struct http_fields {
	struct arena *mem;
	struct http_header *list; /* room for HTTP_HEADERS_MAX */
	struct head head;
	size_t count;
	size_t
	    bytes; /* of all names and values, 32 for each more (RFC 9113 section 6.5.2), also of those not kept */
	bool crumbs; /* a cookie has come: */
	size_t cookie_at;
	struct buf cookie;
	str method, scheme, path, authority;
	enum err error; /* the first; nothing is kept after it */
};

/* An empty head; slices will live in mem. */
void fields_start(struct http_fields *f, struct arena *mem);
/* One field, in the order in which it was sent; copied. What is wrong is remembered for fields_finish. */
void fields_add(struct http_fields *f, str name, str value);
/*
 * The head is complete. ended: no body follows. ERR_HTTP_MALFORMED, ERR_HTTP_SMUGGLING (what speaks of one connection or of
 * another length), ERR_HTTP_HEAD_TOO_LARGE (as for HTTP/1: 16 KiB, 100 headers), ERR_HTTP_HOST.
 */
CHECKED enum err fields_finish(struct http_fields *f, bool ended, struct http_req *out);

#endif
