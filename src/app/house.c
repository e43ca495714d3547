#include "app/house.h"
#include "app/dispatch.h"
#include "app/gateway.h"
#include "jose/dpop.h"

#include <stdio.h>
#include <stdlib.h>

struct each {
	struct task task; /* first */
	struct round *round;
	struct floor *floor;
};

/* One thing that every floor does once. */
struct round {
	void (*fn)(struct floor *f, void *arg);
	void (*done)(void *arg);
	void *arg;
	atomic_size_t left;
	struct each each[FLOORS_MAX];
};

static void do_one(struct task *t)
{
	struct each *e = (struct each *)(void *)t;
	struct round *r = e->round;

	r->fn(e->floor, r->arg);
	if (atomic_fetch_sub(&r->left, 1) != 1)
		return;
	if (r->done)
		r->done(r->arg);
	free(r);
}

void house_each(struct house *h, void (*fn)(struct floor *f, void *arg), void *arg, void (*done)(void *arg))
{
	struct round *r = calloc(1, sizeof *r);

	if (!r)
		abort();
	r->fn = fn;
	r->done = done;
	r->arg = arg;
	atomic_init(&r->left, h->floor_count);
	/* With the last post the round may end and be freed, so its size is not read again. */
	size_t count = h->floor_count;
	for (size_t i = 0; i < count; i++) {
		r->each[i] = (struct each){ .task.run = do_one, .round = r, .floor = &h->floors[i] };
		loop_post(h->floors[i].loop, &r->each[i].task);
	}
}

struct server_limits house_limits(const struct config *config)
{
	return (struct server_limits){
		.head_ms = config->limit_head_seconds * 1000,
		.idle_ms = config->limit_idle_seconds * 1000,
		.stall_ms = config->limit_write_stall_seconds * 1000,
		.answer_ms = 60000,
		.body_rate = 512,
		.connections = config->limit_connections,
		.per_address = config->limit_per_address,
		/* JSON in the arena takes a few times its text; what handlers add is small. */
		.arena_cap = (size_t)(1048576 + 8 * (config->limit_body + config->limit_body_mcp)),
	};
}

static void flush(void *arg)
{
	lanes_flush(arg);
}

static enum err open_floor(
    struct house *h, size_t i, const struct config *config, const struct house_site *site)
{
	struct floor *f = &h->floors[i];
	struct server_limits limits = house_limits(config);

	f->house = h;
	f->index = i;
	f->out_end = &f->out_first;
	TRY(loop_new(&f->loop));
	h->floor_count = i + 1;
	f->server = server_new(f->loop, &dispatch_hooks, &limits, &h->shared, f);
	server_set_tls(f->server, h->tls);
	f->passes = pass_cache_new();
	(void)site_ref(&site->site);
	f->site = site;
	loop_before_sleep(f->loop, flush, f);
	snprintf(f->thread.name, sizeof f->thread.name, "gh-loop%zu", i);
	return OK;
}

enum err house_open(struct house *h, const struct config *config, const struct house_site *site)
{
	int64_t n = config->loops > 0 ? config->loops : thread_cores();

	h->config = config;
	h->limits = limits_new();
	h->revoked = revoked_new();
	h->endpoint_proofs = once_new(ONCE_MAX, DPOP_WINDOW);
	h->resource_proofs = once_new(ONCE_MAX, DPOP_WINDOW);
	h->proof_keys = dpop_keys_new();
	h->resolver = resolver_new();
	server_shared_start(&h->shared);
	for (size_t i = 0; i < (size_t)n && i < FLOORS_MAX; i++)
		TRY(open_floor(h, i, config, site));
	return OK;
}

void house_lend(struct house *h, struct house_site *site)
{
	site->site.endpoint_proofs = h->endpoint_proofs;
	site->site.resource_proofs = h->resource_proofs;
	site->site.proof_keys = h->proof_keys;
	site->site.limits = h->limits;
}

static void run_floor(void *arg)
{
	struct floor *f = arg;

	gateway_open(f);
	loop_run(f->loop);
	server_cut(f->server);
	gateway_close(f);
}

enum err house_start(struct house *h)
{
	for (size_t i = 0; i < h->floor_count; i++) {
		struct floor *f = &h->floors[i];
		for (size_t k = 0; k < h->inlets.count; k++)
			TRY(server_listen(f->server, &h->inlets.items[k]));
		f->thread.run = run_floor;
		f->thread.arg = f;
	}
	for (size_t i = 0; i < h->floor_count; i++)
		TRY(thread_start(&h->floors[i].thread));
	return OK;
}

void house_stop(struct house *h)
{
	for (size_t i = 0; i < h->floor_count; i++)
		loop_stop(h->floors[i].loop);
	for (size_t i = 0; i < h->floor_count; i++)
		thread_join(&h->floors[i].thread);
}

void house_close(struct house *h)
{
	for (size_t i = 0; i < h->floor_count; i++) {
		struct floor *f = &h->floors[i];
		server_drain(f->server);
		server_cut(f->server);
		loop_free(f->loop);
		server_free(f->server);
		pass_cache_free(f->passes);
		site_unref(&f->site->site);
	}
	lanes_free(h->lanes);
	server_shared_free(&h->shared);
	limits_free(h->limits);
	outside_free(h->outside);
	revoked_free(h->revoked);
	once_free(h->endpoint_proofs);
	once_free(h->resource_proofs);
	dpop_keys_free(h->proof_keys);
	resolver_free(h->resolver);
	tls_unref(h->tls);
	*h = (struct house){ 0 };
}
