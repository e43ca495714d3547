/*
 * reply: the one writer of refusals. Rich reasons stay inside (recorder, log), dull words go out, in the style of the
 * route: JSON (RFC 6749 section 5.2), page, bearer challenge (RFC 6750 section 3), JSON-RPC error, plain text.
 */
#ifndef APP_REPLY_H
#define APP_REPLY_H

#include "app/exchange.h"

/* RFC 6797: browsers come by https only, for a year from their last visit. This host alone: others on the domain are not ours. */
#define REPLY_HSTS "max-age=31536000"

/* Replaces whatever stands in c->reply by the refusal e; records it and puts its id into the words. */
void reply_refusal(struct ctx *c, enum err e);
/* The URL of a resource's metadata (RFC 9728 section 3.1): the path goes behind the well-known name. */
str reply_metadata_url(struct arena *mem, const struct resource *r);
/* The challenge that goes with e at c's resource: one WWW-Authenticate value. For answers that are streamed. */
str reply_challenge(struct ctx *c, enum err e, str description);

#endif
