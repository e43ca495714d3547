/*
 * resolve: names of upstream servers to addresses, off the loop. getaddrinfo(3) blocks, so one thread asks for all loops and
 * remembers the answers: half a minute they are fresh, and for ten minutes more they serve while the thread asks again, so
 * that a name server that is down harms no call to a server that was known. Addresses and "localhost" need no asking.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "net/addr.h"
#include "net/loop.h"

#define RESOLVE_MAX 4 /* addresses of one name that are tried */

struct resolver;
struct ask;

/* One question. Zeroed by the asker; it lives until it is answered or cancelled. */
struct resolve {
	char host[256];                 /* the name that was asked for */
	struct addr found[RESOLVE_MAX]; /* without ports */
	size_t count;                   /* 0: there is no such name */
	void (*done)(struct resolve *q);
	struct ask *ask; /* while it is being asked */
};

struct resolver *resolver_new(void);
/*
 * After every question was answered or cancelled, and the loops have stopped. Does not wait for a name server: a thread that
 * does gives back what is left when it is done.
 */
void resolver_free(struct resolver *r);

/*
 * Answers at once when it can (true: found and count are set, done is not called); else asks the thread and calls done on
 * the loop later. Names over 255 bytes have no addresses. Any loop's thread.
 */
bool resolve_start(struct resolver *r, struct loop *l, struct resolve *q, str host);
/* done will not be called. Does nothing for a question that is not being asked. The asker's thread. */
void resolve_cancel(struct resolver *r, struct resolve *q);

#endif
