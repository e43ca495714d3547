#include "app/effects.h"
#include "core/recorder.h"

#include <stdlib.h>

struct news {
	enum effect_kind kind;
	int64_t id;
};

static void tell(struct floor *f, void *arg)
{
	struct news *n = arg;

	server_notice(f->server, (int)n->kind, n->id);
}

void effects_revoke(struct house *h, enum effect_kind kind, int64_t id, int64_t at, int64_t until)
{
	/* Memory first: a stream that begins meanwhile finds it there. */
	revoked_add(h->revoked, kind, id, revoked_before(kind, at), until);
	struct news *n = malloc(sizeof *n);
	if (!n)
		abort();
	*n = (struct news){ kind, id };
	house_each(h, tell, n, free);
}

void effects_client(struct revoked *r, enum effect_kind kind, int64_t id, int64_t at, int64_t until)
{
	if (kind == EFFECT_CLIENT_BACK)
		revoked_lift(r, EFFECT_REVOKE_CLIENT, id);
	revoked_add(r, EFFECT_CLIENT_CHANGED, id, revoked_before(EFFECT_CLIENT_CHANGED, at), until);
}

bool effects_run(struct house *h, const struct effect *list, const struct ctx *c)
{
	bool reload = false;

	for (const struct effect *e = list; e; e = e->next) {
		switch (e->kind) {
		case EFFECT_REVOKE_GRANT:
		case EFFECT_REVOKE_USER:
		case EFFECT_REVOKE_CLIENT:
			effects_revoke(h, e->kind, e->id, c->now, e->until);
			break;
		case EFFECT_CLIENT_CHANGED:
		case EFFECT_CLIENT_BACK:
			effects_client(h->revoked, e->kind, e->id, c->now, e->until);
			break;
		case EFFECT_RELOAD:
			reload = true;
			break;
		case EFFECT_CODE_ISSUED:
			recorder_expect(AWAIT_CODE, e->id, c->actor.client_id, c->now);
			break;
		case EFFECT_CODE_SPENT:
			recorder_met(AWAIT_CODE, e->id);
			break;
		case EFFECT_TOKEN_ISSUED:
			recorder_expect(AWAIT_TOKEN, e->id, c->actor.client_id, c->now);
			break;
		}
	}
	return reload;
}
