/* db_sqlite: the embedded store: db_sqlite_open.c opens its handles, db_sqlite.c runs what they are given. Private. */
#ifndef STORE_DB_SQLITE_H
#define STORE_DB_SQLITE_H

#include "store/driver.h"

#include <sqlite3.h>

#define STORE_BUSY_MS 1000

/* Statements of our own, beside the baked ones. */
enum own { BEGIN, COMMIT, ROLLBACK, SAVE, RELEASE, BACK, OWN_COUNT };

struct sqlite_db {
	struct db db;
	sqlite3 *h;
	sqlite3_stmt *own[OWN_COUNT];
	int64_t wal;         /* bytes, after the last commit */
	int64_t truncate_at; /* bytes */
	bool has_read;
	sqlite3_stmt *statements[]; /* by id, prepared at first use */
};

extern const struct driver sqlite_driver;

/* What a result code of the engine means to us, with what was run and the engine's words for db_why. */
enum err sqlite_fail(struct sqlite_db *q, int rc, const char *what);
/* Counts what COMMIT leaves in the write-ahead log, so that upkeep sees when it is too long; COMMIT itself checks no point. */
void sqlite_watch_wal(struct sqlite_db *q);

#endif
