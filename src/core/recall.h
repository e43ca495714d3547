/*
 * recall: what was read from the store, or verified, a moment ago, so that requests which repeat need neither: clients by
 * their id, the grants of machines, verdicts about tokens. Whatever is remembered stands on a ground (core/standing.h) and is
 * asked about at every use; it is forgotten with its site, so a reload begins anew. Thread-safe, bounded; one a site.
 */
#ifndef CORE_RECALL_H
#define CORE_RECALL_H

#include "core/ctx.h"
#include "core/standing.h"
#include "crypto/crypto.h"

#define RECALL_SECONDS 60 /* what the store said is asked again after this, whatever was heard */

enum recalled {
	RECALL_CLIENT,  /* struct client, by SHA-256 of its id */
	RECALL_MACHINE, /* struct machine, by recall_machine_key */
	RECALL_VERDICT, /* struct verdict (introspect.c), by SHA-256 of the token */
	RECALL_KEYS, /* struct jwks (assertion_check.c), by SHA-256 of its text: it says nothing but what the text says */
	RECALL_COUNT
};

struct recall;

struct recall *recall_new(void);
void recall_free(struct recall *r);

/*
 * LOOP; RECALL_KEYS, which stands on nothing, on any lane. What is kept under the key, if it has not run out and its ground is
 * good; it lives as long as the request. NULL: not known, or not known any more. *ended, when given: it is known to have ended, which needs no look at the store.
 */
const void *recall_find(struct ctx *c, enum recalled what, const unsigned char key[SHA256_SIZE], bool *ended);

/*
 * Keeps value until `until`, in place of what was there. It lies in mem, of which a reference is taken, and which nobody
 * writes any more. What takes more than a page is not kept. Any lane but WRITE, whose truth may be taken back.
 */
void recall_keep(struct ctx *c, enum recalled what, const unsigned char key[SHA256_SIZE], struct arena *mem,
    const void *value, const struct ground *ground, int64_t until);

/* This process has just signed the token: whoever is asked what it says need not verify it (47 us). Any lane. */
void recall_made(struct ctx *c, str token);
/* True for the newest of those, by SHA-256 of the whole text; false says nothing. Any lane. */
bool recall_was_made(struct ctx *c, const unsigned char key[SHA256_SIZE]);
bool recall_made_here(struct ctx *c, str token); /* the same, by the text */

#endif
