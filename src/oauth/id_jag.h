/*
 * id_jag: identity assertion authorization grants. What an identity provider says of a person to another authorization
 * server, so that an application of the house gets access there without a page of its own. Made here for others, and taken
 * here from those that the file trusts.
 */
#ifndef OAUTH_ID_JAG_H
#define OAUTH_ID_JAG_H

#include "core/ctx.h"

#define ID_JAG_TYP S_INIT("oauth-id-jag+jwt")
#define ID_JAG_SECONDS 300 /* lifetime of one */

/* What one says. */
struct id_jag {
	str audience;  /* issuer of the authorization server that it is for */
	str client_id; /* what that one calls the application */
	int64_t user;
	str email;
	str resource, scope; /* may be empty */
	int64_t auth_time;
	str methods; /* blank-separated, as sessions keep them */
};

/* Signs one with the active key. LOOP. TOO_LARGE, CRYPTO. */
CHECKED enum err id_jag_write(struct ctx *c, const struct id_jag *jag, str *out);

#endif
