/*
 * presented: the access token that came with a request (RFC 6750 section 2, RFC 9449 section 7.1), at a resource and at
 * /userinfo alike: by which scheme, and whether who sent it holds the key that it is bound to.
 */
#ifndef OAUTH_PRESENTED_H
#define OAUTH_PRESENTED_H

#include "core/ctx.h"
#include "http/auth.h"

struct presented {
	enum auth_scheme scheme; /* Bearer or DPoP */
	str token;
};

/*
 * From the header alone; c->query has been read. TOKEN_IN_QUERY, AUTH_MALFORMED, TOKEN_MISSING, TOKEN_SCHEME,
 * TOKEN_MALFORMED for one that is longer than any of ours.
 */
CHECKED enum err presented_read(struct ctx *c, struct presented *out);
/*
 * Section 7.2: bound tokens are no bearer tokens, and those of bearers prove nothing beside a proof. jkt is the key that the
 * token says it is bound to, empty for none. TOKEN_BOUND, TOKEN_UNBOUND.
 */
CHECKED enum err presented_scheme(struct ctx *c, const struct presented *p, str jkt);
/*
 * VERIFY, after presented_scheme. The proof of a bound token, made for url; nothing for the others. TOKEN_PROOF and its kin
 * (oauth/proof.h).
 */
CHECKED enum err presented_proof(struct ctx *c, const struct presented *p, str jkt, str url);

#endif
