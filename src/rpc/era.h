/*
 * era: which of the two shapes of MCP a POST speaks, on one endpoint for both. Pure: headers and body in, a call or the
 * refusal out. The rules are evaluated once, in the order in which they stand in era.c.
 */
#ifndef RPC_ERA_H
#define RPC_ERA_H

#include "http/msg.h"
#include "rpc/message.h"

#define RPC_META_VERSION "io.modelcontextprotocol/protocolVersion"
#define RPC_META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"
#define RPC_META_CLIENT "io.modelcontextprotocol/clientInfo"
#define RPC_META_SERVER "io.modelcontextprotocol/serverInfo"

enum rpc_era {
	RPC_LEGACY, /* initialize, 2025-11-25 and earlier */
	RPC_MODERN, /* stateless, each request with its envelope in _meta */
};

/* A POST understood: one message, or an array of the 2025-03-26 revision. */
struct rpc_call {
	enum rpc_era era;
	str version; /* the revision that answers it; for initialize what the header says or implies */
	bool batch;
	const struct rpc_message *messages;
	size_t count; /* 1, or up to RPC_BATCH_MAX */
};

/*
 * Reads the body and chooses the era, checks the envelope and the standard headers: everything before "does the method
 * exist". ERR_RPC_PARSE, ERR_RPC_REQUEST, ERR_RPC_PARAMS (the envelope), ERR_RPC_HEADERS, ERR_RPC_VERSION; the fault says
 * what to answer.
 */
CHECKED enum err rpc_read(
    struct arena *mem, const struct http_req *req, struct rpc_call *out, struct rpc_fault *fault);

#endif
