/* The authorization server's side of the walk: RFC 8414 metadata, keys, registration. */
#include "cmd/doctor.h"

/* Where RFC 8414 section 3.1 puts the document of an issuer: between its host and its path. */
static str metadata_url(struct doctor *d, const struct url *u)
{
	str path = str_eq(u->path, S("/")) ? S("") : u->path;

	return arena_printf(d->cli->mem, "%.*s/.well-known/oauth-authorization-server%.*s",
	    FMT(url_origin(d->cli->mem, u)), FMT(path));
}

static bool list_has(const struct json *o, str member, str word)
{
	for (JSON_EACH(item, json_get(o, member)))
		if (str_eq(json_str_of(item), word))
			return true;
	return false;
}

/* An endpoint that clients will use: absolute, and https unless it is this machine. */
static bool look_at_endpoint(struct doctor *d, const struct json *o, const char *member)
{
	str url = json_get_str(o, str_of(member));
	struct url u;

	if (!url.n || url_parse(url, &u) != OK || !u.host.n) {
		doctor_fail(d, "issuer metadata", arena_printf(d->cli->mem, "%s is missing", member),
		    S("this is not an answer of Gatehouse: look at the proxy in front"));
		return false;
	}
	if (str_eq(u.scheme, S("https")) || url_loopback(&u))
		return true;
	doctor_fail(d, "issuer metadata",
	    arena_printf(d->cli->mem, "%s is not https: clients refuse it", member),
	    S("set base_url to the https address"));
	return false;
}

static void look_at_members(struct doctor *d, const struct json *o, str issuer)
{
	static const char *const endpoints[] = { "authorization_endpoint", "token_endpoint" };
	str said = json_get_str(o, S("issuer"));
	bool fine = true;

	if (!str_eq(said, issuer)) {
		doctor_fail(d, "issuer metadata",
		    arena_printf(d->cli->mem,
			"it says issuer %.*s, the resource names %.*s: clients compare letter by letter",
			FMT(said), FMT(issuer)),
		    S("set base_url to the address that people use, in lower case, without trailing slash "
		      "and default port"));
		fine = false;
	}
	for (size_t i = 0; i < COUNT(endpoints); i++)
		fine = look_at_endpoint(d, o, endpoints[i]) && fine;
	if (!list_has(o, S("response_types_supported"), S("code")) ||
	    !list_has(o, S("code_challenge_methods_supported"), S("S256"))) {
		doctor_fail(d, "issuer metadata",
		    S("code with PKCE S256 is not offered: clients must refuse"),
		    S("this is not an answer of Gatehouse: look at the proxy in front"));
		fine = false;
	}
	if (fine)
		doctor_ok(d, "issuer metadata", arena_printf(d->cli->mem, "%.*s, code with S256", FMT(said)));
}

static void look_at_keys(struct doctor *d, const struct json *o)
{
	str url = json_get_str(o, S("jwks_uri"));
	struct probe_answer a;

	if (!url.n || !doctor_ask(d, "keys", S("GET"), url, S(""), &a))
		return;
	const struct json *set = doctor_json(d, "keys", &a);
	if (!set)
		return;
	const struct json *keys = json_get(set, S("keys"));
	if (!keys || !keys->count)
		doctor_fail(d, "keys", S("there are none: no token can be verified"),
		    S("look at the log of Gatehouse; gatehouse key list"));
	else
		doctor_ok(d, "keys",
		    arena_printf(d->cli->mem, "%u, the first %.*s", keys->count,
			FMT(json_get_str(keys->first, S("alg")))));
}

/* Dry: a preflight, as a client in a browser sends it, registers nobody. */
static void look_at_registration(struct doctor *d, const struct json *o)
{
	str url = json_get_str(o, S("registration_endpoint"));
	struct probe_answer a;

	if (!url.n) {
		doctor_note(d, "registration",
		    S("it is off: only clients that were made here beforehand can connect"),
		    S("registration: { mode: per_client }"));
		return;
	}
	if (!doctor_ask(d, "registration", S("GET"), url, S(""), &a))
		return;
	if (a.res.status == 405)
		doctor_ok(d, "registration", url);
	else
		doctor_fail(d, "registration",
		    arena_printf(
			d->cli->mem, "%.*s answers a GET by %d instead of 405", FMT(url), a.res.status),
		    S("let the proxy in front pass this address on to Gatehouse"));
	if (!list_has(o, S("token_endpoint_auth_methods_supported"), S("none")))
		doctor_fail(d, "registration", S("public clients are not offered: most MCP clients are"),
		    S("this is not an answer of Gatehouse: look at the proxy in front"));
}

void doctor_issuer(struct doctor *d, str issuer)
{
	struct url u;
	struct probe_answer a;

	if (str_eq(issuer, d->issuer_seen))
		return;
	d->issuer_seen = issuer;
	if (url_parse(issuer, &u) != OK || !u.host.n) {
		doctor_fail(d, "issuer metadata",
		    arena_printf(d->cli->mem, "%.*s is no address", FMT(issuer)), S("set base_url"));
		return;
	}
	str url = metadata_url(d, &u);
	if (!doctor_ask(d, "issuer metadata", S("GET"), url, S(""), &a))
		return;
	if (a.res.status != 200) {
		doctor_fail(d, "issuer metadata",
		    arena_printf(d->cli->mem, "%.*s answers %d", FMT(url), a.res.status),
		    S("let the proxy in front pass /.well-known/ on to Gatehouse"));
		return;
	}
	const struct json *o = doctor_json(d, "issuer metadata", &a);
	if (!o)
		return;
	look_at_members(d, o, issuer);
	look_at_keys(d, o);
	look_at_registration(d, o);
}
