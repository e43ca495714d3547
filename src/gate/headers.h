/* headers: which headers cross the gateway, in both directions, and what it says of the caller. */
#ifndef GATE_HEADERS_H
#define GATE_HEADERS_H

#include "gate/address.h"
#include "gate/pass.h"
#include "http/parse.h"

/*
 * Writes the head of the request for the upstream. Left out: hop-by-hop headers and all that Connection names, the client's
 * Authorization and cookies, Origin, Expect, what claims an address or an identity; each also with '_' for '-', which some
 * servers read as the same. Everything else crosses byte for byte.
 * Said: Host (the upstream's own), X-Forwarded-For and -Proto, X-Gatehouse-User, -Grant and -Scope, and the body's length
 * or chunked. path and query (p == NULL: none) are written as they are: both come from a parser that refuses blanks.
 */
void gate_request_head(struct buf *out, const struct http_req *r, const struct upstream *up, str path,
    str query, const struct pass *who);

/* How the answer goes to the client. */
enum {
	ANSWER_CHUNKED = 1, /* else with the upstream's Content-Length, or until the connection closes */
	ANSWER_KEEP = 2,    /* the connection goes on behind it */
	ANSWER_EVENTS = 4,  /* an event stream: a proxy in front of us is told not to gather it */
};

/*
 * Writes the head of the answer for the client. Left out: hop-by-hop headers, cookies (ours live on this origin), CORS and
 * challenge headers (both are ours to say), what speaks for the whole origin, and what a proxy in front of us would obey.
 * extra: header lines of ours, each with CRLF.
 */
void gate_response_head(struct buf *out, const struct http_res *r, unsigned answer, str extra);

/* True when a web page of this origin may call resources: none sent, our own, loopback, or one of allow_origins. */
bool gate_origin_ok(const struct site *s, str origin);

#endif
