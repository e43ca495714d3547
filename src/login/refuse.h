/* refuse: a form shown again with what was wrong, instead of the error page: the person keeps what was typed. */
#ifndef LOGIN_REFUSE_H
#define LOGIN_REFUSE_H

#include "core/ctx.h"

/*
 * Call FAIL() first. Keeps the refusal for `gatehouse why`, puts its id into *id (a field of the view), and replies with the
 * page under the refusal's HTTP status.
 */
enum err refuse_page(struct ctx *c, int page, const void *view, str *id);

/* https://host below which everything of this tenant is, and a local path: what redirects are made of. */
str local_url(struct ctx *c, str path);

#endif
