#include "gate/pass.h"

#include <stdlib.h>
#include <string.h>

#define SETS 1024 /* of two: 2048 tokens a loop, 1.3 MiB when full */
#define PLACE_MAX 160

struct entry {
	unsigned char hash[32];
	struct pass pass; /* expires 0: empty; its place's text is the one below */
	char resource[PLACE_MAX];
};

struct set {
	struct entry way[2];
	unsigned char older; /* which of them yields */
};

struct pass_cache {
	struct set sets[SETS];
};

struct pass_cache *pass_cache_new(void)
{
	struct pass_cache *k = calloc(1, sizeof *k); /* pages come when they are touched */

	if (k == NULL)
		abort();
	return k;
}

void pass_cache_free(struct pass_cache *k)
{
	free(k);
}

void pass_cache_clear(struct pass_cache *k)
{
	for (size_t i = 0; i < SETS; i++)
		for (size_t w = 0; w < 2; w++)
			if (k->sets[i].way[w].pass.expires) /* without touching pages that were never used */
				k->sets[i].way[w].pass.expires = 0;
}

static struct set *set_of(struct pass_cache *k, const unsigned char hash[32])
{
	return &k->sets[((unsigned)hash[0] << 8 | hash[1]) % SETS];
}

/* The whole place is compared: a verdict for one resource is never one for another, whatever their names hash to. */
static bool is_at(const struct pass *p, struct pass_place at)
{
	return p->place.tenant == at.tenant && str_eq(p->place.resource, at.resource);
}

/* The hash is of a secret but no secret: an early end of memcmp tells nothing that helps to find a token. */
const struct pass *pass_cache_find(
    struct pass_cache *k, const unsigned char hash[32], struct pass_place at, int64_t now)
{
	struct set *set = set_of(k, hash);

	for (unsigned char i = 0; i < 2; i++) {
		const struct entry *e = &set->way[i];
		if (e->pass.expires > now && memcmp(e->hash, hash, 32) == 0 && is_at(&e->pass, at)) {
			set->older = !i;
			return &e->pass;
		}
	}
	return NULL;
}

/* Two requests with one new token both put it: it takes its own place again instead of pushing another out. */
static unsigned char choose(const struct set *set, const unsigned char hash[32], struct pass_place at)
{
	for (unsigned char i = 0; i < 2; i++)
		if (memcmp(set->way[i].hash, hash, 32) == 0 && is_at(&set->way[i].pass, at))
			return i;
	return set->older;
}

void pass_cache_put(struct pass_cache *k, const unsigned char hash[32], const struct pass *p)
{
	struct set *set = set_of(k, hash);
	str at = p->place.resource;

	if (p->long_sub.n || p->long_scope.n || at.n > PLACE_MAX)
		return;
	unsigned char i = choose(set, hash, p->place);
	struct entry *e = &set->way[i];
	memcpy(e->hash, hash, 32);
	memcpy(e->resource, at.p, at.n);
	e->pass = *p;
	e->pass.place.resource.p = e->resource;
	set->older = !i;
}
