/*
 * ui_view: the fields that a page declares on top, and the structs made of them.
 *
 *   {{! view
 *   	email  str                 what was typed        -> str email;
 *   	wait   int                 seconds               -> int64_t wait;
 *   	fresh  flag                                      -> bool fresh;
 *   	scopes list consent_scope {                      -> const struct view_consent_scope *scopes;
 *   		words str                                    size_t scopes_count;
 *   	}
 *   }}
 *
 * Pages may declare the same list struct, letter for letter; then they share it.
 */
#ifndef BAKE_UI_VIEW_H
#define BAKE_UI_VIEW_H

#include "bake.h"

#define NAME_SIZE 40 /* with the NUL */
#define FIELDS_MAX 32

enum type { TYPE_STR, TYPE_INT, TYPE_FLAG, TYPE_LIST };

struct shape;

struct field {
	char name[NAME_SIZE];
	enum type type;
	struct shape *shape; /* of a list */
	char words[120];
	int line;
	bool used;
};

struct shape {
	char name[NAME_SIZE];
	struct field fields[FIELDS_MAX];
	size_t count;
};

/* Are these a-z, 0-9 and _, a letter in front? */
bool name_good(const char *s);

struct shape *shape_new(struct where at, const char *name);
/* NULL when the shape has no field of this name. */
struct field *shape_field(struct shape *s, const char *name);

/* Reads lines of fields up to the closing brace, or to the end of the text when this is the page's own list. */
void view_parse(struct where *at, char **text, struct shape *s, bool nested);
/* Declares the struct, those of its lists first, each once. */
void view_declare(struct where at, FILE *h, struct shape *s);
/* Every field is there to be shown. */
void view_check_used(const char *path, const struct shape *s);

#endif
