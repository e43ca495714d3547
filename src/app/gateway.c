#include "app/gateway.h"
#include "app/bearer.h"
#include "app/cors.h"
#include "app/house.h"
#include "app/proxy.h"
#include "app/reply.h"
#include "client/client.h"
#include "mcp/mcp.h"
#include "sql_gen.h"

/*
 * A client that acts for itself may what its role may (op_client.c), as far as the scopes of its token go. One that is only
 * known from its own registration has none, and no way to such a token.
 */
static enum err load_machine(struct ctx *c)
{
	struct client client;
	enum err e = client_find(c, pass_sub(bearer_pass(c)), &client);

	if (e == ERR_NOT_FOUND || (e == OK && client.blocked))
		return FAIL(c, TOKEN_REVOKED, "the client is gone or blocked");
	TRY(e);
	c->actor.name = client_name(c->mem, &client);
	c->actor.role = client.role;
	return OK;
}

/* The token says which person; what that person may do now is the store's word. */
static enum err load_person(struct ctx *c)
{
	struct user_by_id_in in = { .tenant = c->site->tenant.id, .id = c->actor.user };
	struct user_by_id_out row;

	if (c->actor.machine)
		TRY(load_machine(c));
	if (c->actor.user) {
		enum err e = q_user_by_id(c->db, c->mem, &in, &row);
		if (e == ERR_NOT_FOUND || (e == OK && !str_eq(row.status, S("active"))))
			return FAIL(c, TOKEN_REVOKED, "the person is gone or blocked");
		TRY(e);
		c->actor.email = row.email;
		c->actor.name = row.name;
		c->actor.role = row.role;
	}
	c->style = STYLE_RPC;
	return mcp_handle(c);
}

static enum err read_message(struct ctx *c)
{
	return NEED(c, LANE_READ, load_person);
}

static enum err manage(struct ctx *c)
{
	return exchange_need_body(c, c->site->config->limit_body_mcp, read_message);
}

/* What an answer of an upstream says besides, in our name; how many. */
static size_t own_headers(struct ctx *c, struct http_header out[PROXY_OWN])
{
	size_t n = cors_headers(c, out);

	if (exchange_of(c)->rq->tls)
		out[n++] = (struct http_header){ S("Strict-Transport-Security"), S(REPLY_HSTS) };
	/* RFC 9449 section 8.2: the next nonce goes with the answer, whoever made that */
	for (size_t i = 0; i < c->reply->header_count; i++)
		if (str_ieq(c->reply->headers[i].name, S("DPoP-Nonce")) && n < PROXY_OWN)
			out[n++] = c->reply->headers[i];
	return n;
}

static enum err forward(struct ctx *c)
{
	struct exchange *x = exchange_of(c);
	struct proxy_call call = {
		.c = c,
		.rq = x->rq,
		.resource = x->resource,
		.who = bearer_pass(c),
		.pool = x->floor->gateway,
		.refuse = gateway_refuse,
	};

	_Static_assert(PROXY_OWN == CORS_HEADERS + 2, "all of them have room");
	call.own_count = own_headers(c, call.own);
	return proxy_start(&call);
}

static enum err only_issuer(struct ctx *c)
{
	return FAIL(c, NO_ROUTE, "%.*s has no upstream: only its tokens come from here",
	    FMT(c->actor.resource->identifier));
}

enum err gateway_request(struct ctx *c, struct request *rq, const struct resource *res)
{
	(void)rq;
	return bearer_check(c, res, res->management ? manage : res->upstream.n ? forward : only_issuer);
}

void gateway_open(struct floor *f)
{
	f->gateway = pool_new(f->loop, f->house->resolver);
}

void gateway_close(struct floor *f)
{
	pool_free(f->gateway);
	f->gateway = NULL;
}
