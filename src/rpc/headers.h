/* headers: the standard headers of MCP 2026-07-28, which mirror the body so that what stands in between may route by them. */
#ifndef RPC_HEADERS_H
#define RPC_HEADERS_H

#include "http/msg.h"
#include "rpc/message.h"

/*
 * MCP-Protocol-Version, Mcp-Method and, where the method has one, Mcp-Name: present on requests and equal to the body.
 * On a notification they may be absent (the specification requires them of requests only). ERR_RPC_HEADERS.
 */
CHECKED enum err rpc_headers_check(
    struct arena *mem, const struct http_req *req, const struct rpc_message *m, struct rpc_fault *fault);

/*
 * A value as it travels in Mcp-Name and Mcp-Param-*: `=?base64?BASE64?=` is decoded, anything else is literal.
 * ERR_BAD_ENCODING when the wrapped text is no canonical base64 or no UTF-8.
 */
CHECKED enum err rpc_header_value(struct arena *mem, str value, str *out);

#endif
