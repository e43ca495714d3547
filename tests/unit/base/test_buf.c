#include "base/buf.h"
#include "base/unit.h"

#include <string.h>

static void fill(struct buf *b)
{
	buf_put(b, S("a"));
	buf_char(b, '\0');
	buf_int(b, INT64_MIN);
	buf_int(b, 0);
	buf_put(b, (str){ NULL, 0 });
	buf_printf(b, "[%s]", "x");
}

static void writing(void **state)
{
	static const str want = S_INIT("a\0-92233720368547758080[x]");
	struct arena *a = arena_new(1 << 20);
	struct buf in_arena = BUF(a), on_heap = { 0 };

	fill(&in_arena);
	fill(&on_heap);
	same("in an arena", buf_str(&in_arena), want);
	same("on the heap", buf_str(&on_heap), want);
	for (int i = 0; i < 5000; i++) {
		buf_printf(&in_arena, "%d,", i);
		buf_printf(&on_heap, "%d,", i);
	}
	same("grown", buf_str(&in_arena), buf_str(&on_heap));
	buf_printf(&on_heap, "%500d", 7);
	holds("a long printf", on_heap.p[on_heap.n - 1] == '7' && on_heap.n == in_arena.n + 500);
	buf_free(&on_heap);
	buf_free(&in_arena);
	holds("empty again", on_heap.n == 0 && on_heap.cap == 0 && in_arena.n == 0);
	buf_put(&in_arena, S("again"));
	same("an arena buffer can be used on", buf_str(&in_arena), S("again"));
	arena_unref(a);
}

static void the_limit(void **state)
{
	struct buf b = { .max = 5 };

	buf_put(&b, S("abc"));
	buf_printf(&b, "%s", "de");
	holds("exactly full is not too much", !b.full && b.n == 5);
	holds("no room", !buf_room(&b, 1) && !b.full);
	buf_char(&b, 'f');
	holds("one too many", b.full && b.n == 5);
	buf_shift(&b, 4);
	buf_char(&b, 'g');
	same("after a hole nothing is written", buf_str(&b), S("e"));
	buf_free(&b);
	buf_char(&b, 'h');
	same("a freed one starts anew", buf_str(&b), S("h"));
	holds("room of an absurd size", !buf_room(&b, SIZE_MAX));
	buf_free(&b);
}

static void the_limit_of_the_arena(void **state)
{
	struct arena *a = arena_new(4000);
	struct buf b = BUF(a);

	for (int i = 0; i < 10000; i++)
		buf_char(&b, 'x');
	holds("closed at the cap", b.full && b.n > 1000 && b.n <= 4000);
	arena_unref(a);

	a = arena_new(1000);
	b = (struct buf)BUF(a);
	buf_put(&b, S("0123456789"));
	holds("something else", arena_alloc(a, 16));
	holds("what doubling would not give, asking exactly does", buf_room(&b, 600));
	same("moved", buf_str(&b), S("0123456789"));
	arena_unref(a);
}

static void room_and_shift(void **state)
{
	struct buf b = { 0 };
	char *p = buf_room(&b, 3);

	p[0] = 'x';
	p[1] = 'y';
	p[2] = 'z';
	b.n += 3;
	buf_shift(&b, 1);
	same("the rest", buf_str(&b), S("yz"));
	buf_shift(&b, 0);
	buf_shift(&b, 9);
	holds("nothing left", b.n == 0);
	holds("room for nothing is a place", buf_room(&b, 0));
	buf_free(&b);
	holds("also in a new one", buf_room(&b, 0));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writing),
		cmocka_unit_test(the_limit),
		cmocka_unit_test(the_limit_of_the_arena),
		cmocka_unit_test(room_and_shift),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
