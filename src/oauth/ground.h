/*
 * ground: what the store says of what an access token stands on, where memory (core/standing.h) does not know: the grant, the
 * person and the client that it was given to, and the client that the token names, which after an exchange (RFC 8693) is another.
 */
#ifndef OAUTH_GROUND_H
#define OAUTH_GROUND_H

#include "core/ctx.h"
#include "sql_gen.h"

/*
 * READ or WRITE. client_id: of the token. *why is NULL while all of it is good, and then g is the grant's row; otherwise it
 * says what has ended, for `gatehouse why`. Errors of the store only.
 */
CHECKED enum err ground_look(
    struct ctx *c, int64_t grant, str client_id, struct grant_state_out *g, const char **why);
/* READ or WRITE. True while the person is signed in by that sign-in (sid; 0 is none, which cannot end). Errors of the store only. */
CHECKED enum err ground_signed_in(struct ctx *c, int64_t sid, int64_t user, bool *is);

#endif
