/* An open-addressed table of those addresses that have connections; it grows with them and never needs sweeping. */
#include "net/peers.h"

#include <pthread.h>
#include <stdlib.h>

struct slot {
	uint64_t key;
	int64_t count; /* 0: free */
};

struct peers {
	pthread_mutex_t lock;
	struct slot *slots;
	size_t cap, used; /* cap: a power of two */
};

static size_t start_of(const struct peers *p, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (p->cap - 1);
}

/* The slot of key, or the free one where it would stand. */
static struct slot *find(const struct peers *p, uint64_t key)
{
	size_t i = start_of(p, key);

	while (p->slots[i].count && p->slots[i].key != key)
		i = (i + 1) & (p->cap - 1);
	return &p->slots[i];
}

static void grow(struct peers *p)
{
	struct slot *old = p->slots;
	size_t n = p->cap;

	p->cap = n ? n * 2 : 64;
	p->slots = calloc(p->cap, sizeof *p->slots);
	if (!p->slots)
		abort();
	for (size_t i = 0; i < n; i++)
		if (old[i].count)
			*find(p, old[i].key) = old[i];
	free(old);
}

struct peers *peers_new(void)
{
	struct peers *p = calloc(1, sizeof *p);

	if (!p)
		abort();
	pthread_mutex_init(&p->lock, NULL);
	grow(p);
	return p;
}

void peers_free(struct peers *p)
{
	if (!p)
		return;
	pthread_mutex_destroy(&p->lock);
	free(p->slots);
	free(p);
}

bool peers_enter(struct peers *p, uint64_t key, int64_t max)
{
	bool in = false;

	pthread_mutex_lock(&p->lock);
	struct slot *s = find(p, key);
	if (s->count < max) {
		in = true;
		s->key = key;
		if (s->count++ == 0 && ++p->used * 2 > p->cap)
			grow(p);
	}
	pthread_mutex_unlock(&p->lock);
	return in;
}

/* Closes the gap that a freed slot leaves in its chain, so that no tombstones are needed. */
static void drop(struct peers *p, struct slot *s)
{
	size_t hole = (size_t)(s - p->slots), mask = p->cap - 1;

	p->used--;
	for (size_t i = (hole + 1) & mask; p->slots[i].count; i = (i + 1) & mask) {
		size_t home = start_of(p, p->slots[i].key);
		/* movable when its home is not between the hole and where it stands */
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			p->slots[hole] = p->slots[i];
			p->slots[i].count = 0;
			hole = i;
		}
	}
}

void peers_leave(struct peers *p, uint64_t key)
{
	pthread_mutex_lock(&p->lock);
	struct slot *s = find(p, key);
	if (s->count && --s->count == 0)
		drop(p, s);
	pthread_mutex_unlock(&p->lock);
}
