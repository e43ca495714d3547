/*
 * feed: revocations as they were committed. A row is written by q_revocation_put in the transaction that
 * takes something back; every node reads what is new twice a second (listen.h only makes it sooner) and keeps
 * it in memory until `until`, when the tokens concerned have expired by themselves.
 */
#ifndef STORE_FEED_H
#define STORE_FEED_H

#include "sql_gen.h"

struct feed {
	int64_t seq; /* of the last row seen; 0 at first: all that still counts */
};

/*
 * The next rows, at most 1000, oldest first, and moves the feed behind them; call again while there were
 * 1000. None is ever left out: numbers are given in the order of commits.
 */
CHECKED enum err feed_read(struct db *db, struct arena *mem, int64_t now, struct feed *feed,
    const struct revocation_since_out **rows, size_t *count);

#endif
