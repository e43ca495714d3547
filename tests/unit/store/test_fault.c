/*
 * Faults are injected, not imagined: the n-th call of the store fails, for n = 1, 2, 3 and so on until
 * nothing fails any more, and after each time nothing may be half done.
 */
#include "fixture.h"

#include "crypto/crypto.h"
#include "sql_gen.h"
#include "store/db_fault.h"
#include "store/driver.h"
#include "store/keyring.h"
#include "store/seal.h"
#include "store/sweep.h"
#include "store/tenant.h"

#include <stdio.h>
#include <string.h>

#define NOW_MS 1800000000000

static struct secret master(void)
{
	return secret_of(S("0123456789abcdef0123456789abcdef"));
}

/* ---- a group of jobs ---- */

enum habit {
	GOOD,     /* two rows, OK */
	REFUSES,  /* two rows, and a refusal */
	FAULTS,   /* one row, then a fault of its own */
	SWALLOWS, /* two rows, looks at no error */
};

struct job {
	int64_t id;
	enum habit habit;
};

static enum err put_pair(struct db *db, int64_t id)
{
	char slug[32];

	(void)snprintf(slug, sizeof slug, "t%lld", (long long)id);
	TRY(q_tenant_put(db, NULL,
	    &(struct tenant_put_in){
		.id = id, .account = 1, .slug = str_of(slug), .name = S("T"), .settings = S("{}") },
	    NULL));
	return q_audit_put(db, NULL, &(struct audit_put_in){ .id = id, .tenant = 1, .event = S("x") }, NULL);
}

static enum err run_job(struct db *db, void *arg)
{
	const struct job *j = arg;
	enum err e = put_pair(db, j->id);

	if (j->habit == SWALLOWS)
		return OK;
	TRY(e);
	return j->habit == REFUSES ? ERR_PASSWORD_WRONG : j->habit == FAULTS ? ERR_CRYPTO : OK;
}

#define JOBS 5
static struct job job_args[JOBS] = { { 1, GOOD }, { 2, REFUSES }, { 3, FAULTS }, { 4, SWALLOWS },
	{ 5, GOOD } };
static const enum err without_faults[JOBS] = { OK, ERR_PASSWORD_WRONG, ERR_CRYPTO, OK, OK };

static void run_jobs(struct db *db, struct db_job *jobs)
{
	struct db_job *list[JOBS];

	for (size_t i = 0; i < JOBS; i++) {
		jobs[i] = (struct db_job){ .run = run_job, .arg = &job_args[i], .result = ERR_CANCELLED };
		list[i] = &jobs[i];
	}
	db_group(db, list, JOBS);
}

static bool is_fault(enum err e)
{
	return e != OK && err_row(e)->kind == ERR_KIND_FAULT;
}

/* What was answered is what is there: both rows of a job or none. */
static void check_jobs(struct db *db, const struct db_job *jobs)
{
	for (size_t i = 0; i < JOBS; i++) {
		char where[32];
		(void)snprintf(where, sizeof where, "id = %lld", (long long)job_args[i].id);
		int64_t first = store_count(db, "tenant", where), second = store_count(db, "audit", where);
		assert_int_not_equal(jobs[i].result, ERR_CANCELLED);
		assert_int_equal(first, second);
		assert_int_equal(first, is_fault(jobs[i].result) ? 0 : 1);
	}
}

static void forget(struct db *db)
{
	assert_ok(db->driver->script(db, "DELETE FROM tenant"));
	assert_ok(db->driver->script(db, "DELETE FROM audit"));
}

/* One plan after another, each struck at every call. Returns how many calls there were. */
static int64_t sweep_group(struct db *db, struct fault *plan, struct fault kind)
{
	int64_t n = 0, survived = 0;
	bool struck;

	do {
		struct db_job jobs[JOBS];
		*plan = kind;
		plan->at = ++n;
		run_jobs(db, jobs);
		struck = plan->calls >= n;
		plan->at = 0;
		check_jobs(db, jobs);
		size_t hurt = 0;
		for (size_t i = 0; i < JOBS; i++) {
			hurt += jobs[i].result != without_faults[i];
			assert_true(
			    jobs[i].result == without_faults[i] || (struck && jobs[i].result == kind.with));
		}
		/*
		 * A fault that passes is survived by all, but where it was BEGIN: then nothing, or one job,
		 * was not tried.
		 */
		survived += hurt == 0;
		forget(db);
	} while (struck);
	assert_true(kind.again || db_is_shared(db) || survived > n / 2);
	return n;
}

static void a_group_is_never_half_done(void **state)
{
	static const struct fault kinds[] = {
		{ .with = ERR_STORE_FULL, .ends = true },
		{ .with = ERR_STORE_FULL, .ends = true, .again = true },
		{ .with = ERR_STORE_GONE, .ends = true },
		{ .with = ERR_STORE_GONE, .ends = true, .again = true },
		{ .with = ERR_STORE_BUSY, .ends = true },
	};
	const enum store_kind *store = *state;
	struct fault plan = { 0 };
	struct db *db = db_fault(store_open(store_fresh(*store)), &plan);

	for (size_t i = 0; i < COUNT(kinds); i++)
		assert_true(sweep_group(db, &plan, kinds[i]) > 10);
	db_close(db);
}

/* Here the transaction lives on after the fault; a job that looks at its errors is whole or gone. */
static void a_fault_that_leaves_the_transaction_open_takes_its_job_back(void **state)
{
	static const struct fault kinds[] = { { .with = ERR_STORE }, { .with = ERR_STORE, .again = true } };
	const enum store_kind *store = *state;
	struct fault plan = { 0 };
	struct db *db = db_fault(store_open(store_fresh(*store)), &plan);

	job_args[3].habit = GOOD;
	for (size_t i = 0; i < COUNT(kinds); i++)
		assert_true(sweep_group(db, &plan, kinds[i]) > 10);
	job_args[3].habit = SWALLOWS;
	db_close(db);
}

/* What came after the loss would be committed at once and alone: the engine has no transaction any more. */
static void after_a_lost_transaction_nothing_runs(void **state)
{
	const enum store_kind *store = *state;
	struct fault plan = { 0 };
	struct db *db = db_fault(store_open(store_fresh(*store)), &plan);
	bool sure;

	assert_ok(tx_begin(db, false));
	plan = (struct fault){ .at = 1, .ends = true, .with = ERR_STORE_FULL };
	assert_int_equal(put_pair(db, 1), ERR_STORE_FULL);
	assert_int_equal(put_pair(db, 2), ERR_STORE_FULL);
	assert_int_equal(tx_commit(db, &sure), ERR_STORE_FULL);
	tx_rollback(db);
	assert_int_equal(store_count(db, "tenant", "1 = 1"), 0);
	assert_ok(put_pair(db, 3));
	db_close(db);
}

/* ---- what happens at a start, and in the background ---- */

typedef enum err (*action)(struct db *db, struct arena *mem);

static enum err act_tenant(struct db *db, struct arena *mem)
{
	struct tenant_by_slug_out row;

	return tenant_load_first(db, mem, NOW_MS, &row);
}

static void check_tenant(struct db *db, bool done)
{
	assert_int_equal(store_count(db, "tenant", "1 = 1"), done);
	assert_int_equal(store_count(db, "account", "1 = 1"), done);
}

static enum err act_secrets(struct db *db, struct arena *mem)
{
	struct store_secrets s;

	return store_secrets_load(db, mem, master(), &s);
}

static void check_secrets(struct db *db, bool done)
{
	assert_int_equal(store_count(db, "secret", "1 = 1"), done);
}

static enum err act_keyring(struct db *db, struct arena *mem)
{
	struct keyring ring;

	TRY(keyring_load(db, mem, master(), 1, ALG_ES256, NOW_MS, &ring));
	keyring_free(&ring);
	return OK;
}

static void check_keyring(struct db *db, bool done)
{
	int64_t n = store_count(db, "signing_key", "state = 'active'");

	assert_true(done ? n == 1 : n <= 1); /* reading it back may be what failed */
}

static enum err rotate(struct db *db, void *arg)
{
	int64_t at;

	return keyring_rotate(db, arg, master(), 1, ALG_NONE, NOW_MS, &at);
}

static enum err act_rotate(struct db *db, struct arena *mem)
{
	return db_do(db, rotate, mem);
}

static void check_rotate(struct db *db, bool done)
{
	assert_int_equal(store_count(db, "signing_key", "state = 'active'"), done);
	assert_int_equal(store_count(db, "signing_key", "state = 'next'"), done);
	assert_int_equal(store_count(db, "signing_key", "1 = 1"), done ? 2 : 0);
}

static enum err act_sweep(struct db *db, struct arena *mem)
{
	struct sweep s = { .audit_keep = 100 };
	bool more;

	if (store_count(db, "audit", "1 = 1") != 1 || store_count(db, "revocation", "1 = 1") != 1)
		return ERR_INTERNAL;
	return sweep_step(db, mem, 1, NOW_MS / 1000, &s, &more);
}

static void check_sweep(struct db *db, bool done)
{
	assert_int_equal(store_count(db, "audit", "1 = 1"), !done);
	assert_int_equal(store_count(db, "revocation", "1 = 1"), !done);
}

static const struct {
	action act;
	void (*check)(struct db *db, bool done);
} actions[] = {
	{ act_tenant, check_tenant },
	{ act_secrets, check_secrets },
	{ act_keyring, check_keyring },
	{ act_rotate, check_rotate },
};

static void clear(struct db *db)
{
	static const char *const tables[] = { "tenant", "account", "secret", "signing_key" };

	for (size_t i = 0; i < COUNT(tables); i++) {
		char sql[64];
		(void)snprintf(sql, sizeof sql, "DELETE FROM %s", tables[i]);
		assert_ok(db->driver->script(db, sql));
	}
}

static void what_a_start_makes_is_made_whole_or_not_at_all(void **state)
{
	const enum store_kind *store = *state;
	struct fault plan = { 0 };
	struct db *db = db_fault(store_open(store_fresh(*store)), &plan);

	for (size_t i = 0; i < COUNT(actions); i++)
		for (int ends = 0; ends < 2; ends++)
			for (int64_t n = 1, struck = 1; struck; n++) {
				struct arena *mem = arena_new(1 << 20);
				plan = (struct fault){
					.at = n, .again = true, .ends = ends, .with = ERR_STORE_FULL
				};
				enum err e = actions[i].act(db, mem);
				struck = plan.calls >= n;
				plan.at = 0;
				assert_int_equal(e == OK, !struck);
				actions[i].check(db, !struck);
				clear(db);
				arena_unref(mem);
			}
	db_close(db);
}

static void a_sweep_takes_all_of_its_slices_or_none(void **state)
{
	const enum store_kind *store = *state;
	struct fault plan = { 0 };
	struct db *db = db_fault(store_open(store_fresh(*store)), &plan);

	for (int64_t n = 1, struck = 1; struck; n++) {
		struct arena *mem = arena_new(1 << 20);
		assert_ok(db->driver->script(db, "DELETE FROM audit"));
		assert_ok(db->driver->script(db, "DELETE FROM revocation"));
		assert_ok(q_audit_put(db, mem, &(struct audit_put_in){ .id = 1, .tenant = 1 }, NULL));
		assert_ok(
		    q_revocation_put(db, mem, &(struct revocation_put_in){ .tenant = 1, .until = 5 }, NULL));
		/* the counting in act_sweep is 8 calls */
		plan = (struct fault){ .at = 8 + n, .again = true, .ends = true, .with = ERR_STORE_FULL };
		enum err e = act_sweep(db, mem);
		struck = plan.calls >= plan.at;
		plan.at = 0;
		assert_int_equal(e == OK, !struck);
		check_sweep(db, !struck);
		arena_unref(mem);
	}
	db_close(db);
}

static void a_migration_is_whole_or_nothing(void **state)
{
	const enum store_kind *store = *state;
	struct fault plan = { 0 };
	str url = store_fresh(*store);
	struct db *inner = NULL;
	int64_t n = 0;
	bool struck;

	assert_ok(db_open(url, DB_WRITE, &inner));
	struct db *db = db_fault(inner, &plan);
	do {
		int64_t version = -1;
		plan = (struct fault){ .at = ++n, .again = true, .ends = true, .with = ERR_STORE_FULL };
		enum err e = db_migrate(db);
		struck = plan.calls >= n;
		plan.at = 0;
		assert_int_equal(e == OK, !struck);
		assert_ok(db->driver->version(
		    db, &version)); /* which also says whether tables without a version are there */
		assert_int_equal(version, struck ? 0 : sql_version);
	} while (struck);
	assert_true(n > 10);
	db_close(db);
}

int main(void)
{
	static const struct {
		const char *name;
		CMUnitTestFunction run;
	} cases[] = {
#define CASE(fn) { #fn, fn }
		CASE(a_group_is_never_half_done),
		CASE(after_a_lost_transaction_nothing_runs),
		CASE(a_fault_that_leaves_the_transaction_open_takes_its_job_back),
		CASE(what_a_start_makes_is_made_whole_or_not_at_all),
		CASE(a_sweep_takes_all_of_its_slices_or_none),
		CASE(a_migration_is_whole_or_nothing),
	};
	static enum store_kind kinds[] = { STORE_FILE, STORE_MEMORY, STORE_PGSQL };
	static char names[COUNT(cases) * STORE_KINDS][128];
	struct CMUnitTest tests[COUNT(names)];

	fixture_quiet();
	for (size_t i = 0; i < COUNT(names); i++) {
		enum store_kind *kind = &kinds[i / COUNT(cases)];
		(void)snprintf(names[i], sizeof names[i], "%s: %s", store_kind_name(*kind),
		    cases[i % COUNT(cases)].name);
		for (char *p = names[i]; *p; p++)
			if (*p == '_')
				*p = ' ';
		tests[i] = (struct CMUnitTest){
			.name = names[i], .test_func = cases[i % COUNT(cases)].run, .initial_state = kind
		};
	}
	return crypto_start() == OK ? cmocka_run_group_tests_name("faults", tests, NULL, NULL) : 1;
}
