/*
 * A table of fixed size: who comes from many addresses can push others' buckets out (which is then a full bucket, so nobody
 * is refused by it), but cannot make us keep more.
 */
#include "core/limit.h"
#include "crypto/crypto.h"

#include <pthread.h>
#include <stdlib.h>

#define SETS 1024
#define WAYS 4
#define UNIT 60000 /* parts of one taking, so that a bucket fills every millisecond without fractions */

struct bucket {
	uint64_t key; /* mixed with its kind; 0: free */
	int64_t level, at_ms;
};

struct limits {
	pthread_mutex_t lock;
	uint64_t seed; /* nobody outside can choose whose bucket is pushed out */
	struct bucket sets[SETS][WAYS];
};

struct limits *limits_new(void)
{
	struct limits *l = calloc(1, sizeof *l);

	if (!l)
		abort();
	pthread_mutex_init(&l->lock, NULL);
	rand_bytes(&l->seed, sizeof l->seed);
	return l;
}

void limits_free(struct limits *l)
{
	if (!l)
		return;
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* The bucket of key, or the one that was idle the longest, emptied of its past: that is, filled. */
static struct bucket *find(struct limits *l, uint64_t key, int64_t now_ms, int64_t full)
{
	struct bucket *set = l->sets[mix(key ^ l->seed) % SETS], *oldest = set;

	for (int i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].at_ms < oldest->at_ms)
			oldest = &set[i];
	}
	*oldest = (struct bucket){ .key = key, .level = full, .at_ms = now_ms };
	return oldest;
}

bool limit_take(struct limits *l, enum limit_kind kind, uint64_t key, int64_t now_ms, int64_t burst,
    int64_t per_minute, int64_t *wait)
{
	int64_t full = burst * UNIT;

	if (key == 0 || burst <= 0)
		return true;
	pthread_mutex_lock(&l->lock);
	struct bucket *b = find(l, mix(key * LIMIT_KINDS + (uint64_t)kind) | 1, now_ms, full);
	int64_t passed = now_ms > b->at_ms ? now_ms - b->at_ms : 0;
	if (passed > 60000 * (burst / (per_minute > 0 ? per_minute : 1) + 1))
		b->level = full;
	else
		b->level += passed * per_minute;
	if (b->level > full)
		b->level = full;
	b->at_ms = now_ms;
	bool ok = b->level >= UNIT;
	if (ok)
		b->level -= UNIT;
	else if (wait)
		*wait = per_minute > 0 ? (UNIT - b->level + per_minute * 1000 - 1) / (per_minute * 1000) : 60;
	pthread_mutex_unlock(&l->lock);
	return ok;
}

enum err limit_pass(struct ctx *c, enum limit_kind kind, uint64_t key, int64_t a_minute, const char *what)
{
	int64_t wait = 1;

	if (!c->site->limits || limit_take(c->site->limits, kind, key, c->now_ms, a_minute, a_minute, &wait))
		return OK;
	reply_header(c->reply, S("Retry-After"), arena_printf(c->mem, "%lld", (long long)wait));
	return FAIL(c, RATE_LIMITED, "more than %lld %s a minute", (long long)a_minute, what);
}
