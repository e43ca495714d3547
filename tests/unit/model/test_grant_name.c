/* The grant types by name. */
#include "base/unit.h"
#include "model/grant_name.h"

#define DEVICE "urn:ietf:params:oauth:grant-type:device_code"

static void names(void **state)
{
	same("whole", grant_name_find(S(DEVICE)), S(DEVICE));
	same("its last part", grant_name_find(S("device_code")), S(DEVICE));
	same("one without parts", grant_name_find(S("refresh_token")), S("refresh_token"));
	assert_null(grant_name_find(S("password")).p);
	assert_null(grant_name_find(S("")).p);
	assert_null(grant_name_find(S("grant-type:device_code")).p);
	assert_null(grant_name_at(99).p);
}

/* DCR-17 */
static void who(void **state)
{
	assert_true(grant_name_registrable(S("authorization_code")));
	assert_true(grant_name_registrable(S(DEVICE)));
	assert_false(grant_name_registrable(S("device_code"))); /* a registration says the whole name */
	assert_false(grant_name_registrable(S("client_credentials")));
	assert_false(grant_name_registrable(S("urn:ietf:params:oauth:grant-type:token-exchange")));
	assert_false(grant_name_registrable(S("urn:ietf:params:oauth:grant-type:jwt-bearer")));
	assert_false(grant_name_registrable(S("implicit")));
}

/* The bits stand in sealed ids that clients keep for years: they never change their meaning. */
static void bits(void **state)
{
	struct arena *mem = arena_new(65536);

	assert_int_equal(grant_names_bits(S("authorization_code refresh_token")), 3);
	assert_int_equal(grant_names_bits(S(DEVICE " password")), 4);
	assert_int_equal(grant_names_bits(S("client_credentials")), 8);
	assert_int_equal(grant_names_bits(S("urn:ietf:params:oauth:grant-type:token-exchange")), 16);
	assert_int_equal(grant_names_bits(S("urn:ietf:params:oauth:grant-type:jwt-bearer")), 32);
	same("back", grant_names_text(mem, 5), S("authorization_code " DEVICE));
	same("unknown bits", grant_names_text(mem, 0x82), S("refresh_token"));
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(who),
		cmocka_unit_test(bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
