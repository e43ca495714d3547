/* after: where a person goes once signed in: back to an authorization, to the page that asked for the sign-in, or to the start. */
#ifndef LOGIN_AFTER_H
#define LOGIN_AFTER_H

#include "core/ctx.h"

struct after {
	str txn;  /* an authorization in progress, or empty */
	str next; /* a path of this host with its query, or empty */
};

/* Takes both from a query or a form. What could lead elsewhere is left out: it is only convenience. */
struct after after_read(const struct form *f);
/* The absolute URL, on our own origin whatever was asked for. */
str after_url(struct ctx *c, const struct after *a);

#endif
