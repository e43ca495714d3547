/* grant_type=client_credentials; B-64, B-66, TOK-20 and AUTH-17 of the attack list. */
#include "base/unit.h"
#include "oauth/machines.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, machines_setup, machines_teardown)

static int64_t grants(struct kit *k)
{
	return kit_count(k, "SELECT count(*) FROM grants WHERE user_id = 0");
}

static void scope_and_resource(void **state)
{
	static const struct {
		const char *sentence, *more;
		enum err err;
		const char *scope, *audience;
	} rows[] = {
		{ "what it asks for, where that is known", BOT "&scope=users:read", OK, "users:read",
		    MANAGEMENT },
		{ "twice the same is once", BOT "&scope=users:read+users:read", OK, "users:read",
		    MANAGEMENT },
		{ "all that it has at the resource", BOT "&resource=" MANAGEMENT, OK,
		    "users:read clients:read", MANAGEMENT },
		{ "all at another one", BOT "&resource=" WEATHER, OK, "weather:read", WEATHER },
		{ "B-64 one that it does not have", BOT "&scope=users:read+users:write", ERR_CLIENT_SCOPE, "",
		    "" },
		{ "B-64 one that nobody has", BOT "&scope=nonsense", ERR_CLIENT_SCOPE, "", "" },
		{ "B-64 one of another resource", BOT "&scope=users:read&resource=" WEATHER, ERR_CLIENT_SCOPE,
		    "", "" },
		{ "none at all there", BOT "&resource=" ISSUER "/notes/mcp", ERR_RESOURCE_UNKNOWN, "", "" },
		{ "scopes of two resources, of which one would be left out",
		    BOT "&scope=users:read+weather:read", ERR_CLIENT_SCOPE, "", "" },
		{ "TOK-20 a client that was given nothing",
		    "&client_id=client_weather&client_secret=" BOT_SECRET, ERR_CLIENT_SCOPE, "", "" },
		{ "a wrong secret", "&client_id=client_bot&client_secret=gh_cs_wrong", ERR_CLIENT_SECRET, "",
		    "" },
		{ "AUTH-17 no secret", "&client_id=client_bot", ERR_CLIENT_METHOD, "", "" },
		{ "AUTH-17 a public client", "&client_id=app", ERR_CLIENT_GRANT_TYPE, "", "" },
		{ "a confidential client of another kind", "&client_id=ci&client_secret=" KIT_SECRET,
		    ERR_CLIENT_GRANT_TYPE, "", "" },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t before = kit_state(k);
		struct answer a = machines_ask(k, rows[i].more);
		same_err(rows[i].sentence, a.err, rows[i].err);
		if (a.err != OK) {
			holds(rows[i].sentence, kit_state(k) == before);
			continue;
		}
		const struct json *o = kit_json(k, a.body);
		const struct json *claims = kit_claims(k, json_get_str(o, S("access_token")));
		same(rows[i].sentence, json_get_str(o, S("scope")), str_of(rows[i].scope));
		same(rows[i].sentence, json_get_str(claims, S("aud")), str_of(rows[i].audience));
		same(rows[i].sentence, json_get_str(claims, S("sub")), S("client_bot"));
		same(rows[i].sentence, json_get_str(claims, S("client_id")), S("client_bot"));
		holds("B-66 no refresh token", json_get(o, S("refresh_token")) == NULL);
	}
	assert_int_equal(grants(k), 2); /* one a resource */
}

static void without_a_scope_two_resources_are_a_choice(void **state)
{
	struct kit *k = *state;

	k->site.resource_count = 3; /* the only one besides management would be meant */
	same_err("no scope, no resource", machines_ask(k, BOT).err, ERR_RESOURCE_MISSING);
}

/* AUTH-17, mcp.md 2.22: whoever may register must not be let in by that alone. */
static void who_registered_itself_has_nothing_for_itself(void **state)
{
	struct kit *k = *state;

	/* nor one whose id is all that there is to know, though the operator gave it the grant */
	k->clients[1].grant_types = S("client_credentials");
	k->clients[1].scope = S("weather:read");
	same_err("AUTH-17 a public client of the file",
	    machines_ask(k, "&client_id=app&scope=weather:read").err, ERR_CLIENT_GRANT_TYPE);
	kit_sql(k,
	    "UPDATE client SET origin = 'registered', auth_method = 'client_secret_post' WHERE client_id = "
	    "'client_bot'");
	same_err("registered", machines_ask(k, BOT "&scope=users:read").err, ERR_CLIENT_GRANT_TYPE);
	kit_sql(k, "UPDATE client SET origin = 'document' WHERE client_id = 'client_bot'");
	recall_free(k->site.recall);
	k->site.recall = recall_new();
	same_err("by a document", machines_ask(k, BOT "&scope=users:read").err, ERR_CLIENT_GRANT_TYPE);
	assert_int_equal(grants(k), 0);
}

static void the_first_token_writes_and_no_other_does(void **state)
{
	struct kit *k = *state;
	struct answer a = machines_ask(k, BOT "&scope=users:read");

	assert_int_equal(a.writes, 1);
	assert_int_equal(grants(k), 1);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM audit WHERE event = 'auth.machine.grant'"), 1);
	str gid = json_get_str(kit_claims(k, json_get_str(kit_json(k, a.body), S("access_token"))), S("gid"));
	uint64_t before = kit_state(k);
	for (int i = 0; i < 3; i++) {
		a = machines_ask(k, BOT "&scope=users:read");
		assert_int_equal(a.writes, 0);
		same("the same grant",
		    json_get_str(
			kit_claims(k, json_get_str(kit_json(k, a.body), S("access_token"))), S("gid")),
		    gid);
	}
	holds("nothing was written", kit_state(k) == before);
	/* and the third needs not even a look: a store that is not there does not matter */
	struct db *reader = k->reader;
	k->reader = NULL;
	assert_int_equal(machines_ask(k, BOT "&scope=users:read").err, OK);
	k->reader = reader;
	assert_true(asked.grant && asked.client == client_key(S("client_bot")));
}

/* What is remembered is worth what this node has heard: old news send it to the store, which knows. */
static void what_ended_is_asked_about_again(void **state)
{
	struct kit *k = *state;

	for (int i = 0; i < 2; i++)
		assert_int_equal(machines_ask(k, BOT "&scope=users:read").err, OK);
	kit_sql(k, "UPDATE grants SET ended = 5");
	heard = STANDING_UNKNOWN;
	struct answer a = machines_ask(k, BOT "&scope=users:read");
	assert_int_equal(a.err, OK);
	assert_int_equal(a.writes, 1); /* a new grant: the client itself is still welcome */
	assert_int_equal(kit_count(k, "SELECT count(*) FROM grants WHERE ended = 0"), 1);
	kit_sql(k, "UPDATE client SET status = 'blocked'");
	same_err(
	    "blocked, asked of the store", machines_ask(k, BOT "&scope=users:read").err, ERR_CLIENT_BLOCKED);
	kit_sql(k, "UPDATE client SET status = 'deleted'");
	same_err(
	    "deleted, asked of the store", machines_ask(k, BOT "&scope=users:read").err, ERR_CLIENT_SECRET);
	heard = STANDING_ENDED;
	same_err("deleted, as this node has heard", machines_ask(k, BOT "&scope=users:read").err,
	    ERR_CLIENT_SECRET);
}

/* Between the look at the store and the token somebody ended it. */
static void what_was_heard_last_counts(void **state)
{
	struct kit *k = *state;

	assert_int_equal(machines_ask(k, BOT "&scope=users:read").err, OK);
	heard = STANDING_ENDED;
	same_err("ended meanwhile", machines_ask(k, BOT "&scope=users:read").err, ERR_GRANT_ENDED);
}

static void what_is_remembered_runs_out(void **state)
{
	struct kit *k = *state;

	for (int i = 0; i < 2; i++)
		assert_int_equal(machines_ask(k, BOT "&scope=users:read").err, OK);
	kit_sql(k, "UPDATE client SET scope = 'clients:read' WHERE client_id = 'client_bot'");
	assert_int_equal(machines_ask(k, BOT "&scope=users:read").err, OK); /* nobody said anything */
	k->now += RECALL_SECONDS;
	same_err("a minute later", machines_ask(k, BOT "&scope=users:read").err, ERR_CLIENT_SCOPE);
}

static void two_secrets_are_good_until_the_old_one_is_over(void **state)
{
	struct kit *k = *state;
	str old = b64url_write(k->mem, sha256_str(k->mem, S("gh_cs_old-secret")));

	kit_sql(k,
	    arena_printf(
		k->mem, "UPDATE client SET old_secret = '%.*s', old_until = %d", FMT(old), KIT_NOW + 10)
		.p);
	const char *with_old = "&client_id=client_bot&client_secret=gh_cs_old-secret&scope=users:read";
	assert_int_equal(machines_ask(k, with_old).err, OK);
	assert_int_equal(machines_ask(k, BOT "&scope=users:read").err, OK);
	k->now += 9;
	assert_int_equal(machines_ask(k, with_old).err, OK);
	k->now++;
	same_err("over, though remembered", machines_ask(k, with_old).err, ERR_CLIENT_SECRET);
	assert_int_equal(machines_ask(k, BOT "&scope=users:read").err, OK);
}

static void a_client_of_the_file_gets_a_row_with_its_first_token(void **state)
{
	struct kit *k = *state;

	k->clients[0].grant_types = S("client_credentials");
	k->clients[0].scope = S("weather:read");
	assert_int_equal(machines_ask(k, "&client_id=ci&client_secret=" KIT_SECRET).err, OK);
	assert_int_equal(
	    kit_count(k, "SELECT count(*) FROM client WHERE client_id = 'ci' AND origin = 'config'"), 1);
	kit_sql(k, "UPDATE client SET status = 'blocked' WHERE client_id = 'ci'");
	heard = STANDING_UNKNOWN;
	same_err(
	    "blocked", machines_ask(k, "&client_id=ci&client_secret=" KIT_SECRET).err, ERR_CLIENT_BLOCKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(scope_and_resource),
		TEST(without_a_scope_two_resources_are_a_choice),
		TEST(who_registered_itself_has_nothing_for_itself),
		TEST(the_first_token_writes_and_no_other_does),
		TEST(what_ended_is_asked_about_again),
		TEST(what_was_heard_last_counts),
		TEST(what_is_remembered_runs_out),
		TEST(two_secrets_are_good_until_the_old_one_is_over),
		TEST(a_client_of_the_file_gets_a_row_with_its_first_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
