/* queue: exchanges that wait for the workers of one lane: bounded, first come first served. Any thread. */
#ifndef APP_QUEUE_H
#define APP_QUEUE_H

#include "app/exchange.h"

#include <pthread.h>
#include <stdatomic.h>

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct exchange *first, **end;
	size_t max;
	atomic_size_t count;
	int idle; /* workers that sleep */
	int workers;
	bool stop;
};

void queue_start(struct queue *q, size_t max);
/*
 * Appends a list as far as there is room (always, when forced: an exchange that is half done is not refused); gives the
 * rest back. Without workers, and after the end, that is all of it. Wakes no more sleepers than there is work for.
 */
struct exchange *queue_add(struct queue *q, struct exchange *list, bool force);
/* Up to max exchanges, a fair share of what waits; sleeps while there are none. 0: the lane has ended. */
size_t queue_take(struct queue *q, struct exchange **out, size_t max);
/* Lets the workers take what is left and then end. */
void queue_end(struct queue *q);
/* When no thread uses it any more. */
void queue_free(struct queue *q);
/* How many wait. */
size_t queue_length(const struct queue *q);

#endif
