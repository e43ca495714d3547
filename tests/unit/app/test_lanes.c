/* Exchanges on real lanes over a real SQLite store, at home on a loop that runs in a thread. */
#include "app/effects.h"
#include "app/exchange.h"
#include "app/house.h"
#include "base/log.h"
#include "base/unit.h"
#include "sql_gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
	struct house house;
	struct house_site site;
	struct config config;
	struct arena *mem;
	struct thread thread;
	char dir[64], url[128];
	atomic_int done, runs, gate;
	atomic_int last;    /* enum err */
	atomic_int headers; /* of the last answer */
	struct db *look;
} rig;

/* --- exchanges */

struct plan {
	struct task task; /* first */
	struct exchange *x;
	enum err (*first)(struct ctx *c);
	enum lane lane;
	int want; /* for steps */
	str name;
	struct request rq;
};

static void done(struct exchange *x, enum err e)
{
	atomic_store(&rig.last, (int)e);
	atomic_store(&rig.headers, (int)x->reply.header_count);
	exchange_drop(x);
	atomic_fetch_add(&rig.done, 1);
}

static void begin(struct task *t)
{
	struct plan *p = (struct plan *)(void *)t;

	p->x = exchange_new(&rig.house.floors[0], rig.mem);
	p->x->done = done;
	p->x->rq = &p->rq;
	p->x->c.state = p;
	p->x->c.need = p->lane;
	p->x->c.next = p->first;
	exchange_go(p->x, ERR_NEED);
}

static void run_plan(struct plan *p)
{
	p->task.run = begin;
	loop_post(rig.house.floors[0].loop, &p->task);
}

static void wait_for(int count)
{
	for (int i = 0; i < 1000 && atomic_load(&rig.done) < count; i++)
		usleep(5000);
	assert_int_equal(atomic_load(&rig.done), count);
	atomic_store(&rig.done, 0);
}

static enum err run_one(enum lane lane, enum err (*step)(struct ctx *c), str name)
{
	struct plan p = { .first = step, .lane = lane, .name = name };

	run_plan(&p);
	wait_for(1);
	return (enum err)atomic_load(&rig.last);
}

/* --- what stands in the store */

static enum err put(struct ctx *c, str name, str value)
{
	return q_meta_put(c->db, c->mem, &(struct meta_put_in){ .name = name, .value = value }, NULL);
}

static bool stands(const char *name)
{
	struct meta_get_out row;

	return q_meta_get(rig.look, rig.mem, &(struct meta_get_in){ .name = str_of(name) }, &row) == OK;
}

/* --- begin and end */

static void run_loop(void *arg)
{
	loop_run(arg);
}

static void flush(void *arg)
{
	lanes_flush(arg);
}

static int start(void **state)
{
	struct floor *f = &rig.house.floors[0];
	struct lane_settings set = { .readers = 2, .writers = 2, .hashers = 1, .verifiers = 1 };
	struct db *db;
	(void)state;

	log_set_fd(-1);
	snprintf(rig.dir, sizeof rig.dir, "/tmp/lanes-XXXXXX");
	assert_non_null(mkdtemp(rig.dir));
	snprintf(rig.url, sizeof rig.url, "sqlite:%s/store.db", rig.dir);
	set.store = str_of(rig.url);
	assert_int_equal(db_open(set.store, DB_WRITE, &db), OK);
	assert_int_equal(db_migrate(db), OK);
	db_close(db);
	assert_int_equal(db_open(set.store, DB_READ, &rig.look), OK);
	rig.mem = arena_new((size_t)64 << 20);
	rig.config.mem = rig.mem;
	rig.site.site = (struct site){ .mem = rig.mem, .config = &rig.config };
	rig.house.revoked = revoked_new();
	rig.house.floor_count = 1;
	f->house = &rig.house;
	f->site = &rig.site;
	f->out_end = &f->out_first;
	assert_int_equal(loop_new(&f->loop), OK);
	f->server = server_new(
	    f->loop, &(struct server_hooks){ 0 }, &(struct server_limits){ 0 }, &rig.house.shared, f);
	loop_before_sleep(f->loop, flush, f);
	assert_int_equal(lanes_start(&rig.house, &set, &rig.house.lanes), OK);
	rig.thread = (struct thread){ .name = "loop", .run = run_loop, .arg = f->loop };
	return thread_start(&rig.thread) == OK ? 0 : -1;
}

static int stop(void **state)
{
	struct floor *f = &rig.house.floors[0];
	char command[128];
	(void)state;

	lanes_stop(rig.house.lanes);
	loop_stop(f->loop);
	thread_join(&rig.thread);
	loop_free(f->loop);
	server_free(f->server);
	lanes_free(rig.house.lanes);
	revoked_free(rig.house.revoked);
	db_close(rig.look);
	arena_unref(rig.mem);
	for (const char *const *s = (const char *const[]){ "", "-wal", "-shm", NULL }; *s; s++) {
		snprintf(command, sizeof command, "%s/store.db%s", rig.dir, *s);
		unlink(command);
	}
	return rmdir(rig.dir);
}

/* --- the steps and the tests */

static enum err last_step(struct ctx *c)
{
	assert_int_equal(c->lane, LANE_LOOP);
	assert_null(c->db);
	assert_true(stands("walk")); /* the commit came first */
	return OK;
}

static enum err write_walk(struct ctx *c)
{
	assert_int_equal(c->lane, LANE_WRITE);
	TRY(put(c, S("walk"), S("1")));
	return NEED(c, LANE_LOOP, last_step);
}

static enum err hash_step(struct ctx *c)
{
	assert_int_equal(c->lane, LANE_HASH);
	assert_null(c->db);
	return NEED(c, LANE_WRITE, write_walk);
}

static enum err read_step(struct ctx *c)
{
	struct meta_get_out row;

	assert_int_equal(c->lane, LANE_READ);
	enum err e = q_meta_get(c->db, c->mem, &(struct meta_get_in){ .name = S("version") }, &row);
	return e == OK ? NEED(c, LANE_HASH, hash_step) : e;
}

static void walks_through_the_lanes(void **state)
{
	(void)state;
	assert_int_equal(run_one(LANE_READ, read_step, S("")), OK);
}

static enum err refuse_after_writing(struct ctx *c)
{
	reply_header(c->reply, S("Set-Cookie"), S("a=1"));
	TRY(put(c, S("refused"), S("1")));
	return FAIL(c, CODE_REPLAYED, "and its family ended");
}

static enum err break_after_writing(struct ctx *c)
{
	reply_header(c->reply, S("Set-Cookie"), S("a=1"));
	TRY(put(c, S("broken"), S("1")));
	return FAIL(c, CRYPTO, "ours");
}

static enum err leak_after_writing(struct ctx *c)
{
	TRY(put(c, S("leaked"), S("1")));
	return ERR_NOT_FOUND; /* nobody turned it into something that can go out */
}

/* With all that was to be told of it. */
static void commits_refusals_and_rolls_faults_back(void **state)
{
	(void)state;
	assert_int_equal(run_one(LANE_WRITE, refuse_after_writing, S("")), ERR_CODE_REPLAYED);
	assert_true(stands("refused"));
	assert_int_equal(atomic_load(&rig.headers), 1);
	assert_int_equal(run_one(LANE_WRITE, break_after_writing, S("")), ERR_CRYPTO);
	assert_false(stands("broken"));
	assert_int_equal(atomic_load(&rig.headers), 0); /* no cookie of a session that there is not */
	assert_int_equal(run_one(LANE_WRITE, leak_after_writing, S("")), ERR_INTERNAL);
	assert_false(stands("leaked"));
}

/* Leaves marks everywhere; a second run must find none of the first. */
static enum err leave_marks(struct ctx *c)
{
	atomic_fetch_add(&rig.runs, 1);
	assert_int_equal(c->reply->header_count, 0);
	assert_null(c->effects);
	assert_int_equal(c->fail.code, OK);
	reply_header(c->reply, S("X-Mark"), S("1"));
	effect_add(c, EFFECT_REVOKE_GRANT, 4711, 1000);
	return put(c, S("marks"), S("1"));
}

/* Holds the writer until both jobs are queued, so that they are one group. */
static enum err hold_writer(struct ctx *c)
{
	(void)c;
	while (!atomic_load(&rig.gate))
		usleep(1000);
	return OK;
}

static void runs_a_group_again_without_traces(void **state)
{
	struct plan hold = { .first = hold_writer, .lane = LANE_WRITE },
		    a = { .first = leave_marks, .lane = LANE_WRITE },
		    b = { .first = break_after_writing, .lane = LANE_WRITE };
	(void)state;

	atomic_store(&rig.gate, 0);
	atomic_store(&rig.runs, 0);
	run_plan(&hold);
	usleep(50000);
	run_plan(&a);
	run_plan(&b);
	usleep(50000);
	atomic_store(&rig.gate, 1);
	wait_for(3);
	assert_true(atomic_load(&rig.runs) >= 2); /* the fault of b made the group run again */
	assert_true(stands("marks"));
	assert_false(stands("broken"));
	assert_true(revoked_has(rig.house.revoked, EFFECT_REVOKE_GRANT, 4711, 1000));
}

static enum err never_runs(struct ctx *c)
{
	(void)c;
	atomic_fetch_add(&rig.runs, 1);
	return OK;
}

static void leaves_out_who_has_gone(void **state)
{
	struct plan hold = { .first = hold_writer, .lane = LANE_WRITE },
		    gone = { .first = never_runs, .lane = LANE_WRITE };
	(void)state;

	atomic_store(&rig.gate, 0);
	atomic_store(&rig.runs, 0);
	run_plan(&hold);
	usleep(50000);
	run_plan(&gone);
	usleep(50000);
	atomic_store(&gone.rq.cancelled, true);
	atomic_store(&rig.gate, 1);
	wait_for(2);
	assert_int_equal(atomic_load(&rig.runs), 0);
}

static enum err hash_slowly(struct ctx *c)
{
	(void)c;
	while (!atomic_load(&rig.gate))
		usleep(1000);
	return OK;
}

static void refuses_when_a_lane_is_full(void **state)
{
	enum { MANY = 120 }; /* one is running with its batch, 64 wait */
	static struct plan plans[MANY];
	int over = 0;
	(void)state;

	atomic_store(&rig.gate, 0);
	for (int i = 0; i < MANY; i++) {
		plans[i] = (struct plan){ .first = hash_slowly, .lane = LANE_HASH };
		run_plan(&plans[i]);
	}
	for (int i = 0; i < 200 && atomic_load(&rig.done) == 0; i++)
		usleep(5000);
	over = atomic_load(&rig.done);
	assert_int_equal(atomic_load(&rig.last), ERR_OVERLOADED);
	assert_true(over >= MANY - 64 - 16 && over < MANY);
	assert_true(lane_length(rig.house.lanes, LANE_HASH) <= 64);
	atomic_store(&rig.gate, 1);
	wait_for(MANY);
}

static enum err ask_the_fetcher(struct ctx *c)
{
	return NEED(c, LANE_FETCH, never_runs);
}

static void refuses_a_lane_without_workers(void **state)
{
	(void)state;
	assert_int_equal(run_one(LANE_LOOP, ask_the_fetcher, S("")), ERR_OVERLOADED);
}

static enum err put_many(struct ctx *c)
{
	struct plan *p = c->state;

	return put(c, p->name, S("1"));
}

static void writes_many(void **state)
{
	enum { MANY = 1000 };
	static struct plan plans[MANY];
	(void)state;

	for (int i = 0; i < MANY; i++) {
		plans[i] = (struct plan){
			.first = put_many, .lane = LANE_WRITE, .name = arena_printf(rig.mem, "many%d", i)
		};
	}
	for (int i = 0; i < MANY; i++)
		run_plan(&plans[i]);
	wait_for(MANY);
	assert_true(stands("many0") && stands("many500") && stands("many999"));
}

static void hold(struct task *t)
{
	(void)t;
	while (!atomic_load(&rig.gate))
		usleep(1000);
}

/* What asks a lane in the round in which the loop is stopped is refused like what comes later, and not forgotten. Goes last. */
static void refuses_in_the_last_round(void **state)
{
	struct task held = { .run = hold };
	struct plan p = { .first = never_runs, .lane = LANE_WRITE };
	(void)state;

	atomic_store(&rig.gate, 0);
	loop_post(rig.house.floors[0].loop, &held);
	usleep(20000);
	lanes_stop(rig.house.lanes);
	run_plan(&p);
	loop_stop(rig.house.floors[0].loop);
	atomic_store(&rig.gate, 1);
	thread_join(&rig.thread);
	assert_int_equal(atomic_load(&rig.done), 1);
	assert_int_equal(atomic_load(&rig.last), ERR_OVERLOADED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_through_the_lanes),
		cmocka_unit_test(commits_refusals_and_rolls_faults_back),
		cmocka_unit_test(runs_a_group_again_without_traces),
		cmocka_unit_test(leaves_out_who_has_gone),
		cmocka_unit_test(refuses_when_a_lane_is_full),
		cmocka_unit_test(refuses_a_lane_without_workers),
		cmocka_unit_test(writes_many),
		cmocka_unit_test(refuses_in_the_last_round),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
