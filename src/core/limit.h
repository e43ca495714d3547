/* limit: token buckets in memory, one for each kind and address (an IPv4 address or an IPv6 /64). Any thread. */
#ifndef CORE_LIMIT_H
#define CORE_LIMIT_H

#include "base/str.h"

enum limit_kind {
	LIMIT_REGISTER,
	LIMIT_PUSHED,
	LIMIT_DEVICE,
	LIMIT_DOCUMENT_PEER,
	LIMIT_DOCUMENT_HOST,
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

#endif
