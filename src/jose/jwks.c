/* Sets of keys (RFC 7517 section 5). */
#include "jose/jwt.h"

#define KEYS_MAX 64

enum err jwks_write(struct arena *mem, const struct jwks *set, str *json)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);
	str key;

	*json = (str){ NULL, 0 };
	jout_object(&j, S(""));
	jout_array(&j, S("keys"));
	for (size_t i = 0; i < set->count; i++) {
		TRY(jwk_write(mem, &set->keys[i], false, &key));
		jout_raw(&j, S(""), key);
	}
	jout_end(&j);
	jout_end(&j);
	if (b.full)
		return ERR_TOO_LARGE;
	*json = buf_str(&b);
	return OK;
}

const struct jwk *jwks_find(const struct jwks *set, str kid)
{
	if (kid.n == 0)
		return set->count == 1 ? set->keys : NULL;
	for (size_t i = 0; i < set->count; i++)
		if (str_eq(set->keys[i].kid, kid))
			return &set->keys[i];
	return NULL;
}

enum err jwks_read(struct arena *mem, str json, struct jwks *out)
{
	const struct json *o;

	*out = (struct jwks){ .count = 0 };
	if (json_parse(mem, json, &o, NULL) != OK)
		return ERR_KEY_BAD;
	const struct json *list = json_get(o, S("keys"));
	if (!list || list->type != JSON_ARRAY || list->count > KEYS_MAX)
		return ERR_KEY_BAD;
	struct jwk *keys = NEW_ARRAY(mem, struct jwk, list->count + 1);
	struct jwks set = { keys, 0 };
	for (JSON_EACH(item, list)) {
		struct jwk k;
		if (jwk_read(mem, item, false, &k) != OK)
			continue; /* RFC 7517 section 5: what is not understood is ignored */
		if (k.kid.n && jwks_find(&set, k.kid)) {
			pkey_unref(k.key); /* one name, one key: the first */
			continue;
		}
		keys[set.count++] = k;
	}
	*out = set;
	return OK;
}

void jwks_free(struct jwks *set)
{
	for (size_t i = 0; i < set->count; i++)
		pkey_unref(set->keys[i].key);
	*set = (struct jwks){ .count = 0 };
}
