/*
 * Turns sql/schema/NNNN_name.sql and sql/query/NOUN.sql into sql_gen.h and sql_gen.c, so that no program text holds SQL
 * and no SQL is put together at run time. What a reader of the SQL could overlook is refused: a parameter that is not
 * declared or not used, a statement that forgets the tenant, an out list that does not fit the columns, an INSERT that
 * leaves out a column without default.
 *
 * A statement:                              -- name: NAME :one | :many | :exec
 *                                           -- in: a int, b text, c blob
 *                                           -- out: x int, y text           (not for :exec)
 *                                           -- any-tenant: the reason       (it looks at every tenant's rows)
 *                                           -- ordered: the reason          (keys in the order of commits,
 *                                                                            listeners are woken)
 *                                           SELECT ... :a ... ;
 * Before a statement of the schema:         -- only: sqlite | pgsql
 */
#include "sql_statement.h"

int bake_sql(const char *out_dir, const char *in_dir)
{
	struct made h, c;

	folder_each(format("%s/schema", in_dir), "sql", schema_read);
	folder_each(format("%s/query", in_dir), "sql", query_read);
	for (size_t i = 0; i < statement_count; i++)
		statement_check(&statements[i]);
	if (fault_count())
		return 1;
	made_open(&h, out_dir, "sql_gen.h");
	sql_put_header(h.f);
	made_close(&h);
	made_open(&c, out_dir, "sql_gen.c");
	sql_put_source(c.f);
	made_close(&c);
	return 0;
}
