#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 20000

static enum err failed(struct arena *mem, sqlite3 *h, int rc, str *why)
{
	*why = arena_copy(mem, str_of(h ? sqlite3_errmsg(h) : sqlite3_errstr(rc)));
	return rc == SQLITE_FULL ? ERR_STORE_FULL : ERR_STORE;
}

/* VACUUM INTO reads in one transaction: the copy is a moment, not a stretch of time. */
static int vacuum_into(sqlite3 *h, str to)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(h, "VACUUM INTO ?1", -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(s, 1, to.p, (int)to.n, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	(void)sqlite3_finalize(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The engine does not do it for a file it has just made. */
static enum err make_durable(struct arena *mem, str path, str *why)
{
	int fd = open(arena_copy(mem, path).p, O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	if (!done)
		*why = arena_copy(mem, str_of(strerror(errno)));
	if (fd >= 0)
		close(fd);
	return done ? OK : ERR_STORE;
}

enum err backup_sqlite(struct arena *mem, str from, str to, str *why)
{
	sqlite3 *h = NULL;
	enum err e = OK;

	if (access(arena_copy(mem, to).p, F_OK) == 0) {
		*why = S("there is such a file already");
		return ERR_STORE_CONFLICT;
	}
	int rc =
	    sqlite3_open_v2(arena_copy(mem, from).p, &h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(h, BUSY_MS);
	if (rc == SQLITE_OK)
		rc = vacuum_into(h, to);
	if (rc != SQLITE_OK)
		e = failed(mem, h, rc, why);
	(void)sqlite3_close(h);
	return e == OK ? make_durable(mem, to, why) : e;
}
