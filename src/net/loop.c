#include "net/loop.h"

#include <pthread.h>
#include <stdlib.h>
#include <uv.h>

_Static_assert(
    sizeof(uv_poll_t) <= sizeof(((struct watch *)0)->under), "struct watch has room for uv_poll_t");

struct loop {
	uv_loop_t uv;
	uv_async_t wake;
	uv_prepare_t before;
	uv_timer_t alarm; /* rings for the wheel's next slot only, so an idle process sleeps */
	struct wheel wheel;
	int64_t alarm_at; /* -1: not set */
	void (*before_fn)(void *arg);
	void *before_arg;
	bool stop;
	pthread_mutex_t lock; /* guards what follows */
	struct task *first, **end;
	bool stopping;
};

static uv_poll_t *poll_of(struct watch *w)
{
	return (uv_poll_t *)(void *)w->under;
}

static void run_tasks(uv_async_t *handle)
{
	struct loop *l = handle->data;

	pthread_mutex_lock(&l->lock);
	struct task *t = l->first;
	bool stop = l->stopping;
	l->first = NULL;
	l->end = &l->first;
	pthread_mutex_unlock(&l->lock);
	for (struct task *next; t; t = next) {
		next = t->next; /* run may give its task away again */
		t->run(t);
	}
	if (stop)
		uv_stop(&l->uv);
}

static void ring(uv_timer_t *handle);

/* Sets the alarm to the wheel's next slot, when that is earlier than what it is set to. */
static void set_alarm(struct loop *l)
{
	int64_t at = wheel_next(&l->wheel);

	if (at < 0 || (l->alarm_at >= 0 && l->alarm_at <= at))
		return;
	int64_t in = at - loop_ms(l);
	l->alarm_at = at;
	uv_timer_start(&l->alarm, ring, in > 0 ? (uint64_t)in : 0, 0);
}

static void ring(uv_timer_t *handle)
{
	struct loop *l = handle->data;

	l->alarm_at = -1;
	wheel_turn(&l->wheel, loop_ms(l));
	set_alarm(l);
}

static void before_sleep(uv_prepare_t *handle)
{
	struct loop *l = handle->data;

	if (l->before_fn)
		l->before_fn(l->before_arg);
}

enum err loop_new(struct loop **out)
{
	struct loop *l = calloc(1, sizeof *l);

	if (!l)
		abort();
	if (uv_loop_init(&l->uv) != 0) {
		free(l);
		return ERR_INTERNAL;
	}
	if (uv_async_init(&l->uv, &l->wake, run_tasks) != 0) {
		(void)uv_loop_close(&l->uv);
		free(l);
		return ERR_INTERNAL;
	}
	uv_prepare_init(&l->uv, &l->before);
	uv_prepare_start(&l->before, before_sleep);
	uv_timer_init(&l->uv, &l->alarm);
	l->wake.data = l->before.data = l->alarm.data = l;
	l->alarm_at = -1;
	l->end = &l->first;
	pthread_mutex_init(&l->lock, NULL);
	wheel_start(&l->wheel, loop_ms(l));
	*out = l;
	return OK;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	uv_walk(&l->uv, close_handle, NULL);
	uv_run(&l->uv, UV_RUN_DEFAULT); /* lets the handles close */
	(void)uv_loop_close(&l->uv);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void loop_run(struct loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
	before_sleep(&l->before); /* what the last round has gathered */
}

void loop_stop(struct loop *l)
{
	pthread_mutex_lock(&l->lock);
	l->stopping = true;
	pthread_mutex_unlock(&l->lock);
	uv_async_send(&l->wake);
}

int64_t loop_ms(const struct loop *l)
{
	return (int64_t)uv_now(&l->uv);
}

int64_t loop_refresh(struct loop *l)
{
	uv_update_time(&l->uv);
	return loop_ms(l);
}

void loop_post(struct loop *l, struct task *t)
{
	loop_post_list(l, t, t);
}

void loop_post_list(struct loop *l, struct task *first, struct task *last)
{
	last->next = NULL;
	pthread_mutex_lock(&l->lock);
	bool sleeping = l->first == NULL; /* else somebody has woken it already */
	*l->end = first;
	l->end = &last->next;
	pthread_mutex_unlock(&l->lock);
	if (sleeping)
		uv_async_send(&l->wake);
}

void loop_before_sleep(struct loop *l, void (*fn)(void *arg), void *arg)
{
	l->before_fn = fn;
	l->before_arg = arg;
}

void loop_timer(struct loop *l, struct timer *t, int64_t in_ms)
{
	wheel_set(&l->wheel, t, loop_ms(l) + in_ms);
	set_alarm(l);
}

void loop_timer_drop(struct loop *l, struct timer *t)
{
	wheel_drop(&l->wheel, t);
}

static void poll_ready(uv_poll_t *handle, int status, int events)
{
	struct watch *w = handle->data;
	int got = 0;

	if (status == 0) {
		got |= events & UV_READABLE ? WATCH_READ : 0;
		got |= events & UV_WRITABLE ? WATCH_WRITE : 0;
	}
	w->ready(w, got);
}

static int uv_events(int events)
{
	return (events & WATCH_READ ? UV_READABLE : 0) | (events & WATCH_WRITE ? UV_WRITABLE : 0);
}

enum err watch_open(
    struct loop *l, struct watch *w, int fd, int events, void (*ready)(struct watch *w, int events))
{
	if (uv_poll_init(&l->uv, poll_of(w), fd) != 0)
		return ERR_INTERNAL;
	poll_of(w)->data = w;
	w->ready = ready;
	w->open = true;
	w->events = 0;
	watch_set(w, events);
	return OK;
}

void watch_set(struct watch *w, int events)
{
	if (!w->open || w->events == events)
		return;
	w->events = events;
	if (events)
		(void)uv_poll_start(poll_of(w), uv_events(events), poll_ready); /* fails only while closing */
	else
		(void)uv_poll_stop(poll_of(w));
}

static void closed(uv_handle_t *handle)
{
	struct watch *w = handle->data;

	if (w->gone)
		w->gone(w);
}

void watch_close(struct watch *w, void (*gone)(struct watch *w))
{
	if (!w->open)
		return;
	w->open = false;
	w->gone = gone;
	uv_close((uv_handle_t *)poll_of(w), closed);
}
