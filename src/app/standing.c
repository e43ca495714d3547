#include "app/standing.h"
#include "app/exchange.h"
#include "app/house.h"
#include "core/standing.h"

static enum standing look(struct ctx *c, const struct ground *g)
{
	struct floor *f = exchange_of(c)->floor;

	if (revoked_why(f->house->revoked, g))
		return STANDING_ENDED;
	return revoked_fresh(f->house->revoked, loop_ms(f->loop)) ? STANDING_GOOD : STANDING_UNKNOWN;
}

void standing_start(void)
{
	static const struct standing_port port = { .look = look };

	standing_use(&port);
}
