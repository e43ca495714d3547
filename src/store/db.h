/*
 * db: one handle on a store, used by one thread at a time. Drivers (SQLite, PostgreSQL, and the one that
 * injects faults) are tables of functions. Callers use the typed functions that the build makes from
 * sql/query/NOUN.sql (sql_gen.h), never SQL text:
 *
 *   -- name: code_take :one    enum err q_code_take(struct db *, struct arena *, const struct code_take_in *,
 *   -- in: id int, hash blob                        struct code_take_out *);  ERR_NOT_FOUND without a row
 *   -- out: user_id int        :many (db, mem, &in, const struct X_out **rows, size_t *count)  1000 at most
 *                              :exec (db, mem, &in, int64_t *changed)               changed may be NULL
 *   int -> int64_t, text and blob -> str. Without `in:` there is no in argument.
 *
 * Errors of every call: ERR_STORE (something broke, said in the log), ERR_STORE_BUSY (come again),
 * ERR_STORE_FULL (disk), ERR_STORE_CONFLICT (a UNIQUE or primary key is taken), ERR_STORE_GONE (no
 * connection); ERR_PARAM_SYNTAX when a text has a NUL or is not UTF-8, ERR_TOO_LARGE at the arena's cap.
 * After ERR_STORE_CONFLICT a transaction goes on, as if the statement had not been.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/arena.h"
#include "base/err.h"

struct db;

enum db_mode {
	DB_READ, /* cannot write */
	DB_WRITE,
};

/*
 * url: "sqlite:PATH" or "postgres://...", for tests also "sqlite::memory:NAME" (one store for all handles of
 * the process). Opens without migrating. ERR_STORE_GONE, ERR_STORE_NEWER, ERR_STORE.
 */
CHECKED enum err db_open(str url, enum db_mode mode, struct db **out);
void db_close(struct db *db);
/* True for PostgreSQL: several writers, no groups. */
bool db_is_shared(const struct db *db);
/*
 * Brings the store to this program's version under a lock that other nodes respect. ERR_STORE_NEWER when it
 * is from a newer program.
 */
CHECKED enum err db_migrate(struct db *db);

/*
 * One write job. run may be called more than once (a group that failed is run again one by one), so it must
 * start from its arguments and leave no mark outside the transaction.
 */
struct db_job {
	enum err (*run)(struct db *db, void *arg);
	void *arg;
	enum err result; /* final: what run gave when it was committed, or the error of the store */
};

/*
 * Runs the jobs each under a savepoint in one transaction, and commits. A refusal commits its job, a fault
 * (err_row()->kind == ERR_KIND_FAULT) rolls its job back; both leave the others alone. When the transaction
 * itself is lost (FULL, IOERR, a failed COMMIT) all are run again, one by one. A job that gives
 * ERR_STORE_CONFLICT has drawn an id that is taken: it is run again to draw another, and at last a fault.
 * Results are final when it returns.
 *
 * On PostgreSQL each job is a transaction of its own, repeatable read, run again (three times at most) when
 * another one has changed a row that it looked at and writes. A rule over rows that a job only looks at ("one
 * owner must stay") needs a row that all its jobs write.
 */
void db_group(struct db *db, struct db_job **jobs, size_t count);
/*
 * A group of one, for what starts a store and what sweeps it. On PostgreSQL no two of these run at a time, on
 * any node, so "look whether there is one, else make it" is safe here.
 */
CHECKED enum err db_do(struct db *db, enum err (*run)(struct db *db, void *arg), void *arg);

/* Between groups: SQLite truncates its WAL past 64 MB; elsewhere nothing. */
void db_upkeep(struct db *db);
/*
 * Once a second from a helper thread with a DB_WRITE handle of its own: copies what SQLite's WAL holds into
 * the file without stopping anybody; elsewhere nothing.
 */
void db_checkpoint(struct db *db);

/*
 * Makes the engine read every baked statement. For tests and `check`; *why names the first that it refuses.
 */
CHECKED enum err db_prepare_all(struct db *db, str *why);

/* Free text for logs: what went wrong last on this handle; db NULL: why this thread's last db_open failed. */
str db_why(const struct db *db);

#endif
