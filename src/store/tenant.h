/* tenant: the first tenant and the account that owns it, which every store has. */
#ifndef STORE_TENANT_H
#define STORE_TENANT_H

#include "sql_gen.h"

#define TENANT_FIRST "default" /* its slug */

/*
 * The first tenant; made when the store is new. Of two nodes that start together one makes it. DB_WRITE, no
 * transaction.
 */
CHECKED enum err tenant_load_first(
    struct db *db, struct arena *mem, int64_t now_ms, struct tenant_by_slug_out *out);

#endif
