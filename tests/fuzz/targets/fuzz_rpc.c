/*
 * The era rules over any headers and body. Input: MCP-Protocol-Version, Mcp-Method, Mcp-Name, one a line ("-": not sent),
 * then the body. What is accepted must hold what it promises; what is refused must carry words that fit a header.
 * covers: src/rpc/era.c src/rpc/headers.c src/rpc/message.c src/rpc/version.c
 */
#include "rpc/era.h"
#include "rpc/headers.h"
#include "rpc/version.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

static void accepted(const struct rpc_call *call)
{
	MUST(call->count >= 1 && call->count <= RPC_BATCH_MAX && (call->batch || call->count == 1));
	MUST(rpc_version_known(call->version));
	MUST((call->era == RPC_MODERN) == rpc_version_modern(call->version));
	for (size_t i = 0; i < call->count; i++) {
		const struct rpc_message *m = &call->messages[i];
		MUST((m->kind == RPC_NOTIFICATION) == !m->id.n);
		MUST((m->kind == RPC_RESPONSE) == !m->method.n);
		MUST(!m->params || m->params->type == JSON_OBJECT);
	}
}

static void refused(struct arena *mem, const struct rpc_fault *fault, enum err e)
{
	const struct json *o;

	MUST(fault->code == e && err_row(e)->kind == ERR_KIND_REFUSAL);
	MUST(!str_has(fault->say, '"') && !str_has(fault->say, '\n'));
	MUST(!fault->data.n || json_parse(mem, fault->data, &o, NULL) == OK);
	MUST(!fault->id.n || json_parse(mem, fault->id, &o, NULL) == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name" };
	struct arena *mem = arena_new((size_t)16 << 20);
	struct http_header headers[3];
	struct http_req req = { .method = HTTP_POST, .headers = headers };
	str rest = { (const char *)data, size }, line;
	struct rpc_call call;
	struct rpc_fault fault;

	for (size_t i = 0; i < 3; i++) {
		(void)str_cut(rest, '\n', &line, &rest);
		if (!str_eq(line, S("-")))
			headers[req.header_count++] =
			    (struct http_header){ str_of(names[i]), str_trim(line) };
	}
	req.body = rest;
	enum err e = rpc_read(mem, &req, &call, &fault);
	if (e == OK)
		accepted(&call);
	else
		refused(mem, &fault, e);
	arena_unref(mem);
	return 0;
}
