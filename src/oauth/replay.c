#include "oauth/replay.h"
#include "oauth/assertion_check.h"
#include "sql_gen.h"

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
