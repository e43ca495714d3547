#include "cmd/doctor_verdict.c"
#include "cmd/doctor_address.c"
#include "cmd/doctor_issuer.c"
#include "doctor_kit.h"

#define AS "https://as.example"
/* Members of a good document, one a line, so that a row can name the one that it changes. */
#define ISSUER "\"issuer\":\"" AS "\""
#define AUTHORIZE "\"authorization_endpoint\":\"" AS "/authorize\""
#define TOKEN "\"token_endpoint\":\"" AS "/token\""
#define REGISTER "\"registration_endpoint\":\"" AS "/register\""
#define TYPES "\"response_types_supported\":[\"code\"]"
#define PKCE "\"code_challenge_methods_supported\":[\"S256\"]"
#define METHODS "\"token_endpoint_auth_methods_supported\":[\"none\",\"client_secret_basic\"]"
#define ISS "\"authorization_response_iss_parameter_supported\":true"
#define OPENID                                                                                          \
	"\"jwks_uri\":\"" AS "/jwks\",\"subject_types_supported\":[\"public\"],\"id_token_signing_alg_" \
	"values_supported\":[\"ES256\"]"
#define GOOD \
	"{" ISSUER "," AUTHORIZE "," TOKEN "," REGISTER "," TYPES "," PKCE "," METHODS "," ISS "," OPENID "}"

static const struct json *parsed(struct arena *mem, const char *text)
{
	const struct json *doc = NULL;

	same_err(text, json_parse(mem, str_of(text), &doc, NULL), OK);
	return doc;
}

static void names(void **state)
{
	static const struct {
		const char *sentence, *issuer, *resource;
		bool asked;
		const char *want;
	} rows[] = {
		{ "https", AS, "https://h.example/mcp", true, "" },
		{ "https with a path", AS "/t/a", "https://h.example/mcp", true, "" },
		{ "loopback with loopback", "http://localhost:8080", "http://localhost:8080/mcp", true, "" },
		{ "a slash at the end", AS "/", "https://h.example/mcp", true,
		    "note issuer: " AS "/ has a slash at the end\n" },
		{ "capitals", "https://AS.example", "https://h.example/mcp", true,
		    "note issuer: https://AS.example has capitals or the default port in it\n" },
		{ "the default port", AS ":443", "https://h.example/mcp", true,
		    "note issuer: " AS ":443 has capitals or the default port in it\n" },
		{ "words", "the server", "https://h.example/mcp", false,
		    "FAIL issuer: the server is no absolute URL\n" },
		{ "a path", "/as", "https://h.example/mcp", false, "FAIL issuer: /as is no absolute URL\n" },
		{ "http", "http://as.example", "https://h.example/mcp", false,
		    "FAIL issuer: http://as.example is not https, and clients refuse that\n" },
		{ "a file", "file://as/etc/passwd", "https://h.example/mcp", false,
		    "FAIL issuer: file://as/etc/passwd is neither https nor http\n" },
		{ "this machine, named by another", "http://localhost:8080", "https://h.example/mcp", false,
		    "FAIL issuer: http://localhost:8080 is at a loopback address, where clients find "
		    "themselves\n" },
		{ "this machine by https, named by another", "https://127.0.0.1", "https://h.example/mcp",
		    false,
		    "FAIL issuer: https://127.0.0.1 is at a loopback address, where clients find "
		    "themselves\n" },
		{ "a query", AS "?a=1", "https://h.example/mcp", false,
		    "FAIL issuer: " AS "?a=1 has a query, a fragment or a user name\n" },
		{ "a fragment", AS "#a", "https://h.example/mcp", false,
		    "FAIL issuer: " AS "#a has a query, a fragment or a user name\n" },
		{ "a user name", "https://u@as.example", "https://h.example/mcp", false,
		    "FAIL issuer: https://u@as.example has a query, a fragment or a user name\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct url u = address(str_of(rows[i].resource)), out;
		same_int(
		    rows[i].sentence, judge_issuer_name(&v, str_of(rows[i].issuer), &u, &out), rows[i].asked);
		found(rows[i].sentence, &v, rows[i].want);
		arena_unref(mem);
	}
}

static void documents(void **state)
{
	static const struct {
		const char *sentence, *doc, *issuer;
		bool openid;
		const char *want;
	} rows[] = {
		{ "a good one", GOOD, AS, false, "" },
		{ "a good one of OpenID", GOOD, AS, true, "" },
		{ "documents of clients instead of registration",
		    "{" ISSUER "," AUTHORIZE "," TOKEN "," TYPES "," PKCE "," METHODS "," ISS
		    ",\"client_id_metadata_document_supported\":true}",
		    AS, false, "" },
		{ "a listed slash more is forgiven", GOOD, AS "/", false,
		    "note issuer metadata: issuer is " AS ", authorization_servers has a slash more\n" },
		{ "an issuer's slash more is not",
		    "{\"issuer\":\"" AS "/\"," AUTHORIZE "," TOKEN "," REGISTER "," TYPES "," PKCE "," METHODS
		    "," ISS "}",
		    AS, false,
		    "FAIL issuer metadata: issuer is " AS "/, authorization_servers says " AS
		    ": clients compare letter by letter\n" },
		{ "another's document", GOOD, "https://other.example", false,
		    "FAIL issuer metadata: issuer is " AS
		    ", authorization_servers says https://other.example: clients compare letter by "
		    "letter\n" },
		{ "capitals are other letters", GOOD, "https://AS.example", false,
		    "FAIL issuer metadata: issuer is " AS
		    ", authorization_servers says https://AS.example: clients compare letter by letter\n" },
		{ "no issuer",
		    "{" AUTHORIZE "," TOKEN "," REGISTER "," TYPES "," PKCE "," METHODS "," ISS "}", AS,
		    false,
		    "FAIL issuer metadata: issuer is missing, authorization_servers says " AS
		    ": clients compare letter by letter\n" },
		{ "no endpoints", "{" ISSUER "," REGISTER "," TYPES "," PKCE "," METHODS "," ISS "}", AS,
		    false,
		    "FAIL issuer metadata: authorization_endpoint is missing\n"
		    "FAIL issuer metadata: token_endpoint is missing\n" },
		{ "a relative endpoint",
		    "{" ISSUER "," AUTHORIZE ",\"token_endpoint\":\"/token\"," REGISTER "," TYPES "," PKCE
		    "," METHODS "," ISS "}",
		    AS, false, "FAIL issuer metadata: token_endpoint /token is no absolute URL\n" },
		{ "an endpoint by http",
		    "{" ISSUER "," AUTHORIZE ",\"token_endpoint\":\"http://as.example/token\"," REGISTER
		    "," TYPES "," PKCE "," METHODS "," ISS "}",
		    AS, false,
		    "FAIL issuer metadata: token_endpoint http://as.example/token is not https, and clients "
		    "refuse "
		    "that\n" },
		{ "a script for an endpoint",
		    "{" ISSUER ",\"authorization_endpoint\":\"javascript:alert(1)\"," TOKEN "," REGISTER
		    "," TYPES "," PKCE "," METHODS "," ISS "}",
		    AS, false,
		    "FAIL issuer metadata: authorization_endpoint javascript:alert(1) is no absolute URL\n" },
		{ "an endpoint on the client's machine",
		    "{" ISSUER "," AUTHORIZE "," TOKEN
		    ",\"registration_endpoint\":\"http://127.0.0.1:1/register\"," TYPES "," PKCE "," METHODS
		    "," ISS "}",
		    AS, false,
		    "FAIL issuer metadata: registration_endpoint http://127.0.0.1:1/register is at a "
		    "loopback address, "
		    "where clients find themselves\n" },
		{ "no code", "{" ISSUER "," AUTHORIZE "," TOKEN "," REGISTER "," PKCE "," METHODS "," ISS "}",
		    AS, false,
		    "FAIL issuer metadata: response_types_supported does not have code: clients refuse the "
		    "document\n" },
		{ "plain instead of S256",
		    "{" ISSUER "," AUTHORIZE "," TOKEN "," REGISTER "," TYPES
		    ",\"code_challenge_methods_supported\":[\"plain\"]," METHODS "," ISS "}",
		    AS, false,
		    "FAIL issuer metadata: code_challenge_methods_supported does not have S256: clients must "
		    "not go "
		    "on\n" },
		{ "no way in for new clients",
		    "{" ISSUER "," AUTHORIZE "," TOKEN "," TYPES "," PKCE "," METHODS "," ISS "}", AS, false,
		    "FAIL issuer metadata: neither registration_endpoint nor "
		    "client_id_metadata_document_supported: new "
		    "clients cannot come in\n" },
		{ "no public clients",
		    "{" ISSUER "," AUTHORIZE "," TOKEN "," REGISTER "," TYPES "," PKCE "," ISS "}", AS, false,
		    "FAIL issuer metadata: token_endpoint_auth_methods_supported does not have none: most "
		    "MCP clients "
		    "have no secret\n" },
		{ "signatures without algorithms",
		    "{" ISSUER "," AUTHORIZE "," TOKEN "," REGISTER "," TYPES "," PKCE
		    ",\"token_endpoint_auth_methods_supported\":[\"none\",\"private_key_jwt\"]," ISS "}",
		    AS, false,
		    "FAIL issuer metadata: private_key_jwt is offered without its algorithms (RFC 8414 "
		    "section 2)\n" },
		{ "no iss",
		    "{" ISSUER "," AUTHORIZE "," TOKEN "," REGISTER "," TYPES "," PKCE "," METHODS "}", AS,
		    false,
		    "note issuer metadata: authorization_response_iss_parameter_supported is not true: MCP "
		    "is going to "
		    "require it\n" },
		{ "OpenID without its own members",
		    "{" ISSUER "," AUTHORIZE "," TOKEN "," REGISTER "," TYPES "," PKCE "," METHODS "," ISS
		    "}",
		    AS, true,
		    "FAIL issuer metadata: jwks_uri is missing: clients refuse an OpenID document without "
		    "it\n"
		    "FAIL issuer metadata: subject_types_supported is missing: clients refuse an OpenID "
		    "document "
		    "without it\n"
		    "FAIL issuer metadata: id_token_signing_alg_values_supported is missing: clients refuse "
		    "an OpenID "
		    "document without it\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct url u = address(S("https://h.example/mcp"));
		judge_issuer(&v, "issuer metadata", parsed(mem, rows[i].doc), str_of(rows[i].issuer), &u,
		    rows[i].openid);
		found(rows[i].sentence, &v, rows[i].want);
		same_int(rows[i].sentence, (int64_t)ok_count(&v), v.failed ? 0 : 1);
		arena_unref(mem);
	}
}

/* Types that nobody should send are read as absence, never trusted. */
static void odd_types(void **state)
{
	static const char *const docs[] = { "{}", "{\"issuer\":{},\"response_types_supported\":\"code\"}",
		"{\"issuer\":[\"" AS
		"\"],\"token_endpoint\":7,\"code_challenge_methods_supported\":{\"a\":\"S256x\"}}",
		"{\"client_id_metadata_document_supported\":\"true\",\"authorization_endpoint\":[]}" };

	for (size_t i = 0; i < COUNT(docs); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct url u = address(S("https://h.example/mcp"));
		judge_issuer(&v, "issuer metadata", parsed(mem, docs[i]), S(AS), &u, true);
		holds(docs[i], v.failed >= 7);
		arena_unref(mem);
	}
}

static void twins(void **state)
{
	struct arena *mem = arena_new(MEMORY);
	struct verdict v = { .mem = mem };

	judge_twin(&v, "OpenID metadata", parsed(mem, GOOD), parsed(mem, GOOD));
	found("the same", &v, "");
	judge_twin(&v, "OpenID metadata", parsed(mem, GOOD),
	    parsed(mem,
		"{" ISSUER "," AUTHORIZE ",\"token_endpoint\":\"https://b/token\"," REGISTER "," OPENID "}"));
	found("another endpoint", &v,
	    "FAIL OpenID metadata: token_endpoint is https://b/token here and " AS
	    "/token in the other form\n");
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(documents),
		cmocka_unit_test(odd_types),
		cmocka_unit_test(twins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
