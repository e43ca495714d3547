/* /register/CLIENT_ID (RFC 7592): what a client may do with its registration, what it may not, and what is left of it. */
#include "base/unit.h"
#include "client/client.h"
#include "core/standing.h"
#include "oauth/kit.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
#define CB "https://client.example/cb"

struct one {
	str id, token, secret, body;
};

static struct one registered(struct kit *k, const char *more)
{
	struct answer a = kit_register(
	    k, arena_printf(k->mem, "{\"client_name\":\"First\",\"redirect_uris\":[\"" CB "\"]%s}", more));
	const struct json *o = kit_json(k, a.body);

	MUST(a.err == OK);
	return (struct one){ json_get_str(o, S("client_id")), json_get_str(o, S("registration_access_token")),
		json_get_str(o, S("client_secret")), a.body };
}

#define NONE ",\"token_endpoint_auth_method\":\"none\""

static struct answer get(struct kit *k, const struct one *c)
{
	return kit_manage(k, HTTP_GET, c->id, c->token, S(""));
}

static struct answer put(struct kit *k, const struct one *c, const char *members)
{
	return kit_manage(k, HTTP_PUT, c->id, c->token,
	    arena_printf(
		k->mem, "{\"client_id\":\"%.*s\",\"redirect_uris\":[\"" CB "\"]%s}", FMT(c->id), members));
}

static struct client found(struct kit *k, str id, enum err want)
{
	struct ctx c = { .mem = k->mem, .site = &k->site, .db = k->reader, .lane = LANE_READ };
	struct client client = { .row = 0 };

	same_err("found", client_find(&c, id, &client), want);
	return client;
}

/* Everything but the time of issue, which only the first answer tells. */
static void looks(void **state)
{
	struct kit *k = *state;
	struct one c = registered(k, "");
	uint64_t before = kit_state(k);
	struct answer a = get(k, &c);
	str head, tail, issued = arena_printf(k->mem, "\"client_id_issued_at\":%d,", KIT_NOW);
	ptrdiff_t at = str_find(c.body, issued);

	assert_int_equal(a.err, OK);
	assert_int_equal(a.reply.status, 200);
	same("not kept by anybody", kit_header(&a, "Cache-Control"), S("no-store"));
	assert_true(at > 0);
	head = str_sub(c.body, 0, (size_t)at);
	tail = str_sub(c.body, (size_t)at + issued.n, c.body.n);
	same("what was registered, its secret too", a.body,
	    arena_printf(k->mem, "%.*s%.*s", FMT(head), FMT(tail)));
	assert_true(c.secret.n && str_find(a.body, c.secret) > 0);
	assert_true(kit_state(k) == before && a.writes == 0);
}

/* DCR-43, and whatever else is no token of this client. */
static void strangers(void **state)
{
	struct kit *k = *state;
	struct one mine = registered(k, NONE), theirs = registered(k, NONE);
	static const enum http_method methods[] = { HTTP_GET, HTTP_PUT, HTTP_DELETE };
	const struct {
		const char *sentence;
		str id, token;
	} rows[] = {
		{ "DCR-43 another client's token", theirs.id, mine.token },
		{ "no token", theirs.id, S("") },
		{ "its secret", theirs.id, client_sealed_secret(k->mem, k->site.key_client, theirs.id) },
		{ "a token cut short", theirs.id, str_sub(theirs.token, 0, theirs.token.n - 1) },
		{ "a client that is not known", S("gh_c_nobody"),
		    client_registration_token(k->mem, k->site.key_client, S("gh_c_nobody")) },
		{ "a client of the file", S("ci"),
		    client_registration_token(k->mem, k->site.key_client, S("ci")) },
		{ "no client", S(""), mine.token },
	};
	uint64_t before = kit_state(k);

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t m = 0; m < COUNT(methods); m++) {
			struct answer a = kit_manage(k, methods[m], rows[i].id, rows[i].token,
			    arena_printf(k->mem,
				"{\"client_id\":\"%.*s\",\"redirect_uris\":[\"https://evil.example\"]}",
				FMT(rows[i].id)));
			same_err(rows[i].sentence, a.err, ERR_REGISTER_TOKEN);
			same_int(rows[i].sentence, err_row(a.err)->status, 401);
			same_int(rows[i].sentence, a.writes, 0);
		}
	assert_true(kit_state(k) == before);
	assert_int_equal(get(k, &theirs).err, OK);
}

static void replaces(void **state)
{
	struct kit *k = *state;
	struct one c = registered(k, ",\"client_uri\":\"https://first.example\"");
	struct answer a = put(k, &c,
	    ",\"client_name\":\"Second\",\"token_endpoint_auth_method\":\"none\",\"grant_types\":["
	    "\"authorization_code\"],"
	    "\"post_logout_redirect_uris\":[\"https://client.example/"
	    "bye\"],\"dpop_bound_access_tokens\":true");

	assert_int_equal(a.err, OK);
	assert_int_equal(a.reply.status, 200);
	const struct json *o = kit_json(k, a.body);
	same("its name", json_get_str(o, S("client_name")), S("Second"));
	assert_false(json_get(o, S("client_uri"))); /* what is left out is gone */
	same("the same secret", json_get_str(o, S("client_secret")), c.secret);
	same("the same token", json_get_str(o, S("registration_access_token")), c.token);
	/* what the token endpoint reads from the id is kept, and the answer says so */
	same("its method", json_get_str(o, S("token_endpoint_auth_method")), S("client_secret_basic"));
	same("its grants", json_get(o, S("grant_types"))->text,
	    S("[\"authorization_code\",\"refresh_token\"]"));
	assert_false(json_get(o, S("dpop_bound_access_tokens")));

	struct client now = found(k, c.id, OK);
	assert_true(now.origin == CLIENT_REGISTERED && now.row > 0 && !now.blocked);
	same("its name", now.name, S("Second"));
	same("where people go", now.logout_uris, S("https://client.example/bye"));
	struct ctx ctx = { .mem = k->mem, .site = &k->site, .db = k->reader, .lane = LANE_READ };
	assert_true(client_secret_fits(&ctx, &now, secret_of(c.secret)));
	assert_int_equal(kit_count(k, "SELECT count(*) FROM client"), 1);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM audit WHERE event = 'auth.register.change'"), 1);

	/* once more, and what is read is what was answered */
	a = put(k, &c, ",\"client_name\":\"Third\",\"client_secret\":null");
	assert_int_equal(a.err, OK);
	same("read again", get(k, &c).body, a.body);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM client"), 1);
}

/* From then on other redirects count, and those before do not. */
static void redirects(void **state)
{
	struct kit *k = *state;
	struct one c = registered(k, NONE);
	str query = arena_printf(k->mem,
	    "response_type=code&client_id=%.*s&redirect_uri=https%%3A%%2F%%2Fclient.example%%2Fcb&code_"
	    "challenge=" KIT_CHALLENGE "&code_challenge_method=S256",
	    FMT(c.id));

	assert_int_equal(kit_authorize(k, query).err, OK);
	struct answer a = kit_manage(k, HTTP_PUT, c.id, c.token,
	    arena_printf(k->mem, "{\"client_id\":\"%.*s\",\"redirect_uris\":[\"https://other.example/cb\"]}",
		FMT(c.id)));
	assert_int_equal(a.err, OK);
	same_err("the redirect before", kit_authorize(k, query).err, ERR_REDIRECT_UNKNOWN);
}

static void refused(void **state)
{
	static const struct {
		const char *sentence, *body;
		enum err want;
	} rows[] = {
		{ "no client_id", "{\"redirect_uris\":[\"" CB "\"]}", ERR_REGISTER_METADATA },
		{ "another client_id", "{\"client_id\":\"ci\",\"redirect_uris\":[\"" CB "\"]}",
		    ERR_REGISTER_METADATA },
		{ "another secret",
		    "{\"client_id\":\"@\",\"client_secret\":\"mine\",\"redirect_uris\":[\"" CB "\"]}",
		    ERR_REGISTER_METADATA },
		{ "a secret that is a number",
		    "{\"client_id\":\"@\",\"client_secret\":5,\"redirect_uris\":[\"" CB "\"]}",
		    ERR_REGISTER_METADATA },
		{ "DCR-01 a redirect that is a script",
		    "{\"client_id\":\"@\",\"redirect_uris\":[\"javascript:1\"]}", ERR_REGISTER_REDIRECT },
		{ "no redirects", "{\"client_id\":\"@\"}", ERR_REGISTER_REDIRECT },
		{ "DCR-23 a private key",
		    "{\"client_id\":\"@\",\"redirect_uris\":[\"" CB
		    "\"],\"jwks\":{\"keys\":[{\"d\":\"x\"}]}}",
		    ERR_REGISTER_METADATA },
		{ "no JSON", "x", ERR_JSON_SYNTAX },
	};
	struct kit *k = *state;
	struct one c = registered(k, "");
	uint64_t before = kit_state(k);

	for (size_t i = 0; i < COUNT(rows); i++) {
		str head, tail, body = str_of(rows[i].body);
		if (str_cut(body, '@', &head, &tail))
			body = arena_printf(k->mem, "%.*s%.*s%.*s", FMT(head), FMT(c.id), FMT(tail));
		struct answer a = kit_manage(k, HTTP_PUT, c.id, c.token, body);
		same_err(rows[i].sentence, a.err, rows[i].want);
		same_int(rows[i].sentence, a.writes, 0);
	}
	assert_int_equal(kit_manage(k, HTTP_PUT, c.id, c.token, S("")).err, ERR_CONTENT_TYPE);
	assert_true(kit_state(k) == before);
}

static void deletes(void **state)
{
	struct kit *k = *state;
	struct one c = registered(k, "");
	struct answer a = kit_manage(k, HTTP_DELETE, c.id, c.token, S(""));

	assert_int_equal(a.err, OK);
	assert_int_equal(a.reply.status, 204);
	assert_int_equal(a.body.n, 0);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM client WHERE status = 'deleted'"), 1);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM audit WHERE event = 'auth.register.delete'"), 1);

	/* its id opens for ever, and is good for nothing */
	(void)found(k, c.id, ERR_NOT_FOUND);
	uint64_t before = kit_state(k);
	assert_int_equal(get(k, &c).err, ERR_REGISTER_TOKEN);
	assert_int_equal(put(k, &c, "").err, ERR_REGISTER_TOKEN);
	assert_int_equal(kit_manage(k, HTTP_DELETE, c.id, c.token, S("")).err, ERR_REGISTER_TOKEN);
	str basic = arena_printf(k->mem, "Basic %.*s",
	    FMT(b64_write(k->mem, arena_printf(k->mem, "%.*s:%.*s", FMT(c.id), FMT(c.secret)))));
	static const char *const bodies[] = {
		"grant_type=refresh_token&refresh_token=gh_rt_x",
		"grant_type=authorization_code&code=x&code_verifier=" KIT_VERIFIER,
		"grant_type=authorization_code",
	};
	for (size_t i = 0; i < COUNT(bodies); i++) {
		a = kit_send(k,
		    &(struct sent){ token_start, LANE_LOOP, HTTP_POST, S("/token"), { NULL, 0 },
			str_of(bodies[i]), S("application/x-www-form-urlencoded"), basic });
		same(bodies[i], str_of(err_row(a.err)->code), S("invalid_client"));
	}
	a = kit_send(k,
	    &(struct sent){ revoke_start, LANE_LOOP, HTTP_POST, S("/revoke"), { NULL, 0 }, S("token=x"),
		S("application/x-www-form-urlencoded"), basic });
	same("at /revoke", str_of(err_row(a.err)->code), S("invalid_client"));
	a = kit_authorize(k,
	    arena_printf(k->mem,
		"response_type=code&client_id=%.*s&redirect_uri=https%%3A%%2F%%2Fclient.example%%2Fcb",
		FMT(c.id)));
	assert_int_equal(a.err, ERR_CLIENT_UNKNOWN_PAGE);
	assert_true(kit_state(k) == before);
}

/* Every node hears that its tokens are void; the rows of its grants are the sweeper's. */
static void ends_its_tokens(void **state)
{
	struct kit *k = *state;
	struct one c = registered(k, NONE), other = registered(k, NONE);
	int64_t key = client_key(c.id);

	assert_int_equal(kit_manage(k, HTTP_DELETE, c.id, c.token, S("")).reply.status, 204);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM revocation"), 1);
	assert_true(kit_count(k, "SELECT id FROM revocation WHERE kind = 'client'") == key);
	assert_true(key != client_key(other.id));
	struct answer a = kit_manage(k, HTTP_DELETE, other.id, other.token, S(""));
	bool told = false;
	for (const struct effect *e = a.effects; e; e = e->next)
		told |= e->kind == EFFECT_REVOKE_CLIENT && e->id == client_key(other.id);
	assert_true(told);
}

/* Whoever remembers its row forgets it. */
static void is_heard_of(void **state)
{
	struct kit *k = *state;
	struct one c = registered(k, NONE);

	assert_int_equal(put(k, &c, "").err, OK);
	assert_true(
	    kit_count(k, "SELECT id FROM revocation WHERE kind = 'client-changed'") == client_key(c.id));
}

/* Blocked by the owner is not deleted: it may not hide what it was. */
static void blocked(void **state)
{
	struct kit *k = *state;
	struct one c = registered(k, NONE);

	assert_int_equal(put(k, &c, "").err, OK);
	kit_sql(k, "UPDATE client SET status = 'blocked'");
	uint64_t before = kit_state(k);
	assert_int_equal(get(k, &c).err, ERR_CLIENT_BLOCKED);
	assert_int_equal(put(k, &c, "").err, ERR_CLIENT_BLOCKED);
	assert_int_equal(kit_manage(k, HTTP_DELETE, c.id, c.token, S("")).err, ERR_CLIENT_BLOCKED);
	assert_true(kit_state(k) == before);
}

/* Too large for an id: the same, with a row from the first day. */
static void with_a_row(void **state)
{
	struct kit *k = *state;
	struct buf b = BUF(k->mem);

	buf_put(&b, S("{\"redirect_uris\":["));
	for (int i = 0; i < 16; i++)
		buf_printf(&b, "%s\"https://large.example/%0200d\"", i ? "," : "", i);
	buf_put(&b, S("]}"));
	struct answer a = kit_register(k, buf_str(&b));
	const struct json *o = kit_json(k, a.body);
	struct one c = { json_get_str(o, S("client_id")), json_get_str(o, S("registration_access_token")),
		json_get_str(o, S("client_secret")), a.body };
	assert_true(str_starts(c.id, S("gh_cr_")) && c.secret.n);
	same("its secret", json_get_str(kit_json(k, get(k, &c).body), S("client_secret")), c.secret);
	a = put(k, &c, ",\"client_name\":\"Smaller\"");
	assert_int_equal(a.err, OK);
	same("its name", found(k, c.id, OK).name, S("Smaller"));
	/* of a secret that an older version drew by lot only the hash is known */
	kit_sql(k,
	    "UPDATE client SET secret = x'0000000000000000000000000000000000000000000000000000000000000000'");
	assert_false(json_get(kit_json(k, get(k, &c).body), S("client_secret")));
	assert_int_equal(kit_manage(k, HTTP_DELETE, c.id, c.token, S("")).reply.status, 204);
	(void)found(k, c.id, ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(looks),
		TEST(strangers),
		TEST(replaces),
		TEST(redirects),
		TEST(refused),
		TEST(deletes),
		TEST(ends_its_tokens),
		TEST(is_heard_of),
		TEST(blocked),
		TEST(with_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
