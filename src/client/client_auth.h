/* client_auth: how a client proves itself: none, client_secret_basic, client_secret_post or private_key_jwt. */
#ifndef CLIENT_CLIENT_AUTH_H
#define CLIENT_CLIENT_AUTH_H

#include "core/ctx.h"

/* What the body of a request said of its client. */
struct client_body {
	str client_id;
	struct secret secret;
	struct secret assertion; /* client_assertion (RFC 7523 section 2.2) */
	str assertion_type;
	/*
	 * What the caller does next asks the store whether the client is active, by a statement that changes nothing when it is
	 * not: then a sealed client with a secret or none is not looked up here.
	 */
	bool later;
};

/*
 * `return client_prove(c, &body, &job->client, then);`: reads what the request offers (exactly one method, one client:
 * RFC 6749 section 2.3), finds the client and checks its proof against the method it registered, on whatever lanes that
 * takes; then goes on with `then`, which must do nothing that needs a lane. Names the client in c->actor for whoever records
 * what happened. out must live as long as the request. Starts on LOOP. CLIENT_UNKNOWN, CLIENT_SECRET, CLIENT_METHOD,
 * CLIENT_ASSERTION, CLIENT_REPLAYED, CLIENT_BLOCKED.
 */
enum err client_prove(
    struct ctx *c, const struct client_body *body, struct client *out, enum err (*then)(struct ctx *c));

#endif
