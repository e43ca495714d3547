/* config_inner: what the files of the binder share. Private to core/config_*.c. */
#ifndef CORE_CONFIG_INNER_H
#define CORE_CONFIG_INNER_H

#include "core/config_bind.h"
#include "core/config_table.h"

#include <stddef.h>

#define CONFIG_ITEMS_MAX 1000   /* resources, clients */
#define CONFIG_INCLUDES_MAX 100 /* files */
#define CONFIG_WORDS_MAX 100    /* items of a small list: scopes, redirect URIs */

/* The state while binding. */
struct config_bind {
	struct arena *mem;
	const struct config_input *in;
	struct config *out;
	struct config_problem *problem;
	str file;      /* being read */
	bool included; /* an included file may not include */
	str *where;    /* per row: where its value came from; empty: the default */
	struct config_resource *resources;
	struct config_client *clients;
	struct config_tls *tls;
	str includes[CONFIG_INCLUDES_MAX];
	size_t include_count;
};

/* Says what is wrong at a place; always gives ERR_PARAM_VALUE. */
enum err config_fail(struct config_bind *b, str where, const char *fmt, ...) PRINTF(3, 4);
/* "gatehouse.yml:3:7" of a value, and of its key. */
str config_place(const struct config_bind *b, const struct yaml *v);
str config_key_place(const struct config_bind *b, const struct yaml *v);
/* Where the value of a whole key came from: "gatehouse.yml:3:7", "GATEHOUSE_LISTEN", "--listen"; "the default of listen". */
str config_where(const struct config_bind *b, str key);

/* The scalar with ${VARIABLES} put in; refuses maps and lists. */
CHECKED enum err config_scalar(struct config_bind *b, const struct yaml *v, str *out);
/* The same for a text that is no YAML. */
CHECKED enum err config_expand(struct config_bind *b, str where, str text, str *out);
/* A secret: ${VARIABLE}, file://PATH, or the text itself (*literal). */
CHECKED enum err config_secret(struct config_bind *b, const struct yaml *v, str *out, bool *literal);
CHECKED enum err config_secret_text(struct config_bind *b, str where, str text, str *out, bool *literal);
/* Puts a text into the row's member by its kind. */
CHECKED enum err config_set(struct config_bind *b, const struct config_row *row, str where, str text);
/* One item of a list that is kept as text, checked by its kind. */
CHECKED enum err config_item(struct config_bind *b, enum config_kind kind, str where, str text);
/* A list of scalars as blank-separated words, each without blanks. */
CHECKED enum err config_words(struct config_bind *b, const struct yaml *v, str *out);

/* A key of a mapping that is none of the known ones, said with the nearest one. */
enum err config_unknown(struct config_bind *b, const struct yaml *v, str of, const str *known, size_t count);

/* The trees of config.def. */
CHECKED enum err config_client_read(struct config_bind *b, const struct yaml *v);
CHECKED enum err config_resource_read(struct config_bind *b, const struct yaml *v);
CHECKED enum err config_issuer_read(struct config_bind *b, const struct yaml *v);
CHECKED enum err config_audience_read(struct config_bind *b, const struct yaml *v);
CHECKED enum err config_role_read(struct config_bind *b, const struct yaml *v);
CHECKED enum err config_tls_read(struct config_bind *b, const struct yaml *v);
CHECKED enum err config_include_read(struct config_bind *b, const struct yaml *v);

/* The rules between values, and the values that follow from others. After everything is bound. */
CHECKED enum err config_finish(struct config_bind *b);

/* True for a number with a unit of bytes: 65536, 64k, 4m. */
bool config_size_parse(str text, int64_t *out);
/* HOST:PORT with an address or localhost, or unix:/path; NULL when it is one, else what is wrong. */
const char *config_listen_problem(str text);
/* A phrase when an address cannot be a base_url; NULL when it can. */
const char *config_base_url_problem(str text);

#endif
