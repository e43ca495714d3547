#include "help.h"

#include <pthread.h>

static void test_sha256_gives_the_digests_of_fips_180_4(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text, *digest;
	} rows[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnop"
		  "qrstnopqrstu",
		  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	};
	/* clang-format on */
	unsigned char out[SHA256_SIZE];

	for (size_t i = 0; i < COUNT(rows); i++) {
		sha256(str_of(rows[i].text), out);
		assert_hex(*state, bytes(out, sizeof out), rows[i].digest);
		assert_hex(*state, sha256_str(*state, str_of(rows[i].text)), rows[i].digest);
	}
	sha256(repeat(*state, 'a', 1000000), out);
	assert_hex(*state, bytes(out, sizeof out),
	    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_the_empty_slice_may_be_null(void **state)
{
	unsigned char out[SHA256_SIZE];

	sha256((str){ NULL, 0 }, out);
	assert_hex(*state, bytes(out, sizeof out),
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_sha512_gives_the_digests_of_fips_180_4(void **state)
{
	assert_hex(*state, sha512_str(*state, S("abc")),
	    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
	assert_hex(*state, sha512_str(*state, S("")),
	    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
}

static void test_token_hash_takes_the_whole_token(void **state)
{
	str with_nul = { "gat_abc\0def", 11 }, cut = S("gat_abc");

	assert_str(token_hash(*state, secret_of(cut)), sha256_str(*state, cut));
	str whole = token_hash(*state, secret_of(with_nul));
	assert_memory_not_equal(whole.p, token_hash(*state, secret_of(cut)).p, SHA256_SIZE);
}

static void test_pkce_s256_gives_the_challenge_of_rfc_7636_appendix_b(void **state)
{
	assert_str(pkce_s256(*state, S("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")),
	    S("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
}

static void *hash_much(void *wrong)
{
	unsigned char out[SHA256_SIZE], first[SHA256_SIZE];
	char text[200];

	memset(text, (char)(uintptr_t)pthread_self(), sizeof text);
	sha256((str){ text, sizeof text }, first);
	for (int i = 0; i < 2000; i++) {
		sha256((str){ text, sizeof text }, out);
		if (memcmp(out, first, sizeof out) != 0)
			*(int *)wrong = 1;
	}
	return NULL;
}

static void test_threads_do_not_disturb_each_other(void **state)
{
	pthread_t threads[4];
	int wrong[COUNT(threads)] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hash_much, &wrong[i]), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(wrong[i], 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_sha256_gives_the_digests_of_fips_180_4),
		TEST(test_sha512_gives_the_digests_of_fips_180_4),
		TEST(test_the_empty_slice_may_be_null),
		TEST(test_token_hash_takes_the_whole_token),
		TEST(test_pkce_s256_gives_the_challenge_of_rfc_7636_appendix_b),
		TEST(test_threads_do_not_disturb_each_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
