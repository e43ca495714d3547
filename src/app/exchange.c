#include "app/exchange.h"
#include "app/house.h"
#include "base/time.h"

#include <time.h>

/* Epoch time in milliseconds; read once an exchange. */
static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct exchange *exchange_new(struct floor *f, struct arena *mem)
{
	struct exchange *x = NEW(mem, struct exchange);

	x->c.mem = arena_ref(mem);
	x->c.now_ms = now_ms();
	x->c.now = x->c.now_ms / 1000;
	x->c.site = site_ref(&f->site->site);
	x->c.reply = &x->reply;
	x->floor = f;
	f->exchanges++;
	return x;
}

void exchange_drop(struct exchange *x)
{
	const struct site *site = x->c.site;

	x->floor->exchanges--;
	arena_unref(x->c.mem);
	site_unref(site);
}

bool exchange_cancelled(const struct exchange *x)
{
	return x->rq && atomic_load_explicit(&x->rq->cancelled, memory_order_relaxed);
}

enum err exchange_step(struct exchange *x, enum lane lane)
{
	enum err e;

	do {
		enum err (*step)(struct ctx * c) = x->c.next;
		x->c.lane = lane;
		e = step(&x->c);
	} while (e == ERR_NEED && x->c.need == lane && lane != LANE_WRITE && !x->want_body);
	return e;
}

void exchange_go(struct exchange *x, enum err e)
{
	x->held = true;
	if (e == ERR_NEED && x->c.need == LANE_LOOP && !x->want_body)
		e = exchange_step(x, LANE_LOOP);
	if (e != ERR_NEED) {
		x->done(x, e);
	} else if (x->want_body && !x->rq->conn) {
		x->done(x, ERR_CANCELLED);
	} else if (x->want_body) {
		x->want_body = false;
		x->held = false;
		request_read_body(
		    x->rq, x->body_max); /* comes back through the server's `ready`, or `gone` */
	} else {
		lane_ask(x);
	}
}

enum err exchange_need_body(struct ctx *c, int64_t max, enum err (*step)(struct ctx *c))
{
	struct exchange *x = exchange_of(c);

	x->want_body = true;
	x->body_max = max;
	return NEED(c, LANE_LOOP, step);
}

enum err exchange_stream(struct ctx *c, const struct stream_ops *ops, void *arg)
{
	struct exchange *x = exchange_of(c);

	x->streamed = true;
	request_take(x->rq, ops, arg);
	return OK;
}
