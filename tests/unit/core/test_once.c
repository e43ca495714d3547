/* What may come once: it is known for its whole window, and a flood never makes it pass twice. */
#include "base/unit.h"
#include "core/once.h"

#include <string.h>

#define NOW 1700000000
#define WINDOW 300

static enum once_result take(struct once *o, uint64_t name, int64_t at, int64_t now)
{
	unsigned char hash[32] = { 0 };

	memcpy(hash, &name, sizeof name);
	return once_take(o, hash, at, now);
}

static void a_second_time_is_known_as_long_as_it_could_be_good(void **state)
{
	struct once *o = once_new(1000, WINDOW);
	(void)state;

	for (int64_t at = NOW - WINDOW; at <= NOW + WINDOW; at += 7)
		assert_int_equal(take(o, (uint64_t)at, at, NOW), ONCE_FIRST);
	for (int64_t now = NOW; now <= NOW + 2 * WINDOW; now += 10)
		for (int64_t at = NOW - WINDOW; at <= NOW + WINDOW; at += 7)
			if (at >= now - WINDOW)
				assert_int_equal(take(o, (uint64_t)at, at, now), ONCE_AGAIN);
	once_free(o);
}

static void a_name_is_one_whatever_its_date(void **state)
{
	struct once *o = once_new(1000, WINDOW);
	(void)state;

	assert_int_equal(take(o, 7, NOW, NOW), ONCE_FIRST);
	assert_int_equal(take(o, 7, NOW - 200, NOW), ONCE_AGAIN);
	assert_int_equal(take(o, 7, NOW + 200, NOW), ONCE_AGAIN);
	assert_int_equal(take(o, 0, NOW, NOW), ONCE_FIRST); /* a hash of zeros is one like others */
	assert_int_equal(take(o, 0, NOW, NOW), ONCE_AGAIN);
	once_free(o);
}

static void what_is_past_makes_room(void **state)
{
	struct once *o = once_new(100, WINDOW);
	(void)state;

	for (uint64_t i = 1; i <= 100; i++)
		assert_int_equal(take(o, i, NOW, NOW), ONCE_FIRST);
	int64_t later = NOW + WINDOW + 20;
	for (uint64_t i = 101; i <= 200; i++)
		assert_int_equal(take(o, i, later, later), ONCE_FIRST);
	assert_int_equal(take(o, 101, later, later), ONCE_AGAIN);
	once_free(o);
}

static void a_flood_shortens_the_time_and_lets_nothing_pass_twice(void **state)
{
	struct once *o = once_new(100, WINDOW);
	uint64_t name = 1;
	(void)state;

	assert_int_equal(take(o, name, NOW - 250, NOW), ONCE_FIRST);
	for (int64_t at = NOW - 240; at <= NOW; at++)
		assert_int_equal(take(o, ++name, at, NOW), ONCE_FIRST);
	/* the first of them was given up, and is refused for being that old; so is anything of its age */
	assert_int_equal(take(o, 1, NOW - 250, NOW), ONCE_FORGOTTEN);
	assert_int_equal(take(o, 100000, NOW - 250, NOW), ONCE_FORGOTTEN);
	for (uint64_t i = 2; i <= name; i++)
		assert_int_not_equal(take(o, i, NOW - 240 + (int64_t)i - 2, NOW), ONCE_FIRST);
	assert_int_equal(take(o, 100001, NOW, NOW), ONCE_FIRST);
	once_free(o);
}

static void all_of_one_moment_ends_in_a_refusal(void **state)
{
	struct once *o = once_new(100, WINDOW);
	(void)state;

	for (uint64_t i = 1; i <= 100; i++)
		assert_int_equal(take(o, i, NOW, NOW), ONCE_FIRST);
	assert_int_equal(take(o, 101, NOW, NOW), ONCE_FORGOTTEN);
	for (uint64_t i = 1; i <= 100; i++)
		assert_int_not_equal(take(o, i, NOW, NOW), ONCE_FIRST);
	assert_int_equal(take(o, 102, NOW + 10, NOW + 10), ONCE_FIRST); /* and time heals it */
	once_free(o);
}

static void what_is_dated_ahead_cannot_push_out_the_present(void **state)
{
	struct once *o = once_new(100, WINDOW);
	(void)state;

	assert_int_equal(take(o, 1, NOW, NOW), ONCE_FIRST);
	for (uint64_t i = 2; i <= 26; i++)
		assert_int_equal(take(o, i, NOW + 200, NOW), ONCE_FIRST);
	for (uint64_t i = 27; i <= 1000; i++)
		assert_int_equal(take(o, i, NOW + 250, NOW), ONCE_FULL);
	assert_int_equal(take(o, 1, NOW, NOW), ONCE_AGAIN);
	assert_int_equal(take(o, 2000, NOW, NOW), ONCE_FIRST);
	assert_int_equal(take(o, 2001, NOW + 20, NOW), ONCE_FIRST); /* clocks are off by that much */
	once_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_time_is_known_as_long_as_it_could_be_good),
		cmocka_unit_test(a_name_is_one_whatever_its_date),
		cmocka_unit_test(what_is_past_makes_room),
		cmocka_unit_test(a_flood_shortens_the_time_and_lets_nothing_pass_twice),
		cmocka_unit_test(all_of_one_moment_ends_in_a_refusal),
		cmocka_unit_test(what_is_dated_ahead_cannot_push_out_the_present),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
