/* unit: what every test of base and http includes: cmocka, and asserts that name the row's sentence. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"

#define holds(sentence, truth)                                              \
	do {                                                                \
		if (!(truth))                                               \
			fail_msg("\"%s\": not so: %s", (sentence), #truth); \
	} while (0)

static inline void same(const char *sentence, str got, str want)
{
	if (!str_eq(got, want))
		fail_msg("\"%s\": got '%.*s', want '%.*s'", sentence, FMT(got), FMT(want));
}

static inline void same_err(const char *sentence, enum err got, enum err want)
{
	if (got != want)
		fail_msg("\"%s\": got %s, want %s", sentence, err_row(got)->name, err_row(want)->name);
}

static inline void same_int(const char *sentence, int64_t got, int64_t want)
{
	if (got != want)
		fail_msg("\"%s\": got %lld, want %lld", sentence, (long long)got, (long long)want);
}

#endif
