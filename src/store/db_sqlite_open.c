#include "store/db_file.h"
#include "store/db_sqlite.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Before the library's first use. Its own accounting of memory takes a lock for every allocation; and what a
 * savepoint keeps stays in memory, since the sandbox has no directory for files in passing.
 */
static void configure_once(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	(void)sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
}

/*
 * WAL is a property of the file, and turning it on needs the file alone. Two nodes that start together would
 * refuse each other, so the second one comes again.
 */
static enum err set_wal(struct sqlite_db *q)
{
	int rc = SQLITE_BUSY;

	for (int i = 0; i < 200 && (rc & 0xff) == SQLITE_BUSY; i++) {
		if (i)
			(void)usleep(10000);
		rc = sqlite3_exec(
		    q->h, "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	}
	return rc == SQLITE_OK ? OK : sqlite_fail(q, rc, "journal_mode = WAL");
}

static enum err configure(struct sqlite_db *q, bool memory)
{
	sqlite3 *h = q->h;

	(void)sqlite3_extended_result_codes(h, 1);
	(void)sqlite3_busy_timeout(h, STORE_BUSY_MS);
	/* A file that somebody tampered with must not run anything. */
	(void)sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	(void)sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	(void)sqlite3_db_config(h, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_db_config(h, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	(void)sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	if (q->db.mode == DB_WRITE && !memory)
		TRY(set_wal(q));
	sqlite_watch_wal(q);
	/*
	 * Every handle keeps 2 MiB of pages, so memory does not follow the size of the file: with six handles and a million rows
	 * 8 MiB were half of what the daemon held. That is what the upper levels of the trees need; a leaf comes from the
	 * system's cache for 2 us. What a group changes is kept up to 8 MiB all the same, and so goes to the log once.
	 */
	return sqlite_driver.script(&q->db,
	    "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2048; "
	    "PRAGMA cache_spill = 2048");
}

/* ":memory:NAME" is one database for all handles of this process, gone with the last. */
static str memory_name(struct arena *mem, str path)
{
	return arena_printf(mem, "file:/%.*s?vfs=memdb", FMT(str_sub(path, 8, path.n)));
}

static enum err check_files(struct arena *mem, str path, enum db_mode mode, const char **file)
{
	static const char *const beside[] = { "-wal", "-shm" };
	bool missing;

	TRY(file_check_dir(mem, path, mode == DB_WRITE, file));
	TRY(file_check(*file, mode == DB_WRITE, &missing));
	if (missing)
		return db_fail(NULL, ERR_STORE_GONE, "%s: there is no store here yet", *file);
	for (size_t i = 0; i < COUNT(beside); i++)
		TRY(file_check(arena_printf(mem, "%s%s", *file, beside[i]).p, false, &missing));
	return OK;
}

static enum err open_file(struct arena *mem, str path, enum db_mode mode, struct sqlite_db *q)
{
	bool memory = str_starts(path, S(":memory:"));
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	const char *file;

	if (memory) {
		file = memory_name(mem, path).p;
		flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI;
	} else {
		TRY(check_files(mem, path, mode, &file));
		flags |= mode == DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	}
	int rc = sqlite3_open_v2(file, &q->h, flags, NULL);
	if (rc != SQLITE_OK)
		return db_fail(NULL, ERR_STORE, "%s: %s", file, q->h ? sqlite3_errmsg(q->h) : "no memory");
	enum err e = configure(q, memory);
	return e == OK ? OK : db_fail(NULL, e, "%s: %s", file, q->db.why);
}

enum err sqlite_open(str path, enum db_mode mode, struct db **out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sqlite_db *q = calloc(1, sizeof *q + sql_statement_count * sizeof *q->statements);
	struct arena *mem = arena_new(65536);

	if (!q)
		abort();
	(void)pthread_once(&once, configure_once);
	q->db = (struct db){ .driver = &sqlite_driver, .mode = mode };
	enum err e = open_file(mem, path, mode, q);
	arena_unref(mem);
	if (e != OK) {
		sqlite_driver.close(&q->db);
		return e;
	}
	*out = &q->db;
	return OK;
}
