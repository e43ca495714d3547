#include "app/queue.h"

#define A_WORKER 4 /* one sleeper is woken for so many */

void queue_start(struct queue *q, size_t max)
{
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->more, NULL);
	q->end = &q->first;
	q->max = max;
}

struct exchange *queue_add(struct queue *q, struct exchange *list, bool force)
{
	size_t added = 0;

	pthread_mutex_lock(&q->lock);
	size_t count = atomic_load_explicit(&q->count, memory_order_relaxed);
	while (list && q->workers && !q->stop && (force || count < q->max)) {
		struct exchange *x = list;
		list = x->next;
		x->next = NULL;
		*q->end = x;
		q->end = &x->next;
		count++;
		added++;
	}
	atomic_store_explicit(&q->count, count, memory_order_relaxed);
	int wake = (int)((added + A_WORKER - 1) / A_WORKER);
	wake = wake < q->idle ? wake : q->idle;
	pthread_mutex_unlock(&q->lock);
	for (; wake > 0; wake--)
		pthread_cond_signal(&q->more);
	return list;
}

size_t queue_take(struct queue *q, struct exchange **out, size_t max)
{
	size_t n = 0;

	pthread_mutex_lock(&q->lock);
	while (!q->first && !q->stop) {
		q->idle++;
		pthread_cond_wait(&q->more, &q->lock);
		q->idle--;
	}
	size_t count = atomic_load_explicit(&q->count, memory_order_relaxed);
	size_t share = (count + (size_t)q->workers - 1) / (size_t)q->workers;
	while (q->first && n < max && n < share) {
		struct exchange *x = q->first;
		q->first = x->next;
		x->next = NULL;
		out[n++] = x;
	}
	if (!q->first)
		q->end = &q->first;
	atomic_store_explicit(&q->count, count - n, memory_order_relaxed);
	pthread_mutex_unlock(&q->lock);
	return n;
}

void queue_end(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->stop = true;
	pthread_mutex_unlock(&q->lock);
	pthread_cond_broadcast(&q->more);
}

void queue_free(struct queue *q)
{
	pthread_cond_destroy(&q->more);
	pthread_mutex_destroy(&q->lock);
}

size_t queue_length(const struct queue *q)
{
	return atomic_load_explicit(&q->count, memory_order_relaxed);
}
