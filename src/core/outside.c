#include "core/outside.h"
#include "base/url.h"
#include "core/limit.h"
#include "core/outside_age.h"
#include "core/outside_answer.h"
#include "core/outside_keep.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_A_MINUTE 60 /* fetches of one host: some serve the documents of many applications */
#define HOST_THREADS 4 /* that fetch from one host or wait for it: the lane has more, which others then get */
#define RETRY_FIRST \
	8 /* seconds until a URL that failed is asked for again; twice as many after each failure */
#define RETRY_MOST 60
#define DROP_PAUSE 60 /* seconds that a document is kept however often outside_drop is called */

static const struct {
	size_t max;           /* bytes */
	int64_t least, usual; /* seconds that it is fresh at least, and when its headers say nothing */
	const char *noun;
} kinds[] = {
	[OUTSIDE_CLIENT] = { 10240, 60, 300, "document" },
	[OUTSIDE_KEYS] = { FETCH_BODY_MAX, 60, 300, "key set" },
};
#define FRESH_MOST 86400

struct outside {
	pthread_mutex_t lock;
	pthread_cond_t landed; /* some flight has */
	struct keep *keep;
	struct limits *limits;
	uint64_t busy[64]; /* hosts that threads are with, one entry a thread; 0: free */
};

struct outside *outside_new(void)
{
	struct outside *o = calloc(1, sizeof *o);

	if (!o)
		abort();
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->landed, NULL);
	o->keep = keep_new();
	o->limits = limits_new();
	return o;
}

void outside_free(struct outside *o)
{
	if (!o)
		return;
	keep_free(o->keep);
	limits_free(o->limits);
	pthread_cond_destroy(&o->landed);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

/* --- what is kept */

static bool fresh(const struct kept *e, int64_t now)
{
	return e->body.p && now < e->fresh_until;
}

static bool usable(const struct kept *e, int64_t now)
{
	return e->body.p && now < e->fresh_until + OUTSIDE_STALE_MAX;
}

static enum err give(struct ctx *c, const struct kept *e, struct outside_doc *out)
{
	char *p = arena_try(c->mem, e->body.n + 1);

	if (!p)
		return FAIL(c, TOO_LARGE, "a document of %zu bytes", e->body.n);
	memcpy(p, e->body.p, e->body.n);
	*out = (struct outside_doc){ { p, e->body.n }, e->fetched, !fresh(e, c->now) };
	return OK;
}

enum err outside_find(struct ctx *c, enum outside_kind kind, str url, bool stale_ok, struct outside_doc *out)
{
	struct outside *o = c->site->outside;
	enum err e = ERR_NOT_FOUND;

	if (!o)
		return e;
	pthread_mutex_lock(&o->lock);
	const struct kept *k = keep_find(o->keep, kind, url);
	if (k && (fresh(k, c->now) || (stale_ok && usable(k, c->now))))
		e = give(c, k, out);
	pthread_mutex_unlock(&o->lock);
	return e;
}

void outside_drop(struct ctx *c, enum outside_kind kind, str url)
{
	struct outside *o = c->site->outside;

	if (!o)
		return;
	pthread_mutex_lock(&o->lock);
	struct kept *k = keep_find(o->keep, kind, url);
	/* only its freshness goes: while its host is down it is still the last good one */
	if (k && fresh(k, c->now) && k->fetched + DROP_PAUSE <= c->now)
		k->fresh_until = c->now;
	pthread_mutex_unlock(&o->lock);
}

/* --- one fetch for all */

static void ask(struct ctx *c, struct flight *f)
{
	const struct config *config = c->site->config;
	struct fetch_policy policy = {
		.max = kinds[f->kind].max,
		.allow = config->outbound_allow,
		.allow_count = config->outbound_allow_count,
		.authorities = config->outbound_authorities,
	};

	if (c->fetch)
		c->fetch->fetch(c->fetch->arg, f->url, &policy, c->mem, &f->answer);
	else
		f->answer = (struct fetch_answer){ .result = FETCH_GONE, .why = S("no fetcher") };
}

static void note(char room[KEEP_WHY_MAX], str text)
{
	(void)snprintf(room, KEEP_WHY_MAX, "%.*s", FMT(text));
}

static int64_t pause_after(int failures)
{
	int64_t pause = failures < 4 ? (int64_t)RETRY_FIRST << failures : RETRY_MOST;

	return pause < RETRY_MOST ? pause : RETRY_MOST;
}

/* With the lock: what memory learns of a flight. */
static void land(struct outside *o, struct ctx *c, struct kept *k, const struct flight *f)
{
	k->flying = false;
	k->code = f->code;
	if (f->code == OK) {
		k->failures = 0;
		k->retry_at = 0;
		k->fetched = c->now;
		k->fresh_until = c->now +
		    outside_age(&f->answer, c->now, kinds[f->kind].least, FRESH_MOST, kinds[f->kind].usual);
		keep_put(o->keep, k, f->answer.body);
	} else {
		note(k->why, c->fail.detail);
		note(k->say, c->fail.say);
		k->retry_at = c->now + pause_after(k->failures++);
		bool withdrawn = f->code == ERR_DOCUMENT_GONE || f->code == ERR_DOCUMENT_INVALID;
		if (k->body.p && (withdrawn || !usable(k, c->now)))
			keep_put(o->keep, k, (str){ NULL, 0 });
	}
	pthread_cond_broadcast(&o->landed);
}

/* With the lock: the failure that is remembered, as if it happened now; the last good one where there is one. */
static enum err recall(struct ctx *c, const struct kept *k, struct outside_doc *out)
{
	if (usable(k, c->now))
		return give(c, k, out);
	(void)fail_set(c, k->code, __FILE__, __LINE__, "%s; asked again in %lld s", k->why,
	    (long long)(k->retry_at > c->now ? k->retry_at - c->now : 0));
	c->fail.say = arena_copy(c->mem, str_of(k->say));
	return k->code;
}

static enum err too_many(struct ctx *c, const struct kept *k, const struct flight *f, int64_t wait,
    const char *what, struct outside_doc *out)
{
	if (usable(k, c->now))
		return give(c, k, out);
	reply_header(c->reply, S("Retry-After"), arena_printf(c->mem, "%lld", (long long)wait));
	return FAIL(c, RATE_LIMITED, "%.*s: too many documents %s", FMT(str_sub(f->url, 0, 160)), what);
}

static uint64_t *busy_place(struct outside *o, uint64_t host_key)
{
	uint64_t *free_place = NULL;
	int count = 0;

	for (size_t i = 0; i < COUNT(o->busy); i++) {
		count += o->busy[i] == host_key;
		if (!o->busy[i])
			free_place = &o->busy[i];
	}
	return count < HOST_THREADS ? free_place : NULL;
}

/* With the lock: may this be fetched now? OK, or the answer instead, as for outside_fetch. */
static enum err may_fly(struct outside *o, struct ctx *c, const struct kept *k, const struct flight *f,
    bool *go, struct outside_doc *out)
{
	int64_t burst = c->site->config->limit_documents, wait = 1;

	*go = false;
	if (!limit_take(o->limits, LIMIT_DOCUMENT_PEER, c->req->peer_key, c->now_ms, burst, burst, &wait))
		return too_many(c, k, f, wait, "for one address", out);
	if (burst > 0 &&
	    !limit_take(
		o->limits, LIMIT_DOCUMENT_HOST, f->host_key, c->now_ms, HOST_A_MINUTE, HOST_A_MINUTE, &wait))
		return too_many(c, k, f, wait, "of one host", out);
	*go = true;
	return OK;
}

/* With the lock, which it gives up while it asks. */
static enum err fly(struct outside *o, struct ctx *c, struct kept *k, struct flight *f,
    enum err (*valid)(struct ctx *c, str body, void *arg), void *arg, struct outside_doc *out)
{
	k->flying = true;
	pthread_mutex_unlock(&o->lock);
	ask(c, f);
	f->code = outside_judge(c, f, valid, arg);
	pthread_mutex_lock(&o->lock);
	land(o, c, k, f);
	return f->code == OK || usable(k, c->now) ? give(c, k, out) : f->code;
}

/* With the lock: one thread of those that one host may have. */
static enum err go_through(struct outside *o, struct ctx *c, struct kept *k, struct flight *f,
    enum err (*valid)(struct ctx *c, str body, void *arg), void *arg, struct outside_doc *out)
{
	bool go = true;

	while (k->flying) /* a fetch ends after 5 s, whatever the host does */
		pthread_cond_wait(&o->landed, &o->lock);
	if (fresh(k, c->now))
		return give(c, k, out);
	if (k->code != OK && c->now < k->retry_at)
		return recall(c, k, out);
	enum err e = may_fly(o, c, k, f, &go, out);
	return go ? fly(o, c, k, f, valid, arg, out) : e;
}

static uint64_t host_key(str host)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < host.n; i++)
		h = (h ^ (unsigned char)(host.p[i] | 0x20)) * 0x100000001b3u;
	return h | 1;
}

enum err outside_fetch(struct ctx *c, enum outside_kind kind, str url,
    enum err (*valid)(struct ctx *c, str body, void *arg), void *arg, struct outside_doc *out)
{
	struct outside *o = c->site->outside;
	struct flight f = { .noun = kinds[kind].noun, .kind = kind, .url = url };
	struct url u;
	enum err e;

	if (!o)
		return FAIL(c, DOCUMENT_UNREACHABLE, "documents are not fetched here");
	if (url.n > FETCH_URL_MAX || url_parse(url, &u) != OK)
		return FAIL(c, DOCUMENT_INVALID, "%.*s is no URL", FMT(str_sub(url, 0, 160)));
	f.host = u.host;
	f.host_key = host_key(u.host);
	pthread_mutex_lock(&o->lock);
	struct kept *k = keep_get(o->keep, kind, url);
	uint64_t *place = k && !(k->flying && usable(k, c->now)) ? busy_place(o, f.host_key) : NULL;
	if (place) {
		*place = f.host_key;
		k->holders++;
		e = go_through(o, c, k, &f, valid, arg, out);
		k->holders--;
		*place = 0;
	} else {
		struct kept none = { 0 };
		e = too_many(c, k ? k : &none, &f, 1, "at once", out);
	}
	pthread_mutex_unlock(&o->lock);
	return e;
}
