/*
 * /register (RFC 7591), and RESOURCE/client_register for a client of that resource alone. Most registrations are never used (clients register anew whenever they look at a
 * server), so nothing is written: what was registered is sealed into the client_id. Only what is too large
 * for that gets a row.
 */
#include "base/enc.h"
#include "client/client.h"
#include "client/client_allow.h"
#include "client/client_seal.h"
#include "client/handlers.h"
#include "client/registration.h"
#include "core/journal.h"
#include "core/recorder.h"
#include "crypto/crypto.h"
#include "model/redirect.h"

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

/*
 * registration.mode shared: everybody is answered with one client that the operator made. Of the redirect URIs
 * that were asked for only those are honoured that this client has.
 */
static enum err give_shared(struct ctx *c, struct registration *r)
{
	const struct client *shared = client_declared(c, c->site->config->registration_client);
	str rest = r->client.redirect_uris, uri;
	struct buf b = BUF(c->mem);

	if (!shared)
		return FAIL(c, REGISTER_OFF, "registration.client");
	while (str_word(&rest, ' ', &uri)) {
		if (!redirect_among(shared->redirect_uris, uri))
			continue;
		if (b.n)
			buf_char(&b, ' ');
		buf_put(&b, uri);
	}
	if (b.n == 0)
		return FAIL(c, REGISTER_REDIRECT, "none of %.*s is one of the shared client",
		    FMT(str_sub(r->client.redirect_uris, 0, 200)));
	r->client = *shared;
	r->client.redirect_uris = buf_str(&b);
	return reply(c);
}

/* POST RESOURCE/client_register: whose path stands before it. */
static enum err bind(struct ctx *c, struct client *client)
{
	static const str end = S_INIT("/client_register");
	str path = c->req->path;

	if (!str_ends(path, end))
		return OK;
	const struct resource *r = site_resource(c->site,
	    arena_printf(
		c->mem, "%.*s%.*s", FMT(c->site->tenant.issuer), FMT(str_sub(path, 0, path.n - end.n))));
	if (!r || r == &c->site->self)
		return FAIL(c, NO_ROUTE, "no resource before %.*s", FMT(str_sub(path, 0, 200)));
	client->resource = r->identifier;
	return OK;
}

enum err register_client(struct ctx *c)
{
	struct registration *r = NEW(c->mem, struct registration);
	struct client *client = &r->client;
	const struct json *body = NULL;

	c->state = r;
	if (c->site->config->registration == REGISTRATION_OFF)
		return FAIL(c, REGISTER_OFF, "registration.mode");
	TRY(registration_body(c, &body));
	TRY(registration_read(c, body, NULL, r));
	TRY(bind(c, client));
	r->issued = c->now;
	if (c->site->config->registration == REGISTRATION_SHARED)
		return give_shared(c, r);
	if (!client_allowed(c, client))
		return FAIL(c, CLIENT_NOT_ALLOWED, "%.*s returns to %.*s", FMT(client_label(client)),
		    FMT(str_sub(client->redirect_uris, 0, 200)));

	enum err e =
	    client_seal(c->mem, c->site->key_client, c->site->tenant.id, client, c->now, &client->client_id);
	if (e == ERR_TOO_LARGE)
		return too_large(c, r);
	TRY(e);
	return reply(c);
}
