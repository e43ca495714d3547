/*
 * pushed: authorization requests that were pushed ahead (RFC 9126), from the moment they got a request_uri: a prefix, and
 * base64url of row id and 32 random bytes. The store has the hash.
 */
#ifndef OAUTH_PUSHED_H
#define OAUTH_PUSHED_H

#include "oauth/ask.h"

#define PUSHED_SECONDS 90

/* True for what looks like a request_uri of ours; others are never taken (AUTHZ-41). */
bool pushed_ours(str request_uri);
/* Keeps a checked request. WRITE. */
CHECKED enum err pushed_put(struct ctx *c, const struct ask *a, str *request_uri);
/* The request, for the client that pushed it, in time, unless it was used. READ. PUSHED_GONE, and ask_open's. */
CHECKED enum err pushed_open(struct ctx *c, str request_uri, str client_id, enum err (*again)(struct ctx *c),
    struct ask *a, int64_t *id);
/* It leads on: once. 0: it was not pushed. WRITE. PUSHED_GONE. */
CHECKED enum err pushed_take(struct ctx *c, int64_t id);

#endif
