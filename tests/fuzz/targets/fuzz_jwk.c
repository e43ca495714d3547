/* Keys and sets of keys: what is taken can be written, read again, and is then the same. */
#include "crypto/crypto.h"
#include "jose/jwt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define CHECK(cond) ((cond) ? (void)0 : abort())

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	CHECK(crypto_start() == OK);
	return 0;
}

static struct jwk read_again(struct arena *mem, str text, bool private)
{
	const struct json *o;
	struct jwk k;

	CHECK(json_parse(mem, text, &o, NULL) == OK);
	CHECK(jwk_read(mem, o, private, &k) == OK);
	return k;
}

static void look_at_key(struct arena *mem, const struct jwk *k)
{
	bool private = pkey_private(k->key);
	str text, again, print, print_again;

	for (int with = 0; with <= private; with++) {
		CHECK(jwk_write(mem, k, with, &text) == OK);
		struct jwk copy = read_again(mem, text, with);
		CHECK(str_eq(copy.kid, k->kid) && pkey_alg(copy.key) == pkey_alg(k->key) &&
		    pkey_private(copy.key) == with);
		CHECK(jwk_write(mem, &copy, with, &again) == OK && str_eq(text, again));
		CHECK(jwk_thumbprint(mem, k->key, &print) == OK &&
		    jwk_thumbprint(mem, copy.key, &print_again) == OK);
		CHECK(str_eq(print, print_again));
		pkey_unref(copy.key);
	}
}

static void look_at_set(struct arena *mem, str in)
{
	struct jwks set, copy;
	str text;

	if (jwks_read(mem, in, &set) != OK)
		return;
	CHECK(set.count <= 64);
	CHECK(jwks_write(mem, &set, &text) == OK && jwks_read(mem, text, &copy) == OK);
	CHECK(copy.count == set.count);
	for (size_t i = 0; i < set.count; i++)
		CHECK(!pkey_private(set.keys[i].key) && str_eq(set.keys[i].kid, copy.keys[i].kid));
	jwks_free(&set);
	jwks_free(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new(1 << 20);
	str in = { (const char *)data, size };
	const struct json *o;
	struct jwk k;

	if (size <= 65536 && json_parse(mem, in, &o, NULL) == OK) {
		if (jwk_read(mem, o, true, &k) == OK) {
			look_at_key(mem, &k);
			pkey_unref(k.key);
		}
		if (jwk_read(mem, o, false, &k) == OK) {
			CHECK(!pkey_private(k.key));
			pkey_unref(k.key);
		}
		look_at_set(mem, in);
	}
	arena_unref(mem);
	return 0;
}
