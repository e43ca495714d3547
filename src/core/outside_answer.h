/*
 * outside_answer: what the answer of a stranger's server is worth, and the words for people when it is worth nothing.
 * Private to core/outside.c.
 */
#ifndef CORE_OUTSIDE_ANSWER_H
#define CORE_OUTSIDE_ANSWER_H

#include "core/fetch.h"
#include "core/outside.h"

/* One question and how it went. */
struct flight {
	const char *noun; /* of what is asked for, in words that go out */
	enum outside_kind kind;
	str url, host;
	uint64_t host_key;
	struct fetch_answer answer;
	enum err code;
};

/* OK when it came and valid says so; else DOCUMENT_..., with what is said to people in c->fail.say. */
CHECKED enum err outside_judge(
    struct ctx *c, const struct flight *f, enum err (*valid)(struct ctx *c, str body, void *arg), void *arg);

#endif
