#include "base/unit.h"

#include <pthread.h>
#include <string.h>

static bool zero(const void *p, size_t n)
{
	const char *c = p;

	for (size_t i = 0; i < n; i++)
		if (c[i])
			return false;
	return true;
}

static void memory_is_zero_and_aligned_also_when_used_again(void **state)
{
	for (int round = 0; round < 6; round++) {
		struct arena *a = round % 2 ? arena_small(SIZE_MAX) : arena_new(SIZE_MAX);
		for (size_t n = 0; n < 40000; n = n * 2 + 1) {
			char *p = arena_alloc(a, n);
			holds("aligned", (uintptr_t)p % 16 == 0);
			holds("zero", zero(p, n));
			memset(p, 0xaa, n);
		}
		arena_unref(a);
	}
}

static void objects_do_not_touch(void **state)
{
	struct arena *a = arena_new(SIZE_MAX);
	char *p[300];

	for (size_t i = 0; i < COUNT(p); i++) {
		p[i] = arena_alloc(a, i + 1);
		memset(p[i], (int)(i & 0xff), i + 1);
	}
	for (size_t i = 0; i < COUNT(p); i++)
		for (size_t k = 0; k <= i; k++)
			holds("untouched", (unsigned char)p[i][k] == (i & 0xff));
	arena_unref(a);
}

static void the_cap_holds_for_try_only(void **state)
{
	struct arena *a = arena_new(1000);

	holds("fits", arena_try(a, 900));
	holds("does not fit", !arena_try(a, 200));
	holds("alloc goes on", arena_alloc(a, 2000));
	holds("past the cap nothing fits", !arena_try(a, 1));
	same_int("used", (int64_t)arena_used(a), 912 + 2000);
	holds("product overflows", !arena_try_array(a, SIZE_MAX / 2, 3));
	holds("far too much", !arena_try_array(a, 1, (size_t)PTRDIFF_MAX));
	arena_unref(a);

	a = arena_new(1 << 20);
	holds("an array", arena_try_array(a, 10, 100));
	holds("nothing is something", arena_try(a, 0) && arena_try(a, 0) != arena_try(a, 0));
	arena_unref(a);
	arena_unref(NULL);
}

static void big_objects_get_blocks_of_their_own(void **state)
{
	struct arena *a = arena_new(SIZE_MAX);
	char *small = arena_alloc(a, 16), *big = arena_alloc(a, 1 << 20), *next = arena_alloc(a, 16);

	memset(big, 1, 1 << 20);
	holds("the small ones are neighbours", next > small && next - small < 64);
	holds("no room to grow", !arena_extend(a, big, 1 << 20, (1 << 20) + 4096));
	arena_unref(a);
}

static void the_newest_object_can_grow(void **state)
{
	struct arena *a = arena_new(3000);
	char *p = arena_alloc(a, 10);

	char *same_place = arena_extend(a, p, 10, 100);
	holds("grows where it stands", same_place == p);
	memset(same_place, 1, 100);
	same_int("used", (int64_t)arena_used(a), 112);
	holds("the same size", arena_extend(a, p, 100, 100));
	holds("not past the cap", !arena_extend(a, p, 100, 3200));
	holds("not past the block", !arena_extend(a, p, 100, 5000));
	holds("not to an absurd size", !arena_extend(a, p, 100, (size_t)PTRDIFF_MAX));
	char *q = arena_alloc(a, 1);
	holds("not when it is the newest no more", !arena_extend(a, p, 100, 120));
	holds("not smaller", !arena_extend(a, q, 1, 0));
	holds("not nothing", !arena_extend(a, NULL, 0, 1));
	arena_unref(a);
}

static void texts(void **state)
{
	struct arena *a = arena_new(100);
	char big[5000];

	memset(big, 'x', sizeof big);
	str s = arena_copy(a, S("a\0b"));
	same("a copy", s, S("a\0b"));
	holds("with a NUL behind", s.p[3] == '\0');
	holds("nothing copied", arena_copy(a, S("")).n == 0);
	same("printed", arena_printf(a, "%s-%d", "n", 7), S("n-7"));
	s = arena_printf(a, "%.*s!", (int)sizeof big, big);
	holds("printed long", s.n == 5001 && s.p[5000] == '!' && s.p[5001] == '\0');
	arena_unref(a);
}

static char order[8];

static void note(void *letter)
{
	size_t n = strlen(order);

	order[n] = *(char *)letter;
}

static void what_was_deferred_runs_at_the_end(void **state)
{
	struct arena *a = arena_new(1000);
	static const char letters[] = "abc";

	memset(order, 0, sizeof order);
	for (size_t i = 0; i < 3; i++)
		arena_defer(a, note, (char *)(uintptr_t)arena_copy(a, str_sub(str_of(letters), i, i + 1)).p);
	arena_ref(a);
	arena_unref(a);
	same("not while somebody holds it", str_of(order), S(""));
	arena_unref(a);
	same("newest first", str_of(order), S("cba"));
}

static void *let_go(void *a)
{
	arena_unref(a);
	return NULL;
}

static void the_last_owner_frees_on_any_thread(void **state)
{
	for (int i = 0; i < 100; i++) {
		struct arena *a = arena_new(SIZE_MAX);
		pthread_t t;
		memset(arena_alloc(a, 20000), 1, 20000);
		assert_int_equal(pthread_create(&t, NULL, let_go, arena_ref(a)), 0);
		arena_unref(a);
		assert_int_equal(pthread_join(t, NULL), 0);
	}
}

static void many_arenas_at_once(void **state)
{
	static struct arena *all[200];

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT(all); i++) {
			all[i] = arena_new(SIZE_MAX);
			memset(arena_alloc(all[i], 6000), 1, 6000);
		}
		for (size_t i = 0; i < COUNT(all); i++)
			arena_unref(all[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zero_and_aligned_also_when_used_again),
		cmocka_unit_test(objects_do_not_touch),
		cmocka_unit_test(the_cap_holds_for_try_only),
		cmocka_unit_test(big_objects_get_blocks_of_their_own),
		cmocka_unit_test(the_newest_object_can_grow),
		cmocka_unit_test(texts),
		cmocka_unit_test(what_was_deferred_runs_at_the_end),
		cmocka_unit_test(the_last_owner_frees_on_any_thread),
		cmocka_unit_test(many_arenas_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
