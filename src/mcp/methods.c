/* The methods besides tools/call. Advertised is only what works: tools, which never change while a connection lasts. */
#include "mcp/inner.h"
#include "rpc/version.h"
#include "version_gen.h"

#define INSTRUCTIONS                                                                                        \
	"Manages this Gatehouse: people, connected applications, protected servers, and why requests were " \
	"refused. "                                                                                         \
	"Begin with get_me. Writing operations may ask for a further scope; the client then asks the "      \
	"person for it."

static void capabilities(struct jout *j)
{
	jout_object(j, S("capabilities"));
	jout_object(j, S("tools"));
	jout_end(j);
	jout_end(j);
}

enum err mcp_initialize(struct ctx *c)
{
	struct mcp *m = c->state;
	struct jout j = mcp_result(m);

	jout_str(&j, S("protocolVersion"),
	    rpc_version_offer(json_get_str(mcp_message(m)->params, S("protocolVersion"))));
	capabilities(&j);
	jout_object(&j, S("serverInfo"));
	jout_str(&j, S("name"), S("gatehouse"));
	jout_str(&j, S("title"), S("Gatehouse"));
	jout_str(&j, S("version"), S(GATEHOUSE_VERSION));
	jout_end(&j);
	jout_str(&j, S("instructions"), S(INSTRUCTIONS));
	mcp_result_end(m, &j);
	return OK;
}

enum err mcp_ping(struct ctx *c)
{
	struct jout j = mcp_result(c->state);

	mcp_result_end(c->state, &j);
	return OK;
}

enum err mcp_discover(struct ctx *c)
{
	struct mcp *m = c->state;
	struct jout j = mcp_result(m);

	rpc_version_list(&j, S("supportedVersions"));
	capabilities(&j);
	jout_str(&j, S("instructions"), S(INSTRUCTIONS));
	mcp_result_cache(m, &j);
	mcp_result_end(m, &j);
	return OK;
}

enum err mcp_tools_list(struct ctx *c)
{
	struct mcp *m = c->state;
	const struct op *op;

	if (json_get(mcp_message(m)->params,
		S("cursor"))) { /* the list is one page: no cursor can be one of ours */
		mcp_error(m, RPC_CODE_PARAMS, S("Invalid params: this cursor was not given here."));
		return OK;
	}
	struct jout j = mcp_result(m);
	jout_array(&j, S("tools"));
	for (size_t i = 0; (op = op_at(i)); i++)
		if (op->mcp && op_visible(c, op))
			jout_raw(&j, S(""), op->tool);
	jout_end(&j);
	mcp_result_cache(m, &j);
	mcp_result_end(m, &j);
	return OK;
}
