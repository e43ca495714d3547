/*
 * lanes: where the steps of exchanges run that may not run on a loop. Bounded queues and their threads: a full queue
 * refuses with ERR_OVERLOADED. Loops hand over what one turn has gathered in one go, and workers give back what one batch
 * has finished in one go, so that the price of a wake-up is shared.
 */
#ifndef APP_LANES_H
#define APP_LANES_H

#include "core/ctx.h"

struct exchange;
struct floor;
struct house;
struct lanes;

struct lane_settings {
	str store;   /* url of db_open */
	int readers; /* threads, each with a read-only handle */
	int writers; /* on PostgreSQL; SQLite has one */
	int hashers, verifiers;
	int fetchers; /* each waits for one document */
};

/* Opens the store's handles and starts the threads. ERR_STORE..., ERR_INTERNAL; the log says why. */
CHECKED enum err lanes_start(struct house *h, const struct lane_settings *s, struct lanes **out);
/* Lets what is queued finish, then ends the threads and closes the handles. What comes later is refused. */
void lanes_stop(struct lanes *l);
/* After the loops have ended too. */
void lanes_free(struct lanes *l);
/* On x's loop: hands x to the lane it needs, at the latest before the loop sleeps. */
void lane_ask(struct exchange *x);
/* On f's loop, before it sleeps: hands over what was gathered. */
void lanes_flush(struct floor *f);
/* Posts x to its own loop, where it goes on with x->result. Any thread. */
void lane_home(struct exchange *x);
/* Exchanges that wait in this lane. */
size_t lane_length(const struct lanes *l, enum lane lane);

#endif
