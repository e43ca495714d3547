#include "help.h"

/* RFC 4231 section 4; test case 5 is of truncated output, which is not offered. */
static void test_rfc_4231(void **state)
{
	struct arena *mem = *state;
	/* clang-format off */
	const struct {
		str key, data;
		const char *mac;
	} rows[] = {
		{ repeat(mem, 0x0b, 20), S("Hi There"),
		  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ S("Jefe"), S("what do ya want for nothing?"),
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ repeat(mem, '\xaa', 20), repeat(mem, '\xdd', 50),
		  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
		{ unhex(mem, "0102030405060708090a0b0c0d0e0f10111213141516171819"), repeat(mem, '\xcd', 50),
		  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
		{ repeat(mem, '\xaa', 131), S("Test Using Larger Than Block-Size Key - Hash Key First"),
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
		{ repeat(mem, '\xaa', 131),
		  S("This is a test using a larger than block-size key and a larger than block-size data. "
		    "The key needs to be hashed before being used by the HMAC algorithm."),
		  "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
	};
	/* clang-format on */
	unsigned char out[SHA256_SIZE];

	for (size_t i = 0; i < COUNT(rows); i++) {
		hmac_sha256(secret_of(rows[i].key), rows[i].data, out);
		assert_hex(mem, bytes(out, sizeof out), rows[i].mac);
	}
}

static void test_an_empty_key_is_not_the_key_of_the_call_before(void **state)
{
	unsigned char out[SHA256_SIZE];

	hmac_sha256(secret_of(S("some key")), S("text"), out);
	hmac_sha256((struct secret){ NULL, 0 }, S(""), out);
	assert_hex(*state, bytes(out, sizeof out),
	    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_rfc_4231),
		TEST(test_an_empty_key_is_not_the_key_of_the_call_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
