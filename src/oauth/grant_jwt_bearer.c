/*
 * grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer (RFC 7523 section 2.1) with an ID-JAG: an identity provider that the
 * file trusts (trusted_issuers) says that a person is signed in there, and that a client of ours may act for them at one of
 * our resources. No page is shown: whoever runs the provider has agreed for the people. The assertion says who, for whom and
 * for what; the client proves itself besides; nothing is refreshed, since the provider is to be asked again.
 */
#include "base/id.h"
#include "base/text.h"
#include "base/url.h"
#include "client/assertion_check.h"
#include "client/client.h"
#include "client/replay.h"
#include "crypto/crypto.h"
#include "jose/assertion.h"
#include "model/resource.h"
#include "model/scope.h"
#include "oauth/grant_type.h"
#include "oauth/id_jag.h"
#include "sql_gen.h"
#include "store/audit.h"

#define SKEW 30
#define TTL_MAX 3600 /* seconds ahead that an assertion may end */

struct bearer {
	const struct config_issuer *issuer;
	struct assertion said;
	str scope; /* what the assertion and the request have in common, at the resource */
};

static const struct config_issuer *issuer_find(const struct config *config, str issuer)
{
	for (size_t i = 0; i < config->issuer_count; i++)
		if (str_eq(config->issuers[i].issuer, issuer))
			return &config->issuers[i];
	return NULL;
}

static enum err check(struct ctx *c, struct token *t)
{
	struct bearer *b = NEW(c->mem, struct bearer);
	str text = { (const char *)t->p.assertion.bytes, t->p.assertion.len };

	t->own = b;
	if (text.n == 0)
		return params_fail(c, ERR_PARAM_MISSING, S("assertion"));
	if (assertion_read(c->mem, text, &b->said) != OK)
		return FAIL(c, ASSERTION_BAD, "%zu bytes that are no assertion", text.n);
	b->issuer = issuer_find(c->site->config, b->said.issuer);
	if (!b->issuer)
		return FAIL(
		    c, ASSERTION_BAD, "issuer %.*s is not trusted", FMT(str_sub(b->said.issuer, 0, 200)));
	return OK;
}

/* What an assertion must hold besides what every one must (draft-ietf-oauth-identity-assertion-authz-grant section 4). */
static enum err read_jag(struct ctx *c, struct token *t)
{
	struct bearer *b = t->own;
	str client = json_get_str(b->said.claims, S("client_id"));
	const struct json *resource = json_get(b->said.claims, S("resource"));

	/* for one client of ours: another one may have found it */
	if (!str_eq(client, t->client.client_id))
		return FAIL(c, ASSERTION_BAD, "it is for client %.*s", FMT(str_sub(client, 0, 100)));
	if (resource && resource->type != JSON_STRING)
		return FAIL(c, ASSERTION_BAD, "its resource is not one address");
	if (!resource && !t->resource)
		t->resource = resource_pick(c->site->resources, c->site->resource_count, t->p.scope);
	else if (resource) {
		const struct resource *named = site_resource(c->site, resource->text);
		if (!named || (t->resource && t->resource != named))
			return FAIL(c, ASSERTION_BAD, "it is for resource %.*s",
			    FMT(str_sub(resource->text, 0, 200)));
		t->resource = named;
	}
	return t->resource ? OK
			   : FAIL(c, RESOURCE_MISSING, "neither the assertion nor the request names one");
}

/*
 * What provider, application and operator agree in; of the resource alone, since nobody has signed in here who could be told
 * about. A provider that says nothing about scopes leaves them to us; one that says something that is no text has not.
 */
static enum err read_scope(struct ctx *c, struct token *t)
{
	struct bearer *b = t->own;
	const struct json *said = json_get(b->said.claims, S("scope"));
	str claimed = json_str_of(said), limit = t->client.scope;

	if (said && said->type != JSON_STRING)
		return FAIL(c, ASSERTION_BAD, "its scope is no text");
	if (!said) {
		b->scope = resource_scope_grant(c->mem, t->resource, t->p.scope, limit, false);
		b->scope = scope_both(c->mem, b->scope, t->resource->scopes);
	} else {
		b->scope = scope_both(c->mem, claimed, t->resource->scopes);
		if (t->p.scope.n)
			b->scope = scope_both(c->mem, b->scope, t->p.scope);
		if (limit.n)
			b->scope = scope_both(c->mem, b->scope, limit);
	}
	return scope_meets(b->scope, t->resource->scopes)
	    ? OK
	    : FAIL(c, CLIENT_SCOPE, "asked for %.*s, the assertion says %.*s",
		  FMT(str_sub(t->p.scope, 0, 100)), FMT(str_sub(claimed, 0, 100)));
}

/* Any lane: the signature is the issuer's. */
static enum err believed(struct ctx *c)
{
	struct token *t = token_of(c);

	TRY(read_jag(c, t));
	TRY(read_scope(c, t));
	TRY(replay_room(c, &t->client));
	return token_prepared(c);
}

static enum err not_believed(struct ctx *c, str why)
{
	const struct bearer *b = token_of(c)->own;

	return FAIL(c, ASSERTION_BAD, "of %.*s: %.*s", FMT(str_sub(b->issuer->issuer, 0, 200)), FMT(why));
}

static enum err prepare(struct ctx *c, struct token *t)
{
	struct bearer *b = t->own;
	str issuer = c->site->tenant.issuer;
	str *names = NEW_ARRAY(c->mem, str, 2);

	names[0] = issuer;
	names[1] = arena_printf(c->mem, "%.*s/", FMT(issuer)); /* some write an issuer as an address */
	return assertion_check(c,
	    &(struct assertion_ask){
		.text = { (const char *)t->p.assertion.bytes, t->p.assertion.len },
		.jwks_uri = b->issuer->jwks_uri,
		.want = { .typ = ID_JAG_TYP,
		    .typ_required = true,
		    .iat_required = true,
		    .issuer = b->issuer->issuer,
		    .audience = names,
		    .audience_count = 2,
		    .now = c->now,
		    .skew = ASSERTION_SKEW,
		    .ttl = TTL_MAX },
		.out = &b->said,
		.then = believed,
		.refuse = not_believed,
	    });
}

/* ---- the person */

/* An address that the provider has made sure of: it says so, or the operator does. Empty otherwise (FED-01). */
static str email_of(struct ctx *c, const struct bearer *b)
{
	str email;

	if (!b->issuer->verified_emails && !json_get_true(b->said.claims, S("email_verified")))
		return (str){ NULL, 0 };
	if (text_email(c->mem, json_get_str(b->said.claims, S("email")), &email) != OK)
		return (str){ NULL, 0 };
	return email;
}

static enum err find_by_email(struct ctx *c, const struct bearer *b, int64_t *user)
{
	int64_t tenant = c->site->tenant.id;
	str email = email_of(c, b);
	struct user_by_email_out row;

	if (email.n == 0)
		return FAIL(c, ASSERTION_PERSON,
		    "subject %.*s is not known here, and no verified address is said",
		    FMT(str_sub(b->said.subject, 0, 100)));
	enum err e = q_user_by_email(c->db, c->mem, &(struct user_by_email_in){ tenant, email }, &row);
	if (e == ERR_NOT_FOUND && b->issuer->create_users) {
		struct user_put_member_in in = { id_make(c->now_ms, rand_u32()), tenant, email, c->now };
		TRY(q_user_put_member(c->db, c->mem, &in, NULL));
		e = q_user_by_email(c->db, c->mem, &(struct user_by_email_in){ tenant, email }, &row);
	}
	if (e == ERR_NOT_FOUND)
		return FAIL(c, ASSERTION_PERSON, "%.*s is not a user of this server", FMT(email));
	TRY(e);
	*user = row.id;
	struct identity_put_in link = { id_make(c->now_ms, rand_u32()), tenant, b->said.issuer,
		b->said.subject, row.id, c->now };
	return q_identity_put(c->db, c->mem, &link, NULL);
}

/* Issuer and subject first: an address may change its owner, a subject never does (OpenID Connect Core section 5.7). */
static enum err find_person(struct ctx *c, const struct bearer *b, int64_t *user)
{
	int64_t tenant = c->site->tenant.id;
	struct identity_get_in in = { tenant, b->said.issuer, b->said.subject };
	struct identity_get_out known;
	struct user_by_id_out row;
	enum err e = q_identity_get(c->db, c->mem, &in, &known);

	*user = known.user_id;
	if (e == ERR_NOT_FOUND)
		e = find_by_email(c, b, user);
	TRY(e);
	e = q_user_by_id(c->db, c->mem, &(struct user_by_id_in){ .tenant = tenant, .id = *user }, &row);
	if (e == ERR_NOT_FOUND || (e == OK && !str_eq(row.status, S("active"))))
		return FAIL(c, USER_BLOCKED, "user %lld", (long long)*user);
	return e;
}

/* ---- the grant: one for each person, client and resource, which each assertion lengthens */

static enum err put_grant(struct ctx *c, struct token *t, int64_t client, int64_t user, int64_t *grant)
{
	const struct bearer *b = t->own;
	int64_t expires = c->now + c->site->config->access_ttl;
	struct grant_lengthen_in old = { .tenant = c->site->tenant.id,
		.user_id = user,
		.client = client,
		.resource = t->resource->identifier,
		.methods = S("assertion"),
		.scope = b->scope,
		.now = c->now,
		.expires = expires };
	struct grant_lengthen_out found;
	enum err e = q_grant_lengthen(c->db, c->mem, &old, &found);

	*grant = found.id;
	if (e != ERR_NOT_FOUND)
		return e;
	TRY(q_user_alone(c->db, c->mem, &(struct user_alone_in){ user, c->site->tenant.id }, NULL));
	*grant = id_make(c->now_ms, rand_u32());
	struct grant_put_in row = { .id = *grant,
		.tenant = c->site->tenant.id,
		.user_id = user,
		.client = client,
		.resource = t->resource->identifier,
		.scope = b->scope,
		.now = c->now,
		.expires = expires,
		.methods = S("assertion"),
		.jkt = t->jkt };
	return q_grant_put(c->db, c->mem, &row, NULL);
}

/* WRITE */
static enum err redeem(struct ctx *c, struct token *t)
{
	const struct bearer *b = t->own;
	struct client client = t->client;
	int64_t user, grant;
	bool fresh = false;

	TRY(replay_take(c, &b->said, &fresh));
	if (!fresh)
		return FAIL(c, ASSERTION_BAD, "of %.*s: jti %.*s was used before",
		    FMT(str_sub(b->said.issuer, 0, 200)), FMT(str_sub(b->said.jti, 0, 64)));
	TRY(find_person(c, b, &user));
	TRY(client_ensure_row(c, &client));
	if (client.blocked)
		return FAIL(c, CLIENT_BLOCKED, "client %.*s", FMT(client_label(&client)));
	TRY(put_grant(c, t, client.row, user, &grant));
	t->authz = (struct authz){
		.grant = grant,
		.user = user,
		.resource = t->resource->identifier,
		.scope = b->scope,
		.client_id = t->client.client_id,
		.jkt = t->jkt,
		.methods = S("assertion"),
	};
	token_awaited(c, &t->authz);
	struct buf detail = BUF(c->mem);
	struct jout j = JOUT(&detail);
	jout_object(&j, S(""));
	jout_str(&j, S("issuer"), b->said.issuer);
	jout_str(&j, S("resource"), t->resource->identifier);
	jout_str(&j, S("scope"), b->scope);
	jout_end(&j);
	return audit_put(c,
	    &(struct audit){
		S("auth.token.assertion"), user, grant, client_label(&t->client), buf_str(&detail) });
}

const struct grant_type grant_jwt_bearer = {
	.name = S_INIT("urn:ietf:params:oauth:grant-type:jwt-bearer"),
	.lane = LANE_WRITE,
	.check = check,
	.prepare = prepare,
	.redeem = redeem,
};
