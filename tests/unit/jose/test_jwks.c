#include "help.h"

#define EC_NAMED(kid) "{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"kid\":\"" kid "\"}"

static struct jwks read_set(struct arena *mem, const char *json, size_t want)
{
	struct jwks set;

	assert_int_equal(jwks_read(mem, str_of(json), &set), OK);
	assert_int_equal(set.count, want);
	return set;
}

static void test_the_set_of_rfc_7517_a1(void **state)
{
	struct jwks set = read_set(*state, SET, 1); /* the other one is for encryption */

	assert_str(set.keys[0].kid, S("2011-04-29"));
	assert_int_equal(pkey_alg(set.keys[0].key), ALG_RS256);
	jwks_free(&set);
	assert_int_equal(set.count, 0);
	jwks_free(&set);
}

static void test_what_cannot_be_used_is_left_out(void **state)
{
	struct jwks set = read_set(*state,
	    "{\"keys\":[7,null,[],{},{\"kty\":\"oct\",\"k\":\"AAAA\"}," COOKBOOK_P521
	    "," EC_NAMED("a") "," ED_PUBLIC "," A3_KEY "],\"more\":1}",
	    2);

	assert_str(set.keys[0].kid, S("a"));
	assert_int_equal(pkey_alg(set.keys[1].key), ALG_EDDSA); /* A3_KEY has its private half: a lost key */
	jwks_free(&set);
	set = read_set(*state, "{\"keys\":[]}", 0);
	jwks_free(&set);
}

static void test_what_is_no_set_is_refused(void **state)
{
	/* clang-format off */
	static const char *const rows[] = {
		"", "{", "[]", "{}", "7", "{\"keys\":{}}", "{\"keys\":null}", "{\"Keys\":[]}", "{\"keys\":[],\"keys\":[]}",
		"{\"keys\":[" EC_NAMED("a") "]}x", A3_PUBLIC,
	};
	/* clang-format on */
	struct jwks set;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(jwks_read(*state, str_of(rows[i]), &set), ERR_KEY_BAD);
		assert_int_equal(set.count, 0);
	}
}

static void test_64_keys_are_taken_and_not_one_more(void **state)
{
	for (size_t n = 64; n <= 65; n++) {
		struct buf b = BUF(*state);
		struct jwks set;
		buf_put(&b, S("{\"keys\":["));
		for (size_t i = 0; i < n; i++)
			buf_printf(&b, "%s{\"kty\":\"EC\",\"crv\":\"P-256\"," A3_XY ",\"kid\":\"%zu\"}",
			    i ? "," : "", i);
		buf_put(&b, S("]}"));
		assert_int_equal(jwks_read(*state, buf_str(&b), &set), n == 64 ? OK : ERR_KEY_BAD);
		assert_int_equal(set.count, n == 64 ? 64 : 0);
		jwks_free(&set);
	}
}

static void test_jwt_18_one_name_is_one_key_the_first(void **state)
{
	struct jwks set = read_set(*state,
	    "{\"keys\":[" EC_NAMED("a") ",{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X
					"\",\"kid\":\"a\"}," EC_NAMED("b") "]}",
	    2);

	assert_int_equal(pkey_alg(jwks_find(&set, S("a"))->key), ALG_ES256);
	assert_non_null(jwks_find(&set, S("b")));
	jwks_free(&set);
}

static void test_keys_without_a_name_do_not_hide_each_other(void **state)
{
	struct jwks set = read_set(*state, "{\"keys\":[" A3_PUBLIC "," ED_PUBLIC "]}", 2);

	jwks_free(&set);
}

static void test_find_is_by_name_or_the_only_one(void **state)
{
	struct jwks two = read_set(*state, "{\"keys\":[" EC_NAMED("a") "," EC_NAMED("b") "]}", 2);
	struct jwks one = read_set(*state, "{\"keys\":[" EC_NAMED("a") "]}", 1), none = { .count = 0 };

	assert_ptr_equal(jwks_find(&two, S("b")), &two.keys[1]);
	assert_null(jwks_find(&two, S("c")));
	assert_null(jwks_find(&two, S("A")));
	assert_null(jwks_find(&two, S("a\0")));
	assert_null(jwks_find(&two, S("")));
	assert_ptr_equal(jwks_find(&one, S("")), &one.keys[0]);
	assert_null(jwks_find(&one, S("b")));
	assert_null(jwks_find(&none, S("")));
	assert_null(jwks_find(&none, S("a")));
	jwks_free(&one);
	jwks_free(&two);
}

/* JWT-18: what /jwks.json shows. */
static void test_jwt_18_a_written_set_is_public_and_reads_back(void **state)
{
	struct arena *mem = *state;
	struct jwk keys[] = { fresh_key(ALG_ES256, S("1")), fresh_key(ALG_RS256, S("2")),
		fresh_key(ALG_PS256, S("3")), fresh_key(ALG_EDDSA, S("4")) };
	struct jwks set = { keys, COUNT(keys) }, again;
	str text, second;

	assert_int_equal(jwks_write(mem, &set, &text), OK);
	assert_int_equal(jwks_read(mem, text, &again), OK); /* it would leave out private keys */
	assert_int_equal(again.count, COUNT(keys));
	for (size_t i = 0; i < COUNT(keys); i++) {
		assert_str(again.keys[i].kid, keys[i].kid);
		assert_int_equal(pkey_alg(again.keys[i].key), pkey_alg(keys[i].key));
	}
	assert_int_equal(str_find(text, S("\"d\"")), -1);
	assert_int_equal(str_find(text, S("oct")), -1);
	assert_int_equal(jwks_write(mem, &again, &second), OK);
	assert_str(second, text);
	jwks_free(&set);
	jwks_free(&again);
	assert_int_equal(jwks_write(mem, &set, &text), OK);
	assert_str(text, S("{\"keys\":[]}"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_the_set_of_rfc_7517_a1),
		TEST(test_what_cannot_be_used_is_left_out),
		TEST(test_what_is_no_set_is_refused),
		TEST(test_64_keys_are_taken_and_not_one_more),
		TEST(test_jwt_18_one_name_is_one_key_the_first),
		TEST(test_keys_without_a_name_do_not_hide_each_other),
		TEST(test_find_is_by_name_or_the_only_one),
		TEST(test_jwt_18_a_written_set_is_public_and_reads_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
