/* create_client, update_client, rotate_client_secret and delete_client. */
#include "admin/op_client.h"
#include "admin/shape.h"
#include "base/enc.h"
#include "base/id.h"
#include "client/client.h"
#include "client/client_extra.h"
#include "crypto/crypto.h"
#include "model/scope.h"
#include "ops_gen.h"
#include "store/grant_end.h"

/* What each type is. */
static const struct {
	str type, auth_method, grant_types;
} types[] = {
	{ S_INIT("web"), S_INIT("client_secret_basic"), S_INIT("authorization_code refresh_token") },
	{ S_INIT("spa"), S_INIT("none"), S_INIT("authorization_code refresh_token") },
	{ S_INIT("native"), S_INIT("none"), S_INIT("authorization_code refresh_token") },
	{ S_INIT("backend"), S_INIT("client_secret_basic"), S_INIT("client_credentials") },
};

/* ---- secrets: shown once, kept as SHA-256 */

static str make_secret(struct ctx *c)
{
	unsigned char bytes[32];

	rand_bytes(bytes, sizeof bytes);
	str text = b64url_write(c->mem, (str){ (const char *)bytes, sizeof bytes });
	secret_wipe(bytes, sizeof bytes);
	return arena_printf(c->mem, "gh_cs_%.*s", FMT(text));
}

static bool has_secret(const struct client *client)
{
	return str_starts(client->auth_method, S("client_secret"));
}

static void write_secret(struct jout *j, str secret)
{
	jout_str(j, S("client_secret"), secret);
	jout_int(j, S("client_secret_expires_at"), 0);
}

/* ---- create */

static str maker_of(struct ctx *c)
{
	const struct actor *a = &c->actor;

	return a->os  ? arena_printf(c->mem, "os:%.*s", FMT(a->name))
	    : a->user ? id_text(c->mem, ID_USER, a->user)
		      : a->client_id;
}

static struct client of_type(struct ctx *c, str type, int64_t row)
{
	struct client client = { .client_id = id_text(c->mem, ID_CLIENT, row),
		.row = row,
		.origin = CLIENT_CREATED,
		.maker = maker_of(c) };

	for (size_t i = 0; i < COUNT(types); i++)
		if (str_eq(types[i].type, type)) {
			client.type = types[i].type;
			client.auth_method = types[i].auth_method;
			client.grant_types = types[i].grant_types;
		}
	if (str_eq(client.type, S("backend"))) /* it may at most what its maker may */
		client.role = c->actor.os ? S("owner") : c->actor.role;
	return client;
}

enum err op_client_create(struct ctx *c, const struct op_call *q, struct jout *j)
{
	struct client client = of_type(c, op_text(q, S("application_type")), id_make(c->now_ms, rand_u32()));
	str secret = { NULL, 0 };

	TRY(shape_tenant(c, q));
	TRY(op_client_fill(c, q, &client));
	TRY(op_client_rank(c, &client));
	if (has_secret(&client)) {
		secret = make_secret(c);
		client.secret_hash = sha256_str(c->mem, secret);
	}
	TRY(client_put_as(c, client.row, &client));
	struct op_client o = {
		.client = client, .status = S("active"), .created = c->now, .updated = c->now
	};
	op_client_write(c, j, &o, false);
	if (secret.n)
		write_secret(j, secret);
	return OK;
}

/* ---- change */

static enum err only_created(struct ctx *c, const struct client *client)
{
	if (client->origin == CLIENT_CONFIG)
		return FAIL(c, OP_DECLARED, "client %.*s", FMT(client_label(client)));
	if (client->origin == CLIENT_CREATED)
		return OK;
	enum err e = FAIL(c, OP_PRECONDITION, "client %.*s", FMT(client_label(client)));
	c->fail.say =
	    S("This client registered itself and says itself what it is; only its status can be changed.");
	return e;
}

/* True when the call wants more than another status. */
static bool more_than_status(const struct op_call *q)
{
	for (JSON_EACH(member, q->args))
		if (!str_eq(member->key, S("status")) && !str_eq(member->key, S("client_id")) &&
		    !str_eq(member->key, S("tenant_id")))
			return true;
	return false;
}

/* What it holds for itself ends; it gets a new grant with its next token, if it may have one. */
static enum err end_machine(struct ctx *c, const struct client *client, str why)
{
	struct machine_grants_in in = { c->site->tenant.id, client->row };
	const struct machine_grants_out *rows;
	size_t count;

	TRY(q_machine_grants(c->db, c->mem, &in, &rows, &count));
	for (size_t i = 0; i < count; i++)
		TRY(grant_end(c, rows[i].id, why));
	return OK;
}

static enum err put_changed(struct ctx *c, const struct op_client *o)
{
	struct client_set_in in = {
		.id = o->client.row,
		.tenant = c->site->tenant.id,
		.name = o->client.name,
		.status = o->client.blocked ? S("blocked") : S("active"),
		.redirect_uris = o->client.redirect_uris,
		.scope = o->client.scope,
		.metadata = client_extra_write(c->mem, &o->client),
		.now = c->now,
	};

	return q_client_set(c->db, c->mem, &in, NULL);
}

enum err op_client_update(struct ctx *c, const struct op_call *q, struct jout *j)
{
	struct op_client o;

	TRY(shape_tenant(c, q));
	TRY(op_client_load(c, op_text(q, S("client_id")), &o));
	const struct client before = o.client;
	if (before.origin == CLIENT_CONFIG || more_than_status(q)) {
		TRY(only_created(c, &before));
		TRY(op_client_rank(c, &before));
		TRY(op_client_fill(c, q, &o.client));
		TRY(op_client_rank(c, &o.client));
	}
	if (op_given(q, S("status"))) {
		o.status = op_text(q, S("status"));
		o.client.blocked = !str_eq(o.status, S("active"));
	}
	bool blocks = o.client.blocked && !before.blocked;
	TRY(put_changed(c, &o));
	TRY(client_tell(c, before.client_id,
	    blocks                                    ? CLIENT_OVER
		: before.blocked && !o.client.blocked ? CLIENT_BACK
						      : CLIENT_CHANGED));
	if (blocks || !scope_covers(o.client.scope, before.scope))
		TRY(end_machine(c, &before, S("client changed")));
	o.updated = c->now;
	op_client_write(c, j, &o, false);
	return OK;
}

enum err op_client_rotate(struct ctx *c, const struct op_call *q, struct jout *j)
{
	int64_t grace = op_number(q, S("grace_seconds"));
	struct op_client o;

	TRY(shape_tenant(c, q));
	TRY(op_client_load(c, op_text(q, S("client_id")), &o));
	TRY(only_created(c, &o.client));
	TRY(op_client_rank(c, &o.client));
	if (!has_secret(&o.client)) {
		enum err e = FAIL(c, OP_PRECONDITION, "client %.*s", FMT(client_label(&o.client)));
		c->fail.say = S("This client has no secret to change.");
		return e;
	}
	str secret = make_secret(c);
	struct client_rotate_in in = {
		.id = o.client.row,
		.tenant = c->site->tenant.id,
		.secret = sha256_str(c->mem, secret),
		.old_secret = grace ? b64url_write(c->mem, o.client.secret_hash) : S(""),
		.old_until = grace ? c->now + grace : 0,
		.now = c->now,
	};
	TRY(q_client_rotate(c->db, c->mem, &in, NULL));
	TRY(client_tell(c, o.client.client_id, CLIENT_CHANGED));
	jout_str(j, S("client_id"), o.client.client_id);
	write_secret(j, secret);
	shape_time(j, S("old_secret_until"), c->mem, in.old_until);
	return OK;
}

/* Its tokens and remembered yeses are void at once, everywhere; the sweeper marks the grants of people one by one. */
enum err op_client_delete(struct ctx *c, const struct op_call *q, struct jout *j)
{
	struct op_client o;

	TRY(shape_tenant(c, q));
	TRY(op_client_load(c, op_text(q, S("client_id")), &o));
	if (o.client.origin == CLIENT_CONFIG)
		return FAIL(c, OP_DECLARED, "client %.*s", FMT(client_label(&o.client)));
	if (o.client.origin == CLIENT_DOCUMENT) {
		enum err e = FAIL(c, OP_PRECONDITION, "client %.*s", FMT(client_label(&o.client)));
		c->fail.say = S("This client is known by its own address and would come back; suspend it "
				"with update_client.");
		return e;
	}
	TRY(end_machine(c, &o.client, S("client deleted")));
	TRY(q_client_delete(c->db, c->mem,
	    &(struct client_delete_in){ .id = o.client.row, .tenant = c->site->tenant.id, .now = c->now },
	    NULL));
	TRY(client_tell(c, o.client.client_id, CLIENT_OVER));
	jout_bool(j, S("deleted"), true);
	jout_str(j, S("client_id"), o.client.client_id);
	return OK;
}
