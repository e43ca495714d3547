/* What may be the address of a client's document, and what may stand there: CIMD and CIMDX rows. */
#include "base/unit.h"
#include "client/document.h"

#include <string.h>

#define URL "https://client.example/oauth/c.json"
#define ID "\"client_id\":\"" URL "\""
#define NAME "\"client_name\":\"Example\""
#define URIS "\"redirect_uris\":[\"http://localhost/callback\",\"http://127.0.0.1/callback\"]"
#define ALL ID "," NAME "," URIS

static struct arena *mem;

static int setup(void **state)
{
	(void)state;
	mem = arena_new(1 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_unref(mem);
	return 0;
}

static void a_client_id_is_refused_by_its_address(void **state)
{
	static const struct {
		const char *url, *why;
	} rows[] = {
		{ "http://127.0.0.1:1/c.json", "it is not https" },                              /* CIMD-01 */
		{ "https://127.0.0.1:1/c.json", "its host is no name of" },                      /* CIMD-02 */
		{ "https://localhost:1/c.json", "its host is no name of" },                      /* CIMD-03 */
		{ "https://[::1]:1/c.json", "its host is no name of" },                          /* CIMD-04 */
		{ "https://[::ffff:7f00:1]:1/c.json", "its host is no name of" },                /* CIMD-05 */
		{ "https://2130706433:1/c.json", "its host is no name of" },                     /* CIMD-06 */
		{ "https://0x7f000001:1/c.json", "its host is no name of" },                     /* CIMD-07 */
		{ "https://0177.0.0.1:1/c.json", "its host is no name of" },                     /* CIMD-08 */
		{ "https://127.1:1/c.json", "its host is no name of" },                          /* CIMD-09 */
		{ "https://0x7f.1:1/c.json", "its host is no name of" },                         /* CIMD-09 */
		{ "https://a.example.0x7f:1/c.json", "its host is no name of" },                 /* CIMD-09 */
		{ "https://0.0.0.0:1/c.json", "its host is no name of" },                        /* CIMD-10 */
		{ "https://localhost.:1/c.json", "its host is no name of" },                     /* CIMD-11 */
		{ "https://client.example./c.json", "its host is no name of" },                  /* CIMD-11 */
		{ "https://a.LOCALHOST/c.json", "its host is no name of" },                      /* CIMD-12 */
		{ "https://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/c.json", "it is no URL" }, /* CIMD-13 */
		{ "https://user:pw@client.example/c.json", "it has a user" },                    /* CIMD-14 */
		{ "https://@client.example/c.json", "it has a user" },                           /* CIMD-14 */
		{ "https://169.254.169.254/latest/meta-data/", "its host is no name of" },       /* CIMD-15 */
		{ "https://10.0.0.1/c.json", "its host is no name of" },                         /* CIMD-16 */
		{ "https://[fd00::1]/c.json", "its host is no name of" },                        /* CIMD-17 */
		{ "https://[64:ff9b::7f00:1]/c.json", "its host is no name of" },                /* CIMD-18 */
		{ "https://client.example/c.json#frag", "it has a fragment" },                   /* CIMD-19 */
		{ "https://client.example/c.json#", "it has a fragment" },                       /* CIMD-19 */
		{ "https://client.example", "it has no path" },                                  /* CIMD-20 */
		{ "https://client.example/", "it has no path" },                                 /* CIMD-20 */
		{ "https://client.example/a/../c.json", "its path has dot segments" },           /* CIMD-21 */
		{ "https://client.example/a/%2e%2E/c.json", "its path has dot segments" },       /* CIMD-21 */
		{ "https://client.example/./c.json", "its path has dot segments" },              /* CIMD-21 */
		{ "file:///etc/passwd", "it is not https" },                                     /* CIMD-22 */
		{ "gopher://127.0.0.1:25/_x", "it is not https" },                               /* CIMD-23 */
		{ "HTTPS://client.example/c.json", "it is not https" },
		{ "https:///c.json", "it is no URL" },
		{ "https://inside/c.json", "its host is no name of" },
		{ "https://client.example\\@evil.example/c.json", "it is no URL" },
		{ "https://client.example/c .json", "it is no URL" },
		{ "https://client.example/c\n.json", "it is no URL" },
		{ "https://client%2eexample/c.json", "it is no URL" },
		{ "https://.client.example/c.json", "its host is no name of" },
		{ "https://client..example/c.json", "its host is no name of" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *why = document_url_problem(str_of(rows[i].url), false);
		if (!why || strncmp(why, rows[i].why, strlen(rows[i].why)) != 0)
			fail_msg("%s: %s", rows[i].url, why ? why : "taken");
	}
	char longer[1100] = "https://client.example/";
	memset(longer + 23, 'a', sizeof longer - 24);
	assert_string_equal(document_url_problem(str_of(longer), false), "it is too long");
}

static void these_are_addresses_of_documents(void **state)
{
	static const char *const urls[] = { "https://claude.ai/oauth/claude-code-client-metadata", URL,
		"https://client.example:8443/c.json", "https://client.example/c.json?v=1",
		"https://xn--bcher-kva.example/c", "https://CLIENT.example/c", "https://a_b.example/c" };
	(void)state;

	for (size_t i = 0; i < COUNT(urls); i++) {
		if (document_url_problem(str_of(urls[i]), false))
			fail_msg("%s: %s", urls[i], document_url_problem(str_of(urls[i]), false));
		assert_true(document_meant(str_of(urls[i])));
	}
	/* with networks of our own, the fetcher judges where a host leads; the rest holds */
	assert_null(document_url_problem(S("https://127.0.0.1:8443/c"), true));
	assert_null(document_url_problem(S("https://inside/c"), true));
	assert_non_null(document_url_problem(S("http://inside/c"), true));
	assert_false(document_meant(S("ci")));
	assert_false(document_meant(S("://x")));
	assert_true(str_eq(document_host(S("https://claude.ai:443/c")), S("claude.ai")));
}

static enum err read(const char *members, struct client *out, const char **why)
{
	return document_read(mem, S(URL), arena_printf(mem, "{%s}", members), out, why);
}

static void a_document_is_refused_by_its_member(void **state)
{
	static const struct {
		const char *members, *why;
	} rows[] = {
		{ NAME "," URIS, "client_id is not the address" },
		{ "\"client_id\":\"" URL "?\"," NAME "," URIS,
		    "client_id is not the address" }, /* CIMDX-05 */
		{ "\"client_id\":\"https://CLIENT.example/oauth/c.json\"," NAME "," URIS,
		    "client_id is not" },
		{ "\"client_id\":[\"" URL "\"]," NAME "," URIS, "client_id is not the address" },
		{ ID "," URIS, "client_name is missing" },
		{ ID ",\"client_name\":\"\"," URIS, "client_name is missing" },
		{ ID ",\"client_name\":\"a\\u202eb\"," URIS, "client_name is too long or has" },
		{ ID ",\"client_name\":\"a\\u0007b\"," URIS, "client_name is too long or has" },
		{ ID "," NAME, "redirect_uris is missing" },
		{ ID "," NAME ",\"redirect_uris\":[]", "redirect_uris is missing" },
		{ ID "," NAME ",\"redirect_uris\":\"https://a.example/\"", "redirect_uris is missing" },
		{ ID "," NAME ",\"redirect_uris\":[7]", "redirect_uris has an item that is no string" },
		{ ID "," NAME ",\"redirect_uris\":[\"javascript:alert(1)\",\"http://evil.example/\"]",
		    "redirect_uris has none" },
		{ ALL ",\"client_secret\":\"x\"", "client_secret has no place" },        /* CIMDX-06 */
		{ ALL ",\"client_secret_expires_at\":0", "client_secret has no place" }, /* CIMDX-06 */
		{ ALL ",\"token_endpoint_auth_method\":\"client_secret_basic\"",
		    "token_endpoint_auth_method" },
		{ ALL ",\"token_endpoint_auth_method\":\"client_secret_post\"",
		    "token_endpoint_auth_method" },
		{ ALL ",\"token_endpoint_auth_method\":\"client_secret_jwt\"", "token_endpoint_auth_method" },
		{ ALL ",\"token_endpoint_auth_method\":7", "token_endpoint_auth_method" },
		{ ALL ",\"token_endpoint_auth_method\":\"private_key_jwt\"", "private_key_jwt needs" },
		{ ALL ",\"jwks_uri\":\"http://client.example/jwks\"", "an address in it" },
		{ ALL ",\"logo_uri\":\"http://client.example/l.png\"", "an address in it" },
		{ ALL ",\"client_uri\":\"javascript:alert(1)\"", "an address in it" },
		{ ALL ",\"tos_uri\":\"https://a:b@client.example/\"", "an address in it" },
		{ ALL ",\"policy_uri\":7", "an address in it" },
		{ ALL ",\"jwks\":{\"keys\":[]}", "jwks is no key set" },
		{ ALL ",\"jwks\":[]", "jwks is no key set" },
		{ ALL ",\"jwks\":{\"keys\":[{\"kty\":\"EC\",\"d\":\"x\"}]}", "jwks has a private key" },
		{ ALL ",\"jwks\":{\"keys\":[{\"kty\":\"oct\",\"k\":\"x\"}]}", "jwks has a private key" },
		{ ALL ",\"jwks\":{\"keys\":[{\"kty\":\"EC\"}]},\"jwks_uri\":\"https://client.example/j\"",
		    "jwks and jwks_uri" },
		{ ALL ",\"grant_types\":\"authorization_code\"", "grant_types is no array" },
		{ ALL ",\"grant_types\":[\"client_credentials\",\"implicit\"]", "grant_types has none" },
		{ ID "," ALL, "it is no JSON object" }, /* a member twice */
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct client client;
		const char *why;
		enum err e = read(rows[i].members, &client, &why);
		if (e != ERR_DOCUMENT_INVALID || strncmp(why, rows[i].why, strlen(rows[i].why)) != 0)
			fail_msg("%s: %d %s", rows[i].members, e, why);
	}
}

static void a_document_is_read_as_it_stands(void **state)
{
	struct client client;
	const char *why;
	(void)state;

	assert_int_equal(
	    read(ALL ",\"client_uri\":\"https://client.example\",\"unheard_of\":{\"a\":[1]}", &client, &why),
	    OK);
	assert_int_equal(client.origin, CLIENT_DOCUMENT);
	assert_true(str_eq(client.client_id, S(URL)) && str_eq(client.name, S("Example")));
	assert_true(str_eq(client.redirect_uris, S("http://localhost/callback http://127.0.0.1/callback")));
	assert_true(client.native);
	assert_true(str_eq(client.auth_method, S("none")));
	assert_true(str_eq(client.grant_types, S("authorization_code refresh_token")));
	assert_true(str_eq(client.uri, S("https://client.example")));
	assert_true(client.row == 0 && client.secret_hash.n == 0 && !client.blocked);
}

static void what_is_not_served_is_left_out(void **state)
{
	struct client client;
	const char *why;
	(void)state;

	assert_int_equal(
	    read(ID "," NAME ",\"redirect_uris\":[\"javascript:alert(1)\",\"https://client.example/cb\"],"
		    "\"grant_types\":[\"implicit\",\"authorization_code\",\"authorization_code\"],"
		    "\"response_types\":[\"token\",\"code\"]",
		&client, &why),
	    OK);
	assert_true(str_eq(client.redirect_uris, S("https://client.example/cb")));
	assert_true(str_eq(client.grant_types, S("authorization_code")));
	assert_false(client.native);
}

static void keys_of_a_document_are_kept(void **state)
{
	struct client client;
	const char *why;
	(void)state;

	assert_int_equal(read(ALL ",\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":{\"keys\":[{"
				  "\"kty\":\"EC\",\"x\":\"1\"}]}",
			     &client, &why),
	    OK);
	assert_true(str_eq(client.auth_method, S("private_key_jwt")));
	assert_true(str_eq(client.jwks, S("{\"keys\":[{\"kty\":\"EC\",\"x\":\"1\"}]}")));
	assert_int_equal(read(ALL ",\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks_uri\":\"https:/"
				  "/client.example/j\"",
			     &client, &why),
	    OK);
	assert_true(str_eq(client.jwks_uri, S("https://client.example/j")));
	assert_int_equal(client.jwks.n, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_client_id_is_refused_by_its_address),
		TEST(these_are_addresses_of_documents),
		TEST(a_document_is_refused_by_its_member),
		TEST(a_document_is_read_as_it_stands),
		TEST(what_is_not_served_is_left_out),
		TEST(keys_of_a_document_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
