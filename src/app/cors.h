/* cors: which web pages may read which answers (the Fetch standard). Never with credentials, and never for pages of ours. */
#ifndef APP_CORS_H
#define APP_CORS_H

#include "app/exchange.h"

/* True for a preflight: OPTIONS with Access-Control-Request-Method. */
bool cors_is_preflight(const struct http_req *r);
/*
 * Answers a preflight for an address that takes these methods: 204. For a resource only to allowed origins
 * (ORIGIN_FORBIDDEN). Headers that were asked for and that we know are allowed.
 */
enum err cors_preflight(struct ctx *c, int methods);
/* Marks the answer as readable; call it once c->reply is complete, also for refusals. */
void cors_apply(struct ctx *c);
#define CORS_HEADERS 3
/* The same for answers that are streamed: how many headers, none when the request came from no web page. */
size_t cors_headers(struct ctx *c, struct http_header out[CORS_HEADERS]);

#endif
