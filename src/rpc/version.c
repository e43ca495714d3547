#include "rpc/version.h"

static const str advertised[] = {
	S_INIT(RPC_VERSION_MODERN),
	S_INIT(RPC_VERSION_LEGACY),
	S_INIT("2025-06-18"),
	S_INIT("2025-03-26"),
};

bool rpc_version_modern(str version)
{
	return str_cmp(version, S(RPC_VERSION_MODERN)) >= 0;
}

bool rpc_version_known(str version)
{
	for (size_t i = 0; i < COUNT(advertised); i++)
		if (str_eq(advertised[i], version))
			return true;
	return str_eq(version, S("2024-11-05"));
}

void rpc_version_list(struct jout *j, str key)
{
	jout_array(j, key);
	for (size_t i = 0; i < COUNT(advertised); i++)
		jout_str(j, S(""), advertised[i]);
	jout_end(j);
}

str rpc_version_offer(str asked)
{
	return rpc_version_known(asked) && !rpc_version_modern(asked) ? asked : S(RPC_VERSION_LEGACY);
}
