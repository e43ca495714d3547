/* grant_type=authorization_code; CODE and PKCE rows of the attack list. */
#include "base/unit.h"
#include "oauth/kit.h"
#include "base/id.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
#define REDIRECT "&redirect_uri=https%3A%2F%2Fclient.example%2Fcb"
#define VERIFIER "&code_verifier=" KIT_VERIFIER

static str body(struct kit *k, str code, const char *client, const char *more)
{
	return arena_printf(
	    k->mem, "grant_type=authorization_code&code=%.*s&client_id=%s%s", FMT(code), client, more);
}

static void good(void **state)
{
	static const struct {
		const char *sentence, *more;
	} rows[] = {
		{ "with everything",
		    REDIRECT VERIFIER "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp" },
		{ "without resource", REDIRECT VERIFIER },
		{ "without redirect_uri (OAuth 2.1)", VERIFIER },
		{ "with what nobody knows", VERIFIER "&client_assertion_type=&state=x&foo=bar" },
		{ "with a scope, which means nothing here", VERIFIER "&scope=admin" },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = kit_token(k, body(k, kit_code(k), "app", rows[i].more));
		same_err(rows[i].sentence, a.err, OK);
		same_int(rows[i].sentence, a.writes, 1);
		const struct json *claims =
		    kit_claims(k, json_get_str(kit_json(k, a.body), S("access_token")));
		same(rows[i].sentence, json_get_str(claims, S("aud")), S(WEATHER));
		same(rows[i].sentence, json_get_str(claims, S("scope")), S("weather:read"));
	}
	assert_int_equal(kit_count(k,
			     "SELECT count(*) FROM grants WHERE user_id = 42 AND ended = 0 AND generation = "
			     "0 AND length(token) = 32"),
	    5);
	assert_int_equal(kit_count(k,
			     "SELECT count(*) FROM grants WHERE redirect_host = 'client.example' AND expires "
			     "= 1800000000 + 2592000"),
	    5);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM audit WHERE event = 'auth.token.issue'"), 5);
}

/* Refused before the code is touched, so that nothing has changed. */
static void nothing_changes(void **state)
{
	static const struct {
		const char *sentence, *cut; /* what is done to the code */
		const char *client, *more;
		enum err want;
	} rows[] = {
		{ "PKCE-10 no verifier", "", "app", REDIRECT, ERR_PKCE_MISMATCH },
		{ "PKCE-11 empty verifier", "", "app", "&code_verifier=", ERR_PKCE_MISMATCH },
		{ "PKCE-17 verifier, NUL and junk", "", "app", VERIFIER "%00junk", ERR_PARAM_SYNTAX },
		{ "PKCE-18 ten characters", "", "app", "&code_verifier=abcdefghij", ERR_PKCE_MISMATCH },
		{ "129 characters", "", "app",
		    "&code_verifier="
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    ERR_PKCE_MISMATCH },
		{ "PKCE-19 blanks", "", "app", "&code_verifier=dBjftJeZ4CVP+mB92K27uhbUJU1p1r+wW1gFWFOEjXk",
		    ERR_PKCE_MISMATCH },
		{ "CODE-04 redeemed by another public client", "", "narrow", VERIFIER, ERR_CODE_UNKNOWN },
		{ "CODE-05 redeemed by a confidential client", "", "ci",
		    VERIFIER "&client_secret=" KIT_SECRET, ERR_CODE_UNKNOWN },
		{ "CODE-08 truncated", "-", "app", VERIFIER, ERR_CODE_UNKNOWN },
		{ "CODE-09 one character more", "A", "app", VERIFIER, ERR_CODE_UNKNOWN },
		{ "padding behind it", "%3D", "app", VERIFIER, ERR_CODE_UNKNOWN },
		{ "CODE-10 NUL behind it", "%00", "app", VERIFIER, ERR_PARAM_SYNTAX },
		{ "another secret under the same id", "!", "app", VERIFIER, ERR_CODE_UNKNOWN },
		{ "no code", "none", "app", VERIFIER, ERR_PARAM_MISSING },
		{ "unknown resource", "", "app", VERIFIER "&resource=https%3A%2F%2Fother.example%2Fmcp",
		    ERR_RESOURCE_UNKNOWN },
		{ "code twice", "", "app", VERIFIER "&code=x", ERR_PARAM_DUPLICATE },
	};
	struct kit *k = *state;
	str code = kit_code(k);
	uint64_t before = kit_state(k);

	for (size_t i = 0; i < COUNT(rows); i++) {
		str c = code;
		if (strcmp(rows[i].cut, "-") == 0)
			c = str_sub(code, 0, code.n - 1);
		else if (strcmp(rows[i].cut, "!") == 0)
			c = arena_printf(k->mem, "%.*s%c%.*s", FMT(str_sub(code, 0, code.n - 9)),
			    code.p[code.n - 9] == 'A' ? 'B' : 'A', FMT(str_sub(code, code.n - 8, code.n)));
		else if (strcmp(rows[i].cut, "none") == 0)
			c = S("");
		else
			c = arena_printf(k->mem, "%.*s%s", FMT(code), rows[i].cut);
		struct answer a = kit_token(k, body(k, c, rows[i].client, rows[i].more));
		same_err(rows[i].sentence, a.err, rows[i].want);
		same_int(rows[i].sentence, err_row(a.err)->status, 400);
	}
	assert_true(kit_state(k) == before);
	assert_int_equal(kit_token(k, kit_redeem_body(k, code)).err, OK); /* and it is still good */
}

/* Refused by what the code says: it is spent, but nothing was given. */
static void spent_for_nothing(void **state)
{
	static const struct {
		const char *sentence, *more;
		int64_t later;
		enum err want;
		const char *code;
	} rows[] = {
		{ "PKCE-13 the challenge as verifier", "&code_verifier=" KIT_CHALLENGE, 0, ERR_PKCE_MISMATCH,
		    "invalid_grant" },
		{ "PKCE-14 and the method plain", "&code_challenge_method=plain&code_verifier=" KIT_CHALLENGE,
		    0, ERR_PKCE_MISMATCH, "invalid_grant" },
		{ "PKCE-15 one character more", VERIFIER "a", 0, ERR_PKCE_MISMATCH, "invalid_grant" },
		{ "CODE-06 another redirect_uri", "&redirect_uri=https%3A%2F%2Fclient.example%2Fcb2" VERIFIER,
		    0, ERR_REDIRECT_MISMATCH, "invalid_grant" },
		{ "CODE-12 another resource", VERIFIER "&resource=https%3A%2F%2Fauth.example%2Fmcp", 0,
		    ERR_RESOURCE_MISMATCH, "invalid_target" },
		{ "expired", VERIFIER, 60, ERR_CODE_EXPIRED, "invalid_grant" },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		str code = kit_code(k);
		k->now += rows[i].later;
		struct answer a = kit_token(k, body(k, code, "app", rows[i].more));
		same_err(rows[i].sentence, a.err, rows[i].want);
		same_int(rows[i].sentence, err_row(a.err)->status, 400);
		same(rows[i].sentence, str_of(err_row(a.err)->code), str_of(rows[i].code));
		k->now -= rows[i].later;
		same_err("it is spent", kit_token(k, kit_redeem_body(k, code)).err, ERR_CODE_REPLAYED);
	}
	assert_int_equal(kit_count(k, "SELECT count(*) FROM grants"), 0);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM revocation"), 0);
}

static void in_time(void **state)
{
	struct kit *k = *state;
	str code = kit_code(k);

	k->now += 59;
	assert_int_equal(kit_token(k, kit_redeem_body(k, code)).err, OK);
}

/* CODE-01, CODE-02: the second use ends what the first one gave, on every node. */
static void replayed(void **state)
{
	struct kit *k = *state;
	str code = kit_code(k);
	struct answer first = kit_token(k, kit_redeem_body(k, code));
	const struct json *tokens = kit_json(k, first.body);
	int64_t grant;

	assert_int_equal(
	    id_parse(json_get_str(kit_claims(k, json_get_str(tokens, S("access_token"))), S("gid")), ID_GRANT,
		&grant),
	    OK);
	struct answer a = kit_token(k, kit_redeem_body(k, code));
	assert_int_equal(a.err, ERR_CODE_REPLAYED);
	same("its code", str_of(err_row(a.err)->code), S("invalid_grant"));
	assert_int_equal(
	    kit_count(k, "SELECT count(*) FROM grants WHERE ended > 0 AND ended_why = 'code replayed'"), 1);
	assert_int_equal(kit_count(k,
			     "SELECT count(*) FROM revocation WHERE kind = 'grant' AND id IN (SELECT id FROM "
			     "grants) AND until > 1800000600"),
	    1);
	assert_int_equal(
	    kit_count(k, "SELECT count(*) FROM audit WHERE event = 'auth.code.replay' AND client = 'app'"),
	    1);
	assert_true(a.effects && a.effects->kind == EFFECT_REVOKE_GRANT && a.effects->id == grant &&
	    !a.effects->next);

	a = kit_token(k, kit_refresh_body(k, json_get_str(tokens, S("refresh_token"))));
	assert_int_equal(a.err, ERR_GRANT_ENDED);
	assert_int_equal(kit_token(k, kit_redeem_body(k, code)).err, ERR_CODE_REPLAYED);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM revocation"), 1); /* once is enough */
}

/* What memory learns: the code came back, and a token is awaited where we can see it used. */
static void effects(void **state)
{
	struct kit *k = *state;
	struct answer a = kit_token(k, kit_redeem_body(k, kit_code(k)));

	assert_true(a.effects->kind == EFFECT_TOKEN_ISSUED && a.effects->next->kind == EFFECT_CODE_SPENT &&
	    !a.effects->next->next);
	k->resources[1].upstream = S(""); /* somebody else's resource server */
	a = kit_token(k, kit_redeem_body(k, kit_code(k)));
	assert_true(a.effects->kind == EFFECT_CODE_SPENT && !a.effects->next);
}

static void people_and_clients(void **state)
{
	struct kit *k = *state;
	str code = kit_code(k);

	kit_sql(k, "UPDATE client SET status = 'blocked'");
	uint64_t before = kit_state(k);
	assert_int_equal(kit_token(k, kit_redeem_body(k, code)).err, ERR_CLIENT_BLOCKED);
	assert_true(kit_state(k) == before);
	kit_sql(k, "UPDATE client SET status = 'deleted'");
	assert_int_equal(kit_token(k, kit_redeem_body(k, code)).err, ERR_CLIENT_UNKNOWN);
	kit_sql(k, "UPDATE client SET status = 'active'");
	kit_sql(k, "UPDATE users SET status = 'blocked'");
	assert_int_equal(kit_token(k, kit_redeem_body(k, code)).err, ERR_USER_BLOCKED);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM grants"), 0);
	code = kit_code(k);
	kit_sql(k, "DELETE FROM users");
	assert_int_equal(kit_token(k, kit_redeem_body(k, code)).err, ERR_USER_BLOCKED);
}

/* A client that registered no refresh_token gets none, and its grant ends with its access token. */
static void without_refresh(void **state)
{
	struct kit *k = *state;

	k->config_clients[2].trusted = true;
	struct answer a = kit_authorize(k, S(KIT_QUERY("narrow", "https%3A%2F%2Fnarrow.example%2Fb")));
	a = kit_token(k, body(k, kit_param(k, a.location, "code"), "narrow", VERIFIER));
	assert_int_equal(a.err, OK);
	assert_null(json_get(kit_json(k, a.body), S("refresh_token")));
	assert_int_equal(
	    kit_count(k, "SELECT count(*) FROM grants WHERE length(token) = 0 AND expires = 1800000600"), 1);
}

/* CODE-14: a code is no refresh token, a refresh token no code. */
static void confusion(void **state)
{
	struct kit *k = *state;
	str code = kit_code(k);
	const struct json *tokens = kit_tokens(k);

	assert_int_equal(kit_token(k, kit_refresh_body(k, code)).err, ERR_REFRESH_UNKNOWN);
	assert_int_equal(
	    kit_token(k, kit_redeem_body(k, json_get_str(tokens, S("refresh_token")))).err, ERR_CODE_UNKNOWN);
	assert_int_equal(
	    kit_token(k, kit_redeem_body(k, json_get_str(tokens, S("access_token")))).err, ERR_CODE_UNKNOWN);
	assert_int_equal(kit_token(k, kit_redeem_body(k, code)).err, OK);
}

/* A resource without scopes: the token has no scope member, and neither has the answer. */
static void no_scope(void **state)
{
	struct kit *k = *state;

	k->resources[1].scopes = k->resources[1].required = k->resources[1].challenge = S("");
	struct answer a = kit_authorize(k, S(KIT_APP));
	a = kit_token(k, kit_redeem_body(k, kit_param(k, a.location, "code")));
	assert_int_equal(a.err, OK);
	assert_null(json_get(kit_json(k, a.body), S("scope")));
	assert_null(
	    json_get(kit_claims(k, json_get_str(kit_json(k, a.body), S("access_token"))), S("scope")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good),
		TEST(nothing_changes),
		TEST(spent_for_nothing),
		TEST(in_time),
		TEST(replayed),
		TEST(effects),
		TEST(people_and_clients),
		TEST(without_refresh),
		TEST(confusion),
		TEST(no_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
