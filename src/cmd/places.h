/* places: where clients look for metadata, made of an address by the rules of the specifications. Pure. */
#ifndef CMD_PLACES_H
#define CMD_PLACES_H

#include "base/url.h"

#define PLACES_ISSUER 3

/* Metadata of the resource u: behind the host with the path (and query) after it (RFC 9728 section 3.1), or without. */
str place_metadata(struct arena *mem, const struct url *u, bool with_path);
/*
 * Metadata of the issuer u, in the order of clients (RFC 8414 section 3.1 and 5, OpenID Connect Discovery section 4):
 * between host and path for both, and for the latter also behind the path. How many: 2 without a path, else 3.
 */
size_t place_issuer(struct arena *mem, const struct url *u, str forms[PLACES_ISSUER]);

#endif
