/* /revoke; REV and RT-13 rows of the attack list. */
#include "base/unit.h"
#include "oauth/kit.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

static struct answer revoke(struct kit *k, str token, const char *more)
{
	return kit_revoke(k, arena_printf(k->mem, "token=%.*s%s", FMT(token), more));
}

static int64_t ended(struct kit *k)
{
	return kit_count(k, "SELECT count(*) FROM grants WHERE ended > 0");
}

/* RT-13, REV-04, A-33: either token takes the whole grant along. */
static void both_kinds(void **state)
{
	static const struct {
		const char *sentence, *member, *more;
		int64_t later;
	} rows[] = {
		{ "the refresh token", "refresh_token", "&client_id=app", 0 },
		{ "with a wrong hint", "refresh_token", "&client_id=app&token_type_hint=access_token", 0 },
		{ "the access token", "access_token", "&client_id=app&token_type_hint=access_token", 0 },
		{ "the access token, expired: its grant has not", "access_token", "&client_id=app", 10000 },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct json *tokens = kit_tokens(k);
		k->now += rows[i].later;
		struct answer a = revoke(k, json_get_str(tokens, str_of(rows[i].member)), rows[i].more);
		same_err(rows[i].sentence, a.err, OK);
		same_int(rows[i].sentence, a.reply.status, 200);
		same_int(rows[i].sentence, ended(k), (int64_t)i + 1);
		holds(rows[i].sentence, a.effects && a.effects->kind == EFFECT_REVOKE_GRANT);
		same_int(rows[i].sentence, kit_count(k, "SELECT count(*) FROM revocation"), (int64_t)i + 1);
		k->now -= rows[i].later;
		a = kit_token(k, kit_refresh_body(k, json_get_str(tokens, S("refresh_token"))));
		same_err(rows[i].sentence, a.err, ERR_GRANT_ENDED);
	}
}

/* A spent refresh token is still the client's own: who gives it up means the grant. */
static void spent_token(void **state)
{
	struct kit *k = *state;
	str token = json_get_str(kit_tokens(k), S("refresh_token"));

	assert_int_equal(kit_token(k, kit_refresh_body(k, token)).err, OK);
	assert_int_equal(revoke(k, token, "&client_id=app").reply.status, 200);
	assert_int_equal(ended(k), 1);
}

static void nothing_changes(void **state)
{
	struct kit *k = *state;
	const struct json *tokens = kit_tokens(k);
	str refresh = json_get_str(tokens, S("refresh_token")),
	    access = json_get_str(tokens, S("access_token"));
	uint64_t before = kit_state(k);
	const struct {
		const char *sentence;
		str token;
		const char *more;
		enum err want;
	} rows[] = {
		{ "REV-03 garbage", S("garbage"), "&client_id=app", OK },
		{ "REV-03 something with dots", S("a.b.c"), "&client_id=app", OK },
		{ "a cut token", str_sub(access, 0, access.n - 1), "&client_id=app", OK },
		{ "a cut refresh token", str_sub(refresh, 0, refresh.n - 1), "&client_id=app", OK },
		{ "somebody else's refresh token", refresh, "&client_id=narrow", OK },
		{ "somebody else's access token", access, "&client_id=narrow", OK },
		{ "somebody else's, with a secret", refresh, "&client_id=ci&client_secret=" KIT_SECRET, OK },
		{ "REV-02 nobody", refresh, "", ERR_CLIENT_METHOD },
		{ "REV-02 nobody, access token", access, "", ERR_CLIENT_METHOD },
		{ "an unknown client", refresh, "&client_id=nobody", ERR_CLIENT_UNKNOWN },
		{ "a wrong secret", refresh, "&client_id=ci&client_secret=x", ERR_CLIENT_SECRET },
		{ "no token", S(""), "&client_id=app", ERR_PARAM_MISSING },
		{ "token twice", refresh, "&client_id=app&token=x", ERR_PARAM_DUPLICATE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = revoke(k, rows[i].token, rows[i].more);
		same_err(rows[i].sentence, a.err, rows[i].want);
		if (rows[i].want == OK)
			same_int(rows[i].sentence, a.reply.status, 200);
	}
	struct answer a = kit_send(k,
	    &(struct sent){ revoke_start, LANE_LOOP, HTTP_POST, S("/revoke"), { NULL, 0 },
		S("{\"token\":\"x\"}"), S("application/json") });
	assert_int_equal(a.err, ERR_CONTENT_TYPE);
	assert_true(kit_state(k) == before);
}

/* Twice is as good as once. */
static void twice(void **state)
{
	struct kit *k = *state;
	str token = json_get_str(kit_tokens(k), S("refresh_token"));

	(void)revoke(k, token, "&client_id=app");
	uint64_t before = kit_state(k);
	assert_int_equal(revoke(k, token, "&client_id=app").reply.status, 200);
	assert_true(kit_state(k) == before);
}

/* RFC 7009 section 2.2.1: what cannot be ended is not said to have been; what belongs to the other's grant stays its own. */
static void an_exchanged_token_is_not_said_to_be_taken_back(void **state)
{
	struct kit *k = *state;
	str access = json_get_str(kit_tokens(k), S("access_token"));
	str gid = json_get_str(kit_claims(k, access), S("gid")), token;
	str claims = arena_printf(k->mem,
	    "{\"iss\":\"" ISSUER "\",\"client_id\":\"narrow\",\"exp\":%d,\"gid\":\"%.*s\",\"act\":{\"sub\":"
	    "\"narrow\"}}",
	    KIT_NOW + 60, FMT(gid));

	assert_int_equal(jwt_sign(k->mem, k->site.signing, S("at+jwt"), claims, &token), OK);
	uint64_t before = kit_state(k);
	assert_int_equal(revoke(k, token, "&client_id=narrow").err, ERR_REVOKE_KIND);
	/* nobody else is told that there is such a token */
	assert_int_equal(revoke(k, token, "&client_id=app").reply.status, 200);
	assert_true(kit_state(k) == before);
}

/* Another key's token, another issuer's, one of another kind: all unknown. */
static void foreign(void **state)
{
	struct kit *k = *state;
	const struct json *tokens = kit_tokens(k);
	struct pkey *key;
	str claims = arena_printf(k->mem,
		"{\"iss\":\"" ISSUER "\",\"client_id\":\"app\",\"exp\":%d,\"gid\":\"grant_0000000000001\"}",
		KIT_NOW + 60),
	    token;

	assert_int_equal(pkey_make(ALG_ES256, &key), OK);
	struct jwk other = { S("k1"), key };
	assert_int_equal(jwt_sign(k->mem, &other, S("at+jwt"), claims, &token), OK);
	assert_int_equal(revoke(k, token, "&client_id=app").reply.status, 200);
	assert_int_equal(jwt_sign(k->mem, k->site.signing, S("JWT"), claims, &token), OK);
	assert_int_equal(revoke(k, token, "&client_id=app").reply.status, 200);
	assert_int_equal(jwt_sign(k->mem, k->site.signing, S("at+jwt"),
			     S("{\"iss\":\"https://x\",\"client_id\":\"app\"}"), &token),
	    OK);
	assert_int_equal(revoke(k, token, "&client_id=app").reply.status, 200);
	pkey_unref(key);
	assert_int_equal(ended(k), 0);
	assert_true(tokens != NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_kinds),
		TEST(spent_token),
		TEST(nothing_changes),
		TEST(twice),
		TEST(an_exchanged_token_is_not_said_to_be_taken_back),
		TEST(foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
