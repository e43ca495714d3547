#include "oauth/consent_words.h"

#include "client/client.h"

/* "30 days", "10 minutes": the largest unit that leaves no rest. */
static str duration(struct arena *mem, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };

	for (size_t i = 0; i < COUNT(units); i++)
		if (seconds >= units[i].seconds && seconds % units[i].seconds == 0) {
			int64_t n = seconds / units[i].seconds;
			return arena_printf(mem, "%lld %s%s", (long long)n, units[i].name, n == 1 ? "" : "s");
		}
	return S("");
}

str consent_lasts(struct ctx *c, const struct client *client)
{
	const struct config *config = c->site->config;

	if (!client_may(client, S("refresh_token")))
		return duration(c->mem, config->access_ttl);
	return arena_printf(c->mem, "%.*s after its last use", FMT(duration(c->mem, config->refresh_ttl)));
}
