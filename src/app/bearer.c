#include "app/bearer.h"
#include "app/house.h"
#include "base/url.h"
#include "client/client.h"
#include "core/recorder.h"
#include "crypto/crypto.h"
#include "gate/headers.h"
#include "jose/jwt.h"
#include "oauth/ground.h"
#include "oauth/presented.h"

#include <string.h>

/* What the steps pass on; c->state is the handler's. */
struct bearer {
	const struct resource *resource;
	struct presented sent;
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
	struct ground ground = pass_ground(&x->bearer->pass);
	const char *why = revoked_why(x->floor->house->revoked, &ground);

	return why ? FAIL(c, TOKEN_REVOKED, "%s", why) : OK;
}

static enum err let_in_still_good(struct ctx *c)
{
	TRY(check_revoked(c));
	return let_in(c);
}

/* READ. The store itself says whether the grant, the person and the client are still good. */
static enum err look_up(struct ctx *c)
{
	struct bearer *b = exchange_of(c)->bearer;
	struct grant_state_out row;
	const char *why;
	str part, signature;
	struct jwt t;

	/* a pass has no room for the whole id of its client; the token was verified when it was new */
	if (jwt_parse(c->mem, b->sent.token, &t, &part, &signature) != OK)
		return FAIL(c, TOKEN_MALFORMED, "%zu bytes", b->sent.token.n);
	TRY(ground_look(c, b->pass.grant, json_get_str(t.claims, S("client_id")), &row, &why));
	if (why)
		return FAIL(c, TOKEN_REVOKED, "%s", why);
	return OK;
}

/* The feed is old. */
static enum err ask_store(struct ctx *c)
{
	TRY(look_up(c));
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
	return presented_proof(c, &b->sent, pass_jkt(&b->pass), address_of(c, b->resource));
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

/* Of a client that is nowhere but in the store only its row tells whether the configuration has taken it away. */
static enum err look_up_new(struct ctx *c)
{
	TRY(look_up(c));
	return NEED(c, LANE_LOOP, remember);
}

/* Once a token: the name that the audit has too, as far as it is known without the store. */
static enum err verify(struct ctx *c)
{
	struct bearer *b = exchange_of(c)->bearer;
	struct client client;

	TRY(pass_read(c, b->resource, b->sent.token, &b->pass));
	bool known = client_open(c, c->actor.client_id, &client) == OK;
	if (known)
		pass_call_client(&b->pass, client_label(&client));
	c->actor.client_id = pass_client(&b->pass);
	TRY(presented_scheme(c, &b->sent, pass_jkt(&b->pass)));
	TRY(check_proof(c, b));
	return known ? NEED(c, LANE_LOOP, remember) : NEED(c, LANE_READ, look_up_new);
}

static enum err read_token(struct ctx *c, struct bearer *b)
{
	/* the path of a resource has no parameters of ours, so nobody has read its query; what is no form names no token */
	if (c->req->query.n && form_parse(c->mem, c->req->query, &c->query) != OK)
		c->query = (struct form){ .fields = NULL };
	TRY(presented_read(c, &b->sent));
	sha256(b->sent.token, b->hash);
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
	TRY(presented_scheme(c, &b->sent, pass_jkt(&b->pass)));
	if (b->sent.scheme == AUTH_DPOP)
		return NEED(c, LANE_VERIFY, prove);
	return judge(c);
}
