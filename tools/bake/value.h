/*
 * value: a plain recursive reader of JSON, for files that are ours, and JSON again as the inside of a C string literal.
 * Numbers are whole ones, and of the escapes only those of quote, backslash, slash and line end are used.
 */
#ifndef BAKE_VALUE_H
#define BAKE_VALUE_H

#include "bake.h"

enum type { T_NULL, T_FALSE, T_TRUE, T_NUMBER, T_STRING, T_ARRAY, T_OBJECT };

struct value {
	enum type type;
	char *key;  /* member's name, decoded */
	char *text; /* string: decoded; number: as written */
	struct value *first, *next;
	struct where at;
};

/* The one value of a file; a member that stands twice is a mistake. */
const struct value *value_read(const char *path);

/* The member of this name; NULL without it, or when o is NULL. */
const struct value *value_get(const struct value *o, const char *name);
/* The first of an array or object; NULL when it is empty, or v is NULL. */
const struct value *value_first(const struct value *v);
/* The member's text; "" without it. */
const char *value_text(const struct value *o, const char *name);
/* Is the member there, and true? */
bool value_true(const struct value *o, const char *name);

void value_put(FILE *f, const struct value *v);
void value_put_string(FILE *f, const char *s);

#endif
