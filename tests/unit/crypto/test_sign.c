#include "crypto/ossl.h"
#include "help.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const enum alg algs[] = { ALG_ES256, ALG_RS256, ALG_PS256, ALG_EDDSA };

struct signed_text {
	struct pkey *key;
	str text;
	unsigned char sig[SIGNATURE_MAX];
	size_t n;
};

static struct signed_text sign(enum alg alg, str text)
{
	struct signed_text s = { .text = text, .n = SIGNATURE_MAX };

	assert_int_equal(pkey_make(alg, &s.key), OK);
	assert_int_equal(pkey_sign(s.key, text, s.sig, &s.n), OK);
	assert_int_equal(s.n, pkey_signature_size(s.key));
	assert_true(pkey_verify(s.key, text, bytes(s.sig, s.n)));
	return s;
}

static void test_each_algorithm_signs_and_verifies_at_its_size(void **state)
{
	static const size_t sizes[] = { 64, 256, 256, 64 };

	(void)state;
	for (size_t i = 0; i < COUNT(algs); i++) {
		struct signed_text s = sign(algs[i], S("text"));
		assert_int_equal(s.n, sizes[i]);
		assert_false(pkey_verify(s.key, S("texu"), bytes(s.sig, s.n)));
		assert_false(pkey_verify(s.key, S(""), bytes(s.sig, s.n)));
		pkey_unref(s.key);
	}
}

static void test_jwt_14_every_flipped_bit_of_a_signature_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(algs); i++) {
		struct signed_text s = sign(algs[i], S("text"));
		for (size_t bit = 0; bit < s.n * 8; bit++) {
			s.sig[bit / 8] = (unsigned char)(s.sig[bit / 8] ^ 1 << bit % 8);
			assert_false(pkey_verify(s.key, s.text, bytes(s.sig, s.n)));
			s.sig[bit / 8] = (unsigned char)(s.sig[bit / 8] ^ 1 << bit % 8);
		}
		pkey_unref(s.key);
	}
}

static void test_jwt_14_every_cut_and_every_longer_signature_is_refused(void **state)
{
	for (size_t i = 0; i < COUNT(algs); i++) {
		struct signed_text s = sign(algs[i], S("text"));
		for (size_t n = 0; n < s.n; n++)
			assert_false(pkey_verify(s.key, s.text, arena_copy(*state, bytes(s.sig, n))));
		s.sig[s.n < SIGNATURE_MAX ? s.n : 0] = 0;
		assert_false(pkey_verify(s.key, s.text, bytes(s.sig, s.n + 1)));
		unsigned char longer[SIGNATURE_MAX + 1] = { 0 }; /* a zero in front */
		memcpy(longer + 1, s.sig, s.n);
		assert_false(pkey_verify(s.key, s.text, bytes(longer, s.n + 1)));
		pkey_unref(s.key);
	}
}

/* CVE-2022-21449: zero times anything is zero; and small-order R in EdDSA. */
static void test_jwt_11_psychic_signatures_are_refused(void **state)
{
	/* clang-format off */
	static const char *const es256[] = {
		"0000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000",
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
		"0000000000000000000000000000000000000000000000000000000000000001"
		"0000000000000000000000000000000000000000000000000000000000000000",
	};
	/* clang-format on */
	/* clang-format off */
	static const char *const eddsa[] = {
		"0000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
		"0000000000000000000000000000000000000000000000000000000000000000",
	};
	/* clang-format on */
	struct signed_text es = sign(ALG_ES256, S("text")), ed = sign(ALG_EDDSA, S("text"));

	for (size_t i = 0; i < COUNT(es256); i++)
		assert_false(pkey_verify(es.key, es.text, unhex(*state, es256[i])));
	for (size_t i = 0; i < COUNT(eddsa); i++)
		assert_false(pkey_verify(ed.key, ed.text, unhex(*state, eddsa[i])));
	pkey_unref(es.key);
	pkey_unref(ed.key);
}

/* RFC 8032 section 5.1.7: S must be below the order, or S + L is a second signature of the same text. */
static void test_jwt_14_an_eddsa_signature_has_no_second_form(void **state)
{
	/* clang-format off */
	static const unsigned char order[32] = {
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
	};
	/* clang-format on */
	struct signed_text s = sign(ALG_EDDSA, S("text"));
	unsigned carry = 0;

	(void)state;
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)s.sig[32 + i] + order[i];
		s.sig[32 + i] = (unsigned char)carry;
		carry >>= 8;
	}
	assert_int_equal(carry, 0);
	assert_false(pkey_verify(s.key, s.text, bytes(s.sig, s.n)));
	pkey_unref(s.key);
}

static void test_jwt_07_another_key_of_the_same_kind_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(algs); i++) {
		struct signed_text s = sign(algs[i], S("text")), other = sign(algs[i], S("text"));
		assert_false(pkey_verify(other.key, s.text, bytes(s.sig, s.n)));
		pkey_unref(s.key);
		pkey_unref(other.key);
	}
}

/* One RSA key cannot serve two algorithms: which padding is right, the key says. */
static void test_rs256_and_ps256_of_one_modulus_do_not_mix(void **state)
{
	struct signed_text s = sign(ALG_RS256, S("text"));
	struct pkey_parts parts;
	struct pkey *ps;
	unsigned char sig[SIGNATURE_MAX];
	size_t n = sizeof sig;

	assert_int_equal(pkey_to_parts(*state, s.key, true, &parts), OK);
	parts.alg = ALG_PS256;
	assert_int_equal(pkey_from_parts(&parts, &ps), OK);
	assert_false(pkey_verify(ps, s.text, bytes(s.sig, s.n)));
	assert_int_equal(pkey_sign(ps, s.text, sig, &n), OK);
	assert_true(pkey_verify(ps, s.text, bytes(sig, n)));
	assert_false(pkey_verify(s.key, s.text, bytes(sig, n)));
	pkey_unref(ps);
	pkey_unref(s.key);
}

/* RFC 7518 section 3.5: the salt is as long as the digest, and MGF1 uses the same digest. */
static void test_ps256_has_one_form_of_padding(void **state)
{
	static const struct {
		int salt;
		const char *mgf1;
		bool good;
	} rows[] = {
		{ 32, "SHA256", true },
		{ 0, "SHA256", false },
		{ 20, "SHA256", false },
		{ 31, "SHA256", false },
		{ 33, "SHA256", false },
		{ RSA_PSS_SALTLEN_MAX, "SHA256", false },
		{ 32, "SHA1", false },
		{ 32, "SHA512", false },
	};
	struct signed_text s = sign(ALG_PS256, S("text"));
	unsigned char digest[SHA256_SIZE];

	(void)state;
	sha256(s.text, digest);
	for (size_t i = 0; i < COUNT(rows); i++) {
		EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, s.key->evp, NULL);
		assert_int_equal(EVP_PKEY_sign_init(c), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(c, rows[i].mgf1, NULL), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(c, rows[i].salt), 1);
		s.n = sizeof s.sig;
		assert_int_equal(EVP_PKEY_sign(c, s.sig, &s.n, digest, sizeof digest), 1);
		assert_int_equal(pkey_verify(s.key, s.text, bytes(s.sig, s.n)), rows[i].good);
		EVP_PKEY_CTX_free(c);
	}
	pkey_unref(s.key);
}

static void test_a_public_key_or_a_short_buffer_signs_nothing(void **state)
{
	for (size_t i = 0; i < COUNT(algs); i++) {
		struct signed_text s = sign(algs[i], S("text"));
		struct pkey_parts parts;
		struct pkey *public;
		size_t n = s.n - 1;
		assert_int_equal(pkey_sign(s.key, s.text, s.sig, &n), ERR_CRYPTO);
		assert_int_equal(pkey_to_parts(*state, s.key, false, &parts), OK);
		assert_int_equal(pkey_from_parts(&parts, &public), OK);
		n = sizeof s.sig;
		assert_int_equal(pkey_sign(public, s.text, s.sig, &n), ERR_CRYPTO);
		pkey_unref(public);
		pkey_unref(s.key);
	}
}

/* RFC 8032 section 7.1, tests 1 and 3: signatures are deterministic. */
static void test_eddsa_gives_the_signatures_of_rfc_8032(void **state)
{
	/* clang-format off */
	static const struct {
		const char *d, *x, *text, *sig;
	} rows[] = {
		{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
		  "d25bf5f0595bbe24655141438e7a100b" },
		{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
		  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
		  "4a7c15e9716ed28dc027beceea1ec40a" },
	};
	/* clang-format on */
	unsigned char sig[SIGNATURE_MAX];

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pkey_parts parts = {
			.alg = ALG_EDDSA, .x = unhex(*state, rows[i].x), .d = unhex(*state, rows[i].d)
		};
		struct pkey *k;
		size_t n = sizeof sig;
		assert_int_equal(pkey_from_parts(&parts, &k), OK);
		assert_int_equal(pkey_sign(k, unhex(*state, rows[i].text), sig, &n), OK);
		assert_hex(*state, bytes(sig, n), rows[i].sig);
		assert_true(pkey_verify(k, unhex(*state, rows[i].text), bytes(sig, n)));
		pkey_unref(k);
	}
}

/* SSL_get_error looks at this queue: a refused signature must not end somebody's connection. */
static void test_a_refusal_leaves_no_error_behind(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(algs); i++) {
		struct signed_text s = sign(algs[i], S("text"));
		s.sig[5] ^= 1;
		assert_false(pkey_verify(s.key, s.text, bytes(s.sig, s.n)));
		assert_int_equal(ERR_peek_error(), 0);
		pkey_unref(s.key);
	}
}

static void *use_much(void *arg)
{
	struct signed_text *s = arg;
	unsigned char sig[SIGNATURE_MAX];

	for (int i = 0; i < 40; i++) {
		size_t n = sizeof sig;
		if (pkey_sign(s->key, s->text, sig, &n) != OK ||
		    !pkey_verify(s->key, s->text, bytes(sig, n)) ||
		    pkey_verify(s->key, S("else"), bytes(sig, n)))
			return arg;
	}
	return NULL;
}

static void test_one_key_serves_many_threads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(algs); i++) {
		struct signed_text s = sign(algs[i], S("text"));
		pthread_t threads[4];
		for (size_t t = 0; t < COUNT(threads); t++)
			assert_int_equal(pthread_create(&threads[t], NULL, use_much, &s), 0);
		for (size_t t = 0; t < COUNT(threads); t++) {
			void *wrong;
			pthread_join(threads[t], &wrong);
			assert_null(wrong);
		}
		pkey_unref(s.key);
	}
}

/* --- the openssl program as an oracle for EdDSA, which the jose program does not know */

static void put_file(const char *path, str s)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
	assert_int_equal(fclose(f), 0);
}

static str get_file(struct arena *mem, const char *path)
{
	char *p = arena_alloc(mem, 4096);
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	size_t n = fread(p, 1, 4096, f);
	fclose(f);
	return (str){ p, n };
}

static void run(const char *command)
{
	assert_int_equal(system(command), 0);
}

/* RFC 8410: fixed heads before 32 bytes. */
static const char private_head[] = "302e020100300506032b657004220420",
		  public_head[] = "302a300506032b6570032100";

static str join(struct arena *mem, str a, str b)
{
	struct buf out = BUF(mem);

	buf_put(&out, a);
	buf_put(&out, b);
	return buf_str(&out);
}

static void test_openssl_takes_our_eddsa_and_we_take_its(void **state)
{
	struct arena *mem = *state;
	char dir[] = "/tmp/gatehouse-sign-XXXXXX";
	struct signed_text s = sign(ALG_EDDSA, S("header.payload"));
	struct pkey_parts parts;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(pkey_to_parts(mem, s.key, true, &parts), OK);
	put_file("private.der", join(mem, unhex(mem, private_head), parts.d));
	put_file("public.der", join(mem, unhex(mem, public_head), parts.x));
	put_file("text", s.text);
	put_file("ours", bytes(s.sig, s.n));
	run("openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey public.der -in text -sigfile ours "
	    ">/dev/null");
	run("openssl pkeyutl -sign -rawin -keyform DER -inkey private.der -in text -out theirs");
	assert_true(pkey_verify(s.key, s.text, get_file(mem, "theirs")));
	assert_str(get_file(mem, "theirs"), bytes(s.sig, s.n)); /* deterministic */
	run("rm -f private.der public.der text ours theirs");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(dir), 0);
	pkey_unref(s.key);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_each_algorithm_signs_and_verifies_at_its_size),
		TEST(test_jwt_14_every_flipped_bit_of_a_signature_is_refused),
		TEST(test_jwt_14_every_cut_and_every_longer_signature_is_refused),
		TEST(test_jwt_11_psychic_signatures_are_refused),
		TEST(test_jwt_14_an_eddsa_signature_has_no_second_form),
		TEST(test_jwt_07_another_key_of_the_same_kind_is_refused),
		TEST(test_rs256_and_ps256_of_one_modulus_do_not_mix),
		TEST(test_ps256_has_one_form_of_padding),
		TEST(test_a_public_key_or_a_short_buffer_signs_nothing),
		TEST(test_eddsa_gives_the_signatures_of_rfc_8032),
		TEST(test_a_refusal_leaves_no_error_behind),
		TEST(test_one_key_serves_many_threads),
		TEST(test_openssl_takes_our_eddsa_and_we_take_its),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
