/* Id tokens by the algorithm of the key, and as hints; S-32, X-19 and AUTHZ-47 of the lists. */
#include "base/unit.h"
#include "oauth/kit.h"
#include "base/id.h"
#include "oauth/id_token.h"

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

/* The site signs with a new key of this kind from now on; the old ones stay published. */
static void use_key(struct kit *k, enum alg alg)
{
	static struct pkey *kept[8];
	struct jwk *keys = NEW_ARRAY(k->mem, struct jwk, 2);
	struct jwks *set = NEW(k->mem, struct jwks);

	if (!kept[alg])
		MUST(pkey_make(alg, &kept[alg]) == OK);
	keys[0] = *k->site.signing;
	keys[1] = (struct jwk){ arena_printf(k->mem, "k-%s", alg_name(alg)), kept[alg] };
	*set = (struct jwks){ keys, 2 };
	k->site.keys = set;
	k->site.signing = &keys[1];
}

static const struct json *claims_of(struct kit *k, str token)
{
	struct jwt_expect want = { .issuer = S(ISSUER), .audience = S("app"), .now = k->now };
	struct jwt t;

	MUST(jwt_verify(k->mem, token, k->site.keys, &want, &t) == OK);
	same("typ", json_get_str(t.header, S("typ")), S("JWT"));
	same("alg", json_get_str(t.header, S("alg")), str_of(alg_name(pkey_alg(k->site.signing->key))));
	return t.claims;
}

static int64_t number(const struct json *o, const char *name)
{
	int64_t n = -1;

	MUST(json_get_int(o, str_of(name), &n));
	return n;
}

static void each_algorithm(void **state)
{
	static const enum alg algs[] = { ALG_ES256, ALG_RS256, ALG_EDDSA };
	struct kit *k = *state;

	k->actor.methods = S("pwd");
	for (size_t i = 0; i < COUNT(algs); i++) {
		const char *alg = alg_name(algs[i]);
		use_key(k, algs[i]);
		const struct json *t = tokens(k, "weather:read+openid+email", "&nonce=n-1");
		const struct json *c = claims_of(k, json_get_str(t, S("id_token")));
		str access = json_get_str(t, S("access_token"));
		str hash = algs[i] == ALG_EDDSA ? sha512_str(k->mem, access) : sha256_str(k->mem, access);
		same(alg, json_get_str(c, S("at_hash")), b64url_write(k->mem, str_sub(hash, 0, hash.n / 2)));
		same(alg, json_get_str(c, S("nonce")), S("n-1"));
		same(alg, json_get_str(c, S("sub")), json_get_str(kit_claims(k, access), S("sub")));
		same(alg, json_get_str(c, S("sid")), id_text(k->mem, ID_SESSION, KIT_SESSION));
		same(alg, json_get_str(c, S("grant")), json_get_str(kit_claims(k, access), S("gid")));
		same(alg, json_get_str(c, S("acr")), S("aal1"));
		same(alg, json_get(c, S("amr"))->first->text, S("pwd"));
		same_int(alg, number(c, "auth_time"), k->now - 100);
		same_int(alg, number(c, "exp"), k->now + k->config.access_ttl);
		holds(alg, !json_get(c, S("email")) && !json_get(c, S("azp")) && !json_get(c, S("name")));
	}
}

/* only where openid was granted; RFC 6749 section 6: a refresh may leave it out. */
static void only_with_openid(void **state)
{
	struct kit *k = *state;

	assert_null(json_get(tokens(k, "weather:read", ""), S("id_token")));
	assert_null(json_get(tokens(k, "weather:read+profile+email", ""), S("id_token")));
	const struct json *first = tokens(k, "weather:read+openid", "&nonce=n-1");
	str refresh = json_get_str(first, S("refresh_token"));
	k->now += 50;
	struct answer a = kit_token(k, kit_refresh_body(k, refresh));
	const struct json *second = kit_json(k, a.body),
			  *was = claims_of(k, json_get_str(first, S("id_token"))),
			  *is = claims_of(k, json_get_str(second, S("id_token")));
	assert_null(json_get(is, S("nonce")));
	same("sid", json_get_str(is, S("sid")), json_get_str(was, S("sid")));
	assert_int_equal(number(is, "auth_time"), number(was, "auth_time"));
	assert_int_equal(number(is, "iat"), number(was, "iat") + 50);
	a = kit_token(k,
	    arena_printf(k->mem, "%.*s&scope=weather:read",
		FMT(kit_refresh_body(k, json_get_str(second, S("refresh_token"))))));
	assert_null(json_get(kit_json(k, a.body), S("id_token")));
}

static str sign(struct kit *k, const char *typ, const char *claims)
{
	str out;

	MUST(jwt_sign(k->mem, k->site.signing, str_of(typ), str_of(claims), &out) == OK);
	return out;
}

#define HINT(iss, sub, exp, more) \
	"{\"iss\":\"" iss "\",\"sub\":\"" sub "\",\"aud\":\"app\",\"exp\":" exp more "}"

static void as_a_hint(void **state)
{
	struct kit *k = *state;
	struct ctx c = { .mem = k->mem, .site = &k->site, .now = k->now };
	struct id_hint h;
	str good = json_get_str(tokens(k, "weather:read+openid", ""), S("id_token")),
	    sub = id_text(k->mem, ID_USER, KIT_USER);
	const char *user = arena_printf(k->mem, "%.*s", FMT(sub)).p;
	char text[512];

	assert_true(id_token_read(&c, good, &h));
	assert_int_equal(h.user, KIT_USER);
	assert_int_equal(h.session, KIT_SESSION);
	same("client", h.client_id, S("app"));
	c.now += 10 * 365 * 86400;
	assert_true(id_token_read(&c, good, &h)); /* a hint says who it was; it lets nobody in */
	c.now = k->now;

	const struct {
		const char *sentence, *typ, *format;
		bool taken;
	} rows[] = {
		{ "without a sid", "JWT", HINT(ISSUER, "%s", "1900000000", ""), true },
		{ "without typ", "", HINT(ISSUER, "%s", "1900000000", ""), true },
		{ "another issuer", "JWT", HINT("https://evil.example", "%s", "1900000000", ""), false },
		{ "an access token", "at+jwt", HINT(ISSUER, "%s", "1900000000", ""), false },
		{ "a logout token", "logout+jwt", HINT(ISSUER, "%s", "1900000000", ""), false },
		{ "a client as the subject", "JWT", HINT(ISSUER, "app%.0s", "1900000000", ""), false },
		{ "a broken sid", "JWT", HINT(ISSUER, "%s", "1900000000", ",\"sid\":\"session_x\""), false },
		{ "no exp", "JWT", "{\"iss\":\"" ISSUER "\",\"sub\":\"%s\",\"aud\":\"app\"}", false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof text, rows[i].format, user);
#pragma GCC diagnostic pop
		holds(rows[i].sentence, id_token_read(&c, sign(k, rows[i].typ, text), &h) == rows[i].taken);
	}
	assert_false(id_token_read(&c, S("garbage"), &h));
	assert_false(id_token_read(&c, str_sub(good, 0, good.n - 1), &h));
	use_key(k, ALG_EDDSA);
	k->site.keys = &(struct jwks){ k->site.signing, 1 }; /* the key that signed it is gone */
	assert_false(id_token_read(&c, good, &h));
}

/* AUTHZ-47 */
static void hints_at_authorize(void **state)
{
	struct kit *k = *state;
	str mine = json_get_str(tokens(k, "weather:read+openid", ""), S("id_token"));
	const struct {
		const char *sentence, *more;
		str hint;
		const char *error; /* NULL: a code */
	} rows[] = {
		{ "my own, silently", "&prompt=none", mine, NULL },
		{ "garbage, silently", "&prompt=none", S("garbage"), "login_required" },
		{ "garbage is ignored where a page may be shown", "", S("garbage"), NULL },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = kit_authorize(k,
		    arena_printf(k->mem, "%s&scope=weather:read+openid%s&id_token_hint=%.*s", KIT_APP,
			rows[i].more, FMT(rows[i].hint)));
		same(rows[i].sentence, kit_param(k, a.location, "error"),
		    rows[i].error ? str_of(rows[i].error) : S(""));
		holds(rows[i].sentence, (kit_param(k, a.location, "code").n > 0) == !rows[i].error);
	}
	/* of somebody else than who is signed in, and of another client */
	k->actor.user = KIT_USER + 1;
	struct answer a = kit_authorize(
	    k, arena_printf(k->mem, "%s&scope=openid&prompt=none&id_token_hint=%.*s", KIT_APP, FMT(mine)));
	same("another person", kit_param(k, a.location, "error"), S("login_required"));
	a = kit_authorize(k, arena_printf(k->mem, "%s&scope=openid&id_token_hint=%.*s", KIT_APP, FMT(mine)));
	assert_true(str_find(a.location, S("/login?txn=")) > 0);
	/* who signs in then is still somebody else: neither an old yes nor a new one counts */
	str txn = kit_param(k, a.location, "txn");
	k->actor.session += INT64_C(1) << 60; /* later than the question */
	k->actor.auth_time = k->now;
	uint64_t before = kit_state(k);
	for (int press = 0; press < 2; press++) {
		if (press)
			kit_sql(k, "UPDATE txn SET done = 0");
		a = press ? kit_decide(k, arena_printf(k->mem, "txn=%.*s&decision=allow", FMT(txn)))
			  : kit_consent(k, arena_printf(k->mem, "txn=%.*s", FMT(txn)));
		same("signed in as another", kit_param(k, a.location, "error"), S("login_required"));
		same("its state", kit_param(k, a.location, "state"), S("xyz"));
	}
	kit_sql(k, "UPDATE txn SET done = 0");
	holds("nothing but the question is over", kit_state(k) == before);
	k->actor.user = KIT_USER;
	a = kit_consent(k, arena_printf(k->mem, "txn=%.*s", FMT(txn)));
	assert_true(kit_param(k, a.location, "code").n > 0);
	a = kit_authorize(
	    k, arena_printf(k->mem, "%s&scope=openid&prompt=none&id_token_hint=%.*s", KIT_CI, FMT(mine)));
	same("another client", kit_param(k, a.location, "error"), S("login_required"));
}

/* What nobody can pick is a token for userinfo alone; so is the issuer as the resource. */
static void without_a_resource(void **state)
{
	static const struct {
		const char *sentence, *query;
		size_t resources;
		const char *audience, *error;
	} rows[] = {
		{ "one server: that one", KIT_APP "&scope=openid", 2, WEATHER, NULL },
		{ "two servers and no scope of either", KIT_APP "&scope=openid", 3, ISSUER, NULL },
		{ "two servers and a scope of one", KIT_APP "&scope=openid+mcp:tools", 3, ISSUER "/notes/mcp",
		    NULL },
		{ "the issuer", KIT_APP "&scope=openid+email&resource=https%3A%2F%2Fauth.example", 2, ISSUER,
		    NULL },
		{ "the issuer without openid", KIT_APP "&scope=email&resource=https%3A%2F%2Fauth.example", 2,
		    NULL, "invalid_scope" },
		{ "two servers without openid", KIT_APP "&scope=email", 3, NULL, "invalid_target" },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		k->site.resource_count = rows[i].resources;
		struct answer a = kit_authorize(k, str_of(rows[i].query));
		same(rows[i].sentence, kit_param(k, a.location, "error"),
		    rows[i].error ? str_of(rows[i].error) : S(""));
		if (!rows[i].audience)
			continue;
		a = kit_token(k, kit_redeem_body(k, kit_param(k, a.location, "code")));
		same(rows[i].sentence,
		    json_get_str(
			kit_claims(k, json_get_str(kit_json(k, a.body), S("access_token"))), S("aud")),
		    str_of(rows[i].audience));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_algorithm),
		TEST(only_with_openid),
		TEST(as_a_hint),
		TEST(hints_at_authorize),
		TEST(without_a_resource),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
