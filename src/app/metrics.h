/* metrics: counters of one floor, written by its thread alone and read by whoever asks. */
#ifndef APP_METRICS_H
#define APP_METRICS_H

#include "base/err.h"

#include <stdatomic.h>

#define METRICS_ROUTES 96 /* rows of routes.def, then: resources, and everything without a row */
#define METRICS_RESOURCE (METRICS_ROUTES - 2)
#define METRICS_NOTHING (METRICS_ROUTES - 1)
#define METRICS_CLASSES 5 /* 1xx to 5xx */

struct metrics {
	atomic_uint_fast64_t requests[METRICS_ROUTES][METRICS_CLASSES];
	atomic_uint_fast64_t refusals[ERR_COUNT];
};

/* One more; there is one writer, so no locked instruction is needed. */
static inline void metrics_add(atomic_uint_fast64_t *counter)
{
	atomic_store_explicit(
	    counter, atomic_load_explicit(counter, memory_order_relaxed) + 1, memory_order_relaxed);
}

static inline void metrics_request(struct metrics *m, size_t route, int status)
{
	if (status >= 100 && status < 600)
		metrics_add(&m->requests[route][status / 100 - 1]);
}

#endif
