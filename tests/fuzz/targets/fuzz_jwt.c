/*
 * Tokens. An input that begins with 'S' is a header, a line end and a payload, which are then rightly signed, so that the
 * fuzzer reaches what stands behind the signature; any other input is a token as it is.
 * covers: src/jose/jwt.c src/jose/jws.c
 */
#include "base/enc.h"
#include "crypto/crypto.h"
#include "jose/jws.h"
#include "jose/jwt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define NOW 1300819000
#define CHECK(cond) ((cond) ? (void)0 : abort())

/* The keys of RFC 7515 A.3 and RFC 8037 A.1. */
static const char es_json[] =
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"es\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";
static const char ed_json[] = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"ed\",\"d\":\"nWGxne_"
			      "9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\","
			      "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";

static struct jwk keys[2];
static const struct jwks both = { keys, 2 }, only_es = { keys, 1 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct arena *mem;
	const struct json *o;
	const char *const texts[] = { es_json, ed_json };

	(void)argc, (void)argv;
	mem = arena_new(1 << 20); /* the names of the keys lie in it */
	CHECK(crypto_start() == OK);
	for (size_t i = 0; i < COUNT(texts); i++)
		CHECK(json_parse(mem, str_of(texts[i]), &o, NULL) == OK &&
		    jwk_read(mem, o, true, &keys[i]) == OK);
	return 0;
}

static void check_believed(const struct jwt *t, const struct jwt_expect *want)
{
	str alg = json_get_str(t->header, S("alg"));

	CHECK(str_eq(alg, S("EdDSA")) || str_eq(alg, S("ES256")));
	CHECK(!json_get(t->header, S("crit")) && !json_get(t->header, S("b64")) &&
	    !json_get(t->header, S("enc")));
	CHECK(str_eq(json_get_str(t->claims, S("iss")), want->issuer));
	CHECK(t->exp + want->skew > want->now && json_get(t->claims, S("exp")));
}

/* Returns whether the token was believed. */
static bool look(struct arena *mem, str token, const struct jwks *set)
{
	/* clang-format off */
	static const struct jwt_expect wants[] = {
		{ .issuer = S_INIT("joe"), .now = NOW },
		{ .typ = S_INIT("at+jwt"), .issuer = S_INIT("joe"), .audience = S_INIT("me"), .now = NOW, .skew = 60 },
	};
	/* clang-format on */
	struct jwt t;
	bool believed = false;

	for (size_t i = 0; i < COUNT(wants); i++) {
		if (jwt_verify(mem, token, set, &wants[i], &t) != OK) {
			CHECK(!t.claims && !t.header);
			continue;
		}
		check_believed(&t, &wants[i]);
		CHECK(wants[i].typ.n == 0 || json_get(t.header, S("typ")));
		believed = true;
	}
	return believed;
}

/* What parses has one text only. */
static void look_at_shape(struct arena *mem, str token)
{
	struct jwt t;
	str part, signature;

	if (jwt_parse(mem, token, &t, &part, &signature) != OK)
		return;
	str text = b64url_write(mem, signature);
	CHECK(token.n <= JWT_MAX && token.n == part.n + 1 + text.n);
	CHECK(str_eq(str_sub(token, 0, part.n), part) && str_eq(str_sub(token, part.n + 1, token.n), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new(1 << 18);
	str in = { (const char *)data, size }, token = in, header, payload;

	if (size && data[0] == 'S') {
		str_cut(str_sub(in, 1, in.n), '\n', &header, &payload);
		if (jws_sign(mem, &keys[1], header, payload, &token) == OK) {
			look_at_shape(mem, token);
			look(mem, token, &both);
			CHECK(!look(mem, token, &only_es)); /* the wrong key believes nothing */
		}
	} else {
		look_at_shape(mem, token);
		look(mem, token, &both);
		look(mem, token, &only_es);
	}
	arena_unref(mem);
	return 0;
}
