#include <string.h>

#include "ops.h"

static void check_keys(const struct value *o, const char *what, const char *const *known)
{
	for (const struct value *v = o->first; v; v = v->next) {
		size_t i = 0;
		while (known[i] && strcmp(known[i], v->key) != 0)
			i++;
		if (!known[i])
			die(v->at, "%s: \"%s\" is not known here; a check in admin/op_args.c must come first",
			    what, v->key);
	}
}

static void check_schema(struct where at, const char *name, const struct value *schema)
{
	static const char *const keys[] = { "type", "properties", "required", "additionalProperties", NULL };
	static const char *const field_keys[] = { "type", "description", "enum", "default", "format",
		"minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "uniqueItems",
		"items", NULL };
	static const char *const item_keys[] = { "type", "maxLength", "enum", NULL };
	const struct value *more = value_get(schema, "additionalProperties");

	if (!schema || strcmp(value_text(schema, "type"), "object") != 0 ||
	    !value_get(schema, "properties") || !more || more->type != T_FALSE)
		die(schema ? schema->at : at,
		    "%s: the input schema is an object with properties and additionalProperties false", name);
	check_keys(schema, name, keys);
	for (const struct value *f = value_first(value_get(schema, "properties")); f; f = f->next) {
		check_keys(f, f->key, field_keys);
		if (value_get(f, "items"))
			check_keys(value_get(f, "items"), f->key, item_keys);
		if (!*value_text(f, "description"))
			die(f->at, "%s: %s has no description", name, f->key);
	}
	for (const struct value *r = value_first(value_get(schema, "required")); r; r = r->next)
		if (!value_get(value_get(schema, "properties"), r->text))
			die(r->at, "%s requires %s, which is no property", name, r->text);
}

void op_check(const struct value *op)
{
	static const char *const keys[] = { "name", "title", "function", "description", "scope", "permission",
		"own", "mcp", "readOnlyHint", "destructiveHint", "idempotentHint", "inputSchema",
		"outputSchema", NULL };
	const char *name = value_text(op, "name");

	if (op->type != T_OBJECT || !*name)
		die(op->at, "an operation is an object with a name");
	check_keys(op, name, keys);
	if (!*value_text(op, "title") || !*value_text(op, "function") || !*value_text(op, "description") ||
	    !value_get(op, "scope") || !value_get(op, "permission") || !value_get(op, "outputSchema") ||
	    !value_get(op, "readOnlyHint"))
		die(op->at,
		    "%s: title, function, description, scope, permission, readOnlyHint or outputSchema is "
		    "missing",
		    name);
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz_") != strlen(name))
		die(op->at, "%s: a name has small letters and underscores only", name);
	check_schema(op->at, name, value_get(op, "inputSchema"));
}
