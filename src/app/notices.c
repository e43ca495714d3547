#include "app/notices.h"
#include "app/exchange.h"
#include "base/log.h"
#include "oauth/backchannel.h"

#include <stdlib.h>

#define AT_ONCE 2
#define MEMORY ((size_t)1 << 20)

struct round {
	struct task task; /* first */
	struct floor *floor;
};

static void begin(struct floor *f);

static void end(struct house *h)
{
	atomic_fetch_sub(&h->notices, 1);
}

/* On the loop. The next one, as long as there was one. */
static void finish(struct exchange *x, enum err e)
{
	const struct backchannel *b = x->c.state;
	struct floor *f = x->floor;
	bool more = e == OK && b->id != 0;

	if (e != OK && e != ERR_CANCELLED)
		log_warn("an application could not be told of the end of a sign-in; it is tried again",
		    LOG_STRZ("error", err_row(e)->name), LOG_STR("detail", x->c.fail.detail));
	exchange_drop(x);
	if (more)
		begin(f);
	else
		end(f->house);
}

static void begin(struct floor *f)
{
	struct arena *mem = arena_new(MEMORY);
	struct exchange *x = exchange_new(f, mem);
	struct http_req *req = NEW(mem, struct http_req);

	*req = (struct http_req){
		.method_text = S("notice"), .path = S("logout"), .peer = S("local"), .minor = 1, .length = -1
	};
	arena_unref(mem);
	x->done = finish;
	x->c.req = req;
	x->c.actor.os = true;
	x->c.state = NEW(mem, struct backchannel);
	(void)NEED(&x->c, LANE_WRITE, backchannel_start);
	exchange_go(x, ERR_NEED);
}

static void run(struct task *t)
{
	struct round *r = (struct round *)(void *)t;

	begin(r->floor);
	free(r);
}

void notices_send(struct house *h)
{
	int going = atomic_load(&h->notices);

	do {
		if (going >= AT_ONCE || h->floor_count == 0)
			return;
	} while (!atomic_compare_exchange_weak(&h->notices, &going, going + 1));
	struct round *r = calloc(1, sizeof *r);
	if (!r)
		abort();
	r->task.run = run;
	r->floor = &h->floors[0];
	loop_post(r->floor->loop, &r->task);
}
