/* address: where the requests of a resource go: its upstream address taken apart, and where a redirect of it leads. */
#ifndef GATE_ADDRESS_H
#define GATE_ADDRESS_H

#include "base/arena.h"
#include "base/err.h"

/* Slices of the address that was parsed. */
struct upstream {
	str host; /* without brackets */
	int port;
	str authority; /* what Host says: host[:port] as written */
	str path;      /* "/mcp"; "/" when the address has none */
};

/* ERR_BAD_URL unless it is an http address with a host, without a user, a query or a fragment. */
CHECKED enum err upstream_parse(str address, struct upstream *out);

/*
 * Where the Location of a redirect leads, as path and query (p == NULL: none) at the same upstream; they live in mem.
 * ERR_BAD_URL when it is another origin, or no address: then following it would send somebody's request elsewhere.
 */
CHECKED enum err upstream_follow(
    struct arena *mem, const struct upstream *up, str location, str *path, str *query);

#endif
