/* tools/call: checked before anything runs, run on the operation's lane, answered on LOOP after the commit. */
#include "core/journal.h"
#include "core/recorder.h"
#include "mcp/inner.h"

static const struct op *op_of(const struct rpc_message *m)
{
	const struct op *op = op_find(json_get_str(m->params, S("name")));

	return op && op->mcp ? op : NULL;
}

enum err mcp_call_scope(struct ctx *c, const struct rpc_message *m)
{
	const struct op *op = op_of(m);

	if (m->kind != RPC_REQUEST || !str_eq(m->method, S("tools/call")) || !op)
		return OK;
	return op_scope_check(c, op);
}

/* The same JSON twice: as structured content for programs, as text for models that read only that. */
static void write_success(struct mcp *m)
{
	struct jout j = mcp_result(m);

	jout_array(&j, S("content"));
	jout_object(&j, S(""));
	jout_str(&j, S("type"), S("text"));
	jout_str(&j, S("text"), buf_str(&m->result));
	jout_end(&j);
	jout_end(&j);
	jout_raw(&j, S("structuredContent"), buf_str(&m->result));
	jout_bool(&j, S("isError"), false);
	mcp_result_end(m, &j);
}

/* Without structured content, which would have to fit the output schema. */
static void write_refusal(struct ctx *c, struct mcp *m)
{
	struct buf text = BUF(c->mem);
	struct jout j;

	op_error_write(c, m->outcome, &text);
	j = mcp_result(m);
	jout_array(&j, S("content"));
	jout_object(&j, S(""));
	jout_str(&j, S("type"), S("text"));
	jout_str(&j, S("text"), buf_str(&text));
	jout_end(&j);
	jout_end(&j);
	jout_bool(&j, S("isError"), true);
	mcp_result_end(m, &j);
}

/* A batch is several calls: what one was refused for is not the next one's reason. */
static void note(struct ctx *c, const struct mcp *m)
{
	struct journal_row row = journal_row_of(c, S("mcp.call"));

	if (m->outcome == OK)
		row.id = row.reason = S("");
	row.tool = m->op->name;
	row.status = 200;
	journal_add(&row);
}

static enum err answer(struct ctx *c)
{
	struct mcp *m = c->state;

	if (m->outcome == OK) {
		write_success(m);
	} else {
		(void)recorder_add(c);
		write_refusal(c, m);
	}
	note(c, m);
	m->at++;
	return mcp_next(c);
}

/* May run twice on WRITE, so it begins its result anew. A refusal is an answer, and commits; a fault goes up, and does not. */
static enum err run(struct ctx *c)
{
	struct mcp *m = c->state;

	m->result = (struct buf)BUF(c->mem);
	m->outcome = op_run(c, m->op->name, m->args, &m->result);
	if (m->outcome != OK && err_row(m->outcome)->kind != ERR_KIND_REFUSAL)
		return m->outcome;
	return NEED(c, LANE_LOOP, answer);
}

enum err mcp_tools_call(struct ctx *c)
{
	struct mcp *m = c->state;
	const struct json *params = mcp_message(m)->params;

	m->op = op_of(mcp_message(m));
	m->args = json_get(params, S("arguments"));
	if (json_get_str(params, S("name")).n == 0)
		mcp_error(m, RPC_CODE_PARAMS, S("Invalid params: name is missing or not a string."));
	else if (!m->op)
		mcp_error(m, RPC_CODE_PARAMS,
		    arena_printf(
			c->mem, "Unknown tool: %.*s", FMT(str_sub(json_get_str(params, S("name")), 0, 100))));
	else if (m->args && m->args->type != JSON_OBJECT)
		mcp_error(m, RPC_CODE_PARAMS, S("Invalid params: arguments must be an object."));
	else if (c->lane == LANE_READ && op_lane(m->op) == LANE_READ)
		return run(c); /* already where it belongs */
	else
		return NEED(c, op_lane(m->op), run);
	return OK;
}
