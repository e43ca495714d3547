#include "gate/address.h"

#include "base/url.h"

#define LOCATION_MAX 2048

/* "[::1]" as resolvers know it. */
static str bare(str host)
{
	return host.n > 2 && host.p[0] == '[' ? str_sub(host, 1, host.n - 1) : host;
}

enum err upstream_parse(str address, struct upstream *out)
{
	struct url u;

	TRY(url_parse(address, &u));
	if (!str_ieq(u.scheme, S("http")) || !u.authority || u.host.n == 0 || u.userinfo.p || u.fragment.p ||
	    u.query.p)
		return ERR_BAD_URL;
	/* Without user and query, the authority goes from the host to the path. */
	size_t at = (size_t)(u.host.p - address.p);
	*out = (struct upstream){
		.host = bare(u.host),
		.port = url_port(&u),
		.authority = str_sub(address, at, address.n - u.path.n),
		.path = u.path.n ? u.path : S("/"),
	};
	return OK;
}

enum err upstream_follow(struct arena *mem, const struct upstream *up, str location, str *path, str *query)
{
	bool here = str_starts(location, S("/")) && !str_starts(location, S("//"));
	struct url to;

	if (location.n > LOCATION_MAX)
		return ERR_BAD_URL;
	str whole = here ? arena_printf(mem, "http://%.*s%.*s", FMT(up->authority), FMT(location))
			 : arena_copy(mem, location);
	TRY(url_parse(whole, &to));
	if (!str_ieq(to.scheme, S("http")) || !to.authority || to.userinfo.p || url_port(&to) != up->port ||
	    !str_ieq(bare(to.host), up->host))
		return ERR_BAD_URL;
	*path = to.path.n ? to.path : S("/");
	*query = to.query;
	return OK;
}
