#include "help.h"

#include <time.h>

static void test_a_password_fits_its_hash_and_no_other_does(void **state)
{
	str phc;

	assert_int_equal(pwhash_make(*state, secret_of(S("correct horse")), &phc), OK);
	assert_true(str_starts(phc, S("$argon2id$v=19$m=19456,t=2,p=1$")));
	assert_true(pwhash_fits(secret_of(S("correct horse")), phc));
	assert_false(pwhash_fits(secret_of(S("correct horsf")), phc));
	assert_false(pwhash_fits(secret_of(S("correct horse ")), phc));
	assert_false(pwhash_fits(secret_of(S("")), phc));
	assert_true(pwhash_known(phc));
	assert_false(pwhash_stale(phc));
}

static void test_hashes_are_salted(void **state)
{
	str a, b;

	assert_int_equal(pwhash_make(*state, secret_of(S("x")), &a), OK);
	assert_int_equal(pwhash_make(*state, secret_of(S("x")), &b), OK);
	assert_false(str_eq(a, b));
}

static void test_a_password_counts_whole_also_behind_a_nul(void **state)
{
	str with_nul = { "abc\0def", 7 }, phc;

	assert_int_equal(pwhash_make(*state, secret_of(with_nul), &phc), OK);
	assert_true(pwhash_fits(secret_of(with_nul), phc));
	assert_false(pwhash_fits(secret_of(S("abc")), phc));
}

static void test_256_bytes_are_taken_and_not_one_more(void **state)
{
	str full = repeat(*state, 'p', PASSWORD_MAX), over = repeat(*state, 'p', PASSWORD_MAX + 1), phc;

	assert_int_equal(pwhash_make(*state, secret_of(full), &phc), OK);
	assert_true(pwhash_fits(secret_of(full), phc));
	assert_false(pwhash_fits(secret_of(over), phc)); /* must not be cut to what fits */
	assert_int_equal(pwhash_make(*state, secret_of(over), &phc), ERR_CRYPTO);
	assert_null(phc.p);
}

static double cpu_ms(struct secret password, str phc)
{
	struct timespec from, to;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	assert_false(pwhash_fits(password, phc));
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	return (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

static double least_of_5(struct secret password, str phc)
{
	double least = 1e9;

	for (int i = 0; i < 5; i++) {
		double t = cpu_ms(password, phc);
		least = t < least ? t : least;
	}
	return least;
}

static void test_an_unknown_account_takes_as_long_as_a_wrong_password(void **state)
{
	struct secret wrong = secret_of(S("wrong"));
	str phc;

	assert_int_equal(pwhash_make(*state, secret_of(S("right")), &phc), OK);
	double known = least_of_5(wrong, phc);
	assert_true(known > 1);
	assert_in_range((uint64_t)(least_of_5(wrong, S("")) * 100 / known), 50, 200);
	assert_in_range((uint64_t)(least_of_5(wrong, S("nonsense")) * 100 / known), 50, 200);
	assert_in_range(
	    (uint64_t)(least_of_5(secret_of(repeat(*state, 'x', 5000)), phc) * 100 / known), 50, 200);
}

static void test_hashes_that_cost_too_much_or_are_of_another_kind_are_not_known(void **state)
{
	static const char tail[] = "$k6ykyoBvBtLmUykAjFa8Kw$rBtns7FnDG0jLUdhgVG5jPYJsGOruI+6dAuObgZN1w0";
	/* clang-format off */
	static const struct {
		const char *head;
		bool known;
	} rows[] = {
		{ "$argon2id$v=19$m=19456,t=2,p=1", true },
		{ "$argon2id$v=19$m=65536,t=3,p=1", true },
		{ "$argon2id$v=19$m=262144,t=16,p=1", true },
		{ "$argon2id$v=19$m=262145,t=2,p=1", false },
		{ "$argon2id$v=19$m=4294967295,t=2,p=1", false },
		{ "$argon2id$v=19$m=19456,t=17,p=1", false },
		{ "$argon2id$v=19$m=19456,t=0,p=1", false },
		{ "$argon2id$v=19$m=19456,t=2,p=2", false },
		{ "$argon2id$v=19$m=-1,t=2,p=1", false },
		{ "$argon2id$v=16$m=19456,t=2,p=1", false },
		{ "$argon2i$v=19$m=19456,t=2,p=1", false },
		{ "$argon2d$v=19$m=19456,t=2,p=1", false },
		{ "$2b$12$", false },
		{ "", false },
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(rows); i++) {
		str phc = arena_printf(*state, "%s%s", rows[i].head, tail);
		assert_int_equal(pwhash_known(phc), rows[i].known);
	}
	assert_true(pwhash_stale(arena_printf(*state, "%s%s", rows[1].head, tail)));
	assert_true(pwhash_stale(S("")));
	assert_false(pwhash_known(
	    (str){ "$argon2id$v=19$m=19456,t=2,p=1$k6\0yoBvBtLmUykAjFa8Kw$rBtns7FnDG0jLUdhg", 70 }));
	assert_false(pwhash_known(repeat(*state, 'a', 500)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_a_password_fits_its_hash_and_no_other_does),
		TEST(test_hashes_are_salted),
		TEST(test_a_password_counts_whole_also_behind_a_nul),
		TEST(test_256_bytes_are_taken_and_not_one_more),
		TEST(test_an_unknown_account_takes_as_long_as_a_wrong_password),
		TEST(test_hashes_that_cost_too_much_or_are_of_another_kind_are_not_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
