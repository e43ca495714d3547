/* client_auth: how a client proves itself: none, client_secret_basic or client_secret_post. */
#ifndef OAUTH_CLIENT_AUTH_H
#define OAUTH_CLIENT_AUTH_H

#include "core/ctx.h"

enum client_method { CLIENT_AUTH_NONE, CLIENT_AUTH_BASIC, CLIENT_AUTH_POST };

/* What a request offers. */
struct client_proof {
	str client_id;
	enum client_method method;
	struct secret secret;  /* as sent */
	struct secret decoded; /* Basic: form-decoded as RFC 6749 section 2.3.1 wants it, which SDKs forget */
};

/* What the body said: client_id, client_secret, and whether there was an assertion. */
struct client_body {
	str client_id;
	struct secret secret;
	bool assertion;
};

/* Exactly one method, one client (RFC 6749 section 2.3). CLIENT_METHOD. */
CHECKED enum err client_proof_read(struct ctx *c, const struct client_body *body, struct client_proof *out);

/*
 * Finds the client and checks its proof against the method it registered. On LOOP a client that only the
 * store knows gives ERR_NOT_FOUND: then ask again on READ. CLIENT_UNKNOWN, CLIENT_SECRET, CLIENT_METHOD,
 * CLIENT_BLOCKED. Names the client in c->actor for whoever records what happened.
 */
CHECKED enum err client_authenticate(struct ctx *c, const struct client_proof *proof, struct client *out);

#endif
