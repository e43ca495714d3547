/*
 * revoked: what has been taken back, in memory: grants, people and clients whose tokens are still out there. Filled by the
 * effects of this node's own commits, and by the feed that every node reads twice a second.
 */
#ifndef APP_REVOKED_H
#define APP_REVOKED_H

#include "core/standing.h"

#define REVOKED_FRESH_MS 2000 /* an older feed is not believed: ask the store */

struct revoked;

struct revoked *revoked_new(void);
void revoked_free(struct revoked *r);
/*
 * Tokens of kind (EFFECT_REVOKE_GRANT, _USER, _CLIENT) and id that were issued before `before` are void; what is given later
 * is good. Remembered until `until`, when the last of them has expired. Any thread.
 */
void revoked_add(struct revoked *r, enum effect_kind kind, int64_t id, int64_t before, int64_t until);
/* True when a token of this grant, person or client that was issued then has been taken back. Any thread. */
bool revoked_has(struct revoked *r, enum effect_kind kind, int64_t id, int64_t issued);
/* Whether any of what a token, or something remembered, stands on has been taken back: which, in words; NULL: nothing. Any thread. */
const char *revoked_why(struct revoked *r, const struct ground *g);
/* True when a revocation of this kind and id takes back what stands on g. */
bool revoked_hits(enum effect_kind kind, int64_t id, const struct ground *g);
/*
 * The `before` of a revocation at that time. Of grants and clients all tokens are meant: a grant never comes back to life, and
 * a client's revocation is lifted when it does. People's are meant up to the moment, as is what was remembered of a client's
 * row; and a little longer, since clocks of nodes differ.
 */
int64_t revoked_before(enum effect_kind kind, int64_t at);
/* What was taken back is good again. Any thread. */
void revoked_lift(struct revoked *r, enum effect_kind kind, int64_t id);
/* The feed was read whole at this monotonic time. */
void revoked_read_at(struct revoked *r, int64_t mono_ms);
/* False while the feed is older than REVOKED_FRESH_MS: then a verdict needs the store. */
bool revoked_fresh(const struct revoked *r, int64_t mono_ms);
/* Milliseconds since the feed was read; for metrics. */
int64_t revoked_age(const struct revoked *r, int64_t mono_ms);
/* Forgets what no token can need any more. */
void revoked_sweep(struct revoked *r, int64_t now);
size_t revoked_count(struct revoked *r);

#endif
