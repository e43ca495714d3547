#include "net/upstream_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define READ_SIZE ((size_t)65536)
#define SEND_HIGH ((size_t)65536)
#define RESOLVE_MS 5000

/* --- time */

/*
 * The wheel is touched only when the deadline comes nearer: one that moves away is found out when the timer fires, so a
 * connection that goes from request to request costs it nothing.
 */
void upcall_expect(struct upcall *x, int64_t in_ms)
{
	struct loop *l = x->pool->loop;

	x->deadline_ms = in_ms == NEVER ? NEVER : loop_ms(l) + in_ms;
	if (x->deadline_ms >= x->alarm_ms)
		return;
	x->alarm_ms = x->deadline_ms;
	loop_timer(l, &x->timer, in_ms);
}

static bool too_early(struct upcall *x)
{
	int64_t now = loop_ms(x->pool->loop);

	x->alarm_ms = NEVER;
	if (x->deadline_ms != NEVER && now < x->deadline_ms)
		upcall_expect(x, x->deadline_ms - now);
	return now < x->deadline_ms;
}

static void on_timer(struct timer *t)
{
	struct upcall *x = (struct upcall *)(void *)((char *)t - offsetof(struct upcall, timer));

	if (too_early(x))
		return;
	switch ((enum up_state)x->state) {
	case UP_RESOLVING:
		upcall_fail(x, ERR_UPSTREAM_DOWN, false);
		break;
	case UP_CONNECTING:
		if (!line_next(x))
			upcall_fail(x, ERR_UPSTREAM_DOWN, false);
		break;
	case UP_HEAD:
	case UP_BODY:
		upcall_fail(x, ERR_UPSTREAM_SLOW, false);
		break;
	case UP_IDLE:
		upcall_shut(x);
		break;
	case UP_GONE:
		break;
	}
}

/* Before the head: the server has its time to take what was sent, and then to answer. While we wait for more of the
 * request, nothing is the server's fault. */
static void expect_head(struct upcall *x, bool progress)
{
	if (x->state != UP_HEAD)
		return;
	if (x->out.n == 0 && !x->sent)
		upcall_expect(x, NEVER);
	else if (progress || x->deadline_ms == NEVER)
		upcall_expect(x, x->want.head_ms);
}

/* --- the end */

void upcall_shut(struct upcall *x)
{
	if (x->state == UP_GONE)
		return;
	pool_leave(x);
	x->state = UP_GONE;
	loop_timer_drop(x->pool->loop, &x->timer);
	resolve_cancel(x->pool->resolver, &x->question);
	if (x->line) {
		line_close(x, true);
		return;
	}
	buf_free(&x->out);
	free(x);
}

void upcall_fail(struct upcall *x, enum err e, bool again)
{
	const struct upcall_ops *ops = x->ops;
	void *arg = x->arg;

	upcall_shut(x);
	ops->failed(arg, e, again);
}

void upcall_drop(struct upcall *x)
{
	upcall_shut(x);
}

/* --- the request */

struct buf *upcall_out(struct upcall *x)
{
	struct pool *p = x->pool;

	if (!x->out.p && p->spare.p) {
		x->out = p->spare;
		p->spare = (struct buf){ 0 };
	}
	return &x->out;
}

/* An output buffer that is empty serves the next request: who waits for an answer holds none. */
static void put_spare(struct upcall *x)
{
	struct pool *p = x->pool;

	if (x->out.n || !x->out.p)
		return;
	if (!p->spare.p && x->out.cap <= UP_SPARE_MAX) {
		p->spare = x->out;
		x->out = (struct buf){ 0 };
	} else {
		buf_free(&x->out);
	}
}

static bool connected(const struct upcall *x)
{
	return x->state == UP_HEAD || x->state == UP_BODY;
}

static void after_write(struct upcall *x, bool progress)
{
	put_spare(x);
	expect_head(x, progress);
	line_listen(x);
}

void upcall_flush(struct upcall *x)
{
	size_t before = x->out.n;

	(void)line_write(x, NULL, 0);
	after_write(x, x->out.n < before);
	if (x->held && x->out.n <= SEND_HIGH / 2) {
		x->held = false;
		x->ops->drained(x->arg);
	}
}

void upcall_connected(struct upcall *x)
{
	x->state = UP_HEAD;
	upcall_expect(x, NEVER);
	upcall_flush(x);
}

bool upcall_send(struct upcall *x, const str *parts, size_t count)
{
	bool progress = false;
	size_t sent = 0;

	if (connected(x)) {
		size_t before = x->out.n;
		sent = line_write(x, parts, count);
		progress = sent || x->out.n < before;
	}
	for (size_t i = 0; i < count; i++) {
		size_t skip = sent < parts[i].n ? sent : parts[i].n;
		sent -= skip;
		if (skip < parts[i].n)
			buf_put(upcall_out(x), str_sub(parts[i], skip, parts[i].n));
	}
	if (connected(x))
		after_write(x, progress);
	x->held = x->out.n > SEND_HIGH;
	return !x->held;
}

void upcall_sent(struct upcall *x)
{
	x->sent = true;
	if (!connected(x))
		return;
	(void)line_write(x, NULL, 0);
	after_write(x, true);
}

/* --- the answer */

void upcall_want_more(struct upcall *x, bool on)
{
	if (x->paused == !on)
		return;
	x->paused = !on;
	if (!connected(x))
		return;
	if (x->state == UP_BODY)
		upcall_expect(x, on ? x->want.body_ms : NEVER);
	line_listen(x);
}

void upcall_patient(struct upcall *x)
{
	x->want.body_ms = NEVER;
	if (x->state == UP_BODY)
		upcall_expect(x, NEVER);
}

/* One read; false when there is nothing more to do for this request now. */
static bool read_some(struct upcall *x)
{
	ssize_t n;

	do
		n = recv(x->line->fd, x->pool->buffer, READ_SIZE, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && !x->broken)
		return false;
	if (n <= 0) {
		upcall_ended(x, n < 0 ? errno : 0);
		return false;
	}
	if (x->state == UP_IDLE) {
		upcall_shut(x); /* said something that nobody asked for */
		return false;
	}
	return upcall_take(x, (str){ x->pool->buffer, (size_t)n });
}

void upcall_ready(struct watch *w, int events)
{
	struct upcall *x = ((struct line *)(void *)w)->x;

	if (x->state == UP_CONNECTING) {
		line_connected(x);
		return;
	}
	if (events == 0)
		x->broken = x->deaf = true;
	if (events != WATCH_READ) {
		upcall_flush(x);
		if (x->state == UP_GONE)
			return;
	}
	if (events & WATCH_READ)
		(void)read_some(x);
	/* An error stands at the socket, which is not watched any more: what came before it is still to be read. */
	while (events == 0 && !x->paused && read_some(x))
		;
}

/* --- begin */

static void on_resolved(struct resolve *q)
{
	struct upcall *x = (struct upcall *)(void *)((char *)q - offsetof(struct upcall, question));

	if (!line_next(x))
		upcall_fail(x, ERR_UPSTREAM_DOWN, false);
}

/* A new connection; NULL when it is clear at once that there is none to be had. */
static struct upcall *make(struct pool *p, const struct upcall_want *want)
{
	struct upcall *x = calloc(1, sizeof *x);

	if (!x)
		abort();
	x->pool = p;
	x->alarm_ms = x->deadline_ms = NEVER;
	x->timer.fire = on_timer;
	x->question.done = on_resolved;
	x->want = *want;
	x->state = UP_RESOLVING;
	if (!resolve_start(p->resolver, p->loop, &x->question, want->host)) {
		upcall_expect(x, RESOLVE_MS);
		return x;
	}
	if (line_next(x))
		return x;
	upcall_shut(x);
	return NULL;
}

struct upcall *upcall_start(
    struct pool *p, const struct upcall_want *want, const struct upcall_ops *ops, void *arg)
{
	struct upcall *x = want->fresh ? NULL : pool_take(p, want);

	if (x) {
		str host = x->want.host;
		x->want = *want;
		x->want.host = host;
		x->state = UP_HEAD;
		x->kept = true;
		x->answered = x->sent = x->paused = x->held = false;
		x->written_before = x->written;
		upcall_expect(x, NEVER);
	} else {
		x = make(p, want);
		if (!x)
			return NULL;
	}
	x->ops = ops;
	x->arg = arg;
	pool_enter_busy(p, x);
	return x;
}
