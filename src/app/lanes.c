#include "app/lanes.h"
#include "app/effects.h"
#include "app/exchange.h"
#include "app/house.h"
#include "app/queue.h"
#include "base/log.h"
#include "net/thread.h"

#include <stdio.h>
#include <stdlib.h>

#define GROUP 256 /* jobs of one commit, at most */
#define BATCH 16  /* jobs that a worker of another lane takes at once, at most */
#define WORKERS_MAX 32

struct worker {
	struct thread thread;
	struct lanes *lanes;
	enum lane lane;
	struct db *db;
};

struct lanes {
	struct house *house;
	struct queue queues[LANE_COUNT];
	struct worker workers[WORKERS_MAX];
	size_t worker_count;
};

/* --- the way home */

static void come_home(struct task *t)
{
	struct exchange *x = (struct exchange *)(void *)((char *)t - offsetof(struct exchange, task));

	exchange_go(x, x->result);
}

void lane_home(struct exchange *x)
{
	x->task = (struct task){ .run = come_home };
	loop_post(x->floor->loop, &x->task);
}

/* Sends a batch on: each to the lane it needs next, or home to its loop, one wake-up for all of a loop. */
static void send_on(struct lanes *l, struct exchange **batch, size_t count)
{
	struct task *first[FLOORS_MAX] = { NULL }, *last[FLOORS_MAX];

	for (size_t i = 0; i < count; i++) {
		struct exchange *x = batch[i];
		if (x->wait_reload) {
			x->wait_reload = false;
			l->house->reload(l->house, x);
			continue;
		}
		enum lane to = x->result == ERR_NEED && !x->want_body ? x->c.need : LANE_LOOP;
		if (to != LANE_LOOP && !queue_add(&l->queues[to], x, x->c.lane == LANE_WRITE))
			continue;
		if (to != LANE_LOOP)
			x->result = FAIL(&x->c, OVERLOADED, "lane %d is full", (int)to);
		size_t f = x->floor->index;
		x->task = (struct task){ .run = come_home };
		if (first[f])
			last[f]->next = &x->task;
		else
			first[f] = &x->task;
		last[f] = &x->task;
	}
	for (size_t f = 0; f < l->house->floor_count; f++)
		if (first[f])
			loop_post_list(l->house->floors[f].loop, first[f], last[f]);
}

/* --- the threads */

static bool is_fault(enum err e)
{
	return e != OK && err_row(e)->kind == ERR_KIND_FAULT;
}

/* A step passes on what the store said; here it becomes what `gatehouse why` shows as arrived: statement and engine's words. */
static enum err explained(struct exchange *x, enum err e, const struct db *db)
{
	if (!is_fault(e) || x->c.fail.code == e || !db)
		return e;
	str why = db_why(db);
	return fail_set(&x->c, e, __FILE__, __LINE__, "%.*s", FMT(why));
}

static void work(void *arg)
{
	struct worker *w = arg;
	struct fetch_port port = { fetcher_fetch, &w->lanes->house->fetcher };
	struct exchange *batch[BATCH];
	/* One that waits for a stranger's server is not to wait for the one before it as well. */
	size_t max = w->lane == LANE_FETCH ? 1 : BATCH, n;

	while ((n = queue_take(&w->lanes->queues[w->lane], batch, max)) > 0) {
		for (size_t i = 0; i < n; i++) {
			struct exchange *x = batch[i];
			if (exchange_cancelled(x)) {
				x->result = ERR_CANCELLED;
				continue;
			}
			x->c.db = w->db;
			x->c.fetch = w->lane == LANE_FETCH ? &port : NULL;
			x->result = explained(x, exchange_step(x, w->lane), w->db);
			x->c.db = NULL;
			x->c.fetch = NULL;
		}
		send_on(w->lanes, batch, n);
	}
}

/* The answer as it was before the transaction: what did not happen is not told, above all no cookie of it. */
static void untell(struct exchange *x)
{
	x->reply.status = x->mark.status;
	x->reply.header_count = x->mark.header_count;
	x->reply.body = x->mark.body;
	x->reply.close = x->mark.close;
}

/* What one job does inside the transaction. It may be run again: everything it leaves in the ctx starts anew. */
static enum err write_step(struct db *db, void *arg)
{
	struct exchange *x = arg;
	struct ctx *c = &x->c;
	enum err (*step)(struct ctx * c) = c->next;

	untell(x);
	c->page = 0;
	c->view = NULL;
	c->effects = NULL;
	c->fail = (struct fail){ 0 };
	c->db = db;
	c->lane = LANE_WRITE;
	enum err e = explained(x, step(c), db);
	c->db = NULL;
	/*
	 * An inner error that nobody has turned into something else must not commit half of a step. As a fault it makes the
	 * group run again, which also is the cure for two random ids that happened to be equal.
	 */
	if (e != ERR_NEED && e != OK && err_row(e)->kind == ERR_KIND_INNER)
		e = fail_set(c, ERR_INTERNAL, __FILE__, __LINE__, "inner error %s on WRITE: %.*s",
		    err_row(e)->name, FMT(c->fail.detail));
	if (e != ERR_NEED)
		return e;
	/* A second run must start with this step again, so what comes next is kept apart until the commit. */
	x->next_step = c->next;
	c->next = step;
	return e;
}

static void write_group(struct worker *w, struct exchange **batch, size_t n)
{
	struct db_job *jobs[GROUP];
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		struct exchange *x = batch[i];
		if (exchange_cancelled(x)) {
			x->result = ERR_CANCELLED;
			continue;
		}
		x->job = (struct db_job){ .run = write_step, .arg = x };
		x->mark = (struct reply_mark){ x->reply.status, x->reply.header_count, x->reply.body,
			x->reply.close };
		jobs[count++] = &x->job;
	}
	db_group(w->db, jobs, count);
	for (size_t i = 0; i < count; i++) {
		struct exchange *x = jobs[i]->arg;
		x->result = explained(x, jobs[i]->result, w->db);
		if (x->result == ERR_NEED)
			x->c.next = x->next_step;
		if (is_fault(x->result))
			untell(x);
		else
			x->wait_reload = effects_run(w->lanes->house, x->c.effects, &x->c);
	}
}

static void write_all(void *arg)
{
	struct worker *w = arg;
	struct exchange *batch[GROUP];
	/* On a shared store each job is a transaction of its own anyway, and the other writers want some too. */
	size_t max = db_is_shared(w->db) ? BATCH : GROUP, n;

	while ((n = queue_take(&w->lanes->queues[LANE_WRITE], batch, max)) > 0) {
		write_group(w, batch, n);
		send_on(w->lanes, batch, n);
		db_upkeep(w->db);
	}
}

/* --- begin and end */

static enum err add_workers(
    struct lanes *l, enum lane lane, int count, const char *name, const struct lane_settings *s)
{
	for (int i = 0; i < count; i++) {
		if (l->worker_count == WORKERS_MAX)
			return ERR_INTERNAL;
		struct worker *w = &l->workers[l->worker_count++];
		*w = (struct worker){ .lanes = l, .lane = lane };
		if (lane == LANE_READ || lane == LANE_WRITE)
			TRY(db_open(s->store, lane == LANE_READ ? DB_READ : DB_WRITE, &w->db));
		w->thread.run = lane == LANE_WRITE ? write_all : work;
		w->thread.arg = w;
		/* A hash takes 20 ms of a core: at the lowest priority the loops hardly notice (measured: p99 0.2 ms). */
		w->thread.nice = lane == LANE_HASH ? 19 : 0;
		snprintf(w->thread.name, sizeof w->thread.name, "%s%d", name, i);
		l->queues[lane].workers++;
	}
	return OK;
}

static enum err open_all(struct lanes *l, const struct lane_settings *s)
{
	struct db *probe;

	TRY(db_open(s->store, DB_WRITE, &probe));
	int writers = db_is_shared(probe) ? s->writers : 1;
	db_close(probe);
	TRY(add_workers(l, LANE_WRITE, writers, "gh-write", s));
	TRY(add_workers(l, LANE_READ, s->readers, "gh-read", s));
	TRY(add_workers(l, LANE_HASH, s->hashers, "gh-hash", s));
	TRY(add_workers(l, LANE_VERIFY, s->verifiers, "gh-verify", s));
	TRY(add_workers(l, LANE_FETCH, s->fetchers, "gh-fetch", s));
	for (size_t i = 0; i < l->worker_count; i++)
		TRY(thread_start(&l->workers[i].thread));
	return OK;
}

enum err lanes_start(struct house *h, const struct lane_settings *s, struct lanes **out)
{
	static const size_t max[LANE_COUNT] = { [LANE_READ] = 4096,
		[LANE_WRITE] = 4096,
		[LANE_HASH] = 64,
		[LANE_VERIFY] = 1024,
		[LANE_FETCH] = 64 };
	struct lanes *l = calloc(1, sizeof *l);

	if (!l)
		abort();
	l->house = h;
	for (int i = 0; i < LANE_COUNT; i++)
		queue_start(&l->queues[i], max[i]);
	enum err e = open_all(l, s);
	if (e != OK) {
		lanes_stop(l);
		lanes_free(l);
		return e;
	}
	*out = l;
	return OK;
}

void lanes_stop(struct lanes *l)
{
	if (!l)
		return;
	for (int i = 0; i < LANE_COUNT; i++)
		queue_end(&l->queues[i]);
	for (size_t i = 0; i < l->worker_count; i++) {
		thread_join(&l->workers[i].thread);
		db_close(l->workers[i].db);
		l->workers[i].db = NULL;
	}
}

void lanes_free(struct lanes *l)
{
	if (!l)
		return;
	for (int i = 0; i < LANE_COUNT; i++)
		queue_free(&l->queues[i]);
	free(l);
}

/* --- the loops' side */

void lane_ask(struct exchange *x)
{
	struct floor *f = x->floor;

	x->next = NULL;
	*f->out_end = x;
	f->out_end = &x->next;
}

/* A refusal may let the connection's next request begin, which may ask again: until there is nothing left. */
void lanes_flush(struct floor *f)
{
	while (f->out_first) {
		struct exchange *list = f->out_first, *by_lane[LANE_COUNT] = { NULL }, **end[LANE_COUNT];
		f->out_first = NULL;
		f->out_end = &f->out_first;
		for (int i = 0; i < LANE_COUNT; i++)
			end[i] = &by_lane[i];
		for (struct exchange *next; list; list = next) {
			next = list->next;
			list->next = NULL;
			*end[list->c.need] = list;
			end[list->c.need] = &list->next;
		}
		for (int i = 0; i < LANE_COUNT; i++) {
			struct exchange *full =
			    by_lane[i] ? queue_add(&f->house->lanes->queues[i], by_lane[i], false) : NULL;
			for (struct exchange *next; full; full = next) {
				next = full->next;
				exchange_go(full, FAIL(&full->c, OVERLOADED, "lane %d is full", i));
			}
		}
	}
}

size_t lane_length(const struct lanes *l, enum lane lane)
{
	return queue_length(&l->queues[lane]);
}
