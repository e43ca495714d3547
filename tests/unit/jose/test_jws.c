/* The signatures of the RFCs, and the compact form. What a token must say is in test_jwt.c. */
#include "help.h"

static void verifies(struct arena *mem, str key, str input, str signature)
{
	struct jwk k = key_of(mem, key);

	assert_true(pkey_verify(k.key, input, unb64(mem, signature)));
	assert_false(pkey_verify(k.key, str_sub(input, 0, input.n - 1), unb64(mem, signature)));
	pkey_unref(k.key);
}

static void test_rfc_7515_a2_rs256(void **state)
{
	verifies(*state, S(A2_PUBLIC), S("eyJhbGciOiJSUzI1NiJ9." A_PAYLOAD), S(A2_SIGNATURE));
}

static void test_rfc_7515_a3_es256(void **state)
{
	verifies(*state, S(A3_PUBLIC), S("eyJhbGciOiJFUzI1NiJ9." A_PAYLOAD), S(A3_SIGNATURE));
}

static void test_rfc_7520_4_1_rs256(void **state)
{
	verifies(*state, S(COOKBOOK_KEY), S(COOKBOOK_INPUT), S(COOKBOOK_SIGNATURE));
}

static void test_rfc_8037_a4_eddsa(void **state)
{
	verifies(*state, S(ED_PUBLIC), S(ED_INPUT), S(ED_SIGNATURE));
}

/* RS256 and EdDSA are deterministic: the same key, header and payload give the token of the RFC. */
static void test_our_tokens_are_those_of_the_rfcs(void **state)
{
	struct arena *mem = *state;
	struct jwk rsa = key_of(mem, S(A2_KEY)), ed = key_of(mem, S(ED_KEY));

	assert_str(signed_with(mem, &rsa, S("{\"alg\":\"RS256\"}"), unb64(mem, S(A_PAYLOAD))), S(A2_TOKEN));
	assert_str(signed_with(mem, &ed, S("{\"alg\":\"EdDSA\"}"), S("Example of Ed25519 signing")),
	    S(ED_INPUT "." ED_SIGNATURE));
	pkey_unref(rsa.key);
	pkey_unref(ed.key);
}

static void test_parse_gives_the_parts(void **state)
{
	struct jws s;

	assert_int_equal(jws_parse(*state, S(A3_TOKEN), &s), OK);
	assert_str(json_get_str(s.header, S("alg")), S("ES256"));
	assert_str(json_get_str(s.payload, S("iss")), S("joe"));
	assert_true(json_get_true(s.payload, S("http://example.com/is_root")));
	assert_str(s.signed_part, S("eyJhbGciOiJFUzI1NiJ9." A_PAYLOAD));
	assert_int_equal(s.signature.n, 64);
}

static void malformed(struct arena *mem, str token)
{
	struct jws s;

	assert_int_equal(jws_parse(mem, token, &s), ERR_TOKEN_MALFORMED);
}

static void test_jwt_01_the_unsecured_token_of_rfc_7515_a5_is_malformed(void **state)
{
	malformed(*state, S(A5_TOKEN));
	malformed(*state, str_sub(S(A5_TOKEN), 0, sizeof A5_TOKEN - 2));
}

static void test_shapes(void **state)
{
	/* clang-format off */
	static const str bad[] = {
		S_INIT(""), S_INIT("."), S_INIT(".."), S_INIT("..."), S_INIT("...."), S_INIT("a.b"), S_INIT("a.b.c"),
		S_INIT("eyJhbGciOiJFUzI1NiJ9"),
		S_INIT(".e30.AAAA"), S_INIT("e30..AAAA"), S_INIT("e30.e30."), S_INIT("e30.e30.AAAA"), /* no alg */
		S_INIT("eyJhbGciOiJFUzI1NiJ9.e30.AAAA.AAAA"), /* four parts */
		S_INIT("eyJhbGciOiJFUzI1NiJ9.e30.AAAA."),
		S_INIT(".eyJhbGciOiJFUzI1NiJ9.e30.AAAA"),
		S_INIT("W10.e30.AAAA"), /* the header is an array */
		S_INIT("\"\".e30.AAAA"),
	};
	/* clang-format on */
	struct jws s;

	for (size_t i = 0; i < COUNT(bad); i++)
		malformed(*state, bad[i]);
	assert_int_equal(jws_parse(*state, S("eyJhbGciOiJFUzI1NiJ9.e30.AAAA"), &s), OK);
}

/* Text of a rightly formed token whose header or payload is the given JSON. */
static void header_is(struct arena *mem, const char *header, enum err want)
{
	struct jws s;
	str token = with_signature(mem, unsigned_text(mem, str_of(header), S("{}")), S("signature"));

	assert_int_equal(jws_parse(mem, token, &s), want);
}

static void test_jwt_10_jwt_15_header_members(void **state)
{
	header_is(*state, "{\"alg\":\"ES256\"}", OK);
	header_is(*state, " {\"typ\":\"JWT\",\r\n \"alg\":\"ES256\"} ", OK);
	header_is(*state, "{\"alg\":\"ES256\",\"unknown\":[1,{}]}", OK);
	header_is(*state, "{}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"\"}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":null}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":[\"ES256\"]}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"Alg\":\"ES256\"}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"ES256\",\"kid\":7}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"ES256\",\"kid\":\"\"}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"ES256\",\"kid\":null}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"ES256\",\"typ\":[\"JWT\"]}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"ES256\",\"crit\":[]}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"ES256\",\"crit\":null}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"ES256\",\"b64\":false}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"ES256\",\"b64\":true}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"b64\"]}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"ES256\",\"zip\":\"DEF\"}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"dir\",\"enc\":\"A256GCM\"}", ERR_TOKEN_MALFORMED);
}

static void test_jwt_13_duplicate_members_are_malformed(void **state)
{
	header_is(*state, "{\"alg\":\"ES256\",\"alg\":\"none\"}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"ES256\",\"\\u0061lg\":\"none\"}", ERR_TOKEN_MALFORMED);
	header_is(*state, "{\"alg\":\"ES256\",\"kid\":\"a\",\"kid\":\"a\"}", ERR_TOKEN_MALFORMED);
}

static void test_ca_19_a_payload_that_is_no_object_is_malformed(void **state)
{
	struct arena *mem = *state;
	/* clang-format off */
	static const char *const payloads[] = {
		"", "[]", "7", "\"text\"", "null", "true", "{", "{}x", "{}{}", "\xef\xbb\xbf{}", "{\"a\":\"\xff\"}",
		"{\"a\":\"\\ud800\"}", "{\"sub\":\"admin\\u0000\"}",
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(payloads); i++)
		malformed(mem,
		    with_signature(
			mem, unsigned_text(mem, S("{\"alg\":\"ES256\"}"), str_of(payloads[i])), S("s")));
	for (size_t depth = 31; depth <= 3000; depth += depth < 40 ? 1 : 987) {
		struct buf b = BUF(mem);
		buf_put(&b, S("{\"a\":"));
		for (size_t i = 0; i < depth; i++)
			buf_char(&b, '[');
		for (size_t i = 0; i < depth; i++)
			buf_char(&b, ']');
		buf_char(&b, '}');
		str token =
		    with_signature(mem, unsigned_text(mem, S("{\"alg\":\"ES256\"}"), buf_str(&b)), S("s"));
		struct jws s;
		assert_int_equal(
		    jws_parse(mem, token, &s), depth < JSON_DEPTH_MAX ? OK : ERR_TOKEN_MALFORMED);
	}
}

static void test_8192_bytes_are_looked_at_and_not_one_more(void **state)
{
	struct arena *mem = *state;
	str head = S("eyJhbGciOiJFUzI1NiJ9.e30.");
	char *p = arena_alloc(mem, JWT_MAX + 2);
	struct jws s;

	memset(p, 'A', JWT_MAX + 2);
	memcpy(p, head.p, head.n);
	/* JWT_MAX - head.n is 3 modulo 4: good base64url */
	assert_int_equal(jws_parse(mem, (str){ p, JWT_MAX }, &s), OK);
	assert_int_equal(jws_parse(mem, (str){ p, JWT_MAX + 1 }, &s), ERR_TOKEN_MALFORMED);
	malformed(mem, (str){ p, JWT_MAX + 2 });
}

static void test_what_is_too_long_is_not_signed(void **state)
{
	struct arena *mem = *state;
	struct jwk k = fresh_key(ALG_ES256, S(""));
	char *p = arena_alloc(mem, JWT_MAX + 1);
	str out;

	memset(p, 'x', JWT_MAX + 1);
	assert_int_equal(jws_sign(mem, &k, S("{}"), (str){ p, JWT_MAX + 1 }, &out), ERR_TOO_LARGE);
	assert_int_equal(jws_sign(mem, &k, (str){ p, JWT_MAX + 1 }, S("{}"), &out), ERR_TOO_LARGE);
	assert_int_equal(jws_sign(mem, &k, S("{}"), (str){ p, JWT_MAX - 100 }, &out), ERR_TOO_LARGE);
	assert_null(out.p);
	assert_int_equal(jws_sign(mem, &k, S("{}"), (str){ p, 6000 }, &out), OK);
	assert_true(out.n <= JWT_MAX);
	pkey_unref(k.key);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_rfc_7515_a2_rs256),
		TEST(test_rfc_7515_a3_es256),
		TEST(test_rfc_7520_4_1_rs256),
		TEST(test_rfc_8037_a4_eddsa),
		TEST(test_our_tokens_are_those_of_the_rfcs),
		TEST(test_parse_gives_the_parts),
		TEST(test_jwt_01_the_unsecured_token_of_rfc_7515_a5_is_malformed),
		TEST(test_shapes),
		TEST(test_jwt_10_jwt_15_header_members),
		TEST(test_jwt_13_duplicate_members_are_malformed),
		TEST(test_ca_19_a_payload_that_is_no_object_is_malformed),
		TEST(test_8192_bytes_are_looked_at_and_not_one_more),
		TEST(test_what_is_too_long_is_not_signed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
