/* Assertions of others: whose they are, for whom, how long, and signed by which key. Time is an argument. */
#include "help.h"
#include "jose/assertion.h"

#define NOW 1800000000
#define US "https://auth.example"

static struct jwk es, ed, ps;

static struct jwk make(enum alg alg, const char *kid)
{
	struct jwk k = { .kid = str_of(kid) };

	assert_int_equal(pkey_make(alg, &k.key), OK);
	return k;
}

static int keys_setup(void **state)
{
	(void)state;
	assert_int_equal(crypto_start(), OK);
	es = make(ALG_ES256, "es");
	ed = make(ALG_EDDSA, "ed");
	ps = make(ALG_PS256, "ps");
	return 0;
}

static int keys_teardown(void **state)
{
	(void)state;
	pkey_unref(es.key);
	pkey_unref(ed.key);
	pkey_unref(ps.key);
	return 0;
}

static const str names[] = { S_INIT(US), S_INIT(US "/token") };

static struct assertion_expect expect(void)
{
	return (struct assertion_expect){
		.typ = S("client-authentication+jwt"),
		.issuer = S("app"),
		.subject = S("app"),
		.audience = names,
		.audience_count = COUNT(names),
		.now = NOW,
		.skew = 30,
		.ttl = 600,
	};
}

/* Claims as they should be, with more (or others) at the end. */
#define CLAIMS(aud, exp, more) \
	"{\"iss\":\"app\",\"sub\":\"app\",\"jti\":\"1\",\"aud\":" aud ",\"exp\":" exp more "}"
#define GOOD CLAIMS("\"" US "\"", "1800000060", "")

static str sign(struct arena *mem, const struct jwk *k, const char *header, const char *claims)
{
	str out;

	assert_int_equal(jws_sign(mem, k, str_of(header), str_of(claims), &out), OK);
	return out;
}

#define ES "{\"alg\":\"ES256\",\"kid\":\"es\"}"

static void what_it_says(void **state)
{
	static const struct {
		const char *sentence, *claims;
		enum err want;
	} rows[] = {
		{ "as it should be", GOOD, OK },
		{ "the token endpoint as audience", CLAIMS("\"" US "/token\"", "1800000060", ""), OK },
		{ "an array of our names", CLAIMS("[\"" US "/token\",\"" US "\"]", "1800000060", ""), OK },
		{ "CA-07 another server", CLAIMS("\"https://other.example\"", "1800000060", ""),
		    ERR_TOKEN_AUDIENCE },
		{ "CA-07 another server beside us",
		    CLAIMS("[\"" US "\",\"https://other.example\"]", "1800000060", ""), ERR_TOKEN_AUDIENCE },
		{ "our name and something behind it", CLAIMS("\"" US ".evil.example\"", "1800000060", ""),
		    ERR_TOKEN_AUDIENCE },
		{ "CA-08 no audience", "{\"iss\":\"app\",\"sub\":\"app\",\"jti\":\"1\",\"exp\":1800000060}",
		    ERR_TOKEN_AUDIENCE },
		{ "CA-08 an empty audience", CLAIMS("\"\"", "1800000060", ""), ERR_TOKEN_AUDIENCE },
		{ "CA-08 an empty array", CLAIMS("[]", "1800000060", ""), ERR_TOKEN_AUDIENCE },
		{ "an audience that is an object", CLAIMS("{\"a\":\"" US "\"}", "1800000060", ""),
		    ERR_TOKEN_AUDIENCE },
		{ "an array with a number in it", CLAIMS("[\"" US "\",1]", "1800000060", ""),
		    ERR_TOKEN_AUDIENCE },
		{ "CA-09 expired", CLAIMS("\"" US "\"", "1799999970", ""), ERR_TOKEN_EXPIRED },
		{ "expired within the skew", CLAIMS("\"" US "\"", "1799999971", ""), OK },
		{ "no exp", "{\"iss\":\"app\",\"sub\":\"app\",\"jti\":\"1\",\"aud\":\"" US "\"}",
		    ERR_TOKEN_EXPIRED },
		{ "as long as it may live", CLAIMS("\"" US "\"", "1800000630", ""), OK },
		{ "longer", CLAIMS("\"" US "\"", "1800000631", ""), ERR_TOKEN_EXPIRED },
		{ "for ever", CLAIMS("\"" US "\"", "253402300799", ""), ERR_TOKEN_EXPIRED },
		{ "exp as text", CLAIMS("\"" US "\"", "\"1800000060\"", ""), ERR_TOKEN_MALFORMED },
		{ "exp beyond numbers", CLAIMS("\"" US "\"", "1e400", ""), ERR_TOKEN_MALFORMED },
		{ "CA-11 nbf one hour ahead", CLAIMS("\"" US "\"", "1800000060", ",\"nbf\":1800003600"),
		    ERR_TOKEN_NOT_YET },
		{ "nbf within the skew", CLAIMS("\"" US "\"", "1800000060", ",\"nbf\":1800000030"), OK },
		{ "iat one hour ahead", CLAIMS("\"" US "\"", "1800000060", ",\"iat\":1800003600"),
		    ERR_TOKEN_NOT_YET },
		{ "CA-12 iss of another",
		    "{\"iss\":\"other\",\"sub\":\"app\",\"jti\":\"1\",\"aud\":\"" US "\",\"exp\":1800000060}",
		    ERR_TOKEN_ISSUER },
		{ "CA-13 sub of another",
		    "{\"iss\":\"app\",\"sub\":\"other\",\"jti\":\"1\",\"aud\":\"" US "\",\"exp\":1800000060}",
		    ERR_TOKEN_ISSUER },
		{ "no sub", "{\"iss\":\"app\",\"jti\":\"1\",\"aud\":\"" US "\",\"exp\":1800000060}",
		    ERR_TOKEN_MALFORMED },
		{ "no jti", "{\"iss\":\"app\",\"sub\":\"app\",\"aud\":\"" US "\",\"exp\":1800000060}",
		    ERR_TOKEN_MALFORMED },
		{ "jti as number",
		    "{\"iss\":\"app\",\"sub\":\"app\",\"jti\":1,\"aud\":\"" US "\",\"exp\":1800000060}",
		    ERR_TOKEN_MALFORMED },
		{ "iss twice",
		    "{\"iss\":\"app\",\"iss\":\"app\",\"sub\":\"app\",\"jti\":\"1\",\"aud\":\"" US
		    "\",\"exp\":1800000060}",
		    ERR_TOKEN_MALFORMED },
		{ "CA-19 an array", "[]", ERR_TOKEN_MALFORMED },
		{ "CA-19 a number", "1", ERR_TOKEN_MALFORMED },
		{ "CA-19 nothing", "", ERR_TOKEN_MALFORMED },
	};
	struct arena *mem = *state;
	struct jwks set = { &es, 1 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct assertion_expect want = expect();
		struct assertion a;
		str text = sign(mem, &es, ES, rows[i].claims);
		/* an empty payload is no compact JWS that anything would sign, but it can be sent */
		enum err e = assertion_verify(mem, text, &set, &want, &a);
		if (e != rows[i].want)
			fail_msg("%s: %s, not %s", rows[i].sentence, err_row(e)->name,
			    err_row(rows[i].want)->name);
		assert_true((e == OK) == (a.claims != NULL) && (e == OK) == (a.why == NULL));
		assert_true(e == OK || a.jti.n == 0);
	}
}

static void types(void **state)
{
	static const struct {
		const char *header;
		bool required;
		enum err want;
	} rows[] = {
		{ "{\"alg\":\"ES256\"}", false, OK },
		{ "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", false, OK },
		{ "{\"alg\":\"ES256\",\"typ\":\"client-authentication+jwt\"}", false, OK },
		{ "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", false, ERR_TOKEN_TYPE },
		{ "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\"}", false, ERR_TOKEN_TYPE },
		{ "{\"alg\":\"ES256\"}", true, ERR_TOKEN_TYPE },
		{ "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", true, ERR_TOKEN_TYPE },
		{ "{\"alg\":\"ES256\",\"typ\":\"application/client-authentication+jwt\"}", true, OK },
		{ "{\"alg\":\"ES256\",\"crit\":[\"x\"],\"x\":1}", false, ERR_TOKEN_MALFORMED },
		{ "{\"alg\":\"ES256\",\"b64\":false}", false, ERR_TOKEN_MALFORMED },
		/* CA-23: neither believed nor fetched */
		{ "{\"alg\":\"ES256\",\"jku\":\"http://127.0.0.1:1/\",\"x5u\":\"http://127.0.0.1:1/\"}",
		    false, OK },
	};
	struct arena *mem = *state;
	struct jwks set = { &es, 1 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct assertion_expect want = expect();
		struct assertion a;
		want.typ_required = rows[i].required;
		if (assertion_verify(mem, sign(mem, &es, rows[i].header, GOOD), &set, &want, &a) !=
		    rows[i].want)
			fail_msg("%s", rows[i].header);
	}
}

static void required_iat(void **state)
{
	struct arena *mem = *state;
	struct jwks set = { &es, 1 };
	struct assertion_expect want = expect();
	struct assertion a;

	want.iat_required = true;
	assert_int_equal(assertion_verify(mem, sign(mem, &es, ES, GOOD), &set, &want, &a), ERR_TOKEN_NOT_YET);
	str with = sign(mem, &es, ES, CLAIMS("\"" US "\"", "1800000060", ",\"iat\":1800000000"));
	assert_int_equal(assertion_verify(mem, with, &set, &want, &a), OK);
}

static void which_key(void **state)
{
	static const struct {
		const char *sentence, *header;
		int signer; /* 0 es, 1 ed, 2 ps */
		int set;    /* 0: all, 1: es and ed, 2: es twice */
		enum err want;
	} rows[] = {
		{ "by name", ES, 0, 0, OK },
		{ "by name, EdDSA", "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", 1, 0, OK },
		{ "by name, EdDSA as RFC 9864 calls it", "{\"alg\":\"Ed25519\",\"kid\":\"ed\"}", 1, 0, OK },
		{ "no name, one key for Ed25519", "{\"alg\":\"Ed25519\"}", 1, 0, OK },
		{ "Ed25519 over the key of another algorithm", "{\"alg\":\"Ed25519\",\"kid\":\"es\"}", 0, 0,
		    ERR_TOKEN_SIGNATURE },
		{ "Ed448", "{\"alg\":\"Ed448\",\"kid\":\"ed\"}", 1, 0, ERR_TOKEN_SIGNATURE },
		{ "by name, PS256", "{\"alg\":\"PS256\",\"kid\":\"ps\"}", 2, 0, OK },
		{ "no name, one key for the algorithm", "{\"alg\":\"EdDSA\"}", 1, 0, OK },
		{ "no name, two keys for the algorithm", "{\"alg\":\"ES256\"}", 0, 2, ERR_TOKEN_KEY_UNKNOWN },
		{ "no name, no key for the algorithm", "{\"alg\":\"PS256\"}", 2, 1, ERR_TOKEN_KEY_UNKNOWN },
		{ "a name that is not there", "{\"alg\":\"ES256\",\"kid\":\"new\"}", 0, 0,
		    ERR_TOKEN_KEY_UNKNOWN },
		{ "the name of another key", "{\"alg\":\"ES256\",\"kid\":\"ed\"}", 0, 0,
		    ERR_TOKEN_SIGNATURE },
		{ "another algorithm than the key's", "{\"alg\":\"RS256\",\"kid\":\"ps\"}", 2, 0,
		    ERR_TOKEN_SIGNATURE },
		{ "signed by another key", ES, 1, 0, ERR_TOKEN_SIGNATURE },
		{ "CA-01 none", "{\"alg\":\"none\",\"kid\":\"es\"}", 0, 0, ERR_TOKEN_SIGNATURE },
		{ "CA-04 HS256", "{\"alg\":\"HS256\",\"kid\":\"es\"}", 0, 0, ERR_TOKEN_SIGNATURE },
	};
	struct arena *mem = *state;
	struct jwk twice[2] = { es, es }, all[3] = { es, ed, ps };
	const struct jwk *const signers[] = { &es, &ed, &ps };
	const struct jwks sets[] = { { all, 3 }, { all, 2 }, { twice, 2 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct assertion_expect want = expect();
		struct assertion a;
		str text = sign(mem, signers[rows[i].signer], rows[i].header, GOOD);
		enum err e = assertion_verify(mem, text, &sets[rows[i].set], &want, &a);
		if (e != rows[i].want)
			fail_msg("%s: %s", rows[i].sentence, err_row(e)->name);
	}
	struct jwks none = { .count = 0 };
	struct assertion_expect want = expect();
	struct assertion a;
	assert_int_equal(
	    assertion_verify(mem, sign(mem, &es, ES, GOOD), &none, &want, &a), ERR_TOKEN_KEY_UNKNOWN);
}

static void sizes(void **state)
{
	struct arena *mem = *state;
	struct buf b = BUF(mem);
	struct assertion a;

	buf_put(&b, S("{\"iss\":\"app\",\"sub\":\"app\",\"aud\":\"" US "\",\"exp\":1800000060,\"jti\":\""));
	for (int i = 0; i < 256; i++)
		buf_char(&b, 'j');
	size_t fits = b.n;
	buf_put(&b, S("\"}"));
	buf_char(&b, 0);
	assert_int_equal(assertion_read(mem, sign(mem, &es, ES, b.p), &a), OK);
	assert_int_equal(a.jti.n, 256);
	b.n = fits;
	buf_put(&b, S("j\"}"));
	buf_char(&b, 0);
	assert_int_equal(assertion_read(mem, sign(mem, &es, ES, b.p), &a), ERR_TOKEN_MALFORMED);
	assert_non_null(a.why);
}

/* No two of (us, issuer, jti) have one hash, however they are cut. */
static void hashes(void **state)
{
	struct arena *mem = *state;
	struct assertion a = { .issuer = S("ab"), .jti = S("c") }, b = { .issuer = S("a"), .jti = S("bc") };
	str first = assertion_hash(mem, S("x"), &a);

	assert_int_equal(first.n, SHA256_SIZE);
	assert_str(assertion_hash(mem, S("x"), &a), first);
	assert_false(str_eq(assertion_hash(mem, S("x"), &b), first));
	assert_false(str_eq(assertion_hash(mem, S("y"), &a), first));
	a.issuer = S("b");
	assert_false(str_eq(assertion_hash(mem, S("xa"), &a), first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_it_says),
		TEST(types),
		TEST(required_iat),
		TEST(which_key),
		TEST(sizes),
		TEST(hashes),
	};

	return cmocka_run_group_tests(tests, keys_setup, keys_teardown);
}
