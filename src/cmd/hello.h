/* hello: the first request of an MCP client, in the manner of each era; for verbs that greet a server. */
#ifndef CMD_HELLO_H
#define CMD_HELLO_H

#include "rpc/version.h"

/* 2025: initialize; name: who greets, a literal. */
#define HELLO_LEGACY(name)                                                                         \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":" \
	"\"" RPC_VERSION_LEGACY "\","                                                              \
	"\"capabilities\":{},\"clientInfo\":{\"name\":\"" name "\",\"version\":\"1\"}}}"
/* 2026: server/discover. */
#define HELLO_MODERN                                                                           \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{\"_meta\":{" \
	"\"io.modelcontextprotocol/protocolVersion\":\"" RPC_VERSION_MODERN "\","              \
	"\"io.modelcontextprotocol/clientCapabilities\":{}}}}"

#endif
