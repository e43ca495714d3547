/*
 * What was acknowledged is there: after a kill, after a power cut, with a full disk, and when two begin at
 * once.
 */
#include "fixture.h"
#include "powercut.h"

#include "crypto/crypto.h"
#include "sql_gen.h"
#include "store/driver.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define GROUP 8

static enum err put_row(struct db *db, void *arg)
{
	const int64_t *id = arg;

	return q_audit_put(db, NULL,
	    &(struct audit_put_in){ .id = *id,
		.tenant = 1,
		.event = S("test"),
		.detail = S("{\"some\":\"text that fills pages\"}") },
	    NULL);
}

/* Rows first .. first + GROUP - 1 in one group. */
static enum err put_group(struct db *db, int64_t first)
{
	int64_t ids[GROUP];
	struct db_job jobs[GROUP], *list[GROUP];

	for (int i = 0; i < GROUP; i++) {
		ids[i] = first + i;
		jobs[i] = (struct db_job){ .run = put_row, .arg = &ids[i] };
		list[i] = &jobs[i];
	}
	db_group(db, list, GROUP);
	for (int i = 0; i < GROUP; i++)
		TRY(jobs[i].result);
	return OK;
}

static str url_in(const char *dir)
{
	return arena_printf(fixture_arena(), "sqlite:%s/store.db", dir);
}

/* SQLite's own look at the whole file. */
static bool whole(const char *dir)
{
	char path[512];
	sqlite3 *h;
	sqlite3_stmt *st = NULL;
	bool ok = false;

	(void)snprintf(path, sizeof path, "%s/store.db", dir);
	if (sqlite3_open_v2(path, &h, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(h, "PRAGMA integrity_check", -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		ok = strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0;
	sqlite3_finalize(st);
	sqlite3_close(h);
	return ok;
}

/* ---- kill ---- */

/* Says the last row of each group once it is committed, until it is killed. */
_Noreturn static void write_until_killed(str url, int64_t first, int out)
{
	struct db *db = store_open(url);

	for (int64_t id = first;; id += GROUP) {
		if (put_group(db, id) != OK)
			_exit(1);
		int64_t last = id + GROUP - 1;
		if (write(out, &last, sizeof last) != sizeof last)
			_exit(1);
		db_upkeep(db);
	}
}

static int64_t kill_once(str url, int64_t first, int delay_us)
{
	int64_t last = first - 1, said;
	int pipe_fd[2];

	assert_int_equal(pipe(pipe_fd), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(pipe_fd[0]);
		write_until_killed(url, first, pipe_fd[1]);
	}
	close(pipe_fd[1]);
	/* the delay runs from the first commit on */
	assert_int_equal(read(pipe_fd[0], &said, sizeof said), sizeof said);
	last = said;
	usleep((unsigned)delay_us);
	kill(pid, SIGKILL);
	while (read(pipe_fd[0], &said, sizeof said) == sizeof said)
		last = said;
	close(pipe_fd[0]);
	waitpid(pid, NULL, 0);
	return last;
}

static void all_that_was_acknowledged_survives_twenty_kills(void **state)
{
	const char *dir = fixture_dir();
	str url = url_in(dir);
	int64_t last = 0;

	for (int i = 0; i < 20; i++) {
		char where[64];
		last = kill_once(url, last + 1, (int)(random() % 20000));
		struct db *db = store_open(url);
		(void)snprintf(where, sizeof where, "id <= %lld", (long long)last);
		assert_int_equal(store_count(db, "audit", where), last);
		/* a group that was not acknowledged is there whole or not at all */
		int64_t more = store_count(db, "audit", "1 = 1") - last;
		assert_true(more == 0 || more == GROUP);
		last += more;
		db_close(db);
	}
	assert_true(whole(dir));
	assert_true(last > 20 * GROUP);
}

/* ---- power cuts ---- */

#define CUTS 60

static struct {
	int64_t acknowledged; /* rows */
	size_t next;          /* the operation at which the power is cut next */
	size_t count;
	struct cut {
		const char *dir;
		int64_t acknowledged;
	} cuts[CUTS];
} lab;

static void cut_sometimes(size_t count)
{
	if (count < lab.next || lab.count == CUTS)
		return;
	struct cut *c = &lab.cuts[lab.count++];
	c->dir = fixture_dir();
	c->acknowledged = lab.acknowledged;
	/* nothing that was not waited for, half of it, nearly all of it */
	powercut_save(c->dir, (unsigned)(lab.count % 3) * 45);
	lab.next = count + 1 + (size_t)random() % 40;
}

/* synchronous: NULL is as the store opens itself. */
static void write_with_cuts(const char *synchronous)
{
	str url = url_in(fixture_dir());
	char pragma[64];

	powercut_install();
	struct db *db = store_open(url);
	if (synchronous) {
		(void)snprintf(pragma, sizeof pragma, "PRAGMA synchronous = %s", synchronous);
		assert_ok(db->driver->script(db, pragma));
	}
	memset(&lab, 0, sizeof lab);
	db_checkpoint(db); /* the tables themselves are on the disk */
	powercut_on(cut_sometimes);
	for (int64_t id = 1; lab.count < CUTS; id += GROUP) {
		assert_ok(put_group(db, id));
		lab.acknowledged = id + GROUP - 1;
		if (id % (5 * GROUP) == 1)
			db_checkpoint(db);
	}
	powercut_on(NULL);
	db_close(db);
	powercut_remove();
}

/* How many acknowledged rows are missing after the cut; a store that does not open has lost them all. */
static int64_t lost_in(const struct cut *c)
{
	struct db *db = NULL;
	char where[64], path[512];
	const char *const names[] = { "store.db", "store.db-wal" };

	for (size_t i = 0; i < COUNT(names); i++) {
		(void)snprintf(path, sizeof path, "%s/%s", c->dir, names[i]);
		(void)chmod(path, 0600);
	}
	if (!whole(c->dir) || db_open(url_in(c->dir), DB_WRITE, &db) != OK || db_migrate(db) != OK) {
		db_close(db);
		return c->acknowledged + 1;
	}
	(void)snprintf(where, sizeof where, "id <= %lld", (long long)c->acknowledged);
	int64_t lost = c->acknowledged - store_count(db, "audit", where);
	db_close(db);
	return lost;
}

static void no_acknowledged_row_is_lost_by_a_power_cut(void **state)
{
	write_with_cuts(NULL);
	for (size_t i = 0; i < CUTS; i++)
		if (lost_in(&lab.cuts[i]) != 0)
			fail_msg("cut %zu: %lld of %lld rows are gone", i, (long long)lost_in(&lab.cuts[i]),
			    (long long)lab.cuts[i].acknowledged);
}

/* The test of the test: who does not wait for the disk loses rows here. */
static void without_syncs_the_same_test_finds_a_loss(void **state)
{
	int64_t lost = 0;

	write_with_cuts("OFF");
	for (size_t i = 0; i < CUTS; i++)
		lost += lost_in(&lab.cuts[i]);
	assert_true(lost > 0);
}

static void synchronous_normal_is_found_out_too(void **state)
{
	int64_t lost = 0;

	write_with_cuts("NORMAL");
	for (size_t i = 0; i < CUTS; i++)
		lost += lost_in(&lab.cuts[i]);
	assert_true(lost > 0);
}

/* ---- a full disk ---- */

static void limit_pages(struct db *db, int pages)
{
	char sql[64];

	(void)snprintf(sql, sizeof sql, "PRAGMA max_page_count = %d", pages);
	assert_ok(db->driver->script(db, sql));
}

struct big {
	int64_t id;
	size_t size;
};

static enum err put_big(struct db *db, void *arg)
{
	static char filler[100000];
	const struct big *b = arg;

	memset(filler, 'x', sizeof filler);
	TRY(q_audit_put(db, NULL, &(struct audit_put_in){ .id = 2 * b->id, .tenant = 1 }, NULL));
	return q_audit_put(db, NULL,
	    &(struct audit_put_in){ .id = 2 * b->id + 1, .tenant = 1, .detail = { filler, b->size } }, NULL);
}

/*
 * One job is too big for the disk that is left: it alone fails, with its first row, and the others are kept.
 */
static void a_full_disk_in_mid_group_hurts_only_who_does_not_fit(void **state)
{
	struct big args[] = { { 1, 10 }, { 2, 10 }, { 3, 100000 }, { 4, 10 }, { 5, 10 } };
	struct db_job jobs[COUNT(args)], *list[COUNT(args)];
	struct db *db = store_open(store_fresh(STORE_FILE));

	for (size_t i = 0; i < COUNT(args); i++) {
		jobs[i] = (struct db_job){ .run = put_big, .arg = &args[i] };
		list[i] = &jobs[i];
	}
	limit_pages(db, 40);
	db_group(db, list, COUNT(args));
	for (size_t i = 0; i < COUNT(args); i++) {
		char where[64];
		assert_int_equal(jobs[i].result, i == 2 ? ERR_STORE_FULL : OK);
		(void)snprintf(where, sizeof where, "id IN (%lld, %lld)", (long long)args[i].id * 2,
		    (long long)args[i].id * 2 + 1);
		assert_int_equal(store_count(db, "audit", where), i == 2 ? 0 : 2);
	}
	limit_pages(db, 100000);
	db_group(db, &list[2], 1);
	assert_ok(jobs[2].result);
	db_close(db);
}

/* ---- two at once ---- */

static void migrate_in_two_processes(str url)
{
	pid_t pid[2];
	int gate[2], status;

	assert_int_equal(pipe(gate), 0);
	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			struct db *db = NULL;
			char c;
			close(gate[1]);
			(void)!read(gate[0], &c, 1); /* ends when the parent lets go */
			enum err e = db_open(url, DB_WRITE, &db);
			if (e == OK)
				e = db_migrate(db);
			if (e != OK)
				fprintf(stderr, "%.*s\n", FMT(db_why(db)));
			_exit(e == OK ? 0 : 1);
		}
	}
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
}

static void two_processes_may_migrate_at_once(void **state)
{
	for (int i = 0; i < 10; i++)
		migrate_in_two_processes(store_fresh(STORE_FILE));
	for (int i = 0; i < 5; i++)
		migrate_in_two_processes(store_fresh(STORE_PGSQL));
}

/* ---- the write-ahead log ---- */

static int64_t size_of(const char *dir, const char *name)
{
	struct stat st;
	char path[512];

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	return stat(path, &st) == 0 ? st.st_size : -1;
}

static void the_log_is_cut_back_past_64_megabytes(void **state)
{
	const char *dir = fixture_dir();
	struct db *db = store_open(url_in(dir)), *reader = store_reader(url_in(dir));
	struct big b = { 1, 100000 };
	struct db_job job = { .run = put_big, .arg = &b }, *list[] = { &job };
	int64_t most = 0;
	bool cut = false;

	assert_ok(db->driver->script(db, "PRAGMA synchronous = OFF")); /* of no matter here */
	for (; b.id < 1000; b.id++) {
		db_group(db, list, 1);
		assert_ok(job.result);
		int64_t size = size_of(dir, "store.db-wal");
		most = size > most ? size : most;
		db_upkeep(db);
		cut |= size_of(dir, "store.db-wal") < size;
	}
	assert_true(cut && most < (int64_t)66 << 20);
	assert_int_equal(store_count(db, "audit", "1 = 1"), 2 * 999);
	db_close(reader);
	db_close(db);
}

static void a_checkpoint_beside_the_writer_moves_the_log_into_the_file(void **state)
{
	const char *dir = fixture_dir();
	struct db *db = store_open(url_in(dir)), *helper = store_open(url_in(dir));

	for (int64_t id = 1; id < 400; id += GROUP)
		assert_ok(put_group(db, id));
	int64_t before = size_of(dir, "store.db");
	db_checkpoint(helper);
	assert_true(size_of(dir, "store.db") > before);
	db_close(helper);
	db_close(db);
	assert_int_equal(size_of(dir, "store.db-wal"), -1); /* the last one tidies up */
}

/* ---- what is refused ---- */

static void expect_refusal(str url, enum db_mode mode, enum err e, const char *word)
{
	struct db *db = NULL;

	assert_int_equal(db_open(url, mode, &db), e);
	if (str_find(db_why(NULL), str_of(word)) < 0)
		fail_msg("'%.*s' does not say '%s'", FMT(db_why(NULL)), word);
}

static void what_others_may_read_is_refused_with_the_command_that_mends_it(void **state)
{
	const char *dir = fixture_dir(), *const names[] = { "store.db", "store.db-wal", "store.db-shm" };
	str url = url_in(dir);
	char path[512];
	struct db *db = store_open(url);

	for (size_t i = 0; i < COUNT(names); i++) {
		struct stat st;
		(void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		(void)chmod(path, 0640);
		expect_refusal(url, DB_WRITE, ERR_STORE, "chmod 600");
		(void)chmod(path, 0600);
	}
	(void)chmod(dir, 0750);
	expect_refusal(url, DB_READ, ERR_STORE, "chmod 700");
	(void)chmod(dir, 0700);
	db_close(db);
	db_close(store_open(url));
}

static void what_is_no_store_is_refused(void **state)
{
	const char *dir = fixture_dir();
	char path[512];
	sqlite3 *h;

	expect_refusal(url_in(dir), DB_READ, ERR_STORE_GONE, "no store here yet");
	expect_refusal(S("sqlite:/nowhere/at/all/store.db"), DB_WRITE, ERR_STORE, "cannot be made");
	expect_refusal(S("mysql://x"), DB_WRITE, ERR_STORE, "sqlite:PATH");
	(void)snprintf(path, sizeof path, "%s/store.db", dir);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, "CREATE TABLE theirs (a)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(h);
	(void)chmod(path, 0600);
	expect_refusal(url_in(dir), DB_WRITE, ERR_STORE, "another program");
	FILE *f = fopen(path, "w");
	for (int i = 0; i < 1000; i++)
		(void)fputs("this is no database\n", f);
	(void)fclose(f);
	expect_refusal(url_in(dir), DB_WRITE, ERR_STORE, "not a database");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_was_acknowledged_survives_twenty_kills),
		cmocka_unit_test(no_acknowledged_row_is_lost_by_a_power_cut),
		cmocka_unit_test(without_syncs_the_same_test_finds_a_loss),
		cmocka_unit_test(synchronous_normal_is_found_out_too),
		cmocka_unit_test(a_full_disk_in_mid_group_hurts_only_who_does_not_fit),
		cmocka_unit_test(two_processes_may_migrate_at_once),
		cmocka_unit_test(the_log_is_cut_back_past_64_megabytes),
		cmocka_unit_test(a_checkpoint_beside_the_writer_moves_the_log_into_the_file),
		cmocka_unit_test(what_others_may_read_is_refused_with_the_command_that_mends_it),
		cmocka_unit_test(what_is_no_store_is_refused),
	};

	fixture_quiet();
	return crypto_start() == OK ? cmocka_run_group_tests_name("durable", tests, NULL, NULL) : 1;
}
