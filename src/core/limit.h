/*
 * limit: token buckets in memory, one for each kind and key: mostly an address (IPv4, or an IPv6 /64), for some a client
 * or a host. Any thread.
 */
#ifndef CORE_LIMIT_H
#define CORE_LIMIT_H

#include "core/ctx.h"

enum limit_kind {
	LIMIT_REGISTER,
	LIMIT_AUTHORIZE,
	LIMIT_PUSHED,
	LIMIT_DEVICE,
	LIMIT_DOCUMENT_PEER,
	LIMIT_DOCUMENT_HOST,
	LIMIT_ASSERTION,
	LIMIT_KINDS
};

struct limits;

struct limits *limits_new(void);
void limits_free(struct limits *l);
/*
 * Takes one from the bucket of kind and key, which holds `burst` and fills again with `per_minute`. When it is empty:
 * false, and *wait says the seconds until there is one again. key 0 (a unix socket) is never limited.
 */
bool limit_take(struct limits *l, enum limit_kind kind, uint64_t key, int64_t now_ms, int64_t burst,
    int64_t per_minute, int64_t *wait);
/*
 * Takes one of the site's buckets, which holds what comes in a minute; 0 for no limit. RATE_LIMITED, with Retry-After: more than
 * that, of `what`. Any lane but WRITE, which may run twice.
 */
CHECKED enum err limit_pass(
    struct ctx *c, enum limit_kind kind, uint64_t key, int64_t a_minute, const char *what);

#endif
