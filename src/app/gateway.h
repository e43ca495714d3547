/*
 * gateway: what happens at the address of a protected resource. Management (our own /mcp) is answered here; a request for
 * a resource with an upstream is let through to it, both ways as streams.
 *
 * How it is called: on the loop, as the first step, once the head is read; nothing of the body is read yet. From there
 *   - `return FAIL(...)`                         a refusal, written in STYLE_BEARER with the challenge of x->resource
 *   - `return NEED(c, lane, step)`               as everywhere
 *   - `return exchange_need_body(c, max, step)`  step runs once the whole body is in c->req->body
 *   - `return exchange_stream(c, ops, arg)`      takes the exchange over (net/request.h): the body comes to ops->body with
 *     back-pressure (request_want), the answer goes by request_send (false: wait for ops->drained) and request_end. The
 *     exchange is dropped, so what is needed must be copied, or the arena (and site) referenced.
 * A stream that has sent nothing yet can still be refused by gateway_refuse.
 */
#ifndef APP_GATEWAY_H
#define APP_GATEWAY_H

#include "app/exchange.h"

enum err gateway_request(struct ctx *c, struct request *rq, const struct resource *res);
/* Answers a stream of which nothing was sent; c as it was when it was taken. */
void gateway_refuse(struct ctx *c, struct request *rq, enum err e);

/* Per loop thread: what the gateway keeps there (connections to upstreams), in f->gateway. Called on that thread. */
void gateway_open(struct floor *f);
void gateway_close(struct floor *f);

#endif
