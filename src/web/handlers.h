/* handlers: the addresses of tables/routes.def that this room answers. */
#ifndef WEB_HANDLERS_H
#define WEB_HANDLERS_H

#include "core/ctx.h"

/* The start page: how to add each protected server to each application; the way to sign in for those who have not. */
enum err home_show(struct ctx *c);
/* A file of ui/static: for ever under the name with its hash, otherwise checked by its ETag. ERR_NO_ROUTE. */
enum err static_show(struct ctx *c);
/* A plain text about this server for programs that read. Names no protected server: those are for who has signed in. */
enum err llms_show(struct ctx *c);

#endif
