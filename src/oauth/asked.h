/*
 * asked: the rules of an authorization request (OAuth 2.1 section 4.1.1), the same whether it comes by the browser or is
 * pushed ahead (RFC 9126 section 2.1). Their order is their security, so they stand in one table: before the redirect's rule
 * has run there is nowhere to send an error to.
 */
#ifndef OAUTH_ASKED_H
#define OAUTH_ASKED_H

#include "oauth/ask.h"
#include "oauth/params.h"

struct asked {
	struct form form; /* of the query, or of the body: never both (AUTHZ-43) */
	struct authorize_who who;
	struct authorize_params p;
	struct ask ask; /* what comes of it */
	bool pushing;   /* it is being pushed, by a client that has proved itself */
};

/* Who asks, and where the answer shall go: as the form says. CLIENT_UNKNOWN_PAGE, PARAM_... */
CHECKED enum err asked_who(struct ctx *c, struct asked *a);
/* Finds the client, by its document if it has one: then `again` runs (client_get). READ. CLIENT_UNKNOWN_PAGE, CLIENT_BLOCKED_PAGE,
 * CLIENT_NOT_ALLOWED, DOCUMENT_... */
CHECKED enum err asked_client(struct ctx *c, enum err (*again)(struct ctx *c), struct asked *a);
/* Everything else, with a->ask.client known. Any lane but LOOP: a hint may have to be verified. */
CHECKED enum err asked_check(struct ctx *c, struct asked *a);
/*
 * The resource that a client asks for (RFC 8707; the only one, when it names none) and the scopes that it gets there.
 * RESOURCE_UNKNOWN, RESOURCE_MISSING, SCOPE_UNKNOWN.
 */
CHECKED enum err asked_target(struct ctx *c, const struct client *client, const struct param_list *resources,
    str scope, const struct resource **resource, str *given);

#endif
