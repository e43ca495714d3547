#include "rpc/headers.h"

#include "base/enc.h"

#define PREFIX "=?base64?"
#define SUFFIX "?="

/* Which member of params the header Mcp-Name mirrors. */
static const struct {
	str method, member;
} named[] = {
	{ S_INIT("tools/call"), S_INIT("name") },
	{ S_INIT("prompts/get"), S_INIT("name") },
	{ S_INIT("resources/read"), S_INIT("uri") },
	{ S_INIT("tasks/get"), S_INIT("taskId") },
	{ S_INIT("tasks/update"), S_INIT("taskId") },
	{ S_INIT("tasks/cancel"), S_INIT("taskId") },
};

enum err rpc_header_value(struct arena *mem, str value, str *out)
{
	*out = value;
	if (value.n < sizeof PREFIX SUFFIX - 1 || !str_starts(value, S(PREFIX)) ||
	    !str_ends(value, S(SUFFIX)))
		return OK; /* lacking one of the two it is literal */

	TRY(b64_parse(mem, str_sub(value, sizeof PREFIX - 1, value.n - (sizeof SUFFIX - 1)), out));
	return str_utf8(*out) ? OK : ERR_BAD_ENCODING;
}

static enum err refuse(struct arena *mem, struct rpc_fault *fault, const char *header, const char *problem)
{
	return rpc_refuse(
	    fault, ERR_RPC_HEADERS, arena_printf(mem, "The header %s %s.", header, problem), S(""));
}

/* Two lines of one header could be read as either value by what stands in between. */
static bool repeated(const struct http_req *req, str name)
{
	return http_header_count(req, name) > 1;
}

static enum err check_name(
    struct arena *mem, const struct http_req *req, const struct rpc_message *m, struct rpc_fault *fault)
{
	const struct json *member = NULL;
	str sent = http_header(req, S("Mcp-Name")), name;

	for (size_t i = 0; i < COUNT(named); i++)
		if (str_eq(named[i].method, m->method))
			member = json_get(m->params, named[i].member);
	if (!member || member->type != JSON_STRING)
		return OK; /* nothing to mirror: the parameters are judged by the method */
	if (!sent.p)
		return refuse(mem, fault, "Mcp-Name", "is missing");
	if (rpc_header_value(mem, sent, &name) != OK)
		return refuse(mem, fault, "Mcp-Name", "is not valid base64");
	return str_eq(name, member->text) ? OK
					  : refuse(mem, fault, "Mcp-Name", "does not agree with the body");
}

enum err rpc_headers_check(
    struct arena *mem, const struct http_req *req, const struct rpc_message *m, struct rpc_fault *fault)
{
	str method = http_header(req, S("Mcp-Method"));

	if (repeated(req, S("MCP-Protocol-Version")))
		return refuse(mem, fault, "MCP-Protocol-Version", "was sent twice");
	if (repeated(req, S("Mcp-Method")))
		return refuse(mem, fault, "Mcp-Method", "was sent twice");
	if (repeated(req, S("Mcp-Name")))
		return refuse(mem, fault, "Mcp-Name", "was sent twice");
	if (method.p && !str_eq(method, m->method))
		return refuse(mem, fault, "Mcp-Method", "does not agree with the body");
	if (m->kind != RPC_REQUEST)
		return OK;
	if (!http_header(req, S("MCP-Protocol-Version")).p)
		return refuse(mem, fault, "MCP-Protocol-Version", "is missing");
	if (!method.p)
		return refuse(mem, fault, "Mcp-Method", "is missing");
	return check_name(mem, req, m, fault);
}
