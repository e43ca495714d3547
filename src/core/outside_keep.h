/*
 * outside_keep: the memory of outside.c: documents by kind and URL, good ones and those that could not be had, within
 * bounds of number and bytes; what was looked at longest ago goes first. Not thread-safe: outside.c holds its lock.
 */
#ifndef CORE_OUTSIDE_KEEP_H
#define CORE_OUTSIDE_KEEP_H

#include "core/outside.h"

#define KEEP_GOOD_MAX 2048           /* documents */
#define KEEP_FAILED_MAX 512          /* URLs that have given none */
#define KEEP_BYTES ((size_t)8 << 20) /* of all bodies */
#define KEEP_WHY_MAX 240

struct kept {
	enum outside_kind kind;
	str url;
	/* the last good one; body.p NULL: none */
	str body;
	int64_t fetched, fresh_until;
	/* the last failure since; OK: none */
	enum err code;
	char why[KEEP_WHY_MAX], say[KEEP_WHY_MAX]; /* detail of the failure, and public words; end with NUL */
	int64_t retry_at;
	int failures; /* one after the other */
	/* threads that look at it: it stays where it is */
	int holders;
	bool flying; /* somebody fetches it now */
	/* private */
	uint64_t hash;
	struct kept *chain, *newer, *older;
};

struct keep;

struct keep *keep_new(void);
void keep_free(struct keep *k);
/* What is known of url, now the newest looked at; NULL: nothing. */
struct kept *keep_find(struct keep *k, enum outside_kind kind, str url);
/* As keep_find, or a new empty one, for which the oldest of its sort may go. NULL when all places are held. */
struct kept *keep_get(struct keep *k, enum outside_kind kind, str url);
/* Its body becomes a copy of body (p NULL: it has none any more); older ones go until the bounds hold. */
void keep_put(struct keep *k, struct kept *e, str body);
/* Bodies kept, and their bytes. */
size_t keep_count(const struct keep *k, size_t *bytes);

#endif
