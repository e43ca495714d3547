/* site_load: the snapshot that requests read, made of the configuration, the store's keys and its rows. */
#ifndef APP_SITE_LOAD_H
#define APP_SITE_LOAD_H

#include "base/buf.h"
#include "core/site.h"
#include "net/addr.h"

struct db;

/* A site with what app derives from it once, instead of in every request. */
struct house_site {
	struct site site; /* first */
	str issuer_path;  /* "" or "/auth" */
	str issuer_host;  /* without port and brackets kept */
	bool loopback;    /* of base_url: then every loopback name is our host */
	const str *hosts; /* of resources that have an address of their own */
	size_t host_count;
	const struct cidr *trusted;
	size_t trusted_count;
};

static inline const struct house_site *house_site(const struct site *s)
{
	return (const struct house_site *)(const void *)s;
}

/*
 * Makes the site; give it back with site_unref. db: DB_WRITE, no transaction (a new store gets its keys here). On error
 * `why` has one clear sentence, and nothing is kept.
 */
CHECKED enum err site_load(
    const struct config *config, struct db *db, int64_t now_ms, struct house_site **out, struct buf *why);

#endif
