/* private_key_jwt at /token: AUTH and CA rows of the attack list, keys that turn, and a jti that counts once. */
#include "base/unit.h"
#include "core/limit.h"
#include "core/outside.h"
#include "core/recall.h"
#include "crypto/crypto.h"
#include "jose/jws.h"
#include "oauth/kit.h"
#include "store/db_fault.h"

#define TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define FITS ERR_REFRESH_UNKNOWN /* what this body gets from whoever has proved itself */
#define KEYS_URI "https://keys.example/jwks.json"

/* What is outside: the key sets of the two hosts that there are. */
static struct {
	struct kit k;
	struct jwk key, other, rsa;
	str published; /* at KEYS_URI; p NULL: the host is down */
	int fetches;
	int number; /* of the next jti */
} t;

static void fetch(
    void *arg, str url, const struct fetch_policy *policy, struct arena *mem, struct fetch_answer *out)
{
	(void)arg, (void)policy, (void)mem;
	t.fetches++;
	*out = (struct fetch_answer){ .result = FETCH_CONNECT, .why = S("nobody answers there") };
	if (str_eq(url, S(KEYS_URI)) && t.published.p)
		*out = (struct fetch_answer){ .status = 200, .body = t.published };
}

static const struct fetch_port port = { fetch, NULL };

static struct jwk make(enum alg alg, const char *kid)
{
	struct jwk k = { .kid = str_of(kid) };

	MUST(pkey_make(alg, &k.key) == OK);
	return k;
}

static str set_of(const struct jwk *key)
{
	struct jwks set = { key, 1 };
	str json;

	MUST(jwks_write(t.k.mem, &set, &json) == OK);
	return json;
}

static int setup(void **state)
{
	struct kit *k = &t.k;

	kit_start(k);
	k->fetch = &port;
	t.key = make(ALG_ES256, "one");
	t.other = make(ALG_ES256, "two");
	t.rsa = make(ALG_PS256, "three");
	t.published = set_of(&t.key);
	t.fetches = t.number = 0;
	k->clients[0].client_id = S("signer");
	k->clients[0].auth_method = S("private_key_jwt");
	k->clients[0].secret_hash = (str){ NULL, 0 };
	k->clients[0].jwks = set_of(&t.key);
	k->clients[2].client_id = S("turner");
	k->clients[2].auth_method = S("private_key_jwt");
	k->clients[2].jwks_uri = S(KEYS_URI);
	k->clients[2].grant_types = S("authorization_code refresh_token");
	*state = k;
	return 0;
}

static int setup_remembering(void **state)
{
	(void)setup(state);
	t.k.site.recall = recall_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kit_stop(&t.k);
	pkey_unref(t.key.key);
	pkey_unref(t.other.key);
	pkey_unref(t.rsa.key);
	return 0;
}

/* Each of them also with a memory: it must not be seen in any answer. */
#define TEST(f)                                              \
	cmocka_unit_test_setup_teardown(f, setup, teardown), \
	    cmocka_unit_test_setup_teardown(f, setup_remembering, teardown)

static str sign(const struct jwk *key, const char *header, str claims)
{
	str out;
	str head = header ? str_of(header)
			  : arena_printf(t.k.mem, "{\"alg\":\"%s\",\"kid\":\"%.*s\"}",
				alg_name(pkey_alg(key->key)), FMT(key->kid));

	MUST(jws_sign(t.k.mem, key, head, claims, &out) == OK);
	return out;
}

static str claims(const char *client, const char *aud)
{
	return arena_printf(t.k.mem,
	    "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"jti\":\"j%d\",\"exp\":%lld}", client, client,
	    aud, ++t.number, (long long)t.k.now + 60);
}

static str good(const char *client, const struct jwk *key)
{
	return sign(key, NULL, claims(client, ISSUER));
}

static struct answer send(str assertion, const char *more)
{
	return kit_token(&t.k,
	    arena_printf(t.k.mem,
		"grant_type=refresh_token&refresh_token=gh_rt_x&client_assertion_type=" TYPE
		"&client_assertion=%.*s%s",
		FMT(assertion), more));
}

static void check(const char *sentence, struct answer a, enum err want)
{
	same_err(sentence, a.err, want);
	holds(sentence, a.fail.code == a.err);
}

/* The one answer that tells nothing: status, code and words of an unknown client. */
static void check_dull(const char *sentence, struct answer a)
{
	str words = a.fail.say.n ? a.fail.say : str_of(err_row(a.err)->words);

	same_int(sentence, err_row(a.err)->status, 401);
	same(sentence, str_of(err_row(a.err)->code), S("invalid_client"));
	same(sentence, words, S("The client could not prove who it is."));
}

static void taken(void **state)
{
	static const char *const audiences[] = { ISSUER, ISSUER "/", ISSUER "/token", ISSUER "/oauth/token",
		ISSUER "/oauth2/token" };

	for (size_t i = 0; i < COUNT(audiences); i++)
		check(audiences[i], send(sign(&t.key, NULL, claims("signer", audiences[i])), ""), FITS);
	check("with client_id beside it", send(good("signer", &t.key), "&client_id=signer"), FITS);
	check("typed",
	    send(sign(&t.key, "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", claims("signer", ISSUER)), ""), FITS);
	check("typed by RFC 7523bis",
	    send(sign(&t.key, "{\"alg\":\"ES256\",\"typ\":\"client-authentication+jwt\"}",
		     claims("signer", ISSUER)),
		""),
	    FITS);
	assert_int_equal(kit_count(&t.k, "SELECT count(*) FROM replay"), 8);
}

static void refused(void **state)
{
	const struct {
		const char *sentence;
		str assertion;
		const char *more;
	} rows[] = {
		{ "CA-07 aud of another server",
		    sign(&t.key, NULL, claims("signer", "https://other.example")), "" },
		{ "CA-13 sub of another client, own key", good("turner", &t.other), "" },
		{ "an unknown client", good("nobody", &t.key), "" },
		{ "a client without keys", good("app", &t.key), "" },
		{ "another key", good("signer", &t.other), "" },
		{ "another key under its name",
		    sign(&t.other, "{\"alg\":\"ES256\",\"kid\":\"one\"}", claims("signer", ISSUER)), "" },
		{ "CA-01 none", S("eyJhbGciOiJub25lIn0.e30."), "" },
		{ "CA-19 no JWT", S("x"), "" },
		{ "CA-20 another client_id beside it", good("signer", &t.key), "&client_id=app" },
		{ "a secret beside it", good("signer", &t.key), "&client_id=signer&client_secret=x" },
		{ "a token of another kind",
		    sign(&t.key, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", claims("signer", ISSUER)), "" },
	};
	uint64_t before = kit_state(&t.k);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = send(rows[i].assertion, rows[i].more);
		holds(rows[i].sentence, a.err == ERR_CLIENT_ASSERTION || a.err == ERR_CLIENT_METHOD);
		if (a.err == ERR_CLIENT_ASSERTION || a.fail.say.n)
			check_dull(rows[i].sentence, a);
		same_int(rows[i].sentence, a.writes, 0);
	}
	assert_true(kit_state(&t.k) == before);
}

static struct answer plain(const char *body, const char *pair)
{
	str head = pair ? arena_printf(t.k.mem, "Basic %.*s", FMT(b64_write(t.k.mem, str_of(pair)))) : S("");

	return kit_send(&t.k,
	    &(struct sent){ token_start, LANE_LOOP, HTTP_POST, S("/token"), { NULL, 0 }, str_of(body),
		S("application/x-www-form-urlencoded"), head });
}

#define REFRESH "grant_type=refresh_token&refresh_token=gh_rt_x"

/* CA-24; and the assertion's own type and company. */
static void other_proofs(void **state)
{
	uint64_t before = kit_state(&t.k);

	check("CA-24 client_id alone", plain(REFRESH "&client_id=signer", NULL), ERR_CLIENT_METHOD);
	check_dull("CA-24 a secret", plain(REFRESH "&client_id=signer&client_secret=x", NULL));
	check_dull("CA-24 Basic", plain(REFRESH, "signer:x"));
	check_dull("an unknown client with Basic", plain(REFRESH, "nobody:x"));
	check_dull("CA-24 Basic with its key set as secret",
	    plain(REFRESH, arena_printf(t.k.mem, "signer:%.*s%c", FMT(t.k.clients[0].jwks), 0).p));
	check("an assertion without its type",
	    plain(REFRESH "&client_id=signer&client_assertion=a.b.c", NULL), ERR_CLIENT_ASSERTION);
	check("a type without an assertion",
	    plain(REFRESH "&client_id=signer&client_assertion_type=" TYPE, NULL), ERR_CLIENT_ASSERTION);
	check("the type of SAML",
	    plain(REFRESH "&client_assertion=a.b.c&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
			  "client-assertion-type%3Asaml2-bearer",
		NULL),
	    ERR_CLIENT_ASSERTION);
	check("Basic beside an assertion",
	    plain(REFRESH "&client_assertion=a.b.c&client_assertion_type=" TYPE, "signer:x"),
	    ERR_CLIENT_METHOD);
	assert_true(kit_state(&t.k) == before);
}

/* CA-21 */
static void once(void **state)
{
	str assertion = good("signer", &t.key);

	check("the first time", send(assertion, ""), FITS);
	assert_int_equal(kit_count(&t.k, "SELECT count(*) FROM replay"), 1);
	struct answer a = send(assertion, "");
	check("CA-21 the second time", a, ERR_CLIENT_REPLAYED);
	assert_int_equal(err_row(a.err)->status, 401);
	same("its code", str_of(err_row(a.err)->code), S("invalid_client"));
	/* another signature over the same jti is the same assertion */
	t.number--;
	check("signed again", send(good("signer", &t.key), ""), ERR_CLIENT_REPLAYED);
	t.number--;
	check("the same jti of another client is another", send(good("turner", &t.key), ""), FITS);
	/* as long as it could be good, the store remembers it */
	assert_int_equal(
	    kit_count(&t.k, "SELECT count(*) FROM replay WHERE until < 1800000000 + 60 + 30"), 0);
	t.k.now += 89;
	check("at its last moment", send(assertion, ""), ERR_CLIENT_REPLAYED);
	t.k.now += 1;
	check("after it", send(assertion, ""), ERR_CLIENT_ASSERTION);
}

/* A client that nobody vouches for. */
static const char *unknown_one(const struct jwk *key)
{
	struct answer a = kit_register(&t.k,
	    arena_printf(t.k.mem,
		"{\"redirect_uris\":[\"https://client.example/cb\"],\"token_endpoint_auth_method\":"
		"\"private_key_jwt\",\"jwks\":%.*s}",
		FMT(set_of(key))));

	MUST(a.err == OK);
	return arena_printf(t.k.mem, "%.*s", FMT(json_get_str(kit_json(&t.k, a.body), S("client_id")))).p;
}

/* Anybody may register a key, and each assertion is remembered until it has expired. */
static void of_one_client_only_so_many_are_remembered(void **state)
{
	const char *one = unknown_one(&t.key), *two = unknown_one(&t.key);

	t.k.site.limits = limits_new();
	t.k.config.limit_assertion_burst = 2;
	for (int i = 0; i < 2; i++)
		check("as many as may", send(good(one, &t.key), ""), FITS);
	uint64_t before = kit_state(&t.k);
	struct answer a = send(good(one, &t.key), "");
	check("one more", a, ERR_RATE_LIMITED);
	same("when to come again", kit_header(&a, "Retry-After"), S("30"));
	assert_true(kit_state(&t.k) == before);
	check("what proves nothing is not counted", send(good(one, &t.other), ""), ERR_CLIENT_ASSERTION);
	check("another client", send(good(two, &t.key), ""), FITS);
	for (int i = 0; i < 3; i++)
		check("one of the operator's, as often as it likes", send(good("signer", &t.key), ""), FITS);
	t.k.now += 30;
	check("half a minute later", send(good(one, &t.key), ""), FITS);
	limits_free(t.k.site.limits);
	t.k.site.limits = NULL;
}

static void keys_of_a_host(void **state)
{
	check("fetched", send(good("turner", &t.key), ""), FITS);
	assert_int_equal(t.fetches, 1);
	check("kept", send(good("turner", &t.key), ""), FITS);
	assert_int_equal(t.fetches, 1);
	check("a key that is not there", send(good("turner", &t.other), ""), ERR_CLIENT_ASSERTION);
	assert_int_equal(t.fetches, 1); /* as young as this set is, nobody can make us ask again */
	t.k.now += 61;
	check("again", send(good("turner", &t.other), ""), ERR_CLIENT_ASSERTION);
	assert_int_equal(t.fetches, 2);

	/* the host has a new key, and its set is still fresh here */
	t.k.now += 61;
	t.published = set_of(&t.other);
	check("a new key is looked for at once", send(good("turner", &t.other), ""), FITS);
	assert_int_equal(t.fetches, 3);
	check("the old one is none any more", send(good("turner", &t.key), ""), ERR_CLIENT_ASSERTION);
}

static void keys_that_do_not_come(void **state)
{
	t.published = (str){ NULL, 0 };
	struct answer a = send(good("turner", &t.key), "");
	check("the host is down", a, ERR_CLIENT_ASSERTION);
	check_dull("and nobody can tell", a);
	assert_true(str_find(a.fail.detail, S("DOCUMENT_UNREACHABLE")) >= 0); /* but `gatehouse why` can */

	t.k.now += 600;
	t.published = S("{\"keys\":[]}");
	check("a set without keys", send(good("turner", &t.key), ""), ERR_CLIENT_ASSERTION);
	t.k.now += 600;
	t.published = S("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}");
	check("a set with a secret", send(good("turner", &t.key), ""), ERR_CLIENT_ASSERTION);
	t.k.now += 600;
	t.published = S("[]");
	check("no set", send(good("turner", &t.key), ""), ERR_CLIENT_ASSERTION);
	assert_int_equal(kit_count(&t.k, "SELECT count(*) FROM replay"), 0);
	t.k.now += 600;
	t.published = set_of(&t.key);
	check("mended", send(good("turner", &t.key), ""), FITS);
}

/* Registered, not declared: with a row or without, before and after it registered another key (RFC 7592). */
static void registered(void **state)
{
	struct kit *k = &t.k;
	struct answer a = kit_register(k,
	    arena_printf(k->mem,
		"{\"redirect_uris\":[\"https://client.example/cb\"],\"token_endpoint_auth_method\":"
		"\"private_key_jwt\",\"jwks\":%.*s}",
		FMT(set_of(&t.rsa))));
	assert_int_equal(a.err, OK);
	const struct json *o = kit_json(k, a.body);
	str id = json_get_str(o, S("client_id"));
	const char *z = arena_printf(k->mem, "%.*s%c", FMT(id), 0).p;
	assert_true(str_starts(id, S("gh_c_")) && !json_get(o, S("client_secret")));
	check("sealed", send(good(z, &t.rsa), ""), FITS);
	check("another key", send(good(z, &t.key), ""), ERR_CLIENT_ASSERTION);
	str token = json_get_str(o, S("registration_access_token"));
	a = kit_manage(k, HTTP_PUT, id, token,
	    arena_printf(k->mem,
		"{\"client_id\":\"%.*s\",\"redirect_uris\":[\"https://client.example/cb\"],\"jwks\":%.*s}",
		FMT(id), FMT(set_of(&t.key))));
	assert_int_equal(a.err, OK);
	check("the key that it registered anew", send(good(z, &t.key), ""), FITS);
	check("the one before", send(good(z, &t.rsa), ""), ERR_CLIENT_ASSERTION);
	kit_sql(k, "UPDATE client SET status = 'blocked'");
	check("blocked", send(good(z, &t.key), ""), ERR_CLIENT_BLOCKED);
	kit_sql(k, "UPDATE client SET status = 'active'");
	assert_int_equal(kit_manage(k, HTTP_DELETE, id, token, S("")).reply.status, 204);
	check("deleted", send(good(z, &t.key), ""), ERR_CLIENT_ASSERTION);
}

/* Elsewhere it proves the client as well. */
static void at_revoke(void **state)
{
	str assertion = good("signer", &t.key);
	struct answer a = kit_revoke(&t.k,
	    arena_printf(
		t.k.mem, "token=x&client_assertion_type=" TYPE "&client_assertion=%.*s", FMT(assertion)));

	assert_int_equal(a.err, OK);
	check("CA-21 also from one endpoint to another", send(assertion, ""), ERR_CLIENT_REPLAYED);
}

/* The keys of a set are made once, and are those of that very text: whoever changes it has the old ones no more. */
static void keys_are_made_once(void **state)
{
	struct ctx c = { .mem = t.k.mem, .now = t.k.now, .site = &t.k.site, .lane = LANE_VERIFY };
	unsigned char hash[SHA256_SIZE];

	sha256(t.k.clients[0].jwks, hash);
	holds("nothing yet", !recall_find(&c, RECALL_KEYS, hash, NULL));
	check("the first", send(good("signer", &t.key), ""), FITS);
	const struct jwks *set = recall_find(&c, RECALL_KEYS, hash, NULL);
	check("the second", send(good("signer", &t.key), ""), FITS);
	holds("one key", set && set->count == 1 && str_eq(set->keys[0].kid, S("one")));
	holds("the same", recall_find(&c, RECALL_KEYS, hash, NULL) == set);
	check_dull("somebody else's", send(good("signer", &t.other), ""));
	t.other.kid = S("one");
	t.k.clients[0].jwks = set_of(&t.other);
	check("turned", send(good("signer", &t.other), ""), FITS);
	check_dull("the old one", send(good("signer", &t.key), ""));
}

/* Nobody can know then whether it came before: it is not believed, and good when the store is back. */
static void one_that_the_store_cannot_remember_proves_nothing(void **state)
{
	struct fault plan = { .with = ERR_STORE, .statement = "replay_put" };
	str assertion = good("signer", &t.key);
	(void)state;

	t.k.writer = db_fault(t.k.writer, &plan);
	same_err("the store fails", send(assertion, "").err, ERR_STORE);
	plan.statement = NULL;
	check("the store is back", send(assertion, ""), FITS);
	check("once", send(assertion, ""), ERR_CLIENT_REPLAYED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(taken),
		TEST(refused),
		TEST(other_proofs),
		TEST(once),
		TEST(of_one_client_only_so_many_are_remembered),
		TEST(keys_of_a_host),
		TEST(keys_that_do_not_come),
		TEST(registered),
		TEST(at_revoke),
		cmocka_unit_test_setup_teardown(keys_are_made_once, setup_remembering, teardown),
		TEST(one_that_the_store_cannot_remember_proves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
