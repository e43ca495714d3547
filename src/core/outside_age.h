/* outside_age: how long a document of somebody else stays fresh, by its headers (RFC 9111 section 4.2). Pure. */
#ifndef CORE_OUTSIDE_AGE_H
#define CORE_OUTSIDE_AGE_H

#include "core/fetch.h"

/*
 * Seconds that an answer, which came at now, may be used without asking again: what Cache-Control or Expires say, less its
 * Age, and never less than least nor more than most. What forbids keeping it gets least: a document is asked for on every
 * authorization, and a host that says no-store is not to be asked by everybody's click. usual: when nothing is said.
 */
int64_t outside_age(const struct fetch_answer *a, int64_t now, int64_t least, int64_t most, int64_t usual);

#endif
