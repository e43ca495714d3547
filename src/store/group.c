/*
 * Groups: many jobs, one commit. A job's savepoint costs a copy of every page that the job touches, so the
 * first try goes without: a fault, which is rare, throws the try away and the jobs run again, then each under
 * a savepoint. That running again is allowed is the contract of struct db_job.
 */
#include "store/driver.h"

#include "base/time.h"
#include "crypto/crypto.h"

#include <unistd.h>

#define TRIES 20      /* of one job: parallel refreshes of one token all want its row */
#define TRIES_MS 2000 /* but who waited for a lock or a time-out this long gives up */

enum outcome {
	COMMITTED, /* or refused by the store before any job ran: results are final */
	FAULTED,   /* a job failed; nothing was committed */
	LOST,      /* the transaction broke; nothing was committed */
};

/*
 * A taken value that a job did not expect is a number it drew itself: ids have 22 random bits in a
 * millisecond, so at ten thousand rows a second two are alike every minute or two. Another run draws others.
 */
static bool is_fault(enum err e)
{
	return e == ERR_STORE_CONFLICT || (e != OK && err_row(e)->kind == ERR_KIND_FAULT);
}

/* And to be unlucky again and again is a fault. */
static enum err settled(enum err e)
{
	return e == ERR_STORE_CONFLICT ? ERR_STORE : e;
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
	enum err e = ERR_STORE_CONFLICT;

	for (int i = 0; i < TRIES && e == ERR_STORE_CONFLICT; i++) {
		if (db->driver->savepoint(db, SAVEPOINT_SET) != OK)
			return LOST;
		e = job->run(db, job->arg);
		if (db->lost)
			return LOST;
		if (db->driver->savepoint(db, is_fault(e) ? SAVEPOINT_BACK : SAVEPOINT_RELEASE) != OK)
			return LOST;
	}
	job->result = settled(e);
	return COMMITTED;
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
	e = job->run(db, job->arg);
	if (db->lost)
		e = is_fault(db->lost) ? db->lost : ERR_STORE; /* whatever the job made of it */
	enum err store = is_fault(e) ? e : tx_commit(db, &sure);
	if (store == OK)
		return e;
	tx_rollback(db);
	*again = sure && (store == ERR_STORE_BUSY || store == ERR_STORE_GONE || store == ERR_STORE_CONFLICT);
	return store;
}

/*
 * On a shared store two jobs may want the same rows; who comes second starts over and sees what the first one
 * did.
 */
static void run_alone(struct db *db, struct db_job *job, bool alone)
{
	int64_t end = time_mono_ms() + TRIES_MS;
	bool again = true;

	for (int i = 0; i < TRIES && again && (i == 0 || time_mono_ms() < end); i++) {
		if (i) /* so that two do not meet again and again */
			(void)usleep((1000 + rand_u32() % 4000) << (i < 5 ? i : 5));
		job->result = settled(run_one(db, job, alone, &again));
	}
}

void db_group(struct db *db, struct db_job **jobs, size_t count)
{
	if (count == 0)
		return;
	if (db->mode == DB_READ) {
		give_all(jobs, count, db_fail(db, ERR_STORE, "a group needs a handle that writes"));
		return;
	}
	if (db->driver->shared) {
		for (size_t i = 0; i < count; i++)
			run_alone(db, jobs[i], false);
		return;
	}
	enum outcome o = run_together(db, jobs, count, false);
	if (o == FAULTED)
		o = run_together(db, jobs, count, true);
	for (size_t i = 0; i < count && o == LOST; i++) {
		run_alone(db, jobs[i], false);
		if (jobs[i]->result ==
		    ERR_STORE_BUSY) { /* somebody else holds the file: not a wait for each */
			give_all(jobs + i, count - i, ERR_STORE_BUSY);
			break;
		}
	}
}

enum err db_do(struct db *db, enum err (*run)(struct db *db, void *arg), void *arg)
{
	struct db_job job = { .run = run, .arg = arg }, *jobs[] = { &job };

	if (db->mode == DB_WRITE && db->driver->shared)
		run_alone(db, &job, true);
	else
		db_group(db, jobs, 1);
	return job.result;
}
