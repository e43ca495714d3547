#include <string.h>
#include "cmd/doctor_verdict.c"
#include "doctor_kit.h"

#include <string.h>

static void words_of_strangers_are_tamed(void **state)
{
	struct arena *mem = arena_new(MEMORY);
	struct verdict v = { .mem = mem };
	char many[2000];

	memset(many, 'x', sizeof many);
	verdict_fail(&v, "it", "Mend it.", "%.*s", 12, "\033[2J\r\nab\xff\x7f\x9b]0;");
	same("escape sequences, line ends and high bytes are gone", v.first->seen, S("?[2J??ab???]"));
	verdict_fail(
	    &v, "it", "Mend it.", "%s", "This did not work \xc2\xb7 Gatehouse, \xe2\x80\xaex\xc2\x9b");
	same("letters of other tongues stay, what turns the line and C1 do not", v.last->seen,
	    S("This did not work \xc2\xb7 Gatehouse, ???x??"));
	verdict_note(&v, "it", "Mend it.", "%.*s", (int)sizeof many, many);
	same_int("what is long is cut", (int64_t)v.last->seen.n, VERDICT_SEEN_MAX);
	holds("and says so", str_ends(v.last->seen, S("x...")));
	many[VERDICT_SEEN_MAX - 4] = '\xc2', many[VERDICT_SEEN_MAX - 3] = '\xb7';
	verdict_note(&v, "it", "Mend it.", "%.*s", (int)sizeof many, many);
	holds("not within a sign", str_utf8(v.last->seen) && str_ends(v.last->seen, S("x...")));
	verdict_ok(&v, "it", "%.*s", 0, "");
	same("nothing stays nothing", v.last->seen, S(""));
	same_int("two failed", (int64_t)v.failed, 2);
	same_int("one is ok", (int64_t)ok_count(&v), 1);
	arena_unref(mem);
}

static void count(void *to, const struct remark *r)
{
	*(size_t *)to += r->seen.n;
}

static void each_is_told_as_it_is_found(void **state)
{
	struct arena *mem = arena_new(MEMORY);
	size_t told = 0;
	struct verdict v = { .mem = mem, .tell = count, .to = &told };

	verdict_ok(&v, "it", "four");
	same_int("at once", (int64_t)told, 4);
	verdict_ok(&v, "it", "fives");
	same_int("each once", (int64_t)told, 9);
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_strangers_are_tamed),
		cmocka_unit_test(each_is_told_as_it_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
