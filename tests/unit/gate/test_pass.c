/* What a token must be to be believed at a resource. */
#include "base/unit.h"
#include "core/standing.h"
#include "crypto/crypto.h"
#include "gate/pass.h"

#include <stdio.h>
#include <string.h>

#define NOW 1700000000

static struct {
	struct arena *mem;
	struct jwk ours, foreign;
	struct jwks keys;
	struct site site;
	struct ctx c;
} t;

static const struct resource here = { .identifier = S_INIT("https://gate.example/a/mcp"),
	.required = S_INIT("a:read a:write") };

static int start(void **state)
{
	(void)state;
	assert_int_equal(crypto_start(), OK);
	memset(&t, 0, sizeof t);
	t.mem = arena_new(1 << 20);
	t.ours.kid = S("k1");
	t.foreign.kid = S("k1");
	assert_int_equal(pkey_make(ALG_ES256, &t.ours.key), OK);
	assert_int_equal(pkey_make(ALG_ES256, &t.foreign.key), OK);
	t.keys = (struct jwks){ &t.ours, 1 };
	t.site = (struct site){ .tenant = { .id = 1, .issuer = S("https://gate.example") }, .keys = &t.keys };
	t.c = (struct ctx){ .mem = t.mem, .site = &t.site, .now = NOW };
	return 0;
}

static int stop(void **state)
{
	(void)state;
	pkey_unref(t.ours.key);
	pkey_unref(t.foreign.key);
	arena_unref(t.mem);
	return 0;
}

#define CLAIMS(iss, aud, exp, gid, sub, more)                                                         \
	"{\"iss\":\"" iss "\",\"aud\":\"" aud "\",\"exp\":" exp ",\"gid\":\"" gid "\",\"sub\":\"" sub \
	"\",\"client_id\":\"app\"" more "}"
#define ISS "https://gate.example"
#define AUD "https://gate.example/a/mcp"
#define LATER "1700000600"
#define GID "grant_0000000000007"
#define SUB "user_0000000000003"

static void only_what_is_right_in_everything(void **state)
{
	static const struct {
		const char *sentence, *typ, *claims;
		bool foreign;
		enum err e;
	} rows[] = {
		{ "a good one", "at+jwt", CLAIMS(ISS, AUD, LATER, GID, SUB, ""), false, OK },
		{ "within the skew of clocks", "at+jwt", CLAIMS(ISS, AUD, "1699999980", GID, SUB, ""), false,
		    OK },
		{ "expired", "at+jwt", CLAIMS(ISS, AUD, "1699999960", GID, SUB, ""), false,
		    ERR_TOKEN_EXPIRED },
		{ "not yet", "at+jwt", CLAIMS(ISS, AUD, LATER, GID, SUB, ",\"nbf\":1700000100"), false,
		    ERR_TOKEN_NOT_YET },
		{ "of another issuer", "at+jwt", CLAIMS("https://evil.example", AUD, LATER, GID, SUB, ""),
		    false, ERR_TOKEN_ISSUER },
		{ "for another resource", "at+jwt", CLAIMS(ISS, ISS "/b/mcp", LATER, GID, SUB, ""), false,
		    ERR_TOKEN_AUDIENCE },
		{ "for the resource and a slash", "at+jwt", CLAIMS(ISS, AUD "/", LATER, GID, SUB, ""), false,
		    ERR_TOKEN_AUDIENCE },
		{ "an id token", "JWT", CLAIMS(ISS, AUD, LATER, GID, SUB, ""), false, ERR_TOKEN_TYPE },
		{ "of a foreign key with our kid", "at+jwt", CLAIMS(ISS, AUD, LATER, GID, SUB, ""), true,
		    ERR_TOKEN_SIGNATURE },
		{ "without a grant it could not be taken back", "at+jwt",
		    CLAIMS(ISS, AUD, LATER, "", SUB, ""), false, ERR_TOKEN_MALFORMED },
		{ "with something else for a grant", "at+jwt", CLAIMS(ISS, AUD, LATER, SUB, SUB, ""), false,
		    ERR_TOKEN_MALFORMED },
		{ "without a subject", "at+jwt", CLAIMS(ISS, AUD, LATER, GID, "", ""), false,
		    ERR_TOKEN_MALFORMED },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pass p;
		str token;
		assert_int_equal(jwt_sign(t.mem, rows[i].foreign ? &t.foreign : &t.ours, str_of(rows[i].typ),
				     str_of(rows[i].claims), &token),
		    OK);
		t.c.fail = (struct fail){ 0 };
		same_err(rows[i].sentence, pass_read(&t.c, &here, token, &p), rows[i].e);
		same_err(rows[i].sentence, t.c.fail.code, rows[i].e);
		if (rows[i].e == OK)
			holds(rows[i].sentence,
			    p.grant == 7 && p.user == 3 && p.client_key == client_key(S("app")) &&
				p.issued == 0 /* it says nothing, so it is as old as can be */);
	}
	struct pass p;
	assert_int_equal(pass_read(&t.c, &here, S("no.token.atall"), &p), ERR_TOKEN_MALFORMED);
	assert_int_equal(pass_read(&t.c, &here, S(""), &p), ERR_TOKEN_MALFORMED);
	t.keys.count = 0;
	str token;
	assert_int_equal(jwt_sign(t.mem, &t.ours, S("at+jwt"), str_of(rows[0].claims), &token), OK);
	assert_int_equal(pass_read(&t.c, &here, token, &p), ERR_TOKEN_KEY_UNKNOWN);
}

static void read(const char *claims, struct pass *p)
{
	str token;

	assert_int_equal(jwt_sign(t.mem, &t.ours, S("at+jwt"), str_of(claims), &token), OK);
	assert_int_equal(pass_read(&t.c, &here, token, p), OK);
}

static void a_client_that_is_named_like_a_person_is_no_person(void **state)
{
	struct pass p;
	(void)state;

	read("{\"iss\":\"" ISS "\",\"aud\":\"" AUD "\",\"exp\":" LATER ",\"gid\":\"" GID "\",\"sub\":\"" SUB
	     "\",\"client_id\":\"" SUB "\"}",
	    &p);
	assert_int_equal(p.user, 0);
	same("it is said all the same", pass_sub(&p), S(SUB));
}

/* RFC 8693 section 4.1: a token that names who acts also says whose grant it is of, or it could not end with that client. */
static void an_exchanged_token_says_for_whom(void **state)
{
	str gcl = ground_origin_text(t.mem, S("first"));
	const struct {
		const char *sentence, *more;
		enum err e;
		int64_t origin;
	} rows[] = {
		{ "not exchanged", "", OK, 0 },
		{ "exchanged", arena_printf(t.mem, ",\"act\":{\"sub\":\"app\"},\"gcl\":\"%.*s\"", FMT(gcl)).p,
		    OK, client_key(S("first")) },
		{ "exchanged, for nobody", ",\"act\":{\"sub\":\"app\"}", ERR_TOKEN_MALFORMED, 0 },
		{ "for no client at all", ",\"gcl\":\"ck_0000000000000\"", ERR_TOKEN_MALFORMED, 0 },
		{ "for a grant", ",\"gcl\":\"" GID "\"", ERR_TOKEN_MALFORMED, 0 },
		{ "for a number", ",\"gcl\":7", ERR_TOKEN_MALFORMED, 0 },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pass p;
		str token,
		    claims = arena_printf(t.mem, CLAIMS(ISS, AUD, LATER, GID, SUB, "%s"), rows[i].more);
		assert_int_equal(jwt_sign(t.mem, &t.ours, S("at+jwt"), claims, &token), OK);
		same_err(rows[i].sentence, pass_read(&t.c, &here, token, &p), rows[i].e);
		if (rows[i].e != OK)
			continue;
		struct ground g = pass_ground(&p);
		holds(rows[i].sentence,
		    g.origin == rows[i].origin && g.client == client_key(S("app")) && g.grant == 7 &&
			g.user == 3);
	}
}

static void texts_of_any_length_are_kept(void **state)
{
	char long_scope[1001], claims[2000];
	struct pass p;
	(void)state;

	read(CLAIMS(ISS, AUD, LATER, GID, SUB, ",\"scope\":\"a:read a:write\""), &p);
	same("short", pass_scope(&p), S("a:read a:write"));
	same("gid", pass_gid(&p), S(GID));
	assert_int_equal(p.long_scope.n, 0);
	memset(long_scope, 'x', 1000);
	long_scope[1000] = '\0';
	snprintf(claims, sizeof claims, CLAIMS(ISS, AUD, LATER, GID, SUB, ",\"scope\":\"%s\""), long_scope);
	read(claims, &p);
	same("long", pass_scope(&p), str_of(long_scope));
	snprintf(claims, sizeof claims, CLAIMS(ISS, AUD, LATER, GID, "%s", ""), long_scope);
	read(claims, &p);
	same("a long client id", pass_sub(&p), str_of(long_scope));
}

static void every_required_scope_must_be_there(void **state)
{
	static const struct {
		const char *scope;
		enum err e;
	} rows[] = {
		{ "a:read a:write", OK },
		{ "x a:write y a:read", OK },
		{ "a:read", ERR_SCOPE_SHORT },
		{ "a:reads a:write", ERR_SCOPE_SHORT },
		{ "", ERR_SCOPE_SHORT },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pass p = { .long_scope = str_of(rows[i].scope) };
		same_err(rows[i].scope, pass_scopes(&t.c, &here, &p), rows[i].e);
	}
	struct pass none = { .sub_n = 0 };
	assert_int_equal(pass_scopes(&t.c, &(struct resource){ .required = S("") }, &none), OK);
}

/* RFC 9449 section 6.1, RFC 7800 section 3.1 */
static void a_confirmation_is_understood_or_the_token_is_not_taken(void **state)
{
#define JKT "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
	static const struct {
		const char *more, *jkt; /* NULL: not taken */
	} rows[] = {
		{ "", "" },
		{ ",\"cnf\":{\"jkt\":\"" JKT "\"}", JKT },
		{ ",\"cnf\":{\"jkt\":\"short\"}", NULL },
		{ ",\"cnf\":{\"jkt\":7}", NULL },
		{ ",\"cnf\":{}", NULL },
		{ ",\"cnf\":\"" JKT "\"", NULL },
		{ ",\"cnf\":null", NULL },
		{ ",\"cnf\":{\"x5t#S256\":\"" JKT "\"}", NULL },
		{ ",\"cnf\":{\"jkt\":\"" JKT "\",\"kid\":\"k\"}", NULL },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pass p;
		str token,
		    claims = arena_printf(t.mem,
			"{\"iss\":\"" ISS "\",\"aud\":\"" AUD "\",\"exp\":" LATER ",\"gid\":\"" GID
			"\",\"sub\":\"" SUB "\",\"client_id\":\"app\"%s}",
			rows[i].more);
		assert_int_equal(jwt_sign(t.mem, &t.ours, S("at+jwt"), claims, &token), OK);
		same_err(
		    rows[i].more, pass_read(&t.c, &here, token, &p), rows[i].jkt ? OK : ERR_TOKEN_MALFORMED);
		if (rows[i].jkt)
			same(rows[i].more, pass_jkt(&p), str_of(rows[i].jkt));
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_what_is_right_in_everything),
		TEST(a_client_that_is_named_like_a_person_is_no_person),
		TEST(an_exchanged_token_says_for_whom),
		TEST(texts_of_any_length_are_kept),
		TEST(every_required_scope_must_be_there),
		TEST(a_confirmation_is_understood_or_the_token_is_not_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
