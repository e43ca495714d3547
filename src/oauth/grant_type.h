/*
 * grant_type: what /token can be asked for. The endpoint owns the phases (parse, authenticate the client,
 * resolve the resource, redeem, issue, reply); a grant type fills two hooks and cannot forget any of them.
 */
#ifndef OAUTH_GRANT_TYPE_H
#define OAUTH_GRANT_TYPE_H

#include "core/ctx.h"
#include "oauth/params.h"

/* One request to the token endpoint. */
struct token {
	struct token_params p;
	const struct grant_type *type;
	struct client client;            /* authenticated before any hook runs */
	const struct resource *resource; /* asked for; NULL: none was named */
	int64_t id;         /* of the code's or refresh token's row, once the text is known to be ours */
	void *own;          /* the grant type's */
	struct authz authz; /* what redeem proved */
};

enum { GRANT_PUBLIC = 1 }; /* clients without a secret may use it */

struct grant_type {
	str name;
	unsigned flags;
	/* LOOP: everything that needs no store. */
	enum err (*check)(struct ctx *c, struct token *t);
	/* WRITE: consumes what was sent and fills t->authz. May run twice. */
	enum err (*redeem)(struct ctx *c, struct token *t);
};

/* By its name; NULL when it is not one of ours. By number, for the metadata; NULL behind the last. */
const struct grant_type *grant_type_find(str name);
const struct grant_type *grant_type_at(size_t i);

/* After the commit: a token is awaited at its resource, when that is one where we would see it. WRITE. */
void token_awaited(struct ctx *c, const struct authz *authz);

extern const struct grant_type grant_authorization_code, grant_refresh_token;

#endif
