#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST ((size_t)256)

/* Moves the bytes to a home of at least `need`; false when an arena has reached its cap. */
static bool grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : FIRST;
	char *p;

	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	if (!b->mem) {
		p = realloc(b->p, cap);
		if (!p)
			abort();
	} else {
		p = b->p ? arena_extend(b->mem, b->p, b->cap, cap) : NULL;
		bool moved = !p;
		if (!p)
			p = arena_try(b->mem, cap);
		if (!p)
			p = arena_try(b->mem, cap = need); /* doubling may be what passes the cap */
		if (!p)
			return false;
		if (moved && b->p)
			memcpy(p, b->p, b->n);
	}
	b->p = p;
	b->cap = cap;
	return true;
}

char *buf_room(struct buf *b, size_t n)
{
	size_t need;

	if (n < b->cap - b->n && b->max == 0)
		return b->p + b->n; /* nearly always */
	if (__builtin_add_overflow(b->n, n, &need) || (b->max && need > b->max))
		return NULL;
	if ((need > b->cap || !b->p) && !grow(b, need))
		return NULL;
	return b->p + b->n;
}

/* Once something was left out, so is all that follows: a text with a hole in it would be worse than a short one. */
static char *writable(struct buf *b, size_t n)
{
	char *p = b->full ? NULL : buf_room(b, n);

	if (!p)
		b->full = true;
	return p;
}

void buf_put(struct buf *b, str s)
{
	if (s.n == 0)
		return;
	char *p = writable(b, s.n);
	if (!p)
		return;
	memcpy(p, s.p, s.n);
	b->n += s.n;
}

void buf_char(struct buf *b, char c)
{
	char *p = writable(b, 1);

	if (!p)
		return;
	*p = c;
	b->n++;
}

void buf_int(struct buf *b, int64_t v)
{
	char text[20];
	size_t at = sizeof text;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		text[--at] = (char)('0' + u % 10);
	while (u /= 10);
	if (v < 0)
		text[--at] = '-';
	buf_put(b, (str){ text + at, sizeof text - at });
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	char small[256];
	char *text = small, *big = NULL;
	va_list args, again;

	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(small, sizeof small, fmt, args);
	if (n < 0)
		abort(); /* only a broken format can do that */
	if ((size_t)n >= sizeof small) {
		/* not into the buffer itself: the NUL that vsnprintf writes might not fit in max */
		text = big = malloc((size_t)n + 1);
		if (!big)
			abort();
		vsnprintf(big, (size_t)n + 1, fmt, again);
	}
	buf_put(b, (str){ text, (size_t)n });
	free(big);
	va_end(again);
	va_end(args);
}

void buf_shift(struct buf *b, size_t n)
{
	if (n > b->n)
		n = b->n;
	if (n && n < b->n)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

str buf_str(const struct buf *b)
{
	return (str){ b->p, b->n };
}

void buf_free(struct buf *b)
{
	if (!b->mem) {
		free(b->p);
		b->p = NULL;
		b->cap = 0;
	}
	b->n = 0;
	b->full = false;
}
