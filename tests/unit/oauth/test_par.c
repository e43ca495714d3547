/* /par (RFC 9126) and what /authorize makes of a request_uri: whose it is, how often, and that nothing of it is lost. */
#include "base/unit.h"
#include "oauth/kit.h"

#define ASKED KIT_APP "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp&scope=weather:read+openid"

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

static str push(struct kit *k, str more)
{
	struct answer a = kit_post(k, par_start, LANE_LOOP, arena_printf(k->mem, "%s%.*s", ASKED, FMT(more)));

	MUST(a.err == OK && a.reply.status == 201);
	return json_get_str(kit_json(k, a.body), S("request_uri"));
}

static struct answer go(struct kit *k, const char *client, str uri)
{
	return kit_authorize(k, arena_printf(k->mem, "client_id=%s&request_uri=%.*s", client, FMT(uri)));
}

static str error_of(struct kit *k, const struct answer *a)
{
	return kit_param(k, a->location, "error");
}

static void it_leads_on_once_and_for_its_client_alone(void **state)
{
	struct kit *k = *state;
	str uri = push(k, S(""));
	uint64_t before = kit_state(k);

	struct answer a = go(k, "narrow", uri);
	assert_int_equal(a.err, ERR_PUSHED_GONE);
	assert_true(a.location.p == NULL && kit_state(k) == before);
	a = go(k, "app", uri);
	assert_true(kit_param(k, a.location, "code").n > 0);
	a = go(k, "app", uri);
	assert_int_equal(a.err, ERR_PUSHED_GONE);
	assert_true(a.location.p == NULL);
	uri = push(k, S(""));
	k->now += 90;
	assert_int_equal(go(k, "app", uri).err, ERR_PUSHED_GONE);
}

static void prompt_none_is_kept(void **state)
{
	struct kit *k = *state;
	str uri = push(k, S("&prompt=none"));
	struct answer a = go(k, "app", uri);

	assert_true(kit_param(k, a.location, "code").n > 0);
	uri = push(k, S("&prompt=none"));
	k->actor = (struct actor){ 0 };
	a = go(k, "app", uri);
	same("nobody is asked to sign in", error_of(k, &a), S("login_required"));
	assert_true(kit_count(k, "SELECT count(*) FROM txn") == 0);
	/* without it there is a page */
	a = go(k, "app", push(k, S("")));
	assert_true(str_find(a.location, S("/login?txn=")) >= 0);
}

/* The id token of a sign-in, and then somebody else at the same browser. */
static void the_hint_is_kept(void **state)
{
	struct kit *k = *state;
	struct answer a = go(k, "app", push(k, S("")));
	a = kit_token(k, kit_redeem_body(k, kit_param(k, a.location, "code")));
	str hint = arena_printf(
	    k->mem, "&id_token_hint=%.*s", FMT(json_get_str(kit_json(k, a.body), S("id_token"))));
	str silent = arena_printf(k->mem, "%.*s&prompt=none", FMT(hint));

	a = go(k, "app", push(k, silent));
	assert_true(kit_param(k, a.location, "code").n > 0);
	str uri = push(k, silent), asked = push(k, hint);
	kit_sql(k,
	    "INSERT INTO users (id, tenant, email, name, role, status, password, generation, created, "
	    "updated, last_login) VALUES (43, 1, 'ben@example.com', 'Ben', 'member', 'active', '', 0, 1, 1, "
	    "1)");
	k->actor.user = 43;
	a = go(k, "app", uri);
	same("somebody else is signed in", error_of(k, &a), S("login_required"));
	assert_true(kit_param(k, a.location, "code").p == NULL);
	a = go(k, "app", asked);
	assert_true(str_find(a.location, S("/login?txn=")) >= 0);
}

static void a_client_blocked_meanwhile_gets_nothing(void **state)
{
	struct kit *k = *state;
	str id = kit_sealed(k, "[\"https://client.example/cb\"]");
	str query = arena_printf(k->mem,
	    "response_type=code&client_id=%.*s&redirect_uri=https%%3A%%2F%%2Fclient.example%%2Fcb&code_"
	    "challenge=" KIT_CHALLENGE
	    "&code_challenge_method=S256&resource=https%%3A%%2F%%2Fauth.example%%2Fweather%%2Fmcp",
	    FMT(id));
	struct answer a = kit_authorize(k, query); /* the consent page, whose yes gives it a row */
	str txn = kit_param(k, a.location, "txn");

	a = kit_decide(k, arena_printf(k->mem, "txn=%.*s&decision=allow", FMT(txn)));
	assert_int_equal(a.err, OK);
	a = kit_post(k, par_start, LANE_LOOP, query);
	assert_int_equal(a.err, OK);
	str uri = json_get_str(kit_json(k, a.body), S("request_uri"));
	kit_sql(k, "UPDATE client SET status = 'blocked' WHERE origin = 'sealed'");
	uint64_t before = kit_state(k);
	assert_int_equal(kit_post(k, par_start, LANE_LOOP, query).err, ERR_CLIENT_BLOCKED);
	a = go(k, arena_printf(k->mem, "%.*s", FMT(id)).p, uri);
	assert_int_equal(a.err, ERR_CLIENT_BLOCKED_PAGE);
	assert_true(a.location.p == NULL && kit_state(k) == before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_leads_on_once_and_for_its_client_alone),
		TEST(prompt_none_is_kept),
		TEST(the_hint_is_kept),
		TEST(a_client_blocked_meanwhile_gets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
