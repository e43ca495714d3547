#include "core/recall.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 16

static const struct {
	size_t sets;
	bool alone; /* without a ground */
} kinds[RECALL_COUNT] = {
	[RECALL_CLIENT] = { 256 },
	[RECALL_MACHINE] = { 256 },
	[RECALL_VERDICT] = { 256 },
	[RECALL_KEYS] = { 16, .alone = true }, /* a key takes 3 KiB that no arena counts */
};

/* Bytes used of the arena that a value lies in: as a rule one or two thousand. All of a kind hold 30 MiB at the very most. */
#define VALUE_MAX ((size_t)4096)

#define MADE 16384 /* 512 KiB, touched as they come */

struct slot {
	unsigned char key[SHA256_SIZE];
	int64_t until; /* 0: free */
	struct ground ground;
	struct arena *mem;
	const void *value;
};

struct set {
	struct slot way[WAYS];
	unsigned char oldest; /* which of them yields */
};

struct recall {
	pthread_rwlock_t lock;
	struct set *at[RECALL_COUNT];
	unsigned char (*made)[SHA256_SIZE]; /* MADE of them, each at its own hash's place */
};

struct recall *recall_new(void)
{
	struct recall *r = calloc(1, sizeof *r);

	if (!r)
		abort();
	pthread_rwlock_init(&r->lock, NULL);
	for (size_t i = 0; i < RECALL_COUNT; i++) {
		r->at[i] = calloc(kinds[i].sets, sizeof(struct set)); /* pages come when they are touched */
		if (!r->at[i])
			abort();
	}
	r->made = calloc(MADE, SHA256_SIZE);
	if (!r->made)
		abort();
	return r;
}

void recall_free(struct recall *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < RECALL_COUNT; i++) {
		for (size_t s = 0; s < kinds[i].sets; s++)
			for (size_t w = 0; w < WAYS; w++)
				if (r->at[i][s].way[w].mem)
					arena_unref(r->at[i][s].way[w].mem);
		free(r->at[i]);
	}
	free(r->made);
	pthread_rwlock_destroy(&r->lock);
	free(r);
}

static struct set *set_of(const struct recall *r, enum recalled what, const unsigned char *key)
{
	return &r->at[what][((size_t)key[0] << 8 | key[1]) % kinds[what].sets];
}

static void release(void *mem)
{
	arena_unref(mem);
}

/* The keys are hashes of secrets and no secrets: an early end of memcmp tells nothing that helps to find a token. */
static bool copy(
    struct recall *r, enum recalled what, const unsigned char *key, int64_t now, struct slot *out)
{
	bool found = false;

	pthread_rwlock_rdlock(&r->lock);
	const struct set *set = set_of(r, what, key);
	for (size_t w = 0; w < WAYS && !found; w++)
		if (set->way[w].until > now && memcmp(set->way[w].key, key, SHA256_SIZE) == 0) {
			*out = set->way[w];
			(void)arena_ref(out->mem);
			found = true;
		}
	pthread_rwlock_unlock(&r->lock);
	return found;
}

const void *recall_find(struct ctx *c, enum recalled what, const unsigned char key[SHA256_SIZE], bool *ended)
{
	struct slot slot;

	if (ended)
		*ended = false;
	if (!c->site->recall || (c->lane != LANE_LOOP && !kinds[what].alone) ||
	    !copy(c->site->recall, what, key, c->now, &slot))
		return NULL;
	arena_defer(c->mem, release, slot.mem);
	if (kinds[what].alone)
		return slot.value;
	enum standing standing = standing_look(c, &slot.ground);
	if (ended)
		*ended = standing == STANDING_ENDED;
	return standing == STANDING_GOOD ? slot.value : NULL;
}

/* Two requests with one new token both keep it: it takes its own place again instead of pushing another out. */
static unsigned char choose(const struct set *set, const unsigned char *key)
{
	for (unsigned char w = 0; w < WAYS; w++)
		if (set->way[w].until && memcmp(set->way[w].key, key, SHA256_SIZE) == 0)
			return w;
	return set->oldest;
}

void recall_keep(struct ctx *c, enum recalled what, const unsigned char key[SHA256_SIZE], struct arena *mem,
    const void *value, const struct ground *ground, int64_t until)
{
	struct recall *r = c->site->recall;
	struct slot slot = { .until = until, .ground = *ground, .mem = mem, .value = value };

	if (!r || c->lane == LANE_WRITE || arena_used(mem) > VALUE_MAX || until <= c->now)
		return;
	memcpy(slot.key, key, SHA256_SIZE);
	(void)arena_ref(mem);
	pthread_rwlock_wrlock(&r->lock);
	struct set *set = set_of(r, what, key);
	unsigned char w = choose(set, key);
	struct arena *old = set->way[w].mem;
	set->way[w] = slot;
	if (w == set->oldest)
		set->oldest = (unsigned char)((w + 1) % WAYS);
	pthread_rwlock_unlock(&r->lock);
	arena_unref(old);
}

static unsigned char *place_of(const struct recall *r, const unsigned char *key)
{
	return r->made[((size_t)key[2] << 8 | key[3]) % MADE];
}

void recall_made(struct ctx *c, str token)
{
	struct recall *r = c->site->recall;
	unsigned char key[SHA256_SIZE];

	if (!r)
		return;
	sha256(token, key);
	pthread_rwlock_wrlock(&r->lock);
	memcpy(place_of(r, key), key, SHA256_SIZE);
	pthread_rwlock_unlock(&r->lock);
}

bool recall_was_made(struct ctx *c, const unsigned char key[SHA256_SIZE])
{
	struct recall *r = c->site->recall;

	if (!r)
		return false;
	pthread_rwlock_rdlock(&r->lock);
	bool yes = memcmp(place_of(r, key), key, SHA256_SIZE) == 0;
	pthread_rwlock_unlock(&r->lock);
	return yes;
}

bool recall_made_here(struct ctx *c, str token)
{
	unsigned char key[SHA256_SIZE];

	sha256(token, key);
	return recall_was_made(c, key);
}
