/* handlers: the first steps of the addresses where clients register; tables/routes.def names them. */
#ifndef CLIENT_HANDLERS_H
#define CLIENT_HANDLERS_H

#include "core/ctx.h"

/* LOOP. RFC 7591; WRITE only for a registration that is too large to be sealed into its own id. */
enum err register_client(struct ctx *c);
/* LOOP, then READ and WRITE. RFC 7592: a client looks at its registration, replaces it, or deletes itself. */
enum err register_manage(struct ctx *c);

#endif
