/* The documents that clients read first, letter for letter; DISC rows of the attack list. */
#include "base/unit.h"
#include "oauth/kit.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

#define METHODS "[\"none\",\"client_secret_basic\",\"client_secret_post\",\"private_key_jwt\"]"

static const char document[] =
    "{\"issuer\":\"https://auth.example\","
    "\"authorization_endpoint\":\"https://auth.example/authorize\","
    "\"token_endpoint\":\"https://auth.example/token\","
    "\"registration_endpoint\":\"https://auth.example/register\","
    "\"revocation_endpoint\":\"https://auth.example/revoke\","
    "\"jwks_uri\":\"https://auth.example/.well-known/jwks.json\","
    "\"device_authorization_endpoint\":\"https://auth.example/device_authorization\","
    "\"pushed_authorization_request_endpoint\":\"https://auth.example/par\","
    "\"require_pushed_authorization_requests\":false,"
    "\"scopes_supported\":[\"users:read\",\"users:write\",\"clients:read\",\"weather:read\",\"weather:"
    "write\",\"openid\",\"profile\",\"email\",\"offline_access\"],"
    "\"response_types_supported\":[\"code\"],"
    "\"response_modes_supported\":[\"query\"],"
    "\"grant_types_supported\":[\"authorization_code\",\"refresh_token\",\"client_credentials\","
    "\"urn:ietf:params:oauth:grant-type:device_code\","
    "\"urn:ietf:params:oauth:grant-type:token-exchange\","
    "\"urn:ietf:params:oauth:grant-type:jwt-bearer\"],"
    "\"token_endpoint_auth_methods_supported\":" METHODS
    ",\"token_endpoint_auth_signing_alg_values_supported\":[\"ES256\",\"RS256\",\"PS256\",\"EdDSA\"],"
    "\"revocation_endpoint_auth_methods_supported\":" METHODS
    ",\"revocation_endpoint_auth_signing_alg_values_supported\":[\"ES256\",\"RS256\",\"PS256\",\"EdDSA\"]"
    ","
    "\"introspection_endpoint\":\"https://auth.example/introspect\","
    "\"introspection_endpoint_auth_methods_supported\":[\"client_secret_basic\",\"client_secret_post\","
    "\"private_key_jwt\"],"
    "\"introspection_endpoint_auth_signing_alg_values_supported\":[\"ES256\",\"RS256\",\"PS256\",\"EdDSA\"],"
    "\"introspection_signing_alg_values_supported\":[\"ES256\"],"
    "\"code_challenge_methods_supported\":[\"S256\"],"
    "\"dpop_signing_alg_values_supported\":[\"ES256\",\"EdDSA\",\"RS256\",\"PS256\"],"
    "\"authorization_response_iss_parameter_supported\":true,"
    "\"client_id_metadata_document_supported\":true,"
    "\"userinfo_endpoint\":\"https://auth.example/userinfo\","
    "\"end_session_endpoint\":\"https://auth.example/logout\","
    "\"subject_types_supported\":[\"public\"],"
    "\"id_token_signing_alg_values_supported\":[\"ES256\"],"
    "\"claims_supported\":[\"iss\",\"sub\",\"aud\",\"iat\",\"exp\",\"auth_time\",\"nonce\",\"acr\",\"amr\","
    "\"at_hash\","
    "\"sid\",\"name\",\"preferred_username\",\"email\",\"email_verified\"],"
    "\"acr_values_supported\":[\"aal1\"],"
    "\"prompt_values_supported\":[\"none\",\"login\",\"consent\",\"select_account\"],"
    "\"claims_parameter_supported\":false,"
    "\"request_parameter_supported\":false,"
    "\"request_uri_parameter_supported\":false,"
    "\"backchannel_logout_supported\":true,"
    "\"backchannel_logout_session_supported\":true}";

static struct answer get(struct kit *k, enum err (*handler)(struct ctx *c), str path)
{
	return kit_send(k, &(struct sent){ handler, LANE_LOOP, HTTP_GET, path });
}

/*
 * DISC-01, -09, -10, -11; A-03, S-09. The request plays no part (DISC-02 to -07): the text was made before it
 * came.
 */
static void authorization_server(void **state)
{
	struct kit *k = *state;
	struct answer a = get(k, metadata_show, S("/.well-known/oauth-authorization-server"));

	assert_int_equal(a.err, OK);
	assert_int_equal(a.reply.status, 200);
	same("the document", a.body, str_of(document));
	same("its type", kit_header(&a, "Content-Type"), S("application/json"));
	assert_true(str_find(a.body, S("null")) < 0 && str_find(a.body, S("\"\"")) < 0);
}

static void key_set(void **state)
{
	struct kit *k = *state;
	struct answer a = get(k, jwks_show, S("/.well-known/jwks.json"));

	assert_int_equal(a.reply.status, 200);
	same("the set", a.body, k->site.json_jwks);
	assert_true(str_find(a.body, S("\"d\"")) < 0); /* JWT-18 */
}

/* RFC 9728 section 2 */
#define DPOP_MEMBER "\"dpop_signing_alg_values_supported\":[\"ES256\",\"EdDSA\",\"RS256\",\"PS256\"],"
#define WEATHER_DOCUMENT                                                                           \
	"{\"resource\":\"https://auth.example/weather/mcp\",\"authorization_servers\":[\"https://" \
	"auth.example\"],"                                                                         \
	"\"scopes_supported\":[\"weather:read\",\"weather:write\"],\"bearer_methods_supported\":[" \
	"\"header\"]," DPOP_MEMBER "\"resource_name\":\"Weather\"}"
#define MANAGEMENT_DOCUMENT                                                                                \
	"{\"resource\":\"https://auth.example/mcp\",\"authorization_servers\":[\"https://auth.example\"]," \
	"\"scopes_supported\":[\"users:read\",\"users:write\",\"clients:read\"],\"bearer_methods_"         \
	"supported\":[\"header\"]," DPOP_MEMBER "\"resource_name\":\"Gatehouse\"}"

/* A-04, B-13, S-15, X-3, MCP-10: both forms, and what the root one names. */
static void resources(void **state)
{
	static const struct {
		const char *sentence, *path;
		size_t resources; /* management, weather, notes */
		const char *want; /* NULL: 404 */
	} rows[] = {
		{ "with the path", "/.well-known/oauth-protected-resource/weather/mcp", 2, WEATHER_DOCUMENT },
		{ "with the path and a slash", "/.well-known/oauth-protected-resource/weather/mcp/", 2,
		    WEATHER_DOCUMENT },
		{ "management", "/.well-known/oauth-protected-resource/mcp", 2, MANAGEMENT_DOCUMENT },
		{ "the root names the only protected one", "/.well-known/oauth-protected-resource", 2,
		    WEATHER_DOCUMENT },
		{ "the root with a slash", "/.well-known/oauth-protected-resource/", 2, WEATHER_DOCUMENT },
		{ "the root without any", "/.well-known/oauth-protected-resource", 1, MANAGEMENT_DOCUMENT },
		{ "the root with two", "/.well-known/oauth-protected-resource", 3, MANAGEMENT_DOCUMENT },
		{ "nothing there", "/.well-known/oauth-protected-resource/nowhere", 2, NULL },
		{ "a longer path", "/.well-known/oauth-protected-resource/weather/mcp/x", 2, NULL },
		{ "the root of a server without resources", "/.well-known/oauth-protected-resource", 0,
		    NULL },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		k->site.resource_count = rows[i].resources;
		struct answer a = get(k, resource_metadata_show, str_of(rows[i].path));
		same_err(rows[i].sentence, a.err, rows[i].want ? OK : ERR_NO_ROUTE);
		if (rows[i].want)
			same(rows[i].sentence, a.body, str_of(rows[i].want));
	}
}

/* U-07: a resource with one scope lists one scope, and one without any has no empty list. */
static void scopes_of_one(void **state)
{
	struct kit *k = *state;

	assert_true(str_find(resource_metadata_write(k->mem, &k->site, &k->resources[2]),
			S("\"scopes_supported\":[\"mcp:tools\"]")) > 0);
	k->resources[2].scopes = S("");
	assert_true(
	    str_find(resource_metadata_write(k->mem, &k->site, &k->resources[2]), S("scopes_supported")) < 0);
}

/* Whether a server at an address of its own looks at proofs, we do not know. */
static void proofs_of_one(void **state)
{
	struct kit *k = *state;
	str ours = resource_metadata_write(k->mem, &k->site, &k->resources[1]);

	assert_true(str_find(ours, S("dpop_signing_alg_values_supported")) > 0);
	assert_true(
	    str_find(ours, S("dpop_bound_access_tokens_required")) < 0); /* not for everybody: false */
	k->resources[1].path = S("");
	assert_true(str_find(resource_metadata_write(k->mem, &k->site, &k->resources[1]), S("dpop")) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(authorization_server), TEST(key_set), TEST(resources),
		TEST(scopes_of_one), TEST(proofs_of_one) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
