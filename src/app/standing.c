#include "app/standing.h"
#include "app/exchange.h"
#include "app/house.h"
#include "core/standing.h"

static bool ended(struct revoked *r, const struct ground *g)
{
	return (g->grant && revoked_has(r, EFFECT_REVOKE_GRANT, g->grant, g->issued)) ||
	    (g->user && revoked_has(r, EFFECT_REVOKE_USER, g->user, g->issued)) ||
	    (g->client && revoked_has(r, EFFECT_REVOKE_CLIENT, g->client, g->issued)) ||
	    (g->client && g->read && revoked_has(r, EFFECT_CLIENT_CHANGED, g->client, g->issued));
}

static enum standing look(struct ctx *c, const struct ground *g)
{
	struct floor *f = exchange_of(c)->floor;

	if (ended(f->house->revoked, g))
		return STANDING_ENDED;
	return revoked_fresh(f->house->revoked, loop_ms(f->loop)) ? STANDING_GOOD : STANDING_UNKNOWN;
}

void standing_start(void)
{
	static const struct standing_port port = { .look = look };

	standing_use(&port);
}
