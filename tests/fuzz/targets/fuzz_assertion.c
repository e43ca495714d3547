/*
 * Assertions of others. An input that begins with 'S' is a header, a line end and claims, which are then rightly signed by the
 * key that the header's first byte chooses, so that the fuzzer reaches what stands behind the signature; any other input is an
 * assertion as it is.
 * covers: src/jose/assertion.c
 */
#include "base/enc.h"
#include "crypto/crypto.h"
#include "jose/assertion.h"
#include "jose/jws.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define NOW 1800000000
#define CHECK(cond) ((cond) ? (void)0 : abort())

/* The private keys of RFC 7515 A.3 and RFC 8037 A.1. */
static const char es_json[] =
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"es\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-"
    "E9LI\"}";
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

static bool ours(const struct json *v)
{
	return str_eq(json_str_of(v), S("us")) || str_eq(json_str_of(v), S("us/"));
}

/* Everything that an assertion may be believed for, said a second time in other words. */
static void check_believed(const struct assertion *a, const struct assertion_expect *want)
{
	const struct json *aud = json_get(a->claims, S("aud"));
	int64_t date;

	CHECK(str_eq(json_get_str(a->header, S("alg")), S("EdDSA")) ||
	    str_eq(json_get_str(a->header, S("alg")), S("ES256")));
	CHECK(!json_get(a->header, S("crit")) && !json_get(a->header, S("b64")));
	CHECK(str_eq(a->issuer, S("app")) && (want->subject.n == 0 || str_eq(a->subject, S("app"))));
	CHECK(a->jti.n > 0 && a->jti.n <= ASSERTION_JTI_MAX && a->subject.n > 0);
	CHECK(a->exp > NOW - want->skew && a->exp <= NOW + want->ttl + want->skew);
	CHECK(!jwt_date(a->claims, S("nbf"), &date) || date <= NOW + want->skew);
	CHECK(aud && (aud->type == JSON_ARRAY ? aud->count > 0 : ours(aud)));
	if (aud->type == JSON_ARRAY)
		for (JSON_EACH(item, aud))
			CHECK(ours(item));
}

static bool look(struct arena *mem, str text, const struct jwks *set)
{
	static const str names[] = { S_INIT("us"), S_INIT("us/") };
	/* clang-format off */
	static const struct assertion_expect wants[] = {
		{ .typ = S_INIT("client-authentication+jwt"), .issuer = S_INIT("app"), .subject = S_INIT("app"),
		  .audience = names, .audience_count = 2, .now = NOW, .skew = 30, .ttl = 600 },
		{ .typ = S_INIT("oauth-id-jag+jwt"), .typ_required = true, .iat_required = true, .issuer = S_INIT("app"),
		  .audience = names, .audience_count = 2, .now = NOW, .skew = 30, .ttl = 600 },
	};
	/* clang-format on */
	struct assertion a, unbelieved;
	bool believed = false;

	for (size_t i = 0; i < COUNT(wants); i++) {
		if (assertion_verify(mem, text, set, &wants[i], &a) != OK) {
			CHECK(a.why && !a.claims && a.jti.n == 0);
			continue;
		}
		CHECK(!a.why && assertion_read(mem, text, &unbelieved) == OK);
		CHECK(assertion_hash(mem, S("us"), &a).n == SHA256_SIZE);
		check_believed(&a, &wants[i]);
		believed = true;
	}
	return believed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new(1 << 18);
	str text = { (const char *)data, size }, head, claims;

	if (size > 1 && data[0] == 'S' && str_cut(str_sub(text, 1, size), '\n', &head, &claims)) {
		const struct jwk *key = str_find(head, S("EdDSA")) >= 0 ? &keys[1] : &keys[0];
		if (jws_sign(mem, key, head, claims, &text) == OK) {
			/* what only Ed25519 signed is nothing for whoever has the other key alone */
			bool with_both = look(mem, text, &both), with_es = look(mem, text, &only_es);
			CHECK(key == &keys[0] ? true : !with_es);
			(void)with_both;
		}
	} else {
		CHECK(!look(mem, text, &both) || size > 80);
	}
	arena_unref(mem);
	return 0;
}
