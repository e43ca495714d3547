/* The texts of refresh tokens: what follows what, and what is ours. */
#include "base/unit.h"
#include "oauth/kit.h"
#include "oauth/refresh.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

static void round_trip(void **state)
{
	struct kit *k = *state;
	struct refresh first, got;

	refresh_first(INT64_C(0x0123456789abcdef), &first);
	str text = refresh_text(k->mem, k->site.key_refresh, &first);
	assert_true(str_starts(text, S("gh_rt_")));
	assert_int_equal(text.n, 86);
	assert_int_equal(refresh_parse(k->mem, k->site.key_refresh, secret_of(text), &got), OK);
	assert_true(got.grant == INT64_C(0x0123456789abcdef) && got.generation == 0);
	assert_memory_equal(got.body, first.body, 32);
}

static void successors(void **state)
{
	struct kit *k = *state;
	struct refresh a, b, again, other, of_parsed;

	refresh_first(7, &a);
	refresh_next(k->site.key_refresh, &a, &b);
	refresh_next(k->site.key_refresh, &a, &again);
	assert_true(b.grant == 7 && b.generation == 1);
	assert_memory_equal(&b.body, &again.body, 32); /* always the same */
	assert_memory_not_equal(&a.body, &b.body, 32);
	refresh_next(k->site.key_form, &a, &other);
	assert_memory_not_equal(&b.body, &other.body, 32); /* and only for who has the key */
	assert_int_equal(refresh_parse(k->mem, k->site.key_refresh,
			     secret_of(refresh_text(k->mem, k->site.key_refresh, &a)), &of_parsed),
	    OK);
	refresh_next(k->site.key_refresh, &of_parsed, &other);
	assert_memory_equal(&b.body, &other.body, 32); /* from the text alone, on any node */
	other = a;
	other.grant = 8;
	refresh_next(k->site.key_refresh, &other, &again);
	assert_memory_not_equal(&b.body, &again.body, 32);
}

/* RT-09, RT-10: nothing but the very text gets as far as the store. */
static void not_ours(void **state)
{
	struct kit *k = *state;
	struct refresh r, got;

	refresh_first(7, &r);
	str text = refresh_text(k->mem, k->site.key_refresh, &r);
	for (size_t n = 0; n < text.n; n++)
		assert_int_equal(
		    refresh_parse(k->mem, k->site.key_refresh, secret_of(str_sub(text, 0, n)), &got),
		    ERR_NOT_FOUND);
	for (size_t i = 0; i < text.n; i++) {
		char *p = arena_alloc(k->mem, text.n);
		memcpy(p, text.p, text.n);
		p[i] = (char)(p[i] ^ 0x20); /* the other case, and other things */
		assert_int_equal(
		    refresh_parse(k->mem, k->site.key_refresh, secret_of((str){ p, text.n }), &got),
		    ERR_NOT_FOUND);
	}
	assert_int_equal(refresh_parse(k->mem, k->site.key_refresh,
			     secret_of(arena_printf(k->mem, "%.*sA", FMT(text))), &got),
	    ERR_NOT_FOUND);
	assert_int_equal(refresh_parse(k->mem, k->site.key_form, secret_of(text), &got), ERR_NOT_FOUND);
	assert_int_equal(
	    refresh_parse(k->mem, k->site.key_refresh, secret_of(S("eyJhbGciOiJFUzI1NiJ9.e30.x")), &got),
	    ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(round_trip), TEST(successors), TEST(not_ours) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
