#include "app/bearer.h"
#include "app/house.h"
#include "base/url.h"
#include "core/recorder.h"
#include "crypto/crypto.h"
#include "gate/headers.h"
#include "http/auth.h"
#include "oauth/client.h"
#include "oauth/proof.h"
#include "sql_gen.h"

#include <string.h>

/* What the steps pass on; c->state is the handler's. */
struct bearer {
	const struct resource *resource;
	enum auth_scheme scheme; /* Bearer or DPoP */
	str token;
	unsigned char hash[SHA256_SIZE];
	struct pass pass;
	enum err (*then)(struct ctx *c);
};

const struct pass *bearer_pass(const struct ctx *c)
{
	return &((const struct exchange *)(const void *)c)->bearer->pass;
}

static enum err let_in(struct ctx *c)
{
	struct bearer *b = exchange_of(c)->bearer;

	c->actor = (struct actor){
		.user = b->pass.user,
		.grant = b->pass.grant,
		.scope = pass_scope(&b->pass),
		.client_id = pass_client(&b->pass),
		.machine = !b->pass.user,
		.resource = b->resource,
	};
	enum err e = pass_scopes(c, b->resource, &b->pass);
	if (e == ERR_SCOPE_SHORT)
		c->fail.need_scope = b->resource->required;
	TRY(e);
	return b->then(c);
}

/* What this node has heard of, which may be newer than what a step on READ has just seen. */
static enum err check_revoked(struct ctx *c)
{
	struct exchange *x = exchange_of(c);
	struct revoked *r = x->floor->house->revoked;
	const struct pass *p = &x->bearer->pass;

	if (revoked_has(r, EFFECT_REVOKE_GRANT, p->grant, p->issued))
		return FAIL(c, TOKEN_REVOKED, "its grant has ended");
	if (p->user && revoked_has(r, EFFECT_REVOKE_USER, p->user, p->issued))
		return FAIL(c, TOKEN_REVOKED, "the person is blocked");
	if (revoked_has(r, EFFECT_REVOKE_CLIENT, p->client_key, p->issued))
		return FAIL(c, TOKEN_REVOKED, "the client is blocked or deleted");
	return OK;
}

static enum err let_in_still_good(struct ctx *c)
{
	TRY(check_revoked(c));
	return let_in(c);
}

/* The feed is old: the store itself says whether the grant, the person and the client are still good. */
static enum err ask_store(struct ctx *c)
{
	struct bearer *b = exchange_of(c)->bearer;
	struct grant_state_in in = { .id = b->pass.grant, .tenant = c->site->tenant.id };
	struct grant_state_out row;

	enum err e = q_grant_state(c->db, c->mem, &in, &row);
	if (e == ERR_NOT_FOUND)
		return FAIL(c, TOKEN_REVOKED, "its grant is gone");
	TRY(e);
	if (row.ended)
		return FAIL(c, TOKEN_REVOKED, "its grant has ended");
	if (!str_eq(row.user_status, S("active")) || !str_eq(row.client_status, S("active")))
		return FAIL(c, TOKEN_REVOKED, "%s", "the person or the client is blocked");
	return NEED(c, LANE_LOOP, let_in_still_good);
}

/* Read on every request, also when the token itself is well known. */
static enum err judge(struct ctx *c)
{
	struct exchange *x = exchange_of(c);
	struct revoked *r = x->floor->house->revoked;

	TRY(check_revoked(c));
	if (!revoked_fresh(r, loop_ms(x->floor->loop)))
		return NEED(c, LANE_READ, ask_store);
	return let_in(c);
}

/* ---- RFC 9449: a token that is bound to a key */

/* Section 7.2: bound tokens are no bearer tokens, and those of bearers prove nothing beside a proof. */
static enum err check_scheme(struct ctx *c, const struct bearer *b)
{
	bool bound = pass_jkt(&b->pass).n > 0;

	if (bound && b->scheme == AUTH_BEARER)
		return FAIL(c, TOKEN_BOUND, "a token bound to a key, with the Bearer scheme");
	if (!bound && b->scheme == AUTH_DPOP)
		return FAIL(c, TOKEN_UNBOUND, "a bearer token, with the DPoP scheme");
	return OK;
}

/* Where the request went, by our own account: never by its Host. */
static str address_of(struct ctx *c, const struct resource *res)
{
	struct url u;

	if (url_parse(res->identifier, &u) != OK)
		return S("");
	str origin = url_origin(c->mem, &u);
	return arena_printf(c->mem, "%.*s%.*s", FMT(origin), FMT(c->req->path));
}

/* VERIFY. */
static enum err check_proof(struct ctx *c, struct bearer *b)
{
	if (b->scheme != AUTH_DPOP)
		return OK;
	return proof_check_token(c, address_of(c, b->resource), b->token, pass_jkt(&b->pass));
}

/* VERIFY. The token is well known; its proof is new every time. */
static enum err prove(struct ctx *c)
{
	TRY(check_proof(c, exchange_of(c)->bearer));
	return NEED(c, LANE_LOOP, judge);
}

static enum err remember(struct ctx *c)
{
	struct exchange *x = exchange_of(c);

	pass_cache_put(x->floor->passes, x->bearer->hash, &x->bearer->pass);
	recorder_met(AWAIT_TOKEN, x->bearer->pass.grant);
	return judge(c);
}

/* Once a token: the name that the audit has too, as far as it is known without the store. */
static enum err verify(struct ctx *c)
{
	struct bearer *b = exchange_of(c)->bearer;
	struct client client;

	TRY(pass_read(c, b->resource, b->token, &b->pass));
	if (client_open(c, c->actor.client_id, &client) == OK)
		pass_call_client(&b->pass, client_label(&client));
	c->actor.client_id = pass_client(&b->pass);
	TRY(check_scheme(c, b));
	TRY(check_proof(c, b));
	return NEED(c, LANE_LOOP, remember);
}

/* OAuth 2.1 section 5.1: a token in the query stands in logs; the name alone is looked for, encoded or not. */
static bool token_in_query(const struct ctx *c)
{
	return form_get(&c->query, S("access_token")).p != NULL;
}

static enum err read_token(struct ctx *c, struct bearer *b)
{
	struct auth auth;

	if (c->req->query.n && form_parse(c->mem, c->req->query, &c->query) == OK && token_in_query(c))
		return FAIL(c, TOKEN_IN_QUERY, "access_token in the query");
	if (auth_parse(c->mem, c->req, &auth) != OK)
		return FAIL(c, AUTH_MALFORMED, "an Authorization header of %zu bytes",
		    http_header(c->req, S("Authorization")).n);
	if (auth.scheme == AUTH_NONE)
		return FAIL(c, TOKEN_MISSING, "no Authorization header");
	if (auth.scheme != AUTH_BEARER && auth.scheme != AUTH_DPOP)
		return FAIL(c, TOKEN_SCHEME, "%s",
		    auth.scheme == AUTH_BASIC ? "Basic" : "another scheme than Bearer");
	if (auth.token.n > JWT_MAX)
		return FAIL(c, TOKEN_MALFORMED, "%zu bytes", auth.token.n);
	b->scheme = auth.scheme;
	b->token = auth.token;
	sha256(auth.token, b->hash);
	return OK;
}

enum err bearer_check(struct ctx *c, const struct resource *res, enum err (*then)(struct ctx *c))
{
	struct exchange *x = exchange_of(c);
	struct bearer *b = NEW(c->mem, struct bearer);
	str origin = http_header(c->req, S("Origin"));

	*b = (struct bearer){ .resource = res, .then = then };
	x->bearer = b;
	if (origin.p && !gate_origin_ok(c->site, origin))
		return FAIL(c, ORIGIN_FORBIDDEN, "origin %.*s", FMT(str_sub(origin, 0, 200)));
	TRY(read_token(c, b));
	const struct pass *known =
	    pass_cache_find(x->floor->passes, b->hash, pass_resource(c->site, res), c->now);
	if (!known)
		return NEED(c, LANE_VERIFY, verify);
	b->pass = *known;
	TRY(check_scheme(c, b));
	if (b->scheme == AUTH_DPOP)
		return NEED(c, LANE_VERIFY, prove);
	return judge(c);
}
