/*
 * Reads tables/ops/NOUN.json, each an array of operations, and writes ops_gen.h and ops_gen.c: the rows of admin/op.h with
 * the entry of tools/list as text and the checks of the arguments as tables.
 *
 * A keyword of an input schema that admin/op_args.c does not check is an error here: a schema promises nothing that is
 * not kept.
 */
#include "ops.h"

#include <stdlib.h>
#include <string.h>

#define OPS_MAX 200

static const struct value *ops[OPS_MAX];
static size_t op_count;

static void read_noun(const char *path, const char *noun)
{
	const struct value *all = value_read(path);
	(void)noun; /* operations name themselves */

	if (all->type != T_ARRAY)
		die(all->at, "the file is one array of operations");
	for (const struct value *op = all->first; op; op = op->next) {
		op_check(op);
		if (op_count == OPS_MAX)
			die(op->at, "more than %d operations", OPS_MAX);
		ops[op_count++] = op;
	}
}

static int by_name(const void *a, const void *b)
{
	const struct value *const *x = a, *const *y = b;

	return strcmp(value_text(*x, "name"), value_text(*y, "name"));
}

static void sort(void)
{
	qsort(ops, op_count, sizeof *ops, by_name);
	for (size_t i = 1; i < op_count; i++)
		if (by_name(&ops[i - 1], &ops[i]) == 0)
			die(ops[i]->at, "%s stands twice", value_text(ops[i], "name"));
}

static void put_header(FILE *h)
{
	fputs("/* Made by tools/bake of tables/ops. */\n#ifndef OPS_GEN_H\n#define "
	      "OPS_GEN_H\n\n#include \"admin/op.h\"\n\n"
	      "extern const struct op op_table[];\nextern const size_t op_count;\n\n",
	    h);
	for (size_t i = 0; i < op_count; i++)
		fprintf(h, "enum err %s(struct ctx *c, const struct op_call *q, struct jout *out);\n",
		    value_text(ops[i], "function"));
	fputs("\n#endif\n", h);
}

static void put_source(FILE *c)
{
	fputs("/* Made by tools/bake of tables/ops. */\n#include \"ops_gen.h\"\n\n", c);
	for (size_t i = 0; i < op_count; i++)
		op_put_fields(c, ops[i]);
	fputs("\nconst struct op op_table[] = {\n", c);
	for (size_t i = 0; i < op_count; i++)
		op_put_row(c, ops[i]);
	fprintf(c, "};\nconst size_t op_count = %zu;\n", op_count);
}

int bake_ops(const char *out_dir, const char *in_dir)
{
	struct made h, c;

	folder_each(in_dir, "json", read_noun);
	sort();
	made_open(&h, out_dir, "ops_gen.h");
	put_header(h.f);
	made_close(&h);
	made_open(&c, out_dir, "ops_gen.c");
	put_source(c.f);
	made_close(&c);
	return 0;
}
