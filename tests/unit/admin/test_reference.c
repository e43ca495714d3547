/* docs/reference says what the tables say: each page is what `gatehouse reference TOPIC` prints, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "admin/reference.h"

#define PAGE_MAX (1 << 20)

static str read_page(struct arena *mem, str topic)
{
	str path = arena_printf(mem, "docs/reference/%.*s.md", FMT(topic));
	char *p = arena_alloc(mem, PAGE_MAX);
	FILE *f = fopen(path.p, "rb");

	if (!f)
		fail_msg("%s is missing: gatehouse reference %.*s > %s", path.p, FMT(topic), path.p);
	size_t n = fread(p, 1, PAGE_MAX, f);
	fclose(f);
	return (str){ p, n };
}

static void pages_are_up_to_date(void **state)
{
	(void)state;
	for (size_t i = 0; i < reference_count; i++) {
		const struct reference *r = &reference_topics[i];
		struct arena *mem = arena_new(1 << 24);
		struct buf b = BUF(mem);
		r->write(&b, mem);
		if (!str_eq(buf_str(&b), read_page(mem, r->topic)))
			fail_msg("docs/reference/%.*s.md is stale: gatehouse reference %.*s > "
				 "docs/reference/%.*s.md",
			    FMT(r->topic), FMT(r->topic), FMT(r->topic));
		arena_unref(mem);
	}
}

/* A table's rows have as many bars as its heading, whatever the words hold. */
static void tables_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < reference_count; i++) {
		struct arena *mem = arena_new(1 << 24);
		struct buf b = BUF(mem);
		str rest, line;
		size_t want = 0;

		reference_topics[i].write(&b, mem);
		rest = buf_str(&b);
		while (rest.n) {
			(void)str_cut(rest, '\n', &line, &rest);
			size_t bars = 0;
			for (size_t k = 0; k < line.n; k++)
				bars += line.p[k] == '|' && (k == 0 || line.p[k - 1] != '\\');
			if (!str_starts(line, S("|")))
				want = 0;
			else if (!want)
				want = bars;
			else
				assert_int_equal(bars, want);
			assert_false(str_ends(line, S(" ")));
		}
		arena_unref(mem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_up_to_date),
		cmocka_unit_test(tables_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
