/* The journal: what a row says and does not say, files that turn over and stay bounded, and what is left after trouble. */
#include "base/json.h"
#include "base/log.h"
#include "base/unit.h"
#include "net/journal.h"

#include <dirent.h>
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
	snprintf(dir, sizeof dir, "/tmp/journal-XXXXXX");
	mem = arena_new((size_t)64 << 20);
	return mkdtemp(dir) ? 0 : -1;
}

static int stop(void **state)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	(void)state;
	while ((e = readdir(d)))
		(void)unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	arena_unref(mem);
	return rmdir(dir);
}

static const char *path_of(unsigned number)
{
	return arena_printf(mem, "%s/journal-%06u.log", dir, number).p;
}

static void put_file(unsigned number, const char *text)
{
	FILE *f = fopen(path_of(number), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static bool is_there(unsigned number)
{
	return access(path_of(number), F_OK) == 0;
}

static const struct journal_found *found;
static bool cut;

static size_t find(struct journal_filter want)
{
	return journal_find(mem, str_of(dir), &want, &found, &cut);
}

static const struct json *row(size_t i)
{
	const struct json *o;

	assert_int_equal(json_parse(mem, found[i].line, &o, NULL), OK);
	return o;
}

static void add(str event, str client)
{
	struct journal_row r = { .event = event, .client = client };

	journal_add(&r);
}

static void says_what_happened(void **state)
{
	struct stat st;
	int64_t n;
	(void)state;

	journal_open(str_of(dir));
	struct journal_row r = {
		.event = S("gateway.call"),
		.reason = S("CLIENT_GONE"),
		.user = S("user_1"),
		.grant = S("grant_1"),
		.client = S("Claude Code"),
		.path = S("/weather/mcp"),
		.method = S("POST"),
		.peer = S("192.0.2.1"),
		.status = 200,
		.begun_ms = 1,
		.counted = true,
		.up = 70,
		.down = 0,
	};
	journal_add(&r);
	journal_close();
	assert_int_equal(find((struct journal_filter){ 0 }), 1);
	const struct json *o = row(0);
	same("event", json_get_str(o, S("event")), S("gateway.call"));
	same("reason", json_get_str(o, S("reason")), S("CLIENT_GONE"));
	same("user", json_get_str(o, S("user")), S("user_1"));
	same("grant", json_get_str(o, S("grant")), S("grant_1"));
	same("client", json_get_str(o, S("client")), S("Claude Code"));
	same("path", json_get_str(o, S("path")), S("/weather/mcp"));
	same("method", json_get_str(o, S("method")), S("POST"));
	same("peer", json_get_str(o, S("peer")), S("192.0.2.1"));
	assert_true(json_get_int(o, S("status"), &n) && n == 200);
	assert_true(json_get_int(o, S("up"), &n) && n == 70);
	assert_true(json_get_int(o, S("down"), &n) && n == 0);
	assert_true(json_get_int(o, S("ms"), &n) && n > 1000000);
	assert_null(json_get(o, S("tool")));
	assert_int_equal(json_get_str(o, S("time")).n, 24);
	assert_int_equal(stat(path_of(1), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void names_of_strangers_stay_on_their_line(void **state)
{
	char many[400];
	(void)state;

	memset(many, 'x', sizeof many);
	memcpy(many + 62, "\xe2\x82\xac", 3); /* the cut at 64 falls into it */
	journal_open(str_of(dir));
	add(S("auth.register"), S("a\"b\\c\nd\x1b[31m<e>\x7f"));
	add(S("auth.register"), S("bad \xff\xfe utf-8"));
	add(S("auth.register"), (str){ many, sizeof many });
	journal_close();
	assert_int_equal(find((struct journal_filter){ 0 }), 3);
	same("quotes stay, controls go", json_get_str(row(0), S("client")), S("a\"b\\c?d?[31m<e>?"));
	assert_true(str_utf8(json_get_str(row(1), S("client"))));
	same("cut between signs", json_get_str(row(2), S("client")), (str){ many, 62 });
}

static void a_long_run_of_a_path_may_be_a_secret(void **state)
{
	struct journal_row r = { .event = S("auth.refused"),
		.path = S("/mcp/gh_rt_0123456789012345678901234567890123456789012/x") };
	(void)state;

	journal_open(str_of(dir));
	journal_add(&r);
	r.path = S("/");
	journal_add(&r);
	journal_close();
	assert_int_equal(find((struct journal_filter){ 0 }), 2);
	same("left out", json_get_str(row(0), S("path")), S("/mcp/.../x"));
	same("the root", json_get_str(row(1), S("path")), S("/"));
}

static void a_client_is_its_id_or_a_hash(void **state)
{
	char sealed[300];
	(void)state;

	memset(sealed, 's', sizeof sealed);
	same("short", journal_client(mem, S("ci")), S("ci"));
	str hash = journal_client(mem, (str){ sealed, sizeof sealed });
	assert_true(str_starts(hash, S("sha256:")));
	assert_int_equal(hash.n, 7 + 16);
}

static void filters_fit(void **state)
{
	(void)state;
	put_file(1,
	    "{\"time\":\"2026-01-01T00:00:00.250Z\",\"event\":\"auth.register\",\"client\":\"A\"}\n"
	    "{\"time\":\"2026-01-02T00:00:00.000Z\",\"event\":\"gateway.call\",\"client\":\"A\",\"user\":"
	    "\"user_1\"}\n"
	    "{\"time\":\"2026-01-02T00:00:00.500Z\",\"event\":\"gateway.call\",\"client\":\"B\",\"user\":"
	    "\"user_1\"}\n"
	    "{\"time\":\"2026-01-02T00:00:00.400Z\",\"event\":\"mcp.call\",\"client\":\"B\",\"user\":\"user_"
	    "2\"}\n");
	assert_int_equal(find((struct journal_filter){ 0 }), 4);
	same("by time, not by place", json_get_str(row(2), S("event")), S("mcp.call"));
	assert_int_equal(found[0].at_ms, 1767225600250);
	assert_int_equal(find((struct journal_filter){ .event = S("gateway") }), 2);
	assert_int_equal(find((struct journal_filter){ .event = S("auth.reg") }), 1);
	assert_int_equal(find((struct journal_filter){ .user = S("user_1"), .client = S("B") }), 1);
	assert_int_equal(find((struct journal_filter){ .client = S("C") }), 0);
	assert_int_equal(find((struct journal_filter){ .since = 1767225601 }), 3);
}

static void a_restart_goes_on_behind(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		journal_open(str_of(dir));
		add(S("auth.register"), i == 0 ? S("first") : i == 1 ? S("second") : S("third"));
		journal_close();
	}
	assert_int_equal(find((struct journal_filter){ 0 }), 3);
	same("in order", json_get_str(row(0), S("client")), S("first"));
	same("in order", json_get_str(row(2), S("client")), S("third"));
	assert_false(is_there(2));
}

static void half_a_line_is_passed_over(void **state)
{
	(void)state;
	put_file(7,
	    "{\"time\":\"2026-01-01T00:00:00.250Z\",\"event\":\"auth.register\",\"client\":\"A\"}\n"
	    "{\"time\":\"2026-01-01T00:00:01.250Z\",\"event\":\"auth.reg");
	assert_int_equal(find((struct journal_filter){ 0 }), 1);
	journal_open(str_of(dir));
	add(S("auth.register"), S("B"));
	add(S("auth.register"), S("C"));
	journal_close();
	assert_int_equal(find((struct journal_filter){ 0 }), 3);
	same("the next one is whole", json_get_str(row(1), S("client")), S("B"));
}

static void a_full_file_is_followed_by_the_next(void **state)
{
	struct stat st;
	(void)state;

	put_file(3, "");
	int fd = open(path_of(3), O_WRONLY);
	assert_int_equal(pwrite(fd, "\n", 1, (off_t)JOURNAL_SEGMENT_MAX - 20), 1);
	close(fd);
	journal_open(str_of(dir));
	add(S("auth.register"), S("next"));
	journal_close();
	assert_true(is_there(4));
	assert_int_equal(stat(path_of(3), &st), 0);
	assert_true((size_t)st.st_size <= JOURNAL_SEGMENT_MAX);
	assert_int_equal(find((struct journal_filter){ 0 }), 1);
	journal_open(str_of(dir));
	add(S("auth.register"), S("and next"));
	journal_close();
	assert_false(is_there(5));
}

static void only_so_many_files_stay(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 20; i++)
		put_file(i, "");
	put_file(999, "");
	(void)rename(path_of(999), arena_printf(mem, "%s/journal-x.log", dir).p);
	journal_open(str_of(dir));
	add(S("auth.register"), S("one"));
	journal_close();
	for (unsigned i = 1; i <= 20; i++)
		assert_int_equal(is_there(i), i > 20 - JOURNAL_SEGMENTS);
	assert_int_equal(access(arena_printf(mem, "%s/journal-x.log", dir).p, F_OK), 0); /* none of ours */
}

static void a_full_ring_drops_and_counts(void **state)
{
	int64_t added = 0;
	(void)state;

	log_set_level(LOG_LEVEL_ERROR);
	journal_open(str_of(dir));
	for (; journal_dropped() == 0 && added < 1000000; added++)
		add(S("auth.register"), S("a client that comes often, and has a name of some length to it"));
	int64_t dropped = journal_dropped();
	assert_true(dropped > 0);
	journal_close();
	log_set_level(LOG_LEVEL_INFO);
	size_t kept = find((struct journal_filter){ 0 });
	if (!cut)
		assert_int_equal(kept, added - dropped);
}

static void without_a_disk_every_row_is_counted(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	journal_open(arena_printf(mem, "%s/nowhere", dir));
	for (int i = 0; i < 5; i++)
		add(S("auth.register"), S("A"));
	journal_close();
	log_set_level(LOG_LEVEL_INFO);
	assert_int_equal(journal_dropped(), 5);
}

static void without_a_directory_there_is_none(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	journal_open(S("none"));
	log_set_level(LOG_LEVEL_INFO);
	add(S("auth.register"), S("A"));
	journal_close();
	assert_int_equal(journal_find(mem, S("none"), &(struct journal_filter){ 0 }, &found, &cut), 0);
}

static void the_newest_of_many_are_found(void **state)
{
	FILE *f = fopen(path_of(1), "w");
	int64_t n;
	(void)state;

	for (int i = 0; i < JOURNAL_FOUND_MAX + 50; i++)
		fprintf(f, "{\"time\":\"2026-01-01T00:00:00.000Z\",\"event\":\"mcp.call\",\"ms\":%d}\n", i);
	fclose(f);
	assert_int_equal(find((struct journal_filter){ 0 }), JOURNAL_FOUND_MAX);
	assert_true(cut);
	assert_true(json_get_int(row(0), S("ms"), &n) && n == 50);
	assert_true(json_get_int(row(JOURNAL_FOUND_MAX - 1), S("ms"), &n) && n == JOURNAL_FOUND_MAX + 49);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(says_what_happened),
		T(names_of_strangers_stay_on_their_line),
		T(a_long_run_of_a_path_may_be_a_secret),
		T(a_client_is_its_id_or_a_hash),
		T(filters_fit),
		T(a_restart_goes_on_behind),
		T(half_a_line_is_passed_over),
		T(a_full_file_is_followed_by_the_next),
		T(only_so_many_files_stay),
		T(a_full_ring_drops_and_counts),
		T(without_a_disk_every_row_is_counted),
		T(without_a_directory_there_is_none),
		T(the_newest_of_many_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
