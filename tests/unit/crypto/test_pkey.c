/* What a key may be made of. Signing and verifying are in test_sign.c. */
#include "help.h"

static const enum alg algs[] = { ALG_ES256, ALG_RS256, ALG_PS256, ALG_EDDSA };

/* The key of RFC 7515 appendix A.3. */
static struct pkey_parts ec_parts(struct arena *mem)
{
	struct pkey_parts parts = { .alg = ALG_ES256 };

	assert_int_equal(b64url_parse(mem, S("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), &parts.x), OK);
	assert_int_equal(b64url_parse(mem, S("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"), &parts.y), OK);
	assert_int_equal(b64url_parse(mem, S("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"), &parts.d), OK);
	return parts;
}

/* The key of RFC 8037 appendix A.1. */
static struct pkey_parts ed_parts(struct arena *mem)
{
	struct pkey_parts parts = { .alg = ALG_EDDSA };

	parts.x = unhex(mem, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
	parts.d = unhex(mem, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
	return parts;
}

static struct pkey_parts rsa_parts(struct arena *mem)
{
	struct pkey_parts parts;
	struct pkey *k;

	assert_int_equal(pkey_make(ALG_RS256, &k), OK);
	assert_int_equal(pkey_to_parts(mem, k, true, &parts), OK);
	pkey_unref(k);
	return parts;
}

static void takes(const struct pkey_parts *parts)
{
	struct pkey *k;

	assert_int_equal(pkey_from_parts(parts, &k), OK);
	assert_int_equal(pkey_alg(k), parts->alg);
	pkey_unref(k);
}

static void refuses(const struct pkey_parts *parts)
{
	struct pkey *k = (struct pkey *)(uintptr_t)1;

	assert_int_equal(pkey_from_parts(parts, &k), ERR_KEY_BAD);
	assert_null(k);
}

static str flip(struct arena *mem, str s, size_t bit)
{
	str copy = arena_copy(mem, s);
	char *p = (char *)(uintptr_t)copy.p;

	p[bit / 8] = (char)(p[bit / 8] ^ 1 << bit % 8);
	return copy;
}

static void assert_parts(const struct pkey_parts *a, const struct pkey_parts *b)
{
	const str *from = &a->x, *to = &b->x;
	const size_t count = (sizeof *a - offsetof(struct pkey_parts, x)) / sizeof(str);

	assert_int_equal(a->alg, b->alg);
	for (size_t i = 0; i < count; i++)
		assert_str(from[i], to[i]);
}

static void test_a_key_survives_being_taken_to_parts_and_back(void **state)
{
	struct arena *mem = *state;

	for (size_t i = 0; i < COUNT(algs); i++) {
		struct pkey_parts first, again;
		struct pkey *k, *copy;
		assert_int_equal(pkey_make(algs[i], &k), OK);
		assert_true(pkey_private(k));
		assert_int_equal(pkey_to_parts(mem, k, true, &first), OK);
		assert_int_equal(pkey_from_parts(&first, &copy), OK);
		assert_true(pkey_private(copy));
		assert_int_equal(pkey_to_parts(mem, copy, true, &again), OK);
		assert_parts(&first, &again);
		pkey_unref(k);
		pkey_unref(copy);
	}
}

static void test_public_parts_hold_nothing_private(void **state)
{
	for (size_t i = 0; i < COUNT(algs); i++) {
		struct pkey_parts parts;
		struct pkey *k, *public;
		assert_int_equal(pkey_make(algs[i], &k), OK);
		assert_int_equal(pkey_to_parts(*state, k, false, &parts), OK);
		assert_int_equal(
		    parts.d.n + parts.rsa_d.n + parts.p.n + parts.q.n + parts.dp.n + parts.dq.n + parts.qi.n,
		    0);
		assert_int_equal(pkey_from_parts(&parts, &public), OK);
		assert_false(pkey_private(public));
		assert_int_equal(pkey_to_parts(*state, public, true, &parts), ERR_CRYPTO);
		pkey_unref(k);
		pkey_unref(public);
	}
}

static void test_no_key_of_no_algorithm(void **state)
{
	struct pkey_parts parts = ec_parts(*state);
	struct pkey *k;

	parts.alg = ALG_NONE;
	refuses(&parts);
	assert_int_equal(pkey_make(ALG_NONE, &k), ERR_CRYPTO);
	assert_null(k);
	pkey_unref(NULL);
}

static void test_es256_every_bit_of_the_point_counts(void **state)
{
	struct pkey_parts good = ec_parts(*state);

	takes(&good);
	for (size_t bit = 0; bit < 256; bit++) {
		struct pkey_parts parts = good;
		parts.d = (str){ NULL, 0 };
		parts.x = flip(*state, good.x, bit);
		/* half of all x have a point above them, but not at this y */
		refuses(&parts);
		parts = good;
		parts.y = flip(*state, good.y, bit);
		parts.d = (str){ NULL, 0 };
		refuses(&parts);
	}
}

static void test_es256_sizes_are_exact(void **state)
{
	struct pkey_parts good = ec_parts(*state), parts;

	for (size_t n = 0; n < 32; n++) {
		parts = good;
		parts.x.n = n;
		refuses(&parts);
		parts = good;
		parts.y.n = n;
		refuses(&parts);
		parts = good;
		if (n) {
			parts.d.n = n;
			refuses(&parts);
		}
	}
	parts = good;
	parts.x = arena_printf(*state, "%c%.*s", 0, FMT(good.x));
	parts.x.n = 33;
	refuses(&parts);
}

static void test_es256_the_point_at_infinity_and_coordinates_past_the_field_are_refused(void **state)
{
	/* p, and p + 5: x = 5 is on the curve, so a reduction would find a point */
	const char *field = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
	const char *past = "ffffffff00000001000000000000000000000001000000000000000000000004";
	struct pkey_parts parts = ec_parts(*state);

	parts.d = (str){ NULL, 0 };
	parts.x = parts.y = repeat(*state, 0, 32);
	refuses(&parts);
	parts.x = unhex(*state, field);
	refuses(&parts);
	parts.x = unhex(*state, past);
	parts.y = unhex(*state, "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc");
	refuses(&parts);
	parts.x = repeat(*state, 0, 32);
	((char *)(uintptr_t)parts.x.p)[31] = 5;
	takes(&parts);
}

/* 1 and order + 1 are the same to the curve, so only the range tells them apart. */
static void test_es256_a_private_half_is_below_the_order(void **state)
{
	struct pkey_parts parts = { .alg = ALG_ES256 };

	parts.x = unhex(*state, "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
	parts.y = unhex(*state, "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
	parts.d = unhex(*state, "0000000000000000000000000000000000000000000000000000000000000001");
	takes(&parts);
	parts.d = unhex(*state, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552");
	refuses(&parts);
}

static void test_es256_a_private_half_must_be_of_the_public_one(void **state)
{
	/* clang-format off */
	static const char *const bad[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000001",
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};
	/* clang-format on */
	struct pkey_parts parts = ec_parts(*state);

	for (size_t i = 0; i < COUNT(bad); i++) {
		parts.d = unhex(*state, bad[i]);
		refuses(&parts);
	}
}

/* JWT-11: a public key of small order, for which the all-zero signature can fit any text. */
static void test_jwt_11_eddsa_keys_of_small_order_or_not_canonical_are_refused(void **state)
{
	/* clang-format off */
	static const char *const bad[] = {
		"0000000000000000000000000000000000000000000000000000000000000000", /* order 4 */
		"0000000000000000000000000000000000000000000000000000000000000080",
		"0100000000000000000000000000000000000000000000000000000000000000", /* order 1 */
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* order 2 */
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", /* order 8 */
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p: zero, not canonical */
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p + 1 */
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"0200000000000000000000000000000000000000000000000000000000000000", /* not on the curve */
	};
	/* clang-format on */
	struct pkey_parts parts = { .alg = ALG_EDDSA };

	for (size_t i = 0; i < COUNT(bad); i++) {
		parts.x = unhex(*state, bad[i]);
		refuses(&parts);
	}
}

static void test_eddsa_sizes_and_halves(void **state)
{
	struct pkey_parts good = ed_parts(*state), parts = good;

	takes(&good);
	parts.x.n = 31;
	refuses(&parts);
	parts = good;
	parts.d.n = 31;
	refuses(&parts);
	parts = good;
	parts.x = (str){ NULL, 0 };
	refuses(&parts);
	parts = good;
	parts.d = flip(*state, good.d, 100);
	refuses(&parts);
}

static void test_rsa_2048_to_4096_bits(void **state)
{
	struct pkey_parts parts = { .alg = ALG_RS256, .e = unhex(*state, "010001") };
	unsigned char n[600];

	memset(n, 0xff, sizeof n);
	/* clang-format off */
	static const struct {
		size_t size;
		unsigned char first;
		bool good;
	} rows[] = {
		{ 0, 0xff, false }, { 1, 0xff, false }, { 64, 0xff, false }, { 128, 0xff, false }, { 255, 0xff, false },
		{ 256, 0x00, false }, { 256, 0x7f, false }, { 256, 0x80, true }, { 257, 0x01, true }, { 384, 0xff, true },
		{ 512, 0xff, true }, { 513, 0x01, false }, { 600, 0xff, false },
	};
	/* clang-format on */
	for (size_t i = 0; i < COUNT(rows); i++) {
		n[0] = rows[i].first;
		parts.n = bytes(n, rows[i].size);
		if (rows[i].good)
			takes(&parts);
		else
			refuses(&parts);
	}
	n[0] = 0xff;
	n[255] = 0xfe; /* an even modulus */
	parts.n = bytes(n, 256);
	refuses(&parts);
}

static void test_rsa_exponents(void **state)
{
	/* clang-format off */
	static const struct {
		const char *e;
		bool good;
	} rows[] = {
		{ "", false }, { "00", false }, { "01", false }, { "02", false }, { "03", true }, { "04", false },
		{ "11", true }, { "0003", false }, { "0100", false }, { "010000", false }, { "010001", true },
		{ "ffffffffffffffff", true }, { "010000000000000001", false },
	};
	/* clang-format on */
	unsigned char n[256];

	memset(n, 0xff, sizeof n);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pkey_parts parts = {
			.alg = ALG_PS256, .n = bytes(n, sizeof n), .e = unhex(*state, rows[i].e)
		};
		if (rows[i].good)
			takes(&parts);
		else
			refuses(&parts);
	}
}

static void test_rsa_private_parts_must_be_whole_and_of_the_modulus(void **state)
{
	struct pkey_parts good = rsa_parts(*state), other = rsa_parts(*state);
	/* clang-format off */
	static const size_t at[] = {
		offsetof(struct pkey_parts, p), offsetof(struct pkey_parts, q), offsetof(struct pkey_parts, dp),
		offsetof(struct pkey_parts, dq), offsetof(struct pkey_parts, qi),
	};
	/* clang-format on */

	takes(&good);
	for (size_t i = 0; i < COUNT(at); i++) {
		struct pkey_parts parts = good;
		*(str *)(void *)((char *)&parts + at[i]) = (str){ NULL, 0 };
		refuses(&parts);
		*(str *)(void *)((char *)&parts + at[i]) = repeat(*state, 'x', 257);
		refuses(&parts);
	}
	struct pkey_parts mixed = other;
	mixed.n = good.n;
	refuses(&mixed);
	mixed = good;
	mixed.rsa_d = other.rsa_d;
	mixed.p = other.p;
	mixed.dp = other.dp;
	refuses(&mixed);
	mixed = good;
	mixed.p = flip(*state, good.p, 8 * good.p.n - 8); /* even */
	refuses(&mixed);
}

static void test_references(void **state)
{
	struct pkey *k;
	unsigned char sig[SIGNATURE_MAX];
	size_t n = sizeof sig;

	(void)state;
	assert_int_equal(pkey_make(ALG_ES256, &k), OK);
	assert_ptr_equal(pkey_ref(k), k);
	pkey_unref(k);
	assert_int_equal(pkey_sign(k, S("still here"), sig, &n), OK);
	pkey_unref(k);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_a_key_survives_being_taken_to_parts_and_back),
		TEST(test_public_parts_hold_nothing_private),
		TEST(test_no_key_of_no_algorithm),
		TEST(test_es256_every_bit_of_the_point_counts),
		TEST(test_es256_sizes_are_exact),
		TEST(test_es256_the_point_at_infinity_and_coordinates_past_the_field_are_refused),
		TEST(test_es256_a_private_half_is_below_the_order),
		TEST(test_es256_a_private_half_must_be_of_the_public_one),
		TEST(test_jwt_11_eddsa_keys_of_small_order_or_not_canonical_are_refused),
		TEST(test_eddsa_sizes_and_halves),
		TEST(test_rsa_2048_to_4096_bits),
		TEST(test_rsa_exponents),
		TEST(test_rsa_private_parts_must_be_whole_and_of_the_modulus),
		TEST(test_references),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
