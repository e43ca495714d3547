/* replay: assertions are good once, on all nodes (RFC 7523 section 3, jti). */
#ifndef CLIENT_REPLAY_H
#define CLIENT_REPLAY_H

#include "core/ctx.h"
#include "jose/assertion.h"

/*
 * VERIFY, before replay_take. Whoever registers a key can have us remember what it signs: only so much of one client, unless
 * the operator vouches for it. RATE_LIMITED.
 */
CHECKED enum err replay_room(struct ctx *c, const struct client *client);
/*
 * WRITE. Remembers a verified assertion until it cannot be good any more; *fresh is false when it was here before. The rows
 * are swept; how many there can be is bounded by replay_room, and by how far ahead an exp is taken.
 */
CHECKED enum err replay_take(struct ctx *c, const struct assertion *a, bool *fresh);

#endif
