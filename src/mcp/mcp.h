/*
 * mcp: the management MCP server: the operations of tables/ops as tools, in both eras of the protocol, without sessions.
 * The gateway's guard has proved the token; here it is a matter of messages.
 */
#ifndef MCP_MCP_H
#define MCP_MCP_H

#include "core/ctx.h"

/*
 * Any request to the management resource, on any lane, c->actor being the bearer. GET and DELETE get 405: there is neither a
 * stream nor a session. Refusals of the protocol leave in STYLE_RPC, a missing scope in STYLE_BEARER, so that the client
 * can step up; what an operation refuses is a tool result.
 */
enum err mcp_handle(struct ctx *c);

#endif
