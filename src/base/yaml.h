/*
 * yaml: configuration files as a tree, with the place of every key and value, so that an error names its line. A small
 * part of YAML: one document of mappings, sequences and scalars. Anchors, aliases, tags, keys that are no scalars,
 * duplicate keys, depth over 16 and texts over 1 MiB are refused.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/arena.h"
#include "base/err.h"

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };

#define YAML_DEPTH_MAX 16
#define YAML_SIZE_MAX ((size_t)1048576)
#define YAML_CHILDREN_MAX 4096 /* of one mapping or sequence */

struct yaml {
	enum yaml_type type;
	uint32_t count;           /* of children */
	str key;                  /* when a value in a mapping */
	int key_line, key_col;    /* from 1; 0 without a key */
	str text;                 /* of a scalar */
	int line, col;            /* from 1 */
	bool quoted;              /* a scalar in quotes or a block: never null, true or a number */
	const struct yaml *first; /* first child */
	const struct yaml *next;  /* next sibling */
};

/* Where and why a text was refused. */
struct yaml_fault {
	int line, col; /* from 1 */
	str why;       /* a short phrase, in the arena or static */
};

/*
 * Parses the whole text; an empty one is an empty mapping. Nodes and texts lie in the arena. Any refusal, also of size,
 * is ERR_YAML_SYNTAX, with *fault set (it may be NULL).
 */
CHECKED enum err yaml_parse(struct arena *mem, str text, const struct yaml **out, struct yaml_fault *fault);

/* A value by key; NULL when absent or when m is NULL or no mapping. */
const struct yaml *yaml_get(const struct yaml *m, str key);
/* A plain scalar that says nothing: empty, "~" or "null". */
bool yaml_is_null(const struct yaml *v);
/* A plain true or false, also "yes", "no", "on", "off" in lower case; false when v is none of these. */
bool yaml_bool_of(const struct yaml *v, bool *out);
/* A plain decimal integer; false when v is none. */
bool yaml_int_of(const struct yaml *v, int64_t *out);
/* for (YAML_EACH(item, v)) walks the children; NULL and scalars have none. */
#define YAML_EACH(it, v)                                 \
	const struct yaml *it = (v) ? (v)->first : NULL; \
	it;                                              \
	it = it->next

#endif
