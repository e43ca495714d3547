/* routes: the table of addresses (tables/routes.def), and which row a path means. */
#ifndef APP_ROUTES_H
#define APP_ROUTES_H

#include "core/ctx.h"

enum guard { GUARD_NONE, GUARD_MAYBE, GUARD_SESSION, GUARD_FORM, GUARD_SESSION_FORM };
enum cors { CORS_OPEN, CORS_SHUT };

#define ROUTE_BODY_MOST 65536 /* in a row: as much as limits.body says */

struct route {
	int methods; /* enum http_method, or-ed; GET stands for HEAD too */
	str path;    /* relative to the issuer; a star at the end matches everything below */
	enum err (*handler)(struct ctx *c);
	enum lane lane;
	enum guard guard;
	enum style style;
	enum cors cors;
	int64_t body;     /* bytes */
	const char *what; /* an endpoint's name in words that go out; NULL: it is none */
};

size_t route_count(void);
const struct route *route_at(size_t i);
size_t route_index(const struct route *r);

/*
 * The row that answers at path, or NULL. issuer_path: "" or "/auth": then the routes stand below it too, the metadata
 * also with it behind (RFC 8414 section 3: path-inserted; OpenID Discovery: path-appended). *local is the path relative
 * to the issuer, but for resource metadata, whose resource may lie anywhere. *methods are those of all rows at this path.
 */
const struct route *route_find(str path, str issuer_path, int method, str *local, int *methods);
/* "GET, HEAD, POST" for an Allow header. */
str route_allow(struct arena *mem, int methods);

#endif
