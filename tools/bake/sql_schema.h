/* sql_schema: the migrations, as both engines take them, and the tables that stand when all have run. */
#ifndef BAKE_SQL_SCHEMA_H
#define BAKE_SQL_SCHEMA_H

#include "sql_token.h"

#define FIELDS_MAX 64

enum dialect { SQLITE, PGSQL, DIALECTS };
enum type { INT, TEXT, BLOB, TYPES };

extern const char *const dialect_names[DIALECTS];
extern const char *const type_names[TYPES];

struct column {
	char *name;
	enum type type;
	bool unique;   /* part of a UNIQUE or a PRIMARY KEY that we do not give ids for */
	bool required; /* an INSERT must name it */
};

struct table {
	char *name;
	struct column v[FIELDS_MAX];
	size_t n;
};

struct migration {
	int version;
	char **text[DIALECTS];
	size_t n[DIALECTS];
};

extern struct migration migrations[1000];
extern size_t migration_count;

/* Reads NNNN_words.sql. */
void schema_read(const char *path, const char *name);

/* NULL when there is none of this name. */
struct table *table_find(const struct token *t);
struct column *column_find(struct table *table, const struct token *t);

#endif
