/* guard: what proves the caller before a handler runs. Handlers never look at cookies, sessions or form tokens themselves. */
#ifndef APP_GUARD_H
#define APP_GUARD_H

#include "app/exchange.h"

/* Parses the query string and a posted form into c->query and c->form. ERR_PARAM_SYNTAX. */
CHECKED enum err guard_params(struct ctx *c);
/*
 * Reads the browser's cookies and session and checks what the route's guard asks. On READ. OK with *answered when the answer is
 * made already: a GET that wants a session is sent to /login and will come back. ERR_SESSION_MISSING, ERR_CSRF,
 * ERR_CONTENT_TYPE.
 */
CHECKED enum err guard_check(struct ctx *c, enum guard guard, bool *answered);
/* Adds the browser cookie to the answer when it was made for it. */
void guard_cookies(struct ctx *c);

#endif
