/*
 * grant_type: what /token can be asked for. The endpoint owns the phases (parse, authenticate the client, look at its
 * DPoP proof, resolve the resource, prepare, redeem, issue, reply); a grant type fills in what is its own and cannot
 * forget any of them.
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
	str jkt;    /* thumbprint of the key of the DPoP proof that came along, checked; empty: none came */
	int64_t id; /* of the code's or refresh token's row, once the text is known to be ours */
	void *own;  /* the grant type's */
	struct authz authz; /* what redeem proved */
};

enum {
	GRANT_PUBLIC = 1, /* clients without a secret may use it */
	GRANT_ALIVE = 2, /* its redeem changes nothing for a client that is blocked or deleted, and says so */
	GRANT_TARGETS = 4, /* where its token is good is its own to find out: it may be elsewhere */
};

struct grant_type {
	str name;
	unsigned flags;
	enum lane lane; /* where redeem runs: WRITE, READ or LOOP */
	/* Everything that needs no lane: runs wherever the client proved itself. */
	enum err (*check)(struct ctx *c, struct token *t);
	/*
	 * Steps before redeem on lanes of their own: foreign signatures, documents. May give NEED with a step of the grant
	 * type's, which finds its request by token_of() and ends with `return token_prepared(c);`. NULL: nothing to prepare.
	 */
	enum err (*prepare)(struct ctx *c, struct token *t);
	/*
	 * Consumes what was sent and fills t->authz. On WRITE it may run twice. On READ it may find that it has to write after
	 * all: `return token_write(c, step);`, where step fills t->authz on WRITE and ends with OK.
	 */
	enum err (*redeem)(struct ctx *c, struct token *t);
};

/* By its name; NULL when it is not one of ours. By number, for the metadata; NULL behind the last. */
const struct grant_type *grant_type_find(str name);
const struct grant_type *grant_type_at(size_t i);

/* The request that these steps are about. */
struct token *token_of(const struct ctx *c);
/* Goes on with redeem. */
enum err token_prepared(struct ctx *c);
/* From a redeem on READ: goes on with fill on WRITE, and then issues. */
enum err token_write(struct ctx *c, enum err (*fill)(struct ctx *c, struct token *t));

/* After the commit: a token is awaited at its resource, when that is one where we would see it. WRITE. */
void token_awaited(struct ctx *c, const struct authz *authz);

extern const struct grant_type grant_authorization_code, grant_refresh_token, grant_client_credentials,
    grant_device_code, grant_token_exchange, grant_jwt_bearer;

#endif
