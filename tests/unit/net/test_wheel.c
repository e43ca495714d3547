#include "base/unit.h"
#include "net/wheel.h"

struct bell {
	struct timer timer; /* first */
	struct wheel *wheel;
	struct bell *other; /* what it drops or sets when it rings */
	bool drops;
	int rung;
	int64_t again; /* sets itself to this time */
};

static void ring(struct timer *t)
{
	struct bell *b = (struct bell *)(void *)t;

	b->rung++;
	if (b->other && b->drops)
		wheel_drop(b->wheel, &b->other->timer);
	else if (b->other)
		wheel_set(b->wheel, &b->other->timer, 0);
	if (b->again)
		wheel_set(b->wheel, t, b->again);
}

static void rings_once_and_not_early(void **state)
{
	struct wheel w;
	struct bell b = { .timer.fire = ring, .wheel = &w };
	(void)state;

	wheel_start(&w, 1000);
	wheel_set(&w, &b.timer, 1950);
	assert_true(timer_is_set(&b.timer));
	assert_int_equal(wheel_next(&w), 2000);
	wheel_turn(&w, 1949);
	assert_int_equal(b.rung, 0);
	wheel_turn(&w, 2000);
	assert_int_equal(b.rung, 1);
	assert_false(timer_is_set(&b.timer));
	wheel_turn(&w, 900000);
	assert_int_equal(b.rung, 1);
	assert_int_equal(wheel_next(&w), -1);
}

static void waits_more_laps(void **state)
{
	struct wheel w;
	struct bell b = { .timer.fire = ring, .wheel = &w };
	int64_t late = 3 * WHEEL_SLOTS * WHEEL_TICK_MS + 700;
	(void)state;

	wheel_start(&w, 0);
	wheel_set(&w, &b.timer, late);
	for (int64_t now = 0; now < late; now += WHEEL_TICK_MS) {
		wheel_turn(&w, now);
		assert_int_equal(b.rung, 0);
	}
	wheel_turn(&w, late);
	assert_int_equal(b.rung, 1);
}

static void moves_and_drops(void **state)
{
	struct wheel w;
	struct bell b = { .timer.fire = ring, .wheel = &w };
	(void)state;

	wheel_start(&w, 0);
	wheel_set(&w, &b.timer, 500);
	wheel_set(&w, &b.timer, 5000);
	wheel_turn(&w, 4900);
	assert_int_equal(b.rung, 0);
	wheel_drop(&w, &b.timer);
	wheel_drop(&w, &b.timer);
	wheel_turn(&w, 9000);
	assert_int_equal(b.rung, 0);
	assert_int_equal(w.count, 0);
}

static void may_touch_others_while_ringing(void **state)
{
	struct wheel w;
	struct bell a = { .timer.fire = ring, .wheel = &w, .drops = true }, b = a, c = a;
	(void)state;

	/* All three in one slot: whichever rings first drops the next one. */
	a.other = &b;
	b.other = &c;
	c.other = &a;
	wheel_start(&w, 0);
	wheel_set(&w, &a.timer, 100);
	wheel_set(&w, &b.timer, 100);
	wheel_set(&w, &c.timer, 100);
	wheel_turn(&w, 100);
	assert_int_equal(a.rung + b.rung + c.rung, 2);
	assert_int_equal(w.count, 0);
}

static void may_be_set_again_while_ringing(void **state)
{
	struct wheel w;
	struct bell a = { .timer.fire = ring, .wheel = &w, .again = 1 };
	(void)state;

	wheel_start(&w, 0);
	wheel_set(&w, &a.timer, 100);
	wheel_turn(&w, 100);
	assert_int_equal(a.rung, 1); /* not in the same turn, which would not end */
	wheel_turn(&w, 200);
	assert_int_equal(a.rung, 2);
}

static void finds_everything_after_a_long_sleep(void **state)
{
	struct wheel w;
	struct bell bells[50];
	(void)state;

	wheel_start(&w, 0);
	for (int i = 0; i < 50; i++) {
		bells[i] = (struct bell){ .timer.fire = ring, .wheel = &w };
		wheel_set(&w, &bells[i].timer, (int64_t)i * 3100);
	}
	wheel_turn(&w, 3600000);
	for (int i = 0; i < 50; i++)
		assert_int_equal(bells[i].rung, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rings_once_and_not_early),
		cmocka_unit_test(waits_more_laps),
		cmocka_unit_test(moves_and_drops),
		cmocka_unit_test(may_touch_others_while_ringing),
		cmocka_unit_test(may_be_set_again_while_ringing),
		cmocka_unit_test(finds_everything_after_a_long_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
