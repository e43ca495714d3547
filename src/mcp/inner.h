/* inner: what the files of mcp/ share. Private to this room. */
#ifndef MCP_INNER_H
#define MCP_INNER_H

#include "admin/op.h"
#include "core/ctx.h"
#include "rpc/era.h"

/* One POST while it is worked on: c->state. */
struct mcp {
	struct rpc_call call;
	size_t at;      /* message being worked on */
	struct buf out; /* answers so far */
	size_t answers;
	/* of a tools/call between its steps */
	const struct op *op;
	const struct json *args;
	struct buf result; /* of the operation */
	enum err outcome;
};

/* JSON-RPC codes that are answered in-band; those of a broken message are rows of err.def. */
#define RPC_CODE_METHOD (-32601)
#define RPC_CODE_PARAMS (-32602)

/* The message being worked on. */
const struct rpc_message *mcp_message(const struct mcp *m);
/* Opens the result of the message being worked on, with what the era asks of every result; mcp_result_end closes it. */
struct jout mcp_result(struct mcp *m);
void mcp_result_end(struct mcp *m, struct jout *j);
/* Caching hints, which lists and discovery have in the modern era. Lists depend on the person, so they are private. */
void mcp_result_cache(const struct mcp *m, struct jout *j);
/* An error of the method itself, HTTP 200. */
void mcp_error(struct mcp *m, int code, str message);

/* The methods; each answers the message being worked on, or goes on with another step. */
enum err mcp_initialize(struct ctx *c);
enum err mcp_ping(struct ctx *c);
enum err mcp_discover(struct ctx *c);
enum err mcp_tools_list(struct ctx *c);
enum err mcp_tools_call(struct ctx *c);
/* Before anything runs: ERR_SCOPE_SHORT when the token lacks what a tools/call needs. */
CHECKED enum err mcp_call_scope(struct ctx *c, const struct rpc_message *m);

/* The next message of the POST, or the answer when there is none left. */
enum err mcp_next(struct ctx *c);

#endif
