/*
 * once: what may come once within a window of time, such as the jti of a DPoP proof (RFC 9449 section 11.1). Bounded: when
 * there is no room left, the oldest are forgotten and whatever is no newer than they were is refused from then on. So a flood
 * shortens the time that a proof is good for, and never lets one pass twice. Memory of one process; thread-safe.
 */
#ifndef CORE_ONCE_H
#define CORE_ONCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ONCE_MAX ((size_t)1 << 20) /* for a daemon: 32 MiB when full */

enum once_result {
	ONCE_FIRST,
	ONCE_AGAIN,
	ONCE_FORGOTTEN, /* it is so old that we can no longer tell */
	ONCE_FULL,      /* too many that are dated in the future */
};

struct once;

/* Holds at most max, each for window seconds from its date. */
struct once *once_new(size_t max, int64_t window);
void once_free(struct once *o);
/*
 * Notes what is named by a hash (SHA-256, or another one that nobody can choose) and dated `at`. Dates are epoch seconds
 * within the window of now, before or after; whoever calls has looked.
 */
enum once_result once_take(struct once *o, const unsigned char hash[32], int64_t at, int64_t now);

#endif
