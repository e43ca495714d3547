/* How many streams a person has. */
#include "app/streams.h"
#include "base/unit.h"

static void a_person_has_at_most_so_many(void **state)
{
	(void)state;

	for (int i = 0; i < 3; i++)
		assert_true(streams_enter(7, 3));
	assert_false(streams_enter(7, 3));
	assert_true(streams_enter(-7, 3)); /* a client that is nobody's */
	assert_int_equal(streams_count(), 4);
	streams_leave(7);
	assert_true(streams_enter(7, 3));
	for (int i = 0; i < 3; i++)
		streams_leave(7);
	streams_leave(-7);
	assert_int_equal(streams_count(), 0);
}

static void many_people_have_one_each(void **state)
{
	(void)state;

	for (int64_t who = 1; who <= 5000; who++)
		assert_true(streams_enter(who * 4194304, 1)); /* as ids are */
	assert_int_equal(streams_count(), 5000);
	for (int64_t who = 1; who <= 5000; who++) {
		assert_false(streams_enter(who * 4194304, 1));
		streams_leave(who * 4194304);
	}
	assert_int_equal(streams_count(), 0); /* the sanitizer sees what is not given back */
}

static void none_at_all(void **state)
{
	(void)state;

	assert_false(streams_enter(1, 0));
	assert_int_equal(streams_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_person_has_at_most_so_many),
		cmocka_unit_test(many_people_have_one_each),
		cmocka_unit_test(none_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
