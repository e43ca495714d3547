/* audit: rows about what the store decides, written inside that transaction. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "core/ctx.h"

/* One row in the current transaction (c->db on WRITE). Names of events stand in tables/events.def. */
CHECKED enum err audit_put(struct ctx *c, const struct audit *a);

#endif
