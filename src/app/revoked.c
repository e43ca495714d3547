#include "app/revoked.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

struct entry {
	int64_t id;
	int64_t before;
	int64_t until; /* 0: free */
	int32_t kind;
};

#define SKEW 120 /* seconds that two clocks may differ */

struct revoked {
	pthread_rwlock_t lock;
	struct entry *slots;
	size_t cap, used; /* cap: a power of two */
	atomic_int_fast64_t read_at;
};

static struct entry *find(const struct entry *slots, size_t cap, enum effect_kind kind, int64_t id)
{
	size_t i = (size_t)((((uint64_t)id ^ (uint64_t)kind << 61) * 0x9e3779b97f4a7c15u) >> 32) & (cap - 1);

	while (slots[i].until && (slots[i].id != id || slots[i].kind != (int32_t)kind))
		i = (i + 1) & (cap - 1);
	return (struct entry *)(uintptr_t)&slots[i];
}

/* A new table of what still matters at `now`. */
static void rebuild(struct revoked *r, size_t cap, int64_t now)
{
	struct entry *old = r->slots, *slots = calloc(cap, sizeof *slots);
	size_t n = r->cap;

	if (!slots)
		abort();
	r->used = 0;
	for (size_t i = 0; i < n; i++)
		if (old[i].until > now) {
			*find(slots, cap, (enum effect_kind)old[i].kind, old[i].id) = old[i];
			r->used++;
		}
	r->slots = slots;
	r->cap = cap;
	free(old);
}

struct revoked *revoked_new(void)
{
	struct revoked *r = calloc(1, sizeof *r);

	if (!r)
		abort();
	pthread_rwlock_init(&r->lock, NULL);
	atomic_init(&r->read_at, INT64_MIN / 2);
	rebuild(r, 64, 0);
	return r;
}

void revoked_free(struct revoked *r)
{
	if (!r)
		return;
	pthread_rwlock_destroy(&r->lock);
	free(r->slots);
	free(r);
}

int64_t revoked_before(enum effect_kind kind, int64_t at)
{
	return kind == EFFECT_REVOKE_GRANT || kind == EFFECT_REVOKE_CLIENT ? INT64_MAX : at + SKEW;
}

void revoked_add(struct revoked *r, enum effect_kind kind, int64_t id, int64_t before, int64_t until)
{
	if (until <= 0)
		until = INT64_MAX; /* who does not say how long means for good */
	pthread_rwlock_wrlock(&r->lock);
	struct entry *e = find(r->slots, r->cap, kind, id);
	if (e->until == 0) {
		*e = (struct entry){ .id = id, .before = before, .until = until, .kind = (int32_t)kind };
		if (++r->used * 2 > r->cap)
			rebuild(r, r->cap * 2, 0);
	} else {
		e->before = e->before < before ? before : e->before;
		e->until = e->until < until ? until : e->until;
	}
	pthread_rwlock_unlock(&r->lock);
}

void revoked_lift(struct revoked *r, enum effect_kind kind, int64_t id)
{
	pthread_rwlock_wrlock(&r->lock);
	struct entry *e = find(r->slots, r->cap, kind, id);
	if (e->until)
		e->before = 0; /* its place is given back by the sweep */
	pthread_rwlock_unlock(&r->lock);
}

bool revoked_has(struct revoked *r, enum effect_kind kind, int64_t id, int64_t issued)
{
	pthread_rwlock_rdlock(&r->lock);
	bool yes = r->used && find(r->slots, r->cap, kind, id)->before > issued;
	pthread_rwlock_unlock(&r->lock);
	return yes;
}

/* Each part of a ground, by what it ends. */
static const struct part {
	enum effect_kind kind;
	size_t at; /* in struct ground */
	const char *why;
} parts[] = {
	{ EFFECT_REVOKE_GRANT, offsetof(struct ground, grant), "its grant has ended" },
	{ EFFECT_REVOKE_USER, offsetof(struct ground, user), "the person is blocked" },
	{ EFFECT_REVOKE_CLIENT, offsetof(struct ground, client), "the client is blocked or deleted" },
	{ EFFECT_REVOKE_CLIENT, offsetof(struct ground, origin),
	    "the client that it was exchanged for is blocked or deleted" },
	{ EFFECT_CLIENT_CHANGED, offsetof(struct ground, client), "the client was changed" },
};

static int64_t part_id(const struct ground *g, const struct part *p)
{
	if (p->kind == EFFECT_CLIENT_CHANGED && !g->read)
		return 0;
	return *(const int64_t *)(const void *)((const char *)g + p->at);
}

const char *revoked_why(struct revoked *r, const struct ground *g)
{
	const char *why = NULL;

	pthread_rwlock_rdlock(&r->lock);
	for (size_t i = 0; r->used && !why && i < COUNT(parts); i++) {
		int64_t id = part_id(g, &parts[i]);
		if (id && find(r->slots, r->cap, parts[i].kind, id)->before > g->issued)
			why = parts[i].why;
	}
	pthread_rwlock_unlock(&r->lock);
	return why;
}

bool revoked_hits(enum effect_kind kind, int64_t id, const struct ground *g)
{
	for (size_t i = 0; i < COUNT(parts); i++)
		if (parts[i].kind == kind && id && part_id(g, &parts[i]) == id)
			return true;
	return false;
}

void revoked_read_at(struct revoked *r, int64_t mono_ms)
{
	atomic_store_explicit(&r->read_at, mono_ms, memory_order_release);
}

int64_t revoked_age(const struct revoked *r, int64_t mono_ms)
{
	return mono_ms - atomic_load_explicit(&r->read_at, memory_order_acquire);
}

bool revoked_fresh(const struct revoked *r, int64_t mono_ms)
{
	return revoked_age(r, mono_ms) <= REVOKED_FRESH_MS;
}

void revoked_sweep(struct revoked *r, int64_t now)
{
	pthread_rwlock_wrlock(&r->lock);
	if (r->used)
		rebuild(r, r->cap, now);
	pthread_rwlock_unlock(&r->lock);
}

size_t revoked_count(struct revoked *r)
{
	pthread_rwlock_rdlock(&r->lock);
	size_t n = r->used;
	pthread_rwlock_unlock(&r->lock);
	return n;
}
