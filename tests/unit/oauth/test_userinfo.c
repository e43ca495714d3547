/* /userinfo (OpenID Connect Core section 5.3, RFC 6750). */
#include "base/unit.h"
#include "base/enc.h"
#include "core/recall.h"
#include "crypto/crypto.h"
#include "proofs.h"

static int setup_remembering(void **state)
{
	(void)kit_setup(state);
	((struct kit *)*state)->site.recall = recall_new();
	return 0;
}

/* Each of them also with a memory: it must not be seen in any answer. */
#define TEST(f)                                                      \
	cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown), \
	    cmocka_unit_test_setup_teardown(f, setup_remembering, kit_teardown)

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

static struct answer ask(struct kit *k, str token)
{
	return kit_send(k,
	    &(struct sent){ .handler = userinfo_show,
		.lane = LANE_LOOP,
		.method = HTTP_GET,
		.path = S("/userinfo"),
		.authorization = token.n ? arena_printf(k->mem, "Bearer %.*s", FMT(token)) : S("") });
}

static str access(struct kit *k, const char *scope)
{
	return json_get_str(tokens(k, scope, ""), S("access_token"));
}

#define SUB "{\"sub\":\"user_000000000001a\""

static void what_the_scopes_say(void **state)
{
	static const struct {
		const char *scope, *body;
	} rows[] = {
		{ "weather:read+openid", SUB "}" },
		{ "weather:read+openid+profile", SUB ",\"name\":\"Ann\",\"preferred_username\":\"ann\"}" },
		{ "weather:read+openid+email",
		    SUB ",\"email\":\"ann@example.com\",\"email_verified\":true}" },
		{ "weather:read+openid+email+profile",
		    SUB ",\"name\":\"Ann\",\"preferred_username\":\"ann\",\"email\":\"ann@example.com\","
			"\"email_verified\":true}" },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = ask(k, access(k, rows[i].scope));
		same_err(rows[i].scope, a.err, OK);
		same(rows[i].scope, a.body, str_of(rows[i].body));
		same_int(rows[i].scope, a.writes, 0);
	}
	kit_sql(k, "UPDATE users SET name = '' WHERE id = 42");
	same("no empty members", ask(k, access(k, "openid+profile+weather:read")).body,
	    S(SUB ",\"preferred_username\":\"ann\"}"));
}

static str sign(struct kit *k, const char *typ, const char *claims)
{
	str out;

	MUST(jwt_sign(k->mem, k->site.signing, str_of(typ), str_of(claims), &out) == OK);
	return out;
}

#define CLAIMS(iss, sub, aud, exp, scope, gid)                                                            \
	"{\"iss\":\"" iss "\",\"sub\":\"" sub "\",\"aud\":\"" aud "\",\"client_id\":\"app\",\"exp\":" exp \
	",\"scope\":\"" scope "\"" gid "}"
#define USER "user_000000000001a"
#define GID ",\"gid\":\"grant_000000000001a\""
#define LATER "1900000000"

/* JWT-03, JWT-17: another kind, another issuer, another audience; and what RFC 6750 says. */
static void refusals(void **state)
{
	static const struct {
		const char *sentence, *typ, *claims;
		enum err err;
	} rows[] = {
		{ "an id token", "JWT", CLAIMS(ISSUER, USER, WEATHER, LATER, "openid", GID), ERR_TOKEN_TYPE },
		{ "another issuer", "at+jwt",
		    CLAIMS("https://evil.example", USER, WEATHER, LATER, "openid", GID), ERR_TOKEN_ISSUER },
		{ "a resource that is none of ours", "at+jwt",
		    CLAIMS(ISSUER, USER, "https://evil.example/mcp", LATER, "openid", GID),
		    ERR_TOKEN_AUDIENCE },
		{ "expired", "at+jwt", CLAIMS(ISSUER, USER, WEATHER, "1700000000", "openid", GID),
		    ERR_TOKEN_EXPIRED },
		{ "without openid", "at+jwt",
		    CLAIMS(ISSUER, USER, WEATHER, LATER, "weather:read profile email", GID),
		    ERR_SCOPE_SHORT },
		{ "a client's own", "at+jwt", CLAIMS(ISSUER, "app", WEATHER, LATER, "openid", GID),
		    ERR_SCOPE_SHORT },
		{ "without a grant", "at+jwt", CLAIMS(ISSUER, USER, WEATHER, LATER, "openid", ""),
		    ERR_TOKEN_MALFORMED },
		{ "of a grant that is not there", "at+jwt",
		    CLAIMS(ISSUER, USER, WEATHER, LATER, "openid", GID), ERR_TOKEN_REVOKED },
		{ "bound in a way nobody knows", "at+jwt",
		    CLAIMS(ISSUER, USER, WEATHER, LATER, "openid", GID ",\"cnf\":{\"jkt\":\"x\"}"),
		    ERR_TOKEN_MALFORMED },
	};
	struct kit *k = *state;
	uint64_t before = kit_state(k);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = ask(k, sign(k, rows[i].typ, rows[i].claims));
		same_err(rows[i].sentence, a.err, rows[i].err);
		same(rows[i].sentence, a.fail.need_scope,
		    rows[i].err == ERR_SCOPE_SHORT ? S("openid") : S(""));
		holds(rows[i].sentence, a.body.n == 0);
	}
	same_err("no token", ask(k, S("")).err, ERR_TOKEN_MISSING);
	same_err("garbage", ask(k, S("garbage")).err, ERR_TOKEN_MALFORMED);
	assert_true(kit_state(k) == before);
}

/* Of a grant that has ended, of a person or client that is blocked, nothing more is told. */
static void taken_back(void **state)
{
	static const char *const how[] = { "UPDATE grants SET ended = 1",
		"UPDATE users SET status = 'blocked'", "UPDATE client SET status = 'blocked'" };

	for (size_t i = 0; i < COUNT(how); i++) {
		struct kit *k = *state;
		str token = access(k, "weather:read+openid");
		assert_int_equal(ask(k, token).err, OK);
		kit_sql(k, how[i]);
		same_err(how[i], ask(k, token).err, ERR_TOKEN_REVOKED);
		(void)kit_teardown(state);
		(void)kit_setup(state);
	}
}

/* What was just signed here is known whole, so nobody has it but under its own signature. */
static void with_another_signature_it_is_no_token(void **state)
{
	struct kit *k = *state;
	str token = access(k, "weather:read+openid"), bad = arena_copy(k->mem, token);
	char *last = (char *)(uintptr_t)bad.p + bad.n - 10;

	*last = *last == 'A' ? 'B' : 'A';
	for (int i = 0; i < 2; i++) {
		same_err("its own", ask(k, token).err, OK);
		same_err("another", ask(k, bad).err, ERR_TOKEN_SIGNATURE);
	}
}

/* What was exchanged (RFC 8693) ends with the client that acts, too. */
static void taken_back_from_who_acts(void **state)
{
	struct kit *k = *state;
	str gid = json_get_str(kit_claims(k, access(k, "weather:read+openid")), S("gid"));
	str token = sign(k, "at+jwt",
	    arena_printf(k->mem,
		"{\"iss\":\"" ISSUER "\",\"aud\":\"" WEATHER
		"\",\"sub\":\"user_000000000001a\",\"client_id\":\"ci\","
		"\"exp\":%lld,\"scope\":\"openid\",\"gid\":\"%.*s\"}",
		(long long)k->now + 600, FMT(gid))
		.p);

	assert_int_equal(ask(k, token).err, OK); /* no row: the file's own */
	kit_sql(k,
	    "INSERT INTO client SELECT 99, tenant, zeroblob(32), 'ci', name, origin, status, auth_method, "
	    "secret, "
	    "redirect_uris, grant_types, scope, metadata, created, last_used, '', 0, 0 FROM client WHERE "
	    "client_id = 'app'");
	kit_sql(k,
	    arena_printf(k->mem, "UPDATE client SET hash = x'%.*s' WHERE id = 99",
		FMT(hex_write(k->mem, sha256_str(k->mem, S("ci")))))
		.p);
	assert_int_equal(ask(k, token).err, OK);
	kit_sql(k, "UPDATE client SET status = 'blocked' WHERE id = 99");
	same_err("who acts is blocked", ask(k, token).err, ERR_TOKEN_REVOKED);
}

static void not_in_the_query(void **state)
{
	struct kit *k = *state;
	str token = access(k, "weather:read+openid");
	struct answer a = kit_send(k,
	    &(struct sent){ .handler = userinfo_show,
		.lane = LANE_LOOP,
		.path = S("/userinfo"),
		.query = arena_printf(k->mem, "access_token=%.*s", FMT(token)),
		.authorization = arena_printf(k->mem, "Bearer %.*s", FMT(token)) });

	assert_int_equal(a.err, ERR_TOKEN_IN_QUERY);
	a = kit_send(k,
	    &(struct sent){ .handler = userinfo_show,
		.lane = LANE_LOOP,
		.path = S("/userinfo"),
		.authorization = S("Basic YTpi") });
	assert_int_equal(a.err, ERR_TOKEN_SCHEME);
}

/* ---- RFC 9449 section 7: tokens that are bound to a key */

static struct holder ann, thief;

static void start_holders(struct kit *k)
{
	holder_start(k, &ann);
	holder_start(k, &thief);
	k->site.endpoint_proofs = once_new(100, DPOP_WINDOW);
	k->site.resource_proofs = once_new(100, DPOP_WINDOW);
}

static void stop_holders(struct kit *k)
{
	once_free(k->site.endpoint_proofs);
	once_free(k->site.resource_proofs);
	pkey_unref(ann.key.key);
	pkey_unref(thief.key.key);
}

/* The trusted client's token, bound to Ann's key. */
static str bound(struct kit *k)
{
	struct answer a = kit_authorize(
	    k, arena_printf(k->mem, "%s", KIT_APP WEATHER_ASKED "&scope=weather:read+openid+email"));
	str proof = holder_proof(k, &ann, ISSUER "/token", k->now, S(""));

	a = kit_post_proved(
	    k, token_start, "/token", kit_redeem_body(k, kit_param(k, a.location, "code")), proof);
	MUST(a.err == OK);
	return json_get_str(kit_json(k, a.body), S("access_token"));
}

static str proof_of(struct kit *k, struct holder *h, const char *htu, int64_t iat, str token)
{
	unsigned char hash[SHA256_SIZE];

	sha256(token, hash);
	str ath = b64url_write(k->mem, (str){ (const char *)hash, sizeof hash });
	return holder_proof(k, h, htu, iat, arena_printf(k->mem, ",\"ath\":\"%.*s\"", FMT(ath)));
}

static struct answer show(struct kit *k, const char *scheme, str token, str dpop)
{
	return kit_send(k,
	    &(struct sent){ .handler = userinfo_show,
		.lane = LANE_LOOP,
		.method = HTTP_POST,
		.path = S("/userinfo"),
		.authorization = arena_printf(k->mem, "%s %.*s", scheme, FMT(token)),
		.dpop = dpop });
}

static void who_holds_the_key_is_told_and_nobody_else(void **state)
{
	struct kit *k = *state;
	const char *here = ISSUER "/userinfo";

	start_holders(k);
	str token = bound(k), plain = access(k, "weather:read+openid");
	str good = proof_of(k, &ann, here, k->now, token);
	uint64_t before = kit_state(k);
	const struct {
		const char *sentence, *scheme;
		str token, dpop;
		enum err err;
	} rows[] = {
		{ "the proof of its key", "DPoP", token, good, OK },
		{ "the same proof again", "DPoP", token, good, ERR_TOKEN_PROOF_REPLAYED },
		{ "sent as Bearer, with a proof", "Bearer", token, proof_of(k, &ann, here, k->now, token),
		    ERR_TOKEN_BOUND },
		{ "sent as Bearer", "Bearer", token, S(""), ERR_TOKEN_BOUND },
		{ "no proof", "DPoP", token, S(""), ERR_TOKEN_PROOF },
		{ "the proof of another key", "DPoP", token, proof_of(k, &thief, here, k->now, token),
		    ERR_TOKEN_PROOF_KEY },
		{ "for the resource that the token is for", "DPoP", token,
		    proof_of(k, &ann, WEATHER, k->now, token), ERR_TOKEN_PROOF },
		{ "for the other spelling of the address", "DPoP", token,
		    proof_of(k, &ann, ISSUER "/oauth2/userinfo", k->now, token), ERR_TOKEN_PROOF },
		{ "for another token", "DPoP", token, proof_of(k, &ann, here, k->now, plain),
		    ERR_TOKEN_PROOF },
		{ "for no token", "DPoP", token, holder_proof(k, &ann, here, k->now, S("")),
		    ERR_TOKEN_PROOF },
		{ "too old", "DPoP", token, proof_of(k, &ann, here, k->now - DPOP_WINDOW - 1, token),
		    ERR_TOKEN_PROOF },
		{ "a bearer token, with the proof of a key", "DPoP", plain,
		    proof_of(k, &ann, here, k->now, plain), ERR_TOKEN_UNBOUND },
		{ "another proof of its key", "DPoP", token, proof_of(k, &ann, here, k->now, token), OK },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = show(k, rows[i].scheme, rows[i].token, rows[i].dpop);
		same_err(rows[i].sentence, a.err, rows[i].err);
		same(rows[i].sentence, a.body,
		    rows[i].err == OK ? S(SUB ",\"email\":\"ann@example.com\",\"email_verified\":true}")
				      : S(""));
		same_int(rows[i].sentence, a.writes, 0);
	}
	assert_true(kit_state(k) == before);
	stop_holders(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_scopes_say),
		TEST(refusals),
		TEST(taken_back),
		TEST(with_another_signature_it_is_no_token),
		TEST(taken_back_from_who_acts),
		TEST(not_in_the_query),
		TEST(who_holds_the_key_is_told_and_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
