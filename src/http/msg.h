/* msg: an HTTP message as plain structs. Bytes in the request's arena; no sockets. */
#ifndef HTTP_MSG_H
#define HTTP_MSG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define HTTP_HEAD_MAX 16384 /* bytes of a head */
#define HTTP_HEADERS_MAX 100

enum http_method {
	HTTP_GET = 1,
	HTTP_HEAD = 2,
	HTTP_POST = 4,
	HTTP_PUT = 8,
	HTTP_DELETE = 16,
	HTTP_OPTIONS = 32,
	HTTP_PATCH = 64,
	HTTP_OTHER = 128, /* a well-formed token that we do not know */
};

struct http_header {
	str name;  /* as sent */
	str value; /* OWS trimmed */
};

/* A request head, and the body once it is complete (empty for routes that stream it). */
struct http_req {
	enum http_method method;
	str method_text;
	str target;    /* as sent: origin-form, or absolute-form */
	str path;      /* the raw path, still percent-encoded */
	str query;     /* without '?'; p == NULL when there is none */
	str authority; /* of an absolute-form target, else empty */
	str host;      /* the Host header; exactly one is required */
	int minor;     /* HTTP/1.minor: 0 or 1; of HTTP/2 it is 1, which knows all that HTTP/1.1 does */
	const struct http_header *headers;
	size_t header_count;
	bool keep_alive;
	bool chunked; /* a body of a length that nobody has told: in chunks, or in the frames of HTTP/2 */
	bool expect_continue;
	int64_t length; /* Content-Length, -1 when not given */
	str head;       /* the original bytes of the head, blank line included */
	str body;
	/* filled by app, not by the parser */
	str peer;          /* client address text, after trust_proxy */
	uint64_t peer_key; /* what limits count by: the address, or the /64 of an IPv6 one; 0: not counted */
	bool secure;       /* the client's side is https */
};

/* The value of the first header of that name (ASCII case ignored); p == NULL when absent. */
str http_header(const struct http_req *r, str name);
/* How many headers of that name there are. */
size_t http_header_count(const struct http_req *r, str name);
enum http_method http_method_of(str text);

/* A reply being made by a handler. Values must contain no CR, LF or NUL: reply_header drops such a header (fails closed). */
struct http_reply {
	int status;
	struct http_header headers[24];
	size_t header_count;
	str body; /* in the request's arena, or static */
	bool close;
};

/* The head of an answer whose body follows in runs. How the body's end is told is each protocol's own business. */
struct http_answer {
	int status;
	str reason; /* for HTTP/1 */
	const struct http_header *headers;
	size_t header_count;
	int64_t length; /* of the body; -1: not known */
	bool no_body;   /* none follows, whatever length says: an answer to HEAD, 204, 304 */
};

void reply_header(struct http_reply *r, str name, str value);
/* Status text for the codes we use ("Not Found"). */
const char *http_reason(int status);
/* RFC 9110 section 8.6: answers that have no body: 1xx, 204, 304. */
bool http_bodyless(int status);
/* The head of an answer in HTTP/1.1: with chunks, with its length, or, when there is neither, until the connection closes. */
void http_answer_write(struct buf *out, const struct http_answer *a, bool chunked, bool keep_alive);
/* Serialises head and body with Content-Length, Date and Connection. head_only: a HEAD request. */
void http_reply_write(struct buf *out, const struct http_reply *r, str date, bool keep_alive, bool head_only);

#endif
