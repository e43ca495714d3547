#include "store/driver.h"

#include "base/log.h"
#include "base/time.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char open_why[256]; /* of the last db_open that failed */

static enum err check_version(struct db *db)
{
	int64_t version = 0;

	TRY(db->driver->version(db, &version));
	if (version > sql_version)
		return db_fail(db, ERR_STORE_NEWER, "the store is of version %lld, this program knows %d",
		    (long long)version, sql_version);
	return OK;
}

enum err db_open(str url, enum db_mode mode, struct db **out)
{
	struct db *db = NULL;
	enum err e;

	*out = NULL;
	if (str_starts(url, S("sqlite:")))
		e = sqlite_open(str_sub(url, 7, url.n), mode, &db);
	else if (str_starts(url, S("postgres://")) || str_starts(url, S("postgresql://")))
		e = pgsql_open(url, mode, &db);
	else
		return db_fail(NULL, ERR_STORE, "a store is sqlite:PATH or postgres://USER@HOST/DB");
	if (e != OK)
		return e;
	e = check_version(db);
	if (e != OK) {
		memcpy(open_why, db->why, sizeof open_why);
		db_close(db);
		return e;
	}
	*out = db;
	return OK;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	if (db->open)
		tx_rollback(db);
	db->driver->close(db);
}

bool db_is_shared(const struct db *db)
{
	return db->driver->shared;
}

str db_why(const struct db *db)
{
	return str_of(db ? db->why : open_why);
}

enum err db_fail(struct db *db, enum err e, const char *fmt, ...)
{
	char *why = db ? db->why : open_why;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof open_why, fmt, ap);
	va_end(ap);
	/*
	 * A taken value is the caller's business, and a broken disk says it once a second and not for every
	 * request.
	 */
	int64_t now = time_mono_ms();
	if (e == ERR_STORE_CONFLICT || e == ERR_STORE_BUSY || (db && db->said && now - db->said < 1000))
		return e;
	if (db)
		db->said = now;
	log_error("store", LOG_STRZ("error", err_row(e)->name), LOG_STRZ("why", why));
	return e;
}

/* ---- one statement ---- */

/*
 * A NUL in a text is refused by PostgreSQL and cut off by half of what reads SQLite, so no engine gets to see
 * one; nor bytes that are not UTF-8. Parsers refuse both long before, this is the last fence.
 */
static enum err check_texts(struct db *db, const struct sql_statement *s, const void *in)
{
	for (size_t i = 0; i < s->in_count; i++) {
		if (s->in[i].type != SQL_TEXT)
			continue;
		str text = sql_in_str(in, &s->in[i]);
		if (text.n && (memchr(text.p, 0, text.n) || !str_utf8(text)))
			return db_fail(db, ERR_PARAM_SYNTAX, "%s: parameter %zu has a NUL or is not UTF-8",
			    s->name, i + 1);
	}
	return OK;
}

static enum err run(struct db *db, const struct sql_statement *s, const void *in, struct sql_rows *rows)
{
	if (db->lost)
		return db->lost;
	if (s->writes && db->mode == DB_READ)
		return db_fail(db, ERR_STORE, "%s writes, and this handle only reads", s->name);
	TRY(check_texts(db, s, in));
	enum err e = db->driver->run(db, s, in, rows);
	/*
	 * FULL, IOERR and INTERRUPT end SQLite's whole transaction, and most errors PostgreSQL's: whatever
	 * came next would be committed alone.
	 */
	if (e != OK && db->open && !db->driver->inside(db))
		db->lost = e;
	return e;
}

enum err db_one(struct db *db, struct arena *mem, const struct sql_statement *s, const void *in, void *out)
{
	struct sql_rows rows = { .mem = mem, .s = s, .out = out };

	TRY(run(db, s, in, &rows));
	return rows.count ? OK : ERR_NOT_FOUND;
}

enum err db_many(struct db *db, struct arena *mem, const struct sql_statement *s, const void *in,
    const void **list, size_t *count)
{
	struct sql_rows rows = { .mem = mem, .s = s };

	*list = NULL;
	*count = 0;
	TRY(run(db, s, in, &rows));
	*list = rows.out;
	*count = rows.count;
	return OK;
}

enum err db_exec(
    struct db *db, struct arena *mem, const struct sql_statement *s, const void *in, int64_t *changed)
{
	struct sql_rows rows = { .mem = mem, .s = s };

	TRY(run(db, s, in, &rows));
	if (changed)
		*changed = rows.changed;
	return OK;
}

/* ---- rows, called by drivers ---- */

static enum err more_room(struct sql_rows *rows)
{
	size_t cap = rows->cap ? rows->cap * 4 : 8;

	if (cap > SQL_ROWS_MAX)
		cap = SQL_ROWS_MAX;
	char *out = arena_try_array(rows->mem, cap, rows->s->out_size);
	if (!out)
		return ERR_TOO_LARGE;
	if (rows->count)
		memcpy(out, rows->out, rows->count * rows->s->out_size);
	rows->out = out;
	rows->cap = cap;
	return OK;
}

void *sql_row(struct sql_rows *rows, enum err *e)
{
	size_t size = rows->s->out_size;

	*e = OK;
	if (rows->s->shape == SQL_ONE) {
		if (rows->count)
			return NULL;
		memset(rows->out, 0, size);
	} else {
		if (rows->count == SQL_ROWS_MAX)
			return NULL;
		if (rows->count == rows->cap && (*e = more_room(rows)) != OK)
			return NULL;
	}
	return rows->out + size * rows->count++;
}

enum err sql_bytes(struct sql_rows *rows, const void *p, size_t n, str *out)
{
	*out = S("");
	if (n == 0)
		return OK;
	char *copy = arena_try(rows->mem, n);
	if (!copy)
		return ERR_TOO_LARGE;
	memcpy(copy, p, n);
	*out = (str){ copy, n };
	return OK;
}

/* ---- transactions ---- */

enum err tx_begin(struct db *db, bool alone)
{
	TRY(db->driver->begin(db, alone));
	db->open = true;
	db->lost = OK;
	return OK;
}

enum err tx_commit(struct db *db, bool *sure)
{
	*sure = true;
	if (db->lost)
		return db->lost;
	TRY(db->driver->commit(db, sure));
	db->open = false;
	return OK;
}

void tx_rollback(struct db *db)
{
	db->driver->rollback(db);
	db->open = false;
	db->lost = OK;
}

/* ---- upkeep ---- */

void db_upkeep(struct db *db)
{
	if (db->driver->upkeep)
		db->driver->upkeep(db);
}

void db_checkpoint(struct db *db)
{
	if (db->driver->checkpoint)
		db->driver->checkpoint(db);
}

enum err db_prepare_all(struct db *db, str *why)
{
	for (size_t i = 0; i < sql_statement_count; i++) {
		enum err e = db->driver->prepare(db, &sql_statements[i]);
		if (e != OK) {
			*why = db_why(db);
			return e;
		}
	}
	return OK;
}
