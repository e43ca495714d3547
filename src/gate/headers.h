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

/*
 * The head of the answer for the client, in mem; values are those of r. Left out: hop-by-hop headers, cookies (ours live on
 * this origin), CORS and challenge headers (both are ours to say), what speaks for the whole origin, and what a proxy in
 * front of us would obey. events: an event stream, which a proxy in front of us is told not to gather. extra: ours.
 */
struct http_answer gate_response_head(struct arena *mem, const struct http_res *r, bool events,
    const struct http_header *extra, size_t extra_count);

/* True when a web page of this origin may call resources: none sent, our own, loopback, or one of allow_origins. */
bool gate_origin_ok(const struct site *s, str origin);

#endif
