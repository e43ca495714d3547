/*
 * What only the shared store has: a server that dies, connections that break, nodes that meet, and the bell.
 */
#include "fixture.h"

#include "base/time.h"
#include "crypto/crypto.h"
#include "sql_gen.h"
#include "store/driver.h"
#include "store/listen.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum err put_row(struct db *db, void *arg)
{
	const int64_t *id = arg;

	return q_audit_put(db, NULL, &(struct audit_put_in){ .id = *id, .tenant = 1, .event = S("x") }, NULL);
}

/* ---- the server dies ---- */

struct writer {
	pthread_t thread;
	str url;
	int64_t first, next; /* rows first .. next - 1 were tried */
	atomic_llong good;
	unsigned char acknowledged[100000];
	int64_t slowest; /* ms, of one job */
	_Atomic bool stop;
};

static void *write_on(void *arg)
{
	struct writer *w = arg;
	struct db *db = store_open(w->url);

	for (int64_t i = 0; i < (int64_t)sizeof w->acknowledged && !atomic_load(&w->stop); i++) {
		int64_t id = w->first + i, begin = time_mono_ms();
		struct db_job job = { .run = put_row, .arg = &id }, *list[] = { &job };
		db_group(db, list, 1);
		int64_t took = time_mono_ms() - begin;
		w->slowest = took > w->slowest ? took : w->slowest;
		w->acknowledged[i] = job.result == OK;
		atomic_fetch_add(&w->good, job.result == OK);
		w->next = id + 1;
		if (job.result == ERR_STORE_GONE)
			usleep(1000);
		else if (job.result != OK)
			fail_msg("%s: %.*s", err_row(job.result)->name, FMT(db_why(db)));
	}
	db_close(db);
	return NULL;
}

static void wait_for(struct writer *w, int64_t more)
{
	int64_t from = atomic_load(&w->good);

	for (int i = 0; i < 3000 && atomic_load(&w->good) < from + more; i++)
		usleep(10000);
	assert_true(atomic_load(&w->good) >= from + more); /* the handle has found the way back by itself */
}

static void all_that_was_acknowledged_survives_crashes_of_the_server(void **state)
{
	static struct writer w[2];
	str url = store_fresh(STORE_PGSQL);
	struct db *db = store_open(url);

	for (int i = 0; i < 2; i++) {
		w[i].url = url;
		w[i].first = 1 + i * 1000000;
		assert_int_equal(pthread_create(&w[i].thread, NULL, write_on, &w[i]), 0);
	}
	for (int crash = 0; crash < 3; crash++) {
		for (int i = 0; i < 2; i++)
			wait_for(&w[i], 50);
		server_crash();
		usleep(200000);
		server_start();
	}
	for (int i = 0; i < 2; i++) {
		wait_for(&w[i], 20);
		atomic_store(&w[i].stop, true);
		pthread_join(w[i].thread, NULL);
		assert_true(w[i].slowest < 5000);
	}
	for (int i = 0; i < 2; i++) {
		const struct audit_list_out *rows;
		struct audit_list_in in = { .tenant = 1, .after = w[i].first - 1, .limit = 1000 };
		size_t n, found = 0;
		do { /* every row that was acknowledged is among those that are there */
			struct arena *mem = arena_new(1 << 22);
			assert_ok(q_audit_list(db, mem, &in, &rows, &n));
			for (size_t k = 0; k < n && rows[k].id < w[i].next; k++)
				found += w[i].acknowledged[rows[k].id - w[i].first];
			if (n)
				in.after = rows[n - 1].id;
			arena_unref(mem);
		} while (n && in.after < w[i].next - 1);
		assert_int_equal(found, atomic_load(&w[i].good));
	}
	db_close(db);
}

static void a_dead_server_is_gone_at_once_and_says_so(void **state)
{
	str url = store_fresh(STORE_PGSQL);
	struct db *db = store_open(url), *other = NULL;
	struct arena *mem = fixture_arena();
	struct meta_get_out out;
	const struct meta_get_in in = { .name = S("version") };

	server_crash();
	assert_int_equal(q_meta_get(db, mem, &in, &out), ERR_STORE_GONE);
	int64_t begin = time_mono_ms();
	for (int i = 0; i < 1000; i++)
		assert_int_equal(q_meta_get(db, mem, &in, &out), ERR_STORE_GONE);
	assert_true(time_mono_ms() - begin < 2000); /* the breaker: nobody knocks a thousand times */
	assert_int_equal(db_open(url, DB_WRITE, &other), ERR_STORE_GONE);
	assert_true(str_find(db_why(NULL), S("no connection")) >= 0);
	assert_int_equal(
	    db_open(S("postgres://nobody@192.0.2.1/x?connect_timeout=2"), DB_READ, &other), ERR_STORE_GONE);
	server_start();
	enum err e = ERR_STORE_GONE;
	for (int i = 0; i < 100 && e == ERR_STORE_GONE; i++) {
		usleep(100000);
		e = q_meta_get(db, mem, &in, &out);
	}
	assert_ok(e);
	db_close(db);
}

#define WAITING 8

/* Its end of the line is held by the kernel, which answers for it: no time-out of the network comes, nor one of the server. */
static void a_server_that_froze_is_waited_for_once_and_not_by_everybody(void **state)
{
	str url = store_fresh(STORE_PGSQL);
	struct db *db = store_open(url), *reader = store_reader(url);
	struct arena *mem = fixture_arena();
	struct meta_get_out out;
	const struct meta_get_in in = { .name = S("version") };
	struct db_job jobs[WAITING], *list[WAITING];
	int64_t ids[WAITING], one = 100, begin, wrote, read;
	int gone = 0;

	assert_ok(q_meta_get(reader, mem, &in, &out));
	assert_ok(db_do(db, put_row, &one));
	for (int i = 0; i < WAITING; i++) {
		ids[i] = i + 1;
		jobs[i] = (struct db_job){ .run = put_row, .arg = &ids[i] };
		list[i] = &jobs[i];
	}
	server_freeze(true);
	begin = time_mono_ms();
	db_group(db, list, WAITING);
	wrote = time_mono_ms() - begin;
	for (int i = 0; i < WAITING; i++)
		gone += jobs[i].result == ERR_STORE_GONE;
	begin = time_mono_ms();
	enum err first = q_meta_get(reader, mem, &in, &out);
	read = time_mono_ms() - begin;
	enum err again = q_meta_get(reader, mem, &in, &out);
	server_freeze(false);
	assert_int_equal(gone, WAITING);
	assert_true(wrote >= 5000 && wrote < 10000);
	assert_int_equal(first, ERR_STORE_GONE);
	assert_true(str_find(db_why(reader), S("no answer for")) >= 0);
	assert_true(read < 7000);
	assert_int_equal(again, ERR_STORE_GONE);
	enum err e = ERR_STORE_GONE;
	for (int i = 0; i < 100 && e == ERR_STORE_GONE; i++) {
		usleep(100000);
		e = db_do(db, put_row, &ids[0]);
	}
	assert_ok(e);
	assert_int_equal(store_count(db, "audit", "1 = 1"), 2); /* nothing of what was told to have failed */
	assert_ok(q_meta_get(reader, mem, &in, &out));
	db_close(db);
	db_close(reader);
}

/* ---- connections break ---- */

static void cut_other_connections(struct db *db)
{
	assert_ok(db->driver->script(db,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
	    " WHERE pid <> pg_backend_pid() AND datname = current_database()"));
	usleep(100000);
}

static void a_connection_that_broke_while_idle_is_not_noticed(void **state)
{
	str url = store_fresh(STORE_PGSQL);
	struct db *db = store_open(url), *reader = store_reader(url), *writer = store_open(url);
	struct arena *mem = fixture_arena();
	struct meta_get_out out;
	int64_t id = 1;

	assert_ok(q_meta_get(reader, mem, &(struct meta_get_in){ .name = S("version") }, &out));
	assert_ok(db_do(writer, put_row, &id));
	cut_other_connections(db);
	assert_ok(q_meta_get(reader, mem, &(struct meta_get_in){ .name = S("version") }, &out));
	id = 2;
	assert_ok(db_do(writer, put_row, &id));
	assert_int_equal(store_count(db, "audit", "1 = 1"), 2);
	db_close(db);
	db_close(reader);
	db_close(writer);
}

struct cutter {
	struct db *other;
	int runs;
};

static enum err cut_in_mid_job(struct db *db, void *arg)
{
	struct cutter *c = arg;

	TRY(q_audit_put(db, NULL, &(struct audit_put_in){ .id = 1, .tenant = 1 }, NULL));
	if (c->runs++ == 0)
		cut_other_connections(c->other);
	return q_audit_put(db, NULL, &(struct audit_put_in){ .id = 2, .tenant = 1 }, NULL);
}

static void a_job_whose_connection_broke_is_run_again(void **state)
{
	str url = store_fresh(STORE_PGSQL);
	struct cutter c = { .other = store_open(url) };
	struct db *db = store_open(url);

	assert_ok(db_do(db, cut_in_mid_job, &c));
	assert_int_equal(c.runs, 2);
	assert_int_equal(store_count(db, "audit", "1 = 1"), 2);
	db_close(db);
	db_close(c.other);
}

static enum err count_runs(struct db *db, void *arg)
{
	++*(int *)arg;
	return q_audit_put(db, NULL, &(struct audit_put_in){ .id = 1, .tenant = 1 }, NULL);
}

/* The server may have committed before the line broke, so a second run could spend a code twice. */
static void a_commit_without_an_answer_is_not_run_again(void **state)
{
	struct db *db = store_open(store_fresh(STORE_PGSQL));
	int runs = 0;

	assert_ok(db->driver->script(db,
	    "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
	    " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"));
	assert_ok(db->driver->script(db,
	    "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED"
	    " FOR EACH ROW EXECUTE FUNCTION die()"));
	assert_int_equal(db_do(db, count_runs, &runs), ERR_STORE_GONE);
	assert_int_equal(runs, 1);
	assert_ok(db->driver->script(db, "DROP FUNCTION die() CASCADE"));
	assert_ok(db_do(db, count_runs, &runs));
	db_close(db);
}

/* ---- nodes meet ---- */

#define NODES 4
#define ROUNDS 40

struct counter {
	pthread_t thread;
	str url;
	int64_t added;
	int conflicts;
};

/* Looks, and writes what follows from it: two of these at once must not both believe what they saw. */
static enum err add_one(struct db *db, void *arg)
{
	struct arena *mem = arg;
	struct meta_get_out out;
	int64_t n = 0;

	TRY(q_meta_get(db, mem, &(struct meta_get_in){ .name = S("n") }, &out));
	if (!str_int(out.value, &n))
		return ERR_INTERNAL;
	return q_meta_put(db, mem,
	    &(struct meta_put_in){ .name = S("n"), .value = arena_printf(mem, "%lld", (long long)n + 1) },
	    NULL);
}

static void *run_counter(void *arg)
{
	struct counter *c = arg;
	struct db *db = store_open(c->url);

	for (int i = 0; i < ROUNDS; i++) {
		struct arena *mem = arena_new(1 << 20);
		struct db_job job = { .run = add_one, .arg = mem }, *list[] = { &job };
		db_group(db, list, 1);
		c->added += job.result == OK;
		c->conflicts += job.result == ERR_STORE_BUSY;
		if (job.result != OK && job.result != ERR_STORE_BUSY)
			fail_msg("%s: %.*s", err_row(job.result)->name, FMT(db_why(db)));
		arena_unref(mem);
	}
	db_close(db);
	return NULL;
}

static void two_jobs_that_look_at_a_row_and_write_it_come_one_after_the_other(void **state)
{
	struct counter c[NODES];
	str url = store_fresh(STORE_PGSQL);
	struct db *db = store_open(url);
	struct arena *mem = fixture_arena();
	struct meta_get_out out;
	int64_t n = 0, added = 0;

	assert_ok(q_meta_put(db, mem, &(struct meta_put_in){ .name = S("n"), .value = S("0") }, NULL));
	for (int i = 0; i < NODES; i++) {
		c[i] = (struct counter){ .url = url };
		assert_int_equal(pthread_create(&c[i].thread, NULL, run_counter, &c[i]), 0);
	}
	for (int i = 0; i < NODES; i++) {
		pthread_join(c[i].thread, NULL);
		added += c[i].added;
	}
	assert_ok(q_meta_get(db, mem, &(struct meta_get_in){ .name = S("n") }, &out));
	assert_true(str_int(out.value, &n));
	assert_int_equal(n, added);
	assert_true(added > NODES * ROUNDS / 2);
	db_close(db);
}

/* ---- the bell ---- */

static enum err ring(struct db *db, void *arg)
{
	return q_revocation_put(db, NULL,
	    &(struct revocation_put_in){ .tenant = 1, .kind = S("grant"), .id = 1, .until = 100 }, NULL);
}

/* The first wait ends when the line stands: who was not listening has to look. */
static void listen_until_quiet(struct listener *l)
{
	int64_t end = time_mono_ms() + 10000;

	while (listen_wait(l, 300) && time_mono_ms() < end)
		;
}

static void the_bell_rings_when_another_node_revokes(void **state)
{
	str url = store_fresh(STORE_PGSQL);
	struct db *db = store_open(url);
	struct listener *l = listen_open(url);

	assert_true(listen_wait(l, 5000)); /* connected */
	listen_until_quiet(l);
	assert_false(listen_wait(l, 100));
	for (int i = 0; i < 3; i++) {
		assert_ok(i == 1 ? ring(db, NULL) : db_do(db, ring, NULL));
		int64_t begin = time_mono_ms();
		assert_true(listen_wait(l, 2000));
		assert_true(time_mono_ms() - begin < 1000);
		listen_until_quiet(l);
	}
	/* its connection alone is cut: it comes back, and says that it may have missed something */
	cut_other_connections(db);
	(void)listen_wait(l, 50);
	bool rang = false;
	for (int i = 0; i < 20 && !rang; i++)
		rang = listen_wait(l, 500);
	assert_true(rang);
	listen_until_quiet(l);
	assert_ok(db_do(db, ring, NULL));
	assert_true(listen_wait(l, 2000));
	listen_close(l);
	db_close(db);
}

static void a_bell_without_a_server_only_sleeps(void **state)
{
	static const str urls[] = { S_INIT("sqlite:/nowhere"), S_INIT("postgres://x@/y?host=/nowhere"),
		S_INIT("postgres://x@192.0.2.1/y") };

	for (size_t i = 0; i < COUNT(urls); i++) {
		struct listener *l = listen_open(urls[i]);
		for (int k = 0; k < 3; k++) {
			int64_t begin = time_mono_ms();
			assert_false(listen_wait(l, 100));
			int64_t took = time_mono_ms() - begin;
			assert_true(took >= 90 && took < 1000);
		}
		listen_close(l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_was_acknowledged_survives_crashes_of_the_server),
		cmocka_unit_test(a_dead_server_is_gone_at_once_and_says_so),
		cmocka_unit_test(a_server_that_froze_is_waited_for_once_and_not_by_everybody),
		cmocka_unit_test(a_connection_that_broke_while_idle_is_not_noticed),
		cmocka_unit_test(a_job_whose_connection_broke_is_run_again),
		cmocka_unit_test(a_commit_without_an_answer_is_not_run_again),
		cmocka_unit_test(two_jobs_that_look_at_a_row_and_write_it_come_one_after_the_other),
		cmocka_unit_test(the_bell_rings_when_another_node_revokes),
		cmocka_unit_test(a_bell_without_a_server_only_sleeps),
	};

	fixture_quiet();
	return crypto_start() == OK ? cmocka_run_group_tests_name("pgsql", tests, NULL, NULL) : 1;
}
