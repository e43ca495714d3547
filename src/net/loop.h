/*
 * loop: one thread's events: readiness of descriptors, timers, and tasks from other threads. Everything here but
 * loop_post and loop_stop belongs to the loop's own thread. What is under it (libuv today) shows nowhere else.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/err.h"
#include "net/wheel.h"

struct loop;

enum { WATCH_READ = 1, WATCH_WRITE = 2 };

/* Readiness of one descriptor, level-triggered. Embedded in what owns the descriptor; zeroed before watch_open. */
struct watch {
	_Alignas(16) unsigned char under[160];
	void (*ready)(struct watch *w, int events); /* events 0: an error stands at the descriptor */
	void (*gone)(struct watch *w);
	int events;
	bool open;
};

/* Work handed to a loop from any thread; owned by the sender until run is called. */
struct task {
	struct task *next;
	void (*run)(struct task *t);
};

/* ERR_INTERNAL when the system has no descriptors left. */
CHECKED enum err loop_new(struct loop **out);
/* After loop_run has come back. */
void loop_free(struct loop *l);
/* Runs until loop_stop. */
void loop_run(struct loop *l);
/* Ends loop_run after what is under way. Any thread. */
void loop_stop(struct loop *l);

/* Monotonic time of this turn, in ms. */
int64_t loop_ms(const struct loop *l);
/* Reads the clock again and gives its time, for before and after something slow. */
int64_t loop_refresh(struct loop *l);

/* Hands tasks over, in their order; wakes the loop once for as many as come meanwhile. Any thread. */
void loop_post(struct loop *l, struct task *t);
void loop_post_list(struct loop *l, struct task *first, struct task *last);

/* Calls fn before each sleep and at the end, so that what one turn has gathered goes out at once. One per loop. */
void loop_before_sleep(struct loop *l, void (*fn)(void *arg), void *arg);

/* Timers of this loop; see net/wheel.h. in_ms counts from now. */
void loop_timer(struct loop *l, struct timer *t, int64_t in_ms);
void loop_timer_drop(struct loop *l, struct timer *t);

/* Starts watching fd for events. ERR_INTERNAL when the system cannot. */
CHECKED enum err watch_open(
    struct loop *l, struct watch *w, int fd, int events, void (*ready)(struct watch *w, int events));
/* Changes what is watched for; 0 watches nothing. Costs two system calls when it changes, so it is for rare turns. */
void watch_set(struct watch *w, int events);
/* Stops watching. The watch's memory is in use until gone is called, in a later turn. Does not close fd. */
void watch_close(struct watch *w, void (*gone)(struct watch *w));

#endif
