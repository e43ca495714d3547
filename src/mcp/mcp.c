#include "mcp/mcp.h"

#include "http/accept.h"
#include "mcp/inner.h"

/* Which methods each era has (mcp.md 1.2 and 1.3). */
static const struct {
	str method;
	bool legacy, modern;
	enum err (*run)(struct ctx *c);
} methods[] = {
	{ S_INIT("initialize"), true, false, mcp_initialize },
	{ S_INIT("ping"), true, false, mcp_ping },
	{ S_INIT("server/discover"), false, true, mcp_discover },
	{ S_INIT("tools/list"), true, true, mcp_tools_list },
	{ S_INIT("tools/call"), true, true, mcp_tools_call },
};

/*
 * 404 is the modern era's (mcp.md 1.1). To a client of 2025 that status means that its session is gone, so it gets the
 * JSON-RPC error with 200, as everything that a handler answers.
 */
static enum err no_method(struct ctx *c, struct mcp *m)
{
	str method = str_sub(mcp_message(m)->method, 0, 100);

	if (m->call.era == RPC_MODERN)
		return FAIL(c, RPC_METHOD, "%.*s", FMT(method));
	mcp_error(m, RPC_CODE_METHOD, S("Method not found."));
	return OK;
}

static enum err dispatch(struct ctx *c)
{
	struct mcp *m = c->state;
	str method = mcp_message(m)->method;

	for (size_t i = 0; i < COUNT(methods); i++)
		if (str_eq(methods[i].method, method) &&
		    (m->call.era == RPC_MODERN ? methods[i].modern : methods[i].legacy))
			return methods[i].run(c);
	return no_method(c, m);
}

static enum err reply(struct ctx *c, struct mcp *m)
{
	if (!m->answers) { /* notifications and responses only */
		c->reply->status = 202;
		c->reply->body = S("");
		return OK;
	}
	if (m->call.batch)
		return reply_json(c, 200, arena_printf(c->mem, "[%.*s]", FMT(buf_str(&m->out))));
	return reply_json(c, 200, buf_str(&m->out));
}

enum err mcp_next(struct ctx *c)
{
	struct mcp *m = c->state;

	for (; m->at < m->call.count; m->at++)
		if (mcp_message(m)->kind == RPC_REQUEST)
			TRY(dispatch(c)); /* ERR_NEED too: the step goes on from here */
	return reply(c, m);
}

static enum err refuse(struct ctx *c, const struct rpc_fault *fault)
{
	enum err e = fail_set(c, fault->code, __FILE__, __LINE__, "%.*s",
	    FMT(fault->say.n ? fault->say : S("see the version header and _meta")));

	c->rpc_id = fault->id;
	c->fail.say = fault->say;
	c->fail.data = fault->data;
	return e;
}

/* Neither streams nor sessions; 405 is what both SDKs take silently (mcp.md 1.3). */
static enum err only_post(struct ctx *c)
{
	c->reply->status = 405;
	c->reply->body = S("");
	reply_header(c->reply, S("Allow"), S("POST"));
	return OK;
}

enum err mcp_handle(struct ctx *c)
{
	struct mcp *m = NEW(c->mem, struct mcp);
	struct rpc_fault fault;

	if (c->req->method != HTTP_POST)
		return only_post(c);
	c->style = STYLE_RPC;
	/* A page of another site cannot send this type without asking first. */
	if (!content_type_is(c->req, S("application/json")))
		return FAIL(
		    c, CONTENT_TYPE, "%.*s", FMT(str_sub(http_header(c->req, S("Content-Type")), 0, 100)));
	if (rpc_read(c->mem, c->req, &m->call, &fault) != OK)
		return refuse(c, &fault);

	m->out = (struct buf)BUF(c->mem);
	c->state = m;
	if (!m->call.batch)
		c->rpc_id = m->call.messages[0].id;
	c->style = STYLE_BEARER; /* a missing scope is a matter of HTTP */
	for (size_t i = 0; i < m->call.count; i++)
		TRY(mcp_call_scope(c, &m->call.messages[i]));
	c->style = STYLE_RPC;
	return mcp_next(c);
}
