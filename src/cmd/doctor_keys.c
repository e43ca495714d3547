/*
 * The key set (RFC 7517): public keys that a server can check tokens with, and nothing that is nobody's
 * business.
 */
#include "cmd/doctor_judge.h"

#include "jose/jwt.h"

#define WHAT "keys"
#define KEYS_MAX 64

static str private_member(const struct json *key)
{
	static const str members[] = { S_INIT("d"), S_INIT("p"), S_INIT("q"), S_INIT("dp"), S_INIT("dq"),
		S_INIT("qi"), S_INIT("oth"), S_INIT("k") };

	for (size_t i = 0; i < COUNT(members); i++)
		if (json_get(key, members[i]))
			return members[i];
	return S("");
}

static bool usable(struct verdict *v, const struct json *key)
{
	struct jwk k;

	if (jwk_read(v->mem, key, false, &k) != OK)
		return false;
	pkey_unref(k.key);
	return true;
}

void judge_keys(struct verdict *v, const struct json *doc)
{
	const struct json *keys = json_get(doc, S("keys"));
	size_t before = v->failed, looked = 0, good = 0;
	str first = S("");

	if (!keys || keys->type != JSON_ARRAY) {
		verdict_fail(v, WHAT, "Serve a JSON Web Key Set at jwks_uri (RFC 7517 section 5).",
		    "it has no list of keys");
		return;
	}
	for (JSON_EACH(key, keys)) {
		str kid = str_sub(json_get_str(key, S("kid")), 0, 80), secret = private_member(key);
		if (looked++ == KEYS_MAX)
			break;
		if (secret.n) {
			verdict_fail(v, WHAT, "Rotate the key at once, and publish public members only.",
			    "key %.*s shows its private member %.*s: anybody can make tokens", FMT(kid),
			    FMT(secret));
		} else if (usable(v, key)) {
			if (!good++)
				first = json_get_str(key, S("alg"));
		}
	}
	if (!good)
		verdict_fail(v, WHAT,
		    "Publish a public key for ES256, RS256, PS256 or EdDSA (gatehouse key list).",
		    "none of %u keys can check a token", keys->count);
	else if (v->failed == before)
		verdict_ok(v, WHAT, "%zu of %u can check tokens, the first by %.*s", good, keys->count,
		    FMT(str_sub(first, 0, 20)));
}
