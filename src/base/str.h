/* str: a borrowed slice of bytes. Never NUL-terminated past the edge, never owned. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A slice borrows its bytes: from the request's arena, a literal, or a snapshot. p may be NULL when n is 0. */
typedef struct str {
	const char *p;
	size_t n;
} str;

#define S(lit) ((str){ "" lit, sizeof(lit) - 1 })
#define S_INIT(lit)                     \
	{                               \
		"" lit, sizeof(lit) - 1 \
	}                        /* for static tables */
#define FMT(s) (int)(s).n, (s).p /* for "%.*s" */
#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Every fallible prototype is CHECKED: its result must be looked at. */
#define CHECKED __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

/* The slice over a NUL-terminated string; NULL gives the empty slice. */
str str_of(const char *z);
/* Byte equality. Not for secrets: use secret_eq. */
bool str_eq(str a, str b);
/* ASCII case-insensitive equality. */
bool str_ieq(str a, str b);
/* Order by bytes, shorter first; <0, 0, >0. */
int str_cmp(str a, str b);
bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);
/* Index of the first c, or -1. */
ptrdiff_t str_index(str s, char c);
/* Index of the first occurrence of needle, or -1. */
ptrdiff_t str_find(str s, str needle);
bool str_has(str s, char c);
/* Bytes [from, to); both are clamped to the slice. */
str str_sub(str s, size_t from, size_t to);
/* s without ASCII blanks and tabs at both ends. */
str str_trim(str s);
/* Splits at the first sep: head before it, tail after it. False (head = s, tail empty) when there is none. */
bool str_cut(str s, char sep, str *head, str *tail);
/* Takes the next word out of *rest, words separated by one or more sep. False at the end. */
bool str_word(str *rest, char sep, str *word);
/* True if word is one of the sep-separated words of list. */
bool str_list_has(str list, char sep, str word);
/* A decimal integer, no sign but '-', no blanks, no overflow. */
bool str_int(str s, int64_t *out);
/* True if every byte is in [lo, hi]. */
bool str_within(str s, unsigned char lo, unsigned char hi);
/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). */
bool str_utf8(str s);
/* Bytes of the well-formed UTF-8 sequence that s starts with, 1 to 4; 0 when there is none. */
size_t str_utf8_step(str s);

#endif
