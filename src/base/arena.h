/*
 * arena: the memory of one request. Everything in it is freed at once, when the last reference goes.
 * What a peer decides the size of is taken with arena_try, which honours the cap; the small fixed things
 * of handlers are taken with arena_alloc, which never returns NULL.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena;

/* A new arena holding one reference; at most cap bytes through arena_try. Aborts when the system has no memory. */
struct arena *arena_new(size_t cap);
/* The same for what outlives its request by far and is small: begins with half a KiB instead of a page. */
struct arena *arena_small(size_t cap);
/* One more owner. Atomic: owners may sit on several threads, but only one allocates at a time. */
struct arena *arena_ref(struct arena *a);
/* One owner less; the last one frees everything. NULL is fine. */
void arena_unref(struct arena *a);
/* n zeroed bytes, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((returns_nonnull, malloc, alloc_size(2)));
/* n zeroed bytes, or NULL when the arena's cap would be passed. */
void *arena_try(struct arena *a, size_t n) __attribute__((malloc, alloc_size(2))) CHECKED;
/* count * size zeroed bytes, or NULL on overflow or past the cap. */
void *arena_try_array(struct arena *a, size_t count, size_t size) CHECKED;
/* A copy of s in the arena (with a NUL behind it, not counted). */
str arena_copy(struct arena *a, str s);
/* printf into the arena (with a NUL behind it, not counted). */
str arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
/* Makes the newest allocation longer where it stands, the new bytes zeroed, and gives p; NULL when that cannot be done. */
void *arena_extend(struct arena *a, const void *p, size_t from, size_t to)
    __attribute__((alloc_size(4))) CHECKED;
/* Runs fn(arg) when the last reference goes: for what an arena's objects hold outside it. Newest first. */
void arena_defer(struct arena *a, void (*fn)(void *), void *arg);
/* Bytes handed out so far. */
size_t arena_used(const struct arena *a);

#define NEW(mem, type) ((type *)arena_alloc((mem), sizeof(type)))
#define NEW_ARRAY(mem, type, count) ((type *)arena_alloc((mem), sizeof(type) * (count)))

#endif
