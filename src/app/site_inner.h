/* site_inner: a site that is being made, for the files that make its parts. Private to site_*.c. */
#ifndef APP_SITE_INNER_H
#define APP_SITE_INNER_H

#include "app/site_load.h"

struct site_making {
	struct arena *mem;
	struct house_site *out;
	struct db *db;
	const struct config *config;
	int64_t now_ms;
	struct buf *why;
	str origin; /* of base_url */
};

/* Says in why what the store said. Gives e. */
CHECKED enum err site_store_failed(struct site_making *l, enum err e, const char *what);

/* The protected resources, and the host names of those that have an address of their own. */
CHECKED enum err site_load_resources(struct site_making *l);
/* The clients of the configuration. */
CHECKED enum err site_load_clients(struct site_making *l);

#endif
