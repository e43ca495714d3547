#include "admin/control_run.h"

struct call {
	const struct op *op;
	const struct json *args;
	struct buf *out;
};

/* May run twice on WRITE, so out is emptied first. */
static enum err run(struct ctx *c)
{
	struct call *q = c->state;

	q->out->n = 0;
	return op_run(c, q->op->name, q->args, q->out);
}

enum err control_run(struct ctx *c, str op, const struct json *args, struct buf *out)
{
	struct call *q = NEW(c->mem, struct call);

	*q = (struct call){ .op = op_find(op), .args = args, .out = out };
	if (!q->op)
		return FAIL(c, OP_NOT_FOUND, "no operation %.*s", FMT(str_sub(op, 0, 64)));
	if (c->actor.os && !c->actor.name.n &&
	    str_starts(c->actor.email, S("os:"))) /* the audit says os: and the name */
		c->actor.name = str_sub(c->actor.email, 3, c->actor.email.n);
	c->state = q;
	return NEED(c, op_lane(q->op), run);
}
