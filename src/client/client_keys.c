#include "client/client_keys.h"
#include "base/url.h"
#include "jose/jwt.h"

#define URI_MAX 512

enum err client_keys_public(const struct json *set, const char **why)
{
	const struct json *keys = json_get(set, S("keys"));

	*why = "is no key set";
	if (!keys || keys->type != JSON_ARRAY)
		return ERR_KEY_BAD;
	*why = "has a private key";
	for (JSON_EACH(key, keys))
		if (jwk_tells_private(key))
			return ERR_KEY_BAD;
	*why = NULL;
	return OK;
}

enum err client_keys_read(struct arena *mem, const struct json *set, str *out, const char **why)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);
	struct jwks keys;

	*out = (str){ NULL, 0 };
	TRY(client_keys_public(set, why));
	*why = "is too large";
	jout_json(&j, S(""), set);
	if (b.full)
		return ERR_KEY_BAD;
	*why = "has more than 64 keys";
	TRY(jwks_read(mem, buf_str(&b), &keys));
	enum err e = keys.count ? jwks_write(mem, &keys, out) : ERR_KEY_BAD;
	*why = "has no key that can be used here: P-256, Ed25519, or RSA of 2048 bits or more";
	jwks_free(&keys);
	if (e == OK)
		*why = NULL;
	return e;
}

bool client_keys_uri_ok(str uri)
{
	struct url u;

	return uri.n <= URI_MAX && url_parse(uri, &u) == OK && str_eq(u.scheme, S("https")) && u.host.n &&
	    !u.userinfo.p && !u.fragment.p;
}
