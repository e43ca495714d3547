/*
 * Protected resource metadata (RFC 9728 section 3): which address it is about, and who gives tokens for it.
 */
#include "cmd/doctor_judge.h"

#include <string.h>

/* How the resource of the metadata and the address that was typed differ; the first that is so is said. */
enum difference {
	SAME,
	SCHEME,
	CAPITALS,
	LOOPBACK,
	HOST,
	WRITTEN_PORT,
	PORT,
	SLASH,
	NO_SLASH,
	PARENT,
	PATH,
	QUERY,
	OTHER
};

static const struct {
	const char *seen, *remedy;
} difference_rows[] = {
	[SCHEME] = { "another scheme",
	    "Set base_url to the address that people type, https or http as they do." },
	[CAPITALS] = { "clients write the host in lower case", "Write the host in lower case in base_url." },
	[LOOPBACK] = { "localhost and its addresses are different origins to a client",
	    "Type the address as base_url has it, or set base_url to what people type." },
	[HOST] = { "another host",
	    "Give people the address in the metadata, or set base_url to the one they type." },
	[WRITTEN_PORT] = { "clients leave the default port out", "Leave the default port out of base_url." },
	[PORT] = { "another port",
	    "Give people the address in the metadata, or set base_url to the one they type." },
	[SLASH] = { "it has a slash at the end, which makes it another address",
	    "Take the slash off the end of resource." },
	[NO_SLASH] = { "the typed one has a slash at the end, which makes it another address",
	    "Type the address without the slash at its end." },
	[PARENT] = { "it is a path above, which VS Code refuses",
	    "Name in resource the very address that people type." },
	[PATH] = { "another path", "Name in resource the very address that people type." },
	[QUERY] = { "another query", "Name in resource the very address that people type." },
	[OTHER] = { "clients compare letter by letter",
	    "Name in resource the very address that people type." },
};

static str path_of(const struct url *u)
{
	return str_eq(u->path, S("/")) ? S("") : u->path;
}

/* a is b and one slash more. */
static bool slash_more(str a, str b)
{
	return a.n == b.n + 1 && str_starts(a, b) && str_ends(a, S("/"));
}

static bool is_above(str a, str b)
{
	return str_starts(b, a) && a.n < b.n && (!a.n || str_ends(a, S("/")) || b.p[a.n] == '/');
}

static enum difference compare_path(str has, str want)
{
	if (str_eq(has, want))
		return SAME;
	if (slash_more(has, want))
		return SLASH;
	if (slash_more(want, has))
		return NO_SLASH;
	return is_above(has, want) ? PARENT : PATH;
}

static enum difference compare_host(const struct url *has, const struct url *want)
{
	if (str_eq(has->host, want->host))
		return SAME;
	if (str_ieq(has->host, want->host))
		return CAPITALS;
	return address_loopback(has) && address_loopback(want) ? LOOPBACK : HOST;
}

/* want: as clients write it. */
static enum difference compare(const struct url *has, const struct url *want)
{
	if (!str_eq(has->scheme, want->scheme))
		return str_ieq(has->scheme, want->scheme) ? CAPITALS : SCHEME;
	enum difference d = compare_host(has, want);
	if (d != SAME)
		return d;
	if (has->port != want->port)
		return url_port(has) == url_port(want) ? WRITTEN_PORT : PORT;
	d = compare_path(path_of(has), path_of(want));
	if (d != SAME)
		return d;
	if (!has->query.p != !want->query.p || !str_eq(has->query, want->query))
		return QUERY;
	return has->userinfo.p || has->fragment.p ? OTHER : SAME;
}

bool resource_above(struct arena *mem, str said, const struct url *u)
{
	struct url has, want;

	return url_parse(said, &has) == OK && has.host.n && url_parse(address_plain(mem, u), &want) == OK &&
	    compare(&has, &want) == PARENT;
}

bool judge_resource_name(struct verdict *v, const char *what, str said, const struct url *u)
{
	struct url has, want;
	str plain = address_plain(v->mem, u);

	if (!said.n || url_parse(said, &has) != OK || !has.host.n) {
		verdict_fail(v, what, "Name in resource the very address that people type.",
		    "resource is %s%.*s", said.n ? "no absolute URL: " : "missing",
		    FMT(str_sub(said, 0, 200)));
		return false;
	}
	if (url_parse(plain, &want) != OK)
		return false;
	enum difference d = compare(&has, &want);
	if (d == SAME)
		return true;
	verdict_fail(v, what, difference_rows[d].remedy, "resource is %.*s, clients were given %.*s: %s",
	    FMT(str_sub(said, 0, 200)), FMT(str_sub(plain, 0, 200)), difference_rows[d].seen);
	return false;
}

bool judge_resource_servers(struct verdict *v, const char *what, const struct json *doc, str *issuer)
{
	static const char *const remedy =
	    "Name the issuer in authorization_servers, as its own metadata writes it.";
	const struct json *servers = json_get(doc, S("authorization_servers"));

	*issuer = servers && servers->type == JSON_ARRAY ? json_str_of(servers->first) : S("");
	if (!servers || !issuer->n) {
		verdict_fail(v, what, remedy, "%s",
		    servers ? "authorization_servers is no list of URLs"
			    : "authorization_servers is missing");
		return false;
	}
	if (servers->count > 1)
		verdict_note(v, what, "Put the one that clients should use first.",
		    "%u authorization servers: clients ask only the first, %.*s", servers->count,
		    FMT(str_sub(*issuer, 0, 200)));
	return true;
}

void judge_resource_methods(struct verdict *v, const char *what, const struct json *doc)
{
	const struct json *methods = json_get(doc, S("bearer_methods_supported"));
	bool header = !methods;

	for (JSON_EACH(m, methods))
		header |= str_eq(json_str_of(m), S("header"));
	if (!header)
		verdict_fail(v, what,
		    "Name header in bearer_methods_supported, and take tokens from there only.",
		    "tokens in the Authorization header are not offered: clients send them nowhere else");
}

bool judge_resource(
    struct verdict *v, const char *what, const struct json *doc, const struct url *u, str *issuer)
{
	size_t before = v->failed;
	str said = json_get_str(doc, S("resource"));

	(void)judge_resource_name(v, what, said, u);
	bool usable = judge_resource_servers(v, what, doc, issuer);
	judge_resource_methods(v, what, doc);
	if (v->failed == before)
		verdict_ok(v, what, "it is about %.*s, tokens come from %.*s", FMT(said), FMT(*issuer));
	return usable;
}
