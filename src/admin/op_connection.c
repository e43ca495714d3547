#include "admin/authorize.h"
#include "admin/op.h"
#include "admin/shape.h"
#include "base/id.h"
#include "ops_gen.h"
#include "store/grant_end.h"

static void write_connection(struct ctx *c, struct jout *j, const struct op_connections_out *r)
{
	jout_object(j, S(""));
	jout_str(j, S("id"), id_text(c->mem, ID_GRANT, r->id));
	/* a client that acts for itself has nobody */
	jout_str(j, S("user_id"), r->user_id ? id_text(c->mem, ID_USER, r->user_id) : S(""));
	jout_str(j, S("email"), r->email);
	jout_str(j, S("client_id"), r->client_id);
	jout_str(j, S("client_name"), r->client_name);
	jout_str(j, S("resource"), r->resource);
	jout_words(j, S("scopes"), r->scope);
	jout_str(j, S("redirect_host"), r->redirect_host);
	shape_time(j, S("created_at"), c->mem, r->created);
	shape_time(j, S("last_used_at"), c->mem, r->last_used);
	shape_time(j, S("expires_at"), c->mem, r->expires == GRANT_NEVER ? 0 : r->expires);
	jout_end(j);
}

/* Whose connections are meant: 0 for everybody's. The machine's owner is no person, and sees all unless one is named. */
static enum err whose(struct ctx *c, const struct op_call *q, int64_t *user)
{
	*user = c->actor.user;
	if (op_flag(q, S("all")))
		*user = 0;
	else if (op_given(q, S("user_id")))
		TRY(shape_id(c, op_text(q, S("user_id")), ID_USER, user));
	return authorize(c, q->op->permission, &(struct object){ .user = *user });
}

enum err op_connection_list(struct ctx *c, const struct op_call *q, struct jout *j)
{
	struct op_connections_in in = {
		.tenant = c->site->tenant.id,
		.now = c->now,
		.limit = op_number(q, S("limit")),
		.offset = op_number(q, S("offset")),
	};
	struct op_connections_count_out all;
	const struct op_connections_out *rows;
	size_t count;

	TRY(shape_tenant(c, q));
	TRY(whose(c, q, &in.user_id));
	struct op_connections_count_in count_in = {
		.tenant = in.tenant, .user_id = in.user_id, .now = in.now
	};
	TRY(q_op_connections(c->db, c->mem, &in, &rows, &count));
	TRY(q_op_connections_count(c->db, c->mem, &count_in, &all));
	jout_array(j, S("connections"));
	for (size_t i = 0; i < count; i++)
		write_connection(c, j, &rows[i]);
	jout_end(j);
	jout_int(j, S("total"), all.total);
	jout_int(j, S("limit"), in.limit);
	jout_int(j, S("offset"), in.offset);
	return OK;
}

/* The name is typed, as on the page (U-39): a program that mixes up two ids ends nothing. */
static enum err confirm(struct ctx *c, const struct op_call *q, str name)
{
	if (op_given(q, S("confirm_name")) && str_eq(op_text(q, S("confirm_name")), name))
		return OK;
	enum err e = FAIL(c, OP_CONFIRM, "%s", op_given(q, S("confirm_name")) ? "another name" : "no name");
	c->fail.say = S("Confirm by giving the application's name, letter for letter, in confirm_name; "
			"list_connections has it.");
	c->fail.data = S("{\"expected_field\":\"confirm_name\"}");
	return e;
}

enum err op_connection_revoke(struct ctx *c, const struct op_call *q, struct jout *j)
{
	struct op_connection_in in = { .tenant = c->site->tenant.id };
	struct op_connection_out row;

	TRY(shape_tenant(c, q));
	TRY(shape_id(c, op_text(q, S("connection_id")), ID_GRANT, &in.id));
	enum err e = q_op_connection(c->db, c->mem, &in, &row);
	/* What one may not see is not there. */
	if (e == ERR_NOT_FOUND ||
	    (e == OK && authorize(c, q->op->permission, &(struct object){ .user = row.user_id }) != OK))
		return FAIL(c, OP_NOT_FOUND, "connection %lld", (long long)in.id);
	TRY(e);
	TRY(confirm(c, q, row.client_name));
	TRY(grant_take_back(c, in.id, row.user_id, row.client, S("revoked")));
	jout_bool(j, S("revoked"), true);
	jout_str(j, S("id"), id_text(c->mem, ID_GRANT, in.id));
	jout_str(j, S("client_name"), row.client_name);
	return OK;
}
