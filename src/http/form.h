/* form: application/x-www-form-urlencoded and query strings into typed structs, from tables (tables/params). */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include "http/msg.h"
#include "base/secret.h"

#define FORM_FIELDS_MAX 100

struct form_field {
	str name, value; /* decoded */
};

struct form {
	const struct form_field *fields;
	size_t count;
};

/* Splits and decodes. ERR_PARAM_SYNTAX on broken escapes, NUL, bad UTF-8, more than FORM_FIELDS_MAX fields. */
CHECKED enum err form_parse(struct arena *mem, str text, struct form *out);
/* The value by name; p == NULL when absent. */
str form_get(const struct form *f, str name);

/* Alphabets a row may ask for. */
enum param_kind {
	PARAM_TEXT,   /* any UTF-8 without control characters */
	PARAM_VSCHAR, /* %x20-7E (RFC 6749 appendix A) */
	PARAM_TOKEN,  /* [A-Za-z0-9._~-]+ */
	PARAM_URI,    /* %x21-7E without \ < > " */
	PARAM_SCOPE,  /* scope tokens and single blanks; also empty */
	PARAM_SECRET, /* VSCHAR, stored as struct secret */
	PARAM_LIST,   /* repeatable URI: the struct member is struct param_list (resource) */
	PARAM_ANY,    /* any UTF-8 without NUL: carried, not understood (state) */
};

struct param_list {
	str items[8];
	size_t count;
};

/* A row of a params table. */
struct param_row {
	str name;
	enum param_kind kind;
	size_t max;    /* bytes */
	size_t offset; /* of the member in the struct */
};

/*
 * Fills a typed struct (zeroed by the caller) from a form: duplicates refused (ERR_PARAM_DUPLICATE), too long
 * (ERR_PARAM_TOO_LONG), wrong alphabet (ERR_PARAM_ALPHABET); unknown ones ignored. An empty value counts as absent
 * (RFC 6749 section 3.1) but for its duplicate. *which names the offender.
 */
CHECKED enum err param_fill(
    const struct form *f, const struct param_row *rows, size_t count, void *out, str *which);

#endif
