/* The consent page and its answer; AUTHZ-29, -37, -39, -40, -44, -48 of the attack list. */
#include "base/unit.h"
#include "oauth/kit.h"
#include "ui_gen.h"

static int setup(void **state)
{
	(void)kit_setup(state);
	struct kit *k = *state;
	k->config_clients[1].trusted = false;
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)
#define ASK KIT_APP "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp&scope=weather:read+offline_access"

/* Begins an authorization; "txn=..." of the page that it leads to. */
static str begin(struct kit *k, str query)
{
	struct answer a = kit_authorize(k, query);
	str txn = kit_param(k, a.location, "txn");

	assert_int_equal(a.err, OK);
	assert_true(txn.n > 0);
	return arena_printf(k->mem, "txn=%.*s", FMT(txn));
}

static str press(struct kit *k, str txn, const char *button)
{
	return arena_printf(k->mem, "%.*s&decision=%s", FMT(txn), button);
}

static void page(void **state)
{
	struct kit *k = *state;
	str txn = begin(k, S(ASK));
	uint64_t before = kit_state(k);
	struct answer a = kit_consent(k, txn);
	const struct view_consent *v = a.view;

	assert_int_equal(a.err, OK);
	assert_int_equal(a.reply.status, 200);
	assert_int_equal(a.page, PAGE_CONSENT);
	same("server", v->server_name, S("Weather"));
	same("address", v->server_url, S(WEATHER));
	same("person", v->email, S("ann@example.com"));
	same("client", v->client_name, S("App"));
	same("host", v->redirect_host, S("client.example")); /* AUTHZ-29 */
	same("not you", v->not_you, arena_printf(k->mem, ISSUER "/login?%.*s", FMT(txn)));
	same("lasts", v->lasts, S("30 days after its last use"));
	same("workspace", v->workspace, S("Example"));
	assert_true(v->verified && !v->loopback && !v->app_scheme && v->csrf.n == 43);
	assert_int_equal(v->scopes_count, 2);
	same("scope", v->scopes[0].scope, S("weather:read"));
	same("words", v->scopes[0].words, S("See forecasts"));
	assert_true(v->scopes[0].required && !v->scopes[1].required);
	assert_true(v->scopes[1].words.n > 20);
	assert_true(kit_state(k) == before);
	assert_true(str_find(kit_header(&a, "Content-Security-Policy"), S("frame-ancestors 'none'")) >
	    0); /* AUTHZ-31 */
	assert_true(str_find(kit_header(&a, "Content-Security-Policy"), S("form-action")) < 0);
}

static void strangers(void **state)
{
	static const struct {
		const char *sentence, *uris, *sent;
		const char *host;
		bool loopback, app, known;
		const char *opens;
	} rows[] = {
		{ "loopback", "[\"http://127.0.0.1/cb\"]", "http%3A%2F%2F127.0.0.1%3A4000%2Fcb", "127.0.0.1",
		    true, false, false, "" },
		{ "an application's scheme", "[\"cursor://anysphere.cursor-mcp/oauth/callback\"]",
		    "cursor%3A%2F%2Fanysphere.cursor-mcp%2Foauth%2Fcallback", "cursor://anysphere.cursor-mcp",
		    false, true, false, "Cursor" },
		{ "https that is handed on to a program of the device", "[\"https://vscode.dev/redirect\"]",
		    "https%3A%2F%2Fvscode.dev%2Fredirect", "vscode.dev", false, false, false,
		    "Visual Studio Code" },
		{ "https", "[\"https://claude.ai/api/mcp/auth_callback\"]",
		    "https%3A%2F%2Fclaude.ai%2Fapi%2Fmcp%2Fauth_callback", "claude.ai", false, false, true,
		    "" },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		str id = kit_sealed(k, rows[i].uris);
		str q = arena_printf(k->mem,
		    "response_type=code&client_id=%.*s&redirect_uri=%s&code_challenge=" KIT_CHALLENGE
		    "&code_challenge_method=S256&resource=https%%3A%%2F%%2Fauth.example%%2Fweather%%2Fmcp",
		    FMT(id), rows[i].sent);
		str txn = begin(k, q);
		const struct view_consent *v = kit_consent(k, txn).view;
		same(rows[i].sentence, v->redirect_host, str_of(rows[i].host));
		holds(rows[i].sentence,
		    v->loopback == rows[i].loopback && v->app_scheme == rows[i].app &&
			v->verified == rows[i].known && v->by_address == rows[i].known);
		same(rows[i].sentence, v->client_name, rows[i].known ? S("Claude") : S("Some Client"));
		same(rows[i].sentence, v->opens, str_of(rows[i].opens));

		/* one click each time, but for https that is one application's */
		struct answer a = kit_decide(k, press(k, txn, "allow"));
		same_int(rows[i].sentence, a.reply.status, 303);
		holds(rows[i].sentence, kit_param(k, a.location, "code").n == 60);
		a = kit_authorize(k, q);
		bool code = kit_param(k, a.location, "code").n == 60;
		holds(rows[i].sentence, code == rows[i].known);
	}
	assert_int_equal(kit_count(k, "SELECT count(*) FROM consent"), 1);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM client WHERE origin = 'sealed'"), 4);
}

/* The page of an application that registered this name and returns there; both URL-safe as they stand. */
static const struct view_consent *page_of(struct kit *k, const char *name, const char *uri)
{
	struct answer a = kit_register(k,
	    arena_printf(k->mem,
		"{\"redirect_uris\":[\"%s\"],\"client_name\":\"%s\",\"token_endpoint_auth_method\":\"none\"}",
		uri, name));

	same_int(name, a.reply.status, 201);
	str id = json_get_str(kit_json(k, a.body), S("client_id"));
	return kit_consent(k,
	    begin(k,
		arena_printf(k->mem,
		    "response_type=code&client_id=%.*s&redirect_uri=%s&code_challenge=" KIT_CHALLENGE
		    "&code_challenge_method=S256&resource=https%%3A%%2F%%2Fauth.example%%2Fweather%%2Fmcp",
		    FMT(id), uri)))
	    .view;
}

/* the address decides about the name, not what was registered. */
static void known_by_address(void **state)
{
	static const struct {
		const char *name, *uri, *shown, *opens, *claims;
		bool verified;
	} rows[] = {
		{ "Claude", "https://claude.ai/api/mcp/auth_callback", "Claude", "", "", true },
		{ "Your Bank", "https://claude.com/api/mcp/auth_callback", "Claude", "", "", true },
		{ "ChatGPT", "https://claude.ai/api/mcp/auth_callback", "Claude", "", "", true },
		{ "Anything", "https://chatgpt.com/connector/oauth/aB3", "ChatGPT", "", "", true },
		{ "ChatGPT", "https://chatgpt.com/connector/oauth/a/b", "ChatGPT", "", "ChatGPT", false },
		{ "Claude", "https://claude.ai.evil.example/api/mcp/auth_callback", "Claude", "", "Claude",
		    false },
		{ "CLAUDE connector", "https://evil.example/cb", "CLAUDE connector", "", "Claude", false },
		{ "Claude", "claude://claude.ai/cb", "Claude", "", "Claude", false },
		{ "Claude Code", "http://127.0.0.1/callback", "Claude Code", "", "", false },
		{ "Cursor", "cursor://anysphere.cursor-mcp/oauth/callback", "Cursor", "Cursor", "", false },
		{ "Claude", "cursor://anysphere.cursor-mcp/oauth/callback", "Claude", "Cursor", "Claude",
		    false },
		{ "Some Client", "https://evil.example/cb", "Some Client", "", "", false },
		/* it passes the code on to what `state` names: no proof, and said so */
		{ "Visual Studio Code", "https://vscode.dev/redirect", "Visual Studio Code",
		    "Visual Studio Code", "", false },
		{ "Visual Studio Code - Insiders", "https://insiders.vscode.dev/redirect",
		    "Visual Studio Code - Insiders", "Visual Studio Code", "", false },
		{ "Claude", "https://vscode.dev/redirect", "Claude", "Visual Studio Code", "Claude", false },
		{ "Zed", "https://evil.example/cb", "Zed", "", "Zed", false },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct view_consent *v = page_of(k, rows[i].name, rows[i].uri);
		same(rows[i].uri, v->client_name, str_of(rows[i].shown));
		same(rows[i].uri, v->opens, str_of(rows[i].opens));
		same(rows[i].uri, v->claims, str_of(rows[i].claims));
		holds(rows[i].uri, v->verified == rows[i].verified && v->by_address == rows[i].verified);
	}
	/* the operator's own word comes before the table's */
	k->clients[1].redirect_uris = S("https://claude.ai/api/mcp/auth_callback");
	const struct view_consent *v = kit_consent(k,
	    begin(k,
		S("response_type=code&client_id=app&redirect_uri=https://claude.ai/api/mcp/auth_callback"
		  "&code_challenge=" KIT_CHALLENGE
		  "&code_challenge_method=S256&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp")))
					   .view;
	same("vouched for", v->client_name, S("App"));
	assert_true(v->verified && !v->by_address && v->claims.n == 0);
}

static void allowed(void **state)
{
	struct kit *k = *state;
	str txn = begin(k, S(ASK));
	struct answer a = kit_decide(k, press(k, txn, "allow"));

	assert_int_equal(a.err, OK);
	assert_int_equal(a.reply.status, 303);
	assert_true(str_starts(a.location, S("https://client.example/cb?code=gh_ac_")));
	same("state", kit_param(k, a.location, "state"), S("xyz"));
	same("iss", kit_param(k, a.location, "iss"), S(ISSUER));
	assert_int_equal(
	    kit_count(k, "SELECT count(*) FROM audit WHERE event = 'auth.consent.allow' AND user_id = 42"),
	    1);
	assert_int_equal(
	    kit_count(k, "SELECT count(*) FROM consent WHERE scope = 'weather:read offline_access'"), 1);
	assert_true(a.effects && a.effects->kind == EFFECT_CODE_ISSUED && !a.effects->next);

	/* once: a second post of the same page gives nothing */
	uint64_t before = kit_state(k);
	a = kit_decide(k, press(k, txn, "allow"));
	assert_int_equal(a.err, ERR_TXN_GONE);
	assert_int_equal(kit_consent(k, txn).err, ERR_TXN_GONE);
	assert_true(kit_state(k) == before);

	/* asking for less later takes nothing back from what is remembered, asking for more adds to it */
	(void)kit_decide(k, press(k, begin(k, S(KIT_APP "&scope=weather:write")), "allow"));
	assert_int_equal(
	    kit_count(
		k, "SELECT count(*) FROM consent WHERE scope = 'weather:read offline_access weather:write'"),
	    1);
}

/* */
static str same_page;
static struct answer sooner;

static void press_sooner(struct kit *k)
{
	sooner = kit_decide(k, press(k, same_page, "allow"));
}

/* Both have read the open question before either writes. */
static void two_presses_of_one_page(void **state)
{
	struct kit *k = *state;

	same_page = begin(k, S(ASK));
	k->meanwhile = press_sooner;
	assert_int_equal(kit_decide(k, press(k, same_page, "allow")).err, ERR_TXN_GONE);
	assert_int_equal(kit_param(k, sooner.location, "code").n, 60);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM code"), 1);
}

static void denied(void **state)
{
	struct kit *k = *state;
	str txn = begin(k, S(ASK));
	struct answer a = kit_decide(k, press(k, txn, "deny"));

	assert_int_equal(a.err, OK);
	assert_int_equal(a.reply.status, 303);
	same("error", kit_param(k, a.location, "error"), S("access_denied"));
	same("state", kit_param(k, a.location, "state"), S("xyz"));
	same("iss", kit_param(k, a.location, "iss"), S(ISSUER));
	assert_int_equal(kit_count(k, "SELECT count(*) FROM code"), 0);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM consent"), 0);
	assert_int_equal(
	    kit_count(k, "SELECT count(*) FROM audit WHERE event = 'auth.consent.deny' AND user_id = 42"), 1);
	assert_int_equal(kit_decide(k, press(k, txn, "allow")).err, ERR_TXN_GONE); /* no second thoughts */
}

static void refused(void **state)
{
	static const struct {
		const char *sentence, *body;
		enum err want;
	} rows[] = {
		{ "no txn", "decision=allow", ERR_TXN_GONE },
		{ "a txn that is none", "txn=abc&decision=allow", ERR_TXN_GONE },
		{ "an unknown txn", "txn=12345&decision=allow", ERR_TXN_GONE },
		{ "no button", "%s", ERR_FORM_VALUE },
		{ "another button", "%s&decision=maybe", ERR_FORM_VALUE },
	};
	struct kit *k = *state;
	str txn = begin(k, S(ASK));
	uint64_t before = kit_state(k);

	for (size_t i = 0; i < COUNT(rows); i++) {
		str body = str_of(rows[i].body);
		if (str_starts(body, S("%s")))
			body = arena_printf(k->mem, "%.*s%.*s", FMT(txn), FMT(str_sub(body, 2, body.n)));
		struct answer a = kit_decide(k, body);
		same_err(rows[i].sentence, a.err, rows[i].want);
		holds(rows[i].sentence, a.location.n == 0);
	}
	/* AUTHZ-39: the same fields in the query of a GET only show the page */
	struct answer a = kit_consent(k, press(k, txn, "allow"));
	assert_true(a.page == PAGE_CONSENT && a.location.n == 0);
	assert_true(kit_state(k) == before);
}

/* AUTHZ-37, AUTHZ-48: bound to the browser that began it. */
static void other_browser(void **state)
{
	struct kit *k = *state;
	str txn = begin(k, S(ASK));
	uint64_t before = kit_state(k);
	static const char *const others[] = { "another", "", "the-browser-of-anm", "the-browser-of-ann2" };

	for (size_t i = 0; i < COUNT(others); i++) {
		k->browser = str_of(others[i]);
		same_err(others[i], kit_consent(k, txn).err, ERR_TXN_BROWSER);
		struct answer a = kit_decide(k, press(k, txn, "allow"));
		same_err(others[i], a.err, ERR_TXN_BROWSER);
		holds(others[i], a.location.n == 0);
	}
	assert_int_equal(err_row(ERR_TXN_BROWSER)->status, 403);
	assert_true(kit_state(k) == before);
}

/* AUTHZ-40: what the form says besides is nothing to us. */
static void tampered(void **state)
{
	struct kit *k = *state;
	str txn = begin(k, S(ASK));
	struct answer a = kit_decide(k,
	    arena_printf(k->mem,
		"%.*s&decision=allow&client_id=ci&redirect_uri=https%%3A%%2F%%2Fevil.example%%2Fcb&scope="
		"weather:write"
		"&state=evil&resource=https%%3A%%2F%%2Fauth.example%%2Fmcp&user_id=1",
		FMT(txn)));

	assert_true(str_starts(a.location, S("https://client.example/cb?code=")));
	same("state", kit_param(k, a.location, "state"), S("xyz"));
	assert_int_equal(
	    kit_count(k,
		"SELECT count(*) FROM code WHERE scope = 'weather:read offline_access' AND user_id = 42 AND "
		"resource = 'https://auth.example/weather/mcp'"),
	    1);
}

static void expired(void **state)
{
	struct kit *k = *state;
	str txn = begin(k, S(ASK));

	k->now += 599;
	assert_int_equal(kit_consent(k, txn).err, OK);
	k->now += 1;
	assert_int_equal(kit_consent(k, txn).err, ERR_TXN_GONE);
	assert_int_equal(kit_decide(k, press(k, txn, "allow")).err, ERR_TXN_GONE);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM code"), 0);
}

/* What changed while the person was thinking. */
static void changed_meanwhile(void **state)
{
	struct kit *k = *state;
	str txn = begin(k, S(ASK));

	k->clients[1].redirect_uris = S("https://client.example/other");
	assert_int_equal(kit_decide(k, press(k, txn, "allow")).err, ERR_REDIRECT_UNKNOWN);
	k->site.client_count = 1;
	assert_int_equal(kit_decide(k, press(k, txn, "allow")).err, ERR_CLIENT_UNKNOWN_PAGE);
	k->site.client_count = 3;
	k->clients[1].redirect_uris = S("https://client.example/cb");
	k->site.resource_count = 1;
	assert_int_equal(kit_decide(k, press(k, txn, "allow")).err, ERR_RESOURCE_UNKNOWN);
	k->site.resource_count = 2;
	assert_int_equal(kit_decide(k, press(k, txn, "allow")).err, OK);
}

/* AUTHZ-44: prompt=login is met by a sign-in that came after it, and by nothing else. */
static void login_again(void **state)
{
	struct kit *k = *state;

	kit_sign_in(k, k->now); /* this very second, but before */
	str txn = begin(k, S(ASK "&prompt=login"));
	struct answer a = kit_consent(k, txn);
	assert_int_equal(a.reply.status, 303);
	assert_true(str_starts(a.location, S(ISSUER "/login?txn=")));
	a = kit_decide(k, press(k, txn, "allow"));
	assert_true(str_starts(a.location, S(ISSUER "/login?txn=")));
	assert_int_equal(kit_count(k, "SELECT count(*) FROM code"), 0);

	k->actor.session = INT64_MAX; /* a session made later in the same second */
	assert_true(kit_consent(k, txn).page == PAGE_CONSENT);
	k->now += 5;
	kit_sign_in(k, k->now);
	assert_true(kit_consent(k, txn).page == PAGE_CONSENT);
	a = kit_decide(k, press(k, txn, "allow"));
	assert_true(kit_param(k, a.location, "code").n == 60);
	assert_int_equal(kit_count(k, "SELECT auth_time FROM code"), k->now);
}

/* After the sign-in an earlier yes is enough, unless the client wants the page. */
static void already_agreed(void **state)
{
	struct kit *k = *state;

	(void)kit_decide(k, press(k, begin(k, S(ASK)), "allow"));
	k->actor = (struct actor){ 0 };
	str txn = begin(k, S(ASK)), with_page = begin(k, S(ASK "&prompt=consent"));
	k->now += 5;
	kit_sign_in(k, k->now);
	struct answer a = kit_consent(k, txn);
	assert_int_equal(a.reply.status, 302);
	assert_true(kit_param(k, a.location, "code").n == 60);
	assert_int_equal(kit_consent(k, txn).err, ERR_TXN_GONE); /* once */
	assert_true(kit_consent(k, with_page).page == PAGE_CONSENT);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM audit WHERE event = 'auth.consent.allow'"), 1);
}

/* Whoever asks for a choice of the account gets the page that names it, and a sign-in since then is the choice. */
static void account_chosen(void **state)
{
	struct kit *k = *state;

	(void)kit_decide(k, press(k, begin(k, S(ASK)), "allow"));
	str txn = begin(k, S(ASK "&prompt=select_account"));
	struct answer a = kit_consent(k, txn);
	const struct view_consent *v = a.view;
	assert_true(a.page == PAGE_CONSENT);
	same("who", v->email, S("ann@example.com"));
	same("the way to another", v->not_you, arena_printf(k->mem, ISSUER "/login?%.*s", FMT(txn)));
	assert_true(kit_param(k, kit_decide(k, press(k, txn, "allow")).location, "code").n == 60);

	txn = begin(k, S(ASK "&prompt=select_account"));
	k->now += 5;
	kit_sign_in(k, k->now);
	a = kit_consent(k, txn);
	assert_int_equal(a.reply.status, 302);
	assert_true(kit_param(k, a.location, "code").n == 60);
}

static void nobody(void **state)
{
	struct kit *k = *state;
	str txn = begin(k, S(ASK));

	k->actor = (struct actor){ 0 };
	assert_true(str_starts(kit_consent(k, txn).location, S(ISSUER "/login?txn=")));
}

static void lifetimes(void **state)
{
	static const struct {
		int64_t seconds;
		const char *want;
	} rows[] = { { 86400, "1 day" }, { 7200, "2 hours" }, { 600, "10 minutes" }, { 90, "90 seconds" },
		{ 1, "1 second" } };
	struct kit *k = *state;
	str txn = begin(k, S(KIT_QUERY("narrow", "https%3A%2F%2Fnarrow.example%2Fa")));

	for (size_t i = 0; i < COUNT(rows); i++) {
		k->config.access_ttl = rows[i].seconds; /* a client that cannot refresh */
		const struct view_consent *v = kit_consent(k, txn).view;
		same("lasts", v->lasts, str_of(rows[i].want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(page),
		TEST(strangers),
		TEST(known_by_address),
		TEST(allowed),
		TEST(two_presses_of_one_page),
		TEST(denied),
		TEST(refused),
		TEST(other_browser),
		TEST(tampered),
		TEST(expired),
		TEST(changed_meanwhile),
		TEST(login_again),
		TEST(already_agreed),
		TEST(account_chosen),
		TEST(nobody),
		TEST(lifetimes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
