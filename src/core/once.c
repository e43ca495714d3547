/*
 * A ring of slots, each for a few seconds of dates, each a hash set that grows: so that what is past goes all at once, and
 * the oldest can be given up first.
 */
#include "core/once.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 64
#define NEAR \
	30 /* seconds of the future that clocks are off by; what is dated further ahead gets a quarter of the room */

struct name {
	uint64_t a, b; /* the hash's first half; both 0: free */
};

struct slot {
	int64_t date;      /* seconds / step */
	size_t count, cap; /* cap: a power of two, or 0 */
	struct name *names;
};

struct once {
	pthread_mutex_t lock;
	size_t max, count;
	int64_t window, step;
	int64_t floor; /* what is dated below this may have been forgotten */
	struct slot slots[SLOTS];
};

struct once *once_new(size_t max, int64_t window)
{
	struct once *o = calloc(1, sizeof *o);

	if (!o)
		abort();
	pthread_mutex_init(&o->lock, NULL);
	o->max = max;
	o->window = window;
	o->step = 2 * window / (SLOTS - 2) + 1; /* past and future have room in one round */
	o->floor = INT64_MIN;
	return o;
}

void once_free(struct once *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		free(o->slots[i].names);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

static void empty(struct once *o, struct slot *s)
{
	o->count -= s->count;
	free(s->names);
	*s = (struct slot){ .date = s->date };
}

/* The name's place in a slot that has one: where it stands, or where it would. */
static struct name *place(const struct slot *s, struct name n)
{
	size_t i = n.a & (s->cap - 1);

	while ((s->names[i].a || s->names[i].b) && (s->names[i].a != n.a || s->names[i].b != n.b))
		i = (i + 1) & (s->cap - 1);
	return &s->names[i];
}

static void grow(struct slot *s)
{
	struct slot bigger = { .date = s->date, .count = s->count, .cap = s->cap ? 2 * s->cap : 16 };

	bigger.names = calloc(bigger.cap, sizeof *bigger.names);
	if (!bigger.names)
		abort();
	for (size_t i = 0; i < s->cap; i++)
		if (s->names[i].a || s->names[i].b)
			*place(&bigger, s->names[i]) = s->names[i];
	free(s->names);
	*s = bigger;
}

/* A slot whose dates have all left the window means nothing any more. */
static void drop_past(struct once *o, int64_t now)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (o->slots[i].count && (o->slots[i].date + 1) * o->step <= now - o->window)
			empty(o, &o->slots[i]);
}

static bool known(const struct once *o, struct name n)
{
	for (size_t i = 0; i < SLOTS; i++) {
		const struct slot *s = &o->slots[i];
		if (s->count && place(s, n)->a | place(s, n)->b)
			return true;
	}
	return false;
}

/* How many are dated further ahead than clocks are off. */
static size_t ahead(const struct once *o, int64_t now)
{
	size_t n = 0;

	for (size_t i = 0; i < SLOTS; i++)
		if (o->slots[i].date * o->step > now + NEAR)
			n += o->slots[i].count;
	return n;
}

/* Makes room by giving up the oldest dates; false when these are the ones that are asked about. */
static bool make_room(struct once *o, int64_t at)
{
	struct slot *oldest = NULL;

	for (size_t i = 0; i < SLOTS; i++)
		if (o->slots[i].count && (!oldest || o->slots[i].date < oldest->date))
			oldest = &o->slots[i];
	if (!oldest)
		return false;
	o->floor = (oldest->date + 1) * o->step;
	empty(o, oldest);
	return at >= o->floor;
}

static enum once_result take(struct once *o, struct name n, int64_t at, int64_t now)
{
	struct slot *s = &o->slots[(uint64_t)(at / o->step) % SLOTS];

	drop_past(o, now);
	if (known(o, n))
		return ONCE_AGAIN;
	if (at < o->floor)
		return ONCE_FORGOTTEN;
	if (at > now + NEAR && ahead(o, now) >= o->max / 4)
		return ONCE_FULL;
	if (o->count >= o->max && !make_room(o, at))
		return ONCE_FORGOTTEN;
	if (s->count && s->date != at / o->step) /* a clock that was set: as if these were forgotten */
		empty(o, s);
	s->date = at / o->step;
	if (2 * (s->count + 1) > s->cap)
		grow(s);
	*place(s, n) = n;
	s->count++;
	o->count++;
	return ONCE_FIRST;
}

enum once_result once_take(struct once *o, const unsigned char hash[32], int64_t at, int64_t now)
{
	struct name n;

	memcpy(&n, hash, sizeof n);
	if (n.a == 0 && n.b == 0)
		n.a = 1;
	pthread_mutex_lock(&o->lock);
	enum once_result r = take(o, n, at, now);
	pthread_mutex_unlock(&o->lock);
	return r;
}
