/*
 * grant_type=urn:ietf:params:oauth:grant-type:token-exchange (RFC 8693), for clients of the house. Two exchanges are known:
 *
 *   an access token of ours for one that is good at another resource, or for less. Who may: the client that it was given to,
 *   and the server that it was sent to (client.guards). The new token is of the same grant, so whoever takes that back ends
 *   both, names who acts (act, section 4.1), and does not outlive the one that it came from.
 *
 *   an id token of ours for an ID-JAG: the word that another authorization server takes for a person's sign-in. Where to, and
 *   what the application is called there, stands in the file (cross_app).
 */
#include "base/id.h"
#include "client/client.h"
#include "core/recall.h"
#include "crypto/crypto.h"
#include "jose/jwt.h"
#include "model/resource.h"
#include "model/scope.h"
#include "oauth/grant_type.h"
#include "oauth/ground.h"
#include "oauth/id_jag.h"
#include "store/audit.h"

#define TYPE(name_) S_INIT("urn:ietf:params:oauth:token-type:" name_)
#define SKEW 30 /* seconds that the clocks of two nodes may differ */

struct exchange {
	const struct swap *swap;
	const struct config_audience *audience; /* ID-JAG */
	str client_there;                       /* ID-JAG: what the client is called at the audience */
	str resource;   /* of the new token; ID-JAG: one of the other server's, or empty */
	str scope;      /* access token: of the one that was sent */
	bool same;      /* access token: the new one is good where it was */
	str given_to;   /* access token: its client */
	bool made_here; /* what was sent */
	int64_t user, grant, expires, auth_time;
	int64_t session; /* id token: its sid; 0: nobody signed in for it */
};

/* What is exchanged for what. */
struct swap {
	str wants, sends; /* requested_token_type and subject_token_type */
	str typ;          /* of the header of what is sent */
	enum err (*check)(struct ctx *c, struct token *t);
	enum err (*read)(struct ctx *c, struct token *t, const struct jwt *jwt);
	enum err (*redeem)(struct ctx *c, struct token *t);
};

static enum err check_access(struct ctx *c, struct token *t);
static enum err read_access(struct ctx *c, struct token *t, const struct jwt *jwt);
static enum err redeem_access(struct ctx *c, struct token *t);
static enum err check_identity(struct ctx *c, struct token *t);
static enum err read_identity(struct ctx *c, struct token *t, const struct jwt *jwt);
static enum err redeem_identity(struct ctx *c, struct token *t);

static const struct swap swaps[] = {
	{ TYPE("access_token"), TYPE("access_token"), S_INIT("at+jwt"), check_access, read_access,
	    redeem_access },
	{ TYPE("id-jag"), TYPE("id_token"), { NULL, 0 }, check_identity, read_identity, redeem_identity },
};

/* Section 2.2.2: a subject token that is not good is an invalid request, whatever is wrong with it. */
#define BAD_SUBJECT(c, ...) FAIL(c, EXCHANGE_SUBJECT, __VA_ARGS__)

static enum err check(struct ctx *c, struct token *t)
{
	struct exchange *x = NEW(c->mem, struct exchange);
	str wants = t->p.requested_token_type.n ? t->p.requested_token_type : swaps[0].wants;

	t->own = x;
	if (t->p.subject_token.len == 0)
		return params_fail(c, ERR_PARAM_MISSING, S("subject_token"));
	if (t->p.subject_token_type.n == 0)
		return params_fail(c, ERR_PARAM_MISSING, S("subject_token_type"));
	if (t->p.actor_token.len) /* who acts is the client, which has proved itself */
		return FAIL(c, EXCHANGE_KIND, "an actor_token");
	for (size_t i = 0; i < COUNT(swaps); i++)
		if (str_eq(swaps[i].wants, wants) && str_eq(swaps[i].sends, t->p.subject_token_type))
			x->swap = &swaps[i];
	if (!x->swap)
		return FAIL(c, EXCHANGE_KIND, "%.*s for %.*s", FMT(t->p.subject_token_type), FMT(wants));
	return x->swap->check(c, t);
}

static str subject_of(const struct token *t)
{
	return (str){ (const char *)t->p.subject_token.bytes, t->p.subject_token.len };
}

/* VERIFY; the lane it is on for a token that was made here, whose signature nobody has to check */
static enum err verify(struct ctx *c)
{
	struct token *t = token_of(c);
	const struct exchange *x = t->own;
	str text = subject_of(t);
	struct jwt_expect want = { .typ = x->swap->typ,
		.issuer = c->site->tenant.issuer,
		.now = c->now,
		.skew = SKEW,
		.made_here = x->made_here };
	struct jwt jwt;
	enum err e = jwt_verify(c->mem, text, c->site->keys, &want, &jwt);

	if (e != OK)
		return BAD_SUBJECT(c, "%s", err_row(e)->words);
	TRY(x->swap->read(c, t, &jwt));
	return token_prepared(c);
}

static enum err prepare(struct ctx *c, struct token *t)
{
	struct exchange *x = t->own;

	x->made_here = recall_made_here(c, subject_of(t));
	if (x->made_here)
		return verify(c);
	return NEED(c, LANE_VERIFY, verify);
}

/* WRITE */
static enum err redeem(struct ctx *c, struct token *t)
{
	const struct exchange *x = t->own;

	return x->swap->redeem(c, t);
}

static enum err note(struct ctx *c, const struct token *t, str to)
{
	const struct exchange *x = t->own;
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("for"), to);
	jout_str_opt(&j, S("scope"), t->authz.scope);
	jout_end(&j);
	return audit_put(c,
	    &(struct audit){
		S("auth.token.exchange"), x->user, x->grant, client_label(&t->client), buf_str(&b) });
}

/* ---- an access token for another one */

/* Section 2.1: resource and audience both say where the new token is to be used; an audience of ours is a resource. */
static enum err check_access(struct ctx *c, struct token *t)
{
	const struct resource *named = NULL;

	TRY(params_resource(c, &t->p.resource, &t->resource));
	TRY(params_resource(c, &t->p.audience, &named));
	if (named && t->resource && named != t->resource)
		return FAIL(c, RESOURCE_UNKNOWN, "resource and audience name two servers");
	t->resource = t->resource ? t->resource : named;
	return client_target(c, &t->client, &t->resource);
}

static enum err read_access(struct ctx *c, struct token *t, const struct jwt *jwt)
{
	struct exchange *x = t->own;
	str audience = json_get_str(jwt->claims, S("aud")), sub = json_get_str(jwt->claims, S("sub"));

	x->given_to = json_get_str(jwt->claims, S("client_id"));
	x->scope = json_get_str(jwt->claims, S("scope"));
	x->expires = jwt->exp;
	if (x->expires <= c->now) /* within the skew: what came of it would be over too */
		return BAD_SUBJECT(c, "a token that has expired");
	if (!client_may_know(&t->client, x->given_to, audience))
		return BAD_SUBJECT(c, "given to %.*s for %.*s, which is not %.*s",
		    FMT(str_sub(x->given_to, 0, 64)), FMT(audience), FMT(client_label(&t->client)));
	/* RFC 9449: a bound token is of use to the holder of its key alone, also here */
	if (json_get(jwt->claims, S("cnf")))
		return BAD_SUBJECT(c, "a token that is bound to a key");
	if (id_parse(json_get_str(jwt->claims, S("gid")), ID_GRANT, &x->grant) != OK)
		return BAD_SUBJECT(c, "a token without a grant");
	/* who acts for whom acts for a third one is a chain that nobody has asked for yet */
	if (json_get(jwt->claims, S("act")))
		return BAD_SUBJECT(c, "a token that was exchanged already");
	/* without a person the subject is the client, so nobody else can be given its token */
	if (str_eq(sub, x->given_to) ? !str_eq(sub, t->client.client_id)
				     : id_parse(sub, ID_USER, &x->user) != OK)
		return BAD_SUBJECT(c, "a token without a person");
	x->resource = t->resource ? t->resource->identifier : audience;
	x->same = str_eq(x->resource, audience);
	return OK;
}

/*
 * At the same resource: no more than the token had. At another one, the person has agreed to nothing: there the scopes that
 * the operator wrote for the client are the bound, so a client without any gets none. And nowhere a way round: back at the
 * resource of the grant, what the person has agreed to there is all there is.
 */
static enum err pick_scope(struct ctx *c, const struct token *t, const struct grant_state_out *g, str *out)
{
	const struct exchange *x = t->own;
	str most = x->same ? x->scope : scope_both(c->mem, t->client.scope, t->resource->scopes);

	if (str_eq(x->resource, g->resource))
		most = scope_both(c->mem, most, g->scope);
	*out = t->p.scope.n ? scope_both(c->mem, most, t->p.scope) : most;
	if (out->n == 0 || !scope_covers(*out, t->p.scope))
		return FAIL(c, CLIENT_SCOPE, "asked for %.*s, could have %.*s",
		    FMT(str_sub(t->p.scope, 0, 200)), FMT(str_sub(most, 0, 200)));
	return OK;
}

static enum err redeem_access(struct ctx *c, struct token *t)
{
	const struct exchange *x = t->own;
	struct grant_state_out g;
	const char *why;
	str scope;

	TRY(ground_look(c, x->grant, x->given_to, &g, &why));
	if (why)
		return BAD_SUBJECT(c, "%s", why);
	TRY(pick_scope(c, t, &g, &scope));
	t->authz = (struct authz){
		.grant = x->grant,
		.user = x->user,
		.resource = x->resource,
		.scope = scope,
		.client_id = t->client.client_id,
		.jkt = t->jkt,
		.expires_by = x->expires,
		.issued_type = x->swap->wants,
		.given_to = str_eq(x->given_to, t->client.client_id) ? (str){ NULL, 0 } : x->given_to,
	};
	return note(c, t, x->resource);
}

/* ---- an id token for an ID-JAG */

static const struct config_audience *audience_find(const struct config *config, str issuer)
{
	for (size_t i = 0; i < config->audience_count; i++) {
		const struct config_audience *a = &config->audiences[i];
		/* SDKs that keep an issuer as an address write it with a slash */
		if (str_eq(a->issuer, issuer) ||
		    (str_starts(issuer, a->issuer) && str_eq(str_sub(issuer, a->issuer.n, issuer.n), S("/"))))
			return a;
	}
	return NULL;
}

/* The resource is one of the other server's, so it is compared with the file and not looked up among ours. */
static enum err check_identity(struct ctx *c, struct token *t)
{
	struct exchange *x = t->own;
	str named = t->p.resource.count ? t->p.resource.items[0] : (str){ NULL, 0 };

	if (t->p.audience.count != 1)
		return FAIL(c, PARAM_MISSING, "audience: the issuer of the authorization server, once");
	x->audience = audience_find(c->site->config, t->p.audience.items[0]);
	if (!x->audience)
		return FAIL(
		    c, EXCHANGE_AUDIENCE, "audience %.*s", FMT(str_sub(t->p.audience.items[0], 0, 200)));
	for (size_t i = 0; i < x->audience->client_count; i++)
		if (str_eq(x->audience->clients[i].ours, t->client.client_id))
			x->client_there = x->audience->clients[i].theirs;
	if (!x->client_there.n)
		return FAIL(c, EXCHANGE_AUDIENCE, "%.*s has no name at %.*s", FMT(client_label(&t->client)),
		    FMT(x->audience->issuer));
	if (t->p.resource.count > 1 ||
	    (named.n && x->audience->resources.n && !str_list_has(x->audience->resources, ' ', named)))
		return FAIL(c, EXCHANGE_AUDIENCE, "resource %.*s", FMT(str_sub(named, 0, 200)));
	x->resource = named;
	return OK;
}

static enum err read_identity(struct ctx *c, struct token *t, const struct jwt *jwt)
{
	struct exchange *x = t->own;

	if (!str_eq(json_get_str(jwt->claims, S("aud")), t->client.client_id))
		return BAD_SUBJECT(c, "an id token of another client");
	if (id_parse(json_get_str(jwt->claims, S("sub")), ID_USER, &x->user) != OK)
		return BAD_SUBJECT(c, "an id token without a person");
	if (id_parse(json_get_str(jwt->claims, S("grant")), ID_GRANT, &x->grant) != OK)
		return BAD_SUBJECT(c, "an id token without a grant");
	str sid = json_get_str(jwt->claims, S("sid"));
	if (sid.n && id_parse(sid, ID_SESSION, &x->session) != OK)
		return BAD_SUBJECT(c, "a sid that is not understood");
	(void)json_get_int(jwt->claims, S("auth_time"), &x->auth_time);
	return OK;
}

/*
 * The signature says that somebody signed in; the store, that it is still so. A connection goes on after signing out, but what
 * we say of a person to another server is that they are signed in here.
 */
static enum err redeem_identity(struct ctx *c, struct token *t)
{
	struct exchange *x = t->own;
	struct grant_state_out g;
	const char *why;
	bool signed_in;

	TRY(ground_look(c, x->grant, t->client.client_id, &g, &why));
	if (why || g.user_id != x->user)
		return BAD_SUBJECT(c, "%s", why ? why : "its grant is of somebody else");
	TRY(ground_signed_in(c, x->session, x->user, &signed_in));
	if (!signed_in)
		return BAD_SUBJECT(c, "the person has signed out");
	struct id_jag *jag = NEW(c->mem, struct id_jag);

	*jag = (struct id_jag){ .audience = x->audience->issuer,
		.client_id = x->client_there,
		.user = x->user,
		.email = g.email,
		.resource = x->resource,
		.scope = t->p.scope,
		.auth_time = x->auth_time };
	t->authz = (struct authz){ .user = x->user,
		.scope = t->p.scope,
		.client_id = t->client.client_id,
		.issued_type = x->swap->wants,
		.jag = jag };
	return note(c, t, x->audience->issuer);
}

const struct grant_type grant_token_exchange = {
	.name = S_INIT("urn:ietf:params:oauth:grant-type:token-exchange"),
	.flags = GRANT_TARGETS,
	.lane = LANE_WRITE,
	.check = check,
	.prepare = prepare,
	.redeem = redeem,
};
