/*
 * fixture: stores for tests. Each call of store_fresh gives the address of a new, empty store; PostgreSQL is
 * a server of our own in a temporary directory, on a unix socket, started when it is first asked for. All is
 * gone at exit.
 */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "store/db.h"

enum store_kind { STORE_FILE, STORE_MEMORY, STORE_PGSQL, STORE_KINDS };

const char *store_kind_name(enum store_kind kind);
/* The address of an empty store of this kind. Lives as long as the program. */
str store_fresh(enum store_kind kind);
/* Opened for writing, and migrated. */
struct db *store_open(str url);
struct db *store_reader(str url);

/* How many rows a table has where the condition holds ("1 = 1": all). */
int64_t store_count(struct db *db, const char *table, const char *where);

/* A new directory, 0700. Lives as long as the program. */
const char *fixture_dir(void);
/* An arena that is freed at exit. */
struct arena *fixture_arena(void);

/* The server dies as from a power cut of its own (pg_ctl stop -m immediate), and comes back. */
void server_crash(void);
void server_start(void);
/* Every process of it stands still, as on a machine that froze, until it is told to go on. */
void server_freeze(bool frozen);

/* Silences the log, which says all that tests make the store refuse; not when GATEHOUSE_TEST_LOG is set. */
void fixture_quiet(void);

/* Fails the test; why the store refused is in its log. */
#define assert_ok(call)                                                                               \
	do {                                                                                          \
		enum err ok_ = (call);                                                                \
		if (ok_ != OK)                                                                        \
			fail_msg("%s:%d: %s gave %s", __FILE__, __LINE__, #call, err_row(ok_)->name); \
	} while (0)

#endif
