/* handlers: the addresses of tables/routes.def that this room answers; each is the first step, on READ. */
#ifndef LOGIN_HANDLERS_H
#define LOGIN_HANDLERS_H

#include "core/ctx.h"

/* E-mail address and password; goes on to the authorization `txn`, to the local path `next`, or to the start page. */
enum err login_show(struct ctx *c);
enum err login_submit(struct ctx *c);

/* A one-time sign-in link: GET asks, POST uses it up. */
enum err link_show(struct ctx *c);
enum err link_submit(struct ctx *c);

/* The first owner, by the link that `serve` prints while there is none. */
enum err setup_show(struct ctx *c);
enum err setup_submit(struct ctx *c);

/* Signing out: the page, or at once for an application that shows the id token of this sign-in. */
enum err logout_show(struct ctx *c);
/* The page's form, its token already looked at; and whatever is posted to that address. */
enum err logout_submit(struct ctx *c);
enum err logout_post(struct ctx *c);

/* Who one is, and a new password. */
enum err account_show(struct ctx *c);
enum err account_submit(struct ctx *c);

/* What has access in one's name, and taking it back by typing the application's name. */
enum err connections_show(struct ctx *c);
enum err connections_revoke(struct ctx *c);

#endif
