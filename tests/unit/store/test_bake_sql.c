/* The build's own reader of SQL: what it makes, and what it refuses with file and line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/bake/bake.h"

#define SCHEMA                                                                                     \
	"-- what a KEY is, says TEXT\n"                                                            \
	"CREATE TABLE item (id KEY, tenant INT NOT NULL, name TEXT NOT NULL UNIQUE, -- INT here\n" \
	"\tdata BLOB NOT NULL, note TEXT NOT NULL DEFAULT 'INT');\n"                               \
	"CREATE TABLE word (name TEXT PRIMARY KEY, value TEXT NOT NULL);\n"                        \
	"CREATE TABLE event (seq AUTOKEY, at INT NOT NULL);\n"                                     \
	"CREATE INDEX item_name ON item (tenant, name);\n"

static char dir[64];

static void put_file(const char *name, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

static char *get_file(const char *name)
{
	static char text[65536];
	char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
	text[n] = 0;
	if (f)
		(void)fclose(f);
	return text;
}

/*
 * In a child, since the tool keeps what it has read until it ends. Gives the exit status; what it said is in
 * file "said".
 */
static int bake(const char *schema, const char *query)
{
	char sql[128], out[128], said[128];
	int status;

	put_file("sql/schema/0001_test.sql", schema);
	put_file("sql/query/test.sql", query);
	(void)snprintf(sql, sizeof sql, "%s/sql", dir);
	(void)snprintf(out, sizeof out, "%s/out", dir);
	(void)snprintf(said, sizeof said, "%s/said", dir);
	pid_t pid = fork();
	if (pid == 0) {
		if (!freopen(said, "wb", stderr))
			_exit(9);
		int rc = bake_sql(out, sql);
		(void)fflush(stderr);
		_exit(rc);
	}
	assert_true(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void expect_in(const char *file, const char *words)
{
	if (!strstr(get_file(file), words))
		fail_msg("'%s' is not in %s:\n%s", words, file, get_file(file));
}

static const char good[] = "-- Items.\n"
			   "-- name: item_find :one\n"
			   "-- in: tenant int,\n"
			   "-- in: name text\n"
			   "-- out: id int, data blob\n"
			   "SELECT id, data -- both\n"
			   "FROM item WHERE name = :name AND tenant = :tenant AND ':name' <> :name;\n"
			   "-- name: item_put :exec\n"
			   "-- in: id int, tenant int, name text, data blob\n"
			   "INSERT INTO item (id, tenant, name, data) VALUES (:id, :tenant, :name, :data);\n"
			   "-- name: item_names :many\n"
			   "-- out: name text, total int\n"
			   "-- any-tenant: a test\n"
			   "SELECT i.name, count(*) AS total FROM item AS i GROUP BY i.name;\n"
			   "-- name: event_put :exec\n"
			   "-- in: at int\n"
			   "-- ordered: a test\n"
			   "INSERT INTO event (at) VALUES (:at);\n";

static void statements_become_functions(void **state)
{
	assert_int_equal(bake(SCHEMA, good), 0);
	expect_in("out/sql_gen.h", "struct item_find_in {\n\tint64_t tenant;\n\tstr name;\n};\n");
	expect_in("out/sql_gen.h", "struct item_find_out {\n\tint64_t id;\n\tstr data;\n};\n");
	expect_in("out/sql_gen.h",
	    "CHECKED enum err q_item_find(struct db *db, struct arena *mem, const struct item_find_in *in,"
	    " struct item_find_out *out);");
	expect_in("out/sql_gen.h",
	    "q_item_put(struct db *db, struct arena *mem, const struct item_put_in *in, int64_t *changed);");
	expect_in("out/sql_gen.h",
	    "q_item_names(struct db *db, struct arena *mem, const struct item_names_out **rows,"
	    " size_t *count);");
	expect_in("out/sql_gen.c", ".shape = SQL_EXEC, .writes = true, .guarded = true, .ordered = false");
	expect_in("out/sql_gen.c", ".shape = SQL_EXEC, .writes = true, .guarded = false, .ordered = true");
	expect_in("out/sql_gen.c", ".shape = SQL_MANY, .writes = false, .guarded = false, .ordered = false");
}

static void parameters_are_numbered_as_declared_and_strings_are_left_alone(void **state)
{
	assert_int_equal(bake(SCHEMA, good), 0);
	expect_in("out/sql_gen.c",
	    "\"SELECT id, data FROM item WHERE name = ?2 AND tenant = ?1 AND ':name' <> ?2\"");
	expect_in("out/sql_gen.c",
	    "\"SELECT id, data FROM item WHERE name = $2 AND tenant = $1 AND ':name' <> $2\"");
}

static void types_are_rewritten_only_where_a_type_stands(void **state)
{
	assert_int_equal(bake(SCHEMA, good), 0);
	expect_in("out/sql_gen.c",
	    "\"CREATE TABLE item (id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, name TEXT NOT NULL UNIQUE,"
	    " data BLOB NOT NULL, note TEXT NOT NULL DEFAULT 'INT') STRICT\"");
	expect_in("out/sql_gen.c",
	    "\"CREATE TABLE item (id BIGINT PRIMARY KEY, tenant BIGINT NOT NULL,"
	    " name TEXT COLLATE \\\"C\\\" NOT NULL UNIQUE, data BYTEA NOT NULL,"
	    " note TEXT COLLATE \\\"C\\\" NOT NULL DEFAULT 'INT')\"");
	expect_in("out/sql_gen.c", "value TEXT NOT NULL) WITHOUT ROWID, STRICT\"");
	expect_in("out/sql_gen.c", "(seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL) STRICT\"");
	expect_in("out/sql_gen.c",
	    "(seq BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, at BIGINT NOT NULL)\"");
}

static void a_statement_may_be_for_one_engine_only(void **state)
{
	assert_int_equal(bake(SCHEMA "-- only: pgsql\nALTER TABLE item SET (fillfactor = 70);\n"
				     "ALTER TABLE item ADD COLUMN more INT NOT NULL DEFAULT 0;\n",
			     good),
	    0);
	const char *text = get_file("out/sql_gen.c");
	const char *sqlite = strstr(text, "sqlite_1[]"), *pgsql = strstr(text, "pgsql_1[]"),
		   *set = strstr(text, "fillfactor");
	assert_true(sqlite && pgsql && set && sqlite < pgsql && pgsql < set);
	assert_null(strstr(set + 1, "fillfactor"));
	expect_in("out/sql_gen.c", "\"ALTER TABLE item ADD COLUMN more BIGINT NOT NULL DEFAULT 0\"");
}

static void an_unchanged_output_is_not_written_again(void **state)
{
	char path[256];
	struct stat before, after;

	(void)snprintf(path, sizeof path, "%s/out/sql_gen.h", dir);
	assert_int_equal(bake(SCHEMA, good), 0);
	assert_int_equal(stat(path, &before), 0);
	usleep(20000);
	assert_int_equal(bake(SCHEMA, good), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_true(
	    before.st_mtim.tv_nsec == after.st_mtim.tv_nsec && before.st_mtim.tv_sec == after.st_mtim.tv_sec);
}

/* ---- refusals ---- */

#define FIND "-- name: f :one\n-- in: tenant int\n-- out: id int\n"

static const struct {
	const char *sentence;
	const char *schema, *query;
	const char *said;
} refusals[] = {
	{ "a parameter that is not declared", SCHEMA,
	    FIND "SELECT id FROM item\nWHERE tenant = :tenant AND name = :nmae;\n",
	    "query/test.sql:5: f: :nmae is not declared" },
	{ "a parameter that is not used", SCHEMA,
	    "-- name: f :one\n-- in: tenant int, id int\n-- out: id int\nSELECT id FROM item WHERE tenant = "
	    ":tenant;\n",
	    "query/test.sql:1: f: :id is declared and not used" },
	{ "a parameter that stands twice in the list", SCHEMA,
	    "-- name: f :one\n-- in: tenant int, tenant text\n-- out: id int\nSELECT id FROM item WHERE "
	    "tenant = :tenant;\n",
	    "test.sql:2: 'tenant' stands twice" },
	{ "a parameter without a type", SCHEMA,
	    "-- name: f :one\n-- in: tenant\n-- out: id int\nSELECT id FROM item WHERE tenant = :tenant;\n",
	    "test.sql:2: 'tenant' should be: name int|text|blob" },
	{ "a type that is none", SCHEMA,
	    "-- name: f :one\n-- in: tenant bool\n-- out: id int\nSELECT id FROM item WHERE tenant = "
	    ":tenant;\n",
	    "test.sql:2: 'bool' is no type" },
	{ "a name that C does not take", SCHEMA,
	    "-- name: f :one\n-- in: tenant int\n-- out: default int\n"
	    "SELECT id AS default FROM item WHERE tenant = :tenant;\n",
	    "test.sql:3: 'default' is a word of C" },
	{ "a statement without a name", SCHEMA, "SELECT 1;\n", "test.sql:1: a statement without -- name:" },
	{ "a second statement under one name", SCHEMA,
	    FIND "SELECT id FROM item WHERE tenant = :tenant; DELETE FROM item;\n",
	    "test.sql:4: a statement without -- name:" },
	{ "a name without a statement", SCHEMA, "-- name: f :exec\n", "test.sql:1: f does not end with ';'" },
	{ "a name that is given twice", SCHEMA,
	    FIND "SELECT id FROM item WHERE tenant = :tenant;\n" FIND
		 "SELECT id FROM item WHERE tenant = :tenant;\n",
	    "test.sql:5: f is also the name of the statement at" },
	{ "a shape that is none", SCHEMA, "-- name: f :all\nDELETE FROM word;\n",
	    "test.sql:1: 'f' gives :one, :many or :exec" },
	{ "a statement that does not end", SCHEMA, FIND "SELECT id FROM item WHERE tenant = :tenant\n",
	    "test.sql:1: f does not end with ';'" },
	{ "a quote that does not end", SCHEMA,
	    FIND "SELECT id FROM item WHERE tenant = :tenant AND name = 'x;\n",
	    "test.sql:4: this quote is never closed" },
	{ "a note in the middle of a statement", SCHEMA,
	    "-- name: f :exec\nDELETE FROM word\n-- in: a int\n;\n",
	    "test.sql:3: -- in: belongs behind -- name:" },
	{ "a statement that forgets the tenant", SCHEMA,
	    "-- name: f :one\n-- out: id int\n\nSELECT id FROM item;\n",
	    "test.sql:1: f: table item belongs to tenants" },
	{ "a join that forgets the tenant", SCHEMA,
	    "-- name: f :one\n-- out: value text\nSELECT value FROM word JOIN item ON item.name = "
	    "word.name;\n",
	    "f: table item belongs to tenants" },
	{ "a list of tables that forgets the tenant", SCHEMA,
	    "-- name: f :one\n-- out: value text\nSELECT value FROM word w, item i WHERE i.name = w.name;\n",
	    "f: table item belongs to tenants" },
	{ "a subquery that forgets the tenant", SCHEMA,
	    "-- name: f :exec\nDELETE FROM word WHERE name IN (SELECT name FROM item);\n",
	    "f: table item belongs to tenants" },
	{ "any-tenant without a reason", SCHEMA, "-- name: f :exec\n-- any-tenant:\nDELETE FROM item;\n",
	    "test.sql:2: -- any-tenant: needs its reason" },
	{ "any-tenant where it is not needed", SCHEMA,
	    "-- name: f :exec\n-- any-tenant: why not\nDELETE FROM word;\n",
	    "test.sql:1: f: -- any-tenant: is not needed" },
	{ "a table that does not exist", SCHEMA, "-- name: f :exec\nDELETE FROM wrod;\n",
	    "test.sql:2: f: there is no table wrod" },
	{ "fewer columns than out says", SCHEMA,
	    "-- name: f :one\n-- out: name text, value text\nSELECT name FROM word;\n",
	    "f: gives 1 columns where -- out: says 2" },
	{ "columns in another order", SCHEMA,
	    "-- name: f :one\n-- out: name text, value text\nSELECT value, name FROM word;\n",
	    "test.sql:3: f: the column is value where -- out: says name" },
	{ "a column of another type", SCHEMA, "-- name: f :one\n-- out: name int\nSELECT name FROM word;\n",
	    "test.sql:3: f: name is text, not int" },
	{ "an expression without a name", SCHEMA,
	    "-- name: f :one\n-- out: total int\nSELECT count(*) FROM word;\n",
	    "test.sql:3: f: give this column its name: AS total" },
	{ "a column that no table has", SCHEMA,
	    "-- name: f :one\n-- out: nmae text\nSELECT nmae FROM word;\n",
	    "test.sql:3: f: no table here has a column nmae" },
	{ "an exec that gives columns", SCHEMA, "-- name: f :exec\nDELETE FROM word RETURNING name;\n",
	    "f: :exec gives no columns" },
	{ "a one without columns", SCHEMA, "-- name: f :one\n-- out: name text\nDELETE FROM word;\n",
	    "f: :one needs -- out:" },
	{ "an insert that leaves a column out", SCHEMA,
	    "-- name: f :exec\n-- in: name text\nINSERT INTO word (name) VALUES (:name);\n",
	    "test.sql:1: f: leaves out word.value, which has no default" },
	{ "an insert into a column that is not there", SCHEMA,
	    "-- name: f :exec\nINSERT INTO word (name, vlaue) VALUES ('a', 'b');\n",
	    "test.sql:2: f: word has no column vlaue" },
	{ "an insert with a value too many", SCHEMA,
	    "-- name: f :exec\nINSERT INTO word (name, value) VALUES ('a', 'b', 'c');\n",
	    "test.sql:2: f: more values than columns" },
	{ "an insert with a value too few", SCHEMA,
	    "-- name: f :exec\nINSERT INTO word (name, value) VALUES ('a');\n",
	    "test.sql:2: f: no value for value" },
	{ "an insert of another type", SCHEMA,
	    "-- name: f :exec\n-- in: v int\nINSERT INTO word (name, value) VALUES ('a', :v);\n",
	    "test.sql:3: f: column value is text, :v is int" },
	{ "an insert without columns", SCHEMA, "-- name: f :exec\nINSERT INTO word VALUES ('a', 'b');\n",
	    "f: name the columns" },
	{ "ordered where nothing is inserted", SCHEMA,
	    "-- name: f :exec\n-- ordered: why not\nDELETE FROM word;\n", "f: -- ordered: is for an INSERT" },
	{ "a sign that engines read in two ways", SCHEMA,
	    "-- name: f :exec\nDELETE FROM word WHERE name = `x`;\n", "test.sql:2: '`' is not SQL" },
	{ "a cast of PostgreSQL", SCHEMA, "-- name: f :exec\nDELETE FROM word WHERE name = 'a'::text;\n",
	    "test.sql:2: ':'" },
	{ "a column without a type", "CREATE TABLE a (\n\tb NOT NULL\n);\n", "",
	    "schema/0001_test.sql:2: a column is a name" },
	{ "a column of a type of one engine", "CREATE TABLE a (b VARCHAR);\n", "",
	    "0001_test.sql:1: a column is a name" },
	{ "a table that exists", "CREATE TABLE a (b INT);\nCREATE TABLE a (b INT);\n", "",
	    "0001_test.sql:2: table a exists" },
	{ "a table with more words behind it", "CREATE TABLE a (b INT) STRICT;\n", "",
	    "0001_test.sql:1: CREATE TABLE name" },
	{ "an index of a table that is not there", "CREATE INDEX i ON a (b);\n", "",
	    "0001_test.sql:1: an index ON a table" },
	{ "a change of a table that is not there", "ALTER TABLE a ADD COLUMN b INT;\n", "",
	    "0001_test.sql:1: ALTER TABLE of" },
	{ "a change that engines make in two ways",
	    "CREATE TABLE a (b INT);\nALTER TABLE a ALTER COLUMN b DROP DEFAULT;\n", "",
	    "0001_test.sql:2: ALTER TABLE can" },
	{ "what a migration has no business with", "VACUUM;\n", "", "0001_test.sql:1: a migration makes" },
	{ "a migration that does not end", "CREATE TABLE a (b INT)\n", "",
	    "0001_test.sql:1: a statement ends with ';'" },
	{ "an engine that there is not", "-- only: oracle\nCREATE TABLE a (b INT);\n", "",
	    "0001_test.sql:2: -- only:" },
};

static void what_is_wrong_is_refused_with_file_and_line(void **state)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		if (bake(refusals[i].schema, refusals[i].query) != 1 ||
		    !strstr(get_file("said"), refusals[i].said))
			fail_msg("%s: should say '%s', said '%s'", refusals[i].sentence, refusals[i].said,
			    get_file("said"));
	}
}

static void a_refusal_leaves_the_output_as_it_was(void **state)
{
	assert_int_equal(bake(SCHEMA, good), 0);
	char *before = strdup(get_file("out/sql_gen.h"));
	assert_int_equal(bake(SCHEMA, "SELECT 1;"), 1);
	assert_string_equal(get_file("out/sql_gen.h"), before);
	free(before);
}

static void versions_count_without_a_gap(void **state)
{
	char path[256];

	put_file("sql/schema/0003_late.sql", "CREATE TABLE late (a INT);\n");
	assert_int_equal(bake(SCHEMA, good), 1);
	expect_in("said", "0003_late.sql:1: versions count");
	(void)snprintf(path, sizeof path, "%s/sql/schema/0003_late.sql", dir);
	assert_int_equal(unlink(path), 0);
	put_file("sql/schema/late.sql", "");
	assert_int_equal(bake(SCHEMA, good), 1);
	expect_in("said", "late.sql:1: a migration is named NNNN_words.sql");
	(void)snprintf(path, sizeof path, "%s/sql/schema/late.sql", dir);
	assert_int_equal(unlink(path), 0);
}

static int drop_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static int make_dirs(void **state)
{
	static const char *const names[] = { "sql", "sql/schema", "sql/query", "out" };
	char path[128];

	(void)snprintf(dir, sizeof dir, "/tmp/gatehouse-test-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	for (size_t i = 0; i < COUNT(names); i++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		if (mkdir(path, 0700) != 0)
			return 1;
	}
	return 0;
}

static int drop_dirs(void **state)
{
	return nftw(dir, drop_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_become_functions),
		cmocka_unit_test(parameters_are_numbered_as_declared_and_strings_are_left_alone),
		cmocka_unit_test(types_are_rewritten_only_where_a_type_stands),
		cmocka_unit_test(a_statement_may_be_for_one_engine_only),
		cmocka_unit_test(an_unchanged_output_is_not_written_again),
		cmocka_unit_test(what_is_wrong_is_refused_with_file_and_line),
		cmocka_unit_test(a_refusal_leaves_the_output_as_it_was),
		cmocka_unit_test(versions_count_without_a_gap),
	};

	return cmocka_run_group_tests_name("bake_sql", tests, make_dirs, drop_dirs);
}
