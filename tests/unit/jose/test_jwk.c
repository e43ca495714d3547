#include "help.h"

static const enum alg algs[] = { ALG_ES256, ALG_RS256, ALG_PS256, ALG_EDDSA };

static void reads_as(struct arena *mem, const char *json, bool allow_private, enum alg want)
{
	struct jwk k;

	assert_int_equal(
	    jwk_read(mem, parsed(mem, str_of(json)), allow_private, &k), want ? OK : ERR_KEY_BAD);
	if (want) {
		assert_int_equal(pkey_alg(k.key), want);
		pkey_unref(k.key);
	} else {
		assert_null(k.key);
	}
}

static void takes(struct arena *mem, const char *json, enum alg alg)
{
	reads_as(mem, json, false, alg);
}

static void refuses(struct arena *mem, const char *json)
{
	reads_as(mem, json, false, ALG_NONE);
	reads_as(mem, json, true, ALG_NONE);
}

static void test_keys_of_the_rfcs(void **state)
{
	takes(*state, A2_PUBLIC, ALG_RS256);
	takes(*state, A3_PUBLIC, ALG_ES256);
	takes(*state, COOKBOOK_KEY, ALG_RS256);
	takes(*state, SET_RSA, ALG_RS256);
	takes(*state, ED_PUBLIC, ALG_EDDSA);
	reads_as(*state, A2_KEY, true, ALG_RS256);
	reads_as(*state, A3_KEY, true, ALG_ES256);
	reads_as(*state, ED_KEY, true, ALG_EDDSA);
}

static void test_private_members_are_refused_unless_allowed(void **state)
{
	reads_as(*state, A2_KEY, false, ALG_NONE);
	reads_as(*state, A3_KEY, false, ALG_NONE);
	reads_as(*state, ED_KEY, false, ALG_NONE);
	/* also the ones that mean nothing for this kind, and those of a wrong type */
	reads_as(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"d\":null}", false, ALG_NONE);
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"k\":\"AAAA\"}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"p\":\"AAAA\"}");
	refuses(*state, "{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"AQAB\"," A2_PRIVATE ",\"oth\":[]}");
	refuses(*state, "{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"AQAB\",\"k\":\"AAAA\"}");
}

static void test_a_private_key_must_be_whole(void **state)
{
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"d\":\"\"}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"d\":null}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"d\":7}");
	refuses(*state, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\",\"d\":\"\"}");
	refuses(*state, "{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"AQAB\",\"d\":\"AQAB\"}");
	refuses(*state, "{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"AQAB\",\"p\":\"AQAB\"}");
	refuses(
	    *state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"d\":\"" ED_X "\"}"); /* of another key */
}

/* JWT-05, CVE-2026-44699: an RSA or EC key never turns into the key of an HMAC. */
static void test_jwt_05_symmetric_keys_are_refused(void **state)
{
	refuses(*state, "{\"kty\":\"oct\",\"k\":\"\"}");
	refuses(*state, "{\"kty\":\"oct\",\"k\":\"AAAA\",\"alg\":\"HS256\"}");
	refuses(*state, "{\"kty\":\"oct\",\"alg\":\"ES256\",\"crv\":\"P-256\"," A3_XY "}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"alg\":\"HS256\"}");
	refuses(*state, "{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"AQAB\",\"alg\":\"HS256\"}");
}

static void test_kinds_and_curves_that_are_not_ours_are_refused(void **state)
{
	refuses(*state, COOKBOOK_P521);
	refuses(*state, "{}");
	refuses(*state, "[]");
	refuses(*state, "7");
	refuses(*state, "{\"kty\":\"ec\",\"crv\":\"P-256\"," A3_XY "}");
	refuses(*state, "{\"kty\":\"EC\"," A3_XY "}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-384\"," A3_XY "}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"secp256k1\"," A3_XY "}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":[\"P-256\"]," A3_XY "}");
	refuses(*state, "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" ED_X "\"}");
	refuses(*state, "{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"" ED_X "\"}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\"}");
	refuses(*state, "{\"kty\":\"OKP\",\"crv\":\"P-256\"," A3_XY "}");
}

static void test_alg_may_only_say_what_the_key_is(void **state)
{
	takes(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"alg\":\"ES256\"}", ALG_ES256);
	takes(*state, "{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"AQAB\",\"alg\":\"PS256\"}", ALG_PS256);
	takes(
	    *state, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\",\"alg\":\"EdDSA\"}", ALG_EDDSA);
	takes(*state, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\",\"alg\":\"Ed25519\"}",
	    ALG_EDDSA);
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"alg\":\"RS256\"}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"alg\":\"PS256\"}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"alg\":\"none\"}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"alg\":\"\"}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"alg\":null}");
	refuses(*state, "{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"AQAB\",\"alg\":\"RS384\"}");
	refuses(*state, "{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"AQAB\",\"alg\":\"RSA-OAEP\"}");
	refuses(*state, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\",\"alg\":\"ES256\"}");
}

static void test_a_key_for_something_else_is_refused(void **state)
{
	takes(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"use\":\"sig\"}", ALG_ES256);
	takes(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"key_ops\":[\"verify\"]}", ALG_ES256);
	takes(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"key_ops\":[\"sign\",\"verify\"]}",
	    ALG_ES256);
	reads_as(*state,
	    "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"d\":\"" A3_D "\",\"key_ops\":[\"sign\"]}", true,
	    ALG_ES256);
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"use\":\"enc\"}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"use\":\"\"}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"use\":null}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"key_ops\":[\"sign\"]}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"key_ops\":[]}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"key_ops\":\"verify\"}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"key_ops\":[\"deriveKey\"]}");
	refuses(*state, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"key_ops\":{\"verify\":\"verify\"}}");
}

static void test_numbers_are_strict(void **state)
{
	/* padding, a blank, another alphabet, a byte short, trailing bits, a number, a missing member */
	/* clang-format off */
	static const char *const xs[] = {
		"\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU=\"", "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU \"",
		"\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvR+/U\"", "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVA\"",
		"\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV\"", "7", "null", "\"\"",
		"\"AGf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"", "[\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"]",
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(xs); i++)
		refuses(*state,
		    arena_printf(*state,
			"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":%s,\"y\":"
			"\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}%c",
			xs[i], 0)
			.p);
	refuses(*state,
	    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}");
	refuses(*state, "{\"kty\":\"RSA\",\"n\":\"" A2_N "\"}");
	refuses(*state, "{\"kty\":\"RSA\",\"e\":\"AQAB\"}");
	refuses(*state, "{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"AQ\"}");
	refuses(*state,
	    "{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"AAEAAQ\"}"); /* a leading zero: RFC 7518 section 2 */
	refuses(*state, "{\"kty\":\"RSA\",\"n\":\"AAAA\",\"e\":\"AQAB\"}");
}

static void test_jwt_18_a_short_rsa_key_is_refused(void **state)
{
	unsigned char n[256];

	memset(n, 0xff, sizeof n);
	for (size_t size = 64; size <= 256; size += 64) {
		str text = b64url_write(*state, bytes(n, size));
		reads_as(*state,
		    arena_printf(*state, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%.*s\"}", FMT(text)).p,
		    false, size == 256 ? ALG_RS256 : ALG_NONE);
	}
}

static void test_the_kid_is_kept_and_must_be_text(void **state)
{
	struct arena *mem = *state;
	struct jwk k =
	    key_of(mem, S("{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"kid\":\"a\\u00e9\\\"b\"}"));

	assert_str(k.kid, S("a\xc3\xa9\"b"));
	pkey_unref(k.key);
	refuses(mem, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"kid\":7}");
	refuses(mem, "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"kid\":null}");
}

static void test_no_json_is_no_key(void **state)
{
	struct jwk k;

	assert_int_equal(jwk_read(*state, NULL, true, &k), ERR_KEY_BAD);
}

static void test_written_keys_read_back_the_same(void **state)
{
	struct arena *mem = *state;

	for (size_t i = 0; i < COUNT(algs); i++) {
		struct jwk k = fresh_key(algs[i], S("name \"1\" <2>")), again;
		str private, public, text;
		assert_int_equal(jwk_write(mem, &k, true, &private), OK);
		assert_int_equal(jwk_write(mem, &k, false, &public), OK);
		reads_as(mem, arena_copy(mem, private).p, false, ALG_NONE);
		assert_int_equal(jwk_read(mem, parsed(mem, private), true, &again), OK);
		assert_int_equal(pkey_alg(again.key), algs[i]);
		assert_str(again.kid, k.kid);
		assert_int_equal(jwk_write(mem, &again, true, &text), OK);
		assert_str(text, private);
		pkey_unref(again.key);
		assert_int_equal(jwk_read(mem, parsed(mem, public), false, &again), OK);
		assert_false(pkey_private(again.key));
		assert_int_equal(jwk_write(mem, &again, true, &text), ERR_CRYPTO);
		pkey_unref(again.key);
		pkey_unref(k.key);
	}
}

static void test_jwt_18_public_keys_show_nothing_private(void **state)
{
	static const char *const private[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };

	for (size_t i = 0; i < COUNT(algs); i++) {
		struct jwk k = fresh_key(algs[i], S("1"));
		str text;
		assert_int_equal(jwk_write(*state, &k, false, &text), OK);
		const struct json *o = parsed(*state, text);
		for (size_t m = 0; m < COUNT(private); m++)
			assert_null(json_get(o, str_of(private[m])));
		assert_str(json_get_str(o, S("use")), S("sig"));
		assert_str(json_get_str(o, S("kid")), S("1"));
		assert_str(json_get_str(o, S("alg")), str_of(alg_name(algs[i])));
		pkey_unref(k.key);
	}
}

static void test_jwk_text_is_just_this(void **state)
{
	struct jwk k = key_of(*state, S(A3_KEY));
	str text;

	k.kid = S("k1");
	assert_int_equal(jwk_write(*state, &k, true, &text), OK);
	assert_str(text,
	    S("{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY
	      ",\"kid\":\"k1\",\"use\":\"sig\",\"alg\":\"ES256\",\"d\":\"" A3_D "\"}"));
	k.kid = S("");
	assert_int_equal(jwk_write(*state, &k, false, &text), OK);
	assert_str(text, S("{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"use\":\"sig\",\"alg\":\"ES256\"}"));
	pkey_unref(k.key);
}

static void thumbprint_is(struct arena *mem, str json, str want)
{
	struct jwk k = key_of(mem, json);
	str got;

	assert_int_equal(jwk_thumbprint(mem, k.key, &got), OK);
	assert_str(got, want);
	pkey_unref(k.key);
}

static void test_thumbprints_of_rfc_7638_and_rfc_8037(void **state)
{
	thumbprint_is(*state, S(SET_RSA), S(SET_THUMBPRINT));
	thumbprint_is(*state, S(ED_PUBLIC), S(ED_THUMBPRINT));
	thumbprint_is(*state, S(ED_KEY), S(ED_THUMBPRINT)); /* the private half changes nothing */
	/* SHA-256 of {"crv":"P-256","kty":"EC","x":...,"y":...} */
	str text = S("{\"crv\":\"P-256\",\"kty\":\"EC\"," A3_XY "}");
	thumbprint_is(*state, S(A3_KEY), b64url_write(*state, sha256_str(*state, text)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_keys_of_the_rfcs),
		TEST(test_private_members_are_refused_unless_allowed),
		TEST(test_a_private_key_must_be_whole),
		TEST(test_jwt_05_symmetric_keys_are_refused),
		TEST(test_kinds_and_curves_that_are_not_ours_are_refused),
		TEST(test_alg_may_only_say_what_the_key_is),
		TEST(test_a_key_for_something_else_is_refused),
		TEST(test_numbers_are_strict),
		TEST(test_jwt_18_a_short_rsa_key_is_refused),
		TEST(test_the_kid_is_kept_and_must_be_text),
		TEST(test_no_json_is_no_key),
		TEST(test_written_keys_read_back_the_same),
		TEST(test_jwt_18_public_keys_show_nothing_private),
		TEST(test_jwk_text_is_just_this),
		TEST(test_thumbprints_of_rfc_7638_and_rfc_8037),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
