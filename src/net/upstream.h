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

/* resolver must outlive the pool; buffer: READ bytes that the loop's reads may share. */
struct pool *pool_new(struct loop *l, struct resolver *r);
/* Closes what is idle and drops what is under way; when the loop stops. */
void pool_free(struct pool *p);

/* What an upcall tells its owner. After end or failed the upcall is gone; upcall_drop may be called from any of them. */
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
	 * stale: a kept connection had been closed by the server before a byte of the answer came; ask again on a fresh one.
	 */
	void (*failed)(void *arg, enum err e, bool stale);
	/* What upcall_send held has left. */
	void (*drained)(void *arg);
};

struct upcall_want {
	str host; /* name or address, without brackets */
	int port;
	bool fresh;       /* no kept connection */
	bool to_head;     /* the request is HEAD: the answer has no body */
	int64_t head_ms;  /* longest wait for the answer's head, from when the request is sent */
};

/* Begins: finds or makes a connection. Always succeeds; what goes wrong is told by failed, never from inside this call. */
struct upcall *upcall_start(struct pool *p, const struct upcall_want *want, const struct upcall_ops *ops, void *arg);
/* Adds bytes of the request; they are copied and leave with upcall_flush. False when more than 64 KiB wait. */
bool upcall_send(struct upcall *x, const str *parts, size_t count);
void upcall_flush(struct upcall *x);
/* The request is complete: from now the answer's time runs. */
void upcall_sent(struct upcall *x);
/* Holds the answer back (false) or lets it come (true). */
void upcall_want_more(struct upcall *x, bool on);
/* Nobody wants the answer any more: closes the connection. Nothing is told after this. */
void upcall_drop(struct upcall *x);

#endif
