#include "core/config_table.h"

#include "core/config_inner.h"

#include "base/buf.h"

#define CONFIG(key_, kind_, member_, default_, flag_, help_) \
	{ .key = S_INIT(key_),                               \
		.shape = CONFIG_VALUE,                       \
		.kind = CONFIG_##kind_,                      \
		.offset = offsetof(struct config, member_),  \
		.fallback = S_INIT(default_),                \
		.flag = S_INIT(flag_),                       \
		.help = S_INIT(help_) },
#define CONFIG_LIST(key_, kind_, member_, count_, help_)    \
	{ .key = S_INIT(key_),                              \
		.shape = CONFIG_LIST,                       \
		.kind = CONFIG_##kind_,                     \
		.offset = offsetof(struct config, member_), \
		.count = offsetof(struct config, count_),   \
		.help = S_INIT(help_) },
#define CONFIG_TREE(key_, read_, help_) \
	{ .key = S_INIT(key_), .shape = CONFIG_TREE, .help = S_INIT(help_), .read = read_ },
#define CONFIG_FIXED(key_, value_, help_) \
	{ .key = S_INIT(key_), .shape = CONFIG_FIXED, .fallback = S_INIT(value_), .help = S_INIT(help_) },
#define CONFIG_LATER(key_, help_) { .key = S_INIT(key_), .shape = CONFIG_LATER, .help = S_INIT(help_) },

const struct config_row config_rows[] = {
#include "config.def"
};
const size_t config_row_count = COUNT(config_rows);

const struct config_row *config_row_find(str key)
{
	for (size_t i = 0; i < config_row_count; i++)
		if (str_eq(config_rows[i].key, key))
			return &config_rows[i];
	return NULL;
}

bool config_section(str key)
{
	for (size_t i = 0; i < config_row_count; i++) {
		str k = config_rows[i].key;
		if (k.n > key.n && k.p[key.n] == '.' && str_starts(k, key))
			return true;
	}
	return false;
}

str config_variable(struct arena *mem, const struct config_row *row)
{
	struct buf b = BUF(mem);

	buf_put(&b, S("GATEHOUSE_"));
	for (size_t i = 0; i < row->key.n; i++) {
		char c = row->key.p[i];
		buf_char(&b, c == '.' ? '_' : c >= 'a' && c <= 'z' ? (char)(c - 32) : c);
	}
	return buf_str(&b);
}

str config_kind_words(enum config_kind kind)
{
	switch (kind) {
	case CONFIG_TEXT:
		return S("a text");
	case CONFIG_SECRET:
		return S("a secret: ${VARIABLE}, file://PATH or a text");
	case CONFIG_BOOL:
		return S("true or false");
	case CONFIG_NEED:
		return S("off or required");
	case CONFIG_INT:
		return S("a number, 0 or more");
	case CONFIG_SIZE:
		return S("a number of bytes such as 65536, 64k or 4m");
	case CONFIG_DURATION:
		return S("a duration such as 60s, 10m, 24h or 30d");
	case CONFIG_MODE:
		return S("per_client, shared or off");
	case CONFIG_ALG:
		return S("ES256, RS256 or EdDSA");
	case CONFIG_CIDR:
		return S("a network such as 127.0.0.1/32 or fd00::/8");
	case CONFIG_ORIGIN:
		return S("an origin such as https://app.example.com");
	case CONFIG_CLIENT:
		return S("a host such as claude.ai, or a client_id");
	}
	return S("");
}
