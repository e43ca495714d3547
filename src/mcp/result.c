/* What every answer has. */
#include "mcp/inner.h"

#include "version_gen.h"

#define LIST_TTL_MS 60000 /* a role that changes shows in the list a minute later at most */

const struct rpc_message *mcp_message(const struct mcp *m)
{
	return &m->call.messages[m->at];
}

static void begin(struct mcp *m, struct jout *j)
{
	if (m->answers++)
		buf_char(&m->out, ',');
	jout_object(j, S(""));
	jout_str(j, S("jsonrpc"), S("2.0"));
	jout_raw(j, S("id"), mcp_message(m)->id);
}

struct jout mcp_result(struct mcp *m)
{
	struct jout j = JOUT(&m->out);

	begin(m, &j);
	jout_object(&j, S("result"));
	if (m->call.era == RPC_MODERN) {
		jout_str(&j, S("resultType"), S("complete"));
		jout_object(&j, S("_meta"));
		jout_object(&j, S(RPC_META_SERVER));
		jout_str(&j, S("name"), S("gatehouse"));
		jout_str(&j, S("title"), S("Gatehouse"));
		jout_str(&j, S("version"), S(GATEHOUSE_VERSION));
		jout_end(&j);
		jout_end(&j);
	}
	return j;
}

void mcp_result_end(struct mcp *m, struct jout *j)
{
	(void)m;
	while (j->depth)
		jout_end(j);
}

void mcp_result_cache(const struct mcp *m, struct jout *j)
{
	if (m->call.era != RPC_MODERN)
		return;
	jout_int(j, S("ttlMs"), LIST_TTL_MS);
	jout_str(j, S("cacheScope"), S("private"));
}

void mcp_error(struct mcp *m, int code, str message)
{
	struct jout j = JOUT(&m->out);

	begin(m, &j);
	jout_object(&j, S("error"));
	jout_int(&j, S("code"), code);
	jout_str(&j, S("message"), message);
	mcp_result_end(m, &j);
}
