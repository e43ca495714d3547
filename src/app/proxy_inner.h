/*
 * proxy_inner: a call on its way through. Private to proxy.c (the request, and the life of it all) and proxy_answer.c.
 *
 * Either side may end the call from inside a callback of the other, so nothing is given back while one is on the stack: a
 * callback begins with proxy_enter and ends with proxy_leave, and looks at `over` after everything that may have ended it.
 */
#ifndef APP_PROXY_INNER_H
#define APP_PROXY_INNER_H

#include "app/exchange.h"
#include "app/proxy.h"
#include "gate/events.h"
#include "net/server.h"

struct proxy {
	struct proxy_call call;
	struct upstream up;
	str path, query;  /* at the upstream; after a redirect others */
	struct upcall *x; /* NULL before the first of the body, between two tries, and once it is over */
	struct buf *out;  /* the pool's: of the answer's body, gathered in this turn */
	struct buf
	    copy;     /* heap: of the request's body, to send it again; given back with the answer's head */
	int64_t body; /* bytes of the request's body so far */
	size_t entered;
	bool over; /* to be given back with the last leave */
	/* of the request */
	bool copied; /* copy holds all of the body so far */
	bool body_ended;
	bool retried, followed;
	/* of the answer */
	bool redirect;   /* it is a redirect that we follow, and is not wanted */
	bool begun;      /* its head is said, or sent */
	bool sent;       /* something of it was sent: too late to refuse */
	size_t unwanted; /* bytes of a redirect's body */
	/* for the journal */
	int status;      /* of the answer; 0: there was none */
	int64_t down;    /* bytes of its body */
	bool refused;    /* the client was told why there is none, which is a row of its own */
	const char *cut; /* why it is not whole, NULL: it is */
	/* of an event stream */
	bool counted; /* in streams.h */
	struct events events;
	struct timer quiet;
	int64_t spoke_ms; /* when the last of it came */
};

static inline struct loop *proxy_loop(const struct proxy *p)
{
	return server_loop(p->call.rq->server);
}

void proxy_enter(struct proxy *p);
void proxy_leave(struct proxy *p);
/* The call is over on both sides. What it holds goes with the last proxy_leave. */
void proxy_finish(struct proxy *p);
/* Tells the client why there is no answer, or breaks off the one that has begun; the call is over. */
void proxy_refuse(struct proxy *p, enum err e);
/* The server stops: a stream that would not end by itself does, as soon as it is between two events. */
void proxy_stop(struct proxy *p);
/* Sends the request, as far as it is there, (again) from its begin. fresh: on a new connection. */
void proxy_send(struct proxy *p, bool fresh);

extern const struct upcall_ops proxy_upward;

#endif
