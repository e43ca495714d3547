#include "base/unit.h"
#include "crypto/crypto.h"
#include "net/recorder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1763600000

static char dir[64];
static struct arena *mem;

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static int begin(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/test_recorder_XXXXXX");
	mem = arena_new(1 << 20);
	if (crypto_start() != OK || !mkdtemp(dir))
		return -1;
	recorder_open(str_of(dir), true);
	return 0;
}

static int end(void **state)
{
	(void)state;
	recorder_close();
	arena_unref(mem);
	return nftw(dir, drop, 4, FTW_DEPTH | FTW_PHYS);
}

/* One refusal of a client; its id. */
static str refuse(enum err e, str detail)
{
	struct http_req req = { .method_text = S("POST"),
		.path = S("/token"),
		.query = S("code=secret"),
		.peer = S("192.0.2.1") };
	struct ctx c = { .mem = mem, .now = NOW, .req = &req, .actor.client_id = S("Client") };

	(void)fail_set(&c, e, "/somewhere/src/oauth/grant_code.c", 7, "%.*s", FMT(detail));
	return recorder_add(&c);
}

/* Newest first. */
static size_t all(const struct record **out)
{
	return recorder_list(mem, 100, out);
}

/* ---- refusals */

static void keeps_what_arrived_and_nothing_of_the_query(void **state)
{
	struct record r;
	(void)state;

	str id = refuse(ERR_CODE_EXPIRED, S("5 s late"));
	assert_int_equal(id.n, RECORD_ID);
	assert_true(recorder_find(mem, id, &r));
	same("the name", r.name, S("CODE_EXPIRED"));
	same("what arrived", r.detail, S("5 s late"));
	same("the method", r.method, S("POST"));
	same("the path alone", r.path, S("/token"));
	same("the client", r.client, S("Client"));
	same("from where", r.peer, S("192.0.2.1"));
	same("where in the source", r.place, S("src/oauth/grant_code.c:7"));
	assert_int_equal(r.at, NOW);
	assert_false(r.missing);
	assert_false(recorder_find(mem, S("w0000000000"), &r));
}

static void lists_the_newest_first(void **state)
{
	const struct record *rows;
	(void)state;

	(void)refuse(ERR_CODE_EXPIRED, S("one"));
	(void)refuse(ERR_PKCE_MISMATCH, S("two"));
	assert_int_equal(all(&rows), 2);
	same("the newest", rows[0].detail, S("two"));
	assert_int_equal(recorder_list(mem, 1, &rows), 1);
	same("only the newest", rows[0].detail, S("two"));
}

static void forgets_the_oldest_and_never_grows(void **state)
{
	struct record r;
	(void)state;

	str first = refuse(ERR_CODE_EXPIRED, S("first"));
	str second = refuse(ERR_CODE_EXPIRED, S("second"));
	for (int i = 0; i < RECORDER_KEPT - 1; i++)
		(void)refuse(ERR_NO_ROUTE, S("flood"));
	assert_false(recorder_find(mem, first, &r));
	assert_true(recorder_find(mem, second, &r));
}

static void cuts_what_is_too_long(void **state)
{
	char text[2000];
	struct record r;
	(void)state;

	memset(text, 'x', sizeof text);
	assert_true(recorder_find(mem, refuse(ERR_NO_ROUTE, (str){ text, sizeof text }), &r));
	assert_true(r.detail.n > 0 && r.detail.n <= 320);
	same("what stands behind it", r.method, S("POST"));
}

/* As the next process: what was flushed is there. */
static void reopen(void)
{
	recorder_close();
	recorder_open(str_of(dir), true);
}

static void survives_a_restart(void **state)
{
	struct record r;
	char path[128];
	struct stat st;
	(void)state;

	str id = refuse(ERR_CODE_EXPIRED, S("with \"quotes\" and \xc3\xbc"));
	reopen();
	assert_true(recorder_find(mem, id, &r));
	same("what arrived", r.detail, S("with \"quotes\" and \xc3\xbc"));
	same("the name", r.name, S("CODE_EXPIRED"));
	assert_int_equal(r.code, ERR_CODE_EXPIRED);
	snprintf(path, sizeof path, "%s/recorder.log", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void passes_over_half_a_line(void **state)
{
	struct record r;
	char path[128];
	(void)state;

	str id = refuse(ERR_CODE_EXPIRED, S("before the kill"));
	recorder_flush();
	snprintf(path, sizeof path, "%s/recorder.log", dir);
	FILE *f = fopen(path, "a");
	assert_non_null(f);
	fputs("{\"id\":\"wabcdefghjk\",\"at\":1,\"na", f);
	fclose(f);
	reopen();
	assert_true(recorder_find(mem, id, &r));
	assert_false(recorder_find(mem, S("wabcdefghjk"), &r));
}

/* ---- what never came */

static const struct {
	const char *name;
	enum awaited kind;
	int64_t within;
} absences[] = {
	{ "NEVER_REDEEMED", AWAIT_CODE, 90 },
	{ "NEVER_USED", AWAIT_TOKEN, 30 },
	{ "NEVER_FOLLOWED", AWAIT_AUTHORIZE, 600 },
};

static void notes_what_never_came_in_its_time_and_once(void **state)
{
	const struct record *rows;
	(void)state;

	for (size_t i = 0; i < COUNT(absences); i++) {
		recorder_expect(absences[i].kind, (int64_t)i + 1, S("Slow"), NOW);
		recorder_look(NOW + absences[i].within - 1);
		same_int(absences[i].name, (int64_t)all(&rows), (int64_t)i);
		recorder_look(NOW + absences[i].within);
		recorder_look(NOW + absences[i].within + 100);
		same_int(absences[i].name, (int64_t)all(&rows), (int64_t)i + 1);
		same(absences[i].name, rows[0].name, str_of(absences[i].name));
		same(absences[i].name, rows[0].client, S("Slow"));
		assert_true(rows[0].missing);
		assert_true(rows[0].detail.n > 0);
	}
}

static void notes_nothing_of_what_came(void **state)
{
	const struct record *rows;
	(void)state;

	for (size_t i = 0; i < COUNT(absences); i++) {
		recorder_expect(absences[i].kind, 5, S("Quick"), NOW);
		recorder_met(absences[i].kind, 5);
	}
	recorder_look(NOW + 10000);
	assert_int_equal(all(&rows), 0);
}

static void one_that_came_does_not_stand_for_another(void **state)
{
	const struct record *rows;
	(void)state;

	recorder_expect(AWAIT_TOKEN, 5, S("Slow"), NOW);
	recorder_met(AWAIT_TOKEN, 6);
	recorder_met(AWAIT_CODE, 5);
	recorder_look(NOW + 30);
	assert_int_equal(all(&rows), 1);
}

static void a_flood_of_absences_leaves_the_refusals(void **state)
{
	const struct record *rows;
	struct record r;
	(void)state;

	str id = refuse(ERR_CODE_EXPIRED, S("kept"));
	for (int64_t i = 0; i < 20000; i++)
		recorder_expect(AWAIT_TOKEN, i, S("Flood"), NOW);
	recorder_look(NOW + 30);
	assert_int_equal(all(&rows), 17); /* sixteen of one look */
	assert_true(recorder_find(mem, id, &r));
}

static void absence_survives_a_restart(void **state)
{
	const struct record *rows;
	(void)state;

	recorder_expect(AWAIT_CODE, 1, S("Slow"), NOW);
	recorder_look(NOW + 90);
	reopen();
	assert_int_equal(all(&rows), 1);
	same("the name", rows[0].name, S("NEVER_REDEEMED"));
	assert_true(rows[0].missing);
}

static void a_reader_writes_nothing(void **state)
{
	char path[128];
	struct stat before, after;
	(void)state;

	str id = refuse(ERR_CODE_EXPIRED, S("of the daemon"));
	recorder_flush();
	snprintf(path, sizeof path, "%s/recorder.log", dir);
	assert_int_equal(stat(path, &before), 0);
	recorder_close();
	recorder_open(str_of(dir), false);
	struct record r;
	assert_true(recorder_find(mem, id, &r));
	(void)refuse(ERR_NO_ROUTE, S("of the verb"));
	recorder_flush();
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_what_arrived_and_nothing_of_the_query),
		TEST(lists_the_newest_first),
		TEST(forgets_the_oldest_and_never_grows),
		TEST(cuts_what_is_too_long),
		TEST(survives_a_restart),
		TEST(passes_over_half_a_line),
		TEST(notes_what_never_came_in_its_time_and_once),
		TEST(notes_nothing_of_what_came),
		TEST(one_that_came_does_not_stand_for_another),
		TEST(a_flood_of_absences_leaves_the_refusals),
		TEST(absence_survives_a_restart),
		TEST(a_reader_writes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
