/*
 * json: strict reader (RFC 8259) into the arena and a writer. Refused: duplicate keys, bad UTF-8, lone surrogates,
 * NUL (as \u0000), depth over 32, more than 65536 members of an object, trailing bytes, BOM. Keys are case-sensitive. Numbers are kept as their source text.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	enum json_type type;
	uint32_t count; /* members or items */
	str key;        /* decoded name, when a member of an object */
	str text;       /* string: decoded bytes; number: source text; array and object: source bytes */
	const struct json *first; /* first member or item */
	const struct json *next;  /* next sibling */
};

#define JSON_DEPTH_MAX 32

/* Where and why a text was refused. */
struct json_fault {
	size_t at;       /* byte offset */
	const char *why; /* a short phrase */
};

/* Parses the whole text. ERR_JSON_SYNTAX (fault says where, may be NULL), ERR_JSON_DEPTH, ERR_JSON_DUPLICATE, ERR_TOO_LARGE. */
CHECKED enum err json_parse(struct arena *mem, str text, const struct json **out, struct json_fault *fault);

/* A member by exact name; NULL when absent or when o is NULL or not an object. */
const struct json *json_get(const struct json *o, str name);
/* The member's string, or the empty slice when absent or not a string. json_str_of: of the value itself. */
str json_get_str(const struct json *o, str name);
str json_str_of(const struct json *v);
/* The member as an integer; false when absent, not a number, not integral or out of range. */
bool json_get_int(const struct json *o, str name, int64_t *out);
bool json_int_of(const struct json *v, int64_t *out);
/* True only when the member is the literal true. */
bool json_get_true(const struct json *o, str name);
/* for (JSON_EACH(item, array)) walks items or members; NULL arrays have none. */
#define JSON_EACH(it, v)                                 \
	const struct json *it = (v) ? (v)->first : NULL; \
	it;                                              \
	it = it->next

/*
 * Writer: commas and escapes are its business. Calls nest as the JSON does:
 *   struct jout j = JOUT(&buf); jout_object(&j, S("")); jout_str(&j, S("name"), v); jout_end(&j);
 * `key` is ignored (give S("")) inside arrays and at the top.
 */
struct jout {
	struct buf *b;
	uint32_t depth;
	bool comma;
	uint64_t arrays; /* bit per depth: inside an array */
};

#define JOUT(buf_)          \
	{                   \
		.b = (buf_) \
	}

void jout_object(struct jout *j, str key);
void jout_array(struct jout *j, str key);
void jout_end(struct jout *j); /* closes the innermost object or array */
void jout_str(struct jout *j, str key, str value);
void jout_strz(struct jout *j, str key, const char *value);
void jout_int(struct jout *j, str key, int64_t value);
void jout_bool(struct jout *j, str key, bool value);
void jout_null(struct jout *j, str key);
void jout_raw(struct jout *j, str key, str json); /* json must be valid JSON */
/* A parsed value again, as compact JSON. */
void jout_json(struct jout *j, str key, const struct json *v);
/* Each blank-separated word of words as an array of strings. */
void jout_words(struct jout *j, str key, str words);
/* Leaves the member out when value is empty: OAuth answers have no nulls and no empty strings. */
void jout_str_opt(struct jout *j, str key, str value);

#endif
