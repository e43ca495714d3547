#include "store/audit.h"

#include "base/id.h"
#include "crypto/crypto.h"
#include "sql_gen.h"

#define TRIES 3
#define AUDIT_FORMAT 1 /* of a row; a reader of old rows asks for it */

/* Who did it: a person of the machine, a client for itself, a person of ours, or nobody yet known. */
static str actor_of(struct ctx *c)
{
	if (c->actor.os)
		return arena_printf(c->mem, "os:%.*s", FMT(c->actor.name));
	if (c->actor.machine)
		return arena_printf(c->mem, "client:%.*s", FMT(c->actor.client_id));
	return c->actor.email;
}

enum err audit_put(struct ctx *c, const struct audit *a)
{
	struct audit_put_in in = {
		.tenant = c->site->tenant.id,
		.at = c->now,
		.event = a->event,
		.actor = actor_of(c),
		.user_id = a->user ? a->user : c->actor.user,
		.client = a->client,
		.grant_id = a->grant,
		.ip = c->req ? c->req->peer : S(""),
		.detail = a->detail,
		.version = AUDIT_FORMAT,
	};

	enum err e = ERR_STORE_CONFLICT;

	for (int i = 0; i < TRIES && e == ERR_STORE_CONFLICT;
	     i++) { /* two rows of one millisecond may draw one number */
		in.id = id_make(c->now_ms, rand_u32());
		e = q_audit_put(c->db, c->mem, &in, NULL);
	}
	return e;
}
