/*
 * driver: what an engine has to do to be a store, and what a statement is once it is baked. Private to this
 * folder and to sql_gen.c. A new engine is one file with one `struct driver`, a column in struct
 * sql_statement's text and a line in db_open(); tests/unit/store says whether it is one.
 */
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include "store/db.h"

enum sql_dialect { SQL_SQLITE, SQL_PGSQL, SQL_DIALECTS };
enum sql_type { SQL_INT, SQL_TEXT, SQL_BLOB };
enum sql_shape { SQL_ONE, SQL_MANY, SQL_EXEC };

/* Where in the struct a parameter or a column lives: int64_t for SQL_INT, else str. */
struct sql_field {
	uint16_t at;
	uint8_t type;
};

struct sql_statement {
	uint16_t id; /* its number in sql_statements */
	const char *name;
	enum sql_shape shape;
	bool writes;
	bool guarded; /* may meet a value that is taken, and the transaction should live on then */
	bool ordered; /* order of keys must be order of commits, and listeners wake up */
	const struct sql_field *in, *out;
	size_t in_count, out_count, out_size;
	const char *text[SQL_DIALECTS];
};

struct sql_migration {
	int version;
	const char *const *text[SQL_DIALECTS]; /* NULL-terminated */
};

/* From sql_gen.c. Migrations end with version 0. */
extern const struct sql_statement sql_statements[];
extern const size_t sql_statement_count;
extern const struct sql_migration sql_migrations[];
extern const int sql_version;

#define SQL_ROWS_MAX 1000

/* Where the rows of one call go. */
struct sql_rows {
	struct arena *mem;
	const struct sql_statement *s;
	char *out; /* :one: the caller's struct; :many: the array */
	size_t count, cap;
	int64_t changed;
};

enum sql_savepoint { SAVEPOINT_SET, SAVEPOINT_RELEASE, SAVEPOINT_BACK /* and release */ };

struct driver {
	enum sql_dialect dialect;
	bool shared; /* several writers: each job is a transaction of its own */
	void (*close)(struct db *db);
	/* Runs one statement. in has been checked (sql_check). Rows go through sql_row and sql_bytes. */
	enum err (*run)(struct db *db, const struct sql_statement *s, const void *in, struct sql_rows *rows);
	/* A transaction that will write. alone: beside no other one that said so, on any node. */
	enum err (*begin)(struct db *db, bool alone);
	/* *sure (if an error is given): nothing was committed. Else nobody knows: the answer was lost. */
	enum err (*commit)(struct db *db, bool *sure);
	/* Also when there is none any more. */
	void (*rollback)(struct db *db);
	/* True while the transaction of begin is whole: it can go on and can be committed. */
	bool (*inside)(struct db *db);
	enum err (*savepoint)(struct db *db, enum sql_savepoint what);
	/* A transaction that no other node's migration can be beside. */
	enum err (*lock)(struct db *db);
	/* One statement of a migration. */
	enum err (*script)(struct db *db, const char *text);
	/* The version that table meta names, 0 when there is no such table. */
	enum err (*version)(struct db *db, int64_t *out);
	/* Makes the engine read a statement without running it, and compares parameters and columns. */
	enum err (*prepare)(struct db *db, const struct sql_statement *s);
	/* Between groups; and beside them, on a handle of a helper thread. Either may be NULL. */
	void (*upkeep)(struct db *db);
	void (*checkpoint)(struct db *db);
};

/* The head of every driver's handle. */
struct db {
	const struct driver *driver;
	enum db_mode mode;
	bool open;     /* between begin and commit or rollback */
	enum err lost; /* why the open transaction is beyond saving: what follows must not run alone */
	char why[256];
	int64_t said; /* when the log last had it, monotonic ms */
};

CHECKED enum err sqlite_open(str path, enum db_mode mode, struct db **out);
CHECKED enum err pgsql_open(str url, enum db_mode mode, struct db **out);

/* What the functions in sql_gen.c call. */
CHECKED enum err db_one(
    struct db *db, struct arena *mem, const struct sql_statement *s, const void *in, void *out);
CHECKED enum err db_many(struct db *db, struct arena *mem, const struct sql_statement *s, const void *in,
    const void **rows, size_t *count);
CHECKED enum err db_exec(
    struct db *db, struct arena *mem, const struct sql_statement *s, const void *in, int64_t *changed);

/* Transactions, for group.c and migrate.c: the driver's, with `open` and `lost` kept. */
CHECKED enum err tx_begin(struct db *db, bool alone);
CHECKED enum err tx_commit(struct db *db, bool *sure);
void tx_rollback(struct db *db);

/*
 * Room for the next row, zeroed; NULL when a :many has its SQL_ROWS_MAX rows or the arena is full (then *e
 * says so).
 */
void *sql_row(struct sql_rows *rows, enum err *e);
/* A copy of a text or blob column. ERR_TOO_LARGE at the arena's cap. */
CHECKED enum err sql_bytes(struct sql_rows *rows, const void *p, size_t n, str *out);
/*
 * Keeps what went wrong for db_why, says it in the log (not more than once a second), and gives e. db NULL:
 * of db_open.
 */
enum err db_fail(struct db *db, enum err e, const char *fmt, ...) PRINTF(3, 4);

static inline int64_t sql_in_int(const void *in, const struct sql_field *f)
{
	return *(const int64_t *)(const void *)((const char *)in + f->at);
}

static inline str sql_in_str(const void *in, const struct sql_field *f)
{
	return *(const str *)(const void *)((const char *)in + f->at);
}

static inline int64_t *sql_out_int(void *row, const struct sql_field *f)
{
	return (int64_t *)(void *)((char *)row + f->at);
}

static inline str *sql_out_str(void *row, const struct sql_field *f)
{
	return (str *)(void *)((char *)row + f->at);
}

#endif
