/*
 * clock: lets a test skip time instead of waiting for it. Included by one file of a test, it stands before the C library's
 * clock_gettime for the whole program, libuv and the sanitizers included; only CLOCK_MONOTONIC moves, and only forward.
 */
#ifndef UNIT_CLOCK_H
#define UNIT_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_int_fast64_t clock_skipped_ms;

__attribute__((visibility("default"))) int clock_gettime(clockid_t id, struct timespec *ts)
{
	long e = syscall(SYS_clock_gettime, id, ts);
	int64_t ms = atomic_load(&clock_skipped_ms);

	if (e != 0 || (id != CLOCK_MONOTONIC && id != CLOCK_MONOTONIC_COARSE))
		return (int)e;
	ts->tv_sec += ms / 1000;
	ts->tv_nsec += ms % 1000 * 1000000;
	if (ts->tv_nsec >= 1000000000) {
		ts->tv_sec++;
		ts->tv_nsec -= 1000000000;
	}
	return 0;
}

/* Whoever sleeps must be woken to notice. */
static inline void clock_skip(int64_t ms)
{
	atomic_fetch_add(&clock_skipped_ms, ms);
}

#endif
