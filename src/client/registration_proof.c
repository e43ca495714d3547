/* How a client proves itself, with which keys, and what it may ask the token endpoint for. */
#include "client/client_keys.h"
#include "client/registration_rule.h"
#include "model/grant_name.h"

static bool method_known(str method)
{
	static const str methods[] = { S_INIT("none"), S_INIT("client_secret_basic"),
		S_INIT("client_secret_post"), S_INIT("private_key_jwt") };

	for (size_t i = 0; i < COUNT(methods); i++)
		if (str_eq(methods[i], method))
			return true;
	return false;
}

/*
 * The token endpoint knows these of a sealed client from its id, without the store, so they stay what they were: the method, the
 * grant types, and whether its tokens are bound. RFC 7592 section 2.2 lets a server answer with what it keeps.
 */
enum err registration_method(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out)
{
	const struct json *v = registration_member(body, S("token_endpoint_auth_method"));
	str method = v ? json_str_of(v) : S("client_secret_basic"); /* RFC 7591 section 2 */
	bool secret = !str_eq(method, S("private_key_jwt"));

	if (was)
		method = was->auth_method;
	if (!method_known(method))
		return FAIL(
		    c, REGISTER_METADATA, "token_endpoint_auth_method %.*s", FMT(str_sub(method, 0, 64)));
	out->client.auth_method =
	    !was && secret && c->site->config->registration_public_only ? S("none") : method;
	return OK;
}

/*
 * RFC 7591 section 3.2.1: what we do not do is dropped, and so is what only clients may have that somebody vouches for. A client
 * that says nothing gets to refresh.
 */
enum err registration_grants(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out)
{
	const struct json *list = registration_member(body, S("grant_types"));
	unsigned bits = 0;

	if (was) {
		out->client.grant_types = was->grant_types;
		return OK;
	}
	if (list && list->type != JSON_ARRAY)
		return FAIL(c, REGISTER_METADATA, "grant_types is not an array");
	for (JSON_EACH(item, list))
		if (grant_name_registrable(json_str_of(item)))
			bits |= grant_names_bits(json_str_of(item));
	if (!list)
		bits = grant_names_bits(S("authorization_code refresh_token"));
	if (bits == 0)
		return FAIL(c, REGISTER_METADATA, "grant_types has none that can be registered here");
	out->client.grant_types = grant_names_text(c->mem, bits);
	return OK;
}

/* RFC 7591 section 2: keys, or where they are, not both. They are kept for a client that proves itself with them. */
enum err registration_keys(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out)
{
	const struct json *jwks = registration_member(body, S("jwks")),
			  *uri = registration_member(body, S("jwks_uri"));
	bool used = str_eq(out->client.auth_method, S("private_key_jwt"));
	const char *why = NULL;

	(void)was;
	if (jwks && uri)
		return FAIL(c, REGISTER_METADATA, "jwks and jwks_uri together");
	if (used && !jwks && !uri)
		return FAIL(c, REGISTER_METADATA, "private_key_jwt without jwks and without jwks_uri");
	/* also where they are not used: who sends a private key has to hear it now, since it is burnt */
	if (jwks && client_keys_public(jwks, &why) != OK)
		return FAIL(c, REGISTER_METADATA, "jwks %s", why);
	if (!used)
		return OK;
	if (jwks && client_keys_read(c->mem, jwks, &out->client.jwks, &why) != OK)
		return FAIL(c, REGISTER_METADATA, "jwks %s", why);
	if (uri && !client_keys_uri_ok(json_str_of(uri)))
		return FAIL(c, REGISTER_METADATA, "jwks_uri is no https address");
	out->client.jwks_uri = uri ? json_str_of(uri) : (str){ NULL, 0 };
	return OK;
}

static bool read_flag(const struct json *body, str name, bool *out)
{
	const struct json *v = registration_member(body, name);

	*out = v && v->type == JSON_TRUE;
	return !v || v->type == JSON_TRUE || v->type == JSON_FALSE;
}

/* RFC 9449 section 5.2, RFC 9126 section 6. */
enum err registration_flags(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out)
{
	if (!read_flag(body, S("dpop_bound_access_tokens"), &out->client.dpop))
		return FAIL(c, REGISTER_METADATA, "dpop_bound_access_tokens is neither true nor false");
	if (!read_flag(body, S("require_pushed_authorization_requests"), &out->client.par))
		return FAIL(
		    c, REGISTER_METADATA, "require_pushed_authorization_requests is neither true nor false");
	if (was)
		out->client.dpop = was->dpop;
	return OK;
}
