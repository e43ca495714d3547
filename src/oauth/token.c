/*
 * /token: the phases, once. What differs between grant types stands in their two hooks (grant_type.h); none
 * of them can forget client authentication, because none of them does it.
 */
#include "oauth/client.h"
#include "oauth/client_auth.h"
#include "oauth/grant_type.h"
#include "oauth/handlers.h"
#include "oauth/issue.h"

struct job {
	struct token token;
	struct client_proof proof;
};

static enum err read_request(struct ctx *c, struct job *job)
{
	struct token *t = &job->token;
	struct form form;

	TRY(params_body(c, &form));
	TRY(token_params_fill(c, &form, &t->p));
	if (t->p.grant_type.n == 0)
		return FAIL(c, PARAM_MISSING, "grant_type");
	t->type = grant_type_find(t->p.grant_type);
	if (!t->type)
		return FAIL(c, GRANT_TYPE, "grant_type %.*s", FMT(str_sub(t->p.grant_type, 0, 100)));
	struct client_body body = { t->p.client_id, t->p.client_secret, t->p.client_assertion.len > 0 };
	return client_proof_read(c, &body, &job->proof);
}

/* LOOP: the transaction has been committed, so what is signed now holds. */
static enum err issue(struct ctx *c)
{
	struct job *job = c->state;

	return issue_tokens(c, &job->token.authz);
}

/* WRITE */
static enum err redeem(struct ctx *c)
{
	struct job *job = c->state;

	TRY(job->token.type->redeem(c, &job->token));
	return NEED(c, LANE_LOOP, issue);
}

/* LOOP or READ: the client has proved itself. */
static enum err resolve(struct ctx *c, struct job *job)
{
	struct token *t = &job->token;
	bool public = str_eq(t->client.auth_method, S("none"));

	if (!client_may(&t->client, t->type->name) || (public && !(t->type->flags & GRANT_PUBLIC)))
		return FAIL(c, CLIENT_GRANT_TYPE, "%.*s, registered: %.*s", FMT(t->type->name),
		    FMT(t->client.grant_types));
	TRY(params_resource(c, &t->p.resource, &t->resource));
	TRY(t->type->check(c, t));
	return NEED(c, LANE_WRITE, redeem);
}

/* READ: a client that only the store knows. */
static enum err find_client(struct ctx *c)
{
	struct job *job = c->state;

	TRY(client_authenticate(c, &job->proof, &job->token.client));
	return resolve(c, job);
}

enum err token_start(struct ctx *c)
{
	struct job *job = NEW(c->mem, struct job);

	c->state = job;
	TRY(read_request(c, job));
	enum err e = client_authenticate(c, &job->proof, &job->token.client);
	if (e == ERR_NOT_FOUND)
		return NEED(c, LANE_READ, find_client);
	TRY(e);
	return resolve(c, job);
}
