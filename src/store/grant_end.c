#include "store/grant_end.h"

#include "sql_gen.h"
#include "store/audit.h"

/* Clocks of nodes may differ: a token is remembered as revoked a little longer than it could be good. */
#define SKEW 120

enum err grant_end(struct ctx *c, int64_t grant, str why)
{
	int64_t tenant = c->site->tenant.id, until = c->now + c->site->config->access_ttl + SKEW, changed;
	struct grant_end_in end = { .id = grant, .tenant = tenant, .now = c->now, .why = why };

	TRY(q_grant_end(c->db, c->mem, &end, &changed));
	if (changed == 0)
		return OK;
	struct revocation_put_in row = {
		.tenant = tenant, .kind = S("grant"), .id = grant, .at = c->now, .until = until
	};
	TRY(q_revocation_put(c->db, c->mem, &row, NULL));
	effect_add(c, EFFECT_REVOKE_GRANT, grant, until);

	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);
	jout_object(&j, S(""));
	jout_str(&j, S("why"), why);
	jout_end(&j);
	return audit_put(c,
	    &(struct audit){ .event = S("auth.grant.revoke"),
		.user = c->actor.user,
		.grant = grant,
		.detail = buf_str(&b) });
}

enum err grant_take_back(struct ctx *c, int64_t grant, int64_t user, int64_t client, str why)
{
	struct consent_drop_in consent = { .tenant = c->site->tenant.id, .user_id = user, .client = client };

	TRY(grant_end(c, grant, why));
	return q_consent_drop(c->db, c->mem, &consent, NULL);
}
