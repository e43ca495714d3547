/* registration: what a client registers (RFC 7591 section 2), checked into a client, and the answer to it. */
#ifndef OAUTH_REGISTRATION_H
#define OAUTH_REGISTRATION_H

#include "core/ctx.h"

struct registration {
	struct client client; /* without its client_id */
	str application_type; /* as it really is; empty when the client said nothing */
	bool signed_response; /* it asked for an algorithm of its id tokens: it is told which one is used */
};

/*
 * Reads the body of a registration. Unknown members are ignored, and so is every address in it that we would
 * have to fetch: nothing is ever fetched. REGISTER_REDIRECT, REGISTER_METADATA.
 */
CHECKED enum err registration_read(struct ctx *c, const struct json *body, struct registration *out);

/*
 * The answer of RFC 7591 section 3.2.1: what was registered, the id, and the secret if there is one. No nulls
 * and no empty members: SDKs refuse the whole answer for one. TOO_LARGE when it does not fit the request's
 * memory.
 */
CHECKED enum err registration_write(struct ctx *c, const struct registration *r, str secret, str *json);

#endif
