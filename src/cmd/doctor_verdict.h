/*
 * verdict: the list of what was found, in order. Words of a stranger's server end up in a terminal, so what
 * is kept is printable ASCII of bounded length, whatever was sent.
 */
#ifndef CMD_DOCTOR_VERDICT_H
#define CMD_DOCTOR_VERDICT_H

#include "base/arena.h"
#include "cmd/findings.h"

#define VERDICT_SEEN_MAX 480 /* bytes of one finding; what is longer ends in "..." */

struct remark {
	enum finding kind;
	const char *what; /* was looked at */
	str seen;         /* there */
	str remedy;       /* one sentence; empty with FINDING_OK */
	const struct remark *next;
};

struct verdict {
	struct arena *mem;
	void (*tell)(void *to, const struct remark *r); /* called with each as it is found; may be NULL */
	void *to;
	const struct remark *first;
	struct remark *last;
	size_t failed;
	bool strict; /* notes are failures: what is looked at is a client that cannot do without */
};

/* One more finding; fmt gives what was seen. */
void verdict_ok(struct verdict *v, const char *what, const char *fmt, ...) PRINTF(3, 4);
void verdict_note(struct verdict *v, const char *what, const char *remedy, const char *fmt, ...) PRINTF(4, 5);
void verdict_untried(struct verdict *v, const char *what, const char *remedy, const char *fmt, ...)
    PRINTF(4, 5);
void verdict_fail(struct verdict *v, const char *what, const char *remedy, const char *fmt, ...) PRINTF(4, 5);

#endif
