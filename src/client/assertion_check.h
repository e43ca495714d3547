/*
 * assertion_check: believes an assertion of somebody else, with keys from where they are published; on the lanes that it
 * takes. Client assertions and the word of identity providers are checked by it.
 */
#ifndef CLIENT_ASSERTION_CHECK_H
#define CLIENT_ASSERTION_CHECK_H

#include "core/ctx.h"
#include "jose/assertion.h"

#define ASSERTION_SKEW 30 /* seconds that the clocks of others may differ from ours */

struct assertion_ask {
	str text;
	str jwks;     /* the signer's key set; empty: at jwks_uri */
	str jwks_uri; /* fetched, and once more when a key is not in it: a signer may have a new one */
	struct assertion_expect want;
	struct assertion *out;
	enum err (*then)(struct ctx *c);            /* on VERIFY: it is believed */
	enum err (*refuse)(struct ctx *c, str why); /* says no in the caller's own words */
};

/* `return assertion_check(c, &ask);`: goes on with then, or gives what refuse gives. ask is copied. */
enum err assertion_check(struct ctx *c, const struct assertion_ask *ask);

#endif
