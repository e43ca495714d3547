/* reference_clients: tables/clients.def as a page, and as an object for programs and for our own stories. */
#ifndef ADMIN_REFERENCE_CLIENTS_H
#define ADMIN_REFERENCE_CLIENTS_H

#include "base/buf.h"

void reference_clients_page(struct buf *out, struct arena *mem);
/* {"clients":[{"id", "name", "addresses", "documents", "registration", "authorize", ...}]} */
void reference_clients_json(struct buf *out, struct arena *mem);

#endif
