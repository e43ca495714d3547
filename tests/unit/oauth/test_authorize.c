/* /authorize: every rule, in its place; REDIR, AUTHZ, PKCE and RES rows of the attack list. */
#include "base/unit.h"
#include "oauth/kit.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

/* The request of the trusted client, without the parameter `drop` and with the text `add` behind it. */
static str query(struct kit *k, const char *drop, const char *add)
{
	static const char *const params[] = { "response_type=code", "client_id=app",
		"redirect_uri=https%3A%2F%2Fclient.example%2Fcb", "code_challenge=" KIT_CHALLENGE,
		"code_challenge_method=S256", "state=xyz",
		"resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp" };
	struct buf b = BUF(k->mem);

	for (size_t i = 0; i < COUNT(params); i++) {
		str name, value;
		str_cut(str_of(params[i]), '=', &name, &value);
		if (!str_eq(name, str_of(drop)))
			buf_printf(&b, "%s&", params[i]);
	}
	buf_put(&b, str_of(add));
	return buf_str(&b);
}

#define SENT_BACK "https://client.example/cb?"

static void refused(void **state)
{
	static const struct {
		const char *sentence, *drop, *add;
		enum err want;
		bool page;       /* it stays here: no redirect at all */
		const char *say; /* instead of the words of its row */
	} rows[] = {
		{ "REDIR-01 other host", "redirect_uri", "redirect_uri=https%3A%2F%2Fevil.example%2Fcb",
		    ERR_REDIRECT_UNKNOWN, true },
		{ "REDIR-12 backslash", "redirect_uri",
		    "redirect_uri=https%3A%2F%2Fevil.example%5C%40client.example%2Fcb", ERR_PARAM_ALPHABET,
		    true },
		{ "REDIR-23 ideographic full stop", "redirect_uri",
		    "redirect_uri=https%3A%2F%2Fclient%E3%80%82example%2Fcb", ERR_PARAM_ALPHABET, true },
		{ "REDIR-24 tab", "redirect_uri",
		    "redirect_uri=https%3A%2F%2Fclient.example%09.evil.example%2Fcb", ERR_PARAM_ALPHABET,
		    true },
		{ "REDIR-25 header injection", "redirect_uri",
		    "redirect_uri=https%3A%2F%2Fclient.example%2Fcb%0D%0ASet-Cookie%3A%20kit%3D1",
		    ERR_PARAM_ALPHABET, true },
		{ "REDIR-27 NUL", "redirect_uri", "redirect_uri=https%3A%2F%2Fclient.example%2Fcb%00evil",
		    ERR_PARAM_SYNTAX, true },
		{ "REDIR-28 javascript:", "redirect_uri",
		    "redirect_uri=javascript%3Aalert(1)%2F%2Fhttps%3A%2F%2Fclient.example%2Fcb",
		    ERR_REDIRECT_UNKNOWN, true },
		{ "REDIR-31 trailing blank", "redirect_uri",
		    "redirect_uri=https%3A%2F%2Fclient.example%2Fcb%20", ERR_PARAM_ALPHABET, true },
		{ "REDIR-40 twice, evil second", "", "redirect_uri=https%3A%2F%2Fevil.example%2Fcb",
		    ERR_PARAM_DUPLICATE, true },
		{ "REDIR-41 twice, evil first", "redirect_uri",
		    "redirect_uri=https%3A%2F%2Fevil.example%2Fcb&redirect_uri=https%3A%2F%2Fclient.example%"
		    "2Fcb",
		    ERR_PARAM_DUPLICATE, true },
		{ "REDIR-43 with a bad response_type as well", "redirect_uri",
		    "redirect_uri=https%3A%2F%2Fevil.example%2Fcb&response_type=token", ERR_REDIRECT_UNKNOWN,
		    true },
		{ "REDIR-44 of another client here", "redirect_uri",
		    "redirect_uri=https%3A%2F%2Fci.example%2Fcb", ERR_REDIRECT_UNKNOWN, true },
		{ "AUTHZ-01 client_id twice", "", "client_id=evil-client", ERR_PARAM_DUPLICATE, true },
		{ "AUTHZ-03 state twice", "", "state=other", ERR_PARAM_DUPLICATE, true },
		{ "AUTHZ-20 unknown client", "client_id", "client_id=nobody", ERR_CLIENT_UNKNOWN_PAGE, true },
		{ "AUTHZ-21 script as client", "client_id", "client_id=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
		    ERR_CLIENT_UNKNOWN_PAGE, true },
		{ "no client", "client_id", "", ERR_CLIENT_UNKNOWN_PAGE, true },
		{ "AUTHZ-24 a state of 9 KB", "state", NULL, ERR_PARAM_TOO_LONG, true },
		{ "AUTHZ-02 response_type twice", "", "response_type=token", ERR_PARAM_DUPLICATE, false,
		    "The parameter response_type was sent more than once." },
		{ "AUTHZ-05 code_challenge_method twice", "", "code_challenge_method=plain",
		    ERR_PARAM_DUPLICATE, false,
		    "The parameter code_challenge_method was sent more than once." },
		{ "AUTHZ-06 scope twice", "", "scope=weather:read&scope=admin", ERR_PARAM_DUPLICATE, false,
		    "The parameter scope was sent more than once." },
		{ "AUTHZ-10 token", "response_type", "response_type=token", ERR_RESPONSE_TYPE, false },
		{ "AUTHZ-12 id_token token", "response_type", "response_type=id_token+token",
		    ERR_RESPONSE_TYPE, false },
		{ "AUTHZ-13 code token", "response_type", "response_type=code+token", ERR_RESPONSE_TYPE,
		    false },
		{ "AUTHZ-14 code id_token", "response_type", "response_type=code+id_token", ERR_RESPONSE_TYPE,
		    false },
		{ "AUTHZ-16 empty response_type", "response_type", "response_type=", ERR_RESPONSE_TYPE,
		    false },
		{ "no response_type", "response_type", "", ERR_RESPONSE_TYPE, false },
		{ "fragment", "", "response_mode=fragment", ERR_RESPONSE_MODE, false },
		{ "form_post", "", "response_mode=form_post", ERR_RESPONSE_MODE, false },
		{ "AUTHZ-41 request_uri", "", "request_uri=http%3A%2F%2F127.0.0.1%3A1%2Fro", ERR_REQUEST_URI,
		    false },
		{ "a request object", "", "request=a.b.c", ERR_REQUEST_OBJECT, false },
		{ "PKCE-01 no challenge", "code_challenge", "", ERR_PKCE_MISSING, false },
		{ "PKCE-02 plain", "code_challenge_method", "code_challenge_method=plain", ERR_PKCE_METHOD,
		    false },
		{ "PKCE-03 no method", "code_challenge_method", "", ERR_PKCE_METHOD, false },
		{ "PKCE-05 none", "code_challenge_method", "code_challenge_method=none", ERR_PKCE_METHOD,
		    false },
		{ "PKCE-06 42 characters", "code_challenge",
		    "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c", ERR_PKCE_MISSING, false },
		{ "44 characters", "code_challenge",
		    "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMA", ERR_PKCE_MISSING, false },
		{ "43 characters of another alphabet", "code_challenge",
		    "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw~cM", ERR_PKCE_MISSING, false },
		{ "PKCE-07 129 characters", "code_challenge",
		    "code_challenge="
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		    ERR_PARAM_TOO_LONG, false, "The parameter code_challenge is too long." },
		{ "PKCE-09 empty challenge", "code_challenge", "code_challenge=", ERR_PKCE_MISSING, false },
		{ "RES-01 unknown resource", "resource", "resource=https%3A%2F%2Funknown.example%2Fmcp",
		    ERR_RESOURCE_UNKNOWN, false },
		{ "RES-03 fragment", "resource", "resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp%23x",
		    ERR_RESOURCE_UNKNOWN, false },
		{ "RES-04 userinfo", "resource", "resource=https%3A%2F%2Fu%40auth.example%2Fweather%2Fmcp",
		    ERR_RESOURCE_UNKNOWN, false },
		{ "RES-05 dot segments", "resource",
		    "resource=https%3A%2F%2Fauth.example%2Fx%2F..%2Fweather%2Fmcp", ERR_RESOURCE_UNKNOWN,
		    false },
		{ "RES-07 other scheme", "resource", "resource=javascript%3A1", ERR_RESOURCE_UNKNOWN, false },
		{ "two resources", "", "resource=https%3A%2F%2Fauth.example%2Fmcp", ERR_RESOURCE_UNKNOWN,
		    false, "Several resources were sent, and a token is good at one: ask once for each." },
		{ "a longer path", "resource", "resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp%2F",
		    ERR_RESOURCE_UNKNOWN, false,
		    "The resource is not one that this server protects: leave out the slash at its end." },
		{ "prompt none and login", "", "prompt=none+login", ERR_PARAM_VALUE, false },
		{ "max_age in words", "", "max_age=soon", ERR_PARAM_VALUE, false },
		{ "max_age below zero", "", "max_age=-1", ERR_PARAM_VALUE, false },
		{ "a scope that is none", "", "scope=a%22b", ERR_PARAM_ALPHABET, false,
		    "The parameter scope has characters that it may not have." },
	};
	struct kit *k = *state;
	uint64_t before = kit_state(k);
	char *nine = arena_alloc(k->mem, 9001);

	memcpy(nine, "state=", 6);
	memset(nine + 6, 'a', 8994);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = kit_authorize(k, query(k, rows[i].drop, rows[i].add ? rows[i].add : nine));
		if (rows[i].page) {
			same_err(rows[i].sentence, a.err, rows[i].want);
			holds(rows[i].sentence, a.location.n == 0);
			same_int(rows[i].sentence, err_row(a.err)->status, 400);
			continue;
		}
		same_err(rows[i].sentence, a.err, OK);
		same_err(rows[i].sentence, a.fail.code, rows[i].want);
		same_int(rows[i].sentence, a.reply.status, 302);
		holds(rows[i].sentence, str_starts(a.location, S(SENT_BACK)) && !str_has(a.location, '#'));
		same(
		    rows[i].sentence, kit_param(k, a.location, "error"), str_of(err_row(rows[i].want)->code));
		same(rows[i].sentence, kit_param(k, a.location, "error_description"),
		    str_of(rows[i].say ? rows[i].say : err_row(rows[i].want)->words));
		same(rows[i].sentence, kit_param(k, a.location, "state"), S("xyz"));
		same(rows[i].sentence, kit_param(k, a.location, "iss"), S(ISSUER));
		holds(rows[i].sentence, !kit_param(k, a.location, "code").p);
	}
	assert_true(kit_state(k) == before);
}

/* What is accepted, and what the code is then good for. */
static void accepted(void **state)
{
	static const struct {
		const char *sentence, *drop, *add, *resource, *scope;
	} rows[] = {
		{ "as usual", "", "scope=weather:write", WEATHER, "weather:write" },
		{ "no scope: the default (conformance sends none)", "", "", WEATHER, "weather:read" },
		{ "only unknown scopes: the default", "", "scope=phone+address", WEATHER, "weather:read" },
		{ "mcp-remote's last resort: the default and who one is", "", "scope=openid+email+profile",
		    WEATHER, "weather:read openid profile email" },
		{ "claudeai among ours", "", "scope=claudeai+weather:read", WEATHER, "weather:read" },
		{ "offline_access is kept", "", "scope=weather:read+offline_access", WEATHER,
		    "weather:read offline_access" },
		{ "X-22: offline_access is not demanded", "", "scope=weather:read", WEATHER, "weather:read" },
		{ "no resource: the only protected one", "resource", "", WEATHER, "weather:read" },
		{ "no resource, a scope of management", "resource", "scope=users:read", MANAGEMENT,
		    "users:read" },
		{ "management without scope only reads", "resource",
		    "resource=https%3A%2F%2Fauth.example%2Fmcp", MANAGEMENT, "users:read clients:read" },
		{ "the same resource twice", "", "resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp",
		    WEATHER, "weather:read" },
		{ "resource in other letters and with the port", "resource",
		    "resource=HTTPS%3A%2F%2FAuth.Example%3A443%2Fweather%2Fmcp", WEATHER, "weather:read" },
		{ "no redirect_uri where one is registered", "redirect_uri", "", WEATHER, "weather:read" },
		{ "response_mode query", "", "response_mode=query", WEATHER, "weather:read" },
		{ "unknown parameters", "",
		    "claims=%7B%7D&id_token_hint=garbage&ui_locales=de&code_verifier=x", WEATHER,
		    "weather:read" },
		{ "an unknown prompt", "", "prompt=create", WEATHER, "weather:read" },
		{ "prompt none of a trusted client", "", "prompt=none", WEATHER, "weather:read" },
		{ "a sign-in younger than max_age", "", "max_age=3600", WEATHER, "weather:read" },
		{ "empty parameters count as absent", "", "scope=&prompt=&max_age=&nonce=", WEATHER,
		    "weather:read" },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		kit_sql(k, "DELETE FROM code");
		struct answer a = kit_authorize(k, query(k, rows[i].drop, rows[i].add));
		same_err(rows[i].sentence, a.err, OK);
		same_int(rows[i].sentence, a.reply.status, 302);
		same(rows[i].sentence, kit_param(k, a.location, "state"), S("xyz"));
		same(rows[i].sentence, kit_param(k, a.location, "iss"), S(ISSUER));          /* AUTHZ-25 */
		same_int(rows[i].sentence, (int64_t)kit_param(k, a.location, "code").n, 60); /* CODE-13 */
		str sql =
		    arena_printf(k->mem, "SELECT count(*) FROM code WHERE resource = '%s' AND scope = '%s'",
			rows[i].resource, rows[i].scope);
		same_int(rows[i].sentence, kit_count(k, sql.p), 1);
	}
}

/* AUTHZ-23: carried byte for byte, and nothing of it becomes a parameter. */
static void states(void **state)
{
	static const char *const texts[] = { "\"&code=evil#x%26", "/a/%2Fb?c=d&e",
		"\xc3\xa9\xe2\x82\xac\xf0\x9f\xa6\x8a", "a+b c", "line\nend", "a" };
	struct kit *k = *state;
	char *eight = arena_alloc(k->mem, 8192);

	for (size_t i = 0; i <= COUNT(texts); i++) {
		memset(eight, '%', 8192);
		str want = i < COUNT(texts) ? str_of(texts[i]) : (str){ eight, 8192 };
		struct buf b = BUF(k->mem);
		buf_put(&b, S("state="));
		percent_write(&b, want);
		buf_char(&b, 0);
		struct answer a = kit_authorize(k, query(k, "state", b.p));
		assert_int_equal(a.err, OK);
		same("state", kit_param(k, a.location, "state"), want);
		assert_true(kit_param(k, a.location, "code").n == 60);
		a = kit_authorize(
		    k, query(k, "state", arena_printf(k->mem, "%s&response_mode=fragment", b.p).p));
		same("state of an error", kit_param(k, a.location, "state"), want);
	}
	struct answer a = kit_authorize(k, query(k, "state", ""));
	assert_true(!kit_param(k, a.location, "state").p && str_find(a.location, S("state")) < 0);
}

/* The query of a registered redirect URI stays where it is. */
static void query_in_redirect(void **state)
{
	struct kit *k = *state;

	k->clients[1].redirect_uris = S("https://client.example/cb?tenant=1");
	struct answer a = kit_authorize(
	    k, query(k, "redirect_uri", "redirect_uri=https%3A%2F%2Fclient.example%2Fcb%3Ftenant%3D1"));
	assert_int_equal(a.err, OK);
	assert_true(str_starts(a.location, S("https://client.example/cb?tenant=1&code=gh_ac_")));
	k->clients[1].redirect_uris = S("https://client.example/cb?");
	a = kit_authorize(k, query(k, "redirect_uri", "redirect_uri=https%3A%2F%2Fclient.example%2Fcb%3F"));
	assert_true(str_starts(a.location, S("https://client.example/cb?code=gh_ac_")));
}

/* AUTHZ-43: a POST is its body; the query of its address plays no part. */
static void posted(void **state)
{
	struct kit *k = *state;
	struct sent s = { authorize_start, LANE_READ, HTTP_POST, S("/authorize"), query(k, "", ""), S(""),
		S("application/x-www-form-urlencoded") };
	struct answer a = kit_send(k, &s);

	assert_int_equal(a.err, ERR_CLIENT_UNKNOWN_PAGE);
	s.body = query(k, "code_challenge", "");
	s.query = S("code_challenge=" KIT_CHALLENGE);
	a = kit_send(k, &s);
	assert_int_equal(a.fail.code, ERR_PKCE_MISSING);
	assert_int_equal(a.reply.status, 303);
	s.body = query(k, "", "");
	s.query = S("client_id=nobody&state=other");
	a = kit_send(k, &s);
	assert_int_equal(a.err, OK);
	assert_int_equal(a.reply.status, 303); /* AUTHZ-35: never a form sent on */
	same("state of the body", kit_param(k, a.location, "state"), S("xyz"));
	assert_true(kit_param(k, a.location, "code").n == 60);
}

#define LOOPBACK "[\"http://127.0.0.1/cb\"]"

/* REDIR-45, B-06: any port, and the one that was asked for is the one that is answered. */
static void loopback(void **state)
{
	struct kit *k = *state;
	str id = kit_sealed(k, LOOPBACK);

	kit_sign_in(k, k->now);
	struct answer a = kit_authorize(k,
	    arena_printf(k->mem,
		"client_id=%.*s&redirect_uri=http%%3A%%2F%%2F127.0.0.1%%3A49152%%2Fcb&response_type=token&"
		"state=s",
		FMT(id)));
	same("sent to the port asked for", str_sub(a.location, 0, 30), S("http://127.0.0.1:49152/cb?erro"));
}

struct expect {
	const char *sentence;
	bool signed_in;
	int64_t age; /* of the sign-in, seconds */
	bool trusted;
	const char *add, *to; /* where it leads */
	enum err error;
};

/* Who is asked what: AUTHZ-27, -28, -44. */
static void asked(void **state)
{
	static const struct expect rows[] = {
		{ "trusted and signed in: a code", true, 100, true, "", "code", OK },
		{ "not signed in", false, 0, true, "", ISSUER "/login?txn=", OK },
		{ "not signed in and prompt none", false, 0, true, "prompt=none", NULL, ERR_LOGIN_REQUIRED },
		{ "AUTHZ-44 prompt=login", true, 0, true, "prompt=login", ISSUER "/login?txn=", OK },
		{ "AUTHZ-44 max_age=0", true, 1, true, "max_age=0", ISSUER "/login?txn=", OK },
		{ "older than max_age and prompt none", true, 100, true, "max_age=10&prompt=none", NULL,
		    ERR_LOGIN_REQUIRED },
		{ "select_account: the page names who is signed in", true, 0, true, "prompt=select_account",
		    ISSUER "/consent?txn=", OK },
		{ "select_account, not signed in", false, 0, true, "prompt=select_account",
		    ISSUER "/login?txn=", OK },
		{ "copilot: consent select_account", true, 0, true, "prompt=consent+select_account",
		    ISSUER "/consent?txn=", OK },
		{ "select_account login", true, 0, true, "prompt=select_account+login",
		    ISSUER "/login?txn=", OK },
		{ "prompt=consent also of a trusted one", true, 0, true, "prompt=consent",
		    ISSUER "/consent?txn=", OK },
		{ "AUTHZ-28 never seen, signed in", true, 0, false, "", ISSUER "/consent?txn=", OK },
		{ "AUTHZ-27 never seen, prompt none", true, 0, false, "prompt=none", NULL,
		    ERR_CONSENT_REQUIRED },
		{ "never seen, not signed in", false, 0, false, "", ISSUER "/login?txn=", OK },
		{ "never seen, not signed in, prompt none", false, 0, false, "prompt=none", NULL,
		    ERR_LOGIN_REQUIRED },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct expect *r = &rows[i];
		kit_sign_in(k, k->now - r->age);
		if (!r->signed_in)
			k->actor = (struct actor){ 0 };
		k->config_clients[1].trusted = r->trusted;
		uint64_t before = kit_state(k);
		struct answer a = kit_authorize(k, query(k, "", r->add));
		same_err(r->sentence, a.err, OK);
		same_int(r->sentence, a.reply.status, 302);
		if (!r->to) {
			same(r->sentence, kit_param(k, a.location, "error"), str_of(err_row(r->error)->code));
			holds(r->sentence, kit_state(k) == before);
		} else if (strcmp(r->to, "code") == 0) {
			holds(r->sentence, kit_param(k, a.location, "code").n == 60);
		} else {
			holds(r->sentence, str_starts(a.location, str_of(r->to)));
			same_int("a code is not given yet",
			    kit_count(k, "SELECT count(*) FROM code WHERE uses = 0"), i > 0);
		}
	}
}

/* use-mcp sends two at once; each waits in its own row, for this browser. */
static void several(void **state)
{
	struct kit *k = *state;

	k->config_clients[1].trusted = false;
	(void)kit_authorize(k, query(k, "", ""));
	(void)kit_authorize(k, query(k, "", ""));
	assert_int_equal(kit_count(k, "SELECT count(*) FROM txn WHERE done = 0 AND expires = 1800000600"), 2);
	assert_int_equal(kit_count(k, "SELECT count(DISTINCT browser) FROM txn"), 1);
	k->browser = S("");
	struct answer a = kit_authorize(k, query(k, "", ""));
	assert_int_equal(a.err, ERR_TXN_BROWSER);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM txn"), 2);
}

static void blocked(void **state)
{
	struct kit *k = *state;

	(void)kit_code(k);
	kit_sql(k, "UPDATE client SET status = 'blocked'");
	struct answer a = kit_authorize(k, query(k, "", ""));
	assert_int_equal(a.err, ERR_CLIENT_BLOCKED_PAGE);
	assert_int_equal(a.location.n, 0);
}

static void limited(void **state)
{
	struct kit *k = *state;
	str q = S(KIT_QUERY(
	    "narrow", "https%3A%2F%2Fnarrow.example%2Fa") "&scope=weather:read+weather:write+offline_access");

	k->config_clients[2].trusted = true;
	assert_int_equal(kit_authorize(k, q).err, OK);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM code WHERE scope = 'weather:read'"), 1);
	struct answer a =
	    kit_authorize(k, S(KIT_QUERY("narrow", "https%3A%2F%2Fnarrow.example%2Fa") "&scope=users:read"));
	assert_int_equal(a.fail.code, ERR_SCOPE_UNKNOWN);
	same("its code", kit_param(k, a.location, "error"), S("invalid_scope"));
	a = kit_authorize(k, S("response_type=code&client_id=narrow"));
	assert_int_equal(a.err, ERR_REDIRECT_MISSING); /* it registered two */
	k->clients[2].grant_types = S("refresh_token");
	a = kit_authorize(k, q);
	assert_int_equal(a.fail.code, ERR_CLIENT_GRANT_TYPE);
	same("its code", kit_param(k, a.location, "error"), S("unauthorized_client"));
}

/* No resource named and several to choose from. */
static void choice(void **state)
{
	struct kit *k = *state;

	k->site.resource_count = 3;
	struct answer a = kit_authorize(k, query(k, "resource", ""));
	assert_int_equal(a.fail.code, ERR_RESOURCE_MISSING);
	same("its code", kit_param(k, a.location, "error"), S("invalid_target"));
	a = kit_authorize(k, query(k, "resource", "scope=mcp:tools+offline_access"));
	assert_true(kit_param(k, a.location, "code").n == 60); /* only one of them knows it */
}

/* A remembered yes holds for https redirects, for no more than was agreed to. */
static void remembered(void **state)
{
	struct kit *k = *state;

	k->config_clients[1].trusted = false;
	(void)kit_authorize(k, query(k, "", ""));
	kit_sql(k,
	    "INSERT INTO client (id, tenant, hash, client_id, name, origin, status, auth_method, secret, "
	    "redirect_uris, grant_types, "
	    "scope, metadata, created, last_used) VALUES (5, 1, x'00', 'app', 'App', 'config', 'active', "
	    "'none', x'', '', '', '', '', 1, 1)");
	sqlite3_stmt *s;
	assert_int_equal(sqlite3_prepare_v2(k->raw, "UPDATE client SET hash = ?", -1, &s, NULL), SQLITE_OK);
	str hash = sha256_str(k->mem, S("app"));
	sqlite3_bind_blob(s, 1, hash.p, (int)hash.n, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(s), SQLITE_DONE);
	sqlite3_finalize(s);
	kit_sql(k,
	    "INSERT INTO consent (user_id, client, resource, redirect_host, tenant, scope, at) "
	    "VALUES (42, 5, 'https://auth.example/weather/mcp', 'client.example', 1, 'weather:read', 1)");

	assert_true(
	    kit_param(k, kit_authorize(k, query(k, "", "scope=weather:read")).location, "code").n == 60);
	assert_true(kit_param(k, kit_authorize(k, query(k, "", "prompt=none")).location, "code").n == 60);
	struct answer a = kit_authorize(k, query(k, "", "scope=weather:read+weather:write"));
	assert_true(str_starts(a.location, S(ISSUER "/consent?txn=")));
	a = kit_authorize(k, query(k, "", "prompt=consent"));
	assert_true(str_starts(a.location, S(ISSUER "/consent?txn=")));
	kit_sql(k, "UPDATE consent SET redirect_host = 'other.example'");
	a = kit_authorize(k, query(k, "", ""));
	assert_true(str_starts(a.location, S(ISSUER "/consent?txn=")));
	kit_sql(
	    k, "UPDATE consent SET redirect_host = '127.0.0.1'"); /* even if such a row were there */
	k->clients[1].redirect_uris = S("http://127.0.0.1/cb");
	a = kit_authorize(k, query(k, "redirect_uri", "redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcb"));
	assert_true(str_starts(a.location, S(ISSUER "/consent?txn=")));
}

/* CODE-13: no two alike, 256 bits each. */
static void codes(void **state)
{
	struct kit *k = *state;
	str seen[10];

	for (size_t i = 0; i < 10; i++) {
		seen[i] = kit_code(k);
		assert_true(str_starts(seen[i], S("gh_ac_")) && seen[i].n == 60);
		for (size_t n = 0; n < i; n++)
			assert_false(str_eq(seen[i], seen[n]));
	}
	assert_int_equal(
	    kit_count(k, "SELECT count(*) FROM code WHERE length(hash) = 32 AND expires = 1800000060"), 10);
	assert_int_equal(
	    kit_count(k, "SELECT count(*) FROM grants"), 0); /* a grant begins with its first token */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refused),
		TEST(accepted),
		TEST(states),
		TEST(query_in_redirect),
		TEST(posted),
		TEST(loopback),
		TEST(asked),
		TEST(several),
		TEST(blocked),
		TEST(limited),
		TEST(choice),
		TEST(remembered),
		TEST(codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
