/* metadata: what clients read first. Made once per site and sent as it is. */
#ifndef OAUTH_METADATA_H
#define OAUTH_METADATA_H

#include "core/site.h"
#include "base/json.h"

/*
 * The document of RFC 8414, which OpenID Connect Discovery readers take too: every member is true of this
 * server, none is null or empty. Nothing of any request stands in it: base_url is the only source of
 * addresses. site->tenant, config, resources and signing must be set.
 */
str metadata_write(struct arena *mem, const struct site *site);

/* The RFC 9728 document of one resource. */
str resource_metadata_write(struct arena *mem, const struct site *site, const struct resource *r);

#endif
