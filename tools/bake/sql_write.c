#include <string.h>

#include "sql_statement.h"

struct numbers {
	const struct statement *s;
	char sign; /* '?' or '$' */
	char text[8];
};

/* Explicit numbers also for SQLite: it would count $names by first appearance, in the order of the text. */
static const char *change_param(const struct token *t, void *arg)
{
	struct numbers *n = arg;

	if (t->kind != PARAM)
		return NULL;
	snprintf(n->text, sizeof n->text, "%c%zu", n->sign, field_index(&n->s->in, t) + 1);
	return n->text;
}

static void put_struct(FILE *h, const struct statement *s, const struct fields *fields, const char *suffix)
{
	if (!fields->n)
		return;
	fprintf(h, "struct %s_%s {\n", s->name, suffix);
	for (size_t i = 0; i < fields->n; i++)
		fprintf(h, "\t%s%s;\n", fields->v[i].type == INT ? "int64_t " : "str ", fields->v[i].name);
	fputs("};\n", h);
}

static void put_prototype(FILE *f, const struct statement *s)
{
	fprintf(f, "enum err q_%s(struct db *db, struct arena *mem", s->name);
	if (s->in.n)
		fprintf(f, ", const struct %s_in *in", s->name);
	if (s->shape == ONE)
		fprintf(f, ", struct %s_out *out)", s->name);
	else if (s->shape == MANY)
		fprintf(f, ", const struct %s_out **rows, size_t *count)", s->name);
	else
		fputs(", int64_t *changed)", f);
}

void sql_put_header(FILE *h)
{
	fputs("/* Made by tools/bake of sql/. */\n#ifndef SQL_GEN_H\n#define SQL_GEN_H\n\n#include "
	      "\"store/db.h\"\n\n",
	    h);
	fputs("enum sql_id {\n", h);
	for (size_t i = 0; i < statement_count; i++) {
		fputs("\tSQL_", h);
		put_upper(h, statements[i].name);
		fputs(",\n", h);
	}
	fputs("\tSQL_COUNT\n};\n", h);
	for (size_t i = 0; i < statement_count; i++) {
		const struct statement *s = &statements[i];
		fprintf(h, "\n/* %s:%d */\n", strrchr(s->at->where.path, '/') + 1, s->at->where.line);
		put_struct(h, s, &s->in, "in");
		put_struct(h, s, &s->out, "out");
		fputs("CHECKED ", h);
		put_prototype(h, s);
		fputs(";\n", h);
	}
	fputs("\n#endif\n", h);
}

static void put_layout(FILE *c, const struct statement *s, const struct fields *fields, const char *suffix)
{
	if (!fields->n)
		return;
	fprintf(c, "static const struct sql_field %s_%s_fields[] = {\n", s->name, suffix);
	for (size_t i = 0; i < fields->n; i++) {
		static const char *const names[] = { "SQL_INT", "SQL_TEXT", "SQL_BLOB" };
		fprintf(c, "\t{ offsetof(struct %s_%s, %s), %s },\n", s->name, suffix, fields->v[i].name,
		    names[fields->v[i].type]);
	}
	fputs("};\n", c);
}

static void put_row(FILE *c, const struct statement *s)
{
	static const char *const shapes[] = { "SQL_ONE", "SQL_MANY", "SQL_EXEC" };
	struct numbers n = { .s = s };

	fputs("\t{ .id = SQL_", c);
	put_upper(c, s->name);
	fprintf(c, ", .name = \"%s\", .shape = %s, .writes = %s, .guarded = %s, .ordered = %s,\n", s->name,
	    shapes[s->shape], s->writes ? "true" : "false", s->guarded ? "true" : "false",
	    s->ordered ? "true" : "false");
	if (s->in.n)
		fprintf(c, "\t    .in = %s_in_fields, .in_count = %zu,\n", s->name, s->in.n);
	if (s->out.n)
		fprintf(c,
		    "\t    .out = %s_out_fields, .out_count = %zu, .out_size = sizeof(struct %s_out),\n",
		    s->name, s->out.n, s->name);
	fputs("\t    .text = {\n", c);
	for (int d = 0; d < DIALECTS; d++) {
		n.sign = d == SQLITE ? '?' : '$';
		fputs("\t\t", c);
		put_literal(c, tokens_text(s->first, s->n, change_param, &n));
		fputs(",\n", c);
	}
	fputs("\t    } },\n", c);
}

static void put_functions(FILE *c)
{
	for (size_t i = 0; i < statement_count; i++) {
		const struct statement *s = &statements[i];
		put_prototype(c, s);
		fputs(
		    s->shape == MANY ? "\n{\n\tconst void *found = NULL;\n\tenum err e = " : "\n{\n\treturn ",
		    c);
		fprintf(c, "db_%s(db, mem, &sql_statements[SQL_", shape_names[s->shape]);
		put_upper(c, s->name);
		fprintf(c, "], %s, ", s->in.n ? "in" : "NULL");
		fputs(s->shape == ONE      ? "out);\n}\n\n"
			: s->shape == EXEC ? "changed);\n}\n\n"
					   : "&found, count);\n\n\t*rows = found;\n\treturn e;\n}\n\n",
		    c);
	}
}

static void put_migrations(FILE *c)
{
	for (size_t i = 0; i < migration_count; i++)
		for (int d = 0; d < DIALECTS; d++) {
			fprintf(c, "static const char *const %s_%d[] = {\n", dialect_names[d],
			    migrations[i].version);
			for (size_t k = 0; k < migrations[i].n[d]; k++) {
				fputc('\t', c);
				put_literal(c, migrations[i].text[d][k]);
				fputs(",\n", c);
			}
			fputs("\tNULL,\n};\n\n", c);
		}
	fputs("const struct sql_migration sql_migrations[] = {\n", c);
	for (size_t i = 0; i < migration_count; i++)
		fprintf(c, "\t{ %d, { sqlite_%d, pgsql_%d } },\n", migrations[i].version,
		    migrations[i].version, migrations[i].version);
	fprintf(c, "\t{ 0 },\n};\nconst int sql_version = %zu;\n", migration_count);
}

void sql_put_source(FILE *c)
{
	fputs("/* Made by tools/bake of sql/. */\n#include \"sql_gen.h\"\n\n#include "
	      "\"store/driver.h\"\n\n",
	    c);
	for (size_t i = 0; i < statement_count; i++) {
		put_layout(c, &statements[i], &statements[i].in, "in");
		put_layout(c, &statements[i], &statements[i].out, "out");
	}
	fputs("\nconst size_t sql_statement_count = SQL_COUNT;\nconst struct sql_statement "
	      "sql_statements[SQL_COUNT + 1] = {\n",
	    c);
	for (size_t i = 0; i < statement_count; i++)
		put_row(c, &statements[i]);
	fputs("};\n\n", c);
	put_functions(c);
	put_migrations(c);
}
