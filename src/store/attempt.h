/*
 * attempt: how often a password may be guessed. Each attempt is counted before it is looked at, for the account (known or
 * not) and for the network it comes from; after some wrong ones the next is refused for 1, 2, 4 ... at most 300 seconds.
 * Never for longer: nobody can lock somebody else out, and a sign-in link works at any time.
 */
#ifndef STORE_ATTEMPT_H
#define STORE_ATTEMPT_H

#include "core/ctx.h"

#define ATTEMPT_FREE_ACCOUNT 5  /* wrong ones without a delay */
#define ATTEMPT_FREE_NETWORK 20 /* an office has many people */
#define ATTEMPT_DELAY_MAX 300
#define ATTEMPT_MEMORY 86400 /* seconds without an attempt, and all is forgotten */

struct attempt {
	str account, network; /* keys of the rows; network empty: not counted */
	int64_t account_count, network_count;
	int64_t wait; /* with ERR_THROTTLED: seconds */
};

/* WRITE. Counts an attempt on an account (its canonical address, or what was typed). ERR_THROTTLED (FAIL set, wait filled in). */
CHECKED enum err attempt_reserve(struct ctx *c, str account, struct attempt *a);
/* WRITE. It was the right one: the account's count is void, the network's is as before. */
CHECKED enum err attempt_good(struct ctx *c, const struct attempt *a);
/*
 * WRITE. It guessed nothing: as if it had not been made. For what anybody can be right about at will, as a code of their own:
 * that must not void what they guessed wrong before.
 */
CHECKED enum err attempt_free(struct ctx *c, const struct attempt *a);
/* The network of an address, for counting: an IPv4 address, or the /64 of an IPv6 one; empty for this machine itself. */
str attempt_network(struct arena *mem, str peer);

#endif
