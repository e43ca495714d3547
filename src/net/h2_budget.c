#include "net/h2_budget.h"

void h2_budget_start(struct h2_budget *b, int64_t now_ms)
{
	*b = (struct h2_budget){ .points = H2_BUDGET_MAX, .since_ms = now_ms };
}

void h2_budget_earn(struct h2_budget *b, int64_t points)
{
	b->points = b->points + points < H2_BUDGET_MAX ? b->points + points : H2_BUDGET_MAX;
}

bool h2_budget_spend(struct h2_budget *b, int64_t now_ms, int64_t points)
{
	int64_t back = (now_ms - b->since_ms) * H2_BUDGET_A_SECOND / 1000;

	/* Only for whole points, or who asks often would never get one back. */
	if (back > 0) {
		h2_budget_earn(b, back);
		b->since_ms += back * 1000 / H2_BUDGET_A_SECOND;
	}
	b->points -= points;
	return b->points >= 0;
}
