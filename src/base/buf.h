/* buf: bytes being written; grows in an arena, or on the heap when made with no arena. Writers fail closed at max. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"

struct buf {
	char *p;
	size_t n, cap;
	size_t max;        /* 0: no limit */
	struct arena *mem; /* NULL: heap, give back with buf_free */
	bool full;         /* something did not fit in max and was left out */
};

#define BUF(arena_)             \
	{                       \
		.mem = (arena_) \
	}

void buf_put(struct buf *b, str s);
void buf_char(struct buf *b, char c);
void buf_int(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
/* Room for n more bytes at the end; the caller writes them and adds to b->n. NULL when past max. */
char *buf_room(struct buf *b, size_t n) CHECKED;
/* Drops the first n bytes. */
void buf_shift(struct buf *b, size_t n);
/* The bytes written so far; valid until the next write. */
str buf_str(const struct buf *b);
/* Frees a heap buffer and leaves it empty; an arena buffer is just emptied. */
void buf_free(struct buf *b);

#endif
