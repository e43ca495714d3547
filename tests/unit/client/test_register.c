/* /register: the bodies that real clients send, with exact answers, and the DCR rows of the attack list. */
#include "base/unit.h"
#include "client/client.h"
#include "oauth/kit.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

/* The end of every answer (RFC 7592 section 3): where and with what the registration is managed. */
static str managed(struct kit *k, str id)
{
	return arena_printf(k->mem,
	    "\"registration_client_uri\":\"" ISSUER "/register/%.*s\",\"registration_access_token\":\"%.*s\"",
	    FMT(id), FMT(client_registration_token(k->mem, k->site.key_client, id)));
}

/* "All" of clients-observed.md: what every client sends beside its own. */
#define ALL                                                                                                 \
	"\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"],\"token_" \
	"endpoint_auth_method\":\"none\""
/* the same for who signs in on devices too */
#define DEVICE                                                                                          \
	"\"grant_types\":[\"authorization_code\",\"refresh_token\",\"urn:ietf:params:oauth:grant-type:" \
	"device_code\"],\"response_types\":[\"code\"],\"token_endpoint_auth_method\":\"none\""
#define BOTH "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"]"

/*
 * Sent and answered by the clients that people have. In the answer client_id and client_id_issued_at stand in
 * front.
 */
static void real_bodies(void **state)
{
	static const struct {
		const char *client, *body, *answer;
	} rows[] = {
		{ "claude.ai",
		    "{\"client_name\":\"Claude\",\"redirect_uris\":[\"https://claude.ai/api/mcp/"
		    "auth_callback\"],"
		    "\"scope\":\"mcp:tools\"," ALL "}",
		    "\"client_name\":\"Claude\",\"redirect_uris\":[\"https://claude.ai/api/mcp/"
		    "auth_callback\"]," ALL ",\"scope\":\"mcp:tools\"" },
		{ "Claude Code",
		    "{\"client_name\":\"Claude Code "
		    "(NAME)\",\"redirect_uris\":[\"http://localhost:53682/callback\"],"
		    "\"scope\":\"mcp:tools offline_access\",\"application_type\":\"native\"," ALL "}",
		    "\"client_name\":\"Claude Code "
		    "(NAME)\",\"redirect_uris\":[\"http://localhost:53682/callback\"]," ALL
		    ",\"scope\":\"mcp:tools offline_access\",\"application_type\":\"native\"" },
		{ "Cursor: three URIs, one of its own scheme, and the type web",
		    "{\"client_name\":\"Cursor\",\"redirect_uris\":[\"cursor://anysphere.cursor-mcp/oauth/"
		    "callback\","
		    "\"http://localhost:8787/callback\",\"https://www.cursor.com/agents/mcp/oauth/"
		    "callback\"],"
		    "\"application_type\":\"web\"," ALL "}",
		    "\"client_name\":\"Cursor\",\"redirect_uris\":[\"cursor://anysphere.cursor-mcp/oauth/"
		    "callback\","
		    "\"http://localhost:8787/callback\",\"https://www.cursor.com/agents/mcp/oauth/"
		    "callback\"]," ALL ",\"application_type\":\"web\"" },
		{ "Cursor: native in all but name",
		    "{\"client_name\":\"Cursor\",\"redirect_uris\":[\"cursor://anysphere.cursor-mcp/oauth/"
		    "callback\"],"
		    "\"application_type\":\"web\"," ALL "}",
		    "\"client_name\":\"Cursor\",\"redirect_uris\":[\"cursor://anysphere.cursor-mcp/oauth/"
		    "callback\"]," ALL ",\"application_type\":\"native\"" },
		{ "VS Code: four URIs, and the grant type of devices",
		    "{\"client_name\":\"Visual Studio "
		    "Code\",\"client_uri\":\"https://code.visualstudio.com\",\"grant_types\":"
		    "[\"authorization_code\",\"refresh_token\",\"urn:ietf:params:oauth:grant-type:device_"
		    "code\"],"
		    "\"response_types\":[\"code\"],\"redirect_uris\":[\"https://insiders.vscode.dev/"
		    "redirect\","
		    "\"https://vscode.dev/redirect\",\"http://127.0.0.1/\",\"http://127.0.0.1:33418/\"],"
		    "\"token_endpoint_auth_method\":\"none\",\"application_type\":\"native\"}",
		    "\"client_name\":\"Visual Studio "
		    "Code\",\"client_uri\":\"https://code.visualstudio.com\",\"redirect_uris\":"
		    "[\"https://insiders.vscode.dev/redirect\",\"https://vscode.dev/redirect\",\"http://"
		    "127.0.0.1/\","
		    "\"http://127.0.0.1:33418/\"]," DEVICE ",\"application_type\":\"native\"" },
		{ "Codex",
		    "{\"client_name\":\"Codex\",\"redirect_uris\":[\"http://127.0.0.1:1455/callback\"],"
		    "\"scope\":\"mcp:tools offline_access\",\"application_type\":\"native\"," ALL "}",
		    "\"client_name\":\"Codex\",\"redirect_uris\":[\"http://127.0.0.1:1455/callback\"]," ALL
		    ",\"scope\":\"mcp:tools offline_access\",\"application_type\":\"native\"" },
		{ "Copilot CLI",
		    "{\"client_name\":\"GitHub Copilot "
		    "CLI\",\"redirect_uris\":[\"http://127.0.0.1:40123/\"]," ALL "}",
		    "\"client_name\":\"GitHub Copilot "
		    "CLI\",\"redirect_uris\":[\"http://127.0.0.1:40123/\"]," ALL },
		{ "Gemini CLI: all scopes it saw, one of them about the person",
		    "{\"client_name\":\"Gemini CLI MCP "
		    "Client\",\"redirect_uris\":[\"http://localhost:7777/oauth/callback\"],"
		    "\"scope\":\"openid offline_access mcp:tools\"," ALL "}",
		    "\"client_name\":\"Gemini CLI MCP "
		    "Client\",\"redirect_uris\":[\"http://localhost:7777/oauth/callback\"]," ALL
		    ",\"scope\":\"openid offline_access mcp:tools\"" },
		{ "S-32 an algorithm of id tokens that there is no key for",
		    "{\"redirect_uris\":[\"https://client.example/"
		    "cb\"],\"id_token_signed_response_alg\":\"RS256\"," ALL "}",
		    "\"redirect_uris\":[\"https://client.example/cb\"]," ALL
		    ",\"id_token_signed_response_alg\":\"ES256\"" },
		{ "Qwen Code: an unknown member",
		    "{\"client_name\":\"Qwen Code MCP "
		    "Client\",\"redirect_uris\":[\"http://localhost:7777/oauth/callback\"],"
		    "\"scope\":\"mcp:tools\",\"code_challenge_method\":[\"S256\"]," ALL "}",
		    "\"client_name\":\"Qwen Code MCP "
		    "Client\",\"redirect_uris\":[\"http://localhost:7777/oauth/callback\"]," ALL
		    ",\"scope\":\"mcp:tools\"" },
		{ "opencode",
		    "{\"client_name\":\"OpenCode\",\"client_uri\":\"https://opencode.ai\","
		    "\"redirect_uris\":[\"http://127.0.0.1:19876/mcp/oauth/callback\"],\"scope\":\"mcp:tools "
		    "offline_access\"," ALL "}",
		    "\"client_name\":\"OpenCode\",\"client_uri\":\"https://opencode.ai\","
		    "\"redirect_uris\":[\"http://127.0.0.1:19876/mcp/oauth/callback\"]," ALL
		    ",\"scope\":\"mcp:tools offline_access\"" },
		{ "cline",
		    "{\"client_name\":\"Cline\",\"redirect_uris\":[\"http://127.0.0.1:1456/mcp/oauth/"
		    "callback\"],"
		    "\"scope\":\"mcp:tools\"," ALL "}",
		    "\"client_name\":\"Cline\",\"redirect_uris\":[\"http://127.0.0.1:1456/mcp/oauth/"
		    "callback\"]," ALL ",\"scope\":\"mcp:tools\"" },
		{ "mcporter",
		    "{\"client_name\":\"mcporter "
		    "(NAME)\",\"redirect_uris\":[\"http://127.0.0.1:40999/callback\"],"
		    "\"scope\":\"mcp:tools\"," ALL "}",
		    "\"client_name\":\"mcporter "
		    "(NAME)\",\"redirect_uris\":[\"http://127.0.0.1:40999/callback\"]," ALL
		    ",\"scope\":\"mcp:tools\"" },
		{ "MCP Inspector",
		    "{\"client_name\":\"MCP "
		    "Inspector\",\"client_uri\":\"https://github.com/modelcontextprotocol/inspector\","
		    "\"redirect_uris\":[\"http://127.0.0.1:6276/oauth/callback\"],\"scope\":\"mcp:tools "
		    "offline_access\","
		    "\"application_type\":\"native\"," ALL "}",
		    "\"client_name\":\"MCP "
		    "Inspector\",\"client_uri\":\"https://github.com/modelcontextprotocol/inspector\","
		    "\"redirect_uris\":[\"http://127.0.0.1:6276/oauth/callback\"]," ALL
		    ",\"scope\":\"mcp:tools offline_access\",\"application_type\":\"native\"" },
		{ "MCP Inspector with an empty scope",
		    "{\"client_name\":\"MCP "
		    "Inspector\",\"redirect_uris\":[\"http://localhost:6274/oauth/"
		    "callback\"],\"scope\":\"\"," ALL "}",
		    "\"client_name\":\"MCP "
		    "Inspector\",\"redirect_uris\":[\"http://localhost:6274/oauth/callback\"]," ALL },
		{ "ai-sdk",
		    "{\"client_name\":\"ours\",\"redirect_uris\":[\"http://localhost:8090/"
		    "callback\"],\"scope\":\"mcp:tools\","
		    "\"application_type\":\"native\"," ALL "}",
		    "\"client_name\":\"ours\",\"redirect_uris\":[\"http://localhost:8090/callback\"]," ALL
		    ",\"scope\":\"mcp:tools\",\"application_type\":\"native\"" },
		{ "use-mcp: an http client_uri, which is dropped and no reason to refuse",
		    "{\"client_name\":\"use-mcp\",\"client_uri\":\"http://localhost:5173\","
		    "\"redirect_uris\":[\"http://localhost:5173/oauth/"
		    "callback\"],\"scope\":\"mcp:tools\"," ALL "}",
		    "\"client_name\":\"use-mcp\",\"redirect_uris\":[\"http://localhost:5173/oauth/"
		    "callback\"]," ALL ",\"scope\":\"mcp:tools\"" },
		{ "mcp-remote",
		    "{\"client_name\":\"MCP CLI "
		    "Client\",\"client_uri\":\"https://github.com/modelcontextprotocol/mcp-cli\","
		    "\"redirect_uris\":[\"http://localhost:3334/oauth/callback\"],"
		    "\"software_id\":\"2e6dc280-f3c3-4e01-99a7-8181dbd1d23d\",\"software_version\":\"0.15."
		    "1\","
		    "\"application_type\":\"native\"," ALL "}",
		    "\"client_name\":\"MCP CLI "
		    "Client\",\"client_uri\":\"https://github.com/modelcontextprotocol/mcp-cli\","
		    "\"redirect_uris\":[\"http://localhost:3334/oauth/callback\"]," ALL
		    ",\"application_type\":\"native\"" },
		{ "ChatGPT",
		    "{\"client_name\":\"ChatGPT\",\"redirect_uris\":[\"https://chatgpt.com/"
		    "connector_platform_oauth_redirect\"]," ALL "}",
		    "\"client_name\":\"ChatGPT\",\"redirect_uris\":[\"https://chatgpt.com/"
		    "connector_platform_oauth_redirect\"]," ALL },
		{ "the least that can be registered",
		    "{\"redirect_uris\":[\"http://127.0.0.1:1/\"],\"token_endpoint_auth_method\":\"none\"}",
		    "\"redirect_uris\":[\"http://127.0.0.1:1/\"]," ALL },
		{ "nulls for what is not there",
		    "{\"redirect_uris\":[\"http://127.0.0.1:1/"
		    "\"],\"client_name\":null,\"client_uri\":null,\"scope\":null,"
		    "\"grant_types\":null,\"jwks\":null,\"token_endpoint_auth_method\":\"none\"}",
		    "\"redirect_uris\":[\"http://127.0.0.1:1/\"]," ALL },
	};
	struct kit *k = *state;

	k->site.resource_count = 3; /* mcp:tools is a scope of the third */
	uint64_t before = kit_state(k);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = kit_register(k, str_of(rows[i].body));
		same_err(rows[i].client, a.err, OK);
		same_int(rows[i].client, a.reply.status, 201);
		same(rows[i].client, kit_header(&a, "Cache-Control"), S("no-store"));
		str id = json_get_str(kit_json(k, a.body), S("client_id"));
		holds(rows[i].client, str_starts(id, S("gh_c_")) && id.n <= CLIENT_ID_MAX);
		same(rows[i].client, a.body,
		    arena_printf(k->mem, "{\"client_id\":\"%.*s\",\"client_id_issued_at\":%d,%s,%.*s}",
			FMT(id), KIT_NOW, rows[i].answer, FMT(managed(k, id))));
		same_int("no row is written", a.writes, 0);
	}
	assert_true(kit_state(k) == before);
}

/* M-83, X-2: without a method the default of RFC 7591 is a secret. */
static void secrets(void **state)
{
	static const struct {
		const char *sentence, *method, *want;
		bool public_only;
	} rows[] = {
		{ "no method", "", "client_secret_basic", false },
		{ "basic", ",\"token_endpoint_auth_method\":\"client_secret_basic\"", "client_secret_basic",
		    false },
		{ "post", ",\"token_endpoint_auth_method\":\"client_secret_post\"", "client_secret_post",
		    false },
		{ "none", ",\"token_endpoint_auth_method\":\"none\"", "none", false },
		{ "U-30: only public clients", "", "none", true },
		{ "U-30: also when it asks for a secret",
		    ",\"token_endpoint_auth_method\":\"client_secret_post\"", "none", true },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		k->config.registration_public_only = rows[i].public_only;
		struct answer a = kit_register(k,
		    arena_printf(k->mem, "{\"redirect_uris\":[\"https://a.example/cb\"]%s}", rows[i].method));
		const struct json *o = kit_json(k, a.body);
		str secret = json_get_str(o, S("client_secret")),
		    method = json_get_str(o, S("token_endpoint_auth_method"));
		int64_t expires = -1;
		bool confidential = strcmp(rows[i].want, "none") != 0;
		same(rows[i].sentence, method, str_of(rows[i].want));
		holds(rows[i].sentence, (secret.n > 0) == confidential);
		holds(rows[i].sentence,
		    json_get_int(o, S("client_secret_expires_at"), &expires) == confidential);
		if (confidential) {
			same_int(rows[i].sentence, expires, 0);
			holds(rows[i].sentence, str_starts(secret, S("gh_cs_")) && secret.n == 49);
		}
	}
}

static void refused(void **state)
{
#define URI "\"redirect_uris\":[\"https://client.example/cb\"]"
	static const struct {
		const char *sentence, *body;
		enum err want;
		const char *code;
	} rows[] = {
		{ "DCR-01 javascript:", "{\"redirect_uris\":[\"javascript:alert(document.domain)\"]}",
		    ERR_REGISTER_REDIRECT, "invalid_redirect_uri" },
		{ "DCR-03 vbscript:", "{\"redirect_uris\":[\"vbscript:x\"]}", ERR_REGISTER_REDIRECT,
		    "invalid_redirect_uri" },
		{ "DCR-04 file:", "{\"redirect_uris\":[\"file:///etc/passwd\"]}", ERR_REGISTER_REDIRECT,
		    "invalid_redirect_uri" },
		{ "DCR-05 plain http", "{\"redirect_uris\":[\"http://evil.example/cb\"]}",
		    ERR_REGISTER_REDIRECT, "invalid_redirect_uri" },
		{ "DCR-07 wildcard", "{\"redirect_uris\":[\"https://*.example/cb\"]}", ERR_REGISTER_REDIRECT,
		    "invalid_redirect_uri" },
		{ "DCR-08 relative", "{\"redirect_uris\":[\"/cb\"]}", ERR_REGISTER_REDIRECT,
		    "invalid_redirect_uri" },
		{ "DCR-09 userinfo", "{\"redirect_uris\":[\"https://good.example@evil.example/cb\"]}",
		    ERR_REGISTER_REDIRECT, "invalid_redirect_uri" },
		{ "DCR-11 about:", "{\"redirect_uris\":[\"about:blank\"]}", ERR_REGISTER_REDIRECT,
		    "invalid_redirect_uri" },
		{ "DCR-12 blob:", "{\"redirect_uris\":[\"blob:https://x/1\"]}", ERR_REGISTER_REDIRECT,
		    "invalid_redirect_uri" },
		{ "DCR-13 tab", "{\"redirect_uris\":[\"java\\tscript:alert(1)\"]}", ERR_REGISTER_REDIRECT,
		    "invalid_redirect_uri" },
		{ "DCR-15 empty string", "{\"redirect_uris\":[\"\"]}", ERR_REGISTER_REDIRECT,
		    "invalid_redirect_uri" },
		{ "DCR-16 empty array", "{\"redirect_uris\":[]}", ERR_REGISTER_REDIRECT,
		    "invalid_redirect_uri" },
		{ "DCR-16 missing", "{}", ERR_REGISTER_REDIRECT, "invalid_redirect_uri" },
		{ "DCR-16 a string", "{\"redirect_uris\":\"https://client.example/cb\"}",
		    ERR_REGISTER_REDIRECT, "invalid_redirect_uri" },
		{ "DCR-16 numbers", "{\"redirect_uris\":[1,2]}", ERR_REGISTER_REDIRECT,
		    "invalid_redirect_uri" },
		{ "DCR-16 null", "{\"redirect_uris\":null}", ERR_REGISTER_REDIRECT, "invalid_redirect_uri" },
		{ "DCR-16 nested", "{\"redirect_uris\":[[\"https://client.example/cb\"]]}",
		    ERR_REGISTER_REDIRECT, "invalid_redirect_uri" },
		{ "one bad URI among good ones",
		    "{\"redirect_uris\":[\"https://client.example/cb\",\"javascript:1\"]}",
		    ERR_REGISTER_REDIRECT, "invalid_redirect_uri" },
		{ "DCR-17 grant types of others only",
		    "{" URI ",\"grant_types\":[\"password\",\"implicit\",\"urn:ietf:params:oauth:grant-type:"
		    "token-exchange\"]}",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "no grant types", "{" URI ",\"grant_types\":[]}", ERR_REGISTER_METADATA,
		    "invalid_client_metadata" },
		{ "grant types that are a string", "{" URI ",\"grant_types\":\"authorization_code\"}",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "DCR-23 private key",
		    "{" URI ",\"jwks\":{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"a\",\"y\":\"b\","
		    "\"d\":\"c\"}]}}",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "DCR-23 a symmetric key", "{" URI ",\"jwks\":{\"keys\":[{\"kty\":\"oct\",\"k\":\"c\"}]}}",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "DCR-24 jwks and jwks_uri",
		    "{" URI ",\"jwks\":{\"keys\":[]},\"jwks_uri\":\"https://client.example/jwks\"}",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "jwks that is no set", "{" URI ",\"jwks\":[]}", ERR_REGISTER_METADATA,
		    "invalid_client_metadata" },
		{ "private_key_jwt without keys",
		    "{" URI ",\"token_endpoint_auth_method\":\"private_key_jwt\"}", ERR_REGISTER_METADATA,
		    "invalid_client_metadata" },
		{ "private_key_jwt with keys of a kind that is not known",
		    "{" URI
		    ",\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":{\"keys\":[{\"kty\":"
		    "\"EC\",\"crv\":\"secp256k1\",\"x\":\"AA\",\"y\":\"AA\"}]}}",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "DCR-29 private_key_jwt with keys over http",
		    "{" URI
		    ",\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks_uri\":\"http://127.0.0.1:1/"
		    "jwks\"}",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "client_secret_jwt", "{" URI ",\"token_endpoint_auth_method\":\"client_secret_jwt\"}",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "DCR-17 only grant types that somebody has to vouch for",
		    "{" URI ",\"grant_types\":[\"client_credentials\",\"urn:ietf:params:oauth:grant-type:"
		    "token-exchange\",\"urn:ietf:params:oauth:grant-type:jwt-bearer\"]}",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "somewhere to go after signing out that is a script",
		    "{" URI ",\"post_logout_redirect_uris\":[\"javascript:1\"]}", ERR_REGISTER_METADATA,
		    "invalid_client_metadata" },
		{ "a flag that is a text", "{" URI ",\"dpop_bound_access_tokens\":\"true\"}",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "another flag that is a number", "{" URI ",\"require_pushed_authorization_requests\":1}",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "DCR-45 unknown method", "{" URI ",\"token_endpoint_auth_method\":\"tls_client_auth\"}",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "a method that is a number", "{" URI ",\"token_endpoint_auth_method\":1}",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "a name that is a number", "{" URI ",\"client_name\":5}", ERR_REGISTER_METADATA,
		    "invalid_client_metadata" },
		{ "a name that turns text round", "{" URI ",\"client_name\":\"evil\\u202Eedualc\"}",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "a name with a line end", "{" URI ",\"client_name\":\"a\\nb\"}", ERR_REGISTER_METADATA,
		    "invalid_client_metadata" },
		{ "a scope that is an array", "{" URI ",\"scope\":[\"mcp:tools\"]}", ERR_REGISTER_METADATA,
		    "invalid_client_metadata" },
		{ "DCR-39 members in other letters", "{\"Redirect_URIs\":[\"https://client.example/cb\"]}",
		    ERR_REGISTER_REDIRECT, "invalid_redirect_uri" },
		{ "DCR-40 no JSON", "redirect_uris=x", ERR_JSON_SYNTAX, "invalid_request" },
		{ "DCR-40 byte order mark", "\xef\xbb\xbf{" URI "}", ERR_JSON_SYNTAX, "invalid_request" },
		{ "DCR-40 trailing data", "{" URI "} x", ERR_JSON_SYNTAX, "invalid_request" },
		{ "DCR-40 NUL in a key", "{\"redirect_uris\\u0000\":1," URI "}", ERR_JSON_SYNTAX,
		    "invalid_request" },
		{ "DCR-40 invalid UTF-8", "{" URI ",\"client_name\":\"\xff\"}", ERR_JSON_SYNTAX,
		    "invalid_request" },
		{ "DCR-40 lone surrogate", "{" URI ",\"client_name\":\"\\ud800\"}", ERR_JSON_SYNTAX,
		    "invalid_request" },
		{ "a member twice", "{" URI "," URI "}", ERR_JSON_DUPLICATE, "invalid_request" },
		{ "an array",
		    "["
		    "{" URI "}]",
		    ERR_REGISTER_METADATA, "invalid_client_metadata" },
		{ "nothing", "", ERR_JSON_SYNTAX, "invalid_request" },
	};
	struct kit *k = *state;
	uint64_t before = kit_state(k);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = kit_register(k, str_of(rows[i].body));
		same_err(rows[i].sentence, a.err, rows[i].want);
		same(rows[i].sentence, str_of(err_row(a.err)->code), str_of(rows[i].code));
		same_int(rows[i].sentence, err_row(a.err)->status, 400);
		holds(rows[i].sentence, a.fail.code == a.err && a.writes == 0);
	}
	assert_true(kit_state(k) == before);
}

static void dropped(void **state)
{
	static const struct {
		const char *sentence, *more, *answer;
	} rows[] = {
		{ "DCR-19 response_types token", "\"response_types\":[\"token\",\"id_token token\"]", "" },
		{ "DCR-20 id and secret of the caller's choice",
		    "\"client_id\":\"victim\",\"client_secret\":\"s\"", "" },
		{ "DCR-21 scopes of nobody", "\"scope\":\"admin root\"", "" },
		{ "DCR-25 logo_uri", "\"logo_uri\":\"http://127.0.0.1:1/x\"", "" },
		{ "DCR-27 sector_identifier_uri", "\"sector_identifier_uri\":\"http://127.0.0.1:1/x\"", "" },
		{ "DCR-28 addresses to fetch",
		    "\"request_uris\":[\"http://127.0.0.1:1/\"],\"initiate_login_uri\":\"http://127.0.0.1:1/"
		    "\",\"backchannel_logout_uri\":\"http://127.0.0.1:1/\",\"software_statement\":\"a.b.c\"",
		    "" },
		{ "DCR-29 jwks_uri", "\"jwks_uri\":\"http://127.0.0.1:1/jwks\"", "" },
		{ "DCR-32 addresses of script",
		    "\"client_uri\":\"javascript:alert(1)\",\"tos_uri\":\"javascript:1\",\"policy_uri\":"
		    "\"data:,x\"",
		    "" },
		{ "DCR-37 odd numbers",
		    "\"default_max_age\":1e400,\"a\":-1,\"b\":9223372036854775808,\"c\":1.5", "" },
		{ "DCR-45 unknown types", "\"application_type\":\"toaster\",\"subject_type\":\"odd\"",
		    ",\"application_type\":\"web\"" },
		{ "public keys are not kept",
		    "\"jwks\":{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"a\",\"y\":\"b\"}]}", "" },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = kit_register(k,
		    arena_printf(
			k->mem, "{" URI ",\"token_endpoint_auth_method\":\"none\",%s}", rows[i].more));
		same_err(rows[i].sentence, a.err, OK);
		str id = json_get_str(kit_json(k, a.body), S("client_id"));
		holds(rows[i].sentence, str_starts(id, S("gh_c_")));
		same(rows[i].sentence, a.body,
		    arena_printf(k->mem,
			"{\"client_id\":\"%.*s\",\"client_id_issued_at\":%d," URI "," ALL "%s,%.*s}", FMT(id),
			KIT_NOW, rows[i].answer, FMT(managed(k, id))));
	}
}

/* DCR-31: what is stored is what is shown; the page escapes. */
static void names(void **state)
{
	struct kit *k = *state;
	struct answer a = kit_register(k, S("{" URI ",\"client_name\":\"\\\"><script>alert(1)</script>\"}"));
	struct client client;

	assert_int_equal(a.err, OK);
	struct ctx c = { .mem = k->mem, .site = &k->site };
	assert_int_equal(client_open(&c, json_get_str(kit_json(k, a.body), S("client_id")), &client), OK);
	same("as it was sent", client.name, S("\"><script>alert(1)</script>"));

	char long_name[4 * 201 + 1];
	for (size_t i = 0; i < 201; i++)
		memcpy(long_name + 4 * i, "\xf0\x9f\xa6\x8a", 4);
	long_name[4 * 201] = 0;
	a = kit_register(k, arena_printf(k->mem, "{" URI ",\"client_name\":\"%.800s\"}", long_name));
	same_err("200 characters of four bytes", a.err, OK);
	a = kit_register(k, arena_printf(k->mem, "{" URI ",\"client_name\":\"%s\"}", long_name));
	same_err("201 characters", a.err, ERR_REGISTER_METADATA);
}

/* What is kept beside the rest, as it is answered. */
static void kept(void **state)
{
	static const struct {
		const char *sentence, *more, *answer;
	} rows[] = {
		{ "where people go after signing out, and who is told",
		    ",\"post_logout_redirect_uris\":[\"https://client.example/"
		    "bye\"],\"backchannel_logout_uri\":"
		    "\"https://client.example/out\"",
		    ",\"post_logout_redirect_uris\":[\"https://client.example/"
		    "bye\"],\"backchannel_logout_uri\":"
		    "\"https://client.example/out\"" },
		{ "bound tokens and pushed requests",
		    ",\"dpop_bound_access_tokens\":true,\"require_pushed_authorization_requests\":true",
		    ",\"dpop_bound_access_tokens\":true,\"require_pushed_authorization_requests\":true" },
		{ "flags that are off", ",\"dpop_bound_access_tokens\":false", "" },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = kit_register(k,
		    arena_printf(
			k->mem, "{" URI ",\"token_endpoint_auth_method\":\"none\"%s}", rows[i].more));
		same_err(rows[i].sentence, a.err, OK);
		str id = json_get_str(kit_json(k, a.body), S("client_id"));
		same(rows[i].sentence, a.body,
		    arena_printf(k->mem,
			"{\"client_id\":\"%.*s\",\"client_id_issued_at\":%d," URI "," ALL "%s,%.*s}", FMT(id),
			KIT_NOW, rows[i].answer, FMT(managed(k, id))));
		struct client client;
		struct ctx c = { .mem = k->mem, .site = &k->site };
		assert_int_equal(client_open(&c, id, &client), OK);
		same_int(rows[i].sentence, client.dpop, strstr(rows[i].answer, "dpop") != NULL);
		same_int(rows[i].sentence, client.par, strstr(rows[i].answer, "pushed") != NULL);
	}
}

/* The keys of RFC 7517 appendix A.1 and RFC 8037 appendix A.2, beside one for encryption that is not kept. */
#define EC                                                                                              \
	"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\",\"y\":" \
	"\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\""

static void keys(void **state)
{
	struct kit *k = *state;
	struct answer a = kit_register(k,
	    S("{" URI ",\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":{\"keys\":[{" EC
	      ",\"kid\":\"1\"},{" EC ",\"kid\":\"2\",\"use\":\"enc\"}]}}"));
	assert_int_equal(a.err, OK);
	const struct json *o = kit_json(k, a.body);
	str id = json_get_str(o, S("client_id"));
	assert_false(json_get(o, S("client_secret")));
	same("the keys that can be used", json_get(o, S("jwks"))->text,
	    S("{\"keys\":[{" EC ",\"kid\":\"1\",\"use\":\"sig\",\"alg\":\"ES256\"}]}"));
	struct client client;
	struct ctx c = { .mem = k->mem, .site = &k->site };
	assert_int_equal(client_open(&c, id, &client), OK);
	same("its method", client.auth_method, S("private_key_jwt"));
	same("its keys", client.jwks, json_get(o, S("jwks"))->text);

	/* U-30: it asks for no secret, so it gets what it asks for */
	k->config.registration_public_only = true;
	a = kit_register(k,
	    S("{" URI ",\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks_uri\":\"https://client."
	      "example/jwks\"}"));
	o = kit_json(k, a.body);
	same("its method", json_get_str(o, S("token_endpoint_auth_method")), S("private_key_jwt"));
	same("where its keys are", json_get_str(o, S("jwks_uri")), S("https://client.example/jwks"));
	assert_false(json_get(o, S("client_secret")));
}

/* A device has nowhere to be sent back to. */
static void devices(void **state)
{
	struct kit *k = *state;
	struct answer a = kit_register(k,
	    S("{\"token_endpoint_auth_method\":\"none\",\"grant_types\":[\"urn:ietf:params:oauth:grant-type:"
	      "device_code\",\"client_credentials\"]}"));
	const struct json *o = kit_json(k, a.body);

	assert_int_equal(a.err, OK);
	same("its grant types", json_get(o, S("grant_types"))->text,
	    S("[\"urn:ietf:params:oauth:grant-type:device_code\"]"));
	assert_false(json_get(o, S("redirect_uris")) || json_get(o, S("response_types")));
}

static void content_types(void **state)
{
	static const struct {
		const char *type;
		enum err want;
	} rows[] = {
		{ "application/json", OK },
		{ "application/json; charset=utf-8", OK },
		{ "text/plain", ERR_CONTENT_TYPE }, /* DCR-41: what a web page can send without asking */
		{ "application/x-www-form-urlencoded", ERR_CONTENT_TYPE },
		{ "", ERR_CONTENT_TYPE },
	};
	struct kit *k = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = kit_send(k,
		    &(struct sent){ register_client, LANE_LOOP, HTTP_POST, S("/register"), { NULL, 0 },
			S("{" URI "}"), str_of(rows[i].type) });
		same_err(rows[i].type, a.err, rows[i].want);
	}
}

/* What does not fit into an id gets a row, and is found by it. */
static void large(void **state)
{
	struct kit *k = *state;
	struct buf b = BUF(k->mem);

	buf_put(&b, S("{\"client_uri\":\"https://large.example\",\"redirect_uris\":["));
	for (int i = 0; i < 16; i++)
		buf_printf(&b, "%s\"https://large.example/%0200d\"", i ? "," : "", i);
	buf_put(&b, S("]}"));
	struct answer a = kit_register(k, buf_str(&b));
	assert_int_equal(a.err, OK);
	assert_int_equal(a.reply.status, 201);
	assert_int_equal(a.writes, 1);
	const struct json *o = kit_json(k, a.body);
	str id = json_get_str(o, S("client_id")), secret = json_get_str(o, S("client_secret"));
	assert_true(str_starts(id, S("gh_cr_")) && secret.n == 49);
	assert_int_equal(kit_count(k, "SELECT count(*) FROM client WHERE origin = 'registered'"), 1);

	struct client client;
	struct ctx c = { .mem = k->mem, .site = &k->site, .db = k->reader, .lane = LANE_READ };
	assert_int_equal(client_open(&c, id, &client), ERR_NOT_FOUND);
	assert_int_equal(client_find(&c, id, &client), OK);
	assert_true(client.row > 0 && client.origin == CLIENT_REGISTERED);
	same("its uri", client.uri, S("https://large.example"));
	assert_true(client_secret_fits(&c, &client, secret_of(secret)));
	assert_false(client_secret_fits(&c, &client, secret_of(id)));
}

/* DCR-36: more than fits is refused, whatever it is made of. */
static void too_much(void **state)
{
	struct kit *k = *state;
	struct buf b = BUF(k->mem);

	buf_put(&b, S("{\"redirect_uris\":["));
	for (int i = 0; i < 17; i++)
		buf_printf(&b, "%s\"https://large.example/%d\"", i ? "," : "", i);
	buf_put(&b, S("]}"));
	same_err("17 redirect URIs", kit_register(k, buf_str(&b)).err, ERR_REGISTER_REDIRECT);

	struct buf deep = BUF(k->mem);
	for (int i = 0; i < 20000; i++)
		buf_char(&deep, '[');
	same_err("DCR-35 nested 20,000 levels", kit_register(k, buf_str(&deep)).err, ERR_JSON_DEPTH);
}

static void switched_off(void **state)
{
	struct kit *k = *state;

	k->config.registration = REGISTRATION_OFF;
	struct answer a = kit_register(k, S("{" URI "}"));
	assert_int_equal(a.err, ERR_REGISTER_OFF);
	assert_int_equal(err_row(a.err)->status, 403);
	assert_true(str_find(metadata_write(k->mem, &k->site), S("registration_endpoint")) < 0); /* S-18 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(real_bodies),
		TEST(secrets),
		TEST(refused),
		TEST(dropped),
		TEST(kept),
		TEST(keys),
		TEST(devices),
		TEST(names),
		TEST(content_types),
		TEST(large),
		TEST(too_much),
		TEST(switched_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
