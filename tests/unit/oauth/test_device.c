/* Devices (RFC 8628): whose a code is, and how many may be tried. The story has the whole way. */
#include "base/unit.h"
#include "oauth/kit.h"
#include "oauth/id_token.h"
#include "store/attempt.h"

#define GRANT "urn:ietf:params:oauth:grant-type:device_code"
#define GRANT_FORM "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"

static int setup(void **state)
{
	(void)kit_setup(state);
	struct kit *k = *state;
	for (size_t i = 0; i < 2; i++)
		k->clients[i + 1].grant_types = S("refresh_token " GRANT);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)

struct device {
	str device_code, user_code;
};

static struct device begin(struct kit *k)
{
	struct answer a = kit_post(k, device_start, LANE_LOOP,
	    S("client_id=app&scope=weather:read&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp"));

	MUST(a.err == OK);
	const struct json *o = kit_json(k, a.body);
	return (struct device){ json_get_str(o, S("device_code")), json_get_str(o, S("user_code")) };
}

static struct answer type(struct kit *k, str user_code, const char *decision)
{
	return kit_post(
	    k, device_submit, LANE_READ, arena_printf(k->mem, "user_code=%.*s%s", FMT(user_code), decision));
}

static enum err refused(const struct answer *a)
{
	return a->fail.code;
}

static struct answer poll(struct kit *k, const char *client, str device_code)
{
	return kit_token(k,
	    arena_printf(
		k->mem, "grant_type=%s&client_id=%s&device_code=%.*s", GRANT_FORM, client, FMT(device_code)));
}

static void be_ben(struct kit *k)
{
	kit_sql(k,
	    "INSERT OR IGNORE INTO users (id, tenant, email, name, role, status, password, generation, "
	    "created, "
	    "updated, last_login) VALUES (43, 1, 'ben@example.com', 'Ben', 'member', 'active', '', 0, 1, 1, "
	    "1)");
	k->actor.user = 43;
	k->actor.email = S("ben@example.com");
}

static void it_is_decided_by_who_looked_first_and_fetched_by_its_client(void **state)
{
	struct kit *k = *state;
	struct device d = begin(k);

	assert_int_equal(type(k, d.user_code, "").err, OK);
	be_ben(k);
	struct answer a = type(k, d.user_code, "&decision=allow");
	assert_int_equal(refused(&a), ERR_USER_CODE);
	kit_sign_in(k, k->now - 100);
	k->actor.session++; /* signed in again in this browser: to applications it is the same sign-in */
	a = type(k, d.user_code, "&decision=allow");
	assert_int_equal(a.err, OK);
	assert_int_equal(refused(&a), OK);
	uint64_t before = kit_state(k);
	assert_int_equal(poll(k, "narrow", d.device_code).err, ERR_DEVICE_UNKNOWN);
	assert_true(kit_state(k) == before);
	a = poll(k, "app", d.device_code);
	assert_int_equal(a.err, OK);
	same("the grant is of who decided",
	    json_get_str(kit_claims(k, json_get_str(kit_json(k, a.body), S("access_token"))), S("sub")),
	    S("user_000000000001a"));
	assert_int_equal(kit_count(k, "SELECT session FROM grants"), KIT_SESSION);
	assert_int_equal(poll(k, "app", d.device_code).err, ERR_DEVICE_REPLAYED);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM grants WHERE ended = 0"), 0);
}

/* RFC 8628 section 5.1. Whoever guesses can have a right code whenever they like: a device of their own. */
static void a_code_of_ones_own_excuses_no_guess(void **state)
{
	struct kit *k = *state;
	struct device own = begin(k);
	int looked = 0;

	for (int i = 0; i < 40; i++) {
		struct answer a = type(k, S("BBBB-BBBB"), "");
		looked += refused(&a) == ERR_USER_CODE;
		a = type(k, own.user_code, "");
	}
	assert_true(looked <= ATTEMPT_FREE_ACCOUNT + 1);
	/* who guesses nothing need not wait: as often as one likes, and after others' guesses */
	be_ben(k);
	for (int i = 0; i < 40; i++) {
		struct device mine = begin(k);
		struct answer a = type(k, mine.user_code, "");
		assert_int_equal(a.err, OK);
		assert_int_equal(refused(&a), OK);
	}
}

static void a_blocked_person_or_client_gives_and_gets_nothing(void **state)
{
	static const struct {
		const char *how;
		enum err want;
	} rows[] = {
		{ "UPDATE users SET status = 'blocked'", ERR_USER_BLOCKED },
		{ "UPDATE client SET status = 'blocked'", ERR_CLIENT_BLOCKED },
		{ "UPDATE client SET status = 'deleted'", ERR_CLIENT_UNKNOWN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kit *k = *state;
		struct device d = begin(k);
		assert_int_equal(type(k, d.user_code, "&decision=allow").err, OK);
		kit_sql(k, rows[i].how);
		uint64_t before = kit_state(k);
		same_err(rows[i].how, poll(k, "app", d.device_code).err, rows[i].want);
		assert_true(kit_state(k) == before);
		(void)kit_teardown(state);
		(void)setup(state);
	}
}

/* Back-Channel Logout section 2.1: what applications are told the end of is what their id tokens name. */
static void its_sign_in_is_the_one_that_applications_know(void **state)
{
	struct kit *k = *state;

	k->actor.sid = KIT_SESSION - 11; /* signed in again since, in the same browser */
	struct answer a = kit_post(k, device_start, LANE_LOOP,
	    S("client_id=app&scope=weather:read+openid&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp"));
	const struct json *o = kit_json(k, a.body);
	assert_int_equal(type(k, json_get_str(o, S("user_code")), "&decision=allow").err, OK);
	a = poll(k, "app", json_get_str(o, S("device_code")));
	assert_int_equal(a.err, OK);
	assert_int_equal(kit_count(k, "SELECT session FROM grants"), KIT_SESSION - 11);
	struct id_hint hint;
	struct ctx c = { .mem = k->mem, .now = k->now, .site = &k->site };
	assert_true(id_token_read(&c, json_get_str(kit_json(k, a.body), S("id_token")), &hint));
	assert_int_equal(hint.session, KIT_SESSION - 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_decided_by_who_looked_first_and_fetched_by_its_client),
		TEST(a_code_of_ones_own_excuses_no_guess),
		TEST(a_blocked_person_or_client_gives_and_gets_nothing),
		TEST(its_sign_in_is_the_one_that_applications_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
