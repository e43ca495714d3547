#include "app/revoked.h"
#include "base/unit.h"

#include <string.h>

static void knows_what_was_taken_back(void **state)
{
	struct revoked *r = revoked_new();
	(void)state;

	assert_false(revoked_has(r, EFFECT_REVOKE_USER, 7, 100));
	revoked_add(r, EFFECT_REVOKE_USER, 7, 200, 900);
	assert_true(revoked_has(r, EFFECT_REVOKE_USER, 7, 100));
	assert_true(revoked_has(r, EFFECT_REVOKE_USER, 7, 199));
	assert_false(revoked_has(r, EFFECT_REVOKE_USER, 7, 200));   /* given after it */
	assert_false(revoked_has(r, EFFECT_REVOKE_CLIENT, 7, 100)); /* another kind */
	revoked_add(r, EFFECT_REVOKE_USER, 7, 150, 800);            /* an older row takes nothing back */
	assert_true(revoked_has(r, EFFECT_REVOKE_USER, 7, 199));
	revoked_sweep(r, 899);
	assert_true(revoked_has(r, EFFECT_REVOKE_USER, 7, 199));
	revoked_sweep(r, 900);
	assert_false(revoked_has(r, EFFECT_REVOKE_USER, 7, 199));
	revoked_free(r);
}

static void keeps_many_and_forgets_the_old(void **state)
{
	struct revoked *r = revoked_new();
	(void)state;

	for (int64_t i = 1; i <= 10000; i++)
		revoked_add(r, i % 2 ? EFFECT_REVOKE_GRANT : EFFECT_REVOKE_CLIENT, i, INT64_MAX, 1000 + i);
	assert_int_equal(revoked_count(r), 10000);
	for (int64_t i = 1; i <= 10000; i++)
		assert_true(revoked_has(r, i % 2 ? EFFECT_REVOKE_GRANT : EFFECT_REVOKE_CLIENT, i, 1000 + i));
	revoked_sweep(r, 6000);
	assert_int_equal(revoked_count(r), 5000);
	assert_false(revoked_has(r, EFFECT_REVOKE_GRANT, 4999, 1));
	assert_true(revoked_has(r, EFFECT_REVOKE_GRANT, 9999, 1));
	revoked_free(r);
}

static void without_an_end_is_for_good(void **state)
{
	struct revoked *r = revoked_new();
	(void)state;

	revoked_add(r, EFFECT_REVOKE_USER, 3, INT64_MAX, 0);
	assert_true(revoked_has(r, EFFECT_REVOKE_USER, 3, INT64_MAX / 2));
	revoked_free(r);
}

/* A grant is never good again, whatever the clock of who ended it says; a client is, when that is said. */
static void grants_and_clients_are_meant_whole_and_people_up_to_the_moment(void **state)
{
	struct revoked *r = revoked_new();
	(void)state;

	assert_true(revoked_before(EFFECT_REVOKE_GRANT, 1000) == INT64_MAX);
	assert_true(revoked_before(EFFECT_REVOKE_CLIENT, 1000) == INT64_MAX);
	assert_int_equal(revoked_before(EFFECT_REVOKE_USER, 1000), 1120);
	assert_int_equal(revoked_before(EFFECT_CLIENT_CHANGED, 1000), 1120);

	revoked_lift(r, EFFECT_REVOKE_CLIENT, 5); /* nothing is there to be lifted */
	assert_int_equal(revoked_count(r), 0);
	revoked_add(r, EFFECT_REVOKE_CLIENT, 5, INT64_MAX, 5000);
	assert_true(revoked_has(r, EFFECT_REVOKE_CLIENT, 5, 4000));
	revoked_lift(r, EFFECT_REVOKE_CLIENT, 5);
	assert_false(revoked_has(r, EFFECT_REVOKE_CLIENT, 5, 1));
	revoked_add(r, EFFECT_REVOKE_CLIENT, 5, INT64_MAX, 5000); /* and blocked again */
	assert_true(revoked_has(r, EFFECT_REVOKE_CLIENT, 5, 4000));
	revoked_free(r);
}

static void a_token_ends_with_each_thing_that_it_stands_on(void **state)
{
	static const struct {
		const char *sentence;
		enum effect_kind kind;
		int64_t id;
		bool read;
		const char *why;
	} rows[] = {
		{ "its grant", EFFECT_REVOKE_GRANT, 1, false, "its grant has ended" },
		{ "its person", EFFECT_REVOKE_USER, 2, false, "the person is blocked" },
		{ "its client", EFFECT_REVOKE_CLIENT, 3, false, "the client is blocked or deleted" },
		{ "the client that it was exchanged for", EFFECT_REVOKE_CLIENT, 4, false,
		    "the client that it was exchanged for is blocked or deleted" },
		{ "what was read of its client", EFFECT_CLIENT_CHANGED, 3, true, "the client was changed" },
		{ "a change of its client's row", EFFECT_CLIENT_CHANGED, 3, false, NULL },
		{ "another grant", EFFECT_REVOKE_GRANT, 2, false, NULL },
		{ "a person of the grant's number", EFFECT_REVOKE_USER, 1, false, NULL },
		{ "nobody", EFFECT_REVOKE_CLIENT, 0, false, NULL },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct revoked *r = revoked_new();
		struct ground g = { 1, 2, 3, 4, .issued = 100, .read = rows[i].read };
		const struct ground nothing = { .issued = 100, .read = true };
		holds(rows[i].sentence, revoked_why(r, &g) == NULL);
		revoked_add(r, rows[i].kind, rows[i].id, 200, 900);
		const char *why = revoked_why(r, &g);
		holds(rows[i].sentence, rows[i].why ? why && strcmp(why, rows[i].why) == 0 : why == NULL);
		holds(rows[i].sentence, revoked_hits(rows[i].kind, rows[i].id, &g) == (rows[i].why != NULL));
		holds(rows[i].sentence, revoked_why(r, &nothing) == NULL);
		holds(rows[i].sentence, !revoked_hits(rows[i].kind, rows[i].id, &nothing));
		g.issued = 200; /* given after it */
		holds(rows[i].sentence, revoked_why(r, &g) == NULL);
		revoked_free(r);
	}
}

static void knows_how_old_the_feed_is(void **state)
{
	struct revoked *r = revoked_new();
	(void)state;

	assert_false(revoked_fresh(r, 5000)); /* never read */
	revoked_read_at(r, 5000);
	assert_true(revoked_fresh(r, 5000));
	assert_true(revoked_fresh(r, 5000 + REVOKED_FRESH_MS));
	assert_false(revoked_fresh(r, 5001 + REVOKED_FRESH_MS));
	revoked_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_what_was_taken_back),
		cmocka_unit_test(keeps_many_and_forgets_the_old),
		cmocka_unit_test(without_an_end_is_for_good),
		cmocka_unit_test(grants_and_clients_are_meant_whole_and_people_up_to_the_moment),
		cmocka_unit_test(a_token_ends_with_each_thing_that_it_stands_on),
		cmocka_unit_test(knows_how_old_the_feed_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
