/* effects: what memory learns once a transaction is committed; pushed by steps with effect_add. */
#ifndef APP_EFFECTS_H
#define APP_EFFECTS_H

#include "app/house.h"

/*
 * Runs them, on the thread that committed: revocations hold from the next request on, streams are told, the recorder learns
 * what to wait for. True when the site must be loaded again before the answer may leave.
 */
bool effects_run(struct house *h, const struct effect *list, const struct ctx *c);
/* A revocation from the feed, or of this node: memory, and the open streams of every floor. at: when it happened. Any thread. */
void effects_revoke(struct house *h, enum effect_kind kind, int64_t id, int64_t at, int64_t until);
/* What the feed or this node said of a client's row: EFFECT_CLIENT_CHANGED or EFFECT_CLIENT_BACK. Memory alone. Any thread. */
void effects_client(struct revoked *r, enum effect_kind kind, int64_t id, int64_t at, int64_t until);

#endif
