/* The attack cases "JWT at the resource" and "client assertion", as far as a token alone shows them. */
#include "help.h"

#define NOW 1763700000
#define ISSUER "https://auth.example"
#define RESOURCE "https://mcp.example/mcp"
#define CLAIMS                                        \
	"{\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE \
	"\",\"sub\":\"u1\",\"exp\":1763700300,\"iat\":1763700000}"
#define HEADER "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"1\"}"

static const struct jwt_expect want = {
	.typ = S_INIT("at+jwt"),
	.issuer = S_INIT(ISSUER),
	.audience = S_INIT(RESOURCE),
	.now = NOW,
	.skew = 30,
};

/* One set of four keys for all tests; making RSA keys takes a while. */
static struct jwk keys[4];
static const struct jwks set = { keys, COUNT(keys) };
#define ES (&keys[0])
#define RS (&keys[1])
#define PS (&keys[2])
#define ED (&keys[3])

static int make_keys(void **state)
{
	(void)state;
	assert_int_equal(crypto_start(), OK);
	keys[0] = fresh_key(ALG_ES256, S("1"));
	keys[1] = fresh_key(ALG_RS256, S("2"));
	keys[2] = fresh_key(ALG_PS256, S("3"));
	keys[3] = fresh_key(ALG_EDDSA, S("4"));
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++)
		pkey_unref(keys[i].key);
	return 0;
}

static void gives(struct arena *mem, str token, const struct jwt_expect *expect, enum err e)
{
	struct jwt t;

	memset(&t, 0xff, sizeof t);
	assert_int_equal(jwt_verify(mem, token, &set, expect, &t), e);
	if (e != OK) { /* a token that is not believed shows nothing */
		assert_null(t.claims);
		assert_null(t.header);
		assert_int_equal(t.exp, 0);
	}
}

static str good_token(struct arena *mem, const struct jwk *k)
{
	str out;

	assert_int_equal(jwt_sign(mem, k, S("at+jwt"), S(CLAIMS), &out), OK);
	gives(mem, out, &want, OK);
	return out;
}

/* Rightly signed by our ES256 key, whatever it says. */
static void signed_gives(struct arena *mem, const char *header, const char *claims, enum err e)
{
	gives(mem, signed_with(mem, ES, str_of(header), str_of(claims)), &want, e);
}

static void test_jwt_17_a_signed_token_says_what_rfc_9068_wants(void **state)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		struct jwt t;
		str token = good_token(*state, &keys[i]);
		assert_int_equal(jwt_verify(*state, token, &set, &want, &t), OK);
		assert_str(json_get_str(t.header, S("typ")), S("at+jwt"));
		assert_str(json_get_str(t.header, S("alg")), str_of(alg_name(pkey_alg(keys[i].key))));
		assert_str(t.kid, keys[i].kid);
		assert_int_equal(t.header->count, 3);
		assert_str(json_get_str(t.claims, S("sub")), S("u1"));
		assert_int_equal(t.exp, NOW + 300);
	}
}

static void test_jwt_17_the_header_is_this_text(void **state)
{
	str token = good_token(*state, ES), header, rest;

	assert_true(str_cut(token, '.', &header, &rest));
	assert_str(unb64(*state, header), S(HEADER));
	assert_true(str_cut(rest, '.', &header, &rest));
	assert_str(unb64(*state, header), S(CLAIMS));
}

static void test_jwt_01_alg_none(void **state)
{
	struct arena *mem = *state;
	static const char *const names[] = { "none", "None", "NONE", "nOnE", "none ", "", "HS256",
		"unknown" };

	for (size_t i = 0; i < COUNT(names); i++) {
		str header = arena_printf(mem, "{\"typ\":\"at+jwt\",\"alg\":\"%s\",\"kid\":\"1\"}", names[i]);
		str text = unsigned_text(mem, header, S(CLAIMS));
		gives(mem, arena_printf(mem, "%.*s.", FMT(text)), &want, ERR_TOKEN_MALFORMED);
		gives(mem, text, &want, ERR_TOKEN_MALFORMED);
		gives(mem, with_signature(mem, text, S("x")), &want,
		    *names[i] ? ERR_TOKEN_SIGNATURE : ERR_TOKEN_MALFORMED);
		/* not even when the signature is good */
		gives(mem, signed_with(mem, ES, header, S(CLAIMS)), &want,
		    *names[i] ? ERR_TOKEN_SIGNATURE : ERR_TOKEN_MALFORMED);
	}
	signed_gives(mem, "{\"typ\":\"at+jwt\",\"kid\":\"1\"}", CLAIMS, ERR_TOKEN_MALFORMED);
}

static void test_jwt_02_ca_16_signature_stripped(void **state)
{
	str token = good_token(*state, ES);
	size_t n = token.n;

	while (token.p[n - 1] != '.')
		n--;
	gives(*state, str_sub(token, 0, n), &want, ERR_TOKEN_MALFORMED);
	gives(*state, str_sub(token, 0, n - 1), &want, ERR_TOKEN_MALFORMED);
}

static void test_jwt_03_payload_changed(void **state)
{
	struct arena *mem = *state;

	for (size_t i = 0; i < COUNT(keys); i++) {
		str token = good_token(mem, &keys[i]), header, payload, signature, rest;
		assert_true(str_cut(token, '.', &header, &rest) && str_cut(rest, '.', &payload, &signature));
		str other = b64url_write(mem,
		    S("{\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE "\",\"sub\":\"u2\",\"exp\":1763700300}"));
		gives(mem, arena_printf(mem, "%.*s.%.*s.%.*s", FMT(header), FMT(other), FMT(signature)),
		    &want, ERR_TOKEN_SIGNATURE);
		/* the same claims in another spelling are another payload */
		other = b64url_write(mem, S(" " CLAIMS));
		gives(mem, arena_printf(mem, "%.*s.%.*s.%.*s", FMT(header), FMT(other), FMT(signature)),
		    &want, ERR_TOKEN_SIGNATURE);
	}
}

static void hs256_gives(struct arena *mem, const char *alg, str secret, const struct jwk *k)
{
	str text = unsigned_text(mem,
	    arena_printf(mem, "{\"typ\":\"at+jwt\",\"alg\":\"%s\",\"kid\":\"%.*s\"}", alg, FMT(k->kid)),
	    S(CLAIMS));
	unsigned char mac[SHA256_SIZE];

	hmac_sha256(secret_of(secret), text, mac);
	gives(mem, with_signature(mem, text, bytes(mac, sizeof mac)), &want, ERR_TOKEN_SIGNATURE);
}

static void test_jwt_05_hs256_with_an_empty_key(void **state)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		hs256_gives(*state, "HS256", S(""), &keys[i]);
		hs256_gives(*state, "HS384", S(""), &keys[i]);
		hs256_gives(*state, "HS512", S(""), &keys[i]);
	}
}

/* CVE-2022-29217 and its like: the public key, in any dress, is no secret. */
static void test_ca_04_ca_05_hs256_with_the_public_key_as_secret(void **state)
{
	struct arena *mem = *state;

	for (size_t i = 0; i < COUNT(keys); i++) {
		struct pkey_parts parts;
		str json;
		assert_int_equal(jwk_write(mem, &keys[i], false, &json), OK);
		hs256_gives(mem, "HS256", json, &keys[i]);
		assert_int_equal(pkey_to_parts(mem, keys[i].key, false, &parts), OK);
		hs256_gives(mem, "HS256", parts.x.n ? parts.x : parts.n, &keys[i]);
		str der = arena_printf(mem, "-----BEGIN PUBLIC KEY-----\n%.*s\n-----END PUBLIC KEY-----\n",
		    FMT(b64_write(mem, parts.x.n ? parts.x : parts.n)));
		hs256_gives(mem, "HS256", der, &keys[i]);
	}
}

static void test_jwt_06_ca_03_a_key_in_the_header_is_not_used(void **state)
{
	struct arena *mem = *state;
	struct jwk mine = fresh_key(ALG_ES256, S("1"));
	str jwk;

	assert_int_equal(jwk_write(mem, &mine, false, &jwk), OK);
	str header =
	    arena_printf(mem, "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"1\",\"jwk\":%.*s}", FMT(jwk));
	gives(mem, signed_with(mem, &mine, header, S(CLAIMS)), &want, ERR_TOKEN_SIGNATURE);
	gives(mem, signed_with(mem, ES, header, S(CLAIMS)), &want, OK); /* ignored, not obeyed */
	header = arena_printf(
	    mem, "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"mine\",\"jwk\":%.*s}", FMT(jwk));
	gives(mem, signed_with(mem, &mine, header, S(CLAIMS)), &want, ERR_TOKEN_KEY_UNKNOWN);
	pkey_unref(mine.key);
}

static void test_ca_23_jku_x5u_x5c_are_not_used(void **state)
{
	struct arena *mem = *state;
	struct jwk mine = fresh_key(ALG_ES256, S("1"));
	/* clang-format off */
	static const char *const members[] = {
		"\"jku\":\"https://canary.example/jwks.json\"", "\"x5u\":\"https://canary.example/x5u\"",
		"\"x5c\":[\"MIIB\"]", "\"x5t\":\"AAAA\"", "\"jku\":7", "\"x5c\":{}",
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(members); i++) {
		str header =
		    arena_printf(mem, "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"1\",%s}", members[i]);
		gives(mem, signed_with(mem, &mine, header, S(CLAIMS)), &want, ERR_TOKEN_SIGNATURE);
	}
	pkey_unref(mine.key);
}

static void test_jwt_07_another_key_with_a_known_kid(void **state)
{
	struct arena *mem = *state;
	static const enum alg algs[] = { ALG_ES256, ALG_RS256, ALG_PS256, ALG_EDDSA };

	for (size_t i = 0; i < COUNT(keys); i++) {
		struct jwk mine = fresh_key(algs[i], keys[i].kid);
		str token;
		assert_int_equal(jwt_sign(mem, &mine, S("at+jwt"), S(CLAIMS), &token), OK);
		gives(mem, token, &want, ERR_TOKEN_SIGNATURE);
		pkey_unref(mine.key);
	}
}

static void test_one_of_our_keys_under_the_name_of_another(void **state)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		for (size_t other = 0; other < COUNT(keys); other++) {
			struct jwk k = { keys[other].kid, keys[i].key };
			str token;
			assert_int_equal(jwt_sign(*state, &k, S("at+jwt"), S(CLAIMS), &token), OK);
			gives(*state, token, &want, i == other ? OK : ERR_TOKEN_SIGNATURE);
		}
}

static void test_the_header_cannot_choose_the_padding_of_rsa(void **state)
{
	struct arena *mem = *state;

	gives(mem, signed_with(mem, RS, S("{\"typ\":\"at+jwt\",\"alg\":\"PS256\",\"kid\":\"2\"}"), S(CLAIMS)),
	    &want, ERR_TOKEN_SIGNATURE);
	gives(mem, signed_with(mem, PS, S("{\"typ\":\"at+jwt\",\"alg\":\"RS256\",\"kid\":\"3\"}"), S(CLAIMS)),
	    &want, ERR_TOKEN_SIGNATURE);
	gives(mem, signed_with(mem, RS, S("{\"typ\":\"at+jwt\",\"alg\":\"rs256\",\"kid\":\"2\"}"), S(CLAIMS)),
	    &want, ERR_TOKEN_SIGNATURE);
}

static void test_jwt_09_kids_that_are_paths_or_statements(void **state)
{
	struct arena *mem = *state;
	/* clang-format off */
	static const char *const kids[] = {
		"../../../../dev/null", "/dev/null", "1' OR '1'='1", "1; DROP TABLE keys", "1\\u002f..", "*", "%", "1 ", " 1",
		"01", "1.0", "http://canary.example/", "|cat /etc/passwd",
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(kids); i++) {
		str header =
		    arena_printf(mem, "{\"typ\":\"at+jwt\",\"alg\":\"HS256\",\"kid\":\"%s\"}", kids[i]);
		str text = unsigned_text(mem, header, S(CLAIMS));
		unsigned char mac[SHA256_SIZE];
		hmac_sha256(secret_of(S("")), text, mac);
		gives(mem, with_signature(mem, text, bytes(mac, sizeof mac)), &want, ERR_TOKEN_KEY_UNKNOWN);
		header = arena_printf(mem, "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"%s\"}", kids[i]);
		gives(mem, signed_with(mem, ES, header, S(CLAIMS)), &want, ERR_TOKEN_KEY_UNKNOWN);
	}
	signed_gives(
	    mem, "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"1\\u0000\"}", CLAIMS, ERR_TOKEN_MALFORMED);
	/* the same name in other letters is the same name */
	signed_gives(mem, "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"\\u0031\"}", CLAIMS, OK);
}

static void test_a_token_without_kid_needs_a_set_of_one(void **state)
{
	struct arena *mem = *state;
	struct jwks one = { ES, 1 }, none = { .count = 0 };
	struct jwt t;
	str token = signed_with(mem, ES, S("{\"typ\":\"at+jwt\",\"alg\":\"ES256\"}"), S(CLAIMS));

	gives(mem, token, &want, ERR_TOKEN_KEY_UNKNOWN);
	assert_int_equal(jwt_verify(mem, token, &one, &want, &t), OK);
	assert_int_equal(t.kid.n, 0);
	assert_int_equal(jwt_verify(mem, token, &none, &want, &t), ERR_TOKEN_KEY_UNKNOWN);
}

static void test_jwt_10_crit_and_b64(void **state)
{
	/* clang-format off */
	static const char *const headers[] = {
		"{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"1\",\"crit\":[\"x\"],\"x\":1}",
		"{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"1\",\"crit\":[]}",
		"{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"1\",\"crit\":[\"b64\"],\"b64\":false}",
		"{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"1\",\"b64\":false}",
		"{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"1\",\"b64\":true}",
	};
	/* clang-format on */
	struct arena *mem = *state;

	for (size_t i = 0; i < COUNT(headers); i++) {
		signed_gives(mem, headers[i], CLAIMS, ERR_TOKEN_MALFORMED);
		/* RFC 7797: the payload as it is */
		str text = arena_printf(mem, "%.*s.%s", FMT(b64url_write(mem, str_of(headers[i]))), CLAIMS);
		unsigned char sig[SIGNATURE_MAX];
		size_t n = sizeof sig;
		assert_int_equal(pkey_sign(ES->key, text, sig, &n), OK);
		gives(mem, with_signature(mem, text, bytes(sig, n)), &want, ERR_TOKEN_MALFORMED);
	}
}

static void test_jwt_11_ca_15_zero_signatures(void **state)
{
	struct arena *mem = *state;
	unsigned char zero[SIGNATURE_MAX] = { 0 };
	/* clang-format off */
	static const char *const headers[] = {
		HEADER, "{\"typ\":\"at+jwt\",\"alg\":\"ES384\",\"kid\":\"1\"}",
		"{\"typ\":\"at+jwt\",\"alg\":\"EdDSA\",\"kid\":\"4\"}", "{\"typ\":\"at+jwt\",\"alg\":\"RS256\",\"kid\":\"2\"}",
		"{\"typ\":\"at+jwt\",\"alg\":\"PS256\",\"kid\":\"3\"}",
	};
	/* clang-format on */
	static const size_t sizes[] = { 1, 32, 63, 64, 65, 96, 128, 132, 255, 256, 257, 512 };

	for (size_t h = 0; h < COUNT(headers); h++) {
		str text = unsigned_text(mem, str_of(headers[h]), S(CLAIMS));
		for (size_t i = 0; i < COUNT(sizes); i++)
			gives(mem, with_signature(mem, text, bytes(zero, sizes[i])), &want,
			    ERR_TOKEN_SIGNATURE);
		zero[0] = 1; /* the neutral element as R */
		gives(mem, with_signature(mem, text, bytes(zero, 64)), &want, ERR_TOKEN_SIGNATURE);
		zero[0] = 0;
	}
}

static void test_jwt_13_duplicate_members(void **state)
{
	/* clang-format off */
	static const char *const claims[] = {
		"{\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE "\",\"aud\":\"x\",\"exp\":1763700300}",
		"{\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE "\",\"exp\":1763700300,\"exp\":1763700300}",
		"{\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE "\",\"exp\":1763700300,\"\\u0065xp\":9}",
		"{\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE "\",\"exp\":1763700300,\"x\":{\"y\":1,\"y\":1}}",
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(claims); i++)
		signed_gives(*state, HEADER, claims[i], ERR_TOKEN_MALFORMED);
	signed_gives(*state, "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"1\"}", CLAIMS,
	    ERR_TOKEN_MALFORMED);
	signed_gives(*state, "{\"typ\":\"at+jwt\",\"alg\":\"none\",\"alg\":\"ES256\",\"kid\":\"1\"}", CLAIMS,
	    ERR_TOKEN_MALFORMED);
	/* another case is another name */
	signed_gives(*state, HEADER,
	    "{\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE "\",\"exp\":1763700300,\"EXP\":9}", OK);
}

static void test_jwt_14_padding_blanks_and_trailing_bytes(void **state)
{
	struct arena *mem = *state;
	str token = good_token(mem, ES), header, payload, signature, rest;

	assert_true(str_cut(token, '.', &header, &rest) && str_cut(rest, '.', &payload, &signature));
	/* clang-format off */
	static const char *const shapes[] = {
		"%.*s.%.*s.%.*s=", "%.*s.%.*s.%.*s==", "%.*s=.%.*s.%.*s", "%.*s.%.*s=.%.*s", " %.*s.%.*s.%.*s", "%.*s.%.*s.%.*s ",
		"%.*s.%.*s.%.*s\n", "%.*s .%.*s.%.*s", "%.*s. %.*s.%.*s", "%.*s.%.*s. %.*s", "%.*s.%.*s.%.*sA", "%.*s.%.*s.%.*sAA",
		"%.*s.%.*s.%.*sAAAA", "%.*s.%.*s.%.*s.", "%.*s.%.*s.%.*s.AAAA", ".%.*s.%.*s.%.*s", "%.*s..%.*s.%.*s", "\t%.*s.%.*s.%.*s",
		"Bearer %.*s.%.*s.%.*s", "\"%.*s.%.*s.%.*s\"", "%.*s.%.*s.%.*s\x01",
	};
	/* clang-format on */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	for (size_t i = 0; i < COUNT(shapes); i++) {
		str bad = arena_printf(mem, shapes[i], FMT(header), FMT(payload), FMT(signature));
		struct jwt t;
		assert_int_not_equal(jwt_verify(mem, bad, &set, &want, &t), OK);
	}
#pragma GCC diagnostic pop
	gives(mem, (str){ arena_copy(mem, token).p, token.n + 1 }, &want,
	    ERR_TOKEN_MALFORMED); /* with its NUL */
}

/* JWT-14, CVE-2026-27840: one text is the token and no other. */
static void test_jwt_14_every_flipped_bit_is_refused(void **state)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		str token = good_token(*state, &keys[i]);
		char *p = arena_alloc(*state, token.n);
		for (size_t bit = 0; bit < token.n * 8; bit++) {
			struct arena *mem = arena_new(1 << 16);
			struct jwt t;
			memcpy(p, token.p, token.n);
			p[bit / 8] = (char)(p[bit / 8] ^ 1 << bit % 8);
			assert_int_not_equal(jwt_verify(mem, (str){ p, token.n }, &set, &want, &t), OK);
			arena_unref(mem);
		}
	}
}

static void test_jwt_14_every_cut_is_refused(void **state)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		str token = good_token(*state, &keys[i]);
		for (size_t n = 0; n < token.n; n++) {
			struct arena *mem = arena_new(1 << 16);
			struct jwt t;
			/* copies, so that a read past the cut is found */
			assert_int_not_equal(
			    jwt_verify(mem, arena_copy(mem, str_sub(token, 0, n)), &set, &want, &t), OK);
			assert_int_not_equal(
			    jwt_verify(mem, arena_copy(mem, str_sub(token, n + 1, token.n)), &set, &want, &t),
			    OK);
			arena_unref(mem);
		}
	}
}

static void test_jwt_15_encrypted_and_compressed_shapes(void **state)
{
	struct arena *mem = *state;
	/* clang-format off */
	static const char *const headers[] = {
		"{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"kid\":\"1\"}",
		"{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128CBC-HS256\",\"p2s\":\"AAAA\",\"p2c\":2147483648,\"kid\":\"1\"}",
		"{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\",\"zip\":\"DEF\",\"kid\":\"2\"}",
		"{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"epk\":" A3_PUBLIC ",\"kid\":\"1\"}",
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(headers); i++) {
		str h = b64url_write(mem, str_of(headers[i]));
		gives(mem, arena_printf(mem, "%.*s..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA", FMT(h)),
		    &want, ERR_TOKEN_MALFORMED);
		gives(mem, arena_printf(mem, "%.*s.AAAA.AAAAAAAAAAAAAAAA.AAAA.AAAA", FMT(h)), &want,
		    ERR_TOKEN_MALFORMED);
		signed_gives(mem, headers[i], CLAIMS, ERR_TOKEN_MALFORMED);
	}
	signed_gives(mem, "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"1\",\"zip\":\"DEF\"}", CLAIMS,
	    ERR_TOKEN_MALFORMED);
	/* without "enc" it is no JWE, and no algorithm of ours either */
	signed_gives(mem, "{\"alg\":\"PBES2-HS256+A128KW\",\"p2c\":2147483648,\"kid\":\"1\"}", CLAIMS,
	    ERR_TOKEN_SIGNATURE);
}

static void test_ca_17_a_der_signature_is_refused(void **state)
{
	struct arena *mem = *state;
	str text = unsigned_text(mem, S(HEADER), S(CLAIMS));
	unsigned char sig[SIGNATURE_MAX];
	size_t n = sizeof sig;

	/* r and s in 70 bytes whenever neither needs a sign byte; its shape is what counts */
	assert_int_equal(pkey_sign(ES->key, text, sig, &n), OK);
	struct buf der = BUF(mem);
	buf_put(&der, (str){ "\x30\x46\x02\x21\x00", 5 });
	buf_put(&der, bytes(sig, 32));
	buf_put(&der, (str){ "\x02\x21\x00", 3 });
	buf_put(&der, bytes(sig + 32, 32));
	gives(mem, with_signature(mem, text, bytes(sig, n)), &want, OK);
	gives(mem, with_signature(mem, text, buf_str(&der)), &want, ERR_TOKEN_SIGNATURE);
}

static void typ_gives(struct arena *mem, const char *typ, str expected, enum err e)
{
	struct jwt_expect expect = want;
	str header = typ ? arena_printf(mem, "{\"typ\":\"%s\",\"alg\":\"ES256\",\"kid\":\"1\"}", typ)
			 : S("{\"alg\":\"ES256\",\"kid\":\"1\"}");

	expect.typ = expected;
	gives(mem, signed_with(mem, ES, header, S(CLAIMS)), &expect, e);
}

/* RFC 8725 section 3.11: tokens of one kind are not good as another. */
static void test_types(void **state)
{
	typ_gives(*state, "at+jwt", S("at+jwt"), OK);
	typ_gives(*state, "AT+JWT", S("at+jwt"), OK);
	typ_gives(*state, "application/at+jwt", S("at+jwt"), OK);
	typ_gives(*state, "APPLICATION/at+jwt", S("at+jwt"), OK);
	typ_gives(*state, "at+jwt", S("application/at+jwt"), OK);
	typ_gives(*state, NULL, S("at+jwt"), ERR_TOKEN_TYPE);
	typ_gives(*state, "JWT", S("at+jwt"), ERR_TOKEN_TYPE);
	typ_gives(*state, "jwt", S("at+jwt"), ERR_TOKEN_TYPE);
	typ_gives(*state, "at+jwt ", S("at+jwt"), ERR_TOKEN_TYPE);
	typ_gives(*state, "text/at+jwt", S("at+jwt"), ERR_TOKEN_TYPE);
	typ_gives(*state, "application/application/at+jwt", S("at+jwt"), ERR_TOKEN_TYPE);
	typ_gives(*state, "application/", S("at+jwt"), ERR_TOKEN_TYPE);
	typ_gives(*state, "application/text/plain", S("text/plain"), ERR_TOKEN_TYPE);
	typ_gives(*state, "application", S("at+jwt"), ERR_TOKEN_TYPE);
	typ_gives(*state, "secevent+jwt", S("at+jwt"), ERR_TOKEN_TYPE);
	typ_gives(*state, "at+jwt", S("client-authentication+jwt"), ERR_TOKEN_TYPE);
	typ_gives(*state, "JWT", S("JWT"), OK);
	/* who expects nothing takes what says nothing */
	typ_gives(*state, NULL, S(""), OK);
	typ_gives(*state, "JWT", S(""), OK);
	typ_gives(*state, "at+jwt", S(""), ERR_TOKEN_TYPE);
	typ_gives(*state, "application/", S(""), OK);
}

static void issuer_gives(struct arena *mem, const char *iss, str expected, enum err e)
{
	struct jwt_expect expect = want;
	str claims = arena_printf(mem, "{%s\"aud\":\"" RESOURCE "\",\"exp\":1763700300}", iss);

	expect.issuer = expected;
	gives(mem, signed_with(mem, ES, S(HEADER), claims), &expect, e);
}

static void test_issuers_are_equal_byte_for_byte(void **state)
{
	issuer_gives(*state, "\"iss\":\"" ISSUER "\",", S(ISSUER), OK);
	issuer_gives(*state, "\"iss\":\"" ISSUER "/\",", S(ISSUER), ERR_TOKEN_ISSUER);
	issuer_gives(*state, "\"iss\":\"HTTPS://auth.example\",", S(ISSUER), ERR_TOKEN_ISSUER);
	issuer_gives(*state, "\"iss\":\"\",", S(ISSUER), ERR_TOKEN_ISSUER);
	issuer_gives(*state, "\"iss\":[\"" ISSUER "\"],", S(ISSUER), ERR_TOKEN_ISSUER);
	issuer_gives(*state, "", S(ISSUER), ERR_TOKEN_ISSUER);
	issuer_gives(*state, "", S(""), ERR_TOKEN_ISSUER);
	issuer_gives(*state, "\"iss\":\"\",", S(""), ERR_TOKEN_ISSUER);
}

static void audience_gives(struct arena *mem, const char *aud, str expected, enum err e)
{
	struct jwt_expect expect = want;
	str claims = arena_printf(mem, "{\"iss\":\"" ISSUER "\",%s\"exp\":1763700300}", aud);

	expect.audience = expected;
	gives(mem, signed_with(mem, ES, S(HEADER), claims), &expect, e);
}

static void test_ca_07_ca_08_audiences(void **state)
{
	str here = S(RESOURCE);

	audience_gives(*state, "\"aud\":\"" RESOURCE "\",", here, OK);
	audience_gives(*state, "\"aud\":[\"" RESOURCE "\"],", here, OK);
	audience_gives(*state, "\"aud\":[\"https://other.example\",\"" RESOURCE "\"],", here, OK);
	audience_gives(*state, "\"aud\":[7,{},\"" RESOURCE "\"],", here, OK);
	audience_gives(*state, "", here, ERR_TOKEN_AUDIENCE);
	audience_gives(*state, "\"aud\":\"\",", here, ERR_TOKEN_AUDIENCE);
	audience_gives(*state, "\"aud\":null,", here, ERR_TOKEN_AUDIENCE);
	audience_gives(*state, "\"aud\":true,", here, ERR_TOKEN_AUDIENCE);
	audience_gives(*state, "\"aud\":[],", here, ERR_TOKEN_AUDIENCE);
	audience_gives(*state, "\"aud\":[[\"" RESOURCE "\"]],", here, ERR_TOKEN_AUDIENCE);
	audience_gives(*state, "\"aud\":{\"x\":\"" RESOURCE "\"},", here, ERR_TOKEN_AUDIENCE);
	audience_gives(*state, "\"aud\":\"https://other.example\",", here, ERR_TOKEN_AUDIENCE);
	audience_gives(*state, "\"aud\":\"" RESOURCE "/\",", here, ERR_TOKEN_AUDIENCE);
	audience_gives(*state, "\"aud\":\"https://mcp.example/mc\",", here, ERR_TOKEN_AUDIENCE);
	audience_gives(*state, "\"aud\":\"" RESOURCE " https://other.example\",", here, ERR_TOKEN_AUDIENCE);
	audience_gives(*state, "", S(""), OK);
	audience_gives(*state, "\"aud\":\"anything\",", S(""), OK);
}

static void date_gives(struct arena *mem, const char *dates, enum err e)
{
	str claims = arena_printf(mem, "{\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE "\"%s}", dates);

	gives(mem, signed_with(mem, ES, S(HEADER), claims), &want, e);
}

/* NOW is 1763700000 and the skew 30. */
static void test_ca_09_expiry(void **state)
{
	date_gives(*state, ",\"exp\":1763700001", OK);
	date_gives(*state, ",\"exp\":1763699971", OK);
	date_gives(
	    *state, ",\"exp\":1763699970", ERR_TOKEN_EXPIRED); /* "on or after": RFC 7519 section 4.1.4 */
	date_gives(*state, ",\"exp\":1763699971.9", OK);
	date_gives(*state, ",\"exp\":1763699970.9", ERR_TOKEN_EXPIRED);
	date_gives(*state, ",\"exp\":0", ERR_TOKEN_EXPIRED);
	date_gives(*state, "", ERR_TOKEN_EXPIRED);
	date_gives(*state, ",\"exp\":253402300799", OK);
	date_gives(*state, ",\"exp\":253402300800", ERR_TOKEN_MALFORMED);
	date_gives(*state, ",\"exp\":9223372036854775807", ERR_TOKEN_MALFORMED);
	date_gives(*state, ",\"exp\":99999999999999999999", ERR_TOKEN_MALFORMED);
	date_gives(*state, ",\"exp\":-1", ERR_TOKEN_MALFORMED);
	date_gives(*state, ",\"exp\":1.7637003e9", OK); /* the same number */
	date_gives(
	    *state, ",\"exp\":1.76370030005e9", ERR_TOKEN_MALFORMED); /* a fraction behind an exponent */
	date_gives(*state, ",\"exp\":1e400", ERR_TOKEN_MALFORMED);
	date_gives(*state, ",\"exp\":\"1763700300\"", ERR_TOKEN_MALFORMED);
	date_gives(*state, ",\"exp\":null", ERR_TOKEN_MALFORMED);
	date_gives(*state, ",\"exp\":true", ERR_TOKEN_MALFORMED);
	date_gives(*state, ",\"exp\":[1763700300]", ERR_TOKEN_MALFORMED);
}

/* Near the epoch an absent exp must not be taken for 0. */
static void test_a_token_without_end_is_over_at_any_time(void **state)
{
	struct jwt_expect expect = want;

	for (expect.now = 0; expect.now < 60; expect.now++)
		gives(*state,
		    signed_with(
			*state, ES, S(HEADER), S("{\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE "\"}")),
		    &expect, ERR_TOKEN_EXPIRED);
}

static void test_ca_11_not_before(void **state)
{
	date_gives(*state, ",\"exp\":1763700300,\"nbf\":1763700000", OK);
	date_gives(*state, ",\"exp\":1763700300,\"nbf\":1763700030", OK);
	date_gives(*state, ",\"exp\":1763700300,\"nbf\":1763700031", ERR_TOKEN_NOT_YET);
	date_gives(*state, ",\"exp\":1763709999,\"nbf\":1763703600", ERR_TOKEN_NOT_YET);
	date_gives(*state, ",\"exp\":1763700300,\"nbf\":0", OK);
	date_gives(*state, ",\"exp\":1763700300,\"nbf\":\"0\"", ERR_TOKEN_MALFORMED);
	date_gives(*state, ",\"exp\":1763700300,\"nbf\":null", ERR_TOKEN_MALFORMED);
	date_gives(*state, ",\"exp\":1763700300,\"nbf\":9223372036854775807", ERR_TOKEN_MALFORMED);
	date_gives(*state, ",\"exp\":1763700300,\"iat\":\"now\"", ERR_TOKEN_MALFORMED);
}

static void test_ca_19_payloads_that_are_no_object(void **state)
{
	signed_gives(*state, HEADER, "[]", ERR_TOKEN_MALFORMED);
	signed_gives(*state, HEADER, "7", ERR_TOKEN_MALFORMED);
	signed_gives(*state, HEADER, "\"" ISSUER "\"", ERR_TOKEN_MALFORMED);
}

static void test_a_wrong_signature_is_said_before_anything_in_the_token(void **state)
{
	struct arena *mem = *state;
	str text = unsigned_text(
	    mem, S("{\"typ\":\"other\",\"alg\":\"ES256\",\"kid\":\"1\"}"), S("{\"iss\":\"x\",\"exp\":1}"));

	gives(mem, with_signature(mem, text, S("not a signature")), &want, ERR_TOKEN_SIGNATURE);
}

static void test_parse_shows_a_token_that_nobody_believed(void **state)
{
	struct arena *mem = *state;
	str text =
		unsigned_text(mem, S("{\"alg\":\"HS256\",\"kid\":\"k\"}"), S("{\"iss\":\"me\",\"exp\":7.5}")),
	    part, sig;
	struct jwt t;

	assert_int_equal(jwt_parse(mem, with_signature(mem, text, S("x")), &t, &part, &sig), OK);
	assert_str(t.kid, S("k"));
	assert_int_equal(t.exp, 7);
	assert_str(part, text);
	assert_str(sig, S("x"));
	assert_int_equal(jwt_parse(mem, S("a.b.c"), &t, &part, &sig), ERR_TOKEN_MALFORMED);
	assert_null(t.claims);
	assert_null(part.p);
	assert_null(sig.p);
}

static void test_signing_without_type_or_name_leaves_them_out(void **state)
{
	struct jwk k = { .key = ED->key };
	str token, header, rest;

	assert_int_equal(jwt_sign(*state, &k, S(""), S("{}"), &token), OK);
	assert_true(str_cut(token, '.', &header, &rest));
	assert_str(unb64(*state, header), S("{\"alg\":\"EdDSA\"}"));
}

static void test_names_are_escaped_in_the_header(void **state)
{
	struct jwk k = { S("\",\"alg\":\"none"), ES->key };
	struct jwks one = { &k, 1 };
	struct jwt t;
	str token;

	assert_int_equal(jwt_sign(*state, &k, S("at+jwt"), S(CLAIMS), &token), OK);
	assert_int_equal(jwt_verify(*state, token, &one, &want, &t), OK);
	assert_str(t.kid, k.kid);
}

static void test_the_cap_of_the_arena_ends_in_a_refusal(void **state)
{
	str token = good_token(*state, ES);

	for (size_t cap = 0; cap < 3000; cap += 64) {
		struct arena *small = arena_new(cap);
		struct jwt t;
		enum err e = jwt_verify(small, token, &set, &want, &t);
		assert_true(e == OK || e == ERR_TOKEN_MALFORMED);
		arena_unref(small);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_jwt_17_a_signed_token_says_what_rfc_9068_wants),
		TEST(test_jwt_17_the_header_is_this_text),
		TEST(test_jwt_01_alg_none),
		TEST(test_jwt_02_ca_16_signature_stripped),
		TEST(test_jwt_03_payload_changed),
		TEST(test_jwt_05_hs256_with_an_empty_key),
		TEST(test_ca_04_ca_05_hs256_with_the_public_key_as_secret),
		TEST(test_jwt_06_ca_03_a_key_in_the_header_is_not_used),
		TEST(test_ca_23_jku_x5u_x5c_are_not_used),
		TEST(test_jwt_07_another_key_with_a_known_kid),
		TEST(test_one_of_our_keys_under_the_name_of_another),
		TEST(test_the_header_cannot_choose_the_padding_of_rsa),
		TEST(test_jwt_09_kids_that_are_paths_or_statements),
		TEST(test_a_token_without_kid_needs_a_set_of_one),
		TEST(test_jwt_10_crit_and_b64),
		TEST(test_jwt_11_ca_15_zero_signatures),
		TEST(test_jwt_13_duplicate_members),
		TEST(test_jwt_14_padding_blanks_and_trailing_bytes),
		TEST(test_jwt_14_every_flipped_bit_is_refused),
		TEST(test_jwt_14_every_cut_is_refused),
		TEST(test_jwt_15_encrypted_and_compressed_shapes),
		TEST(test_ca_17_a_der_signature_is_refused),
		TEST(test_types),
		TEST(test_issuers_are_equal_byte_for_byte),
		TEST(test_ca_07_ca_08_audiences),
		TEST(test_ca_09_expiry),
		TEST(test_a_token_without_end_is_over_at_any_time),
		TEST(test_ca_11_not_before),
		TEST(test_ca_19_payloads_that_are_no_object),
		TEST(test_a_wrong_signature_is_said_before_anything_in_the_token),
		TEST(test_parse_shows_a_token_that_nobody_believed),
		TEST(test_signing_without_type_or_name_leaves_them_out),
		TEST(test_names_are_escaped_in_the_header),
		TEST(test_the_cap_of_the_arena_ends_in_a_refusal),
	};
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
