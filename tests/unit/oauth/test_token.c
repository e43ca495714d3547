/*
 * /token: the phases that every grant type shares; TOK and AUTH rows of the attack list, and the shape of the
 * answer.
 */
#include "base/unit.h"
#include "oauth/kit.h"
#include "base/id.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
#define REFRESH "grant_type=refresh_token&refresh_token=gh_rt_x"
#define FORM "application/x-www-form-urlencoded"

static struct answer send(
    struct kit *k, const char *body, const char *query, const char *type, str authorization)
{
	return kit_send(k,
	    &(struct sent){ token_start, LANE_LOOP, HTTP_POST, S("/token"), str_of(query), str_of(body),
		str_of(type), authorization });
}

static str basic(struct kit *k, const char *pair)
{
	return arena_printf(k->mem, "Basic %.*s", FMT(b64_write(k->mem, str_of(pair))));
}

static void requests(void **state)
{
	static const struct {
		const char *sentence, *body, *query, *type;
		enum err want;
		int status;
		const char *code;
	} rows[] = {
		{ "TOK-02 everything in the query", "", REFRESH "&client_id=app", FORM, ERR_PARAM_MISSING,
		    400, "invalid_request" },
		{ "TOK-02 without a type", "", REFRESH "&client_id=app", "", ERR_PARAM_MISSING, 400,
		    "invalid_request" },
		{ "TOK-03 secret in the query", REFRESH "&client_id=ci", "client_secret=" KIT_SECRET, FORM,
		    ERR_CLIENT_METHOD, 401, "invalid_client" },
		{ "TOK-04 JSON", "{\"grant_type\":\"refresh_token\"}", "", "application/json",
		    ERR_CONTENT_TYPE, 415, "invalid_request" },
		{ "TOK-06 no Content-Type", REFRESH "&client_id=app", "", "", ERR_CONTENT_TYPE, 415,
		    "invalid_request" },
		{ "TOK-07 multipart", REFRESH "&client_id=app", "", "multipart/form-data; boundary=x",
		    ERR_CONTENT_TYPE, 415, "invalid_request" },
		{ "TOK-08 grant_type twice", REFRESH "&client_id=app&grant_type=refresh_token", "", FORM,
		    ERR_PARAM_DUPLICATE, 400, "invalid_request" },
		{ "client_id twice", REFRESH "&client_id=app&client_id=app", "", FORM, ERR_PARAM_DUPLICATE,
		    400, "invalid_request" },
		{ "RT-15 refresh_token twice", REFRESH "&client_id=app&refresh_token=b", "", FORM,
		    ERR_PARAM_DUPLICATE, 400, "invalid_request" },
		{ "no grant_type", "client_id=app", "", FORM, ERR_PARAM_MISSING, 400, "invalid_request" },
		{ "TOK-10 unknown grant_type", "grant_type=urn:x&client_id=app", "", FORM, ERR_GRANT_TYPE,
		    400, "unsupported_grant_type" },
		{ "TOK-11 password", "grant_type=password&username=ann&password=x&client_id=app", "", FORM,
		    ERR_GRANT_TYPE, 400, "unsupported_grant_type" },
		{ "TOK-12 implicit", "grant_type=implicit&client_id=app", "", FORM, ERR_GRANT_TYPE, 400,
		    "unsupported_grant_type" },
		{ "TOK-12 in capitals", "grant_type=AUTHORIZATION_CODE&client_id=app", "", FORM,
		    ERR_GRANT_TYPE, 400, "unsupported_grant_type" },
		{ "TOK-12 NUL", "grant_type=authorization_code%00&client_id=app", "", FORM, ERR_PARAM_SYNTAX,
		    400, "invalid_request" },
		{ "AUTH-17 client_credentials", "grant_type=client_credentials&client_id=app", "", FORM,
		    ERR_CLIENT_GRANT_TYPE, 400, "unauthorized_client" },
		{ "TOK-14 broken escapes", "grant_type=%zz&client_id=app", "", FORM, ERR_PARAM_SYNTAX, 400,
		    "invalid_request" },
		{ "TOK-14 cut escape", "grant_type=refresh_token&client_id=%4", "", FORM, ERR_PARAM_SYNTAX,
		    400, "invalid_request" },
		{ "TOK-15 bad UTF-8", "grant_type=refresh_token&client_id=%ff", "", FORM, ERR_PARAM_SYNTAX,
		    400, "invalid_request" },
		{ "TOK-15 NUL in client_id", REFRESH "&client_id=app%00", "", FORM, ERR_PARAM_SYNTAX, 400,
		    "invalid_request" },
		{ "RT-14 no client_id", REFRESH, "", FORM, ERR_CLIENT_METHOD, 401, "invalid_client" },
		{ "unknown client", REFRESH "&client_id=nobody", "", FORM, ERR_CLIENT_UNKNOWN, 401,
		    "invalid_client" },
		{ "a sealed id that is not ours",
		    REFRESH "&client_id=gh_c_AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "", FORM,
		    ERR_CLIENT_UNKNOWN, 401, "invalid_client" },
		{ "an assertion", REFRESH "&client_id=app&client_assertion=a.b.c&client_assertion_type=urn",
		    "", FORM, ERR_CLIENT_ASSERTION, 401, "invalid_client" },
		{ "unknown resource", REFRESH "&client_id=app&resource=https%3A%2F%2Fother.example%2Fmcp", "",
		    FORM, ERR_RESOURCE_UNKNOWN, 400, "invalid_target" },
		{ "no refresh_token", "grant_type=refresh_token&client_id=app", "", FORM, ERR_PARAM_MISSING,
		    400, "invalid_request" },
		{ "a client that may not", REFRESH "&client_id=narrow", "", FORM, ERR_CLIENT_GRANT_TYPE, 400,
		    "unauthorized_client" },
	};
	struct kit *k = *state;
	uint64_t before = kit_state(k);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = send(k, rows[i].body, rows[i].query, rows[i].type, S(""));
		same_err(rows[i].sentence, a.err, rows[i].want);
		same_int(rows[i].sentence, err_row(a.err)->status, rows[i].status);
		same(rows[i].sentence, str_of(err_row(a.err)->code), str_of(rows[i].code));
		same_int(rows[i].sentence, a.writes, 0);
	}
	assert_true(kit_state(k) == before);
}

/* TOK-16 */
static void many_parameters(void **state)
{
	struct kit *k = *state;
	struct buf b = BUF(k->mem);

	for (int i = 0; i < 20000; i++)
		buf_printf(&b, "a%d=&", i);
	buf_char(&b, 0);
	assert_int_equal(send(k, b.p, "", FORM, S("")).err, ERR_PARAM_SYNTAX);
	b.n = 0;
	for (int i = 0; i < 5000; i++)
		buf_char(&b, '=');
	buf_char(&b, 0);
	assert_int_equal(send(k, b.p, "", FORM, S("")).err, ERR_PARAM_MISSING);
}

#define FITS ERR_REFRESH_UNKNOWN /* what this body gets from whoever has proved itself */

/* The client ci has a secret and may show it either way, since the file does not say how. */
static void proofs(void **state)
{
	static const struct {
		const char *sentence, *more, *pair, *header;
		enum err want;
	} rows[] = {
		{ "Basic", "", "ci:" KIT_SECRET, NULL, FITS },
		{ "post", "&client_id=ci&client_secret=" KIT_SECRET, NULL, NULL, FITS },
		{ "Basic and the same client_id in the body", "&client_id=ci", "ci:" KIT_SECRET, NULL, FITS },
		{ "Basic, form-encoded (conformance)", "", "ci:gh%5Fcs%5Fthe%2Dsecret%2Dof%2Dci", NULL,
		    FITS },
		{ "AUTH-01 no secret", "&client_id=ci", NULL, NULL, ERR_CLIENT_METHOD },
		{ "AUTH-02 wrong secret", "", "ci:wrong", NULL, ERR_CLIENT_SECRET },
		{ "AUTH-02 wrong secret in the body", "&client_id=ci&client_secret=wrong", NULL, NULL,
		    ERR_CLIENT_SECRET },
		{ "AUTH-03 empty secret", "", "ci:", NULL, ERR_CLIENT_SECRET },
		{ "AUTH-05 one character more", "", "ci:" KIT_SECRET "x", NULL, ERR_CLIENT_SECRET },
		{ "one character less", "", "ci:gh_cs_the-secret-of-c", NULL, ERR_CLIENT_SECRET },
		{ "AUTH-07 other letters", "", "ci:GH_CS_THE-SECRET-OF-CI", NULL, ERR_CLIENT_SECRET },
		{ "AUTH-09 both ways", "&client_secret=" KIT_SECRET, "ci:" KIT_SECRET, NULL,
		    ERR_CLIENT_METHOD },
		{ "AUTH-10 Basic of one, client_id of another", "&client_id=app", "ci:" KIT_SECRET, NULL,
		    ERR_CLIENT_METHOD },
		{ "AUTH-11 an unknown client", "", "nobody:" KIT_SECRET, NULL, ERR_CLIENT_SECRET },
		{ "AUTH-13 without a colon", "", "ci", NULL, ERR_CLIENT_METHOD },
		{ "Basic that is no base64", "", NULL, "Basic !!!", ERR_CLIENT_METHOD },
		{ "AUTH-14 Bearer", "&client_id=ci", NULL, "Bearer " KIT_SECRET, ERR_CLIENT_METHOD },
		{ "another scheme", "&client_id=ci", NULL, "Digest x", ERR_CLIENT_METHOD },
		{ "a public client with a secret", "&client_id=app&client_secret=x", NULL, NULL,
		    ERR_CLIENT_METHOD },
		{ "a public client with Basic", "", "app:", NULL, ERR_CLIENT_METHOD },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		str header = rows[i].pair ? basic(k, rows[i].pair) : str_of(rows[i].header);
		struct answer a =
		    send(k, arena_printf(k->mem, REFRESH "%s", rows[i].more).p, "", FORM, header);
		same_err(rows[i].sentence, a.err, rows[i].want);
		if (rows[i].want != FITS)
			same_int(rows[i].sentence, err_row(a.err)->status, 401);
	}
	/* AUTH-06: bytes, not C strings */
	unsigned char zero[] = "ci:" KIT_SECRET "\0junk";
	str header = arena_printf(
	    k->mem, "Basic %.*s", FMT(b64_write(k->mem, (str){ (char *)zero, sizeof zero - 1 })));
	assert_int_equal(send(k, REFRESH, "", FORM, header).err, ERR_CLIENT_METHOD);
	assert_int_equal(
	    send(k, REFRESH "&client_id=ci&client_secret=" KIT_SECRET "%00junk", "", FORM, S("")).err,
	    ERR_PARAM_SYNTAX);
	/* AUTH-18: a known client and an unknown one hear the same */
	struct answer known = send(k, REFRESH, "", FORM, basic(k, "ci:wrong")),
		      unknown = send(k, REFRESH, "", FORM, basic(k, "cj:wrong"));
	assert_int_equal(known.err, unknown.err);
}

/* Dynamic clients are held to the method that they registered. */
static void registered_methods(void **state)
{
	static const char *const methods[] = { "none", "client_secret_basic", "client_secret_post" };
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(methods); i++) {
		const struct json *o = kit_json(k,
		    kit_register(k,
			arena_printf(k->mem,
			    "{\"redirect_uris\":[\"https://a.example/"
			    "cb\"],\"token_endpoint_auth_method\":\"%s\"}",
			    methods[i]))
			.body);
		str id = json_get_str(o, S("client_id")), secret = json_get_str(o, S("client_secret"));
		if (!secret.n)
			secret = S("x");
		str bodies[3] = {
			arena_printf(k->mem, REFRESH "&client_id=%.*s", FMT(id)),
			S(REFRESH),
			arena_printf(
			    k->mem, REFRESH "&client_id=%.*s&client_secret=%.*s", FMT(id), FMT(secret)),
		};
		for (size_t way = 0; way < 3; way++) {
			str header = way == 1
			    ? basic(k, arena_printf(k->mem, "%.*s:%.*s", FMT(id), FMT(secret)).p)
			    : S("");
			same_err(methods[i],
			    send(k, arena_printf(k->mem, "%.*s", FMT(bodies[way])).p, "", FORM, header).err,
			    way == i ? FITS : ERR_CLIENT_METHOD);
		}
	}
}

/* A client with a row is asked for on READ; a blocked one is refused there and in the transaction. */
static void by_row(void **state)
{
	struct kit *k = *state;
	struct buf b = BUF(k->mem);

	buf_put(&b, S("{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":["));
	for (int i = 0; i < 16; i++)
		buf_printf(&b, "%s\"https://large.example/%0200d\"", i ? "," : "", i);
	buf_put(&b, S("]}"));
	str id = json_get_str(kit_json(k, kit_register(k, buf_str(&b)).body), S("client_id"));
	str body = arena_printf(k->mem, REFRESH "&client_id=%.*s", FMT(id));
	assert_int_equal(kit_token(k, body).err, FITS);
	kit_sql(k, "UPDATE client SET status = 'blocked'");
	assert_int_equal(kit_token(k, body).err, ERR_CLIENT_BLOCKED);
}

/* mcp.md 2.15, JWT-17: exactly these members, and exactly these claims. */
static void answer(void **state)
{
	struct kit *k = *state;
	struct answer a = kit_token(k, kit_redeem_body(k, kit_code(k)));
	const struct json *o = kit_json(k, a.body),
			  *claims = kit_claims(k, json_get_str(o, S("access_token")));
	int64_t n;

	assert_int_equal(a.reply.status, 200);
	same("type", kit_header(&a, "Content-Type"), S("application/json"));
	same("not kept", kit_header(&a, "Cache-Control"), S("no-store"));
	same("nor by old caches", kit_header(&a, "Pragma"), S("no-cache"));
	assert_int_equal(o->count, 5);
	same("token_type", json_get_str(o, S("token_type")), S("Bearer"));
	same("scope", json_get_str(o, S("scope")), S("weather:read"));
	assert_true(json_get_int(o, S("expires_in"), &n) && n == 600);
	assert_true(str_starts(json_get_str(o, S("refresh_token")), S("gh_rt_")));

	assert_int_equal(claims->count, 10);
	same("iss", json_get_str(claims, S("iss")), S(ISSUER));
	same("sub", json_get_str(claims, S("sub")), id_text(k->mem, ID_USER, KIT_USER));
	same("aud", json_get_str(claims, S("aud")), S(WEATHER));
	same("client_id", json_get_str(claims, S("client_id")), S("app"));
	same("scope", json_get_str(claims, S("scope")), S("weather:read"));
	assert_true(json_get_int(claims, S("iat"), &n) && n == KIT_NOW);
	assert_true(json_get_int(claims, S("nbf"), &n) && n == KIT_NOW);
	assert_true(json_get_int(claims, S("exp"), &n) && n == KIT_NOW + 600);
	assert_int_equal(json_get_str(claims, S("jti")).n, 22);
	assert_int_equal(id_parse(json_get_str(claims, S("gid")), ID_GRANT, &n), OK);
	str sql = arena_printf(k->mem, "SELECT count(*) FROM grants WHERE id = %lld", (long long)n);
	assert_int_equal(kit_count(k, sql.p), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(requests),
		TEST(many_parameters),
		TEST(proofs),
		TEST(registered_methods),
		TEST(by_row),
		TEST(answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
