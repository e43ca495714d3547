#include "admin/op.h"
#include "admin/shape.h"
#include "base/id.h"
#include "base/time.h"
#include "ops_gen.h"

#define ID_EVENT "event_"

/* The ids of rows grow with time, so a time is the id that a row of that moment would have at least. */
static enum err begin_of(struct ctx *c, str since, int64_t *after)
{
	int64_t seconds, at;

	if (time_duration_parse(since, &seconds) == OK)
		at = c->now - seconds;
	else if (time_rfc3339_parse(since, &at) != OK) {
		enum err e = FAIL(c, OP_ARGUMENTS, "since");
		c->fail.say = S("The arguments do not fit: since must be a duration such as 24h, or a time "
				"such as 2026-11-20T09:30:00Z.");
		c->fail.data = S("[{\"path\":\"since\",\"problem\":\"must be a duration or a time\"}]");
		return e;
	}
	*after = id_make(at > 0 ? at * 1000 : 0, 0) - 1;
	return OK;
}

static void write_id(struct ctx *c, struct jout *j, str key, const char *prefix, int64_t id)
{
	if (id)
		jout_str(j, key, id_text(c->mem, prefix, id));
	else
		jout_null(j, key);
}

static void write_event(struct ctx *c, struct jout *j, const struct audit_list_out *r)
{
	jout_object(j, S(""));
	jout_str(j, S("id"), id_text(c->mem, ID_EVENT, r->id));
	jout_str(j, S("at"), time_rfc3339(c->mem, r->at));
	jout_str(j, S("event"), r->event);
	jout_str(j, S("actor"), r->actor);
	write_id(c, j, S("user_id"), ID_USER, r->user_id);
	jout_str(j, S("client_id"), r->client);
	write_id(c, j, S("connection_id"), ID_GRANT, r->grant_id);
	jout_str(j, S("ip"), r->ip);
	jout_raw(j, S("detail"), r->detail.n ? r->detail : S("{}"));
	jout_end(j);
}

enum err op_audit_list(struct ctx *c, const struct op_call *q, struct jout *j)
{
	struct audit_list_in in = {
		.tenant = c->site->tenant.id,
		.event = op_text(q, S("event")),
		.client = op_text(q, S("client_id")),
		.limit = op_number(q, S("limit")),
	};
	const struct audit_list_out *rows;
	size_t count;

	TRY(shape_tenant(c, q));
	TRY(begin_of(c, op_text(q, S("since")), &in.after));
	if (op_given(q, S("after")))
		TRY(shape_id(c, op_text(q, S("after")), ID_EVENT, &in.after));
	if (op_given(q, S("user_id")))
		TRY(shape_id(c, op_text(q, S("user_id")), ID_USER, &in.user_id));
	TRY(q_audit_list(c->db, c->mem, &in, &rows, &count));
	jout_array(j, S("events"));
	for (size_t i = 0; i < count; i++)
		write_event(c, j, &rows[i]);
	jout_end(j);
	write_id(c, j, S("next"), ID_EVENT, (int64_t)count == in.limit ? rows[count - 1].id : 0);
	return OK;
}
