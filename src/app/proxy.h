/*
 * proxy: one call through the gateway, from the moment it is allowed. It takes the exchange over as a stream: the request's
 * body goes up and the answer comes down as they arrive, each side held back when the other is slow.
 */
#ifndef APP_PROXY_H
#define APP_PROXY_H

#include "gate/headers.h"
#include "net/request.h"
#include "net/upstream.h"

#define PROXY_OWN 5 /* headers of ours for an answer */

struct proxy_call {
	struct ctx *c;
	struct request *rq;
	const struct resource *resource;
	const struct pass *who;            /* lives in c->mem */
	struct pool *pool;                 /* of this loop */
	struct http_header own[PROXY_OWN]; /* of ours for the answer */
	size_t own_count;
	/* Answers with what c->fail says, in the gateway's style; used only while nothing of the answer has been sent. */
	void (*refuse)(struct ctx *c, struct request *rq, enum err e);
};

/*
 * `return proxy_start(&call);` from a step on the loop: either an error that was not answered yet, or OK and the exchange is
 * a stream that goes on by itself; the request's arena keeps it all.
 */
CHECKED enum err proxy_start(const struct proxy_call *call);

#endif
