/* config_table: the rows of tables/config.def as data: for the binder, for the environment and flags, for the reference. */
#ifndef CORE_CONFIG_TABLE_H
#define CORE_CONFIG_TABLE_H

#include "core/config.h"

enum config_kind {
	CONFIG_TEXT,
	CONFIG_SECRET,
	CONFIG_BOOL,
	CONFIG_NEED,
	CONFIG_INT,
	CONFIG_SIZE,
	CONFIG_DURATION,
	CONFIG_MODE,
	CONFIG_ALG,
	CONFIG_CIDR,
	CONFIG_ORIGIN,
	CONFIG_CLIENT
};

enum config_shape {
	CONFIG_VALUE, /* one scalar */
	CONFIG_LIST,  /* of scalars */
	CONFIG_TREE,  /* read by its own function */
	CONFIG_FIXED, /* one value only yet */
	CONFIG_LATER, /* not served yet */
};

struct config_bind;
struct yaml;

struct config_row {
	str key; /* "tokens.access_ttl" */
	enum config_shape shape;
	enum config_kind kind;
	size_t offset, count; /* of the member, and of a list's count */
	str fallback;         /* as text; of CONFIG_FIXED: the only value */
	str flag;             /* "--listen", or empty */
	str help;
	enum err (*read)(struct config_bind *b, const struct yaml *v);
};

extern const struct config_row config_rows[];
extern const size_t config_row_count;

/* The row of a whole key; NULL when none. */
const struct config_row *config_row_find(str key);
/* True when key is a section: some row's key begins with it and a dot. */
bool config_section(str key);
/* The row's variable of the environment: GATEHOUSE_TOKENS_ACCESS_TTL. */
str config_variable(struct arena *mem, const struct config_row *row);
/* The row's kind in words: "a duration such as 60s, 10m, 24h or 30d". */
str config_kind_words(enum config_kind kind);

#endif
