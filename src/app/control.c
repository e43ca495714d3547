#include "app/control.h"
#include "admin/control_run.h"
#include "app/exchange.h"
#include "app/house.h"
#include "base/log.h"
#include "core/journal.h"
#include "core/recorder.h"

#include <pwd.h>
#include <stdio.h>

/* What a call keeps while its exchange is under way. */
struct talk {
	struct control_call *call;
	struct buf out;
	struct http_req req; /* steps may look at it: the peer, the method */
};

/* "os:NAME", as the audit says it. */
static str name_of(struct arena *mem, unsigned uid)
{
	struct passwd pw, *found = NULL;
	char room[1024];

	if (getpwuid_r(uid, &pw, room, sizeof room, &found) == 0 && found)
		return arena_printf(mem, "os:%s", pw.pw_name);
	return arena_printf(mem, "os:%u", uid);
}

static void write_refusal(struct ctx *c, enum err e, struct buf *out)
{
	const struct err_row *row;
	struct jout j = JOUT(out);

	if (err_row(e)->kind == ERR_KIND_INNER)
		e = fail_set(c, ERR_INTERNAL, c->fail.file, c->fail.line, "inner error %s", err_row(e)->name);
	else if (c->fail.code != e)
		e = fail_set(c, e, __FILE__, __LINE__, "%s", "");
	row = err_row(e);
	if (c->fail.id.n == 0)
		(void)recorder_add(c);
	struct journal_row refused = journal_row_of(c, S("op.refused"));
	refused.status = row->status;
	journal_add(&refused);
	if (row->kind == ERR_KIND_FAULT)
		log_error("operation failed", LOG_STRZ("error", row->name), LOG_STR("detail", c->fail.detail),
		    LOG_STR("why", c->fail.id));
	jout_object(&j, S(""));
	jout_bool(&j, S("ok"), false);
	jout_strz(&j, S("error"), row->name);
	jout_strz(&j, S("code"), row->code);
	jout_int(&j, S("status"), row->status);
	jout_str(&j, S("message"), c->fail.say.n ? c->fail.say : str_of(row->words));
	jout_str(&j, S("detail"), c->fail.detail);
	jout_str_opt(&j, S("id"), c->fail.id);
	if (c->fail.data.n)
		jout_raw(&j, S("data"), c->fail.data);
	jout_end(&j);
}

static void finish(struct exchange *x, enum err e)
{
	struct talk *t = x->done_arg;
	struct buf b = BUF(x->c.mem);
	struct jout j = JOUT(&b);

	if (e == OK) {
		jout_object(&j, S(""));
		jout_bool(&j, S("ok"), true);
		jout_raw(&j, S("result"), t->out.n ? buf_str(&t->out) : S("{}"));
		jout_end(&j);
	} else {
		write_refusal(&x->c, e, &b);
	}
	control_answer(t->call, buf_str(&b));
	exchange_drop(x);
}

static enum err begin(struct ctx *c)
{
	struct talk *t = exchange_of(c)->done_arg;

	return control_run(c, t->call->op, t->call->args, &t->out);
}

static void asked(struct control_call *call, void *arg)
{
	struct exchange *x = exchange_new(arg, call->mem);
	struct talk *t = NEW(call->mem, struct talk);

	*t = (struct talk){
		.call = call,
		.out = BUF(call->mem),
		.req = { .method_text = S("verb"),
		    .path = call->op,
		    .peer = S("local"),
		    .minor = 1,
		    .length = -1 },
	};
	x->done = finish;
	x->done_arg = t;
	x->c.req = &t->req;
	x->c.actor = (struct actor){ .os = true, .email = name_of(call->mem, call->uid), .role = S("owner") };
	if (str_eq(call->op, S("reload"))) { /* no operation: it is this process that reads */
		x->held = true;
		x->c.state = &t->out;
		x->floor->house->reread(x->floor->house, x);
		return;
	}
	(void)NEED(&x->c, LANE_LOOP, begin);
	exchange_go(x, ERR_NEED);
}

const struct control_hooks control_app_hooks = { asked };
