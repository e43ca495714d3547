#include "login/rig.h"

#include "store/attempt.h"
#include "login/words.h"

static void a_network_is_an_ipv4_address_or_64_bits_of_ipv6(void **state)
{
	struct arena *mem = arena_new(1 << 16);
	static const struct {
		const char *a, *b;
		bool same;
		/* clang-format off */
	} rows[] = {
		{ "203.0.113.7", "203.0.113.7", true },
		{ "203.0.113.7", "203.0.113.8", false },
		{ "::ffff:203.0.113.7", "203.0.113.7", true },
		{ "2001:db8::1", "[2001:db8::ffff]", true },
		{ "2001:db8:0:1::1", "2001:db8:0:2::1", false },
	};
	/* clang-format on */
	static const char *const none[] = { "127.0.0.1", "127.8.8.8", "::1", "[::1]", "::ffff:127.0.0.1", "",
		"unix", "203.0.113", "x:y" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		str a = attempt_network(mem, str_of(rows[i].a)), b = attempt_network(mem, str_of(rows[i].b));
		assert_true(a.n > 0 && b.n > 0);
		assert_int_equal(str_eq(a, b), rows[i].same);
	}
	for (size_t i = 0; i < COUNT(none); i++)
		assert_int_equal(attempt_network(mem, str_of(none[i])).n, 0);
	arena_unref(mem);
}

static void a_good_attempt_is_as_if_it_had_not_been(void **state)
{
	struct rig *r = rig_new("http://localhost:8080");

	(void)state;
	(void)rig_owner(r);
	for (int i = 0; i < 60; i++) {
		r->session = S("");
		rig_login(r, OLIVE, PASSWORD);
		assert_int_equal(r->reply.status, 303);
	}
	rig_free(r);
}

static void a_day_without_attempts_and_all_is_forgotten(void **state)
{
	struct rig *r = rig_new("http://localhost:8080");

	(void)state;
	(void)rig_owner(r);
	for (int i = 0; i < 6; i++)
		rig_login(r, OLIVE, S("not the password"));
	r->now += ATTEMPT_MEMORY + 1;
	for (int i = 0; i < 6; i++) {
		rig_login(r, OLIVE, S("not the password"));
		assert_int_equal(r->reply.status, 401);
	}
	rig_free(r);
}

static void times_as_people_say_them(void **state)
{
	struct arena *mem = arena_new(1 << 16);
	static const struct {
		int64_t ago;
		const char *words;
		/* clang-format off */
	} rows[] = {
		{ -5, "just now" }, { 0, "just now" }, { 60, "1 minute ago" }, { 3599, "59 minutes ago" }, { 3600, "1 hour ago" },
		{ 86399, "23 hours ago" }, { 86400, "yesterday" }, { 2 * 86400, "2 days ago" }, { 30 * 86400, "30 days ago" },
		{ 31 * 86400, "18 October 2026" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_str(words_ago(mem, NOW, NOW - rows[i].ago), str_of(rows[i].words));
	assert_str(words_day(mem, 0), S("1 January 1970"));
	assert_str(words_host(S("localhost:3118")), S("an application on this computer"));
	assert_str(words_host(S("[::1]:1")), S("an application on this computer"));
	assert_str(words_host(S("localhost.evil.example")), S("localhost.evil.example"));
	assert_str(words_host(S("claude.ai")), S("claude.ai"));
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_is_an_ipv4_address_or_64_bits_of_ipv6),
		cmocka_unit_test(a_good_attempt_is_as_if_it_had_not_been),
		cmocka_unit_test(a_day_without_attempts_and_all_is_forgotten),
		cmocka_unit_test(times_as_people_say_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
