/*
 * /register/CLIENT_ID (RFC 7592): a client that registered itself looks at its registration, replaces it or deletes itself. What
 * proves it is a token computed from its id, so that clients without a row need none for this either; replacing and deleting
 * write one, which from then on counts and not what the id says.
 */
#include "base/mask.h"
#include "client/client.h"
#include "client/client_seal.h"
#include "client/handlers.h"
#include "client/registration.h"
#include "crypto/crypto.h"
#include "http/auth.h"
#include "sql_gen.h"
#include "store/audit.h"
#include "store/grant_end.h"

struct job {
	str client_id;
	struct registration r; /* what is answered */
};

static enum err reply(struct ctx *c)
{
	struct job *job = c->state;
	str json;

	TRY(registration_write(c, &job->r, &json));
	return reply_json(c, 200, json);
}

/* RFC 7592 section 2.3 */
static enum err reply_gone(struct ctx *c)
{
	c->reply->status = 204;
	reply_header(c->reply, S("Cache-Control"), S("no-store"));
	reply_header(c->reply, S("Pragma"), S("no-cache"));
	return OK;
}

/* READ, WRITE. One answer for whoever is not known, not ours to manage, or gone: the token proves nothing then. */
static enum err find(struct ctx *c, struct client *out)
{
	struct job *job = c->state;
	enum err e = client_find(c, job->client_id, out);

	if (e == ERR_NOT_FOUND ||
	    (e == OK && out->origin != CLIENT_SEALED && out->origin != CLIENT_REGISTERED))
		return FAIL(c, REGISTER_TOKEN, "there is no such client, or it was deleted");
	TRY(e);
	c->actor.client_id = client_label(out);
	return out->blocked ? FAIL(c, CLIENT_BLOCKED, "client %.*s", FMT(client_label(out))) : OK;
}

static enum err note(struct ctx *c, str event, const struct client *client)
{
	return audit_put(c, &(struct audit){ .event = event, .client = client_label(client) });
}

/* --- replacing */

/* WRITE. May run twice: what it changes stands in the store and in the job alone. */
static enum err replace(struct ctx *c)
{
	struct job *job = c->state;
	struct client was, *now = &job->r.client;
	int64_t changed = 0;

	TRY(find(c, &was));
	TRY(client_ensure_row(c, &was));
	TRY(client_replace(c, &was, now, &changed));
	if (changed == 0)
		return FAIL(c, STORE_BUSY, "client %.*s changed meanwhile", FMT(client_label(&was)));
	TRY(note(c, S("auth.register.change"), now));
	return NEED(c, LANE_LOOP, reply);
}

/*
 * RFC 7592 section 2.2: the body names the client, and its secret only as it is; what the server gave besides has no place in
 * it, and is ignored where SDKs send it all the same.
 */
static enum err check_identity(struct ctx *c, const struct json *body, const struct client *was)
{
	const struct json *secret = json_get(body, S("client_secret"));

	if (!str_eq(json_get_str(body, S("client_id")), was->client_id))
		return FAIL(c, REGISTER_METADATA, "client_id is not that of this registration");
	if (secret && secret->type != JSON_NULL &&
	    !client_secret_fits(c, was, secret_of(json_str_of(secret))))
		return FAIL(c, REGISTER_METADATA, "client_secret is not the one that it has");
	return OK;
}

static enum err read_replacement(struct ctx *c, const struct client *was)
{
	struct job *job = c->state;
	const struct json *body = NULL;

	TRY(registration_body(c, &body));
	TRY(registration_read(c, body, was, &job->r));
	TRY(check_identity(c, body, was));
	job->r.client.client_id = was->client_id;
	job->r.client.origin = was->origin;
	job->r.client.secret_hash = was->secret_hash;
	return NEED(c, LANE_WRITE, replace);
}

/* --- deleting */

/*
 * WRITE. Its status refuses it everywhere from now on, and so do its tokens, on every node; the sweeper ends the rows of its
 * grants, of which there may be any number. The row stays: it is what makes the id, which opens for ever, good for nothing.
 */
static enum err end(struct ctx *c)
{
	struct client client;

	TRY(find(c, &client));
	TRY(client_ensure_row(c, &client));
	TRY(q_client_delete(c->db, c->mem,
	    &(struct client_delete_in){ .id = client.row, .tenant = c->site->tenant.id, .now = c->now },
	    NULL));
	TRY(client_tell(c, client.client_id, CLIENT_OVER));
	TRY(note(c, S("auth.register.delete"), &client));
	return NEED(c, LANE_LOOP, reply_gone);
}

/* --- whose registration */

/* READ */
static enum err look(struct ctx *c)
{
	struct job *job = c->state;
	struct client client;

	TRY(find(c, &client));
	if (c->req->method == HTTP_DELETE)
		return NEED(c, LANE_WRITE, end);
	if (c->req->method == HTTP_PUT)
		return read_replacement(c, &client);
	job->r.client = client;
	return reply(c);
}

enum err register_manage(struct ctx *c)
{
	struct job *job = NEW(c->mem, struct job);
	struct auth auth;

	c->state = job;
	job->client_id = str_sub(c->req->path, sizeof "/register/" - 1, c->req->path.n);
	c->actor.client_id = mask_copy(c->mem, str_sub(job->client_id, 0, 64)); /* who says to be asking */
	enum err e = auth_parse(c->mem, c->req, &auth);
	if (e != OK || auth.scheme != AUTH_BEARER)
		return FAIL(c, REGISTER_TOKEN, "no registration access token as a bearer token");
	str want = client_registration_token(c->mem, c->site->key_client, job->client_id);
	if (!secret_eq(secret_of(auth.token), secret_of(want)))
		return FAIL(c, REGISTER_TOKEN, "a token of %zu bytes, not that of this client", auth.token.n);
	return NEED(c, LANE_READ, look);
}
