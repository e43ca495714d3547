#include "client/replay.h"
#include "client/assertion_check.h"
#include "client/client.h"
#include "core/limit.h"
#include "core/standing.h"
#include "sql_gen.h"

enum err replay_room(struct ctx *c, const struct client *client)
{
	if (client_verified(client))
		return OK;
	return limit_pass(c, LIMIT_ASSERTION, (uint64_t)client_key(client->client_id),
	    c->site->config->limit_assertion_burst, "assertions of one client");
}

enum err replay_take(struct ctx *c, const struct assertion *a, bool *fresh)
{
	struct replay_put_in row = {
		.tenant = c->site->tenant.id,
		.hash = assertion_hash(c->mem, c->site->tenant.issuer, a),
		.until = a->exp + 2 * ASSERTION_SKEW, /* nodes' clocks too */
	};
	int64_t added = 0;

	TRY(q_replay_put(c->db, c->mem, &row, &added));
	*fresh = added != 0;
	return OK;
}
