/*
 * upstream: requests to the servers behind the gateway, over a pool of kept connections, one pool a loop. Bytes go out as
 * they are given; the answer's head is parsed strictly, its body comes in runs with the chunked coding undone, and both ways
 * can be held back. Everything happens on the loop's thread.
 */
#ifndef NET_UPSTREAM_H
#define NET_UPSTREAM_H

#include "http/parse.h"
#include "net/resolve.h"

struct pool;
struct upcall;

/* loop and resolver must outlive the pool. */
struct pool *pool_new(struct loop *l, struct resolver *r);
/* Closes what is idle and drops what is under way, telling nobody; once the loop runs no more. */
void pool_free(struct pool *p);
/*
 * A buffer in which one owner gathers what it sends within one turn of the loop, so that a stream needs none of its own. It
 * must be empty again when the callback returns that wrote into it.
 */
struct buf *pool_scratch(struct pool *p);
/* Connections that wait for a request. */
size_t pool_idle(const struct pool *p);

/*
 * What an upcall tells its owner. After end or failed the upcall is gone. upcall_drop may be called from any of them; head
 * may return an error instead.
 */
struct upcall_ops {
	/* The answer's head; res and its slices live until this returns. OK, or an error that ends the upcall in failed. */
	enum err (*head)(void *arg, const struct http_res *res);
	/* A run of the body. */
	void (*data)(void *arg, str data);
	/* Everything that came in this turn has been told: send what was gathered. */
	void (*turn)(void *arg);
	/* The answer is complete. */
	void (*end)(void *arg);
	/*
	 * ERR_UPSTREAM_DOWN (no connection), ERR_UPSTREAM_BROKEN (no HTTP, or cut off), ERR_UPSTREAM_SLOW, or what head gave.
	 * again: a kept connection had ended, and the same request may be sent once more on a fresh one: either the server
	 * has not received a byte of it, or it is one that may be done twice.
	 */
	void (*failed)(void *arg, enum err e, bool again);
	/* What upcall_send held has left. */
	void (*drained)(void *arg);
};

struct upcall_want {
	str host; /* name or address, without brackets */
	int port;
	bool fresh; /* no kept connection */
	bool
	    sure; /* look whether a kept connection has ended: for what cannot be sent again. One system call. */
	bool
	    twice; /* idempotent (RFC 9110 section 9.2.2): may be sent again also when the server may have seen it */
	bool to_head; /* the request is HEAD: the answer has no body */
	int64_t
	    head_ms; /* longest wait for the answer's head once the request is sent, and for the server to take it */
	int64_t body_ms; /* longest silence within the answer's body */
};

/*
 * Begins: finds or makes a connection. NULL when no address of the host takes one, as far as that is known at once; nothing is
 * told from inside this call.
 */
struct upcall *upcall_start(
    struct pool *p, const struct upcall_want *want, const struct upcall_ops *ops, void *arg);
/* Where to write the request's head: what stands there leaves with the next upcall_send or upcall_sent. */
struct buf *upcall_out(struct upcall *x);
/*
 * Sends bytes of the request; copies what the socket does not take. False when more than 64 KiB wait: stop until `drained`.
 * parts: at most 4.
 */
bool upcall_send(struct upcall *x, const str *parts, size_t count);
/* The request is complete: from now the answer's time runs. */
void upcall_sent(struct upcall *x);
/* Holds the answer back (false) or lets it come (true). Silence is not counted meanwhile. */
void upcall_want_more(struct upcall *x, bool on);
/* The body may be silent as long as it likes: an event stream. */
void upcall_patient(struct upcall *x);
/* Nobody wants the answer any more: closes the connection. Nothing is told after this. */
void upcall_drop(struct upcall *x);

#endif
