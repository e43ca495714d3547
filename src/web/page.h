/* page: what a step asked for with reply_page, as HTML. The pages themselves are ui/pages, made into C by the build. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "core/ctx.h"

/* Fills c->reply->body from c->page and c->view; does nothing when no page was asked for. Pure: any lane. */
void page_render(struct ctx *c);
/* Path of an issuer, without a slash at its end: "" or "/t/acme". Local addresses begin with it. */
str page_base(str issuer);

#endif
