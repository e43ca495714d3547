/*
 * /register (RFC 7591). Most registrations are never used (clients register anew whenever they look at a
 * server), so nothing is written: what was registered is sealed into the client_id. Only what is too large
 * for that gets a row.
 */
#include "base/enc.h"
#include "core/journal.h"
#include "core/recorder.h"
#include "crypto/crypto.h"
#include "http/accept.h"
#include "oauth/client.h"
#include "oauth/client_seal.h"
#include "oauth/handlers.h"
#include "oauth/registration.h"

struct job {
	struct registration r;
	str secret; /* empty: a public client */
};

/* prefix and 256 random bits */
static str random_text(struct arena *mem, str prefix)
{
	unsigned char bytes[32];
	struct buf b = BUF(mem);

	rand_bytes(bytes, sizeof bytes);
	buf_put(&b, prefix);
	buf_put(&b, b64url_write(mem, (str){ (const char *)bytes, sizeof bytes }));
	secret_wipe(bytes, sizeof bytes);
	return buf_str(&b);
}

static enum err reply(struct ctx *c)
{
	struct job *job = c->state;
	str json;

	TRY(registration_write(c, &job->r, job->secret, &json));
	recorder_expect(
	    AWAIT_AUTHORIZE, recorder_key(job->r.client.client_id), client_label(&job->r.client), c->now);
	c->actor.client_id = client_label(&job->r.client);
	(void)reply_json(c, 201, json);
	struct journal_row row = journal_row_of(c, S("auth.register"));
	journal_add(&row);
	return OK;
}

static enum err put_row(struct ctx *c)
{
	struct job *job = c->state;
	struct client client = job->r.client; /* may run twice: starts from what stands in the job */

	TRY(client_put(c, &client));
	return NEED(c, LANE_LOOP, reply);
}

static enum err too_large(struct ctx *c, struct job *job)
{
	struct client *client = &job->r.client;

	client->origin = CLIENT_REGISTERED;
	client->client_id = random_text(c->mem, S("gh_cr_"));
	if (!str_eq(client->auth_method, S("none"))) {
		job->secret = random_text(c->mem, S("gh_cs_"));
		client->secret_hash = token_hash(c->mem, secret_of(job->secret));
	}
	return NEED(c, LANE_WRITE, put_row);
}

static enum err read_body(struct ctx *c, const struct json **out)
{
	struct json_fault fault = { 0 };

	/* also keeps web pages of others out: a browser asks before it sends this type across origins */
	if (!content_type_is(c->req, S("application/json")))
		return FAIL(
		    c, CONTENT_TYPE, "%.*s", FMT(str_sub(http_header(c->req, S("Content-Type")), 0, 100)));
	enum err e = json_parse(c->mem, c->req->body, out, &fault);
	if (e != OK)
		return fail_set(
		    c, e, __FILE__, __LINE__, "byte %zu: %s", fault.at, fault.why ? fault.why : "");
	return OK;
}

enum err register_client(struct ctx *c)
{
	struct job *job = NEW(c->mem, struct job);
	struct client *client = &job->r.client;
	const struct json *body = NULL;

	c->state = job;
	if (c->site->config->registration != REGISTRATION_PER_CLIENT)
		return FAIL(c, REGISTER_OFF, "registration.mode");
	TRY(read_body(c, &body));
	TRY(registration_read(c, body, &job->r));

	enum err e =
	    client_seal(c->mem, c->site->key_client, c->site->tenant.id, client, c->now, &client->client_id);
	if (e == ERR_TOO_LARGE)
		return too_large(c, job);
	TRY(e);
	if (!str_eq(client->auth_method, S("none")))
		job->secret = client_sealed_secret(c->mem, c->site->key_client, client->client_id);
	return reply(c);
}
