/* id_token: what an application is told about a sign-in (OpenID Connect Core section 2), and the same token as a hint. */
#ifndef OAUTH_ID_TOKEN_H
#define OAUTH_ID_TOKEN_H

#include "core/ctx.h"

/*
 * The id token beside an access token, signed with the active key; empty when openid was not granted or nobody signed in.
 * TOO_LARGE, CRYPTO. Where that key may sign.
 */
CHECKED enum err id_token_make(struct ctx *c, const struct authz *authz, str access_token, str *out);

/* The session as applications know it: sid, in id tokens and in logout tokens. */
str id_token_sid(struct arena *mem, int64_t session);

/* What an id token of ours says when it comes back. */
struct id_hint {
	int64_t user, session; /* session 0: it names none */
	str client_id;         /* to whom it was given */
};

/*
 * True when it is an id token of this issuer, also one that has expired: a hint says who somebody was, and lets nobody in
 * (OpenID Connect RP-Initiated Logout section 4). False for anything else, an access token among it. 50 us: no loop.
 */
bool id_token_read(struct ctx *c, str token, struct id_hint *out);

#endif
