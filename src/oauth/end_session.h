/*
 * end_session: an application asks to end a sign-in (OpenID Connect RP-Initiated Logout). Here is what its request means; the
 * page and the end itself are login's.
 */
#ifndef OAUTH_END_SESSION_H
#define OAUTH_END_SESSION_H

#include "oauth/id_token.h"

struct end_session {
	bool hinted; /* an id token of ours came along */
	struct id_hint hint;
	struct client client; /* who asks; client_id empty: nobody that is known */
	str redirect; /* where the browser goes then, one of the client's registered addresses; empty: nowhere */
	str state;    /* p NULL: none was sent */
};

/* True when the request is an application's at all. */
bool end_session_asked(const struct form *f);
/*
 * READ or WRITE. An address to go to counts only as one that the client has registered, byte for byte, and the client is known
 * by the hint or by client_id; without a client it is ignored. LOGOUT_REDIRECT, LOGOUT_CLIENT, PARAM_...
 */
CHECKED enum err end_session_read(struct ctx *c, const struct form *f, struct end_session *out);
/* True when the hint is of the sign-in of this browser: who has that token need not ask again. */
bool end_session_meant(const struct ctx *c, const struct end_session *e);
/* Where the browser goes, with state. Only when redirect is not empty. */
str end_session_url(struct ctx *c, const struct end_session *e);
/* The same request as a GET of /logout: to a POST from a foreign page the browser adds no cookie of ours. */
str end_session_again(struct ctx *c, const struct form *f);

#endif
