/*
 * breaking: what the rooms' tests of a failing store share: a plan for both handles of a test's house, and a table's differences,
 * all of which are said, not the first alone.
 */
#ifndef TEST_STORE_BREAKING_H
#define TEST_STORE_BREAKING_H

#include "base/err.h"
#include "store/db_fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static int breaking_wrong; /* differences so far */

/* From now on both handles break as the plan says, which is: not yet. */
static inline void breaking_start(struct fault *plan, struct db **reader, struct db **writer)
{
	*plan = (struct fault){ .with = ERR_STORE };
	*reader = db_fault(*reader, plan);
	*writer = db_fault(*writer, plan);
}

static inline void breaking_err(
    const char *sentence, const char *statement, const char *when, enum err got, enum err want)
{
	if (got == want)
		return;
	print_error("%s, without %s: %s it is %s, not %s\n", sentence, statement, when, err_row(got)->name,
	    err_row(want)->name);
	breaking_wrong++;
}

static inline void breaking_holds(const char *sentence, const char *statement, const char *what, bool is)
{
	if (is)
		return;
	print_error("%s, without %s: %s\n", sentence, statement, what);
	breaking_wrong++;
}

#endif
