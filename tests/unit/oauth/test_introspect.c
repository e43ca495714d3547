/* /introspect; INT rows of the attack list, and what is remembered between two questions. */
#include "base/unit.h"
#include "oauth/machines.h"

#define SERVER "&client_id=client_weather&client_secret=" BOT_SECRET

#define TEST(f) cmocka_unit_test_setup_teardown(f, machines_setup, machines_teardown)

static struct answer see(struct kit *k, str token, const char *who)
{
	return kit_post(
	    k, introspect_start, LANE_LOOP, arena_printf(k->mem, "token=%.*s%s", FMT(token), who));
}

static bool active(struct kit *k, const struct answer *a)
{
	return a->err == OK && json_get_true(kit_json(k, a->body), S("active"));
}

static bool inactive(const struct answer *a)
{
	return a->err == OK && a->reply.status == 200 && str_eq(a->body, S("{\"active\":false}"));
}

static str machine_token(struct kit *k)
{
	struct answer a = machines_ask(k, BOT "&scope=weather:read");

	assert_int_equal(a.err, OK);
	return json_get_str(kit_json(k, a.body), S("access_token"));
}

static void the_server_is_told_what_the_token_says(void **state)
{
	struct kit *k = *state;
	str token = json_get_str(kit_tokens(k), S("access_token"));

	for (int i = 0; i < 2; i++) { /* read, and remembered */
		struct answer a = see(k, token, SERVER);
		const struct json *o = kit_json(k, a.body), *claims = kit_claims(k, token);
		assert_true(active(k, &a));
		same("username", json_get_str(o, S("username")), S("ann@example.com"));
		same("token_type", json_get_str(o, S("token_type")), S("Bearer"));
		static const char *const names[] = { "iss", "sub", "aud", "client_id", "scope", "jti" };
		for (size_t n = 0; n < COUNT(names); n++)
			same(names[n], json_get_str(o, str_of(names[n])),
			    json_get_str(claims, str_of(names[n])));
		static const char *const numbers[] = { "exp", "iat", "nbf" };
		for (size_t n = 0; n < COUNT(numbers); n++) {
			int64_t got = 0, want = 1;
			assert_true(json_get_int(o, str_of(numbers[n]), &got) &&
			    json_get_int(claims, str_of(numbers[n]), &want));
			same_int(numbers[n], got, want);
		}
		same("nothing is kept by others", kit_header(&a, "Cache-Control"), S("no-store"));
	}
}

/* An application learns who somebody is where the person was told so, and nowhere else. */
static void whom_it_is_told_of(void **state)
{
	static const struct {
		const char *sentence, *scope;
		bool named;
	} rows[] = {
		{ "scopes of the resource alone", "weather:read", false },
		{ "openid", "weather:read+openid+profile", false },
		{ "email", "weather:read+openid+email", true },
	};
	struct kit *k = *state;
	const char *app = "&client_id=app&client_secret=" KIT_SECRET;

	k->clients[1].auth_method = S("client_secret_post");
	k->clients[1].secret_hash = sha256_str(k->mem, S(KIT_SECRET));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = kit_authorize(k,
		    arena_printf(k->mem,
			"%s&resource=https%%3A%%2F%%2Fauth.example%%2Fweather%%2Fmcp&scope=%s", KIT_APP,
			rows[i].scope));
		a = kit_token(k,
		    arena_printf(k->mem, "%.*s&client_secret=" KIT_SECRET,
			FMT(kit_redeem_body(k, kit_param(k, a.location, "code")))));
		assert_int_equal(a.err, OK);
		const struct json *tokens = kit_json(k, a.body);
		const char *kinds[] = { "access_token", "access_token",
			"refresh_token" }; /* read, remembered */
		for (size_t n = 0; n < COUNT(kinds); n++) {
			str token = json_get_str(tokens, str_of(kinds[n]));
			a = see(k, token, app);
			assert_true(active(k, &a));
			same(rows[i].sentence, json_get_str(kit_json(k, a.body), S("username")),
			    rows[i].named ? S("ann@example.com") : S(""));
			a = see(k, token, SERVER);
			if (n < 2)
				same("the server", json_get_str(kit_json(k, a.body), S("username")),
				    S("ann@example.com"));
		}
	}
}

static void a_client_that_the_file_declares_no_more(void **state)
{
	struct kit *k = *state;
	str token = json_get_str(kit_tokens(k), S("access_token"));
	uint64_t before = kit_state(k);

	k->site.client_count = 1; /* without app, whose row stays */
	struct answer a = see(k, token, SERVER);
	assert_true(inactive(&a));
	k->site.client_count = 3;
	a = see(k, token, SERVER);
	assert_true(active(k, &a));
	assert_true(kit_state(k) == before);
}

static void who_may_know(void **state)
{
	struct kit *k = *state;
	str token = machine_token(k);
	static const struct {
		const char *sentence, *who;
		enum err err;
		bool active;
	} rows[] = {
		{ "the server behind the resource", SERVER, OK, true },
		{ "its own client", BOT, OK, true },
		{ "INT-03 another client", "&client_id=ci&client_secret=" KIT_SECRET, OK, false },
		{ "INT-01 nobody", "", ERR_CLIENT_METHOD, false },
		{ "INT-01 without the secret", "&client_id=client_weather", ERR_CLIENT_METHOD, false },
		{ "INT-01 a wrong secret", "&client_id=client_weather&client_secret=gh_cs_wrong",
		    ERR_CLIENT_SECRET, false },
		{ "INT-01 a public client", "&client_id=app", ERR_CLIENT_METHOD, false },
	};

	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < COUNT(rows); i++) {
			uint64_t before = kit_state(k);
			struct answer a = see(k, token, rows[i].who);
			same_err(rows[i].sentence, a.err, rows[i].err);
			if (a.err == OK)
				holds(rows[i].sentence, rows[i].active ? active(k, &a) : inactive(&a));
			holds(rows[i].sentence, kit_state(k) == before);
		}
}

static void garbage_is_not_active(void **state)
{
	struct kit *k = *state;
	str token = machine_token(k);
	const str rows[] = { S("x"), S("."), S(".."), S("a.b.c"), S("gh_rt_AAAA"),
		str_sub(token, 0, token.n - 4),
		arena_printf(k->mem, "%.*sAAAA", FMT(str_sub(token, 0, token.n - 4))),
		arena_printf(k->mem, "%.*s.", FMT(token)), arena_printf(k->mem, "A%.*s", FMT(token)) };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = see(k, rows[i], SERVER);
		holds(rows[i].p, inactive(&a));
	}
	same_err("INT-04 nothing at all", see(k, S(""), SERVER).err, ERR_PARAM_MISSING);
	struct answer whole = see(k, token, SERVER);
	assert_true(active(k, &whole));
}

/* A signed text of ours with other claims. */
static str signed_by_us(struct kit *k, const char *typ, const char *claims)
{
	str token;

	assert_int_equal(jwt_sign(k->mem, k->site.signing, str_of(typ), str_of(claims), &token), OK);
	return token;
}

static void our_signature_alone_is_not_enough(void **state)
{
	struct kit *k = *state;
	const struct json *mine = kit_claims(k, machine_token(k));
	str gid = json_get_str(mine, S("gid"));
	static const struct {
		const char *sentence, *typ, *iss;
		int64_t exp, nbf;
		bool grant, active;
	} rows[] = {
		{ "as we make them", "at+jwt", ISSUER, 600, 0, true, true },
		{ "another kind", "JWT", ISSUER, 600, 0, true, false },
		{ "another issuer", "at+jwt", "https://other.example", 600, 0, true, false },
		{ "over this second", "at+jwt", ISSUER, 0, -600, true, false },
		{ "not yet", "at+jwt", ISSUER, 600, 300, true, false },
		{ "of a grant that is not there", "at+jwt", ISSUER, 600, 0, false, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		str token = signed_by_us(k, rows[i].typ,
		    arena_printf(k->mem,
			"{\"iss\":\"%s\",\"aud\":\"" WEATHER
			"\",\"sub\":\"client_bot\",\"client_id\":\"client_bot\",\"scope\":\"weather:read\","
			"\"exp\":%lld,"
			"\"nbf\":%lld,\"iat\":%lld,\"gid\":\"%.*s\"}",
			rows[i].iss, (long long)(k->now + rows[i].exp), (long long)(k->now + rows[i].nbf),
			(long long)k->now, FMT(rows[i].grant ? gid : S("grant_0000000000000")))
			.p);
		struct answer a = see(k, token, SERVER);
		holds(rows[i].sentence, rows[i].active ? active(k, &a) : inactive(&a));
	}
}

/* RFC 9449 section 6.2 and RFC 8693 section 4.1: who it is bound to and who acts is told as it stands. */
static void a_bound_token_says_to_what(void **state)
{
	struct kit *k = *state;
	str gid = json_get_str(kit_claims(k, machine_token(k)), S("gid"));
	str token = signed_by_us(k, "at+jwt",
	    arena_printf(k->mem,
		"{\"iss\":\"" ISSUER "\",\"aud\":\"" WEATHER
		"\",\"sub\":\"x\",\"client_id\":\"client_bot\",\"exp\":%lld,\"iat\":1,\"gid\":\"%.*s\","
		"\"cnf\":{\"jkt\":\"thumb\"},\"act\":{\"sub\":\"client_actor\"},\"gcl\":\"%.*s\"}",
		(long long)k->now + 600, FMT(gid), FMT(ground_origin_text(k->mem, S("app"))))
		.p);
	struct answer a = see(k, token, SERVER);
	const struct json *o = kit_json(k, a.body);

	same("token_type", json_get_str(o, S("token_type")), S("DPoP"));
	same("cnf", json_get_str(json_get(o, S("cnf")), S("jkt")), S("thumb"));
	same("act", json_get_str(json_get(o, S("act")), S("sub")), S("client_actor"));
}

/* What the server behind the resource made of a person's token for another client (RFC 8693). */
static str exchanged(struct kit *k, str more)
{
	str gid = json_get_str(kit_claims(k, json_get_str(kit_tokens(k), S("access_token"))), S("gid"));

	return signed_by_us(k, "at+jwt",
	    arena_printf(k->mem,
		"{\"iss\":\"" ISSUER "\",\"aud\":\"" WEATHER "\",\"sub\":\"user_000000000001a\","
		"\"client_id\":\"client_bot\",\"exp\":%lld,\"iat\":1,\"gid\":\"%.*s\","
		"\"act\":{\"sub\":\"client_bot\"}%.*s}",
		(long long)k->now + 600, FMT(gid), FMT(more))
		.p);
}

static void an_exchanged_token_stands_on_both_clients(void **state)
{
	struct kit *k = *state;
	str gcl = arena_printf(k->mem, ",\"gcl\":\"%.*s\"", FMT(ground_origin_text(k->mem, S("app"))));
	struct answer a = see(k, exchanged(k, S("")), SERVER);

	assert_true(inactive(&a)); /* nobody could take it back */
	str token = exchanged(k, gcl);
	a = see(k, token, SERVER);
	assert_true(active(k, &a));
	a = see(k, token, SERVER); /* remembered */
	assert_true(active(k, &a));
	assert_true(asked.client == client_key(S("client_bot")) && asked.origin == client_key(S("app")));
	heard = STANDING_UNKNOWN;
	static const char *const clients[] = { "app", "client_bot" };
	for (size_t i = 0; i < COUNT(clients); i++) {
		kit_sql(k,
		    arena_printf(
			k->mem, "UPDATE client SET status = 'blocked' WHERE client_id = '%s'", clients[i])
			.p);
		a = see(k, token, SERVER);
		holds(clients[i], inactive(&a));
		kit_sql(k, "UPDATE client SET status = 'active'");
		a = see(k, token, SERVER);
		holds(clients[i], active(k, &a));
	}
}

static void what_is_remembered_is_worth_what_was_heard(void **state)
{
	struct kit *k = *state;
	str token = machine_token(k);
	struct answer a = see(k, token, SERVER);
	struct db *reader = k->reader;

	assert_true(active(k, &a));
	k->reader = NULL; /* nothing is asked of the store the second time */
	a = see(k, token, SERVER);
	assert_true(active(k, &a));
	k->reader = reader;

	heard = STANDING_UNKNOWN; /* old news: the store is asked, and it knows */
	kit_sql(k, "UPDATE grants SET ended = 5");
	a = see(k, token, SERVER);
	assert_true(inactive(&a));
	kit_sql(k, "UPDATE grants SET ended = 0");
	a = see(k, token, SERVER);
	assert_true(active(k, &a));
	kit_sql(k, "UPDATE client SET status = 'blocked' WHERE client_id = 'client_bot'");
	a = see(k, token, SERVER);
	assert_true(inactive(&a));
	kit_sql(k, "UPDATE client SET status = 'active' WHERE client_id = 'client_bot'");

	heard = STANDING_GOOD;
	a = see(k, token, SERVER);
	assert_true(active(k, &a));
	k->now += 600;
	a = see(k, token, SERVER);
	assert_true(inactive(&a)); /* its time is over, whatever is remembered */
}

/* The client that asks is found anew: then the verdict comes from READ, and what was heard since still counts. */
static void what_was_heard_while_the_store_was_asked_counts(void **state)
{
	struct kit *k = *state;
	str token = machine_token(k);

	heard = STANDING_ENDED;
	struct answer a = see(k, token, SERVER);
	assert_true(inactive(&a));
}

/* What this process signed is not verified again; what another node signed is. Both are true, and neither is more. */
static void tokens_of_another_node_are_verified(void **state)
{
	struct kit *k = *state;
	str token = machine_token(k);

	recall_free(k->site.recall);
	k->site.recall = recall_new();
	struct answer a = see(k, token, SERVER);
	assert_true(active(k, &a));
	token = machine_token(k);
	((char *)(uintptr_t)token.p)[token.n - 3] ^= 1; /* of one that was made here, another signature */
	a = see(k, token, SERVER);
	assert_true(inactive(&a));
}

static void refresh_tokens_are_their_own_clients_business(void **state)
{
	struct kit *k = *state;

	/* the kit's tokens are of a public client, who may not ask: give them a secret's bearer */
	const struct json *tokens = kit_tokens(k);
	str first = json_get_str(tokens, S("refresh_token"));
	k->clients[1].auth_method = S("client_secret_post");
	k->clients[1].secret_hash = sha256_str(k->mem, S(KIT_SECRET));
	const char *app = "&client_id=app&client_secret=" KIT_SECRET;
	struct answer a = see(k, first, app);
	assert_true(active(k, &a));
	const struct json *o = kit_json(k, a.body);
	holds("no username", json_get(o, S("username")) == NULL); /* the scope has no email */
	holds("no token_type", json_get(o, S("token_type")) == NULL);
	a = see(k, first, SERVER);
	assert_true(inactive(&a)); /* the server behind the resource too: it is never sent there */

	a = kit_token(
	    k, arena_printf(k->mem, "%.*s&client_secret=" KIT_SECRET, FMT(kit_refresh_body(k, first))));
	str second = json_get_str(kit_json(k, a.body), S("refresh_token"));
	a = see(k, first, app);
	assert_true(active(k, &a)); /* within the grace it would be taken */
	k->now += 121;
	a = see(k, first, app);
	assert_true(inactive(&a));
	a = see(k, second, app);
	assert_true(active(k, &a));
	kit_sql(k, "UPDATE users SET status = 'blocked'");
	a = see(k, second, app);
	assert_true(inactive(&a));
	kit_sql(k, "UPDATE users SET status = 'active'");
	k->now += 31 * 86400;
	a = see(k, second, app);
	assert_true(inactive(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_server_is_told_what_the_token_says),
		TEST(whom_it_is_told_of),
		TEST(a_client_that_the_file_declares_no_more),
		TEST(who_may_know),
		TEST(garbage_is_not_active),
		TEST(our_signature_alone_is_not_enough),
		TEST(a_bound_token_says_to_what),
		TEST(an_exchanged_token_stands_on_both_clients),
		TEST(what_is_remembered_is_worth_what_was_heard),
		TEST(what_was_heard_while_the_store_was_asked_counts),
		TEST(tokens_of_another_node_are_verified),
		TEST(refresh_tokens_are_their_own_clients_business),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
