/*
 * /register (RFC 7591). Most registrations are never used (clients register anew whenever they look at a
 * server), so nothing is written: what was registered is sealed into the client_id. Only what is too large
 * for that gets a row.
 */
#include "base/enc.h"
#include "core/journal.h"
#include "core/recorder.h"
#include "crypto/crypto.h"
#include "oauth/client.h"
#include "oauth/client_seal.h"
#include "oauth/handlers.h"
#include "oauth/registration.h"

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
	struct registration *r = c->state;
	str json;

	TRY(registration_write(c, r, &json));
	recorder_expect(AWAIT_AUTHORIZE, recorder_key(r->client.client_id), client_label(&r->client), c->now);
	c->actor.client_id = client_label(&r->client);
	(void)reply_json(c, 201, json);
	struct journal_row row = journal_row_of(c, S("auth.register"));
	journal_add(&row);
	return OK;
}

static enum err put_row(struct ctx *c)
{
	struct registration *r = c->state;
	struct client client = r->client; /* may run twice: starts from what stands in the job */

	TRY(client_put(c, &client));
	return NEED(c, LANE_LOOP, reply);
}

static enum err too_large(struct ctx *c, struct registration *r)
{
	struct client *client = &r->client;

	client->origin = CLIENT_REGISTERED;
	client->client_id = random_text(c->mem, S("gh_cr_"));
	if (client_has_secret(client))
		client->secret_hash = token_hash(
		    c->mem, secret_of(client_sealed_secret(c->mem, c->site->key_client, client->client_id)));
	return NEED(c, LANE_WRITE, put_row);
}

enum err register_client(struct ctx *c)
{
	struct registration *r = NEW(c->mem, struct registration);
	struct client *client = &r->client;
	const struct json *body = NULL;

	c->state = r;
	if (c->site->config->registration != REGISTRATION_PER_CLIENT)
		return FAIL(c, REGISTER_OFF, "registration.mode");
	TRY(registration_body(c, &body));
	TRY(registration_read(c, body, NULL, r));
	r->issued = c->now;

	enum err e =
	    client_seal(c->mem, c->site->key_client, c->site->tenant.id, client, c->now, &client->client_id);
	if (e == ERR_TOO_LARGE)
		return too_large(c, r);
	TRY(e);
	return reply(c);
}
