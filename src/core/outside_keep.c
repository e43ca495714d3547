/*
 * Two lists by age: those with a body and those without. A flood of URLs that give nothing pushes out only its like, and
 * never a document that works.
 */
#include "core/outside_keep.h"
#include "crypto/crypto.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024

struct line {
	struct kept *newest, *oldest;
	size_t count;
};

struct keep {
	struct kept *buckets[BUCKETS];
	struct line good, failed;
	size_t bytes;
	uint64_t seed; /* nobody outside can fill one bucket */
};

struct keep *keep_new(void)
{
	struct keep *k = calloc(1, sizeof *k);

	if (!k)
		abort();
	rand_bytes(&k->seed, sizeof k->seed);
	return k;
}

static uint64_t hash_of(const struct keep *k, enum outside_kind kind, str url)
{
	uint64_t h = k->seed ^ (uint64_t)kind;

	for (size_t i = 0; i < url.n; i++) {
		h = (h ^ (unsigned char)url.p[i]) * 0x100000001b3u;
		h ^= h >> 29;
	}
	return h;
}

static struct line *line_of(struct keep *k, const struct kept *e)
{
	return e->body.p ? &k->good : &k->failed;
}

static void unlink_line(struct keep *k, struct kept *e)
{
	struct line *l = line_of(k, e);

	*(e->newer ? &e->newer->older : &l->newest) = e->older;
	*(e->older ? &e->older->newer : &l->oldest) = e->newer;
	e->newer = e->older = NULL;
	l->count--;
}

static void link_line(struct keep *k, struct kept *e)
{
	struct line *l = line_of(k, e);

	e->older = l->newest;
	*(l->newest ? &l->newest->newer : &l->oldest) = e;
	l->newest = e;
	l->count++;
}

static void drop(struct keep *k, struct kept *e)
{
	struct kept **at = &k->buckets[e->hash % BUCKETS];

	while (*at != e)
		at = &(*at)->chain;
	*at = e->chain;
	unlink_line(k, e);
	k->bytes -= e->body.n;
	free((void *)(uintptr_t)e->body.p);
	free((void *)(uintptr_t)e->url.p);
	free(e);
}

void keep_free(struct keep *k)
{
	if (!k)
		return;
	while (k->good.oldest)
		drop(k, k->good.oldest);
	while (k->failed.oldest)
		drop(k, k->failed.oldest);
	free(k);
}

/* The oldest that nobody holds goes, but never `spared`; false when there is none. */
static bool drop_oldest(struct keep *k, const struct line *l, const struct kept *spared)
{
	for (struct kept *e = l->oldest; e; e = e->newer)
		if (e != spared && e->holders == 0) {
			drop(k, e);
			return true;
		}
	return false;
}

static str copy(str s)
{
	char *p = malloc(s.n + 1);

	if (!p)
		abort();
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (str){ p, s.n };
}

struct kept *keep_find(struct keep *k, enum outside_kind kind, str url)
{
	uint64_t hash = hash_of(k, kind, url);

	for (struct kept *e = k->buckets[hash % BUCKETS]; e; e = e->chain)
		if (e->hash == hash && e->kind == kind && str_eq(e->url, url)) {
			unlink_line(k, e);
			link_line(k, e);
			return e;
		}
	return NULL;
}

struct kept *keep_get(struct keep *k, enum outside_kind kind, str url)
{
	struct kept *e = keep_find(k, kind, url);

	if (e || (k->failed.count >= KEEP_FAILED_MAX && !drop_oldest(k, &k->failed, NULL)))
		return e;
	e = calloc(1, sizeof *e);
	if (!e)
		abort();
	e->kind = kind;
	e->url = copy(url);
	e->hash = hash_of(k, kind, url);
	e->chain = k->buckets[e->hash % BUCKETS];
	k->buckets[e->hash % BUCKETS] = e;
	link_line(k, e);
	return e;
}

void keep_put(struct keep *k, struct kept *e, str body)
{
	str fresh = body.p ? copy(body) : (str){ NULL, 0 };

	unlink_line(k, e);
	k->bytes = k->bytes - e->body.n + fresh.n;
	free((void *)(uintptr_t)e->body.p);
	e->body = fresh;
	link_line(k, e);
	while ((k->good.count > KEEP_GOOD_MAX || k->bytes > KEEP_BYTES) && drop_oldest(k, &k->good, e))
		;
	while (k->failed.count > KEEP_FAILED_MAX && drop_oldest(k, &k->failed, e))
		;
}

size_t keep_count(const struct keep *k, size_t *bytes)
{
	*bytes = k->bytes;
	return k->good.count;
}
