/* Clients by their documents, from /authorize to refresh, while documents change, hosts go down and we restart. */
#include "base/unit.h"
#include "oauth/kit.h"
#include "ui_gen.h"

#define ID "https://claude.ai/oauth/code"
#define ID_FORM "https%3A%2F%2Fclaude.ai%2Foauth%2Fcode"
#define CALLBACK "http%3A%2F%2Flocalhost%3A40123%2Fcallback"
#define MEMBERS                                                     \
	"\"client_id\":\"" ID "\",\"client_name\":\"Claude Code\"," \
	"\"redirect_uris\":[\"http://localhost/callback\",\"https://claude.ai/cb\"]"
#define QUERY                                                  \
	KIT_QUERY(ID_FORM, CALLBACK)                           \
	"&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp" \
	"&scope=weather:read+offline_access"
#define QUERY_HTTPS                                            \
	KIT_QUERY(ID_FORM, "https%3A%2F%2Fclaude.ai%2Fcb")     \
	"&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp" \
	"&scope=weather:read"

static struct {
	struct kit kit;
	struct fetch_answer answer;
	int fetches;
} t;

static void internet(
    void *arg, str url, const struct fetch_policy *policy, struct arena *mem, struct fetch_answer *out)
{
	(void)arg, (void)policy, (void)mem;
	t.fetches++;
	assert_true(str_starts(url, S("https://")));
	*out = t.answer;
}

static void publish(const char *members)
{
	t.answer = (struct fetch_answer){
		.status = 200, .cache = S("max-age=60"), .body = arena_printf(t.kit.mem, "{%s}", members)
	};
}

static void go_down(void)
{
	t.answer = (struct fetch_answer){ .result = FETCH_TIME, .why = S("no answer") };
}

static const struct fetch_port port = { internet, NULL };

/* Memory is gone; the store is not. */
static void restart(void)
{
	outside_free(t.kit.site.outside);
	t.kit.site.outside = outside_new();
}

static int setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof t);
	kit_start(&t.kit);
	t.kit.fetch = &port;
	t.kit.config.limit_documents = 10;
	publish(MEMBERS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kit_stop(&t.kit);
	return 0;
}

static struct answer begin(const char *query)
{
	return kit_authorize(&t.kit, str_of(query));
}

static str txn_of(const struct answer *a)
{
	str txn = kit_param(&t.kit, a->location, "txn");

	assert_int_equal(a->err, OK);
	assert_true(txn.n > 0);
	return txn;
}

static struct answer allow(str txn)
{
	return kit_decide(&t.kit, arena_printf(t.kit.mem, "txn=%.*s&decision=allow", FMT(txn)));
}

static struct answer redeem(str code)
{
	return kit_token(&t.kit,
	    arena_printf(t.kit.mem,
		"grant_type=authorization_code&client_id=%s&code=%.*s&code_verifier=%s&redirect_uri=%s",
		ID_FORM, FMT(code), KIT_VERIFIER, CALLBACK));
}

static struct answer refresh_as(const char *client, str token)
{
	return kit_token(&t.kit,
	    arena_printf(
		t.kit.mem, "grant_type=refresh_token&client_id=%s&refresh_token=%.*s", client, FMT(token)));
}

static struct answer refresh(str token)
{
	return refresh_as(ID_FORM, token);
}

/* A whole sign-in; the refresh token. */
static str connect_it(void)
{
	struct answer a = begin(QUERY), b = allow(txn_of(&a));
	assert_int_equal(b.err, OK);
	struct answer c = redeem(kit_param(&t.kit, b.location, "code"));
	assert_int_equal(c.err, OK);
	const struct json *o = kit_json(&t.kit, c.body);
	const struct json *claims = kit_claims(&t.kit, json_get_str(o, S("access_token")));
	assert_true(str_eq(json_get_str(claims, S("client_id")), S(ID)));
	return json_get_str(o, S("refresh_token"));
}

static str refreshed(str token)
{
	struct answer a = refresh(token);

	assert_int_equal(a.err, OK);
	assert_true(kit_header(&a, "Retry-After").p == NULL);
	str next = json_get_str(kit_json(&t.kit, a.body), S("refresh_token"));
	assert_true(next.n > 0 && !str_eq(next, token));
	return next;
}

static void goes_straight_to_authorize_and_is_fetched_once(void **state)
{
	(void)state;
	str token = connect_it();

	assert_true(token.n > 0);
	assert_int_equal(t.fetches, 1);
	assert_int_equal(
	    kit_count(
		&t.kit, "SELECT count(*) FROM client WHERE origin = 'document' AND client_id = '" ID "'"),
	    1);
	(void)refreshed(token);
	assert_int_equal(t.fetches, 1);
}

static void asks_before_any_row_is_written(void **state)
{
	uint64_t before = kit_state(&t.kit);
	(void)state;

	go_down();
	struct answer a = begin(QUERY);
	assert_int_equal(a.err, ERR_DOCUMENT_UNREACHABLE);
	assert_true(str_find(a.fail.say, S("claude.ai")) >= 0 && str_find(a.fail.say, S("in time")) >= 0);
	assert_true(a.location.p == NULL);
	assert_true(kit_state(&t.kit) == before);
}

static void no_bad_address_is_ever_asked(void **state)
{
	static const char *const ids[] = { "http%3A%2F%2F127.0.0.1%3A9%2Fc.json",
		"https%3A%2F%2F127.0.0.1%3A9%2Fc.json", "https%3A%2F%2Flocalhost%3A9%2Fc.json",
		"https%3A%2F%2F%5B%3A%3Affff%3A7f00%3A1%5D%2Fc.json", "https%3A%2F%2F2130706433%2Fc.json",
		"https%3A%2F%2F169.254.169.254%2Flatest%2Fmeta-data%2F",
		"https%3A%2F%2Fclient.example%2Fa%2F..%2Fc.json", "file%3A%2F%2F%2Fetc%2Fpasswd",
		"gopher%3A%2F%2F127.0.0.1%3A25%2F_x" };
	uint64_t before = kit_state(&t.kit);
	(void)state;

	for (size_t i = 0; i < COUNT(ids); i++) {
		str query = arena_printf(t.kit.mem,
		    "response_type=code&client_id=%s&redirect_uri=%s&code_challenge=%s&code_challenge_method="
		    "S256",
		    ids[i], CALLBACK, KIT_CHALLENGE);
		struct answer a = kit_authorize(&t.kit, query);
		assert_int_equal(a.err, ERR_DOCUMENT_URL);
		assert_true(a.location.p == NULL);
		struct answer b = kit_token(&t.kit,
		    arena_printf(t.kit.mem, "grant_type=refresh_token&refresh_token=x&client_id=%s", ids[i]));
		assert_int_equal(b.err, ERR_DOCUMENT_URL);
	}
	assert_int_equal(t.fetches, 0);
	assert_true(kit_state(&t.kit) == before);
}

static void the_consent_page_shows_its_host_and_warns_of_loopback(void **state)
{
	(void)state;
	struct answer a = begin(QUERY),
		      b = kit_consent(&t.kit, arena_printf(t.kit.mem, "txn=%.*s", FMT(txn_of(&a))));
	const struct view_consent *v = b.view;

	assert_int_equal(b.page, PAGE_CONSENT);
	assert_true(str_eq(v->document_host, S("claude.ai")) && str_eq(v->client_name, S("Claude Code")));
	assert_true(v->impostor && v->loopback && !v->verified && v->claims.n == 0); /* CIMDX-07 */
	a = begin(QUERY_HTTPS);
	b = kit_consent(&t.kit, arena_printf(t.kit.mem, "txn=%.*s", FMT(txn_of(&a))));
	v = b.view;
	assert_true(!v->impostor && !v->loopback && !v->verified);
}

static void a_host_that_takes_a_known_name_is_told_of(void **state)
{
	(void)state;
	publish("\"client_id\":\"https://evil.example/c\",\"client_name\":\"Claude Code\","
		"\"redirect_uris\":[\"https://evil.example/cb\"]");
	struct answer a = begin(KIT_QUERY("https%3A%2F%2Fevil.example%2Fc",
	    "https%3A%2F%2Fevil.example%2Fcb") "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp");
	struct answer b = kit_consent(&t.kit, arena_printf(t.kit.mem, "txn=%.*s", FMT(txn_of(&a))));
	const struct view_consent *v = b.view;

	assert_true(str_eq(v->claims, S("Claude Code")) && str_eq(v->document_host, S("evil.example")));
	assert_false(v->verified);
}

static void a_document_that_is_known_proves_its_name(void **state)
{
	(void)state;
	publish("\"client_id\":\"https://claude.ai/oauth/"
		"claude-code-client-metadata\",\"client_name\":\"Anything\","
		"\"redirect_uris\":[\"http://localhost/callback\"]");
	struct answer a = begin(KIT_QUERY("https%3A%2F%2Fclaude.ai%2Foauth%2Fclaude-code-client-metadata",
	    CALLBACK) "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp");
	struct answer b = kit_consent(&t.kit, arena_printf(t.kit.mem, "txn=%.*s", FMT(txn_of(&a))));
	const struct view_consent *v = b.view;

	assert_true(v->verified && str_eq(v->client_name, S("Claude Code")) && v->claims.n == 0);
	assert_true(v->impostor); /* CIMDX-07: of which any program here may make use */
}

static void a_refresh_needs_no_host_and_no_memory(void **state)
{
	(void)state;
	str token = connect_it();

	go_down();
	t.kit.now += 61; /* not fresh any more */
	token = refreshed(token);
	restart();
	t.kit.now += 61;
	token = refreshed(token);
	assert_int_equal(t.fetches, 3);
	t.kit.now += 1;
	token = refreshed(token); /* within the pause nobody is asked */
	assert_int_equal(t.fetches, 3);
	/* a new authorization does need it, and says so */
	assert_int_equal(begin(QUERY).err, ERR_DOCUMENT_UNREACHABLE);
	publish(MEMBERS);
	t.kit.now += 61;
	assert_int_equal(begin(QUERY).err, OK);
}

static void a_host_that_resolves_to_an_inside_address_ends_nothing(void **state)
{
	(void)state;
	str token = connect_it();

	restart();
	t.answer = (struct fetch_answer){ .result = FETCH_ADDRESS, .why = S("loopback") };
	token = refreshed(token);
	assert_int_equal(begin(QUERY).err, ERR_DOCUMENT_ADDRESS);
}

static void its_owner_can_withdraw_it(void **state)
{
	(void)state;
	str token = connect_it();
	uint64_t before = kit_state(&t.kit);

	t.kit.now += 61;
	t.answer = (struct fetch_answer){ .status = 404 };
	assert_int_equal(refresh(token).err, ERR_DOCUMENT_GONE);
	t.kit.now += 61;
	publish("\"client_id\":\"https://claude.ai/other\",\"client_name\":\"Claude Code\","
		"\"redirect_uris\":[\"http://localhost/callback\"]"); /* CIMDX-05 */
	assert_int_equal(refresh(token).err, ERR_DOCUMENT_INVALID);
	assert_true(kit_state(&t.kit) == before); /* nothing is spent by it */
	t.kit.now += 61;
	publish(MEMBERS);
	(void)refreshed(token);
}

static void a_redirect_that_was_removed_gets_no_answer(void **state)
{
	(void)state;
	struct answer a = begin(QUERY);
	str txn = txn_of(&a);

	t.kit.now += 61;
	publish("\"client_id\":\"" ID
		"\",\"client_name\":\"Claude Code\",\"redirect_uris\":[\"https://claude.ai/cb\"]");
	uint64_t before = kit_state(&t.kit);
	struct answer b = allow(txn);
	assert_int_equal(b.err, ERR_REDIRECT_UNKNOWN);
	assert_true(b.location.p == NULL);
	assert_true(kit_state(&t.kit) == before);
	assert_int_equal(begin(QUERY).err, ERR_REDIRECT_UNKNOWN);
}

static void a_document_that_changes_before_consent_is_read_anew(void **state)
{
	(void)state;
	struct answer a = begin(QUERY);
	str txn = txn_of(&a);

	t.kit.now += 61;
	publish("\"client_id\":\"https://claude.ai/other\",\"client_name\":\"Claude Code\","
		"\"redirect_uris\":[\"http://localhost/callback\"]");
	assert_int_equal(allow(txn).err, ERR_DOCUMENT_INVALID);
	t.kit.now += 61;
	publish("\"client_id\":\"" ID
		"\",\"client_name\":\"Another Name\",\"redirect_uris\":[\"http://localhost/callback\"]");
	struct answer b = kit_consent(&t.kit, arena_printf(t.kit.mem, "txn=%.*s", FMT(txn)));
	const struct view_consent *v = b.view;
	assert_int_equal(b.err, OK);
	assert_true(str_eq(v->client_name, S("Another Name")));
}

static void the_row_learns_what_the_document_says(void **state)
{
	(void)state;
	str token = connect_it();

	t.kit.now += 61;
	publish(MEMBERS ",\"client_uri\":\"https://claude.ai\"");
	token = refreshed(token);
	assert_int_equal(
	    kit_count(&t.kit, "SELECT count(*) FROM client WHERE metadata LIKE '%https://claude.ai%'"), 1);
	/* a method that was changed holds, also from the row */
	t.kit.now += 61;
	publish(MEMBERS
	    ",\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks_uri\":\"https://claude.ai/j\"");
	assert_int_equal(refresh(token).err, ERR_CLIENT_METHOD);
}

static void a_blocked_row_blocks(void **state)
{
	(void)state;
	str token = connect_it();

	kit_sql(&t.kit, "UPDATE client SET status = 'blocked'");
	assert_int_equal(begin(QUERY).err, ERR_CLIENT_BLOCKED_PAGE);
	assert_int_equal(refresh(token).err, ERR_CLIENT_BLOCKED);
	go_down();
	restart();
	assert_int_equal(refresh(token).err, ERR_CLIENT_BLOCKED);
}

/* Also where its document is at hand and nothing else need be asked: only the row knows what was decided about it here. */
static void a_blocked_or_deleted_one_uses_no_endpoint(void **state)
{
	static const struct {
		enum err (*handler)(struct ctx *c);
		const char *body;
		enum err good;
	} rows[] = {
		{ par_start, QUERY, OK },
		{ device_start, "client_id=" ID_FORM, ERR_CLIENT_GRANT_TYPE },
		{ introspect_start, "client_id=" ID_FORM "&token=x", ERR_CLIENT_METHOD },
		{ revoke_start, "client_id=" ID_FORM "&token=x", OK },
	};
	(void)state;
	(void)connect_it();

	for (size_t i = 0; i < COUNT(rows); i++)
		same_err(rows[i].body, kit_post(&t.kit, rows[i].handler, LANE_LOOP, str_of(rows[i].body)).err,
		    rows[i].good);
	kit_sql(&t.kit, "UPDATE client SET status = 'blocked'");
	uint64_t before = kit_state(&t.kit);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(kit_post(&t.kit, rows[i].handler, LANE_LOOP, str_of(rows[i].body)).err,
		    ERR_CLIENT_BLOCKED);
	for (size_t i = 0; i < COUNT(rows); i++) { /* and where it has to be fetched first */
		restart();
		assert_int_equal(kit_post(&t.kit, rows[i].handler, LANE_LOOP, str_of(rows[i].body)).err,
		    ERR_CLIENT_BLOCKED);
	}
	assert_int_equal(t.fetches, 5);
	assert_true(kit_state(&t.kit) == before);
	kit_sql(&t.kit, "UPDATE client SET status = 'deleted'");
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(kit_post(&t.kit, rows[i].handler, LANE_LOOP, str_of(rows[i].body)).err,
		    ERR_CLIENT_UNKNOWN);
	assert_int_equal(t.fetches, 5);
}

static void a_deleted_one_is_not_let_in_by_its_document(void **state)
{
	(void)state;
	str token = connect_it();

	kit_sql(&t.kit, "UPDATE client SET status = 'deleted'");
	restart();
	assert_int_equal(begin(QUERY).err, ERR_CLIENT_UNKNOWN_PAGE);
	restart();
	assert_int_equal(refresh(token).err, ERR_CLIENT_UNKNOWN);
}

static void a_refresh_token_is_bound_to_the_address(void **state)
{
	(void)state;
	str token = connect_it();
	uint64_t before = kit_state(&t.kit);

	publish("\"client_id\":\"https://claude.ai/oauth/other\",\"client_name\":\"Claude Code\","
		"\"redirect_uris\":[\"http://localhost/callback\"]");
	struct answer a = refresh_as("https%3A%2F%2Fclaude.ai%2Foauth%2Fother", token);
	assert_int_equal(a.err, ERR_REFRESH_UNKNOWN);
	assert_true(kit_state(&t.kit) == before);
	(void)refreshed(token);
}

static void can_be_switched_off(void **state)
{
	(void)state;
	str token = connect_it();

	t.kit.config.registration_cimd = false;
	assert_int_equal(begin(QUERY).err, ERR_CLIENT_UNKNOWN_PAGE);
	assert_int_equal(refresh(token).err, ERR_CLIENT_UNKNOWN);
	assert_int_equal(t.fetches, 1);
	str json = metadata_write(t.kit.mem, &t.kit.site);
	assert_true(str_find(json, S("\"client_id_metadata_document_supported\":false")) > 0);
	t.kit.config.registration_cimd = true;
	json = metadata_write(t.kit.mem, &t.kit.site);
	assert_true(str_find(json, S("\"client_id_metadata_document_supported\":true")) > 0);
	assert_true(str_find(json, S("\"token_endpoint_auth_methods_supported\":[\"none\"")) > 0);
}

static void only_those_on_the_list_are_asked(void **state)
{
	static const str list[] = { S_INIT("claude.ai"), S_INIT("localhost") };
	(void)state;

	t.kit.config.allow_clients = list;
	t.kit.config.allow_client_count = 1;
	assert_int_equal(begin(QUERY).err, OK);
	assert_int_equal(t.fetches, 1);
	uint64_t before = kit_state(&t.kit);
	assert_int_equal(
	    begin(KIT_QUERY("https%3A%2F%2Fevil.example%2Fc", CALLBACK)).err, ERR_CLIENT_NOT_ALLOWED);
	assert_int_equal(begin(KIT_QUERY("https%3A%2F%2Fclaude.ai.evil.example%2Fc", CALLBACK)).err,
	    ERR_CLIENT_NOT_ALLOWED);
	assert_int_equal(t.fetches, 1);
	assert_true(kit_state(&t.kit) == before);
	/* registrations by where they return to */
	static const struct {
		const char *uris;
		enum err one, two; /* without and with localhost */
	} rows[] = {
		{ "\"https://claude.ai/api/mcp/auth_callback\"", OK, OK },
		{ "\"https://claude.ai:8443/cb\"", OK, OK },
		{ "\"https://evil.example/cb\"", ERR_CLIENT_NOT_ALLOWED, ERR_CLIENT_NOT_ALLOWED },
		{ "\"https://claude.ai/cb\",\"https://evil.example/cb\"", ERR_CLIENT_NOT_ALLOWED,
		    ERR_CLIENT_NOT_ALLOWED },
		{ "\"http://localhost:5/cb\"", ERR_CLIENT_NOT_ALLOWED, OK },
		{ "\"http://[::1]:5/cb\",\"http://127.0.0.1/cb\"", ERR_CLIENT_NOT_ALLOWED, OK },
		{ "\"cursor://anysphere.cursor-mcp/cb\"", ERR_CLIENT_NOT_ALLOWED, ERR_CLIENT_NOT_ALLOWED },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t n = 1; n <= 2; n++) {
			t.kit.config.allow_client_count = n;
			struct answer a = kit_register(
			    &t.kit, arena_printf(t.kit.mem, "{\"redirect_uris\":[%s]}", rows[i].uris));
			assert_int_equal(a.err, n == 1 ? rows[i].one : rows[i].two);
		}
	/* who registered before there was a list is held to it */
	t.kit.config.allow_client_count = 0;
	str id = kit_sealed(&t.kit, "[\"https://evil.example/cb\"]");
	t.kit.config.allow_client_count = 2;
	str query = arena_printf(t.kit.mem,
	    "response_type=code&client_id=%.*s&redirect_uri=https%%3A%%2F%%2Fevil.example%%2Fcb&code_"
	    "challenge=" KIT_CHALLENGE "&code_challenge_method=S256",
	    FMT(id));
	assert_int_equal(kit_authorize(&t.kit, query).err, ERR_CLIENT_NOT_ALLOWED);
	assert_int_equal(kit_post(&t.kit, par_start, LANE_LOOP, query).err, ERR_CLIENT_NOT_ALLOWED);
	assert_int_equal(
	    refresh_as(arena_printf(t.kit.mem, "%.*s", FMT(id)).p, S("gh_rt_x")).err, ERR_CLIENT_NOT_ALLOWED);
	/* clients of the file are never asked */
	assert_int_equal(begin(KIT_CI "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp").err, OK);
}

static void one_client_for_all_when_so_configured(void **state)
{
	(void)state;
	struct kit *k = &t.kit;

	k->clients[3] = (struct client){
		.client_id = S("everybody"),
		.name = S("MCP clients"),
		.origin = CLIENT_CONFIG,
		.auth_method = S("none"),
		.redirect_uris = S("https://claude.ai/api/mcp/auth_callback http://localhost/callback"),
		.grant_types = S("authorization_code refresh_token"),
	};
	k->config_clients[3] = (struct config_client){ .client_id = S("everybody") };
	k->site.client_count = k->config.client_count = 4;
	k->config.registration = REGISTRATION_SHARED;
	k->config.registration_client = S("everybody");
	uint64_t before = kit_state(k);

	struct answer a = kit_register(k,
	    S("{\"client_name\":\"Claude\",\"redirect_uris\":[\"https://evil.example/cb\",\"http://"
	      "localhost:4/callback\"],"
	      "\"token_endpoint_auth_method\":\"client_secret_basic\"}"));
	assert_int_equal(a.reply.status, 201);
	const struct json *o = kit_json(k, a.body);
	assert_true(str_eq(json_get_str(o, S("client_id")), S("everybody")));
	assert_true(str_eq(json_get_str(o, S("client_name")), S("MCP clients")));
	assert_true(str_eq(json_get_str(o, S("token_endpoint_auth_method")), S("none")));
	assert_null(json_get(o, S("client_secret")));
	assert_null(json_get(o, S("registration_access_token")));
	assert_null(json_get(o, S("registration_client_uri")));
	/* RFC 7592: nobody manages what is everybody's, not even by the token that its id would have */
	str key = client_registration_token(k->mem, k->site.key_client, S("everybody"));
	assert_int_equal(kit_manage(k, HTTP_GET, S("everybody"), key, S("")).err, ERR_REGISTER_TOKEN);
	assert_int_equal(kit_manage(k, HTTP_DELETE, S("everybody"), key, S("")).err, ERR_REGISTER_TOKEN);
	const struct json *uris = json_get(o, S("redirect_uris"));
	assert_int_equal(uris->count, 1); /* */
	assert_true(str_eq(uris->first->text, S("http://localhost:4/callback")));
	a = kit_register(k, S("{\"redirect_uris\":[\"https://evil.example/cb\"]}"));
	assert_int_equal(a.err, ERR_REGISTER_REDIRECT);
	assert_true(kit_state(k) == before);
	assert_true(str_find(metadata_write(k->mem, &k->site), S("registration_endpoint")) > 0);

	/* the page tells them apart by where the answer goes, and a yes to one is no yes to another */
	a = begin(KIT_QUERY("everybody",
	    "https%3A%2F%2Fclaude.ai%2Fapi%2Fmcp%2Fauth_callback") "&resource=https%3A%2F%2Fauth.example%"
								   "2Fweather%2Fmcp");
	str txn = txn_of(&a);
	struct answer b = kit_consent(k, arena_printf(k->mem, "txn=%.*s", FMT(txn)));
	const struct view_consent *v = b.view;
	assert_true(str_eq(v->client_name, S("Claude")) && v->by_address);
	assert_int_equal(allow(txn).err, OK);
	a = begin(KIT_QUERY("everybody",
	    "http%3A%2F%2Flocalhost%3A5%2Fcallback") "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp");
	b = kit_consent(k, arena_printf(k->mem, "txn=%.*s", FMT(txn_of(&a))));
	v = b.view;
	assert_int_equal(b.page, PAGE_CONSENT);
	assert_false(v->verified);
}

/* Too large to be sealed: such rows are bounded by how many wait for their first use, and nobody's address counts. */
static void rows_that_nobody_follows_up_have_a_bound(void **state)
{
	struct kit *k = &t.kit;
	struct buf b = BUF(k->mem);
	(void)state;

	buf_put(&b, S("{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":["));
	for (int i = 0; i < 16; i++)
		buf_printf(&b, "%s\"https://client.example/%0200d\"", i ? "," : "", i);
	buf_put(&b, S("]}"));
	str body = buf_str(&b);
	assert_int_equal(kit_register(k, body).err, OK);
	assert_int_equal(
	    kit_count(k, "SELECT count(*) FROM client WHERE origin = 'registered' AND last_used = 0"), 1);
	kit_sql(k,
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "
	    "INSERT INTO client (id, tenant, hash, client_id, name, origin, status, auth_method, secret, "
	    "redirect_uris, "
	    "grant_types, scope, metadata, created, last_used) SELECT i, 1, CAST('h' || i AS BLOB), 'gh_cr_' "
	    "|| i, '', "
	    "'registered', "
	    "'active', 'none', x'', 'https://a.example/', 'authorization_code', '', '', 1799999000 + (i > "
	    "5000) * 3600, 0 FROM n");
	/* all wait, and the oldest has waited long: they make room, a hundred at once, and none that somebody is with */
	kit_sql(k, "UPDATE client SET created = 1799990000 WHERE id <= 50");
	kit_sql(k,
	    "INSERT INTO txn (id, tenant, browser, client_id, params, created, expires, done) VALUES (1, 1, "
	    "x'00', 'gh_cr_7', "
	    "'', 1, 1, 0)");
	assert_int_equal(kit_register(k, body).err, OK);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM client WHERE id <= 50"), 1);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM client WHERE client_id = 'gh_cr_7'"), 1);
	kit_sql(k,
	    "WITH RECURSIVE n(i) AS (SELECT 20001 UNION ALL SELECT i + 1 FROM n WHERE i < 20100) "
	    "INSERT INTO client (id, tenant, hash, client_id, name, origin, status, auth_method, secret, "
	    "redirect_uris, "
	    "grant_types, scope, metadata, created, last_used) SELECT i, 1, CAST('h' || i AS BLOB), 'gh_cr_' "
	    "|| i, '', "
	    "'registered', "
	    "'active', 'none', x'', 'https://a.example/', 'authorization_code', '', '', 1799999000, 0 FROM "
	    "n");
	/* all are young: better no new one than an old one lost */
	int64_t rows = kit_count(k, "SELECT count(*) FROM client");
	struct answer a = kit_register(k, body);
	assert_int_equal(a.err, ERR_RATE_LIMITED);
	assert_true(kit_header(&a, "Retry-After").n > 0);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM client"), rows);
	/* and what needs no row is not counted */
	assert_true(kit_sealed(k, "[\"https://client.example/cb\"]").n > 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(goes_straight_to_authorize_and_is_fetched_once),
		TEST(asks_before_any_row_is_written),
		TEST(no_bad_address_is_ever_asked),
		TEST(the_consent_page_shows_its_host_and_warns_of_loopback),
		TEST(a_host_that_takes_a_known_name_is_told_of),
		TEST(a_document_that_is_known_proves_its_name),
		TEST(a_refresh_needs_no_host_and_no_memory),
		TEST(a_host_that_resolves_to_an_inside_address_ends_nothing),
		TEST(its_owner_can_withdraw_it),
		TEST(a_redirect_that_was_removed_gets_no_answer),
		TEST(a_document_that_changes_before_consent_is_read_anew),
		TEST(the_row_learns_what_the_document_says),
		TEST(a_blocked_row_blocks),
		TEST(a_blocked_or_deleted_one_uses_no_endpoint),
		TEST(a_deleted_one_is_not_let_in_by_its_document),
		TEST(a_refresh_token_is_bound_to_the_address),
		TEST(can_be_switched_off),
		TEST(only_those_on_the_list_are_asked),
		TEST(one_client_for_all_when_so_configured),
		TEST(rows_that_nobody_follows_up_have_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
