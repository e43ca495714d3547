/*
 * grant_type=urn:ietf:params:oauth:grant-type:device_code (RFC 8628 section 3.4). The device asks again and again; the row says
 * how often it may, and what the person has said. The grant is of the person who said it, and has the row's id.
 */
#include "client/client.h"
#include "crypto/crypto.h"
#include "oauth/device.h"
#include "oauth/grant_new.h"
#include "oauth/handle.h"
#include "sql_gen.h"
#include "store/audit.h"
#include "store/grant_end.h"

static enum err check(struct ctx *c, struct token *t)
{
	if (t->p.device_code.len == 0)
		return params_fail(c, ERR_PARAM_MISSING, S("device_code"));
	if (handle_parse(c->mem, S(DEVICE_PREFIX), t->p.device_code, &t->id) != OK)
		return FAIL(
		    c, DEVICE_UNKNOWN, "%zu bytes that are no device code of ours", t->p.device_code.len);
	return OK;
}

static enum err note(struct ctx *c, const struct token *t, str event, int64_t user)
{
	return audit_put(
	    c, &(struct audit){ event, user, t->id, client_label(&t->client), (str){ NULL, 0 } });
}

/* Section 3.5: the interval grows by five seconds for good with each request that comes too soon. */
static enum err wait(struct ctx *c, const struct token *t, const struct device_get_out *row)
{
	bool soon = row->polled > 0 && c->now - row->polled < row->pace;
	struct device_polled_in in = { t->id, c->site->tenant.id, c->now,
		row->pace + (soon ? DEVICE_INTERVAL : 0) };

	TRY(q_device_polled(c->db, c->mem, &in, NULL));
	if (soon)
		return FAIL(c, DEVICE_SLOW, "%lld s after the last request, the interval was %lld",
		    (long long)(c->now - row->polled), (long long)row->pace);
	return FAIL(c, DEVICE_PENDING, "nobody has decided yet");
}

/* As with codes: the second may be the thief, and so may the first. */
static enum err replayed(struct ctx *c, const struct token *t, int64_t user)
{
	TRY(grant_end(c, t->id, S("device code replayed")));
	TRY(note(c, t, S("auth.device.replay"), user));
	return FAIL(c, DEVICE_REPLAYED, "client %.*s", FMT(client_label(&t->client)));
}

/* Both may have been blocked since the person said yes. */
static enum err check_active(struct ctx *c, const struct token *t, int64_t user)
{
	struct client_state_out client;
	struct user_by_id_out person;
	int64_t tenant = c->site->tenant.id;

	TRY(q_client_state(c->db, c->mem,
	    &(struct client_state_in){ tenant, sha256_str(c->mem, t->client.client_id) }, &client));
	if (!str_eq(client.status, S("active")))
		return client_not_active(c, &t->client, client.status);
	enum err e =
	    q_user_by_id(c->db, c->mem, &(struct user_by_id_in){ .tenant = tenant, .id = user }, &person);
	if (e == ERR_NOT_FOUND || (e == OK && !str_eq(person.status, S("active"))))
		return FAIL(c, USER_BLOCKED, "user %lld", (long long)user);
	return e;
}

static enum err give(struct ctx *c, struct token *t, const struct device_get_out *row)
{
	int64_t changed = 0;

	if (t->resource && !str_eq(t->resource->identifier, row->resource))
		return FAIL(c, RESOURCE_MISMATCH, "got %.*s, authorized %.*s", FMT(t->resource->identifier),
		    FMT(row->resource));
	TRY(check_active(c, t, row->user_id));
	TRY(q_device_redeem(
	    c->db, c->mem, &(struct device_redeem_in){ t->id, c->site->tenant.id }, &changed));
	if (changed == 0) /* another of the same took it between our two statements */
		return FAIL(c, STORE_BUSY, "device %lld moved while it was looked at", (long long)t->id);
	t->authz = (struct authz){
		.grant = t->id,
		.user = row->user_id,
		.resource = row->resource,
		.scope = row->scope,
		.auth_time = row->auth_time,
		.methods = row->methods,
		.session = row->session,
	};
	TRY(grant_new(c, t, row->client, S("another device")));
	return note(c, t, S("auth.token.issue"), row->user_id);
}

static enum err redeem(struct ctx *c, struct token *t)
{
	struct device_get_in in = { t->id, c->site->tenant.id, token_hash(c->mem, t->p.device_code),
		t->client.client_id };
	struct device_get_out row;
	enum err e = q_device_get(c->db, c->mem, &in, &row);

	if (e == ERR_NOT_FOUND)
		return FAIL(
		    c, DEVICE_UNKNOWN, "no device code of client %.*s", FMT(client_label(&t->client)));
	TRY(e);
	if (str_eq(row.state, S("redeemed")))
		return replayed(c, t, row.user_id);
	if (row.expires <= c->now)
		return FAIL(c, DEVICE_EXPIRED, "%lld s late", (long long)(c->now - row.expires));
	if (str_eq(row.state, S("denied")))
		return FAIL(c, DEVICE_DENIED, "the person said no"); /* and is not named to who hears so */
	return str_eq(row.state, S("allowed")) ? give(c, t, &row) : wait(c, t, &row);
}

const struct grant_type grant_device_code = {
	.name = S_INIT("urn:ietf:params:oauth:grant-type:device_code"),
	.flags = GRANT_PUBLIC,
	.lane = LANE_WRITE,
	.check = check,
	.redeem = redeem,
};
