#include "admin/op.h"

#include "admin/authorize.h"
#include "admin/op_args.h"
#include "base/log.h"
#include "ops_gen.h"
#include "store/audit.h"

const struct op *op_at(size_t i)
{
	return i < op_count ? &op_table[i] : NULL;
}

const struct op *op_find(str name)
{
	for (size_t i = 0; i < op_count; i++)
		if (str_eq(op_table[i].name, name))
			return &op_table[i];
	return NULL;
}

enum lane op_lane(const struct op *op)
{
	return op->writes ? LANE_WRITE : LANE_READ;
}

/*
 * The challenge names what the token has and what is needed, so that a client that replaces its scopes by these does not
 * lose the others and walk to and fro between two operations (mcp.md 3.4).
 */
enum err op_scope_check(struct ctx *c, const struct op *op)
{
	struct buf b = BUF(c->mem);

	if (!c->actor.resource || !op->scope.n || str_list_has(c->actor.scope, ' ', op->scope))
		return OK;

	enum err e = FAIL(c, SCOPE_SHORT, "%.*s needs %.*s, the token has: %.*s", FMT(op->name),
	    FMT(op->scope), FMT(c->actor.scope));
	str rest = c->actor.scope, word;
	while (str_word(&rest, ' ', &word)) {
		if (!str_list_has(c->actor.resource->scopes, ' ', word))
			continue; /* offline_access and the like are no scopes of the resource */
		buf_put(&b, word);
		buf_char(&b, ' ');
	}
	buf_put(&b, op->scope);
	c->fail.need_scope = buf_str(&b);
	return e;
}

bool op_visible(const struct ctx *c, const struct op *op)
{
	return c->actor.os || op->own || !op->permission.n ||
	    role_may(c->site->config, c->actor.role, op->permission);
}

static enum err check(struct ctx *c, const struct op *op, const struct json *args)
{
	TRY(op_scope_check(c, op));
	if (!op->own) /* else the function knows whose object it is, and asks */
		TRY(authorize(c, op->permission, NULL));
	TRY(op_args_check(c, op, args));
	if (op->writes && c->site->config->read_only && !c->actor.os)
		return FAIL(c, READ_ONLY, "%.*s", FMT(op->name));
	return OK;
}

/* One record a call: who, what, with which arguments, how it ended. Arguments are bounded by their schema. */
static enum err record(struct ctx *c, const struct op *op, const struct json *args, enum err outcome)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	if (args && outcome != ERR_OP_ARGUMENTS)
		jout_json(&j, S("arguments"), args);
	jout_strz(&j, S("outcome"), outcome == OK ? "ok" : err_row(outcome)->code);
	jout_end(&j);
	struct audit a = {
		.event = arena_printf(c->mem, "op.%.*s", FMT(op->name)),
		.user = c->actor.user,
		.grant = c->actor.grant,
		.client = c->actor.client_id,
		.detail = buf_str(&b),
	};
	return audit_put(c, &a);
}

enum err op_run(struct ctx *c, str name, const struct json *args, struct buf *out)
{
	const struct op *op = op_find(name);
	size_t start = out->n;

	if (!op ||
	    (c->actor.resource && !op->mcp)) /* a token reaches tools only, whatever face forgot to look */
		return FAIL(c, OP_NOT_FOUND, "no operation %.*s", FMT(str_sub(name, 0, 64)));

	enum err e = check(c, op, args);
	if (e == OK) {
		struct jout j = JOUT(out);
		struct op_call q = { .op = op, .args = args };
		jout_object(&j, S(""));
		e = op->run(c, &q, &j);
		jout_end(&j);
	}
	if (e != OK)
		out->n = start;
	if (!op->writes) {
		/* Who read what; there is no transaction to put a row into. */
		log_info("operation", LOG_STR("op", op->name), LOG_INT("user", c->actor.user),
		    LOG_STRZ("outcome", err_row(e)->name));
		return e;
	}
	if (err_row(e)->kind == ERR_KIND_FAULT)
		return e;

	struct fail fail = c->fail;
	enum err recorded = record(c, op, args, e);
	if (recorded != OK)
		return recorded;
	c->fail = fail;
	return e;
}

void op_error_write(const struct ctx *c, enum err e, struct buf *out)
{
	const struct err_row *row = err_row(e);
	struct jout j = JOUT(out);
	bool ours = row->kind != ERR_KIND_REFUSAL;

	jout_object(&j, S(""));
	jout_object(&j, S("error"));
	jout_strz(&j, S("code"),
	    e == ERR_NO_PERMISSION ? "permission_denied"
		: ours             ? "internal_error"
				   : row->code);
	if (c->fail.code == e && c->fail.say.n)
		jout_str(&j, S("message"), c->fail.say);
	else
		jout_strz(&j, S("message"), row->words);
	if (c->fail.code == e && c->fail.data.n)
		jout_raw(&j, S("details"), c->fail.data);
	else
		jout_raw(&j, S("details"), S("{}"));
	if (c->fail.code == e)
		jout_str_opt(&j, S("why"), c->fail.id); /* what the why tool takes */
	jout_end(&j);
	jout_end(&j);
}

static const struct op_field *field_of(const struct op_call *q, str name)
{
	for (size_t i = 0; i < q->op->field_count; i++)
		if (str_eq(q->op->fields[i].name, name))
			return &q->op->fields[i];
	return NULL;
}

bool op_given(const struct op_call *q, str name)
{
	return json_get(q->args, name) != NULL;
}

str op_text(const struct op_call *q, str name)
{
	const struct op_field *f = field_of(q, name);
	const struct json *v = json_get(q->args, name);

	return v ? json_str_of(v) : f ? f->fallback : S("");
}

int64_t op_number(const struct op_call *q, str name)
{
	const struct op_field *f = field_of(q, name);
	int64_t n = 0;

	if (!json_get_int(q->args, name, &n) && f && !str_int(f->fallback, &n))
		n = 0;
	return n;
}

bool op_flag(const struct op_call *q, str name)
{
	return json_get_true(q->args, name);
}
