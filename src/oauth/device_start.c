/*
 * /device_authorization (RFC 8628 section 3.1): a device that has no browser, or none that people like to type at, gets a code
 * to show and a code to ask with.
 */
#include "base/id.h"
#include "client/client.h"
#include "client/client_auth.h"
#include "crypto/crypto.h"
#include "oauth/asked.h"
#include "oauth/device.h"
#include "oauth/grant_type.h"
#include "oauth/handle.h"
#include "oauth/handlers.h"
#include "oauth/user_code.h"
#include "sql_gen.h"
#include "store/audit.h"

struct job {
	struct client_params client_p;
	struct device_params p;
	struct client client;
	const struct resource *resource;
	str scope;
	str device_code, user_code;
};

str device_code_hash(struct ctx *c, str user_code)
{
	return sha256_str(c->mem,
	    arena_printf(c->mem, "user code|%lld|%.*s", (long long)c->site->tenant.id, FMT(user_code)));
}

/* LOOP: the row is there. */
static enum err reply(struct ctx *c)
{
	struct job *job = c->state;
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);
	str page = arena_printf(c->mem, "%.*s/device", FMT(c->site->tenant.issuer));

	jout_object(&j, S(""));
	jout_str(&j, S("device_code"), job->device_code);
	jout_str(&j, S("user_code"), job->user_code);
	jout_str(&j, S("verification_uri"), page);
	jout_str(&j, S("verification_uri_complete"),
	    arena_printf(c->mem, "%.*s?user_code=%.*s", FMT(page), FMT(job->user_code)));
	jout_int(&j, S("expires_in"), DEVICE_SECONDS);
	jout_int(&j, S("interval"), DEVICE_INTERVAL);
	jout_end(&j);
	return reply_json(c, 200, buf_str(&b));
}

static enum err note(struct ctx *c, const struct job *job)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("resource"), job->resource->identifier);
	jout_str(&j, S("scope"), job->scope);
	jout_end(&j);
	return audit_put(
	    c, &(struct audit){ S("auth.device.ask"), 0, 0, client_label(&job->client), buf_str(&b) });
}

/* WRITE. Two equal codes are one chance in many; the store then refuses the second, and the step runs again with another. */
static enum err put(struct ctx *c)
{
	struct job *job = c->state;
	struct device_put_in row = {
		.id = id_make(c->now_ms, rand_u32()),
		.tenant = c->site->tenant.id,
		.client_id = job->client.client_id,
		.resource = job->resource->identifier,
		.scope = job->scope,
		.ip = c->req->peer,
		.now = c->now,
		.expires = c->now + DEVICE_SECONDS,
		.pace = DEVICE_INTERVAL,
	};
	str plain;

	job->device_code = handle_make(c->mem, S(DEVICE_PREFIX), row.id);
	job->user_code = user_code_make(c->mem);
	if (!user_code_read(c->mem, job->user_code, &plain))
		return FAIL(c, INTERNAL, "a user code that is none");
	row.hash = token_hash(c->mem, secret_of(job->device_code));
	row.user_code = device_code_hash(c, plain);
	TRY(q_device_put(c->db, c->mem, &row, NULL));
	TRY(note(c, job));
	return NEED(c, LANE_LOOP, reply);
}

/* Any lane: the client has proved itself. */
static enum err check(struct ctx *c)
{
	struct job *job = c->state;

	if (!client_may(&job->client, grant_device_code.name))
		return FAIL(c, CLIENT_GRANT_TYPE, "registered: %.*s", FMT(job->client.grant_types));
	TRY(asked_target(c, &job->client, &job->p.resource, job->p.scope, &job->resource, &job->scope));
	return NEED(c, LANE_WRITE, put);
}

enum err device_start(struct ctx *c)
{
	struct job *job = NEW(c->mem, struct job);
	struct form form;

	c->state = job;
	TRY(params_body(c, &form));
	TRY(client_params_fill(c, &form, &job->client_p));
	TRY(device_params_fill(c, &form, &job->p));
	struct client_body body = { job->client_p.client_id, job->client_p.client_secret,
		job->client_p.client_assertion, job->client_p.client_assertion_type };
	return client_prove(c, &body, &job->client, check);
}
