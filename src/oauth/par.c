/*
 * /par (RFC 9126): a client proves itself, pushes an authorization request, and gets a request_uri that stands for it. The
 * request is checked by the very rules of /authorize, so that what is wrong is told where nobody waits in a browser.
 */
#include "client/client_auth.h"
#include "oauth/asked.h"
#include "oauth/handlers.h"
#include "oauth/proof.h"
#include "oauth/pushed.h"

struct job {
	struct client_params p;
	struct asked asked;
	str jkt; /* of the DPoP proof that came along */
	str request_uri;
};

/* LOOP: the row is there. */
static enum err reply(struct ctx *c)
{
	struct job *job = c->state;
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("request_uri"), job->request_uri);
	jout_int(&j, S("expires_in"), PUSHED_SECONDS);
	jout_end(&j);
	return reply_json(c, 201, buf_str(&b));
}

/* WRITE */
static enum err put(struct ctx *c)
{
	struct job *job = c->state;

	TRY(pushed_put(c, &job->asked.ask, &job->request_uri));
	return NEED(c, LANE_LOOP, reply);
}

/* RFC 9449 section 10.1: the proof names the key as dpop_jkt does, and both must name the same. */
static enum err bind(struct ctx *c, struct job *job)
{
	struct ask *a = &job->asked.ask;

	if (job->jkt.n && a->jkt.n && !str_eq(job->jkt, a->jkt))
		return FAIL(c, DPOP_PROOF, "a proof of another key than dpop_jkt");
	if (job->jkt.n)
		a->jkt = job->jkt;
	return OK;
}

static enum err check(struct ctx *c)
{
	struct job *job = c->state;
	struct asked *a = &job->asked;

	a->form = c->form;
	a->pushing = true;
	TRY(authorize_who_fill(c, &a->form, &a->who));
	a->ask.state = a->who.state;
	TRY(asked_check(c, a));
	TRY(bind(c, job));
	return NEED(c, LANE_WRITE, put);
}

/* VERIFY */
static enum err check_proof(struct ctx *c)
{
	struct job *job = c->state;

	TRY(proof_check(c, &job->jkt));
	return check(c);
}

static enum err proved(struct ctx *c)
{
	if (proof_sent(c))
		return NEED(c, LANE_VERIFY, check_proof);
	return check(c);
}

enum err par_start(struct ctx *c)
{
	struct job *job = NEW(c->mem, struct job);
	struct form form;

	c->state = job;
	job->asked.ask.max_age = -1;
	TRY(params_body(c, &form));
	TRY(client_params_fill(c, &form, &job->p));
	struct client_body body = { job->p.client_id, job->p.client_secret, job->p.client_assertion,
		job->p.client_assertion_type };
	return client_prove(c, &body, &job->asked.ask.client, proved);
}
