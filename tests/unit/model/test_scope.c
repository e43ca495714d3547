#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/scope.h"

static struct arena *mem;

static void same(str got, const char *want)
{
	if (!str_eq(got, str_of(want)))
		fail_msg("got '%.*s', want '%s'", FMT(got), want);
}

static void covers(void **state)
{
	(void)state;
	assert_true(scope_covers(S("a b c"), S("c a")));
	assert_true(scope_covers(S("a"), S("")));
	assert_true(scope_covers(S(""), S("")));
	assert_false(scope_covers(S("a b"), S("a c")));
	assert_false(scope_covers(S("users:read"), S("users:rea")));
	assert_false(scope_covers(S(""), S("a")));
}

static void meets(void **state)
{
	(void)state;
	assert_true(scope_meets(S("a b"), S("c b")));
	assert_false(scope_meets(S("a b"), S("c")));
	assert_false(scope_meets(S(""), S("c")));
}

static void lists(void **state)
{
	(void)state;
	same(scope_both(mem, S("a b a c"), S("c a")), "a c");
	same(scope_both(mem, S("a"), S("b")), "");
	same(scope_union(mem, S("a b"), S("b c a d")), "a b c d");
	same(scope_union(mem, S(""), S("")), "");
	same(scope_union(mem, S("a a"), S("")), "a");
	same(scope_without(mem, S("a b c"), S("b")), "a c");
	same(scope_without(mem, S("b"), S("b")), "");
}

/* */
static void about_the_person(void **state)
{
	str rest = scope_person(), word;
	size_t n = 0;

	(void)state;
	same(scope_person(), "openid profile email");
	for (; str_word(&rest, ' ', &word); n++)
		assert_true(scope_person_words(word).n > 10);
	assert_int_equal(n, 3);
	assert_int_equal(scope_person_words(S("address")).n, 0);
	same(scope_person_asked(mem, S("email x openid")), "openid email");
	same(scope_person_asked(mem, S("email profile")), "");
	same(scope_person_asked(mem, S("openid2 email")), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(covers),
		cmocka_unit_test(meets),
		cmocka_unit_test(lists),
		cmocka_unit_test(about_the_person),
	};

	mem = arena_new(1 << 16);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_unref(mem);
	return failed;
}
