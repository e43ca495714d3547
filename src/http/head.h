/* head: what request and response heads have in common (RFC 9112). Private to src/http. */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "http/msg.h"

/* The header lines and what they say about the message's length and connection. */
struct head {
	const struct http_header *headers;
	size_t count;
	size_t hosts; /* how many Host lines */
	str host;
	size_t lengths, codings; /* how many Content-Length and Transfer-Encoding lines */
	int64_t length;          /* -1 without one */
	bool close, keep;        /* in Connection */
	bool expect;             /* Expect: 100-continue */
};

/* RFC 9110 section 5.6.2 */
bool head_tchar(unsigned char c);
/* A method as we take it, RFC 9112 section 3.1: capitals and hyphens. */
bool head_method_ok(str s);
/* host[:port], as it may stand in Host: a name, an IPv4 address or an IPv6 address in brackets. */
bool head_host_ok(str s);
/* A value without control characters but tabs, RFC 9110 section 5.5. */
bool head_value_ok(str s);
/* Reads the headers that decide how the message is read. ERR_HTTP_SMUGGLING, ERR_HTTP_MALFORMED. */
CHECKED enum err head_meaning(struct head *h, const struct http_header *line);
/*
 * Looks for the blank line; *end stays 0 while there is none. Every line must end in CR LF: a bare CR or LF is
 * ERR_HTTP_MALFORMED, as soon as it is seen. *first is set to the first line, without CR LF, by the call that first
 * sees all of it. ERR_HTTP_HEAD_TOO_LARGE over HTTP_HEAD_MAX.
 */
CHECKED enum err head_end(str bytes, size_t *scan, str *first, size_t *end);
/* The header lines, from behind the first line to the blank line, with it. */
CHECKED enum err head_parse(struct arena *mem, str lines, struct head *out);
/* "HTTP/1.0" or "HTTP/1.1" exactly. ERR_HTTP_VERSION, ERR_HTTP_MALFORMED. */
CHECKED enum err head_version(str text, int *minor);

#endif
