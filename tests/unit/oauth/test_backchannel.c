/* Telling applications that a sign-in has ended; time is a parameter, the application a function. */
#include "base/unit.h"
#include "oauth/kit.h"
#include "core/fetch.h"
#include "oauth/backchannel.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

#define WEATHER_ASKED "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp"

/* The trusted client's tokens for these scopes. */
static const struct json *tokens(struct kit *k, const char *scope, const char *more)
{
	struct answer a =
	    kit_authorize(k, arena_printf(k->mem, "%s&scope=%s%s", KIT_APP WEATHER_ASKED, scope, more));
	struct answer b = kit_token(k, kit_redeem_body(k, kit_param(k, a.location, "code")));

	MUST(b.err == OK);
	return kit_json(k, b.body);
}

#define HEARS "https://client.example/backchannel"

static struct {
	struct fetch_answer answer;
	int asked;
	char url[128], form[4096];
} party;

static void fetch(
    void *arg, str url, const struct fetch_policy *policy, struct arena *mem, struct fetch_answer *out)
{
	(void)arg;
	(void)mem;
	party.asked++;
	snprintf(party.url, sizeof party.url, "%.*s", FMT(url));
	snprintf(party.form, sizeof party.form, "%.*s", FMT(policy->form));
	*out = party.answer;
}

static const struct fetch_port port = { fetch, NULL };

static struct backchannel work;

static enum err start(struct ctx *c)
{
	c->state = &work;
	return backchannel_start(c);
}

/* One turn: what happened to the notice that was due. */
static void send(struct kit *k, enum fetch_result result, int status)
{
	party.asked = 0;
	party.answer = (struct fetch_answer){ .result = result, .status = status, .why = S("so it went") };
	k->fetch = &port;
	struct answer a =
	    kit_send(k, &(struct sent){ .handler = start, .lane = LANE_WRITE, .path = S("logout") });
	assert_int_equal(a.err, OK);
}

/* A grant of openid in the session of the kit, and that session ended. */
static void end_session(struct kit *k)
{
	(void)tokens(k, "weather:read+openid", "");
	k->clients[1].backchannel = S(HEARS);
	kit_sql(k,
	    "INSERT INTO logout_notice (tenant, client, user_id, session, created, due, tries)"
	    " SELECT DISTINCT tenant, client, user_id, session, 1800000000, 1800000000, 0 FROM grants");
}

static int64_t rows(struct kit *k)
{
	return kit_count(k, "SELECT count(*) FROM logout_notice");
}

static int64_t audits(struct kit *k, const char *event)
{
	char sql[128];

	snprintf(sql, sizeof sql, "SELECT count(*) FROM audit WHERE event = '%s'", event);
	return kit_count(k, sql);
}

static void a_yes_ends_it(void **state)
{
	static const int yes[] = { 200, 204 };

	for (size_t i = 0; i < COUNT(yes); i++) {
		struct kit *k = *state;
		end_session(k);
		send(k, FETCH_OK, yes[i]);
		assert_int_equal(party.asked, 1);
		assert_string_equal(party.url, HEARS);
		assert_int_equal(rows(k), 0);
		assert_int_equal(audits(k, "auth.logout.told"), 1);
		send(k, FETCH_OK, 200);
		assert_int_equal(party.asked, 0);
		assert_int_equal(work.id, 0);
		(void)kit_teardown(state);
		(void)kit_setup(state);
	}
}

/* Section 2.4, 2.6: everything that a receiver must check, and nothing that would make it an id token. */
static void the_token(void **state)
{
	struct kit *k = *state;
	struct jwt_expect want = {
		.typ = S("logout+jwt"), .issuer = S(ISSUER), .audience = S("app"), .now = k->now
	};
	struct jwt t;
	int64_t n;

	end_session(k);
	send(k, FETCH_OK, 200);
	str form = str_of(party.form), name, token;
	assert_true(str_cut(form, '=', &name, &token));
	same("one field", name, S("logout_token"));
	assert_int_equal(jwt_verify(k->mem, token, k->site.keys, &want, &t), OK);
	same("sub", json_get_str(t.claims, S("sub")), S("user_000000000001a"));
	assert_true(str_starts(json_get_str(t.claims, S("sid")), S("session_")));
	assert_true(json_get_str(t.claims, S("jti")).n >= 20);
	assert_null(json_get(t.claims, S("nonce")));
	assert_true(json_get_int(t.claims, S("iat"), &n) && n == k->now);
	assert_true(t.exp == k->now + 120);
	const struct json *event = json_get(
	    json_get(t.claims, S("events")), S("http://schemas.openid.net/event/backchannel-logout"));
	assert_non_null(event);
	assert_int_equal(event->type, JSON_OBJECT);
	assert_int_equal(event->count, 0);
	want.typ = S("");
	assert_int_equal(jwt_verify(k->mem, token, k->site.keys, &want, &t), ERR_TOKEN_TYPE);
}

/* 8, 8, 32 ... seconds; not sooner, not for ever, and not once more after it said yes. */
static void a_failure_is_tried_again_later(void **state)
{
	static const enum fetch_result faults[] = { FETCH_CONNECT, FETCH_TIME, FETCH_TLS, FETCH_BUSY,
		FETCH_GONE, FETCH_NAME };
	struct kit *k = *state;
	int64_t passed = 0;

	assert_true(backchannel_wait(0) > 6); /* a post that takes its five seconds is not under way twice */
	end_session(k);
	for (int try = 0; try < BACKCHANNEL_TRIES - 1; try++) {
		send(k, try ? faults[try % 6] : FETCH_OK, try ? 0 : 503);
		assert_int_equal(party.asked, 1);
		assert_int_equal(rows(k), 1);
		assert_int_equal(kit_count(k, "SELECT tries FROM logout_notice"), try + 1);
		k->now += backchannel_wait(try) - 1;
		send(k, FETCH_OK, 200);
		assert_int_equal(party.asked, 0);
		k->now++;
		passed += backchannel_wait(try);
	}
	assert_true(passed > 3600 && passed < 86400);
	send(k, FETCH_CONNECT, 0);
	assert_int_equal(party.asked, 1);
	assert_int_equal(rows(k), 0);
	assert_int_equal(audits(k, "auth.logout.untold"), 1);
	assert_int_equal(audits(k, "auth.logout.told"), 0);
}

static void what_will_never_work_is_given_up(void **state)
{
	static const struct {
		enum fetch_result result;
		int status;
	} how[] = { { FETCH_OK, 400 }, { FETCH_ADDRESS, 0 }, { FETCH_URL, 0 } };

	for (size_t i = 0; i < COUNT(how); i++) {
		struct kit *k = *state;
		end_session(k);
		send(k, how[i].result, how[i].status);
		assert_int_equal(rows(k), 0);
		assert_int_equal(audits(k, "auth.logout.untold"), 1);
		(void)kit_teardown(state);
		(void)kit_setup(state);
	}
}

static void who_has_no_address_is_not_asked(void **state)
{
	struct kit *k = *state;

	end_session(k);
	k->clients[1].backchannel = S("");
	send(k, FETCH_OK, 200);
	assert_int_equal(party.asked, 0);
	assert_int_equal(rows(k), 0);
	assert_true(work.id != 0); /* there may be more */
	end_session(k);
	kit_sql(k, "UPDATE client SET status = 'blocked'");
	send(k, FETCH_OK, 200);
	assert_int_equal(party.asked, 0);
	assert_int_equal(rows(k), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_yes_ends_it),
		TEST(the_token),
		TEST(a_failure_is_tried_again_later),
		TEST(what_will_never_work_is_given_up),
		TEST(who_has_no_address_is_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
