/* Clients: sealed into their own ids, declared by the file, known by row. */
#include "base/unit.h"
#include "client/client.h"
#include "model/redirect.h"
#include "oauth/kit.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

static const struct client sample = {
	.name = S_INIT("Some Client"),
	.uri = S_INIT("https://client.example"),
	.auth_method = S_INIT("client_secret_post"),
	.redirect_uris = S_INIT("https://client.example/cb http://127.0.0.1/"),
	.grant_types = S_INIT("authorization_code refresh_token"),
	.scope = S_INIT("mcp:tools"),
};

static void round_trip(void **state)
{
	struct kit *k = *state;
	struct client got;
	str id, again;

	assert_int_equal(client_seal(k->mem, k->site.key_client, 1, &sample, KIT_NOW, &id), OK);
	for (size_t i = 0; i < id.n; i++)
		assert_true((id.p[i] >= 'a' && id.p[i] <= 'z') || (id.p[i] >= 'A' && id.p[i] <= 'Z') ||
		    (id.p[i] >= '0' && id.p[i] <= '9') || id.p[i] == '-' || id.p[i] == '_');
	assert_int_equal(client_unseal(k->mem, k->site.key_client, 1, id, &got), OK);
	same("name", got.name, sample.name);
	same("uri", got.uri, sample.uri);
	same("method", got.auth_method, sample.auth_method);
	same("redirects", got.redirect_uris, sample.redirect_uris);
	same("grants", got.grant_types, sample.grant_types);
	same("scope", got.scope, sample.scope);
	same("id", got.client_id, id);
	assert_true(got.origin == CLIENT_SEALED && got.row == 0 && !got.native);

	assert_int_equal(client_seal(k->mem, k->site.key_client, 1, &sample, KIT_NOW, &again), OK);
	assert_false(str_eq(id, again)); /* each registration is a client of its own (U-25) */
}

/* An id that the first version of this program sealed, with the key of this kit: people's clients keep theirs for years. */
static void sealed_by_the_first_version(void **state)
{
	static const char golden[] =
	    "gh_c_ASOLa3EGaT37Q8Ym9uaCp53JhQr-KzMKnbQXO7F1_Fq0LlgRPez3kGbJiGdC_id666fMYgLlv4v2_8lxaKj-X"
	    "hnGTzuVTy1OefYzG7Kj4ODl1gvLIenl5sGGyExkoW0TSNMImapdzevO2uf8tiq9xOZwrJ9WnIiKbdaHpXS9tVXiB5A";
	struct kit *k = *state;
	struct client got;

	assert_int_equal(client_unseal(k->mem, k->site.key_client, 1, str_of(golden), &got), OK);
	same("name", got.name, S("Golden"));
	same("uri", got.uri, S("https://golden.example"));
	same("method", got.auth_method, S("client_secret_post"));
	same("redirects", got.redirect_uris, S("https://golden.example/cb http://127.0.0.1/cb"));
	same("grants", got.grant_types, S("authorization_code refresh_token"));
	same("scope", got.scope, S("weather:read"));
	same("keys", got.jwks, S(""));
	assert_true(got.origin == CLIENT_SEALED && !got.dpop && !got.par);
	same("its secret", client_sealed_secret(k->mem, k->site.key_client, str_of(golden)),
	    S("gh_cs_jTeLgQChfXjZrzCsdC8p_5--69DRQP6eKr-KkywvFSY"));
	/* the version is sealed with the rest */
	char *other = arena_alloc(k->mem, sizeof golden - 1);
	memcpy(other, golden, sizeof golden - 1);
	other[6] = 'I'; /* 01 -> 02 in base64url: gh_c_AS -> gh_c_AI */
	assert_int_equal(
	    client_unseal(k->mem, k->site.key_client, 1, (str){ other, sizeof golden - 1 }, &got),
	    ERR_NOT_FOUND);
}

/* What few clients have travels in the id too. */
static void extras(void **state)
{
	struct kit *k = *state;
	struct client client = sample, got;
	str id;

	client.auth_method = S("private_key_jwt");
	client.jwks = S("{\"keys\":[]}");
	client.logout_uris = S("https://client.example/bye");
	client.backchannel = S("https://client.example/out");
	client.dpop = client.par = true;
	client.grant_types = S("authorization_code urn:ietf:params:oauth:grant-type:device_code");
	assert_int_equal(client_seal(k->mem, k->site.key_client, 1, &client, KIT_NOW, &id), OK);
	assert_int_equal(client_unseal(k->mem, k->site.key_client, 1, id, &got), OK);
	same("method", got.auth_method, client.auth_method);
	same("grants", got.grant_types, client.grant_types);
	same("keys", got.jwks, client.jwks);
	same("where people go after signing out", got.logout_uris, client.logout_uris);
	same("who is told", got.backchannel, client.backchannel);
	same("uri", got.uri, client.uri);
	assert_true(got.dpop && got.par);
	/* CA-24: there is no secret that such a client could show */
	struct ctx c = { .mem = k->mem, .site = &k->site };
	assert_false(
	    client_secret_fits(&c, &got, secret_of(client_sealed_secret(k->mem, k->site.key_client, id))));
}

static void not_ours(void **state)
{
	struct kit *k = *state;
	struct client got;
	str id, other;

	assert_int_equal(client_seal(k->mem, k->site.key_client, 1, &sample, KIT_NOW, &id), OK);
	assert_int_equal(client_unseal(k->mem, k->site.key_client, 2, id, &got), ERR_NOT_FOUND); /* ADM-07 */
	assert_int_equal(client_unseal(k->mem, k->site.key_refresh, 1, id, &got), ERR_NOT_FOUND);
	for (size_t n = 0; n < id.n; n++)
		assert_int_equal(
		    client_unseal(k->mem, k->site.key_client, 1, str_sub(id, 0, n), &got), ERR_NOT_FOUND);
	for (size_t i = 0; i < id.n; i++) {
		char *p = arena_alloc(k->mem, id.n);
		memcpy(p, id.p, id.n);
		p[i] = p[i] == 'A' ? 'B' : 'A';
		assert_int_equal(
		    client_unseal(k->mem, k->site.key_client, 1, (str){ p, id.n }, &got), ERR_NOT_FOUND);
	}
	other = arena_printf(k->mem, "%.*sA", FMT(id));
	assert_int_equal(client_unseal(k->mem, k->site.key_client, 1, other, &got), ERR_NOT_FOUND);
	other = arena_printf(k->mem, "%.*s=", FMT(id));
	assert_int_equal(client_unseal(k->mem, k->site.key_client, 1, other, &got), ERR_NOT_FOUND);
	assert_int_equal(client_unseal(k->mem, k->site.key_client, 1, S(""), &got), ERR_NOT_FOUND);
	assert_int_equal(client_unseal(k->mem, k->site.key_client, 1, S("gh_c_"), &got), ERR_NOT_FOUND);
}

static void too_large(void **state)
{
	struct kit *k = *state;
	struct client big = sample;
	char *p = arena_alloc(k->mem, 70000);
	str id;

	memset(p, 'x', 70000);
	for (size_t n = 900; n < 1200; n++) {
		big.name = (str){ p, n };
		enum err e = client_seal(k->mem, k->site.key_client, 1, &big, KIT_NOW, &id);
		assert_true(e == OK ? id.n <= CLIENT_ID_MAX : e == ERR_TOO_LARGE);
	}
	big.name = (str){ p, 70000 };
	assert_int_equal(client_seal(k->mem, k->site.key_client, 1, &big, KIT_NOW, &id), ERR_TOO_LARGE);
}

static void secrets(void **state)
{
	struct kit *k = *state;
	struct ctx c = { .mem = k->mem, .site = &k->site, .db = k->reader, .lane = LANE_READ };
	struct client got, ci;
	str id;

	assert_int_equal(client_seal(k->mem, k->site.key_client, 1, &sample, KIT_NOW, &id), OK);
	assert_int_equal(client_open(&c, id, &got), OK);
	str secret = client_sealed_secret(k->mem, k->site.key_client, id);
	assert_true(client_secret_fits(&c, &got, secret_of(secret)));
	assert_false(client_secret_fits(&c, &got, secret_of(str_sub(secret, 0, secret.n - 1))));
	assert_false(client_secret_fits(&c, &got, secret_of(arena_printf(k->mem, "%.*sx", FMT(secret)))));
	assert_false(client_secret_fits(&c, &got, secret_of(S(""))));
	got.auth_method = S("none");
	assert_false(client_secret_fits(&c, &got, secret_of(secret)));

	assert_int_equal(client_open(&c, S("ci"), &ci), OK);
	assert_true(client_secret_fits(&c, &ci, secret_of(S(KIT_SECRET))));
	assert_false(client_secret_fits(&c, &ci, secret_of(S("GH_CS_THE-SECRET-OF-CI"))));
	/* M-81: the new one and the one before it */
	ci.old_secret = b64url_write(k->mem, ci.secret_hash);
	ci.old_until = INT64_MAX;
	ci.secret_hash = sha256_str(k->mem, S("the new secret of ci"));
	assert_true(client_secret_fits(&c, &ci, secret_of(S(KIT_SECRET))));
	assert_true(client_secret_fits(&c, &ci, secret_of(S("the new secret of ci"))));
	assert_false(client_secret_fits(&c, &ci, secret_of(S("the old secret of ci"))));
	ci.old_secret = (str){ NULL, 0 };
	ci.secret_hash = (str){ NULL, 0 };
	assert_false(client_secret_fits(&c, &ci, secret_of(S(""))));
}

static enum err put_it(struct db *db, void *arg)
{
	struct ctx *c = arg;

	c->db = db;
	return client_ensure_row(c, c->state);
}

static void rows(void **state)
{
	struct kit *k = *state;
	struct ctx c = {
		.mem = k->mem, .site = &k->site, .now = k->now, .now_ms = k->now * 1000, .lane = LANE_WRITE
	};
	struct client got, again;
	str id;

	assert_int_equal(client_seal(k->mem, k->site.key_client, 1, &sample, KIT_NOW, &id), OK);
	assert_int_equal(client_open(&c, id, &got), OK);
	again = got;
	c.state = &got;
	struct db_job job = { .run = put_it, .arg = &c }, *jobs[] = { &job };
	db_group(k->writer, jobs, 1);
	assert_int_equal(job.result, OK);
	assert_true(got.row > 0);
	c.state = &again; /* who comes second gets the row that is there */
	db_group(k->writer, jobs, 1);
	assert_true(again.row == got.row);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM client"), 1);

	struct ctx r = { .mem = k->mem, .site = &k->site, .db = k->reader, .lane = LANE_READ };
	assert_int_equal(client_find(&r, id, &again), OK);
	assert_true(again.row == got.row && !again.blocked);
	kit_sql(k, "UPDATE client SET status = 'blocked'");
	assert_int_equal(client_find(&r, id, &again), OK);
	assert_true(again.blocked);

	kit_sql(k, "UPDATE client SET status = 'deleted'");
	assert_int_equal(client_find(&r, id, &again), ERR_NOT_FOUND); /* though the id still opens */
	assert_int_equal(client_open(&r, id, &again), OK);
	kit_sql(k, "UPDATE client SET status = 'active', origin = 'registered', name = 'Later'");
	assert_int_equal(client_find(&r, id, &again), OK);
	same("what it registered anew counts", again.name, S("Later"));
	assert_true(again.origin == CLIENT_REGISTERED);
	kit_sql(k, "UPDATE client SET status = 'deleted'");
	assert_int_equal(client_find(&r, id, &again), ERR_NOT_FOUND);
	kit_sql(k, "UPDATE client SET status = 'blocked', origin = 'sealed'");

	/* the row stands for itself when the key that sealed the id is gone, secret included */
	str secret = client_sealed_secret(k->mem, k->site.key_client, id);
	k->site.key_client = k->site.key_form;
	assert_int_equal(client_find(&r, id, &again), OK);
	same("its redirects", again.redirect_uris, sample.redirect_uris);
	same("its uri", again.uri, sample.uri);
	assert_true(client_secret_fits(&r, &again, secret_of(secret)));
}

static void gone_from_the_file(void **state)
{
	struct kit *k = *state;
	struct ctx c = { .mem = k->mem,
		.site = &k->site,
		.now = k->now,
		.now_ms = k->now * 1000,
		.db = k->reader,
		.lane = LANE_READ };
	struct client got;

	(void)kit_code(k); /* gives app its row */
	assert_int_equal(client_find(&c, S("app"), &got), OK);
	assert_true(got.row > 0 && client_trusted(&c, &got) && client_verified(&got));
	k->site.client_count = 1;
	assert_int_equal(client_find(&c, S("app"), &got), ERR_NOT_FOUND);
	assert_int_equal(client_find(&c, S("nobody"), &got), ERR_NOT_FOUND);
}

static void words(void **state)
{
	struct kit *k = *state;
	struct client nameless = sample;

	same("a name", client_name(k->mem, &sample), S("Some Client"));
	nameless.name = (str){ NULL, 0 };
	same("no name: where it returns to", client_name(k->mem, &nameless), S("client.example"));
	assert_true(client_may(&sample, S("refresh_token")));
	assert_false(client_may(&sample, S("refresh")));
	assert_false(client_may(&sample, S("client_credentials")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(round_trip),
		TEST(sealed_by_the_first_version),
		TEST(extras),
		TEST(not_ours),
		TEST(too_large),
		TEST(secrets),
		TEST(rows),
		TEST(gone_from_the_file),
		TEST(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
