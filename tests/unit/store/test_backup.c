/* A copy of a store is a store: whole, of the moment it was made, and never over another file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"
#include "crypto/crypto.h"
#include "sql_gen.h"
#include "store/backup.h"
#include "store/db.h"

static enum err put(struct db *db, void *arg)
{
	struct arena *mem = arena_new(65536);
	enum err e =
	    q_meta_put(db, mem, &(struct meta_put_in){ .name = S("mark"), .value = str_of(arg) }, NULL);

	arena_unref(mem);
	return e;
}

static str mark_of(struct arena *mem, str url)
{
	struct db *db;
	struct meta_get_out row;

	assert_int_equal(db_open(url, DB_READ, &db), OK);
	assert_int_equal(q_meta_get(db, mem, &(struct meta_get_in){ .name = S("mark") }, &row), OK);
	db_close(db);
	return row.value;
}

static void a_copy_is_of_its_moment(void **state)
{
	struct arena *mem = arena_new(1 << 20);
	char dir[] = "/tmp/gatehouse-unit-XXXXXX";
	struct db *db;
	str why = S("");

	(void)state;
	(void)umask(077);
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(crypto_start(), OK);
	assert_non_null(mkdtemp(dir));
	str from = arena_printf(mem, "%s/gatehouse.db", dir), to = arena_printf(mem, "%s/copy.db", dir);
	str url = arena_printf(mem, "sqlite:%.*s", FMT(from)),
	    copy_url = arena_printf(mem, "sqlite:%.*s", FMT(to));
	char before[] = "before", after[] = "after";

	assert_int_equal(db_open(url, DB_WRITE, &db), OK);
	assert_int_equal(db_migrate(db), OK);
	assert_int_equal(db_do(db, put, before), OK);
	assert_int_equal(backup_sqlite(mem, from, to, &why), OK);
	assert_int_equal(db_do(db, put, after), OK);
	assert_true(str_eq(mark_of(mem, copy_url), S("before")));
	assert_true(str_eq(mark_of(mem, url), S("after")));
	assert_int_equal(backup_sqlite(mem, from, to, &why), ERR_STORE_CONFLICT);
	assert_int_equal(backup_sqlite(mem, arena_printf(mem, "%s/nothing.db", dir),
			     arena_printf(mem, "%s/x.db", dir), &why),
	    ERR_STORE);
	assert_true(why.n > 0);
	db_close(db);

	assert_int_equal(unlink(from.p), 0);
	assert_int_equal(unlink(to.p), 0);
	(void)unlink(arena_printf(mem, "%.*s-wal", FMT(to)).p);
	(void)unlink(arena_printf(mem, "%.*s-shm", FMT(to)).p);
	assert_int_equal(rmdir(dir), 0);
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_copy_is_of_its_moment) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
