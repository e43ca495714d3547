/*
 * /token: the phases, once. What differs between grant types stands in their hooks (grant_type.h); none of them can
 * forget client authentication, because none of them does it.
 */
#include "client/client.h"
#include "client/client_auth.h"
#include "oauth/grant_type.h"
#include "oauth/handlers.h"
#include "oauth/issue.h"
#include "oauth/proof.h"

struct job {
	struct token token;
	enum err (*fill)(struct ctx *c, struct token *t); /* what runs on WRITE instead of redeem */
};

struct token *token_of(const struct ctx *c)
{
	struct job *job = c->state;

	return &job->token;
}

static enum err read_request(struct ctx *c, struct token *t)
{
	struct form form;

	TRY(params_body(c, &form));
	TRY(token_params_fill(c, &form, &t->p));
	if (t->p.grant_type.n == 0)
		return params_fail(c, ERR_PARAM_MISSING, S("grant_type"));
	t->type = grant_type_find(t->p.grant_type);
	if (!t->type)
		return FAIL(c, GRANT_TYPE, "grant_type %.*s", FMT(str_sub(t->p.grant_type, 0, 100)));
	return OK;
}

/* Where signing is done: the transaction has been committed, so what is signed now holds. */
static enum err issue(struct ctx *c)
{
	struct token *t = token_of(c);

	t->authz.jkt = t->jkt; /* here, so that no grant type can forget it */
	return issue_tokens(c, &t->authz);
}

/* WRITE */
static enum err fill(struct ctx *c)
{
	struct job *job = c->state;

	TRY(job->fill(c, &job->token));
	return NEED(c, issue_lane(c->site), issue);
}

enum err token_write(struct ctx *c, enum err (*how)(struct ctx *c, struct token *t))
{
	struct job *job = c->state;

	job->fill = how;
	return NEED(c, LANE_WRITE, fill);
}

/* The grant type's lane. */
static enum err redeem(struct ctx *c)
{
	struct token *t = token_of(c);

	TRY(t->type->redeem(c, t));
	if (c->lane == issue_lane(c->site))
		return issue(c);
	return NEED(c, issue_lane(c->site), issue);
}

enum err token_prepared(struct ctx *c)
{
	const struct grant_type *type = token_of(c)->type;

	if (type->lane == c->lane && c->lane != LANE_WRITE)
		return redeem(c);
	return NEED(c, type->lane, redeem);
}

/* READ. What was sent is nothing, so no statement of redeem asks: a client that was deleted hears that first. */
static enum err refused(struct ctx *c)
{
	struct token *t = token_of(c);
	struct client now;
	enum err e = client_find(c, t->client.client_id, &now);

	if (e == ERR_NOT_FOUND)
		return FAIL(c, CLIENT_UNKNOWN, "client %.*s was deleted", FMT(client_label(&t->client)));
	TRY(e);
	if (now.blocked)
		return FAIL(c, CLIENT_BLOCKED, "client %.*s", FMT(client_label(&t->client)));
	return t->type->check(c, t);
}

/* Any lane: the client has proved itself. */
static enum err resolve(struct ctx *c)
{
	struct token *t = token_of(c);
	bool public = str_eq(t->client.auth_method, S("none"));

	if (!client_may(&t->client, t->type->name) || (public && !(t->type->flags & GRANT_PUBLIC)))
		return FAIL(c, CLIENT_GRANT_TYPE, "%.*s, registered: %.*s", FMT(t->type->name),
		    FMT(t->client.grant_types));
	if (!(t->type->flags & GRANT_TARGETS)) {
		TRY(params_resource(c, &t->p.resource, &t->resource));
		TRY(client_target(c, &t->client, &t->resource));
	}
	enum err e = t->type->check(c, t);
	if (e != OK && c->lane == LANE_LOOP && t->client.origin == CLIENT_SEALED)
		return NEED(c, LANE_READ, refused);
	TRY(e);
	return t->type->prepare ? t->type->prepare(c, t) : token_prepared(c);
}

/* VERIFY */
static enum err check_proof(struct ctx *c)
{
	TRY(proof_check(c, &token_of(c)->jkt));
	return resolve(c);
}

/* RFC 9449 section 5: with a proof the tokens are bound to its key, whatever the grant. */
static enum err proved(struct ctx *c)
{
	if (proof_sent(c))
		return NEED(c, LANE_VERIFY, check_proof);
	if (token_of(c)->client.dpop)
		return FAIL(c, DPOP_REQUIRED, "no DPoP header");
	return resolve(c);
}

enum err token_start(struct ctx *c)
{
	struct job *job = NEW(c->mem, struct job);
	struct token *t = &job->token;

	c->state = job;
	TRY(read_request(c, t));
	struct client_body body = { t->p.client_id, t->p.client_secret, t->p.client_assertion,
		t->p.client_assertion_type, t->type->flags & GRANT_ALIVE };
	return client_prove(c, &body, &t->client, proved);
}
