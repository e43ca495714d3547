#include "cmd/places.h"

#include "cmd/doctor_judge.h"

static str origin_of(struct arena *mem, const struct url *u)
{
	const struct url bare = { .scheme = u->scheme, .host = u->host, .port = u->port };

	return address_plain(mem, &bare);
}

str place_metadata(struct arena *mem, const struct url *u, bool with_path)
{
	str path = str_eq(u->path, S("/")) || !with_path ? S("") : u->path, query = S("");

	if (u->query.p && with_path)
		query = arena_printf(mem, "?%.*s", FMT(u->query));
	return arena_printf(mem, "%.*s/.well-known/oauth-protected-resource%.*s%.*s", FMT(origin_of(mem, u)),
	    FMT(path), FMT(query));
}

size_t place_issuer(struct arena *mem, const struct url *u, str forms[PLACES_ISSUER])
{
	str path = u->path, origin = origin_of(mem, u);

	while (str_ends(path, S("/")))
		path = str_sub(path, 0, path.n - 1);
	forms[0] =
	    arena_printf(mem, "%.*s/.well-known/oauth-authorization-server%.*s", FMT(origin), FMT(path));
	forms[1] = arena_printf(mem, "%.*s/.well-known/openid-configuration%.*s", FMT(origin), FMT(path));
	forms[2] = arena_printf(mem, "%.*s%.*s/.well-known/openid-configuration", FMT(origin), FMT(path));
	return path.n ? 3 : 2;
}
