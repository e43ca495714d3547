/*
 * exchange: one request on its way through the house: its ctx, where it came from, and which step runs where. It lives in
 * the request's arena and holds a reference on it and on its site, so that a lane can finish with a request whose
 * connection has gone.
 */
#ifndef APP_EXCHANGE_H
#define APP_EXCHANGE_H

#include "app/routes.h"
#include "core/ctx.h"
#include "net/loop.h"
#include "net/request.h"
#include "store/db.h"

struct floor;
struct house;

/* What a step on WRITE must find again when it is run a second time. */
struct reply_mark {
	int status;
	size_t header_count;
	str body;
	bool close;
};

struct exchange {
	struct ctx c; /* first: a step's ctx is its exchange */
	struct http_reply reply;
	struct request *rq;        /* NULL for the control socket */
	struct floor *floor;       /* home */
	const struct route *route; /* NULL: a resource, or nothing */
	const struct resource *resource;
	struct bearer *bearer; /* app/bearer.c's own */
	bool held;             /* a step or a lane has it, and will call done */
	bool cors;             /* the answer may be read by web pages */
	bool new_browser;      /* c.browser was made here: send the cookie */
	bool basic;            /* the client authenticated with Basic */
	bool dpop;             /* the request has an access token with the DPoP scheme */
	bool streamed;         /* taken: whoever took it answers */
	bool want_body;        /* parked until the body is whole */
	int64_t body_max;
	void (*done)(struct exchange *x, enum err e); /* on the loop; e is not ERR_NEED */
	void *done_arg;
	/* the lanes' own */
	struct exchange *next;
	struct task task;
	struct db_job job;
	struct reply_mark mark;
	enum err result;
	enum err (*next_step)(struct ctx *c);
	bool
	    wait_reload; /* its commit changed what the site is made of: it goes on once every loop has the new one */
};

/* The exchange of a ctx that a step was given. */
static inline struct exchange *exchange_of(struct ctx *c)
{
	return (struct exchange *)(void *)c;
}

/* A new exchange in mem (of which it takes a reference), at home on f, with the floor's site. */
struct exchange *exchange_new(struct floor *f, struct arena *mem);
/* Lets go of it. Once. */
void exchange_drop(struct exchange *x);
/*
 * On the loop: runs steps as far as they go here, hands the exchange to a lane or waits for its body, and calls done at
 * the end. e: what the last step gave; ERR_NEED starts c.next.
 */
void exchange_go(struct exchange *x, enum err e);
/* Runs c.next, and what it asks for on this same lane; WRITE steps never two in one commit. */
enum err exchange_step(struct exchange *x, enum lane lane);
/* True when nobody waits for the answer any more. */
bool exchange_cancelled(const struct exchange *x);

/* `return exchange_need_body(c, max, step);`: step runs on the loop once c->req->body is whole. */
enum err exchange_need_body(struct ctx *c, int64_t max, enum err (*step)(struct ctx *c));
/* `return exchange_stream(c, ops, arg);`: the answer is a stream, see net/request.h. The exchange is dropped. */
enum err exchange_stream(struct ctx *c, const struct stream_ops *ops, void *arg);

#endif
