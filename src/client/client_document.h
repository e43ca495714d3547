/*
 * client_document: clients whose client_id is the address of their metadata document. They need no registration; their
 * document is fetched when somebody wants to use them and kept in memory (core/outside.h). The row that a first consent
 * gives them keeps what the document said, so that tokens are refreshed while its host is down and after we restarted.
 */
#ifndef CLIENT_CLIENT_DOCUMENT_H
#define CLIENT_CLIENT_DOCUMENT_H

#include "core/ctx.h"

/* True for a client_id that is to be read as such an address here: documents are on, and it has a scheme. */
bool client_documented(const struct ctx *c, str client_id);
/* Its client as far as this request or memory has a fresh document. Any lane. ERR_NOT_FOUND: client_document_fetch it. */
CHECKED enum err client_document_open(struct ctx *c, str client_id, struct client *out);
/*
 * FETCH. Its client, and this request remembers it. DOCUMENT_..., CLIENT_NOT_ALLOWED (before anybody is asked),
 * RATE_LIMITED.
 */
CHECKED enum err client_document_fetch(struct ctx *c, str client_id, struct client *out);
/* True for refusals of client_document_fetch that say nothing about the client: what was known of it still holds. */
bool client_document_outage(enum err e);

/*
 * READ. client_find for who may be a document's client: when its document must be fetched first, gives ERR_NEED, and
 * `again` runs on READ with the document at hand; it is to come here once more. ERR_NOT_FOUND, and as client_document_fetch.
 */
CHECKED enum err client_get(
    struct ctx *c, str client_id, enum err (*again)(struct ctx *c), struct client *out);

#endif
