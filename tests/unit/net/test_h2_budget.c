/* What a client may cost before it has to be of use. */
#include "base/unit.h"
#include "net/h2_budget.h"

static int burst(int64_t cost)
{
	struct h2_budget b;
	int n = 0;

	h2_budget_start(&b, 1000);
	while (h2_budget_spend(&b, 1000, cost))
		n++;
	return n;
}

static void so_many_at_once(void **state)
{
	(void)state;
	assert_int_equal(burst(H2_COST_RESET), 100);
	assert_int_equal(burst(H2_COST_SETTINGS), 100);
	assert_int_equal(burst(H2_COST_PING), 500);
	assert_int_equal(burst(H2_COST_PRIORITY), 1000);
	assert_int_equal(burst(H2_COST_EMPTY), 1000);
	assert_int_equal(burst(H2_COST_WINDOW), 2500);
}

/* Five a second go on for ever, six do not. */
static void so_many_a_second(void **state)
{
	struct h2_budget b;
	(void)state;

	h2_budget_start(&b, 0);
	for (int64_t ms = 0; ms < 1000000; ms += 200)
		assert_true(h2_budget_spend(&b, ms, H2_COST_RESET));
	int64_t ms = 1000000;
	while (ms < 2000000 && h2_budget_spend(&b, ms, H2_COST_RESET))
		ms += 166;
	assert_true(ms < 1200000);
}

/* Who asks more often than points come back does not lose them. */
static void fractions_are_not_lost(void **state)
{
	struct h2_budget b;
	(void)state;

	h2_budget_start(&b, 0);
	assert_true(h2_budget_spend(&b, 0, H2_BUDGET_MAX));
	for (int64_t ms = 1; ms <= 10; ms++)
		assert_true(h2_budget_spend(&b, ms, 0));
	assert_true(h2_budget_spend(&b, 10, 5));
	assert_false(h2_budget_spend(&b, 10, 1));
}

static void what_is_earned_has_an_end(void **state)
{
	struct h2_budget b;
	(void)state;

	h2_budget_start(&b, 0);
	for (int i = 0; i < 1000; i++)
		h2_budget_earn(&b, H2_EARN_ANSWER);
	assert_int_equal(b.points, H2_BUDGET_MAX);
	/* A client that updates both windows for each small frame it gets pays nothing in the end. */
	for (int i = 0; i < 100000; i++) {
		assert_true(h2_budget_spend(&b, 0, 2 * H2_COST_WINDOW));
		h2_budget_earn(&b, H2_EARN_SENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(so_many_at_once),
		cmocka_unit_test(so_many_a_second),
		cmocka_unit_test(fractions_are_not_lost),
		cmocka_unit_test(what_is_earned_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
