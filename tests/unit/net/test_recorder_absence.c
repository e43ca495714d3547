/* What was awaited and never came: each kind has its time, is noted once, and stays noted. test_recorder.c tells the rest. */
#include "base/unit.h"
#include "net/recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOW 1763600000

static char dir[64];
static struct arena *mem;

static int begin(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/absence-XXXXXX");
	mem = arena_new((size_t)16 << 20);
	if (!mkdtemp(dir))
		return -1;
	recorder_open(str_of(dir), true);
	return 0;
}

static int end(void **state)
{
	char path[128];
	(void)state;

	recorder_close();
	arena_unref(mem);
	snprintf(path, sizeof path, "%s/recorder.log", dir);
	unlink(path);
	return rmdir(dir);
}

static const struct {
	const char *name;
	enum awaited kind;
	int64_t within;
} rows[] = {
	{ "NEVER_REDEEMED", AWAIT_CODE, 90 },
	{ "NEVER_USED", AWAIT_TOKEN, 30 },
	{ "NEVER_FOLLOWED", AWAIT_AUTHORIZE, 600 },
};

static void each_is_noted_in_its_time_and_once(void **state)
{
	const struct record *list;
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		recorder_expect(rows[i].kind, (int64_t)i + 1, S("Slow"), NOW);
		recorder_look(NOW + rows[i].within - 1);
		same_int(rows[i].name, (int64_t)recorder_list(mem, 9, &list), (int64_t)i);
		recorder_look(NOW + rows[i].within);
		recorder_look(NOW + rows[i].within + 100);
		same_int(rows[i].name, (int64_t)recorder_list(mem, 9, &list), (int64_t)i + 1);
		same(rows[i].name, list[0].name, str_of(rows[i].name));
		same(rows[i].name, list[0].client, S("Slow"));
		holds(rows[i].name, list[0].missing && list[0].detail.n > 0);
		same_int(rows[i].name, list[0].at, NOW + rows[i].within);
	}
}

static void what_came_is_not_noted(void **state)
{
	const struct record *list;
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		recorder_expect(rows[i].kind, 5, S("Quick"), NOW);
		recorder_met(rows[i].kind, 5);
	}
	recorder_look(NOW + 10000);
	assert_int_equal(recorder_list(mem, 9, &list), 0);
}

static void one_that_came_does_not_stand_for_another(void **state)
{
	const struct record *list;
	(void)state;

	recorder_expect(AWAIT_AUTHORIZE, recorder_key(S("gh_c_one")), S("One"), NOW);
	recorder_met(AWAIT_AUTHORIZE, recorder_key(S("gh_c_other")));
	recorder_met(AWAIT_CODE, recorder_key(S("gh_c_one")));
	recorder_look(NOW + 600);
	assert_int_equal(recorder_list(mem, 9, &list), 1);
	same("whose", list[0].client, S("One"));
}

static void it_is_known_after_a_restart(void **state)
{
	const struct record *list;
	struct record again;
	(void)state;

	recorder_expect(AWAIT_AUTHORIZE, 1, S("Slow"), NOW);
	recorder_look(NOW + 600);
	assert_int_equal(recorder_list(mem, 9, &list), 1);
	str id = list[0].id;
	recorder_close();
	recorder_open(str_of(dir), true);
	assert_true(recorder_find(mem, id, &again));
	same("the name", again.name, S("NEVER_FOLLOWED"));
	assert_true(again.missing);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_is_noted_in_its_time_and_once),
		TEST(what_came_is_not_noted),
		TEST(one_that_came_does_not_stand_for_another),
		TEST(it_is_known_after_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
