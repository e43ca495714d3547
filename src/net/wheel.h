/*
 * wheel: coarse timers of one thread, 100 ms apart. Setting, moving and dropping one is constant time, and a connection
 * that merely wants its deadline later need not touch the wheel at all: it looks again when it is called too early.
 */
#ifndef NET_WHEEL_H
#define NET_WHEEL_H

#include "base/str.h"

#define WHEEL_TICK_MS 100
#define WHEEL_SLOTS 512 /* 51.2 s a lap; later ones stay in their slot for more laps */

/* Embedded in what waits. Zeroed: not set. */
struct timer {
	struct timer *next, **link; /* link: what points to us, NULL when not set */
	int64_t tick;
	void (*fire)(struct timer *t);
};

struct wheel {
	struct timer *slots[WHEEL_SLOTS];
	uint64_t used[WHEEL_SLOTS / 64]; /* a bit for each slot that holds a timer */
	int64_t tick;                    /* everything up to here has fired */
	size_t count;
};

/* An empty wheel that starts at now. */
void wheel_start(struct wheel *w, int64_t now_ms);
/* Fires t once, not before at_ms and at most a tick later. Moves it when it is already set. */
void wheel_set(struct wheel *w, struct timer *t, int64_t at_ms);
/* Does nothing when t is not set. */
void wheel_drop(struct wheel *w, struct timer *t);
bool timer_is_set(const struct timer *t);
/* Fires what is due; timers may be set and dropped, also each other, while it does. */
void wheel_turn(struct wheel *w, int64_t now_ms);
/* When the next slot that holds a timer is due, in ms; -1 when the wheel is empty. */
int64_t wheel_next(const struct wheel *w);

#endif
