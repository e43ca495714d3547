/*
 * The embedded store: one file in WAL mode, one writer, any number of readers; a commit is on the disk when
 * it returns (synchronous=FULL: NORMAL may forget a revocation at a power cut, and with groups FULL costs
 * nothing).
 */
#include "store/db_sqlite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096
#define WAL_MAX      \
	((int64_t)64 \
	    << 20) /* then the writer truncates it; a WAL left to itself grew to 2 GB in ten seconds */
#define WAL_STEP ((int64_t)8 << 20) /* and when readers were in the way, tries again after so much more */
#define BUSY_UPKEEP_MS 100
#define BUSY_LOCK_MS 20000 /* another node's migration */
#define BYTES_MAX ((size_t)16 << 20)

static const char *const own_text[OWN_COUNT] = { "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK", "SAVEPOINT job",
	"RELEASE job", "ROLLBACK TO job" };

static struct sqlite_db *of(struct db *db)
{
	return (struct sqlite_db *)(void *)db;
}

/* ---- errors ---- */

static enum err classify(sqlite3 *h, int rc)
{
	int sys = h ? sqlite3_system_errno(h) : 0;

	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return ERR_STORE_CONFLICT;
	}
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_STORE_BUSY;
	case SQLITE_FULL:
		return ERR_STORE_FULL;
	case SQLITE_IOERR: /* the file of shared memory has no room */
		return sys == ENOSPC || sys == EDQUOT ? ERR_STORE_FULL : ERR_STORE;
	default:
		return ERR_STORE;
	}
}

enum err sqlite_fail(struct sqlite_db *q, int rc, const char *what)
{
	return db_fail(&q->db, classify(q->h, rc), "%s: %s (SQLite %d)", what, sqlite3_errmsg(q->h), rc);
}

/* ---- one statement ---- */

static enum err prepare_one(struct sqlite_db *q, const struct sql_statement *s, sqlite3_stmt **out)
{
	int rc = sqlite3_prepare_v3(q->h, s->text[SQL_SQLITE], -1, SQLITE_PREPARE_PERSISTENT, out, NULL);

	if (rc != SQLITE_OK)
		return sqlite_fail(q, rc, s->name);
	if ((size_t)sqlite3_bind_parameter_count(*out) == s->in_count &&
	    (size_t)sqlite3_column_count(*out) == s->out_count)
		return OK;
	(void)sqlite3_finalize(*out);
	*out = NULL;
	return db_fail(
	    &q->db, ERR_STORE, "%s: the baked statement does not fit its parameters or columns", s->name);
}

/* STATIC: the caller's bytes stay where they are until the statement is reset, so nothing is copied. */
static int bind_one(sqlite3_stmt *st, int i, const struct sql_field *f, const void *in)
{
	if (f->type == SQL_INT)
		return sqlite3_bind_int64(st, i, sql_in_int(in, f));

	str v = sql_in_str(in, f);
	const char *p = v.n ? v.p : ""; /* NULL would be the value NULL */
	if (v.n > BYTES_MAX)
		return SQLITE_TOOBIG;
	if (f->type == SQL_TEXT)
		return sqlite3_bind_text(st, i, p, (int)v.n, SQLITE_STATIC);
	return sqlite3_bind_blob(st, i, p, (int)v.n, SQLITE_STATIC);
}

static enum err read_row(sqlite3_stmt *st, struct sql_rows *rows)
{
	enum err e;
	char *row = sql_row(rows, &e);

	for (size_t i = 0; row && i < rows->s->out_count; i++) {
		const struct sql_field *f = &rows->s->out[i];
		int col = (int)i;
		if (f->type == SQL_INT) {
			*sql_out_int(row, f) = sqlite3_column_int64(st, col);
			continue;
		}
		const void *p = f->type == SQL_TEXT ? (const void *)sqlite3_column_text(st, col)
						    : sqlite3_column_blob(st, col);
		TRY(sql_bytes(rows, p, (size_t)sqlite3_column_bytes(st, col), sql_out_str(row, f)));
	}
	return e;
}

/* To the end also when one row is enough: a change is whole only then. */
static enum err step_all(struct sqlite_db *q, sqlite3_stmt *st, struct sql_rows *rows)
{
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		TRY(read_row(st, rows));
	if (rc != SQLITE_DONE)
		return sqlite_fail(q, rc, rows->s->name);
	rows->changed = rows->s->writes ? sqlite3_changes64(q->h) : 0;
	return OK;
}

static enum err run(struct db *db, const struct sql_statement *s, const void *in, struct sql_rows *rows)
{
	struct sqlite_db *q = of(db);
	sqlite3_stmt *st = q->statements[s->id];

	if (!st) {
		TRY(prepare_one(q, s, &st));
		q->statements[s->id] = st;
	}
	for (size_t i = 0; i < s->in_count; i++) {
		int rc = bind_one(st, (int)i + 1, &s->in[i], in);
		if (rc != SQLITE_OK)
			return sqlite_fail(q, rc, s->name);
	}
	enum err e = step_all(q, st, rows);
	(void)sqlite3_reset(st); /* gives the error of the step again */
	return e;
}

static enum err prepare(struct db *db, const struct sql_statement *s)
{
	sqlite3_stmt *st = NULL;

	TRY(prepare_one(of(db), s, &st));
	(void)sqlite3_finalize(st);
	return OK;
}

/* ---- transactions ---- */

static enum err run_own(struct sqlite_db *q, enum own o)
{
	if (!q->own[o]) {
		int rc =
		    sqlite3_prepare_v3(q->h, own_text[o], -1, SQLITE_PREPARE_PERSISTENT, &q->own[o], NULL);
		if (rc != SQLITE_OK)
			return sqlite_fail(q, rc, own_text[o]);
	}
	int rc = sqlite3_step(q->own[o]);
	enum err e = rc == SQLITE_DONE ? OK : sqlite_fail(q, rc, own_text[o]);
	(void)sqlite3_reset(q->own[o]);
	return e;
}

/* Always alone. */
static enum err begin(struct db *db, bool alone)
{
	(void)alone;
	return run_own(of(db), BEGIN);
}

/*
 * A COMMIT that failed leaves the transaction open, or has rolled it back; the caller rolls back either way.
 */
static enum err commit(struct db *db, bool *sure)
{
	*sure = true;
	return run_own(of(db), COMMIT);
}

static bool inside(struct db *db)
{
	return !sqlite3_get_autocommit(of(db)->h);
}

static void rollback(struct db *db)
{
	if (inside(db) && run_own(of(db), ROLLBACK) != OK)
		db->lost = ERR_STORE;
}

static enum err savepoint(struct db *db, enum sql_savepoint what)
{
	struct sqlite_db *q = of(db);

	if (what == SAVEPOINT_SET)
		return run_own(q, SAVE);
	if (what == SAVEPOINT_BACK)
		TRY(run_own(q, BACK));
	return run_own(q, RELEASE);
}

static enum err lock(struct db *db)
{
	struct sqlite_db *q = of(db);

	(void)sqlite3_busy_timeout(q->h, BUSY_LOCK_MS);
	enum err e = run_own(q, BEGIN);
	(void)sqlite3_busy_timeout(q->h, STORE_BUSY_MS);
	return e;
}

static enum err script(struct db *db, const char *text)
{
	int rc = sqlite3_exec(of(db)->h, text, NULL, NULL, NULL);

	return rc == SQLITE_OK ? OK : sqlite_fail(of(db), rc, text);
}

/* The first column of the first row as a number; NULL and no row are 0. */
static enum err number(struct sqlite_db *q, const char *text, int64_t *out)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(q->h, text, -1, &st, NULL);

	*out = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	enum err e = rc == SQLITE_ROW || rc == SQLITE_DONE ? OK : sqlite_fail(q, rc, text);
	(void)sqlite3_finalize(st);
	return e;
}

static enum err version(struct db *db, int64_t *out)
{
	struct sqlite_db *q = of(db);
	int64_t tables, meta;

	*out = 0;
	TRY(number(q, "SELECT count(*) FROM sqlite_schema", &tables));
	TRY(number(q, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'meta'", &meta));
	if (meta)
		return number(q, "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'version'", out);
	if (tables)
		return db_fail(
		    db, ERR_STORE, "%s holds tables of another program", sqlite3_db_filename(q->h, "main"));
	return OK;
}

/* ---- the write-ahead log ---- */

static int count_wal(void *arg, sqlite3 *h, const char *name, int pages)
{
	(void)h;
	(void)name;
	((struct sqlite_db *)arg)->wal = (int64_t)pages * (PAGE + 24);
	return SQLITE_OK;
}

void sqlite_watch_wal(struct sqlite_db *q)
{
	q->truncate_at = WAL_MAX;
	(void)sqlite3_wal_hook(q->h, count_wal, q);
}

/*
 * A helper's PASSIVE alone never catches up with a busy writer, and the file grows without end; so past
 * WAL_MAX the writer itself waits for the readers, copies the rest and starts the file anew.
 */
static void upkeep(struct db *db)
{
	struct sqlite_db *q = of(db);

	if (q->wal < q->truncate_at)
		return;
	(void)sqlite3_busy_timeout(q->h, BUSY_UPKEEP_MS);
	int rc = sqlite3_wal_checkpoint_v2(q->h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)sqlite3_busy_timeout(q->h, STORE_BUSY_MS);
	if (rc == SQLITE_OK) {
		q->wal = 0;
		q->truncate_at = WAL_MAX;
		return;
	}
	q->truncate_at = q->wal + WAL_STEP;
	if (rc != SQLITE_BUSY)
		(void)sqlite_fail(q, rc, "checkpoint");
}

static void checkpoint(struct db *db)
{
	struct sqlite_db *q = of(db);
	int64_t any;

	if (!q->has_read) { /* a connection that never read does not know that there is a WAL */
		if (number(q, "SELECT count(*) FROM sqlite_schema", &any) != OK)
			return;
		q->has_read = true;
	}
	int rc = sqlite3_wal_checkpoint_v2(q->h, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (rc != SQLITE_OK && rc != SQLITE_BUSY && rc != SQLITE_LOCKED)
		(void)sqlite_fail(q, rc, "checkpoint");
}

/* ---- the driver ---- */

static void close_handle(struct db *db)
{
	struct sqlite_db *q = of(db);

	for (size_t i = 0; i < sql_statement_count; i++)
		(void)sqlite3_finalize(q->statements[i]);
	for (size_t i = 0; i < OWN_COUNT; i++)
		(void)sqlite3_finalize(q->own[i]);
	(void)sqlite3_close_v2(q->h);
	free(q);
}

const struct driver sqlite_driver = {
	.dialect = SQL_SQLITE,
	.close = close_handle,
	.run = run,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.inside = inside,
	.savepoint = savepoint,
	.lock = lock,
	.script = script,
	.version = version,
	.prepare = prepare,
	.upkeep = upkeep,
	.checkpoint = checkpoint,
};
