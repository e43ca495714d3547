/*
 * /introspect (RFC 7662): a server behind a token asks what it says. Who asks proves itself, and is told of tokens that were
 * given to itself and of those for the resources that it is the server of; every other token is inactive to it, as is whatever
 * is none of ours, so that nothing can be found out by asking (section 4). An access token is verified once and remembered;
 * what has been taken back is looked at every time.
 */
#include "base/id.h"
#include "base/url.h"
#include "client/client.h"
#include "client/client_auth.h"
#include "core/recall.h"
#include "crypto/crypto.h"
#include "http/accept.h"
#include "jose/jwt.h"
#include "oauth/ground.h"
#include "oauth/handlers.h"
#include "oauth/issue.h"
#include "oauth/params.h"
#include "oauth/refresh.h"

#define SKEW 30                      /* seconds that the clocks of two nodes may differ */
#define VERDICT_MAX ((size_t)262144) /* of the arena that one lies in */
#define JWT_TYPE "application/token-introspection+jwt"

/* What an access token says, to those who may know it. */
struct verdict {
	str client_id, audience;
	str named, bare; /* the answer, with and without who the person is */
};

struct job {
	struct revoke_params p; /* RFC 7662 section 2.1 has the parameters of RFC 7009 section 2.1 */
	struct client client;   /* who asks */
	int64_t grant;
	unsigned char key[SHA256_SIZE];
	struct ground ground;
	str json;
};

/* ---- answers */

/* RFC 9701 section 5: the same, signed for the one who asks, where signing is done. */
static enum err reply_signed(struct ctx *c)
{
	const struct job *job = c->state;
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);
	str token;

	jout_object(&j, S(""));
	jout_str(&j, S("iss"), c->site->tenant.issuer);
	jout_str(&j, S("aud"), job->client.client_id);
	jout_int(&j, S("iat"), c->now);
	jout_raw(&j, S("token_introspection"), job->json);
	jout_end(&j);
	if (b.full)
		return FAIL(c, TOO_LARGE, "what a token says");
	TRY(jwt_sign(c->mem, c->site->signing, S("token-introspection+jwt"), buf_str(&b), &token));
	c->reply->status = 200;
	c->reply->body = token;
	reply_header(c->reply, S("Content-Type"), S(JWT_TYPE));
	reply_header(c->reply, S("Cache-Control"), S("no-store"));
	return OK;
}

static enum err reply(struct ctx *c, str json)
{
	struct job *job = c->state;

	if (!accept_names(c->req, S(JWT_TYPE)))
		return reply_json(c, 200, json);
	job->json = json;
	if (c->lane == issue_lane(c->site))
		return reply_signed(c);
	return NEED(c, issue_lane(c->site), reply_signed);
}

/* LOOP. RFC 7662 section 2.2: one answer for all that is not active, without a reason. */
static enum err inactive(struct ctx *c)
{
	return reply(c, S("{\"active\":false}"));
}

static enum err not_active(struct ctx *c)
{
	if (c->lane == LANE_LOOP)
		return inactive(c);
	return NEED(c, LANE_LOOP, inactive);
}

/* LOOP, after the store was asked: what was heard meanwhile counts. */
static enum err answer(struct ctx *c)
{
	struct job *job = c->state;

	return standing_look(c, &job->ground) == STANDING_ENDED ? inactive(c) : reply(c, job->json);
}

/*
 * Who the person is: for the server behind the resource, which they use. For the application they only are when they have been
 * told that it will know (OpenID Connect Core section 5.4); introspecting its own token is no way around that page.
 */
static str name_in(str scope, str username)
{
	return str_list_has(scope, ' ', S("email")) ? username : S("");
}

static str answer_for(const struct client *who, const struct verdict *v)
{
	return client_guards(who, v->audience) ? v->named : v->bare;
}

static bool business_of(const struct client *who, const struct jwt *t)
{
	return client_may_know(
	    who, json_get_str(t->claims, S("client_id")), json_get_str(t->claims, S("aud")));
}

/* ---- access tokens */

static str write_access(struct arena *mem, const struct json *claims, str username)
{
	static const str texts[] = { S_INIT("iss"), S_INIT("sub"), S_INIT("aud"), S_INIT("client_id"),
		S_INIT("scope"), S_INIT("jti") };
	static const str others[] = { S_INIT("exp"), S_INIT("iat"), S_INIT("nbf"), S_INIT("cnf"),
		S_INIT("act"), S_INIT("auth_time"), S_INIT("acr"), S_INIT("amr") };
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_bool(&j, S("active"), true);
	for (size_t i = 0; i < COUNT(texts); i++)
		jout_str_opt(&j, texts[i], json_get_str(claims, texts[i]));
	jout_str_opt(&j, S("username"), username);
	jout_str(&j, S("token_type"),
	    json_get_str(json_get(claims, S("cnf")), S("jkt")).n ? S("DPoP") : S("Bearer"));
	for (size_t i = 0; i < COUNT(others); i++)
		if (json_get(claims, others[i]))
			jout_json(&j, others[i], json_get(claims, others[i]));
	jout_end(&j);
	return b.full ? (str){ NULL, 0 } : buf_str(&b);
}

static void release(void *mem)
{
	arena_unref(mem);
}

static enum err keep(struct ctx *c, const struct jwt *t, str username)
{
	struct job *job = c->state;
	struct arena *mem = arena_small(VERDICT_MAX);
	struct verdict *v = NEW(mem, struct verdict);

	arena_defer(c->mem, release, mem);
	v->client_id = arena_copy(mem, json_get_str(t->claims, S("client_id")));
	v->audience = arena_copy(mem, json_get_str(t->claims, S("aud")));
	v->named = write_access(mem, t->claims, username);
	v->bare = write_access(mem, t->claims, name_in(json_get_str(t->claims, S("scope")), username));
	if (!v->named.n || !v->bare.n)
		return FAIL(c, TOO_LARGE, "what a token says");
	job->json = answer_for(&job->client, v);
	recall_keep(c, RECALL_VERDICT, job->key, mem, v, &job->ground, t->exp);
	return NEED(c, LANE_LOOP, answer);
}

/*
 * READ, where a signature costs what some rows do; only of tokens that say to be the asker's business, so nobody can make us
 * verify what others hold.
 */
static enum err look_access(struct ctx *c)
{
	struct job *job = c->state;
	str text = { (const char *)job->p.token.bytes, job->p.token.len }, part, signature;
	struct jwt_expect want = {
		.typ = S("at+jwt"), .issuer = c->site->tenant.issuer, .now = c->now, .skew = SKEW
	};
	struct grant_state_out g;
	const char *why;
	struct jwt t;

	want.made_here = recall_was_made(c, job->key);
	if (jwt_parse(c->mem, text, &t, &part, &signature) != OK || !business_of(&job->client, &t))
		return not_active(c);
	if (jwt_check(&t, part, signature, c->site->keys, &want) != OK || t.exp <= c->now ||
	    id_parse(json_get_str(t.claims, S("gid")), ID_GRANT, &job->grant) != OK ||
	    !ground_origin_read(t.claims, &job->ground.origin))
		return not_active(c);
	str client_id = json_get_str(t.claims, S("client_id"));
	TRY(ground_look(c, job->grant, client_id, &g, &why));
	if (why)
		return not_active(c);
	job->ground.grant = job->grant;
	job->ground.user = g.user_id;
	job->ground.client = client_key(client_id);
	(void)json_get_int(t.claims, S("iat"), &job->ground.issued);
	return keep(c, &t, g.email);
}

static enum err read_access(struct ctx *c)
{
	struct job *job = c->state;
	str text = { (const char *)job->p.token.bytes, job->p.token.len };
	bool ended;

	if (text.n > JWT_MAX || !str_has(text, '.'))
		return not_active(c);
	sha256(text, job->key);
	const struct verdict *known = recall_find(c, RECALL_VERDICT, job->key, &ended);
	if (ended)
		return not_active(c);
	if (!known)
		return NEED(c, LANE_READ, look_access);
	if (!client_may_know(&job->client, known->client_id, known->audience))
		return not_active(c);
	return reply(c, answer_for(&job->client, known));
}

/* ---- refresh tokens: their own client's business alone */

static str write_refresh(struct ctx *c, const struct job *job, const struct grant_state_out *g)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_bool(&j, S("active"), true);
	jout_str(&j, S("iss"), c->site->tenant.issuer);
	jout_str(&j, S("sub"), g->user_id ? id_text(c->mem, ID_USER, g->user_id) : job->client.client_id);
	jout_str(&j, S("aud"), g->resource);
	jout_str(&j, S("client_id"), job->client.client_id);
	jout_str_opt(&j, S("scope"), g->scope);
	jout_str_opt(&j, S("username"), name_in(g->scope, g->email));
	jout_int(&j, S("exp"), g->expires);
	jout_int(&j, S("iat"), g->rotated);
	jout_end(&j);
	return b.full ? (str){ NULL, 0 } : buf_str(&b);
}

/* True when /token would take it: the newest, or the one before while its successor is unspent (refresh.h). */
static bool would_do(struct ctx *c, const struct job *job, const struct grant_state_out *g)
{
	struct secret hash = secret_of(token_hash(c->mem, job->p.token));

	if (g->expires <= c->now ||
	    !secret_eq(secret_of(g->client_hash), secret_of(sha256_str(c->mem, job->client.client_id))))
		return false;
	return secret_eq(secret_of(g->token), hash) ||
	    (secret_eq(secret_of(g->parent), hash) &&
		refresh_in_grace(c->site->config->refresh_grace, c->now - g->rotated, g->repeats));
}

/* READ. Not remembered: the next rotation is somebody else's request. */
static enum err look_refresh(struct ctx *c)
{
	struct job *job = c->state;
	struct grant_state_out g;
	const char *why;

	TRY(ground_look(c, job->grant, job->client.client_id, &g, &why));
	if (why || !would_do(c, job, &g))
		return not_active(c);
	job->json = write_refresh(c, job, &g);
	job->ground = (struct ground){ .grant = job->grant,
		.user = g.user_id,
		.client = client_key(job->client.client_id),
		.issued = g.rotated };
	return NEED(c, LANE_LOOP, answer);
}

/* The client has proved itself. Section 2.1: the hint may be ignored; our tokens say what they are. */
static enum err read_token(struct ctx *c)
{
	struct job *job = c->state;
	struct refresh r;

	if (str_eq(job->client.auth_method,
		S("none"))) /* section 2.1: without proof anybody could try tokens out */
		return FAIL(
		    c, CLIENT_METHOD, "introspection by a client that has nothing to prove itself with");
	if (job->p.token.len == 0)
		return params_fail(c, ERR_PARAM_MISSING, S("token"));
	if (refresh_parse(c->mem, c->site->key_refresh, job->p.token, &r) != OK)
		return read_access(c);
	job->grant = r.grant;
	secret_wipe(&r, sizeof r);
	return NEED(c, LANE_READ, look_refresh);
}

enum err introspect_start(struct ctx *c)
{
	struct job *job = NEW(c->mem, struct job);
	struct form form;

	c->state = job;
	TRY(params_body(c, &form));
	TRY(revoke_params_fill(c, &form, &job->p));
	struct client_body body = { job->p.client_id, job->p.client_secret, job->p.client_assertion,
		job->p.client_assertion_type };
	return client_prove(c, &body, &job->client, read_token);
}
