/*
 * resolve: names of upstream servers to addresses, off the loop. getaddrinfo(3) blocks, so one thread asks for all loops and
 * remembers the answers for half a minute. Addresses and "localhost" need no asking.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "net/addr.h"
#include "net/loop.h"

#define RESOLVE_MAX 4 /* addresses of one name that are tried */

struct resolver;

struct resolver *resolver_new(void);
/* After every loop has stopped. */
void resolver_free(struct resolver *r);

/* One question. Zeroed by the asker; it lives until done is called. */
struct resolve {
	struct task task; /* first */
	struct loop *loop;
	char host[256];
	struct addr found[RESOLVE_MAX]; /* without ports */
	size_t count;                   /* 0: there is no such name */
	void (*done)(struct resolve *q);
	struct resolve *next;
};

/*
 * Answers at once when it can (true: found and count are set, done is not called); else asks the thread and calls done on
 * the loop later. Names over 255 bytes have no addresses. Any loop's thread.
 */
bool resolve_start(struct resolver *r, struct loop *l, struct resolve *q, str host);

#endif
