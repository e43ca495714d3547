/*
 * grant_type=refresh_token: rotation, the grace, reuse; RT rows of the attack list and clients-observed 1 to
 * 3.
 */
#include "base/unit.h"
#include "oauth/kit.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

static str first_token(struct kit *k)
{
	return json_get_str(kit_tokens(k), S("refresh_token"));
}

/* Refreshes and gives the new token; empty when refused. */
static str refresh(struct kit *k, str token)
{
	struct answer a = kit_token(k, kit_refresh_body(k, token));

	return a.err == OK ? json_get_str(kit_json(k, a.body), S("refresh_token")) : (str){ NULL, 0 };
}

static enum err refused(struct kit *k, str token)
{
	struct answer a = kit_token(k, kit_refresh_body(k, token));

	if (a.err != OK)
		assert_int_equal(err_row(a.err)->status, 400);
	return a.err;
}

/* RT-01, S-40: a new one each time, and a new access token of the same grant. */
static void rotation(void **state)
{
	struct kit *k = *state;
	str token = first_token(k);

	for (int i = 1; i <= 5; i++) {
		struct answer a = kit_token(k, kit_refresh_body(k, token));
		assert_int_equal(a.err, OK);
		assert_int_equal(a.reply.status, 200);
		assert_int_equal(a.writes, 1);
		const struct json *o = kit_json(k, a.body);
		str next = json_get_str(o, S("refresh_token"));
		assert_int_equal(next.n, 86);
		assert_false(str_eq(next, token));
		same("scope", json_get_str(o, S("scope")), S("weather:read"));
		same("aud", json_get_str(kit_claims(k, json_get_str(o, S("access_token"))), S("aud")),
		    S(WEATHER));
		token = next;
		k->now += 86400;
	}
	assert_int_equal(kit_count(k, "SELECT generation FROM grants"), 5);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM audit WHERE event = 'auth.token.refresh'"), 5);
	assert_int_equal(kit_count(k, "SELECT expires - last_used FROM grants"), 30 * 86400); /* it slides */
}

/* RT-05, clients-observed 2: parallel processes of one client get the same successor, never a fork. */
static void grace(void **state)
{
	struct kit *k = *state;
	str token = first_token(k), next = refresh(k, token);

	k->now += 120;
	for (int i = 0; i < 16; i++)
		same("the same again", refresh(k, token), next);
	assert_int_equal(kit_count(k, "SELECT generation FROM grants"), 1);
	assert_int_equal(kit_count(k, "SELECT repeats FROM grants"), 16);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM audit WHERE event = 'auth.token.repeat'"), 16);
	str third = refresh(k, next);
	assert_true(third.n > 0);
	assert_int_equal(kit_count(k, "SELECT repeats FROM grants"), 0);
	same("its parent still repeats", refresh(k, next), third);
}

static void seventeenth(void **state)
{
	struct kit *k = *state;
	str token = first_token(k), next = refresh(k, token);

	for (int i = 0; i < 16; i++)
		assert_true(refresh(k, token).n > 0);
	assert_int_equal(refused(k, token), ERR_REFRESH_REUSED);
	assert_int_equal(refused(k, next), ERR_GRANT_ENDED);
}

/* RT-02, RT-03: outside the grace a spent token ends the family. */
static void reuse(void **state)
{
	struct kit *k = *state;
	str token = first_token(k), next = refresh(k, token);

	k->now += 121;
	struct answer a = kit_token(k, kit_refresh_body(k, token));
	assert_int_equal(a.err, ERR_REFRESH_REUSED);
	same("its code", str_of(err_row(a.err)->code), S("invalid_grant"));
	assert_true(a.effects && a.effects->kind == EFFECT_REVOKE_GRANT);
	assert_int_equal(refused(k, next), ERR_GRANT_ENDED);
	assert_int_equal(refused(k, token), ERR_GRANT_ENDED);
	assert_int_equal(
	    kit_count(
		k, "SELECT count(*) FROM grants WHERE ended > 0 AND ended_why = 'refresh token reused'"),
	    1);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM revocation WHERE kind = 'grant'"), 1);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM audit WHERE event = 'auth.token.reuse'"), 1);
}

/* A parent whose successor is spent ends the family also inside the grace. */
static void grandparent(void **state)
{
	struct kit *k = *state;
	str token = first_token(k), next = refresh(k, token), third = refresh(k, next);

	assert_int_equal(refused(k, token), ERR_REFRESH_REUSED);
	assert_int_equal(refused(k, third), ERR_GRANT_ENDED);
}

/* Everything here leaves the store as it was. */
static void nothing_changes(void **state)
{
	struct kit *k = *state;
	const struct json *tokens = kit_tokens(k);
	str token = json_get_str(tokens, S("refresh_token")),
	    access = json_get_str(tokens, S("access_token"));
	uint64_t before = kit_state(k);

	assert_int_equal(refused(k, str_sub(token, 0, token.n - 1)), ERR_REFRESH_UNKNOWN); /* RT-09 */
	assert_int_equal(refused(k, arena_printf(k->mem, "%.*sA", FMT(token))), ERR_REFRESH_UNKNOWN);
	char *other = arena_alloc(k->mem, token.n);
	memcpy(other, token.p, token.n);
	for (size_t i = 6; i < token.n; i++)
		if ((other[i] | 0x20) >= 'a' && (other[i] | 0x20) <= 'z')
			other[i] = (char)(other[i] ^ 0x20);
	assert_int_equal(
	    refused(k, (str){ other, token.n }), ERR_REFRESH_UNKNOWN); /* RT-09, the case swapped */
	assert_int_equal(refused(k, access), ERR_REFRESH_UNKNOWN);     /* RT-10 */
	struct answer a = kit_token(k,
	    arena_printf(k->mem,
		"grant_type=refresh_token&client_id=ci&client_secret=" KIT_SECRET "&refresh_token=%.*s",
		FMT(token)));
	assert_int_equal(a.err, ERR_REFRESH_UNKNOWN); /* RT-06 */
	a = kit_token(k, arena_printf(k->mem, "grant_type=refresh_token&refresh_token=%.*s", FMT(token)));
	assert_int_equal(a.err, ERR_CLIENT_METHOD); /* RT-14 */
	a = kit_token(k,
	    arena_printf(k->mem,
		"grant_type=refresh_token&client_id=app&refresh_token=%.*s"
		"&resource=https%%3A%%2F%%2Fauth.example%%2Fmcp",
		FMT(token)));
	assert_int_equal(a.err, ERR_RESOURCE_MISMATCH);
	assert_true(kit_state(k) == before);

	/* another client holding a spent one triggers nothing either */
	str next = refresh(k, token);
	k->now += 1000;
	before = kit_state(k);
	a = kit_token(k,
	    arena_printf(k->mem,
		"grant_type=refresh_token&client_id=ci&client_secret=" KIT_SECRET "&refresh_token=%.*s",
		FMT(token)));
	assert_int_equal(a.err, ERR_REFRESH_UNKNOWN);
	assert_true(kit_state(k) == before);
	assert_true(refresh(k, next).n > 0);
}

/*
 * RT-07, clients-observed 1: never invalid_scope, never more than was granted, and only for this access
 * token.
 */
static void scopes(void **state)
{
	static const struct {
		const char *sentence, *sent, *want;
	} rows[] = {
		{ "none", "", "weather:read weather:write" },
		{ "the same", "&scope=weather:read+weather:write", "weather:read weather:write" },
		{ "less", "&scope=weather:read", "weather:read" },
		{ "less does not stay", "", "weather:read weather:write" },
		{ "codex: what it asked for at first", "&scope=weather:read+weather:write+offline_access",
		    "weather:read weather:write" },
		{ "more", "&scope=weather:read+users:write", "weather:read" },
		{ "only what was not granted", "&scope=users:write+admin", "weather:read weather:write" },
	};
	struct kit *k = *state;
	struct answer a = kit_authorize(k, S(KIT_APP "&scope=weather:read+weather:write"));
	a = kit_token(k, kit_redeem_body(k, kit_param(k, a.location, "code")));
	str token = json_get_str(kit_json(k, a.body), S("refresh_token"));

	for (size_t i = 0; i < COUNT(rows); i++) {
		a = kit_token(k,
		    arena_printf(k->mem, "%.*s%s&resource=https%%3A%%2F%%2Fauth.example%%2Fweather%%2Fmcp",
			FMT(kit_refresh_body(k, token)), rows[i].sent));
		same_err(rows[i].sentence, a.err, OK);
		const struct json *o = kit_json(k, a.body);
		same(rows[i].sentence, json_get_str(o, S("scope")), str_of(rows[i].want));
		same(rows[i].sentence,
		    json_get_str(kit_claims(k, json_get_str(o, S("access_token"))), S("scope")),
		    str_of(rows[i].want));
		token = json_get_str(o, S("refresh_token"));
	}
}

/* What the operator takes from a client is gone with its next refresh; when nothing is left, so is the grant. */
static void fewer_scopes_of_the_client(void **state)
{
	static const struct {
		const char *sentence, *limit, *left; /* left NULL: the grant ends */
	} rows[] = {
		{ "no limit", "", "weather:read weather:write offline_access" },
		{ "one is left", "weather:write users:read", "weather:write offline_access" },
		{ "it comes back with the limit", "weather:write weather:read",
		    "weather:read weather:write offline_access" },
		{ "another resource's are none", "users:read", NULL },
	};
	struct kit *k = *state;
	struct answer a = kit_authorize(k,
	    S(KIT_APP "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp&scope=weather:read+weather:write+"
		      "offline_access"));
	a = kit_token(k, kit_redeem_body(k, kit_param(k, a.location, "code")));
	str token = json_get_str(kit_json(k, a.body), S("refresh_token"));

	for (size_t i = 0; i < COUNT(rows); i++) {
		k->clients[1].scope = str_of(rows[i].limit);
		a = kit_token(k, kit_refresh_body(k, token));
		same_err(rows[i].sentence, a.err, rows[i].left ? OK : ERR_GRANT_ENDED);
		if (!rows[i].left)
			break;
		const struct json *o = kit_json(k, a.body);
		same(rows[i].sentence, json_get_str(o, S("scope")), str_of(rows[i].left));
		/* the parallel process that sends the same token again is told no more */
		o = kit_json(k, kit_token(k, kit_refresh_body(k, token)).body);
		same(rows[i].sentence, json_get_str(o, S("scope")), str_of(rows[i].left));
		token = json_get_str(o, S("refresh_token"));
	}
	assert_int_equal(
	    kit_count(k, "SELECT count(*) FROM grants WHERE ended > 0 AND ended_why = 'client changed'"), 1);
	k->clients[1].scope = S("");
	assert_int_equal(refused(k, token), ERR_GRANT_ENDED);
}

static void lifetime(void **state)
{
	struct kit *k = *state;
	str token = first_token(k);

	k->now += 30 * 86400 - 1;
	token = refresh(k, token);
	assert_true(token.n > 0);
	k->now += 30 * 86400;
	assert_int_equal(refused(k, token), ERR_REFRESH_EXPIRED);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM grants WHERE ended = 0"), 1); /* not a theft */
}

static void people_and_clients(void **state)
{
	struct kit *k = *state;
	str token = first_token(k);

	kit_sql(k, "UPDATE users SET status = 'blocked'");
	assert_int_equal(refused(k, token), ERR_USER_BLOCKED);
	kit_sql(k, "UPDATE users SET status = 'active'");
	kit_sql(k, "UPDATE client SET status = 'blocked'");
	assert_int_equal(kit_token(k, kit_refresh_body(k, token)).err, ERR_CLIENT_BLOCKED);
	kit_sql(k, "UPDATE client SET status = 'deleted'");
	assert_int_equal(kit_token(k, kit_refresh_body(k, token)).err, ERR_CLIENT_UNKNOWN);
	kit_sql(k, "UPDATE client SET status = 'active'");
	token = refresh(k, token);
	assert_true(token.n > 0); /* nothing was spent meanwhile */
	kit_sql(k, "UPDATE grants SET ended = 5, ended_why = 'user'");
	assert_int_equal(refused(k, token), ERR_GRANT_ENDED);
	kit_sql(k, "DELETE FROM grants");
	assert_int_equal(refused(k, token), ERR_REFRESH_UNKNOWN);
}

/* The store was put back to an older state: a token from the lost time is not a theft. */
static void restored(void **state)
{
	struct kit *k = *state;
	str a = first_token(k), b = refresh(k, a), c = refresh(k, b), d = refresh(k, c);

	kit_sql(k, "UPDATE grants SET generation = 0, token = x'01', parent = x''");
	assert_int_equal(refused(k, d), ERR_REFRESH_UNKNOWN);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM grants WHERE ended = 0"), 1);
}

/* The grace can be switched off. */
static void strict(void **state)
{
	struct kit *k = *state;
	str token = first_token(k);

	k->config.refresh_grace = 0;
	str next = refresh(k, token);
	assert_int_equal(refused(k, token), ERR_REFRESH_REUSED);
	assert_int_equal(refused(k, next), ERR_GRANT_ENDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rotation),
		TEST(grace),
		TEST(seventeenth),
		TEST(reuse),
		TEST(grandparent),
		TEST(nothing_changes),
		TEST(scopes),
		TEST(fewer_scopes_of_the_client),
		TEST(lifetime),
		TEST(people_and_clients),
		TEST(restored),
		TEST(strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
