/* sql_statement: the named statements: read by sql_query.c, judged by sql_check.c, written by sql_write.c. */
#ifndef BAKE_SQL_STATEMENT_H
#define BAKE_SQL_STATEMENT_H

#include "sql_schema.h"

enum shape { ONE, MANY, EXEC, SHAPES };

extern const char *const shape_names[SHAPES];

struct field {
	char *name;
	enum type type;
};

struct fields {
	struct field v[FIELDS_MAX];
	size_t n;
};

struct statement {
	char *name;
	enum shape shape;
	struct fields in, out;
	bool any_tenant, ordered;
	bool writes, guarded; /* found by statement_check */
	struct token *at;     /* the note with its name */
	struct token *first;  /* of the text */
	size_t n;
	struct table *tables[8]; /* that it names */
	size_t table_count;
};

extern struct statement *statements;
extern size_t statement_count;

/* Reads the statements of one noun. */
void query_read(const char *path, const char *noun);
/* The place of :param in the list, or FIELDS_MAX. */
size_t field_index(const struct fields *f, const struct token *param);
/* Needs the whole schema. */
void statement_check(struct statement *s);

void sql_put_header(FILE *h);
void sql_put_source(FILE *c);

#endif
