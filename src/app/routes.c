#include "app/routes.h"

#include "app/metrics.h"

#define ROUTE(methods, path, handler, lane, guard, style, cors, body) enum err handler(struct ctx *c);
#include "routes.def"
#undef ROUTE

/* clang-format off */
#define ROW(methods_, path_, handler_, lane_, guard_, style_, cors_, body_, what_)                                  \
	{ .methods = (methods_), .path = S_INIT(path_), .handler = handler_, .lane = LANE_##lane_,                  \
	  .guard = GUARD_##guard_, .style = STYLE_##style_, .cors = CORS_##cors_, .body = (body_), .what = (what_) },
#define ROUTE(methods_, path_, handler_, lane_, guard_, style_, cors_, body_)                                       \
	ROW(methods_, path_, handler_, lane_, guard_, style_, cors_, body_, NULL)
#define ENDPOINT(methods_, path_, handler_, lane_, guard_, style_, cors_, body_, what_)                             \
	ROW(methods_, path_, handler_, lane_, guard_, style_, cors_, body_, what_)                                  \
	ROW(methods_, "/oauth" path_, handler_, lane_, guard_, style_, cors_, body_, what_)                         \
	ROW(methods_, "/oauth2" path_, handler_, lane_, guard_, style_, cors_, body_, what_)
static const struct route routes[] = {
#include "routes.def"
};
#undef ROUTE
#undef ROW
/* clang-format on */

_Static_assert(COUNT(routes) <= METRICS_RESOURCE, "every row has a counter of its own");

size_t route_count(void)
{
	return COUNT(routes);
}

const struct route *route_at(size_t i)
{
	return &routes[i];
}

size_t route_index(const struct route *r)
{
	return (size_t)(r - routes);
}

static bool fits(str pattern, str path)
{
	if (pattern.n && pattern.p[0] == '*')
		return path.n > pattern.n - 1 && str_ends(path, str_sub(pattern, 1, pattern.n));
	if (pattern.n && pattern.p[pattern.n - 1] == '*')
		return path.n > pattern.n - 1 && str_starts(path, str_sub(pattern, 0, pattern.n - 1));
	return str_eq(pattern, path);
}

/* The row for the method, else any row of the path; *methods gathers what the path takes. */
static const struct route *match(str path, int method, int *methods)
{
	const struct route *found = NULL;
	int wanted = method == HTTP_HEAD ? HTTP_GET : method;

	for (size_t i = 0; i < COUNT(routes); i++) {
		if (!fits(routes[i].path, path))
			continue;
		*methods |= routes[i].methods;
		if (!found || !(found->methods & wanted))
			found = &routes[i];
	}
	return found;
}

/* "/.well-known/NAME" + issuer path, NAME one that takes it. */
static bool inserted(str path, str issuer_path, str *local)
{
	static const str names[] = { S_INIT("/.well-known/oauth-authorization-server"),
		S_INIT("/.well-known/openid-configuration") };

	for (size_t i = 0; i < COUNT(names); i++)
		if (str_starts(path, names[i]) && str_eq(str_sub(path, names[i].n, path.n), issuer_path)) {
			*local = names[i];
			return true;
		}
	return false;
}

const struct route *route_find(str path, str issuer_path, int method, str *local, int *methods)
{
	*local = path;
	*methods = 0;
	if (issuer_path.n && !inserted(path, issuer_path, local) && str_starts(path, issuer_path) &&
	    path.n > issuer_path.n && path.p[issuer_path.n] == '/')
		*local = str_sub(path, issuer_path.n, path.n);
	return match(*local, method, methods);
}

str route_allow(struct arena *mem, int methods)
{
	static const struct {
		int bit;
		str name;
	} all[] = { { HTTP_GET, S_INIT("GET, HEAD") }, { HTTP_POST, S_INIT("POST") },
		{ HTTP_PUT, S_INIT("PUT") }, { HTTP_PATCH, S_INIT("PATCH") },
		{ HTTP_DELETE, S_INIT("DELETE") } };
	struct buf b = BUF(mem);

	for (size_t i = 0; i < COUNT(all); i++) {
		if (!(methods & all[i].bit))
			continue;
		if (b.n)
			buf_put(&b, S(", "));
		buf_put(&b, all[i].name);
	}
	return buf_str(&b);
}
