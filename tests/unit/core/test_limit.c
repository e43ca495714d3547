#include "core/limit.h"
#include "base/unit.h"

static void holds_a_burst_and_fills_again(void **state)
{
	struct limits *l = limits_new();
	int64_t now = 1000000, wait = 0;
	(void)state;

	for (int i = 0; i < 3; i++)
		assert_true(limit_take(l, LIMIT_REGISTER, 5, now, 3, 3, &wait));
	assert_false(limit_take(l, LIMIT_REGISTER, 5, now, 3, 3, &wait));
	assert_int_equal(wait, 20); /* three a minute */
	assert_false(limit_take(l, LIMIT_REGISTER, 5, now + 19000, 3, 3, &wait));
	assert_int_equal(wait, 1);
	assert_true(limit_take(l, LIMIT_REGISTER, 5, now + 20000, 3, 3, &wait));
	assert_false(limit_take(l, LIMIT_REGISTER, 5, now + 20000, 3, 3, &wait));
	/* a long pause fills it to the brim, not further */
	for (int i = 0; i < 3; i++)
		assert_true(limit_take(l, LIMIT_REGISTER, 5, now + 100000000, 3, 3, &wait));
	assert_false(limit_take(l, LIMIT_REGISTER, 5, now + 100000000, 3, 3, &wait));
	limits_free(l);
}

static void keeps_addresses_apart(void **state)
{
	struct limits *l = limits_new();
	(void)state;

	assert_true(limit_take(l, LIMIT_REGISTER, 5, 1000, 1, 1, NULL));
	assert_false(limit_take(l, LIMIT_REGISTER, 5, 1000, 1, 1, NULL));
	assert_true(limit_take(l, LIMIT_REGISTER, 6, 1000, 1, 1, NULL));
	limits_free(l);
}

static void lets_unix_sockets_and_zero_through(void **state)
{
	struct limits *l = limits_new();
	(void)state;

	for (int i = 0; i < 100; i++) {
		assert_true(limit_take(l, LIMIT_REGISTER, 0, 1000, 1, 1, NULL));
		assert_true(limit_take(l, LIMIT_REGISTER, 9, 1000, 0, 0, NULL)); /* 0: no limit */
	}
	limits_free(l);
}

/* More addresses than there is room for: somebody may get a full bucket too early, nobody is refused without reason. */
static void forgets_kindly(void **state)
{
	struct limits *l = limits_new();
	(void)state;

	for (uint64_t key = 1; key < 50000; key++)
		assert_true(limit_take(l, LIMIT_REGISTER, key, 1000 + (int64_t)key, 1, 1, NULL));
	limits_free(l);
}

static void bears_a_clock_that_goes_back(void **state)
{
	struct limits *l = limits_new();
	(void)state;

	assert_true(limit_take(l, LIMIT_REGISTER, 5, 5000000, 2, 2, NULL));
	assert_true(limit_take(l, LIMIT_REGISTER, 5, 1000, 2, 2, NULL));
	assert_false(limit_take(l, LIMIT_REGISTER, 5, 1000, 2, 2, NULL));
	limits_free(l);
}

/* What a step sees: words for `why`, and when to come again. */
static void a_site_that_counts_says_how_many_and_how_long(void **state)
{
	struct arena *mem = arena_new(65536);
	struct site site = { .limits = limits_new() }, careless = { .limits = NULL };
	struct http_reply reply = { .status = 0 };
	struct ctx c = { .mem = mem, .site = &site, .reply = &reply, .now_ms = 1000000 };
	(void)state;

	for (int i = 0; i < 2; i++)
		assert_int_equal(limit_pass(&c, LIMIT_AUTHORIZE, 5, 2, "things"), OK);
	assert_int_equal(reply.header_count, 0);
	assert_int_equal(limit_pass(&c, LIMIT_AUTHORIZE, 5, 2, "things"), ERR_RATE_LIMITED);
	same("why", c.fail.detail, S("more than 2 things a minute"));
	assert_int_equal(reply.header_count, 1);
	same("its name", reply.headers[0].name, S("Retry-After"));
	same("its value", reply.headers[0].value, S("30"));
	assert_int_equal(limit_pass(&c, LIMIT_AUTHORIZE, 6, 2, "things"), OK);
	assert_int_equal(limit_pass(&c, LIMIT_PUSHED, 5, 2, "things"), OK);
	assert_int_equal(limit_pass(&c, LIMIT_AUTHORIZE, 5, 0, "things"), OK);
	c.site = &careless;
	assert_int_equal(limit_pass(&c, LIMIT_AUTHORIZE, 5, 2, "things"), OK);
	limits_free(site.limits);
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_a_burst_and_fills_again),
		cmocka_unit_test(keeps_addresses_apart),
		cmocka_unit_test(lets_unix_sockets_and_zero_through),
		cmocka_unit_test(forgets_kindly),
		cmocka_unit_test(bears_a_clock_that_goes_back),
		cmocka_unit_test(a_site_that_counts_says_how_many_and_how_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
