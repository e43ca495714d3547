/* err: one enum for every way to fail, made from tables/err.def. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/buf.h"

enum err {
	OK = 0,
#define ERR(name, kind, status, code, words, expected, rule, mend) ERR_##name,
#include "err.def"
#undef ERR
	ERR_COUNT
};

enum err_kind {
	ERR_KIND_REFUSAL, /* the peer did something that is not allowed: the transaction commits */
	ERR_KIND_FAULT,   /* something of ours failed: the transaction rolls back */
	ERR_KIND_INNER,   /* never reaches a peer; a caller turns it into something else */
};

/* One row of err.def: what goes out (status, code, words) and what `gatehouse why` explains (expected, rule, mend). */
struct err_row {
	const char *name;
	enum err_kind kind;
	int status;           /* HTTP status */
	const char *code;     /* OAuth error code, "" where the answer is not an OAuth one */
	const char *words;    /* public words: say what to do, never a secret, no '"' and no '=' */
	const char *expected; /* what a right request would have had */
	const char *rule;     /* the RFC section or our own rule */
	const char *mend;     /* one line that mends it */
};

const struct err_row *err_row(enum err e);

/* For who runs this program: how it failed (why, or the public words where nothing more is known), and the line that mends it. */
void err_tell(struct buf *out, enum err e, str why);

/* The only macro that changes control flow: returns the error of a call to the caller. */
#define TRY(call)                       \
	do {                            \
		enum err try_ = (call); \
		if (try_ != OK)         \
			return try_;    \
	} while (0)

#endif
