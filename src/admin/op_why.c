#include "admin/authorize.h"
#include "admin/op.h"
#include "admin/shape.h"
#include "core/recorder.h"
#include "ops_gen.h"

static void write_record(struct ctx *c, struct jout *j, const struct record *r)
{
	const struct err_row *row = err_row(r->code);
	bool known = !r->missing;

	jout_object(j, S(""));
	jout_str(j, S("id"), r->id);
	shape_time(j, S("at"), c->mem, r->at);
	jout_str(j, S("reason"), r->name);
	jout_int(j, S("status"), known ? row->status : 0);
	jout_str(j, S("request"),
	    arena_printf(c->mem, "%.*s%s%.*s", FMT(r->method), r->method.n ? " " : "", FMT(r->path)));
	jout_str_opt(j, S("client"), r->client);
	jout_str_opt(j, S("from"), r->peer);
	jout_str(j, S("arrived"), r->detail);
	jout_strz(j, S("expected"), known ? row->expected : "it, in time");
	jout_strz(j, S("rule"), known ? row->rule : "absence is noted too");
	jout_strz(j, S("mend"),
	    known ? row->mend : "Look at the client: it began and did not go on. Its own log says why.");
	jout_str_opt(j, S("place"), r->place);
	jout_end(j);
}

/* Who knows an id got it in an answer: it opens that one record. The list of all is for those who run the place. */
enum err op_why_explain(struct ctx *c, const struct op_call *q, struct jout *j)
{
	str id = op_text(q, S("id"));
	struct record one;
	const struct record *rows;
	size_t count = 1;

	if (id.n) {
		if (!recorder_find(c->mem, id, &one))
			return FAIL(c, OP_NOT_FOUND, "no refusal %.*s", FMT(str_sub(id, 0, 64)));
		rows = &one;
	} else {
		TRY(authorize(c, q->op->permission, NULL));
		count = recorder_list(c->mem, (size_t)op_number(q, S("limit")), &rows);
	}
	jout_array(j, S("refusals"));
	for (size_t i = 0; i < count; i++)
		write_record(c, j, &rows[i]);
	jout_end(j);
	return OK;
}
