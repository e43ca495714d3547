/* grant_type=token-exchange: what is bound to time, which no story waits for. The rest is told by tests/story/53. */
#include "base/unit.h"
#include "base/id.h"
#include "core/recall.h"
#include "core/standing.h"
#include "jose/jwt.h"
#include "oauth/kit.h"

#define TYPES "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3A"

static int setup(void **state)
{
	struct kit *k = malloc(sizeof *k);

	kit_start(k);
	k->clients[0].grant_types = S("authorization_code urn:ietf:params:oauth:grant-type:token-exchange");
	k->clients[0].guards = S(WEATHER);
	k->clients[0].scope = S("mcp:tools");
	k->site.resource_count = 3;
	*state = k;
	return 0;
}

static int setup_remembering(void **state)
{
	(void)setup(state);
	((struct kit *)*state)->site.recall = recall_new();
	return 0;
}

/* Each of them also with a memory: it must not be seen in any answer. */
#define TEST(f)                                                  \
	cmocka_unit_test_setup_teardown(f, setup, kit_teardown), \
	    cmocka_unit_test_setup_teardown(f, setup_remembering, kit_teardown)

static struct answer swap(struct kit *k, str subject, const char *type, const char *more)
{
	str pair = b64_write(k->mem, S("ci:" KIT_SECRET));

	return kit_send(k,
	    &(struct sent){ token_start, LANE_LOOP, HTTP_POST, S("/token"), { NULL, 0 },
		arena_printf(k->mem,
		    "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Atoken-exchange&subject_token="
		    "%.*s"
		    "%s%s%s",
		    FMT(subject), TYPES, type, more),
		S("application/x-www-form-urlencoded"), arena_printf(k->mem, "Basic %.*s", FMT(pair)) });
}

static str access_token(struct kit *k)
{
	return json_get_str(kit_tokens(k), S("access_token"));
}

static int64_t claim(struct kit *k, str token, str name)
{
	int64_t v = 0;

	assert_true(json_get_int(kit_claims(k, token), name, &v));
	return v;
}

#define NOTES "&resource=https%3A%2F%2Fauth.example%2Fnotes%2Fmcp"

static void the_new_one_does_not_outlive_the_old(void **state)
{
	struct kit *k = *state;
	str old = access_token(k);

	k->now += 500; /* of 600 */
	struct answer a = swap(k, old, "access_token", NOTES);
	same_err("exchanged", a.err, OK);
	const struct json *o = kit_json(k, a.body);
	str token = json_get_str(o, S("access_token"));
	int64_t lasts = 0;
	assert_int_equal(claim(k, token, S("exp")), claim(k, old, S("exp")));
	assert_true(json_get_int(o, S("expires_in"), &lasts));
	assert_int_equal(lasts, 100);
	same("act", json_get_str(json_get(kit_claims(k, token), S("act")), S("sub")), S("ci"));
	same("whose it was", json_get_str(kit_claims(k, token), S("gcl")),
	    ground_origin_text(k->mem, S("app")));
	assert_true(json_get(kit_claims(k, old), S("gcl")) == NULL);
}

static void an_expired_one_is_worth_nothing(void **state)
{
	struct kit *k = *state;
	str old = access_token(k);
	uint64_t before;

	k->now += 599;
	same_err("its last second", swap(k, old, "access_token", NOTES).err, OK);
	k->now += 1;
	before = kit_state(k);
	same_err("expired", swap(k, old, "access_token", NOTES).err, ERR_EXCHANGE_SUBJECT);
	assert_true(kit_state(k) == before);
}

static void with_another_signature_it_is_worth_nothing(void **state)
{
	struct kit *k = *state;
	str old = access_token(k), bad = arena_copy(k->mem, old);
	char *last = (char *)(uintptr_t)bad.p + bad.n - 10;

	*last = *last == 'A' ? 'B' : 'A';
	same_err("its own", swap(k, old, "access_token", NOTES).err, OK);
	uint64_t before = kit_state(k);
	same_err("another", swap(k, bad, "access_token", NOTES).err, ERR_EXCHANGE_SUBJECT);
	assert_true(kit_state(k) == before);
}

static void whoever_is_blocked_is_exchanged_for_nothing(void **state)
{
	static const char *const rows[] = { "UPDATE users SET status = 'blocked'",
		"UPDATE client SET status = 'blocked'", "UPDATE grants SET ended = 1" };
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		kit_sql(k, "UPDATE users SET status = 'active'");
		kit_sql(k, "UPDATE client SET status = 'active'");
		str old = access_token(k);
		kit_sql(k, rows[i]);
		uint64_t before = kit_state(k);
		same_err(rows[i], swap(k, old, "access_token", NOTES).err, ERR_EXCHANGE_SUBJECT);
		assert_true(kit_state(k) == before);
	}
}

static void at_another_resource_the_client_s_own_scopes_are_the_bound(void **state)
{
	struct kit *k = *state;
	str old = access_token(k);

	same("scope", json_get_str(kit_json(k, swap(k, old, "access_token", NOTES).body), S("scope")),
	    S("mcp:tools"));
	k->clients[0].scope = S("");
	same_err("none", swap(k, old, "access_token", NOTES).err, ERR_CLIENT_SCOPE);
	same("the same resource",
	    json_get_str(kit_json(k, swap(k, old, "access_token", "").body), S("scope")), S("weather:read"));
	same_err("more", swap(k, old, "access_token", "&scope=weather%3Awrite").err, ERR_CLIENT_SCOPE);
}

/* ---- an id token for an ID-JAG */

#define JAG                                                                                               \
	"&audience=https%3A%2F%2Fthere.example&requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-" \
	"type%3Aid-jag"
#define SESSION                                                                                             \
	"INSERT INTO session (id, tenant, hash, user_id, created, seen, expires, auth_time, methods, sid) " \
	"VALUES "

/* ci has a name at another server, and Ann is signed in. */
static void start_cross_app(struct kit *k)
{
	static const struct config_alias names[] = { { S_INIT("ci"), S_INIT("ci-there") } };
	static const struct config_audience there[] = {
		{ .issuer = S_INIT("https://there.example"), .clients = names, .client_count = 1 }
	};

	k->config.audiences = there;
	k->config.audience_count = 1;
	k->config_clients[0].trusted = true;
	k->clients[0].scope = S("");
	kit_sql(k, SESSION "(77, 1, x'00', 42, 1, 1, 1800864000, 1, 'password', 77)"); /* ten days */
}

static str id_token(struct kit *k)
{
	struct answer a = kit_authorize(
	    k, S(KIT_CI "&scope=weather:read+openid&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp"));
	str pair = b64_write(k->mem, S("ci:" KIT_SECRET));

	a = kit_send(k,
	    &(struct sent){ token_start, LANE_LOOP, HTTP_POST, S("/token"), { NULL, 0 },
		arena_printf(k->mem, "grant_type=authorization_code&code=%.*s&code_verifier=" KIT_VERIFIER,
		    FMT(kit_param(k, a.location, "code"))),
		S("application/x-www-form-urlencoded"), arena_printf(k->mem, "Basic %.*s", FMT(pair)) });
	MUST(a.err == OK);
	return json_get_str(kit_json(k, a.body), S("id_token"));
}

static void an_id_token_is_worth_something_while_its_sign_in_and_its_grant_last(void **state)
{
	static const struct {
		const char *sentence, *sql;
		enum err err;
	} rows[] = {
		{ "signed in", "SELECT 1", OK },
		{ "signed in again in the same browser",
		    "DELETE FROM session; " SESSION "(78, 1, x'00', 42, 1, 1, 1900000000, 1, 'password', 77)",
		    OK },
		{ "signed out", "DELETE FROM session", ERR_EXCHANGE_SUBJECT },
		{ "somebody else has signed in",
		    "DELETE FROM session; " SESSION "(78, 1, x'00', 43, 1, 1, 1900000000, 1, 'password', 77)",
		    ERR_EXCHANGE_SUBJECT },
		{ "signed out here, signed in elsewhere",
		    "DELETE FROM session; " SESSION "(78, 1, x'00', 42, 1, 1, 1900000000, 1, 'password', 78)",
		    ERR_EXCHANGE_SUBJECT },
		{ "of another tenant", "UPDATE session SET tenant = 2", ERR_EXCHANGE_SUBJECT },
		{ "the session has run out", "UPDATE session SET expires = 1800000000",
		    ERR_EXCHANGE_SUBJECT },
		{ "the connection was taken back", "UPDATE grants SET ended = 1", ERR_EXCHANGE_SUBJECT },
		{ "the connection is gone", "DELETE FROM grants", ERR_EXCHANGE_SUBJECT },
		{ "the person is blocked", "UPDATE users SET status = 'blocked'", ERR_EXCHANGE_SUBJECT },
		{ "the client is blocked", "UPDATE client SET status = 'blocked'", ERR_EXCHANGE_SUBJECT },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kit *k = *state;
		start_cross_app(k);
		str text = id_token(k);
		kit_sql(k, rows[i].sql);
		uint64_t before = kit_state(k);
		struct answer a = swap(k, text, "id_token", JAG);
		same_err(rows[i].sentence, a.err, rows[i].err);
		holds(rows[i].sentence, (kit_state(k) == before) == (rows[i].err != OK));
		if (rows[i].err == OK)
			same(rows[i].sentence, json_get_str(kit_json(k, a.body), S("token_type")), S("N_A"));
		(void)kit_teardown(state);
		(void)setup(state);
	}
}

/* What we never write: such a token could only be of an older program, or of who has our keys. */
static void an_id_token_names_its_grant(void **state)
{
	static const struct {
		const char *sentence, *sub, *more;
		bool grant;
		enum err err;
	} rows[] = {
		{ "without a sign-in, which then cannot have ended", "user_000000000001a", "", true, OK },
		{ "without a grant", "user_000000000001a", "", false, ERR_EXCHANGE_SUBJECT },
		{ "of another person's grant", "user_000000000001b", "", true, ERR_EXCHANGE_SUBJECT },
		{ "with a sign-in that is none", "user_000000000001a", ",\"sid\":\"x\"", true,
		    ERR_EXCHANGE_SUBJECT },
	};
	struct kit *k = *state;
	struct jwt own;
	str part, signature, token;

	start_cross_app(k);
	MUST(jwt_parse(k->mem, id_token(k), &own, &part, &signature) == OK);
	str grant = json_get_str(own.claims, S("grant"));
	for (size_t i = 0; i < COUNT(rows); i++) {
		MUST(jwt_sign(k->mem, k->site.signing, S("JWT"),
			 arena_printf(k->mem,
			     "{\"iss\":\"" ISSUER
			     "\",\"aud\":\"ci\",\"exp\":1800000600,\"sub\":\"%s\",\"grant\":\"%.*s\"%s}",
			     rows[i].sub, FMT(rows[i].grant ? grant : S("")), rows[i].more),
			 &token) == OK);
		same_err(rows[i].sentence, swap(k, token, "id_token", JAG).err, rows[i].err);
	}
}

/* What the person gives to the client that exchanges. */
static str given_to_ci(struct kit *k)
{
	str basic = arena_printf(k->mem, "Basic %.*s", FMT(b64_write(k->mem, S("ci:" KIT_SECRET))));

	k->config_clients[0].trusted = true;
	struct answer a = kit_authorize(
	    k, S(KIT_CI "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp&scope=weather:read"));
	str code = kit_param(k, a.location, "code");
	MUST(code.n);
	a = kit_send(k,
	    &(struct sent){ token_start, LANE_LOOP, HTTP_POST, S("/token"), { NULL, 0 },
		arena_printf(
		    k->mem, "grant_type=authorization_code&code=%.*s&code_verifier=" KIT_VERIFIER, FMT(code)),
		S("application/x-www-form-urlencoded"), basic });
	MUST(a.err == OK);
	return json_get_str(kit_json(k, a.body), S("access_token"));
}

/* What a client was given by the person at one resource does not grow on the way over another one. */
static void there_and_back_gives_no_more_than_the_person_did(void **state)
{
	struct kit *k = *state;

	k->clients[0].scope = S("weather:read weather:write mcp:tools");
	str old = given_to_ci(k);
	struct answer a = swap(k, old, "access_token", NOTES);
	same_err("there", a.err, OK);
	str there = json_get_str(kit_json(k, a.body), S("access_token"));
	same("there", json_get_str(kit_json(k, a.body), S("scope")), S("mcp:tools"));
	a = swap(k, there, "access_token", "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp");
	same_err("and back", a.err, OK);
	same("and back", json_get_str(kit_json(k, a.body), S("scope")), S("weather:read"));
	same_err("asked for",
	    swap(k, there, "access_token",
		"&scope=weather%3Awrite&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp")
		.err,
	    ERR_CLIENT_SCOPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_new_one_does_not_outlive_the_old),
		TEST(an_expired_one_is_worth_nothing),
		TEST(with_another_signature_it_is_worth_nothing),
		TEST(whoever_is_blocked_is_exchanged_for_nothing),
		TEST(at_another_resource_the_client_s_own_scopes_are_the_bound),
		TEST(an_id_token_is_worth_something_while_its_sign_in_and_its_grant_last),
		TEST(an_id_token_names_its_grant),
		TEST(there_and_back_gives_no_more_than_the_person_did),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
