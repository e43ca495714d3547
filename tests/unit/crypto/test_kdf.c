#include "help.h"

/* RFC 5869 appendix A, the three cases with SHA-256. */
static void test_rfc_5869(void **state)
{
	struct arena *mem = *state;
	/* clang-format off */
	const struct {
		str ikm, salt, info;
		size_t n;
		const char *okm;
	} rows[] = {
		{ repeat(mem, 0x0b, 22), unhex(mem, "000102030405060708090a0b0c"), unhex(mem, "f0f1f2f3f4f5f6f7f8f9"), 42,
		  "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
		{ unhex(mem, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d"
			     "2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f"),
		  unhex(mem, "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d"
			     "8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf"),
		  unhex(mem, "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdd"
			     "dedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"),
		  82,
		  "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
		  "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87" },
		{ repeat(mem, 0x0b, 22), S(""), S(""), 42,
		  "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
	};
	/* clang-format on */
	unsigned char out[82];

	for (size_t i = 0; i < COUNT(rows); i++) {
		hkdf_sha256(secret_of(rows[i].ikm), rows[i].salt, rows[i].info, out, rows[i].n);
		assert_hex(mem, bytes(out, rows[i].n), rows[i].okm);
	}
}

static void test_kdf_derive_is_hkdf_with_the_purpose_as_info(void **state)
{
	unsigned char out[32], other[32];
	struct secret master = secret_of(repeat(*state, 0x0b, 22));

	kdf_derive(master, S(""), out);
	assert_hex(
	    *state, bytes(out, 32), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
	hkdf_sha256(master, S(""), S("refresh"), other, 32);
	kdf_derive(master, S("refresh"), out);
	assert_memory_equal(out, other, 32);
}

static void test_purposes_give_unrelated_keys(void **state)
{
	unsigned char a[32], b[32];
	struct secret master = secret_of(repeat(*state, 7, 32));

	kdf_derive(master, S("seal"), a);
	kdf_derive(master, S("seal2"), b);
	assert_memory_not_equal(a, b, 32);
	kdf_derive(master, S("seal"), b);
	assert_memory_equal(a, b, 32);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_rfc_5869),
		TEST(test_kdf_derive_is_hkdf_with_the_purpose_as_info),
		TEST(test_purposes_give_unrelated_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
