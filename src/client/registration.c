#include "client/registration.h"
#include "client/client.h"
#include "client/client_seal.h"
#include "client/registration_rule.h"
#include "http/accept.h"
#include "jose/jwt.h"

const struct json *registration_member(const struct json *body, str name)
{
	const struct json *v = json_get(body, name);

	return v && v->type != JSON_NULL ? v : NULL;
}

enum err registration_body(struct ctx *c, const struct json **out)
{
	struct json_fault fault = { 0 };

	/* also keeps web pages of others out: a browser asks before it sends this type across origins */
	if (!content_type_is(c->req, S("application/json")))
		return FAIL(
		    c, CONTENT_TYPE, "%.*s", FMT(str_sub(http_header(c->req, S("Content-Type")), 0, 100)));
	enum err e = json_parse(c->mem, c->req->body, out, &fault);
	if (e != OK)
		return fail_set(
		    c, e, __FILE__, __LINE__, "byte %zu: %s", fault.at, fault.why ? fault.why : "");
	return OK;
}

/* The grants come first: where nobody is sent back, no redirects are needed. */
static enum err (*const rules[])(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out) = {
	registration_grants,
	registration_redirects,
	registration_name,
	registration_uri,
	registration_method,
	registration_scope,
	registration_keys,
	registration_logout,
	registration_flags,
	registration_type,
	registration_signed_response,
};

/* Which member it is, in words that go out; what a client sent stays inside where it is no plain text. */
static enum err named(struct ctx *c, enum err e)
{
	str detail = c->fail.detail;

	if (e == ERR_REGISTER_METADATA && c->fail.say.n == 0 && str_within(detail, 0x20, 0x7e) &&
	    !str_has(detail, '"') && !str_has(detail, '\\'))
		c->fail.say =
		    arena_printf(c->mem, "The client metadata cannot be accepted: %.*s.", FMT(detail));
	return e;
}

enum err registration_read(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out)
{
	*out = (struct registration){ .client = { .origin = CLIENT_SEALED } };
	if (!body || body->type != JSON_OBJECT)
		return FAIL(c, REGISTER_METADATA, "the body is not a JSON object");
	for (size_t i = 0; i < COUNT(rules); i++)
		TRY(named(c, rules[i](c, body, was, out)));
	if (was)
		out->client.resource = was->resource; /* where it registered does not change */
	return OK;
}

str registration_secret(struct ctx *c, const struct client *client)
{
	str none = { NULL, 0 };

	if (!client_has_secret(client))
		return none;
	str secret = client_sealed_secret(c->mem, c->site->key_client, client->client_id);
	/* what registered with an older version and got a row has a secret that only its hash is kept of */
	return client_secret_fits(c, client, secret_of(secret)) ? secret : none;
}

/* RFC 7591 section 3.2.1 */
static void put_identity(struct ctx *c, struct jout *j, const struct registration *r)
{
	str secret = registration_secret(c, &r->client);

	jout_str(j, S("client_id"), r->client.client_id);
	if (r->issued)
		jout_int(j, S("client_id_issued_at"), r->issued);
	if (secret.n) {
		jout_str(j, S("client_secret"), secret);
		jout_int(j, S("client_secret_expires_at"), 0); /* never */
	}
}

static void put_metadata(struct ctx *c, struct jout *j, const struct registration *r)
{
	const struct client *client = &r->client;

	jout_str_opt(j, S("client_name"), client->name);
	jout_str_opt(j, S("client_uri"), client->uri);
	if (client->redirect_uris.n)
		jout_words(j, S("redirect_uris"), client->redirect_uris);
	jout_words(j, S("grant_types"), client->grant_types);
	if (client_may(client, S("authorization_code")))
		jout_words(j, S("response_types"), S("code"));
	jout_str(j, S("token_endpoint_auth_method"), client->auth_method);
	jout_str_opt(j, S("scope"), client->scope);
	jout_str_opt(j, S("application_type"), r->application_type);
	jout_str_opt(j, S("resource"), client->resource);
	if (client->jwks.n)
		jout_raw(j, S("jwks"), client->jwks);
	jout_str_opt(j, S("jwks_uri"), client->jwks_uri);
	if (client->logout_uris.n)
		jout_words(j, S("post_logout_redirect_uris"), client->logout_uris);
	jout_str_opt(j, S("backchannel_logout_uri"), client->backchannel);
	if (client->dpop)
		jout_bool(j, S("dpop_bound_access_tokens"), true);
	if (client->par)
		jout_bool(j, S("require_pushed_authorization_requests"), true);
	if (r->signed_response)
		jout_strz(j, S("id_token_signed_response_alg"), alg_name(pkey_alg(c->site->signing->key)));
}

/* RFC 7592 section 3 */
static void put_management(struct ctx *c, struct jout *j, const struct client *client)
{
	jout_str(j, S("registration_client_uri"),
	    arena_printf(c->mem, "%.*s/register/%.*s", FMT(c->site->tenant.issuer), FMT(client->client_id)));
	jout_str(j, S("registration_access_token"),
	    client_registration_token(c->mem, c->site->key_client, client->client_id));
}

enum err registration_write(struct ctx *c, const struct registration *r, str *json)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	put_identity(c, &j, r);
	put_metadata(c, &j, r);
	if (r->client.origin == CLIENT_SEALED ||
	    r->client.origin == CLIENT_REGISTERED) /* the shared one is the operator's */
		put_management(c, &j, &r->client);
	jout_end(&j);
	*json = buf_str(&b);
	return b.full ? FAIL(c, TOO_LARGE, "the answer to a registration") : OK;
}
