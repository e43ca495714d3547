/*
 * Groups: many jobs, one commit. A job's savepoint costs a copy of every page that the job touches, so the first try
 * goes without: a fault, which is rare, throws the try away and the jobs run again, then each under a savepoint. That
 * running again is allowed is the contract of struct db_job.
 */
#include "store/driver.h"

#include "base/time.h"
#include "crypto/crypto.h"

#include <unistd.h>

#define TRIES 4          /* of one job on PostgreSQL: the first and three more */
#define TRIES_MS 2000    /* but who waited for a lock or a time-out this long gives up */

enum outcome {
	COMMITTED, /* or refused by the store before any job ran: results are final */
	FAULTED,   /* a job failed; nothing was committed */
	LOST,      /* the transaction broke; nothing was committed */
};

static bool is_fault(enum err e)
{
	return e != OK && err_row(e)->kind == ERR_KIND_FAULT;
}

static void give_all(struct db_job **jobs, size_t count, enum err e)
{
	for (size_t i = 0; i < count; i++)
		jobs[i]->result = e;
}

static enum outcome give_up(struct db *db, enum outcome why)
{
	tx_rollback(db);
	return why;
}

/* One job under a savepoint: a fault is taken back alone. */
static enum outcome run_marked(struct db *db, struct db_job *job)
{
	if (db->driver->savepoint(db, SAVEPOINT_SET) != OK)
		return LOST;
	job->result = job->run(db, job->arg);
	if (db->lost)
		return LOST;
	return db->driver->savepoint(db, is_fault(job->result) ? SAVEPOINT_BACK : SAVEPOINT_RELEASE) == OK ? COMMITTED : LOST;
}

static enum outcome run_together(struct db *db, struct db_job **jobs, size_t count, bool marked)
{
	bool sure;
	enum err e = tx_begin(db, false);

	if (e != OK) {
		give_all(jobs, count, e);
		return COMMITTED;
	}
	for (size_t i = 0; i < count; i++) {
		if (marked) {
			if (run_marked(db, jobs[i]) == LOST)
				return give_up(db, LOST);
			continue;
		}
		jobs[i]->result = jobs[i]->run(db, jobs[i]->arg);
		if (db->lost)
			return give_up(db, LOST);
		if (is_fault(jobs[i]->result))
			return give_up(db, FAULTED);
	}
	if (tx_commit(db, &sure) != OK)
		return give_up(db, LOST);
	return COMMITTED;
}

/* One job in a transaction of its own. *again: nothing was committed and another try may do better. */
static enum err run_one(struct db *db, struct db_job *job, bool alone, bool *again)
{
	bool sure = true;
	enum err e = tx_begin(db, alone);

	*again = e == ERR_STORE_BUSY;
	if (e != OK)
		return e;
	*again = false;
	e = job->run(db, job->arg);
	enum err store = db->lost;
	if (!store && !is_fault(e))
		store = tx_commit(db, &sure);
	if (!store && !is_fault(e))
		return e;
	tx_rollback(db);
	if (store)
		e = is_fault(store) ? store : ERR_STORE; /* a taken value whose error the job swallowed */
	*again = sure && (e == ERR_STORE_BUSY || e == ERR_STORE_GONE || store == ERR_STORE_CONFLICT);
	return e;
}

/* On a shared store two jobs may want the same rows; who comes second starts over and sees what the first one did. */
static void run_shared(struct db *db, struct db_job *job, bool alone)
{
	int64_t end = time_mono_ms() + TRIES_MS;
	bool again = true;

	for (int i = 0; i < TRIES && again && (i == 0 || time_mono_ms() < end); i++) {
		if (i) /* so that two do not meet again and again */
			(void)usleep((1000 + rand_u32() % 4000) << i);
		job->result = run_one(db, job, alone, &again);
	}
}

void db_group(struct db *db, struct db_job **jobs, size_t count)
{
	bool again;

	if (count == 0)
		return;
	if (db->mode == DB_READ) {
		give_all(jobs, count, db_fail(db, ERR_STORE, "a group needs a handle that writes"));
		return;
	}
	if (db->driver->shared) {
		for (size_t i = 0; i < count; i++)
			run_shared(db, jobs[i], false);
		return;
	}
	enum outcome o = run_together(db, jobs, count, false);
	if (o == FAULTED)
		o = run_together(db, jobs, count, true);
	for (size_t i = 0; i < count && o == LOST; i++)
		jobs[i]->result = run_one(db, jobs[i], false, &again);
}

enum err db_do(struct db *db, enum err (*run)(struct db *db, void *arg), void *arg)
{
	struct db_job job = { .run = run, .arg = arg }, *jobs[] = { &job };

	if (db->mode == DB_WRITE && db->driver->shared)
		run_shared(db, &job, true);
	else
		db_group(db, jobs, 1);
	return job.result;
}
