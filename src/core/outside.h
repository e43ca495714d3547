/*
 * outside: documents of others (client metadata, key sets), fetched by the fetcher child, checked, and kept in memory within
 * bounds: by their headers, clamped; the last good one serves while their host is down (stale-if-error); what cannot be
 * fetched or is not valid is never kept, and is not asked for again at once. Thread-safe; one a process.
 *
 * No answer, a name that does not resolve, a certificate that is not to be believed, any status but 200, 404 and 410, and what
 * is no JSON object are mishaps of their host: the last good one serves. A 404 or 410, and a document that breaks the rules,
 * are its owner's word: the last good one is forgotten.
 */
#ifndef CORE_OUTSIDE_H
#define CORE_OUTSIDE_H

#include "core/ctx.h"

struct outside;

/* What sort of document: each has its own bounds (outside.c has the table). */
enum outside_kind {
	OUTSIDE_CLIENT, /* client metadata: 10 KiB, 60 s to 1 day */
	OUTSIDE_KEYS,   /* a key set: 64 KiB, 60 s to 1 day */
};

#define OUTSIDE_STALE_MAX 86400 /* seconds past its freshness that a document serves while its host is down */

struct outside_doc {
	str body;
	int64_t fetched; /* epoch seconds */
	bool stale;      /* older than its headers allow */
};

struct outside *outside_new(void);
void outside_free(struct outside *o);

/*
 * What is kept of url, copied into c->mem; fresh documents, or with stale_ok also older ones that were good. Any lane.
 * ERR_NOT_FOUND: outside_fetch it on FETCH. Two kinds of one url are two documents.
 */
CHECKED enum err outside_find(
    struct ctx *c, enum outside_kind kind, str url, bool stale_ok, struct outside_doc *out);

/*
 * FETCH. What is kept and fresh, else what is fetched now (several who want one url wait for one fetch), after valid(c, body,
 * arg) has said OK; when its host is down, the last good one, marked stale. valid looks at url and body only, since its
 * verdict is everybody's; it says no by `return FAIL(c, DOCUMENT_INVALID, ...)`. DOCUMENT_ADDRESS, DOCUMENT_UNREACHABLE,
 * DOCUMENT_GONE, DOCUMENT_INVALID, with public words that name host and reason in c->fail.say; RATE_LIMITED when this peer
 * (c->req->peer_key) or host has asked for too many.
 */
CHECKED enum err outside_fetch(struct ctx *c, enum outside_kind kind, str url,
    enum err (*valid)(struct ctx *c, str body, void *arg), void *arg, struct outside_doc *out);

/* True when such public words say that the host could not be reached at all: no name, nobody there, nothing in time. */
bool outside_unreached(str words);

/* Forgets it, so that the next look is a fetch: a key id that is not in the kept set. Once a minute for each url. */
void outside_drop(struct ctx *c, enum outside_kind kind, str url);

#endif
