#include "help.h"

static struct secret key_of(struct arena *mem, char c)
{
	return secret_of(repeat(mem, c, 32));
}

/* McGrew and Viega, The Galois/Counter Mode of Operation, test case 16. */
static void test_opens_the_text_of_the_gcm_paper(void **state)
{
	struct arena *mem = *state;
	str key = unhex(mem, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
	str sealed = unhex(mem,
	    "cafebabefacedbaddecaf888522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8c"
	    "b08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
	str associated = unhex(mem, "feedfacedeadbeeffeedfacedeadbeefabaddad2"), plain;

	assert_int_equal(aead_open(mem, secret_of(key), sealed, associated, &plain), OK);
	assert_hex(mem, plain,
	    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
	    "b525b16aedf5aa0de657ba637b39");
}

static void test_what_is_sealed_opens_again(void **state)
{
	struct arena *mem = *state;
	str sealed, plain;

	for (size_t n = 0; n < 70; n++) {
		str text = repeat(mem, 'x', n);
		assert_int_equal(aead_seal(mem, key_of(mem, 1), text, S("row 7"), &sealed), OK);
		assert_int_equal(sealed.n, n + 28);
		assert_int_equal(aead_open(mem, key_of(mem, 1), sealed, S("row 7"), &plain), OK);
		assert_str(plain, text);
	}
	assert_int_equal(aead_seal(mem, key_of(mem, 1), (str){ NULL, 0 }, (str){ NULL, 0 }, &sealed), OK);
	assert_int_equal(aead_open(mem, key_of(mem, 1), sealed, S(""), &plain), OK);
	assert_int_equal(plain.n, 0);
}

static void test_the_same_text_never_looks_the_same(void **state)
{
	str a, b;

	assert_int_equal(aead_seal(*state, key_of(*state, 1), S("text"), S(""), &a), OK);
	assert_int_equal(aead_seal(*state, key_of(*state, 1), S("text"), S(""), &b), OK);
	assert_memory_not_equal(a.p, b.p, 12);
}

static void refuses(struct arena *mem, struct secret key, str sealed, str associated)
{
	str plain = S("not touched");

	assert_int_equal(aead_open(mem, key, sealed, associated, &plain), ERR_SEAL_BROKEN);
	assert_null(plain.p);
}

static void test_another_key_another_row_or_another_size_do_not_open_it(void **state)
{
	struct arena *mem = *state;
	str sealed;

	assert_int_equal(aead_seal(mem, key_of(mem, 1), S("secret"), S("tenant 1"), &sealed), OK);
	refuses(mem, key_of(mem, 2), sealed, S("tenant 1"));
	refuses(mem, key_of(mem, 1), sealed, S("tenant 2"));
	refuses(mem, key_of(mem, 1), sealed, S(""));
	refuses(mem, secret_of(repeat(mem, 1, 16)), sealed, S("tenant 1"));
	refuses(mem, secret_of(S("")), sealed, S("tenant 1"));
	refuses(mem, key_of(mem, 1), S(""), S("tenant 1"));
}

static void test_every_flipped_bit_and_every_cut_is_found(void **state)
{
	struct arena *mem = *state;
	str sealed;

	assert_int_equal(aead_seal(mem, key_of(mem, 1), S("one small secret"), S("row"), &sealed), OK);
	char *p = arena_alloc(mem, sealed.n + 1);
	for (size_t bit = 0; bit < sealed.n * 8; bit++) {
		memcpy(p, sealed.p, sealed.n);
		p[bit / 8] = (char)(p[bit / 8] ^ 1 << bit % 8);
		refuses(mem, key_of(mem, 1), (str){ p, sealed.n }, S("row"));
	}
	for (size_t n = 0; n < sealed.n; n++)
		refuses(mem, key_of(mem, 1), str_sub(sealed, 0, n), S("row"));
	memcpy(p, sealed.p, sealed.n);
	p[sealed.n] = 0;
	refuses(mem, key_of(mem, 1), (str){ p, sealed.n + 1 }, S("row"));
}

static void test_a_key_of_the_wrong_size_seals_nothing(void **state)
{
	str sealed = S("not touched");

	assert_int_equal(aead_seal(*state, secret_of(S("short")), S("text"), S(""), &sealed), ERR_CRYPTO);
	assert_null(sealed.p);
}

static void test_the_cap_of_the_arena_holds(void **state)
{
	struct arena *small = arena_new(100);
	str sealed, plain;

	assert_int_equal(
	    aead_seal(small, key_of(*state, 1), repeat(*state, 'x', 200), S(""), &sealed), ERR_TOO_LARGE);
	assert_int_equal(aead_seal(*state, key_of(*state, 1), repeat(*state, 'x', 200), S(""), &sealed), OK);
	assert_int_equal(aead_open(small, key_of(*state, 1), sealed, S(""), &plain), ERR_TOO_LARGE);
	arena_unref(small);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_opens_the_text_of_the_gcm_paper),
		TEST(test_what_is_sealed_opens_again),
		TEST(test_the_same_text_never_looks_the_same),
		TEST(test_another_key_another_row_or_another_size_do_not_open_it),
		TEST(test_every_flipped_bit_and_every_cut_is_found),
		TEST(test_a_key_of_the_wrong_size_seals_nothing),
		TEST(test_the_cap_of_the_arena_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
