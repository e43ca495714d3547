/* grant_type=token-exchange: what is bound to time, which no story waits for. The rest is told by tests/story/53. */
#include "base/unit.h"
#include "oauth/kit.h"
#include "base/id.h"
#include "core/standing.h"
#include "oauth/recall.h"

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

static int teardown(void **state)
{
	struct kit *k = *state;

	recall_free(k->site.recall);
	kit_stop(k);
	free(k);
	return 0;
}

/* Each of them also with a memory: it must not be seen in any answer. */
#define TEST(f)                                              \
	cmocka_unit_test_setup_teardown(f, setup, teardown), \
	    cmocka_unit_test_setup_teardown(f, setup_remembering, teardown)

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_new_one_does_not_outlive_the_old),
		TEST(an_expired_one_is_worth_nothing),
		TEST(with_another_signature_it_is_worth_nothing),
		TEST(whoever_is_blocked_is_exchanged_for_nothing),
		TEST(at_another_resource_the_client_s_own_scopes_are_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
