#include "store/driver.h"

#include "base/log.h"
#include "sql_gen.h"

#include <stdio.h>

static enum err run_scripts(struct db *db, int64_t from)
{
	for (const struct sql_migration *m = sql_migrations; m->version; m++) {
		if (m->version <= from)
			continue;
		for (const char *const *text = m->text[db->driver->dialect]; *text; text++)
			TRY(db->driver->script(db, *text));
	}
	return OK;
}

static enum err write_version(struct db *db)
{
	char text[16];
	struct meta_put_in in = { .name = S("version") };

	(void)snprintf(text, sizeof text, "%d", sql_version);
	in.value = str_of(text);
	return q_meta_put(db, NULL, &in, NULL);
}

/* Under the lock the version is read again: another node may have been faster. */
static enum err migrate_locked(struct db *db)
{
	int64_t version = 0;

	TRY(db->driver->version(db, &version));
	if (version > sql_version)
		return db_fail(db, ERR_STORE_NEWER, "the store is of version %lld, this program knows %d",
		    (long long)version, sql_version);
	if (version == sql_version)
		return OK;
	TRY(run_scripts(db, version));
	TRY(write_version(db));
	log_info("store migrated", LOG_INT("from", version), LOG_INT("to", sql_version));
	return OK;
}

enum err db_migrate(struct db *db)
{
	int64_t version = 0;
	bool sure = true;

	if (db->mode == DB_READ)
		return db_fail(db, ERR_STORE, "a migration needs a handle that writes");
	TRY(db->driver->version(db, &version));
	if (version == sql_version)
		return OK; /* the usual start takes no lock */
	TRY(db->driver->lock(db));
	db->open = true;
	db->lost = OK;
	enum err e = migrate_locked(db);
	if (e == OK)
		e = tx_commit(db, &sure);
	if (e != OK)
		tx_rollback(db);
	return e;
}
