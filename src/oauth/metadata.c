#include "oauth/metadata.h"
#include "jose/dpop.h"
#include "model/scope.h"
#include "oauth/grant_type.h"
#include "oauth/handlers.h"

static void put_url(struct jout *j, struct arena *mem, const struct site *site, str name, const char *path)
{
	jout_str(j, name, arena_printf(mem, "%.*s%s", FMT(site->tenant.issuer), path));
}

/* What any of our resources knows, what is about the person, and offline_access, which is ours. */
static str all_scopes(struct arena *mem, const struct site *site)
{
	str all = { NULL, 0 };

	for (size_t i = 0; i < site->resource_count; i++)
		all = scope_union(mem, all, site->resources[i].scopes);
	return scope_union(mem, scope_union(mem, all, scope_person()), SCOPE_OFFLINE);
}

static void put_grant_types(struct jout *j)
{
	jout_array(j, S("grant_types_supported"));
	for (size_t i = 0; grant_type_at(i); i++)
		jout_str(j, S(""), grant_type_at(i)->name);
	jout_end(j);
}

/* RFC 8414 section 2: required beside private_key_jwt; what a client's key may be for. */
static void put_algs(struct jout *j, str name)
{
	jout_array(j, name);
	for (enum alg alg = ALG_ES256; alg <= ALG_EDDSA; alg++)
		jout_strz(j, S(""), alg_name(alg));
	jout_end(j);
}

/*
 * What OpenID Connect Discovery requires beyond RFC 8414: both SDKs refuse a document of the OIDC address that lacks it.
 * The defaults of section 3 that are not true of us are said aloud. Id tokens are signed by the active key alone, so
 * there is one algorithm, and it is RS256 only where tokens.alg says so.
 */
static void put_openid(struct jout *j, struct arena *mem, const struct site *site)
{
	put_url(j, mem, site, S("userinfo_endpoint"), "/userinfo");
	put_url(j, mem, site, S("end_session_endpoint"), "/logout");
	jout_words(j, S("subject_types_supported"), S("public"));
	jout_array(j, S("id_token_signing_alg_values_supported"));
	jout_strz(j, S(""), alg_name(pkey_alg(site->signing->key)));
	jout_end(j);
	jout_words(j, S("claims_supported"),
	    S("iss sub aud iat exp auth_time nonce acr amr at_hash sid name preferred_username email "
	      "email_verified"));
	jout_words(j, S("acr_values_supported"), S("aal1"));
	jout_words(j, S("prompt_values_supported"), S("none login consent select_account"));
	jout_bool(j, S("claims_parameter_supported"), false);
	jout_bool(j, S("request_parameter_supported"), false);
	jout_bool(j, S("request_uri_parameter_supported"), false);
	jout_bool(j, S("backchannel_logout_supported"), true);
	jout_bool(j, S("backchannel_logout_session_supported"), true);
}

/* RFC 8414 section 2 and RFC 9701 section 7; who asks what a token says has to prove who it is. */
static void put_introspection(struct jout *j, struct arena *mem, const struct site *site, str methods)
{
	put_url(j, mem, site, S("introspection_endpoint"), "/introspect");
	jout_words(j, S("introspection_endpoint_auth_methods_supported"), methods);
	put_algs(j, S("introspection_endpoint_auth_signing_alg_values_supported"));
	jout_array(j, S("introspection_signing_alg_values_supported"));
	jout_strz(j, S(""), alg_name(pkey_alg(site->signing->key)));
	jout_end(j);
}

str metadata_write(struct arena *mem, const struct site *site)
{
	static const str methods = S_INIT("none client_secret_basic client_secret_post private_key_jwt");
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("issuer"), site->tenant.issuer);
	put_url(&j, mem, site, S("authorization_endpoint"), "/authorize");
	put_url(&j, mem, site, S("token_endpoint"), "/token");
	if (site->config->registration != REGISTRATION_OFF)
		put_url(&j, mem, site, S("registration_endpoint"), "/register");
	put_url(&j, mem, site, S("revocation_endpoint"), "/revoke");
	put_url(&j, mem, site, S("jwks_uri"), "/.well-known/jwks.json");
	put_url(&j, mem, site, S("device_authorization_endpoint"), "/device_authorization");
	put_url(&j, mem, site, S("pushed_authorization_request_endpoint"), "/par");
	jout_bool(&j, S("require_pushed_authorization_requests"), false);
	jout_words(&j, S("scopes_supported"), all_scopes(mem, site));
	jout_words(&j, S("response_types_supported"), S("code"));
	jout_words(&j, S("response_modes_supported"), S("query"));
	put_grant_types(&j);
	jout_words(&j, S("token_endpoint_auth_methods_supported"), methods);
	put_algs(&j, S("token_endpoint_auth_signing_alg_values_supported"));
	jout_words(&j, S("revocation_endpoint_auth_methods_supported"), methods);
	put_algs(&j, S("revocation_endpoint_auth_signing_alg_values_supported"));
	put_introspection(&j, mem, site, scope_without(mem, methods, S("none")));
	jout_words(&j, S("code_challenge_methods_supported"), S("S256"));
	jout_words(&j, S("dpop_signing_alg_values_supported"), S(DPOP_ALGS));
	jout_bool(&j, S("authorization_response_iss_parameter_supported"), true);
	jout_bool(&j, S("client_id_metadata_document_supported"), site->config->registration_cimd);
	put_openid(&j, mem, site);
	jout_end(&j);
	return buf_str(&b);
}

/* May be kept for a moment: every client asks on every start, and only the configuration changes it. */
static enum err reply_document(struct ctx *c, str json)
{
	c->reply->status = 200;
	c->reply->body = json;
	reply_header(c->reply, S("Content-Type"), S("application/json"));
	reply_header(c->reply, S("Cache-Control"), S("public, max-age=60"));
	return OK;
}

enum err metadata_show(struct ctx *c)
{
	return reply_document(c, c->site->json_as);
}

enum err jwks_show(struct ctx *c)
{
	return reply_document(c, c->site->json_jwks);
}

str resource_metadata_write(struct arena *mem, const struct site *site, const struct resource *r)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("resource"), r->identifier);
	jout_array(&j, S("authorization_servers"));
	jout_str(&j, S(""), site->tenant.issuer);
	jout_end(&j);
	if (r->scopes.n)
		jout_words(&j, S("scopes_supported"), r->scopes);
	jout_words(&j, S("bearer_methods_supported"), S("header"));
	if (r->path
		.n) /* RFC 9728 section 2: where we look at proofs ourselves; no resource wants them of everybody */
		jout_words(&j, S("dpop_signing_alg_values_supported"), S(DPOP_ALGS));
	jout_str_opt(&j, S("resource_name"), r->name);
	jout_end(&j);
	return buf_str(&b);
}

/* The root form names one resource: the only one that is protected, otherwise management. */
static const struct resource *root_resource(const struct site *site)
{
	const struct resource *only = NULL, *management = NULL;
	size_t others = 0;

	for (size_t i = 0; i < site->resource_count; i++) {
		const struct resource *r = &site->resources[i];
		if (r->management) {
			management = r;
		} else if (r->path.n) {
			only = r;
			others++;
		}
	}
	return others == 1 ? only : management;
}

/* RFC 9728 section 3.1: the resource's path stands behind the well-known one (its query too, which we ignore) */
enum err resource_metadata_show(struct ctx *c)
{
	static const str well_known = S_INIT("/.well-known/oauth-protected-resource");
	ptrdiff_t at = str_find(c->req->path, well_known);
	str path =
	    at < 0 ? (str){ NULL, 0 } : str_sub(c->req->path, (size_t)at + well_known.n, c->req->path.n);
	bool root = path.n == 0 || str_eq(path, S("/"));
	const struct resource *r = root ? root_resource(c->site) : site_resource_at(c->site, path);

	if (!r)
		return FAIL(c, NO_ROUTE, "no resource at %.*s", FMT(str_sub(path, 0, 200)));
	return reply_document(c, resource_metadata_write(c->mem, c->site, r));
}
