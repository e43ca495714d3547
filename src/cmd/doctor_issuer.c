/*
 * Authorization server metadata (RFC 8414, OpenID Connect Discovery), as strictly as the clients' schemas
 * read it.
 */
#include "cmd/doctor_judge.h"

#define SPELL "Write it in base_url in lower case, without a slash at the end and without the default port."

bool metadata_has(const struct json *doc, str member, str word)
{
	for (JSON_EACH(item, json_get(doc, member)))
		if (str_eq(json_str_of(item), word))
			return true;
	return false;
}

const char *endpoint_problem(str url, const struct url *u)
{
	struct url there;

	if (url_parse(url, &there) != OK || !there.host.n)
		return "is no absolute URL";
	if (str_ieq(there.scheme, S("https")))
		return address_loopback(&there) && !address_loopback(u)
		    ? "is at a loopback address, where clients find themselves"
		    : NULL;
	if (!str_ieq(there.scheme, S("http")))
		return "is neither https nor http";
	if (!address_loopback(&there))
		return "is not https, and clients refuse that";
	return address_loopback(u) ? NULL : "is at a loopback address, where clients find themselves";
}

bool judge_issuer_name(struct verdict *v, str issuer, const struct url *u, struct url *out)
{
	const char *problem =
	    url_parse(issuer, out) != OK ? "is no absolute URL" : endpoint_problem(issuer, u);

	if (problem) {
		verdict_fail(v, "issuer", "Set base_url to the https address that people use.", "%.*s %s",
		    FMT(str_sub(issuer, 0, 200)), problem);
		return false;
	}
	if (out->query.p || out->fragment.p || out->userinfo.p) {
		verdict_fail(v, "issuer",
		    "Take query, fragment and user name out of it (RFC 8414 section 2).",
		    "%.*s has a query, a fragment or a user name", FMT(str_sub(issuer, 0, 200)));
		return false;
	}
	if (!str_eq(address_plain(v->mem, out), issuer))
		verdict_note(v, "issuer", SPELL, "%.*s has capitals or the default port in it",
		    FMT(str_sub(issuer, 0, 200)));
	if (str_ends(out->path, S("/")))
		verdict_note(v, "issuer", SPELL, "%.*s has a slash at the end", FMT(str_sub(issuer, 0, 200)));
	return true;
}

/* RFC 8414 section 3.3: the same letters; the slash is what client v2 forgives, in this direction only. */
static void judge_said(struct verdict *v, const char *what, const struct json *doc, str issuer)
{
	str said = json_get_str(doc, S("issuer"));

	if (str_eq(said, issuer))
		return;
	if (said.n && issuer.n == said.n + 1 && str_starts(issuer, said) && str_ends(issuer, S("/"))) {
		verdict_note(v, what, "Write authorization_servers as the issuer is written.",
		    "issuer is %.*s, authorization_servers has a slash more", FMT(said));
		return;
	}
	verdict_fail(v, what, "Make issuer and authorization_servers the same letters; base_url gives both.",
	    "issuer is %s%.*s, authorization_servers says %.*s: clients compare letter by letter",
	    said.n ? "" : "missing", FMT(str_sub(said, 0, 200)), FMT(str_sub(issuer, 0, 200)));
}

static void judge_endpoints(struct verdict *v, const char *what, const struct json *doc, const struct url *u)
{
	static const struct {
		str member;
		bool needed;
	} rows[] = {
		{ S_INIT("authorization_endpoint"), true },
		{ S_INIT("token_endpoint"), true },
		{ S_INIT("registration_endpoint"), false },
		{ S_INIT("revocation_endpoint"), false },
		{ S_INIT("introspection_endpoint"), false },
		{ S_INIT("jwks_uri"), false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct json *m = json_get(doc, rows[i].member);
		if (!m && !rows[i].needed)
			continue;
		if (!m) {
			verdict_fail(
			    v, what, "Name it in the metadata.", "%.*s is missing", FMT(rows[i].member));
			continue;
		}
		str said = json_str_of(m);
		const char *problem = endpoint_problem(said, u);
		if (problem)
			verdict_fail(v, what,
			    "Write the whole https address; base_url is where it comes from.", "%.*s %.*s %s",
			    FMT(rows[i].member), FMT(str_sub(said, 0, 200)), problem);
	}
}

static void judge_flow(struct verdict *v, const char *what, const struct json *doc)
{
	if (!metadata_has(doc, S("response_types_supported"), S("code")))
		verdict_fail(v, what, "Name code in response_types_supported.",
		    "response_types_supported does not have code: clients refuse the document");
	if (!metadata_has(doc, S("code_challenge_methods_supported"), S("S256")))
		verdict_fail(v, what, "Support PKCE, and name S256 in code_challenge_methods_supported.",
		    "code_challenge_methods_supported does not have S256: clients must not go on");
	if (!json_get_true(doc, S("authorization_response_iss_parameter_supported")))
		verdict_note(v, what, "Send iss in every authorization response, and say so (RFC 9207).",
		    "authorization_response_iss_parameter_supported is not true: MCP is going to require it");
}

static void judge_clients(struct verdict *v, const char *what, const struct json *doc)
{
	str methods = S("token_endpoint_auth_methods_supported");
	bool documents = json_get_true(doc, S("client_id_metadata_document_supported"));

	if (!json_get(doc, S("registration_endpoint")) && !documents)
		verdict_fail(v, what,
		    "Switch registration on (registration: { mode: per_client }), or make a client for each "
		    "application.",
		    "neither registration_endpoint nor client_id_metadata_document_supported: new clients "
		    "cannot come in");
	if (!metadata_has(doc, methods, S("none")))
		verdict_fail(v, what,
		    "Allow public clients: name none in token_endpoint_auth_methods_supported.",
		    "token_endpoint_auth_methods_supported does not have none: most MCP clients have no "
		    "secret");
	if (metadata_has(doc, methods, S("private_key_jwt")) &&
	    !json_get(doc, S("token_endpoint_auth_signing_alg_values_supported")))
		verdict_fail(v, what,
		    "Name the algorithms in token_endpoint_auth_signing_alg_values_supported.",
		    "private_key_jwt is offered without its algorithms (RFC 8414 section 2)");
}

void judge_openid(struct verdict *v, const char *what, const struct json *doc)
{
	static const str members[] = { S_INIT("jwks_uri"), S_INIT("subject_types_supported"),
		S_INIT("id_token_signing_alg_values_supported") };

	for (size_t i = 0; i < COUNT(members); i++)
		if (!json_get(doc, members[i]))
			verdict_fail(v, what, "Add it, or take the document away from this address.",
			    "%.*s is missing: clients refuse an OpenID document without it", FMT(members[i]));
}

void judge_issuer_core(
    struct verdict *v, const char *what, const struct json *doc, str issuer, const struct url *u)
{
	judge_said(v, what, doc, issuer);
	judge_endpoints(v, what, doc, u);
	judge_flow(v, what, doc);
}

void judge_no_issuer(struct verdict *v, str issuer)
{
	verdict_fail(v, "issuer metadata",
	    "Serve the metadata there (RFC 8414), and let the proxy in front pass /.well-known/ on "
	    "unchanged.",
	    "the issuer %.*s has no metadata at any of its addresses", FMT(str_sub(issuer, 0, 200)));
}

void judge_issuer(
    struct verdict *v, const char *what, const struct json *doc, str issuer, const struct url *u, bool openid)
{
	size_t before = v->failed;

	judge_issuer_core(v, what, doc, issuer, u);
	judge_clients(v, what, doc);
	if (openid)
		judge_openid(v, what, doc);
	if (v->failed == before)
		verdict_ok(
		    v, what, "%.*s: code with S256, public clients", FMT(json_get_str(doc, S("issuer"))));
}

void judge_twin(struct verdict *v, const char *what, const struct json *first, const struct json *doc)
{
	static const str members[] = { S_INIT("issuer"), S_INIT("authorization_endpoint"),
		S_INIT("token_endpoint"), S_INIT("registration_endpoint"), S_INIT("jwks_uri") };
	size_t before = v->failed;

	for (size_t i = 0; i < COUNT(members); i++) {
		str one = json_get_str(first, members[i]), two = json_get_str(doc, members[i]);
		if (!str_eq(one, two))
			verdict_fail(v, what, "Serve the same document at all of its addresses.",
			    "%.*s is %.*s here and %.*s in the other form", FMT(members[i]),
			    FMT(str_sub(two, 0, 150)), FMT(str_sub(one, 0, 150)));
	}
	judge_openid(v, what, doc);
	if (v->failed == before)
		verdict_ok(v, what, "says the same");
}
