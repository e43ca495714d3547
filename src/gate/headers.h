/* headers: which headers cross the gateway, in both directions, and what it says of the caller. */
#ifndef GATE_HEADERS_H
#define GATE_HEADERS_H

#include "gate/pass.h"
#include "http/parse.h"

/* Where requests of a resource go: parts of its upstream address. */
struct upstream {
	str host;      /* without brackets */
	int port;
	str authority; /* what Host says: host[:port] as written */
	str path;      /* "/mcp" */
};

/* ERR_BAD_URL unless it is an http address with a host and a path. */
CHECKED enum err upstream_parse(str address, struct upstream *out);

/*
 * Writes the head of the request for the upstream. Left out: hop-by-hop headers and all that Connection names, the client's
 * Authorization and cookies, Origin, Expect, forwarding and identity headers, names with '_' (some servers read it as '-').
 * Said: Host (the upstream's own), X-Forwarded-For, X-Gatehouse-User, -Grant and -Scope, and the body's length or chunked.
 * path: of the upstream, or of its redirect; the client's query is kept byte for byte.
 */
void gate_request_head(struct buf *out, const struct http_req *r, const struct upstream *up, str path, const struct pass *who);

/*
 * Writes the head of the answer for the client. Left out: hop-by-hop headers, cookies (ours live on this origin), CORS and
 * challenge headers (both are ours to say). chunked: the body will be written so; else content-length passes.
 * extra: header lines of ours, each with CRLF.
 */
void gate_response_head(struct buf *out, const struct http_res *r, bool chunked, bool keep_alive, str extra);

/* True when a web page of this origin may call resources: none sent, our own, loopback, or one of allow_origins. */
bool gate_origin_ok(const struct site *s, str origin);

#endif
