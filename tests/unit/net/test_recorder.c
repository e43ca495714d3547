#include "base/log.h"
#include "base/unit.h"
#include "net/recorder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static struct arena *mem;

static int start(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/recorder-XXXXXX");
	mem = arena_new((size_t)256 << 20);
	return mkdtemp(dir) ? 0 : -1;
}

static int stop(void **state)
{
	char path[128];
	(void)state;

	snprintf(path, sizeof path, "%s/recorder.log", dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/recorder.log.1", dir);
	unlink(path);
	arena_unref(mem);
	return rmdir(dir);
}

static str refuse(int64_t at, const char *detail)
{
	struct http_req req = { .method_text = S("POST"),
		.path = S("/token"),
		.query = S("code=secret"),
		.peer = S("192.0.2.1") };
	struct ctx c = { .mem = mem, .now = at, .req = &req, .actor = { .client_id = S("app") } };

	(void)FAIL(&c, CODE_EXPIRED, "%s", detail);
	str id = recorder_add(&c);
	assert_int_equal(id.n, RECORD_ID);
	assert_true(str_eq(c.fail.id, id));
	return id;
}

static void keeps_a_refusal(void **state)
{
	struct record r;
	(void)state;

	recorder_open(S("none"), true);
	str id = refuse(100, "3 s late");
	assert_true(recorder_find(mem, id, &r));
	assert_int_equal(r.code, ERR_CODE_EXPIRED);
	same("name", r.name, S("CODE_EXPIRED"));
	same("detail", r.detail, S("3 s late"));
	same("path without query", r.path, S("/token"));
	same("client", r.client, S("app"));
	same("peer", r.peer, S("192.0.2.1"));
	assert_true(str_find(r.place, S("test_recorder.c:")) >= 0);
	assert_false(recorder_find(mem, S("w0000000000"), &r));
	recorder_close();
}

static void keeps_the_newest(void **state)
{
	const struct record *rows;
	struct record r;
	(void)state;

	recorder_open(S(""), true);
	str first = refuse(1, "first");
	for (int i = 0; i < RECORDER_KEPT; i++)
		(void)refuse(2 + i, "more");
	assert_false(recorder_find(mem, first, &r));
	assert_int_equal(recorder_list(mem, 20, &rows), 20);
	assert_int_equal(rows[0].at, RECORDER_KEPT + 1);
	assert_int_equal(rows[19].at, RECORDER_KEPT - 18);
	recorder_close();
}

static void cuts_what_is_long(void **state)
{
	struct record r;
	char detail[1000];
	(void)state;

	memset(detail, 'x', sizeof detail - 1);
	detail[sizeof detail - 1] = '\0';
	recorder_open(S(""), true);
	assert_true(recorder_find(mem, refuse(1, detail), &r));
	assert_true(r.detail.n > 100 && r.detail.n < 400);
	same("what stands behind it", r.path, S("/token"));
	recorder_close();
}

static void answers_after_a_restart(void **state)
{
	struct record r;
	struct stat st;
	char path[128];
	(void)state;

	recorder_open(str_of(dir), true);
	str id = refuse(5, "before");
	recorder_close();
	snprintf(path, sizeof path, "%s/recorder.log", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	/* a line that was cut off by a kill, and one of a newer program */
	int fd = open(path, O_WRONLY | O_APPEND);
	const char *junk = "{\"id\":\"w9999999999\",\"at\":5,\"name\":\"OF_THE_FUTURE\"}\n{\"id\":\"w88";
	assert_true(write(fd, junk, strlen(junk)) > 0);
	close(fd);

	recorder_open(str_of(dir), false);
	assert_true(recorder_find(mem, id, &r));
	same("detail", r.detail, S("before"));
	assert_int_equal(r.code, ERR_CODE_EXPIRED);
	assert_false(recorder_find(mem, S("w9999999999"), &r));
	recorder_close();
}

static void bounds_its_files(void **state)
{
	struct stat st;
	char path[128], detail[300];
	(void)state;

	memset(detail, 'y', sizeof detail - 1);
	detail[sizeof detail - 1] = '\0';
	recorder_open(str_of(dir), true);
	for (int i = 0; i < 12; i++) {
		for (int k = 0; k < 1000; k++)
			(void)refuse(i, detail);
		recorder_flush();
	}
	recorder_close();
	snprintf(path, sizeof path, "%s/recorder.log", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < 3 << 20);
	snprintf(path, sizeof path, "%s/recorder.log.1", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 1 << 20 && st.st_size < 3 << 20);
}

static void notes_what_never_came(void **state)
{
	const struct record *rows;
	(void)state;

	recorder_open(S(""), true);
	recorder_expect(AWAIT_CODE, 1, S("app"), 1000);
	recorder_expect(AWAIT_CODE, 2, S("other"), 1000);
	recorder_expect(AWAIT_TOKEN, 1, S("app"), 1000);
	recorder_met(AWAIT_CODE, 1);
	recorder_met(AWAIT_CODE, 77);
	recorder_look(1029);
	assert_int_equal(recorder_list(mem, 10, &rows), 0);
	recorder_look(1030);
	assert_int_equal(recorder_list(mem, 10, &rows), 1);
	same("a token", rows[0].name, S("NEVER_USED"));
	assert_true(rows[0].missing);
	recorder_look(2000);
	assert_int_equal(recorder_list(mem, 10, &rows), 2);
	same("a code", rows[0].name, S("NEVER_REDEEMED"));
	same("whose", rows[0].client, S("other"));
	recorder_look(3000);
	assert_int_equal(recorder_list(mem, 10, &rows), 2);
	recorder_close();
}

static void a_flood_of_absences_does_not_push_refusals_out(void **state)
{
	struct record r;
	(void)state;

	recorder_open(S(""), true);
	str id = refuse(1, "the one that matters");
	for (int64_t i = 0; i < 20000; i++)
		recorder_expect(AWAIT_TOKEN, i, S("app"), 1000);
	recorder_look(5000);
	assert_true(recorder_find(mem, id, &r));
	recorder_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_a_refusal),
		cmocka_unit_test(keeps_the_newest),
		cmocka_unit_test(cuts_what_is_long),
		cmocka_unit_test(answers_after_a_restart),
		cmocka_unit_test(bounds_its_files),
		cmocka_unit_test(notes_what_never_came),
		cmocka_unit_test(a_flood_of_absences_does_not_push_refusals_out),
	};

	log_set_fd(-1);
	return cmocka_run_group_tests(tests, start, stop);
}
