/* registration: what a client registers (RFC 7591 section 2), checked into a client, and the answer to it. */
#ifndef CLIENT_REGISTRATION_H
#define CLIENT_REGISTRATION_H

#include "core/ctx.h"

struct registration {
	struct client client;
	str application_type; /* as it really is; empty when the client said nothing */
	bool signed_response; /* it asked for an algorithm of its id tokens: it is told which one is used */
	int64_t issued;       /* epoch seconds; 0: not to be told */
};

/*
 * Reads the body of a registration. Unknown members are ignored, and so is every address in it that we would
 * have to fetch: nothing is ever fetched. was: what the client is so far, when it replaces its registration (RFC 7592
 * section 2.2); some of that is kept. NULL: a new one. out->client has no id yet. REGISTER_REDIRECT, REGISTER_METADATA.
 */
CHECKED enum err registration_read(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out);

/* The secret of a client that registered itself, computed again; empty when it has none or only a hash is known. */
str registration_secret(struct ctx *c, const struct client *client);

/*
 * The answer of RFC 7591 section 3.2.1 and RFC 7592 section 3: what was registered, the id, the secret if there is one,
 * and where and with what the registration is managed. No nulls and no empty members: SDKs refuse the whole answer for
 * one. TOO_LARGE when it does not fit the request's memory.
 */
CHECKED enum err registration_write(struct ctx *c, const struct registration *r, str *json);

/* The body of a registration as JSON; only application/json. CONTENT_TYPE, JSON_... */
CHECKED enum err registration_body(struct ctx *c, const struct json **out);

#endif
