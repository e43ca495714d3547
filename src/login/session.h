/*
 * session: who sits at this browser. A cookie (HttpOnly, SameSite=Lax, __Host- on https) that names a row; it lives 30 days
 * from its last use, and every sign-in makes a new one. When one ends, the applications that were signed in to with it are
 * told (oauth/backchannel.h): the row that says so is written in the same transaction.
 */
#ifndef LOGIN_SESSION_H
#define LOGIN_SESSION_H

#include "core/ctx.h"

#define SESSION_SECONDS (30 * 86400)

/*
 * READ or WRITE. Fills c->actor from the cookie; leaves it empty when there is no session that is alive, of this tenant and of
 * an active person. On WRITE it also moves the end of the session, at most once an hour. Errors of the store only.
 */
CHECKED enum err session_load(struct ctx *c);
/*
 * WRITE. Signs an existing person in: a new id and cookie; the browser's old session goes. methods: how it was proved
 * (RFC 8176). c->actor is that person then.
 */
CHECKED enum err session_make(struct ctx *c, int64_t user, str methods);
/* WRITE. Ends this browser's session and takes its cookie back. */
CHECKED enum err session_end(struct ctx *c);
/* WRITE. Ends the sessions of a person, all but keep (0: all). */
CHECKED enum err session_end_others(struct ctx *c, int64_t user, int64_t keep);

#endif
