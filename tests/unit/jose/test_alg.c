#include "help.h"

static void test_names_go_both_ways(void **state)
{
	static const enum alg algs[] = { ALG_ES256, ALG_RS256, ALG_PS256, ALG_EDDSA };
	static const char *const names[] = { "ES256", "RS256", "PS256", "EdDSA" };

	(void)state;
	for (size_t i = 0; i < COUNT(algs); i++) {
		assert_string_equal(alg_name(algs[i]), names[i]);
		assert_int_equal(alg_of(str_of(names[i])), algs[i]);
	}
	assert_string_equal(alg_name(ALG_NONE), "");
	assert_int_equal(alg_of(S("Ed25519")), ALG_EDDSA); /* RFC 9864 section 2.2: read, not written */
}

static void test_jwt_01_jwt_05_everything_else_is_unknown(void **state)
{
	/* clang-format off */
	static const str names[] = {
		S_INIT(""), S_INIT("none"), S_INIT("None"), S_INIT("NONE"), S_INIT("nOnE"), S_INIT("HS256"), S_INIT("HS384"),
		S_INIT("HS512"), S_INIT("ES384"), S_INIT("ES512"), S_INIT("RS384"), S_INIT("RS512"), S_INIT("PS384"),
		S_INIT("PS512"), S_INIT("RS1"), S_INIT("ES256K"), S_INIT("es256"), S_INIT("ES256 "), S_INIT("EDDSA"), S_INIT("Ed448"), S_INIT("ed25519"),
		S_INIT("ES25"), S_INIT("ES2566"), S_INIT("ES256\0"), S_INIT("RSA1_5"), S_INIT("dir"),
		S_INIT("PBES2-HS256+A128KW"),
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(alg_of(names[i]), ALG_NONE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_names_go_both_ways),
		TEST(test_jwt_01_jwt_05_everything_else_is_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
