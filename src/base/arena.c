/*
 * Blocks of growing size, filled from the bottom. Free memory in a block is always zero: new blocks come from
 * calloc and used bytes are wiped when the arena goes, so that no secret of one request outlives it.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONS 1
#endif
#endif

#ifdef POISONS
#include <sanitizer/asan_interface.h>
#define GAP 16 /* a poisoned strip between two objects finds a write past the end of either */
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define GAP 0
#endif

#define ALIGN ((size_t)16)
#define CLASSES 3 /* blocks of 4, 8 and 16 KiB are kept for the next request */
#define CLASS_SIZE(c) ((size_t)4096 << (c))
#define SMALL ((size_t)512)
#define KEEP 32                        /* of each class and thread: 896 KiB at most */
#define SIZE_MAX_GROWN ((size_t)65536) /* blocks grow up to here; what is bigger gets a block of its own */

struct block {
	struct block *next;
	size_t size; /* of data */
	size_t used;
	size_t pad;
	_Alignas(16) char data[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *);
	void *arg;
};

struct arena {
	atomic_uint refs;
	size_t cap, used;
	struct block *blocks;      /* the first one is being filled */
	char *last;                /* newest object, for arena_extend */
	struct deferred *deferred; /* newest first */
	size_t grow;               /* size of the next block, headers included */
};

static _Thread_local struct {
	struct block *first;
	int n;
} kept[CLASSES];

static int class_of(size_t size)
{
	for (int c = 0; c < CLASSES; c++)
		if (size == CLASS_SIZE(c))
			return c;
	return -1;
}

/* size: the whole block, header included. */
static struct block *block_get(size_t size)
{
	int c = class_of(size);

	if (c >= 0 && kept[c].first) {
		struct block *b = kept[c].first;
		kept[c].first = b->next;
		kept[c].n--;
		b->next = NULL;
		return b;
	}
	struct block *b = calloc(1, size);
	if (!b)
		abort();
	b->size = size - sizeof *b;
	ASAN_POISON_MEMORY_REGION(b->data, b->size);
	return b;
}

static void block_put(struct block *b)
{
	int c = class_of(b->size + sizeof *b);

	ASAN_UNPOISON_MEMORY_REGION(b->data, b->used);
	explicit_bzero(b->data, b->used);
	b->used = 0;
#ifndef POISONS /* the sanitizer wants to see every free */
	if (c >= 0 && kept[c].n < KEEP) {
		b->next = kept[c].first;
		kept[c].first = b;
		kept[c].n++;
		return;
	}
#endif
	(void)c;
	free(b);
}

/* room: n rounded up, so it fits. */
static void *take(struct block *b, size_t n, size_t room)
{
	char *p = b->data + b->used;

	b->used += room;
	ASAN_UNPOISON_MEMORY_REGION(p, n);
	return p;
}

static struct block *add_block(struct arena *a, size_t room)
{
	size_t size = a->grow;

	if (room + sizeof(struct block) > size) {
		size = room + sizeof(struct block);
	} else if (a->grow < SIZE_MAX_GROWN) {
		a->grow *= 2;
	}
	struct block *b = block_get(size);
	struct block *top = a->blocks;
	/* A big object's own block goes behind the one being filled, whose rest stays useful. */
	if (size > SIZE_MAX_GROWN && top) {
		b->next = top->next;
		top->next = b;
	} else {
		b->next = top;
		a->blocks = b;
	}
	return b;
}

/* first: size of the first block. */
static struct arena *begin(size_t cap, size_t first)
{
	struct block *b = block_get(first);
	struct arena *a = take(b, sizeof *a, (sizeof *a + ALIGN - 1) & ~(ALIGN - 1));

	atomic_init(&a->refs, 1);
	a->cap = cap;
	a->blocks = b;
	a->grow = 2 * first;
	return a;
}

struct arena *arena_new(size_t cap)
{
	return begin(cap, CLASS_SIZE(0));
}

struct arena *arena_small(size_t cap)
{
	return begin(cap, SMALL);
}

struct arena *arena_ref(struct arena *a)
{
	atomic_fetch_add_explicit(&a->refs, 1, memory_order_relaxed);
	return a;
}

void arena_unref(struct arena *a)
{
	if (!a || atomic_fetch_sub_explicit(&a->refs, 1, memory_order_acq_rel) != 1)
		return;

	/* These may still use what lies in the arena, and even take from it. */
	while (a->deferred) {
		struct deferred *d = a->deferred;
		a->deferred = d->next;
		d->fn(d->arg);
	}
	/* The arena itself lies in the first block made; nothing of it is read once the walk has begun. */
	for (struct block *b = a->blocks, *next; b; b = next) {
		next = b->next;
		block_put(b);
	}
}

static void *alloc(struct arena *a, size_t n)
{
	size_t room;

	if (__builtin_add_overflow(n, ALIGN - 1 + GAP, &room) || room > SIZE_MAX / 2)
		abort();
	room &= ~(ALIGN - 1);
	if (room == 0)
		room = ALIGN; /* two objects never share an address */

	struct block *b = a->blocks;
	if (b->size - b->used < room)
		b = add_block(a, room);
	a->used += room - GAP;
	a->last = take(b, n, room);
	return a->last;
}

void *arena_alloc(struct arena *a, size_t n)
{
	return alloc(a, n);
}

void *arena_try(struct arena *a, size_t n)
{
	if (a->used > a->cap || n > a->cap - a->used || n > SIZE_MAX / 4)
		return NULL;
	return alloc(a, n);
}

void *arena_try_array(struct arena *a, size_t count, size_t size)
{
	size_t n;

	return __builtin_mul_overflow(count, size, &n) ? NULL : arena_try(a, n);
}

void *arena_extend(struct arena *a, const void *p, size_t from, size_t to)
{
	struct block *b = a->blocks;
	size_t at, room;

	/* `last` may lie in a big object's own block, which has nothing to spare. */
	if (!p || p != a->last || to < from || a->last < b->data || a->last > b->data + b->used)
		return NULL;
	at = (size_t)(a->last - b->data);
	if (__builtin_add_overflow(to, ALIGN - 1 + GAP, &room))
		return NULL;
	room &= ~(ALIGN - 1);
	if (room > b->size - at || a->used > a->cap || to - from > a->cap - a->used)
		return NULL;
	if (at + room > b->used) {
		a->used += at + room - b->used;
		b->used = at + room;
	}
	ASAN_UNPOISON_MEMORY_REGION(a->last, to);
	return a->last;
}

void arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
	struct deferred *d = NEW(a, struct deferred);

	*d = (struct deferred){ a->deferred, fn, arg };
	a->deferred = d;
}

str arena_copy(struct arena *a, str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return (str){ p, s.n };
}

str arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args, again;

	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	if (n < 0)
		abort(); /* only a broken format can do that */
	char *p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(args);
	return (str){ p, (size_t)n };
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
