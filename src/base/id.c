#include "base/id.h"

#include <string.h>

#define EPOCH_MS 1577836800000 /* 2020-01-01T00:00:00Z */

static const char signs[] = "0123456789abcdefghjkmnpqrstvwxyz";

int64_t id_make(int64_t now_ms, uint32_t random22)
{
	int64_t ms = now_ms - EPOCH_MS;

	if (ms < 0)
		ms = 0;
	return (int64_t)(((uint64_t)ms & (((uint64_t)1 << 41) - 1)) << 22 | (random22 & 0x3fffff));
}

int64_t id_ms(int64_t id)
{
	return (id >> 22) + EPOCH_MS;
}

str id_text(struct arena *mem, const char *prefix, int64_t id)
{
	char digits[ID_DIGITS];
	uint64_t v = (uint64_t)id;

	for (size_t i = ID_DIGITS; i-- > 0; v >>= 5)
		digits[i] = signs[v & 31];
	return arena_printf(mem, "%s%.*s", prefix, ID_DIGITS, digits);
}

enum err id_parse(str text, const char *prefix, int64_t *out)
{
	str head = str_of(prefix);
	uint64_t v = 0;

	if (!str_starts(text, head) || text.n != head.n + ID_DIGITS)
		return ERR_BAD_ENCODING;
	for (size_t i = head.n; i < text.n; i++) {
		const char *at = memchr(signs, text.p[i], sizeof signs - 1);
		if (!at || v >> 58) /* the next five bits must stay below the sign */
			return ERR_BAD_ENCODING;
		v = v << 5 | (uint64_t)(at - signs);
	}
	*out = (int64_t)v;
	return OK;
}
