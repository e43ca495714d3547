/* sweep: takes away what has had its day, a little at a time. */
#ifndef STORE_SWEEP_H
#define STORE_SWEEP_H

#include "base/arena.h"
#include "base/err.h"

struct db;

/* How far the walk along the keys has come. Zeroed at first; one for each tenant, kept by the caller. */
struct sweep {
	int64_t audit_keep; /* seconds; 0: for ever. Set by the caller, from the configuration */
	int64_t link, session, grant, client;
	unsigned char throttle[32];
	size_t throttle_len;
	bool throttles_done;
};

/*
 * One transaction of its own, so call it between groups: from each table at most 100 rows. *more: the round
 * is not over, so come again soon; else the next minute will do. Errors of the store; then nothing has moved.
 */
CHECKED enum err sweep_step(
    struct db *db, struct arena *mem, int64_t tenant, int64_t now, struct sweep *sweep, bool *more);

#endif
