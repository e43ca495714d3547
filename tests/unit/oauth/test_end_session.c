/* What an application's request to end a sign-in means; SESS-06 and SESS-07 of the attack list. */
#include "base/unit.h"
#include "oauth/kit.h"
#include "oauth/end_session.h"

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

#define BYE "https://client.example/bye"

static enum err read(struct kit *k, struct ctx *c, str query, struct end_session *e)
{
	struct form f;

	*c = (struct ctx){
		.mem = k->mem, .site = &k->site, .now = k->now, .db = k->reader, .actor = k->actor
	};
	MUST(form_parse(k->mem, query, &f) == OK);
	return end_session_read(c, &f, e);
}

static void where_it_leads(void **state)
{
	struct kit *k = *state;
	str hint = json_get_str(tokens(k, "weather:read+openid", ""), S("id_token"));
	const struct {
		const char *sentence, *query;
		bool hinted;
		enum err err;
		const char *url; /* NULL: nowhere */
	} rows[] = {
		{ "with the hint", "post_logout_redirect_uri=https%3A%2F%2Fclient.example%2Fbye", true, OK,
		    BYE },
		{ "with client_id",
		    "client_id=app&post_logout_redirect_uri=https%3A%2F%2Fclient.example%2Fbye", false, OK,
		    BYE },
		{ "with state", "state=a%26b&post_logout_redirect_uri=https%3A%2F%2Fclient.example%2Fbye",
		    true, OK, BYE "?state=a%26b" },
		{ "with a query", "state=x&post_logout_redirect_uri=https%3A%2F%2Fclient.example%2Fbye%3Fq",
		    true, OK, BYE "?q&state=x" },
		{ "nowhere", "state=x", true, OK, NULL },
		{ "SESS-06 nobody asks", "post_logout_redirect_uri=https%3A%2F%2Fevil.example", false, OK,
		    NULL },
		{ "SESS-06 an unknown client",
		    "client_id=nobody&post_logout_redirect_uri=https%3A%2F%2Fclient.example%2Fbye", false, OK,
		    NULL },
		{ "SESS-06 another address", "post_logout_redirect_uri=https%3A%2F%2Fevil.example", true,
		    ERR_LOGOUT_REDIRECT, NULL },
		{ "SESS-06 a slash more", "post_logout_redirect_uri=https%3A%2F%2Fclient.example%2Fbye%2F",
		    true, ERR_LOGOUT_REDIRECT, NULL },
		{ "SESS-06 two at once",
		    "post_logout_redirect_uri=https%3A%2F%2Fclient.example%2Fbye+https%3A%2F%2Fevil.example",
		    true, ERR_LOGOUT_REDIRECT, NULL },
		{ "SESS-06 a script that was registered", "post_logout_redirect_uri=javascript%3Aalert(1)",
		    true, ERR_LOGOUT_REDIRECT, NULL },
		{ "a client without addresses",
		    "client_id=ci&post_logout_redirect_uri=https%3A%2F%2Fclient.example%2Fbye", false,
		    ERR_LOGOUT_REDIRECT, NULL },
		{ "a hint and another client", "client_id=ci", true, ERR_LOGOUT_CLIENT, NULL },
		{ "twice", "state=a&state=b", true, ERR_PARAM_DUPLICATE, NULL },
	};
	struct end_session e;
	struct ctx c;

	k->clients[1].logout_uris = S(BYE " " BYE "?q javascript:alert(1)");
	for (size_t i = 0; i < COUNT(rows); i++) {
		str query = rows[i].hinted
		    ? arena_printf(k->mem, "id_token_hint=%.*s&%s", FMT(hint), rows[i].query)
		    : str_of(rows[i].query);
		same_err(rows[i].sentence, read(k, &c, query, &e), rows[i].err);
		holds(rows[i].sentence, (e.redirect.n > 0) == (rows[i].url != NULL));
		if (rows[i].url)
			same(rows[i].sentence, end_session_url(&c, &e), str_of(rows[i].url));
	}
}

/* Whom the operator does not let in sends nobody anywhere either; nor does who is blocked. */
static void not_for_clients_that_may_not_come_in(void **state)
{
	static const str list[] = { S_INIT("client.example") };
	struct kit *k = *state;
	struct answer a = kit_register(k,
	    S("{\"redirect_uris\":[\"https://evil.example/cb\"],\"token_endpoint_auth_method\":\"none\","
	      "\"post_logout_redirect_uris\":[\"https://evil.example/bye\"]}"));
	str query = arena_printf(k->mem,
	    "client_id=%.*s&post_logout_redirect_uri=https%%3A%%2F%%2Fevil.example%%2Fbye",
	    FMT(json_get_str(kit_json(k, a.body), S("client_id"))));
	struct end_session e;
	struct ctx c;

	assert_int_equal(read(k, &c, query, &e), OK);
	assert_true(e.redirect.n > 0);
	k->config.allow_clients = list;
	k->config.allow_client_count = 1;
	assert_int_equal(read(k, &c, query, &e), OK);
	assert_true(e.redirect.n == 0);
}

/* SESS-07: only who has the id token of this very sign-in need not ask. */
static void whose_it_is(void **state)
{
	struct kit *k = *state;
	str hint = json_get_str(tokens(k, "weather:read+openid", ""), S("id_token")),
	    access = json_get_str(tokens(k, "weather:read+openid", ""), S("access_token"));
	struct end_session e;
	struct ctx c;

	assert_int_equal(read(k, &c, arena_printf(k->mem, "id_token_hint=%.*s", FMT(hint)), &e), OK);
	assert_true(end_session_meant(&c, &e));
	c.actor.sid++;
	assert_false(end_session_meant(&c, &e));
	c.actor.sid--;
	c.actor.user++;
	assert_false(end_session_meant(&c, &e));
	c.actor = (struct actor){ 0 };
	assert_false(end_session_meant(&c, &e));
	assert_int_equal(read(k, &c, arena_printf(k->mem, "id_token_hint=%.*s", FMT(access)), &e), OK);
	assert_false(end_session_meant(&c, &e));
	assert_int_equal(read(k, &c, S("client_id=app"), &e), OK);
	assert_false(end_session_meant(&c, &e));
}

static void by_post(void **state)
{
	struct kit *k = *state;
	struct ctx c = { .mem = k->mem, .site = &k->site };
	struct form f;

	MUST(form_parse(k->mem, S("state=a+b&other=x&id_token_hint=t.t.t&client_id="), &f) == OK);
	assert_true(end_session_asked(&f));
	same("what we know, encoded", end_session_again(&c, &f),
	    S(ISSUER "/logout?id_token_hint=t.t.t&state=a%20b"));
	MUST(form_parse(k->mem, S("csrf=x&other=y"), &f) == OK);
	assert_false(end_session_asked(&f));
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(where_it_leads), TEST(not_for_clients_that_may_not_come_in),
		TEST(whose_it_is), TEST(by_post) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
