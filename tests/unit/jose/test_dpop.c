/* What a DPoP proof must be (RFC 9449 section 4.3). */
#include "help.h"
#include "base/unit.h"
#include "jose/dpop.h"

#define NOW 1700000000
#define URL "https://auth.example/token"
#define TOKEN "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"

/* The proof of RFC 9449 section 5, as it stands there. */
#define RFC_PROOF                                                                                            \
	"eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUk" \
	"RZ"                                                                                                 \
	"OXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQS" \
	"Is"                                                                                                 \
	"ImNydiI6IlAtMjU2In19"                                                                               \
	"."                                                                                                  \
	"eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3" \
	"Rv"                                                                                                 \
	"a2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ"                                                                     \
	"."                                                                                                  \
	"2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"

static const struct dpop_expect want = {
	.method = S_INIT("POST"), .url = S_INIT(URL), .now = NOW, .window = DPOP_WINDOW
};

static void the_rfc_s_own_proof_is_good(void **state)
{
	struct dpop_expect then = want;
	struct dpop d;

	then.url = S("https://server.example.com/token");
	then.now = 1562262616;
	assert_int_equal(dpop_check(*state, S(RFC_PROOF), &then, &d), OK);
	assert_str(d.jkt, S("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"));
	assert_str(d.jti, S("-BwC3ESc6acc2lTc"));
	assert_int_equal(d.iat, 1562262616);
	assert_int_equal(d.nonce.n, 0);
}

/* The public members of a key, to stand in a header. */
static str public_jwk(struct arena *mem, const struct jwk *k, bool with_alg)
{
	str json, plain;
	const struct json *o;
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);

	assert_int_equal(jwk_write(mem, k, false, &json), OK);
	if (with_alg)
		return json;
	o = parsed(mem, json);
	jout_object(&j, S(""));
	for (JSON_EACH(m, o))
		if (!str_eq(m->key, S("alg")) && !str_eq(m->key, S("use")))
			jout_json(&j, m->key, m);
	jout_end(&j);
	plain = buf_str(&b);
	return plain;
}

/* A proof of k with this header (in which JWK stands for the key) and this payload. */
static str proof(struct arena *mem, const struct jwk *k, str header, str payload, str jwk)
{
	ptrdiff_t at = str_find(header, S("JWK"));

	if (at >= 0)
		header = arena_printf(mem, "%.*s%.*s%.*s", FMT(str_sub(header, 0, (size_t)at)), FMT(jwk),
		    FMT(str_sub(header, (size_t)at + 3, header.n)));
	return signed_with(mem, k, header, payload);
}

#define HEADER "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":JWK}"
#define PAYLOAD(htm, htu, iat, more) \
	"{\"jti\":\"j1\",\"htm\":\"" htm "\",\"htu\":\"" htu "\",\"iat\":" iat more "}"
#define GOOD PAYLOAD("POST", URL, "1700000000", "")

static void only_what_is_right_in_everything(void **state)
{
	static const struct {
		const char *sentence, *header, *payload, *why;
	} rows[] = {
		{ "a good one", HEADER, GOOD, NULL },
		{ "with a nonce", HEADER, PAYLOAD("POST", URL, "1700000000", ",\"nonce\":\"n\""), NULL },
		{ "five minutes old", HEADER, PAYLOAD("POST", URL, "1699999700", ""), NULL },
		{ "older than five minutes", HEADER, PAYLOAD("POST", URL, "1699999699", ""),
		    "it is too old" },
		{ "of a clock that is ahead", HEADER, PAYLOAD("POST", URL, "1700000300", ""), NULL },
		{ "of the future", HEADER, PAYLOAD("POST", URL, "1700000301", ""),
		    "it is of the future: look at the clocks" },
		{ "of no time", HEADER, "{\"jti\":\"j1\",\"htm\":\"POST\",\"htu\":\"" URL "\"}",
		    "it has no iat" },
		{ "of a time in words", HEADER, PAYLOAD("POST", URL, "\"1700000000\"", ""), "it has no iat" },
		{ "of a time before time", HEADER, PAYLOAD("POST", URL, "-1", ""), "it has no iat" },
		{ "of a time with a fraction", HEADER, PAYLOAD("POST", URL, "1700000000.25", ""), NULL },
		{ "of a time without end", HEADER, PAYLOAD("POST", URL, "1e300", ""), "it has no iat" },
		{ "that has expired", HEADER, PAYLOAD("POST", URL, "1700000000", ",\"exp\":1699999970"),
		    "its exp has passed" },
		{ "that expires", HEADER, PAYLOAD("POST", URL, "1700000000", ",\"exp\":1699999971"), NULL },
		{ "that expires in words", HEADER, PAYLOAD("POST", URL, "1700000000", ",\"exp\":\"never\""),
		    "its exp has passed" },
		{ "of tomorrow", HEADER, PAYLOAD("POST", URL, "1700000000", ",\"nbf\":1700000031"),
		    "its nbf is still to come" },
		{ "of just now", HEADER, PAYLOAD("POST", URL, "1700000000", ",\"nbf\":1700000030"), NULL },
		{ "of never", HEADER, PAYLOAD("POST", URL, "1700000000", ",\"nbf\":null"),
		    "its nbf is still to come" },
		{ "of another method", HEADER, PAYLOAD("GET", URL, "1700000000", ""),
		    "its htm is not the method of this request" },
		{ "of a method in small letters", HEADER, PAYLOAD("post", URL, "1700000000", ""),
		    "its htm is not the method of this request" },
		{ "of another address", HEADER, PAYLOAD("POST", URL "s", "1700000000", ""),
		    "its htu is not the address of this request" },
		{ "of another host", HEADER, PAYLOAD("POST", "https://evil.example/token", "1700000000", ""),
		    "its htu is not the address of this request" },
		{ "of http", HEADER, PAYLOAD("POST", "http://auth.example/token", "1700000000", ""),
		    "its htu is not the address of this request" },
		{ "with a query in the address", HEADER, PAYLOAD("POST", URL "?x=1#y", "1700000000", ""),
		    NULL },
		{ "with the default port and other capitals", HEADER,
		    PAYLOAD("POST", "HTTPS://Auth.Example:443/%74oken", "1700000000", ""), NULL },
		{ "of a method that is no text", HEADER,
		    "{\"jti\":\"j\",\"htm\":1,\"htu\":\"" URL "\",\"iat\":1700000000}",
		    "its htm is not the method of this request" },
		{ "without jti", HEADER, "{\"htm\":\"POST\",\"htu\":\"" URL "\",\"iat\":1700000000}",
		    "it has no jti" },
		{ "with an empty jti", HEADER,
		    "{\"jti\":\"\",\"htm\":\"POST\",\"htu\":\"" URL "\",\"iat\":1700000000}",
		    "it has no jti" },
		{ "with a nonce that is a number", HEADER, PAYLOAD("POST", URL, "1700000000", ",\"nonce\":7"),
		    "its nonce is no text" },
		{ "of type JWT", "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"jwk\":JWK}", GOOD,
		    "its typ is not dpop+jwt" },
		{ "an access token", "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"jwk\":JWK}", GOOD,
		    "its typ is not dpop+jwt" },
		{ "without a type", "{\"alg\":\"ES256\",\"jwk\":JWK}", GOOD, "its typ is not dpop+jwt" },
		{ "JWT-01: alg none", "{\"typ\":\"dpop+jwt\",\"alg\":\"none\",\"jwk\":JWK}", GOOD,
		    "its alg is not one of " DPOP_ALGS },
		{ "alg of a shared secret", "{\"typ\":\"dpop+jwt\",\"alg\":\"HS256\",\"jwk\":JWK}", GOOD,
		    "its alg is not one of " DPOP_ALGS },
		{ "alg of another kind of key", "{\"typ\":\"dpop+jwt\",\"alg\":\"RS256\",\"jwk\":JWK}", GOOD,
		    "its alg is not that of its jwk" },
		{ "with a kid and no key", "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"kid\":\"k\"}", GOOD,
		    "it has no jwk" },
		{ "with a key that is a text", "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":\"x\"}", GOOD,
		    "it has no jwk" },
		{ "with a critical extension",
		    "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"crit\":[\"exp\"],\"jwk\":JWK}", GOOD,
		    "it is no signed JWT" },
		{ "with a member twice", HEADER, "{\"jti\":\"a\",\"jti\":\"b\",\"htm\":\"POST\"}",
		    "it is no signed JWT" },
	};
	struct jwk k = fresh_key(ALG_ES256, S("k"));
	str jwk = public_jwk(*state, &k, true);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct dpop d;
		str text = proof(*state, &k, str_of(rows[i].header), str_of(rows[i].payload), jwk);
		enum err e = dpop_check(*state, text, &want, &d);
		same_err(rows[i].sentence, e, rows[i].why ? ERR_TOKEN_MALFORMED : OK);
		same(rows[i].sentence, str_of(d.why), str_of(rows[i].why));
		holds(rows[i].sentence, jkt_ok(d.jkt) == (e == OK) && (e == OK) == (d.jti.n > 0));
	}
	pkey_unref(k.key);
}

static void a_very_long_jti_is_refused(void **state)
{
	struct jwk k = fresh_key(ALG_ES256, S("k"));
	char jti[DPOP_JTI_MAX + 2] = { 0 };
	struct dpop d;

	for (size_t n = DPOP_JTI_MAX; n <= DPOP_JTI_MAX + 1; n++) {
		memset(jti, 'j', n);
		str payload = arena_printf(
		    *state, "{\"jti\":\"%s\",\"htm\":\"POST\",\"htu\":\"" URL "\",\"iat\":1700000000}", jti);
		str text = proof(*state, &k, S(HEADER), payload, public_jwk(*state, &k, false));
		assert_int_equal(dpop_check(*state, text, &want, &d) == OK, n == DPOP_JTI_MAX);
	}
	pkey_unref(k.key);
}

static void every_algorithm_proves(void **state)
{
	static const struct {
		enum alg alg;
		const char *name;
	} rows[] = { { ALG_ES256, "ES256" }, { ALG_EDDSA, "EdDSA" }, { ALG_EDDSA, "Ed25519" },
		{ ALG_RS256, "RS256" }, { ALG_PS256, "PS256" } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct jwk k = fresh_key(rows[i].alg, S("k"));
		struct dpop d;
		str header = arena_printf(
			*state, "{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":JWK}", rows[i].name),
		    own, text;
		for (int with_alg = 0; with_alg < 2; with_alg++) {
			text = proof(*state, &k, header, S(GOOD), public_jwk(*state, &k, with_alg));
			same_err(rows[i].name, dpop_check(*state, text, &want, &d), OK);
			assert_int_equal(jwk_thumbprint(*state, k.key, &own), OK);
			same(rows[i].name, d.jkt, own);
		}
		pkey_unref(k.key);
	}
}

/* An RSA key that says RS256 is not used for PS256, whatever the header says. */
static void a_key_is_used_as_it_says(void **state)
{
	struct jwk rs = fresh_key(ALG_RS256, S("k"));
	struct pkey_parts parts;
	struct jwk ps = { .kid = S("k") };
	struct dpop d;

	assert_int_equal(pkey_to_parts(*state, rs.key, true, &parts), OK);
	parts.alg = ALG_PS256;
	assert_int_equal(pkey_from_parts(&parts, &ps.key), OK);
	str header = S("{\"typ\":\"dpop+jwt\",\"alg\":\"PS256\",\"jwk\":JWK}");
	str text = proof(*state, &ps, header, S(GOOD), public_jwk(*state, &rs, true));
	assert_int_equal(dpop_check(*state, text, &want, &d), ERR_TOKEN_MALFORMED);
	text = proof(*state, &ps, header, S(GOOD), public_jwk(*state, &rs, false));
	assert_int_equal(dpop_check(*state, text, &want, &d), OK);
	pkey_unref(rs.key);
	pkey_unref(ps.key);
}

/* CVE-2026-54431: a private key in the proof, with which anybody who reads it can make the next. */
static void a_private_key_is_refused(void **state)
{
	static const char *const more[] = { ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}",
		",\"k\":\"AAAA\"}", ",\"p\":\"\"}", ",\"oth\":[]}", ",\"use\":\"enc\"}",
		",\"key_ops\":[\"sign\"]}" };
	struct jwk k = fresh_key(ALG_ES256, S("k"));
	struct dpop d;
	str json = public_jwk(*state, &k, false), all;

	for (size_t i = 0; i < COUNT(more); i++) {
		str jwk = arena_printf(*state, "%.*s%s", FMT(str_sub(json, 0, json.n - 1)), more[i]);
		same_err(more[i], dpop_check(*state, proof(*state, &k, S(HEADER), S(GOOD), jwk), &want, &d),
		    ERR_TOKEN_MALFORMED);
		same(more[i], str_of(d.why), S("its jwk is no public key that is taken here"));
	}
	assert_int_equal(jwk_write(*state, &k, true, &all), OK);
	same_err("all of it", dpop_check(*state, proof(*state, &k, S(HEADER), S(GOOD), all), &want, &d),
	    ERR_TOKEN_MALFORMED);
	pkey_unref(k.key);
}

static void the_key_that_signs_is_the_one_that_stands_there(void **state)
{
	struct jwk k = fresh_key(ALG_ES256, S("k")), other = fresh_key(ALG_ES256, S("k"));
	struct dpop d;
	str text = proof(*state, &other, S(HEADER), S(GOOD), public_jwk(*state, &k, false));

	assert_int_equal(dpop_check(*state, text, &want, &d), ERR_TOKEN_MALFORMED);
	assert_string_equal(d.why, "its signature is wrong");
	assert_int_equal(d.jkt.n, 0);
	/* a point that is not on the curve */
	str off = S("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		    "\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}");
	text = proof(*state, &k, S(HEADER), S(GOOD), off);
	assert_int_equal(dpop_check(*state, text, &want, &d), ERR_TOKEN_MALFORMED);
	pkey_unref(k.key);
	pkey_unref(other.key);
}

static void beside_a_token_it_names_the_token(void **state)
{
	static const struct {
		const char *sentence, *more;
		bool good;
	} rows[] = {
		{ "its hash", ",\"ath\":\"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo\"", true },
		{ "no hash", "", false },
		{ "an empty hash", ",\"ath\":\"\"", false },
		{ "the hash of another", ",\"ath\":\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"", false },
	};
	struct jwk k = fresh_key(ALG_ES256, S("k"));
	struct dpop_expect with = want;
	struct dpop d;

	with.token = S(TOKEN); /* and its hash: RFC 9449 section 7.1 */
	for (size_t i = 0; i < COUNT(rows); i++) {
		str payload = arena_printf(*state,
		    "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"" URL "\",\"iat\":1700000000%s}",
		    rows[i].more);
		str text = proof(*state, &k, S(HEADER), payload, public_jwk(*state, &k, false));
		same_err(rows[i].sentence, dpop_check(*state, text, &with, &d),
		    rows[i].good ? OK : ERR_TOKEN_MALFORMED);
		same_err("without a token nobody looks", dpop_check(*state, text, &want, &d), OK);
	}
	pkey_unref(k.key);
}

/* What is remembered is the header's key: another signature, or another header, is looked at as if it were new. */
static void a_remembered_key_changes_no_answer(void **state)
{
	struct jwk k = fresh_key(ALG_ES256, S("k")), other = fresh_key(ALG_ES256, S("k"));
	struct dpop_expect with = want;
	struct dpop d;
	str jwk = public_jwk(*state, &k, false), jkt;

	with.keys = dpop_keys_new();
	assert_int_equal(jwk_thumbprint(*state, k.key, &jkt), OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
		    dpop_check(*state, proof(*state, &k, S(HEADER), S(GOOD), jwk), &with, &d), OK);
		assert_str(d.jkt, jkt);
		str forged = proof(*state, &other, S(HEADER), S(GOOD), jwk);
		assert_int_equal(dpop_check(*state, forged, &with, &d), ERR_TOKEN_MALFORMED);
		assert_int_equal(d.jkt.n, 0);
		str theirs = proof(*state, &other, S(HEADER), S(GOOD), public_jwk(*state, &other, false));
		assert_int_equal(dpop_check(*state, theirs, &with, &d), OK);
		assert_false(str_eq(d.jkt, jkt));
	}
	/* more keys than there is room for: each is still its own */
	for (int i = 0; i < 1500; i++) {
		unsigned char hash[32] = { (unsigned char)(i >> 8), (unsigned char)i };
		str found;
		dpop_keys_put(with.keys, hash, k.key, jkt);
		struct pkey *got = dpop_keys_find(with.keys, *state, hash, &found);
		assert_ptr_equal(got, k.key);
		pkey_unref(got);
	}
	assert_int_equal(dpop_check(*state, proof(*state, &k, S(HEADER), S(GOOD), jwk), &with, &d), OK);
	dpop_keys_free(with.keys);
	pkey_unref(k.key);
	pkey_unref(other.key);
}

static void what_is_no_jwt_is_refused(void **state)
{
	static const char *const texts[] = { "", ".", "..", "a.b.c", "eyJ9.eyJ9.", "e30.e30.AA" };
	struct dpop d;

	for (size_t i = 0; i < COUNT(texts); i++)
		same_err(texts[i], dpop_check(*state, str_of(texts[i]), &want, &d), ERR_TOKEN_MALFORMED);
	str rfc = S(RFC_PROOF);
	same_err("cut", dpop_check(*state, str_sub(rfc, 0, rfc.n - 2), &want, &d), ERR_TOKEN_MALFORMED);
}

static void addresses_are_compared_as_addresses(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "https://h/p", "https://h/p", true },
		{ "https://h", "https://h/", true },
		{ "http://h:80/p", "HTTP://H/p", true },
		{ "https://h:80/p", "https://h/p", false },
		{ "https://h/p?q", "https://h/p#f", true },
		{ "https://h/%7Ea%2fb", "https://h/~a%2Fb", true },
		{ "https://h/a%2Fb", "https://h/a/b", false },
		{ "https://h/a%", "https://h/a%", false }, /* no address */
		{ "https://h/P", "https://h/p", false },
		{ "https://h/p/", "https://h/p", false },
		{ "https://u@h/p", "https://h/p", false },
		{ "https://u@h/p", "https://u@h/p", false },
		{ "urn:h", "urn:h", false },
		{ "", "", false },
		{ "https://[::1]:8080/p", "https://[::1]:8080/p", true },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		same_int(rows[i].a, dpop_same_url(str_of(rows[i].a), str_of(rows[i].b)), rows[i].same);
		same_int(rows[i].b, dpop_same_url(str_of(rows[i].b), str_of(rows[i].a)), rows[i].same);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_rfc_s_own_proof_is_good),
		TEST(only_what_is_right_in_everything),
		TEST(a_very_long_jti_is_refused),
		TEST(every_algorithm_proves),
		TEST(a_key_is_used_as_it_says),
		TEST(a_private_key_is_refused),
		TEST(the_key_that_signs_is_the_one_that_stands_there),
		TEST(beside_a_token_it_names_the_token),
		TEST(a_remembered_key_changes_no_answer),
		TEST(what_is_no_jwt_is_refused),
		TEST(addresses_are_compared_as_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
