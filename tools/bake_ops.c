/*
 * bake_ops: reads tables/ops/NOUN.json, each an array of operations, and writes ops_gen.h and ops_gen.c: the rows of
 * admin/op.h with the entry of tools/list as text and the checks of the arguments as tables.
 *
 *   bake_ops OUTDIR tables/ops/
 *
 * A keyword of an input schema that admin/op_args.c does not check is an error here: a schema promises nothing that is
 * not kept. The files are ours, so the reader is a plain recursive one.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum type { T_NULL, T_FALSE, T_TRUE, T_NUMBER, T_STRING, T_ARRAY, T_OBJECT };

struct value {
	enum type type;
	char *key;  /* member's name, decoded */
	char *text; /* string: decoded; number: as written */
	struct value *first, *next;
};

static const char *file; /* being read */
static const char *start, *at;

static void die(const char *fmt, ...)
{
	va_list ap;
	int line = 1;

	for (const char *p = start; p && p < at; p++)
		line += *p == '\n';
	fprintf(stderr, "%s:%d: ", file ? file : "bake_ops", line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void *take(size_t n)
{
	void *p = calloc(1, n);

	if (!p)
		die("no memory");
	return p;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static void blanks(void)
{
	while (*at && strchr(" \t\r\n", *at))
		at++;
}

static char *read_string(void)
{
	char *out = take(strlen(at) + 1), *to = out;

	for (at++; *at != '"'; at++) {
		if ((unsigned char)*at < 0x20)
			die("a control character or the end in a string");
		if (*at != '\\') {
			*to++ = *at;
			continue;
		}
		at++;
		if (*at == 'n')
			*to++ = '\n';
		else if (*at == '"' || *at == '\\' || *at == '/')
			*to++ = *at;
		else
			die("this escape is not used here: \\%c", *at);
	}
	at++;
	return out;
}

static struct value *read_value(void);

static void read_children(struct value *v, char close)
{
	struct value **tail = &v->first;

	at++;
	for (blanks(); *at != close; blanks()) {
		char *key = NULL;
		if (v->first) {
			if (*at++ != ',')
				die("a comma is missing");
			blanks();
		}
		if (close == '}') {
			if (*at != '"')
				die("a member's name is missing");
			key = read_string();
			blanks();
			if (*at++ != ':')
				die("a colon is missing");
			for (struct value *o = v->first; o; o = o->next)
				if (strcmp(o->key, key) == 0)
					die("\"%s\" stands twice", key);
		}
		*tail = read_value();
		(*tail)->key = key;
		tail = &(*tail)->next;
	}
	at++;
}

static struct value *read_value(void)
{
	static const struct {
		const char *word;
		enum type type;
	} words[] = { { "null", T_NULL }, { "false", T_FALSE }, { "true", T_TRUE } };
	struct value *v = take(sizeof *v);

	blanks();
	if (*at == '{') {
		v->type = T_OBJECT;
		read_children(v, '}');
	} else if (*at == '[') {
		v->type = T_ARRAY;
		read_children(v, ']');
	} else if (*at == '"') {
		v->type = T_STRING;
		v->text = read_string();
	} else if (strspn(at, "-0123456789")) {
		size_t n = strspn(at, "-0123456789");
		v->type = T_NUMBER;
		v->text = take(n + 1);
		memcpy(v->text, at, n);
		at += n;
	} else {
		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			size_t n = strlen(words[i].word);
			if (strncmp(at, words[i].word, n) == 0) {
				v->type = words[i].type;
				at += n;
				return v;
			}
		}
		die("this is no JSON");
	}
	return v;
}

static struct value *get(const struct value *o, const char *name)
{
	for (struct value *v = o ? o->first : NULL; v; v = v->next)
		if (v->key && strcmp(v->key, name) == 0)
			return v;
	return NULL;
}

static const struct value *children(const struct value *v)
{
	return v ? v->first : NULL;
}

static const char *text(const struct value *o, const char *name)
{
	const struct value *v = get(o, name);

	return v && v->text ? v->text : "";
}

static bool is_true(const struct value *o, const char *name)
{
	const struct value *v = get(o, name);

	return v && v->type == T_TRUE;
}

/* ---- JSON again, as the inside of a C string literal -------------------------------------------------------------- */

static FILE *out;

static void put_byte(unsigned char c)
{
	if (c == '"' || c == '\\')
		fprintf(out, "\\%c", c);
	else if (c == '\n')
		fputs("\\n", out);
	else if (c < 0x20 || c > 0x7e || c == '?') /* '?': no trigraphs */
		fprintf(out, "\\%03o", c);
	else
		fputc(c, out);
}

static void put_c(const char *s)
{
	for (; *s; s++)
		put_byte((unsigned char)*s);
}

/* A JSON string inside a C string. */
static void put_json_string(const char *s)
{
	fputs("\\\"", out);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputs("\\\\", out);
		if (*s == '\n')
			fputs("\\\\n", out);
		else
			put_byte((unsigned char)*s);
	}
	fputs("\\\"", out);
}

static void put_json(const struct value *v)
{
	static const char *const words[] = { "null", "false", "true" };

	switch (v->type) {
	case T_NULL:
	case T_FALSE:
	case T_TRUE:
		fputs(words[v->type], out);
		break;
	case T_NUMBER:
		fputs(v->text, out);
		break;
	case T_STRING:
		put_json_string(v->text);
		break;
	case T_ARRAY:
	case T_OBJECT:
		fputc(v->type == T_ARRAY ? '[' : '{', out);
		for (const struct value *i = v->first; i; i = i->next) {
			if (i != v->first)
				fputc(',', out);
			if (i->key) {
				put_json_string(i->key);
				fputc(':', out);
			}
			put_json(i);
		}
		fputc(v->type == T_ARRAY ? ']' : '}', out);
		break;
	}
}

/* ---- checks of the table itself ------------------------------------------------------------------------------------ */

static void check_keys(const struct value *o, const char *what, const char *const *known)
{
	for (const struct value *v = o->first; v; v = v->next) {
		size_t i = 0;
		while (known[i] && strcmp(known[i], v->key) != 0)
			i++;
		if (!known[i])
			die("%s: \"%s\" is not known here; a check in admin/op_args.c must come first", what,
			    v->key);
	}
}

static void check_schema(const char *name, const struct value *schema)
{
	static const char *const keys[] = { "type", "properties", "required", "additionalProperties", NULL };
	static const char *const field_keys[] = { "type", "description", "enum", "default", "format",
		"minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "uniqueItems",
		"items", NULL };
	static const char *const item_keys[] = { "type", "maxLength", "enum", NULL };
	const struct value *more = get(schema, "additionalProperties");

	if (!schema || strcmp(text(schema, "type"), "object") != 0 || !get(schema, "properties") || !more ||
	    more->type != T_FALSE)
		die("%s: the input schema is an object with properties and additionalProperties false", name);
	check_keys(schema, name, keys);
	for (const struct value *f = children(get(schema, "properties")); f; f = f->next) {
		check_keys(f, f->key, field_keys);
		if (get(f, "items"))
			check_keys(get(f, "items"), f->key, item_keys);
		if (!*text(f, "description"))
			die("%s: %s has no description", name, f->key);
	}
	for (const struct value *r = children(get(schema, "required")); r; r = r->next)
		if (!get(get(schema, "properties"), r->text))
			die("%s requires %s, which is no property", name, r->text);
}

static void check_operation(const struct value *op)
{
	static const char *const keys[] = { "name", "title", "function", "description", "scope", "permission",
		"own", "mcp", "readOnlyHint", "destructiveHint", "idempotentHint", "inputSchema",
		"outputSchema", NULL };
	const char *name = text(op, "name");

	if (op->type != T_OBJECT || !*name)
		die("an operation is an object with a name");
	check_keys(op, name, keys);
	if (!*text(op, "title") || !*text(op, "function") || !*text(op, "description") || !get(op, "scope") ||
	    !get(op, "permission") || !get(op, "outputSchema") || !get(op, "readOnlyHint"))
		die("%s: title, function, description, scope, permission, readOnlyHint or outputSchema is "
		    "missing",
		    name);
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz_") != strlen(name))
		die("%s: a name has small letters and underscores only", name);
	check_schema(name, get(op, "inputSchema"));
}

/* ---- writing ------------------------------------------------------------------------------------------------------- */

static void put_str(const char *member, const char *s)
{
	fprintf(out, "\t\t.%s = S_INIT(\"", member);
	put_c(s);
	fputs("\"),\n", out);
}

/* Arrays of the field's own items and choices come from the item's schema. */
static const struct value *choices(const struct value *f)
{
	const struct value *items = get(f, "items");

	return items ? get(items, "enum") : get(f, "enum");
}

static void put_choices(const struct value *op, const struct value *f)
{
	if (!choices(f))
		return;
	fprintf(out, "static const str choices_%s_%s[] = {\n", text(op, "name"), f->key);
	for (const struct value *c = children(choices(f)); c; c = c->next) {
		fputs("\tS_INIT(\"", out);
		put_c(c->text);
		fputs("\"),\n", out);
	}
	fputs("};\n", out);
}

static void put_limit(const struct value *f, const char *keyword, const char *member)
{
	if (get(f, keyword))
		fprintf(out, "\t\t.has_%s = true,\n\t\t.%s = %s,\n", member, member, text(f, keyword));
}

static const char *type_of(const struct value *f)
{
	static const struct {
		const char *json, *c;
	} types[] = { { "string", "OP_STRING" }, { "integer", "OP_INTEGER" }, { "boolean", "OP_BOOLEAN" },
		{ "array", "OP_STRINGS" } };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(text(f, "type"), types[i].json) == 0)
			return types[i].c;
	die("%s: type %s is not used here", f->key, text(f, "type"));
	return "";
}

static bool required(const struct value *schema, const char *name)
{
	for (const struct value *r = children(get(schema, "required")); r; r = r->next)
		if (strcmp(r->text, name) == 0)
			return true;
	return false;
}

static void put_field(const struct value *op, const struct value *f)
{
	const struct value *fallback = get(f, "default");
	const char *format = text(f, "format");

	fputs("\t{\n", out);
	put_str("name", f->key);
	put_str("help", text(f, "description"));
	fprintf(out, "\t\t.type = %s,\n", type_of(f));
	if (strcmp(format, "email") == 0)
		fputs("\t\t.format = OP_FORMAT_EMAIL,\n", out);
	else if (*format)
		die("%s: format %s is not checked yet", f->key, format);
	if (required(get(op, "inputSchema"), f->key))
		fputs("\t\t.required = true,\n", out);
	if (is_true(f, "uniqueItems"))
		fputs("\t\t.unique = true,\n", out);
	put_limit(f, "minLength", "min");
	put_limit(f, "maxLength", "max");
	put_limit(f, "minimum", "min");
	put_limit(f, "maximum", "max");
	put_limit(f, "minItems", "min");
	put_limit(f, "maxItems", "max");
	if (get(get(f, "items"), "maxLength"))
		fprintf(out, "\t\t.item_max = %s,\n", text(get(f, "items"), "maxLength"));
	if (choices(f))
		fprintf(out, "\t\t.choices = choices_%s_%s,\n\t\t.choice_count = COUNT(choices_%s_%s),\n",
		    text(op, "name"), f->key, text(op, "name"), f->key);
	if (fallback)
		put_str("fallback",
		    fallback->text                 ? fallback->text
			: fallback->type == T_TRUE ? "true"
						   : "false");
	fputs("\t},\n", out);
}

static void put_fields(const struct value *op)
{
	const struct value *first = children(get(get(op, "inputSchema"), "properties"));

	for (const struct value *f = first; f; f = f->next)
		put_choices(op, f);
	if (!first)
		return;
	fprintf(out, "static const struct op_field fields_%s[] = {\n", text(op, "name"));
	for (const struct value *f = first; f; f = f->next)
		put_field(op, f);
	fputs("};\n", out);
}

/* The entry of tools/list. openWorldHint: nothing here talks to anybody outside. */
static void put_tool(const struct value *op)
{
	static const char *const parts[] = { "name", "title", "description", "inputSchema", "outputSchema" };
	static const char *const hints[] = { "readOnlyHint", "destructiveHint", "idempotentHint" };

	fputs("\t\t.tool = S_INIT(\"{", out);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		put_json_string(parts[i]);
		fputc(':', out);
		put_json(get(op, parts[i]));
		fputc(',', out);
	}
	put_json_string("annotations");
	fputs(":{", out);
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
		if (!get(op, hints[i]))
			continue;
		put_json_string(hints[i]);
		fputc(':', out);
		put_json(get(op, hints[i]));
		fputc(',', out);
	}
	put_json_string("openWorldHint");
	fputs(":false}}\"),\n", out);
}

static void put_operation(const struct value *op)
{
	static const char *const texts[] = { "name", "title", "description", "scope", "permission" };
	bool fields = children(get(get(op, "inputSchema"), "properties")) != NULL;

	fputs("\t{\n", out);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		put_str(texts[i], text(op, texts[i]));
	fprintf(out, "\t\t.own = %s,\n", is_true(op, "own") ? "true" : "false");
	fprintf(out, "\t\t.mcp = %s,\n", is_true(op, "mcp") ? "true" : "false");
	fprintf(out, "\t\t.writes = %s,\n", is_true(op, "readOnlyHint") ? "false" : "true");
	fprintf(out, "\t\t.destructive = %s,\n", is_true(op, "destructiveHint") ? "true" : "false");
	if (fields)
		fprintf(out, "\t\t.fields = fields_%s,\n\t\t.field_count = COUNT(fields_%s),\n",
		    text(op, "name"), text(op, "name"));
	put_tool(op);
	fprintf(out, "\t\t.run = %s,\n\t},\n", text(op, "function"));
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

#define OPS_MAX 200

static const struct value *ops[OPS_MAX];
static size_t op_count;

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *s = take(1 << 20);

	if (!f || fread(s, 1, (1 << 20) - 1, f) == 0)
		die("%s cannot be read", path);
	fclose(f);
	return s;
}

static void read_file(const char *dir, const char *name)
{
	size_t size = strlen(dir) + strlen(name) + 1;
	char *path = take(size);

	snprintf(path, size, "%s%s", dir, name);
	file = path;
	start = at = slurp(path);
	struct value *all = read_value();
	blanks();
	if (all->type != T_ARRAY || *at)
		die("the file is one array of operations");
	for (const struct value *op = all->first; op; op = op->next) {
		check_operation(op);
		if (op_count == OPS_MAX)
			die("more than %d operations", OPS_MAX);
		ops[op_count++] = op;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(
	    text(*(const struct value *const *)a, "name"), text(*(const struct value *const *)b, "name"));
}

static void open_out(const char *dir, const char *name)
{
	size_t size = strlen(dir) + strlen(name) + 2;
	char *path = take(size);

	snprintf(path, size, "%s/%s", dir, name);
	out = fopen(path, "w");
	if (!out)
		die("%s cannot be written", path);
	free(path);
}

static void close_out(void)
{
	if (ferror(out) || fclose(out) != 0)
		die("writing failed");
}

int main(int argc, char **argv)
{
	struct dirent **names;

	if (argc != 3)
		die("usage: bake_ops OUTDIR tables/ops/");
	int n = scandir(argv[2], &names, NULL, alphasort);
	if (n < 0)
		die("%s cannot be read", argv[2]);
	for (int i = 0; i < n; i++) {
		size_t len = strlen(names[i]->d_name);
		if (len > 5 && strcmp(names[i]->d_name + len - 5, ".json") == 0)
			read_file(argv[2], names[i]->d_name);
	}
	file = NULL;
	start = NULL;
	qsort(ops, op_count, sizeof *ops, by_name);
	for (size_t i = 1; i < op_count; i++)
		if (strcmp(text(ops[i - 1], "name"), text(ops[i], "name")) == 0)
			die("%s stands twice", text(ops[i], "name"));

	open_out(argv[1], "ops_gen.h");
	fputs("/* Made by tools/bake_ops.c from tables/ops. */\n#ifndef OPS_GEN_H\n#define "
	      "OPS_GEN_H\n\n#include \"admin/op.h\"\n\n"
	      "extern const struct op op_table[];\nextern const size_t op_count;\n\n",
	    out);
	for (size_t i = 0; i < op_count; i++)
		fprintf(out, "enum err %s(struct ctx *c, const struct op_call *q, struct jout *out);\n",
		    text(ops[i], "function"));
	fputs("\n#endif\n", out);
	close_out();

	open_out(argv[1], "ops_gen.c");
	fputs("/* Made by tools/bake_ops.c from tables/ops. */\n#include \"ops_gen.h\"\n\n", out);
	for (size_t i = 0; i < op_count; i++)
		put_fields(ops[i]);
	fputs("\nconst struct op op_table[] = {\n", out);
	for (size_t i = 0; i < op_count; i++)
		put_operation(ops[i]);
	fprintf(out, "};\nconst size_t op_count = %zu;\n", op_count);
	close_out();
	return 0;
}
