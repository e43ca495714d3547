#include "store/grant_end.h"

#include "core/standing.h"
#include "sql_gen.h"
#include "store/audit.h"

/* Clocks of nodes may differ: a token is remembered as revoked a little longer than it could be good. */
#define SKEW 120

/* What a node remembers of a client's row it asks for again sooner than this. */
#define CHANGE_SECONDS 600

enum err grant_end(struct ctx *c, int64_t grant, str why)
{
	/* not the access_ttl of today: a token may be of a day when it was longer */
	int64_t tenant = c->site->tenant.id, until = c->now + ACCESS_TTL_MAX + SKEW;
	struct grant_end_out ended;
	struct grant_end_in end = { .id = grant, .tenant = tenant, .now = c->now, .why = why };

	enum err e = q_grant_end(c->db, c->mem, &end, &ended);
	if (e == ERR_NOT_FOUND)
		return OK;
	TRY(e);
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
		.client = ended.client,
		.detail = buf_str(&b) });
}

enum err grant_take_back(struct ctx *c, int64_t grant, int64_t user, int64_t client, str why)
{
	struct consent_drop_in consent = { .tenant = c->site->tenant.id, .user_id = user, .client = client };

	TRY(grant_end(c, grant, why));
	return q_consent_drop(c->db, c->mem, &consent, NULL);
}

enum err client_tell(struct ctx *c, str client_id, enum client_news news)
{
	static const struct {
		str kind;
		enum effect_kind effect;
		int64_t seconds;
	} rows[] = {
		[CLIENT_CHANGED] = { S_INIT("client-changed"), EFFECT_CLIENT_CHANGED, CHANGE_SECONDS },
		[CLIENT_OVER] = { S_INIT("client"), EFFECT_REVOKE_CLIENT, ACCESS_TTL_MAX },
		/* as long as the row that it lifts, which a node that starts later reads too */
		[CLIENT_BACK] = { S_INIT("client-back"), EFFECT_CLIENT_BACK, ACCESS_TTL_MAX },
	};
	int64_t until = c->now + rows[news].seconds + SKEW, key = client_key(client_id);
	struct revocation_put_in row = {
		.tenant = c->site->tenant.id, .kind = rows[news].kind, .id = key, .at = c->now, .until = until
	};

	effect_add(c, rows[news].effect, key, until);
	return q_revocation_put(c->db, c->mem, &row, NULL);
}
