#include <string.h>

#include "ops.h"

static void put_str(FILE *c, const char *member, const char *s)
{
	fprintf(c, "\t\t.%s = S_INIT(", member);
	put_literal(c, s);
	fputs("),\n", c);
}

/* Arrays of the field's own items and choices come from the item's schema. */
static const struct value *choices(const struct value *f)
{
	const struct value *items = value_get(f, "items");

	return items ? value_get(items, "enum") : value_get(f, "enum");
}

static void put_choices(FILE *c, const struct value *op, const struct value *f)
{
	if (!choices(f))
		return;
	fprintf(c, "static const str choices_%s_%s[] = {\n", value_text(op, "name"), f->key);
	for (const struct value *i = value_first(choices(f)); i; i = i->next) {
		fputs("\tS_INIT(", c);
		put_literal(c, i->text);
		fputs("),\n", c);
	}
	fputs("};\n", c);
}

static void put_limit(FILE *c, const struct value *f, const char *keyword, const char *member)
{
	if (value_get(f, keyword))
		fprintf(c, "\t\t.has_%s = true,\n\t\t.%s = %s,\n", member, member, value_text(f, keyword));
}

static const char *type_of(const struct value *f)
{
	static const struct {
		const char *json, *c;
	} types[] = { { "string", "OP_STRING" }, { "integer", "OP_INTEGER" }, { "boolean", "OP_BOOLEAN" },
		{ "array", "OP_STRINGS" } };

	for (size_t i = 0; i < COUNT(types); i++)
		if (strcmp(value_text(f, "type"), types[i].json) == 0)
			return types[i].c;
	die(f->at, "%s: type %s is not used here", f->key, value_text(f, "type"));
}

static bool required(const struct value *schema, const char *name)
{
	for (const struct value *r = value_first(value_get(schema, "required")); r; r = r->next)
		if (strcmp(r->text, name) == 0)
			return true;
	return false;
}

static void put_field(FILE *c, const struct value *op, const struct value *f)
{
	const struct value *fallback = value_get(f, "default");
	const char *format = value_text(f, "format");

	fputs("\t{\n", c);
	put_str(c, "name", f->key);
	put_str(c, "help", value_text(f, "description"));
	fprintf(c, "\t\t.type = %s,\n", type_of(f));
	if (strcmp(format, "email") == 0)
		fputs("\t\t.format = OP_FORMAT_EMAIL,\n", c);
	else if (*format)
		die(f->at, "%s: format %s is not checked yet", f->key, format);
	if (required(value_get(op, "inputSchema"), f->key))
		fputs("\t\t.required = true,\n", c);
	if (value_true(f, "uniqueItems"))
		fputs("\t\t.unique = true,\n", c);
	put_limit(c, f, "minLength", "min");
	put_limit(c, f, "maxLength", "max");
	put_limit(c, f, "minimum", "min");
	put_limit(c, f, "maximum", "max");
	put_limit(c, f, "minItems", "min");
	put_limit(c, f, "maxItems", "max");
	if (value_get(value_get(f, "items"), "maxLength"))
		fprintf(c, "\t\t.item_max = %s,\n", value_text(value_get(f, "items"), "maxLength"));
	if (choices(f))
		fprintf(c, "\t\t.choices = choices_%s_%s,\n\t\t.choice_count = COUNT(choices_%s_%s),\n",
		    value_text(op, "name"), f->key, value_text(op, "name"), f->key);
	if (fallback)
		put_str(c, "fallback",
		    fallback->text                 ? fallback->text
			: fallback->type == T_TRUE ? "true"
						   : "false");
	fputs("\t},\n", c);
}

void op_put_fields(FILE *c, const struct value *op)
{
	const struct value *first = value_first(value_get(value_get(op, "inputSchema"), "properties"));

	for (const struct value *f = first; f; f = f->next)
		put_choices(c, op, f);
	if (!first)
		return;
	fprintf(c, "static const struct op_field fields_%s[] = {\n", value_text(op, "name"));
	for (const struct value *f = first; f; f = f->next)
		put_field(c, op, f);
	fputs("};\n", c);
}

/* The entry of tools/list. openWorldHint: nothing here talks to anybody outside. */
static void put_tool(FILE *c, const struct value *op)
{
	static const char *const parts[] = { "name", "title", "description", "inputSchema", "outputSchema" };
	static const char *const hints[] = { "readOnlyHint", "destructiveHint", "idempotentHint" };

	fputs("\t\t.tool = S_INIT(\"{", c);
	for (size_t i = 0; i < COUNT(parts); i++) {
		value_put_string(c, parts[i]);
		fputc(':', c);
		value_put(c, value_get(op, parts[i]));
		fputc(',', c);
	}
	value_put_string(c, "annotations");
	fputs(":{", c);
	for (size_t i = 0; i < COUNT(hints); i++) {
		if (!value_get(op, hints[i]))
			continue;
		value_put_string(c, hints[i]);
		fputc(':', c);
		value_put(c, value_get(op, hints[i]));
		fputc(',', c);
	}
	value_put_string(c, "openWorldHint");
	fputs(":false}}\"),\n", c);
}

void op_put_row(FILE *c, const struct value *op)
{
	static const char *const texts[] = { "name", "title", "description", "scope", "permission" };
	bool fields = value_first(value_get(value_get(op, "inputSchema"), "properties")) != NULL;

	fputs("\t{\n", c);
	for (size_t i = 0; i < COUNT(texts); i++)
		put_str(c, texts[i], value_text(op, texts[i]));
	fprintf(c, "\t\t.own = %s,\n", value_true(op, "own") ? "true" : "false");
	fprintf(c, "\t\t.mcp = %s,\n", value_true(op, "mcp") ? "true" : "false");
	fprintf(c, "\t\t.writes = %s,\n", value_true(op, "readOnlyHint") ? "false" : "true");
	fprintf(c, "\t\t.destructive = %s,\n", value_true(op, "destructiveHint") ? "true" : "false");
	if (fields)
		fprintf(c, "\t\t.fields = fields_%s,\n\t\t.field_count = COUNT(fields_%s),\n",
		    value_text(op, "name"), value_text(op, "name"));
	put_tool(c, op);
	fprintf(c, "\t\t.run = %s,\n\t},\n", value_text(op, "function"));
}
