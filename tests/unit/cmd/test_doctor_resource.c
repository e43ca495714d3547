#include "cmd/doctor_verdict.c"
#include "cmd/doctor_address.c"
#include "cmd/doctor_document.c"
#include "cmd/doctor_resource.c"
#include "doctor_kit.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
#define URL "https://h.example/.well-known/x"

static void documents(void **state)
{
	static const struct {
		const char *sentence;
		str raw;
		bool read;
		const char *want;
	} rows[] = {
		{ "a good one", S_INIT(OK_HEAD "{\"a\":\"b\",\"c\":[1],\"d\":{\"e\":null}}"), true, "" },
		{ "with parameters of the type",
		    S_INIT("HTTP/1.1 200 OK\r\nContent-Type: Application/JSON ; charset=utf-8\r\n\r\n{}"),
		    true, "" },
		{ "a key set's own type",
		    S_INIT("HTTP/1.1 200 OK\r\nContent-Type: application/jwk-set+json\r\n\r\n{}"), true, "" },
		{ "not there", S_INIT("HTTP/1.1 404 Not Found\r\n\r\n{}"), false,
		    "FAIL metadata: " URL " answers 404\n" },
		{ "the proxy's fault", S_INIT("HTTP/1.1 502 Bad Gateway\r\n\r\n"), false,
		    "FAIL metadata: " URL " answers 502\n" },
		{ "behind a sign-in", S_INIT("HTTP/1.1 401 Unauthorized\r\n\r\n"), false,
		    "FAIL metadata: " URL " answers 401\n" },
		{ "elsewhere", S_INIT("HTTP/1.1 308 P\r\nLocation: https://evil.example/\r\n\r\n"), false,
		    "FAIL metadata: " URL
		    " answers 308 and sends to https://evil.example/: clients do not follow\n" },
		{ "another type", S_INIT("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{}"), true,
		    "FAIL metadata: " URL " is sent as text/plain\n" },
		{ "a type that only begins so",
		    S_INIT("HTTP/1.1 200 OK\r\nContent-Type: application/jsonp\r\n\r\n{}"), true,
		    "FAIL metadata: " URL " is sent as application/jsonp\n" },
		{ "no type", S_INIT("HTTP/1.1 200 OK\r\n\r\n{}"), true,
		    "FAIL metadata: " URL " is sent without Content-Type\n" },
		{ "a page", S_INIT("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<!doctype html>"),
		    false,
		    "FAIL metadata: " URL " is sent as text/html\n"
		    "FAIL metadata: " URL " is no JSON: unexpected character at byte 0\n" },
		{ "cut off",
		    S_INIT("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
			   "9\r\n\r\n{\"a\":1"),
		    false, "FAIL metadata: " URL " ends after 6 of 9 bytes\n" },
		{ "a list", S_INIT(OK_HEAD "[]"), false, "FAIL metadata: " URL " is JSON, but no object\n" },
		{ "a null and an empty string",
		    S_INIT(OK_HEAD "{\"a\":null,\"b\":\"\",\"c\":[\"\"],\"d\":[null],\"e\":1}"), true,
		    "FAIL metadata: null or empty: a, b, c, d; clients refuse the whole document\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct probe_answer a = answer(mem, rows[i].raw);
		const struct json *doc = judge_document(&v, "metadata", S(URL), &a);
		same_int(rows[i].sentence, doc != NULL, rows[i].read);
		found(rows[i].sentence, &v, rows[i].want);
		arena_unref(mem);
	}
}

/* What is hostile in JSON is refused by the reader; here it only has to be said. */
static void hostile_documents(void **state)
{
	static const str bodies[] = { S_INIT(OK_HEAD), S_INIT(OK_HEAD "{\"a\":1,\"a\":2}"),
		S_INIT(OK_HEAD "{}{}"), S_INIT(OK_HEAD "{\"a\":\"\xff\"}"), S_INIT(OK_HEAD "\xef\xbb\xbf{}"),
		S_INIT(OK_HEAD "{\"a\":"), S_INIT(OK_HEAD "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[") };

	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct probe_answer a = answer(mem, bodies[i]);
		holds("refused", !judge_document(&v, "metadata", S(URL), &a));
		same_int("with one finding", (int64_t)v.failed, 1);
		holds("that says so", str_find(v.first->seen, S(URL " is no JSON: ")) == 0);
		arena_unref(mem);
	}
	struct arena *mem = arena_new(MEMORY);
	struct verdict v = { .mem = mem };
	struct probe_answer a = answer(mem, S(OK_HEAD));
	a.body = (str){ arena_alloc(mem, PROBE_BODY_MAX), PROBE_BODY_MAX };
	holds("what is too long is not read", !judge_document(&v, "metadata", S(URL), &a));
	found("what is too long", &v, "FAIL metadata: " URL " is longer than 256 KiB\n");
	arena_unref(mem);
}

static void resources(void **state)
{
	static const struct {
		const char *sentence, *typed, *resource, *difference;
	} rows[] = {
		{ "the same", "https://h.example/mcp", "https://h.example/mcp", NULL },
		{ "typed in capitals", "HTTPS://H.example/mcp", "https://h.example/mcp", NULL },
		{ "typed with the default port", "https://h.example:443/mcp", "https://h.example/mcp", NULL },
		{ "the root without its slash", "https://h.example/", "https://h.example", NULL },
		{ "the root with its slash", "https://h.example", "https://h.example/", NULL },
		{ "a query that is the same", "https://h.example/mcp?a=1", "https://h.example/mcp?a=1",
		    NULL },
		{ "a slash more", "https://h.example/mcp", "https://h.example/mcp/",
		    "it has a slash at the end, which makes it another address" },
		{ "a slash less", "https://h.example/mcp/", "https://h.example/mcp",
		    "the typed one has a slash at the end, which makes it another address" },
		{ "capitals in the host", "https://h.example/mcp", "https://H.Example/mcp",
		    "clients write the host in lower case" },
		{ "capitals in the scheme", "https://h.example/mcp", "HTTPS://h.example/mcp",
		    "clients write the host in lower case" },
		{ "capitals in the path are another path", "https://h.example/mcp", "https://h.example/Mcp",
		    "another path" },
		{ "the default port", "https://h.example/mcp", "https://h.example:443/mcp",
		    "clients leave the default port out" },
		{ "another port", "https://h.example/mcp", "https://h.example:8443/mcp", "another port" },
		{ "another scheme", "https://h.example/mcp", "http://h.example/mcp", "another scheme" },
		{ "another host", "https://h.example/mcp", "https://g.example/mcp", "another host" },
		{ "localhost for 127.0.0.1", "http://127.0.0.1:8080/mcp", "http://localhost:8080/mcp",
		    "localhost and its addresses are different origins to a client" },
		{ "127.0.0.1 for localhost", "http://localhost:8080/mcp", "http://127.0.0.1:8080/mcp",
		    "localhost and its addresses are different origins to a client" },
		{ "a path above", "https://h.example/a/mcp", "https://h.example/a",
		    "it is a path above, which VS Code refuses" },
		{ "the whole host", "https://h.example/mcp", "https://h.example",
		    "it is a path above, which VS Code refuses" },
		{ "a path that only begins so", "https://h.example/mcpx", "https://h.example/mcp",
		    "another path" },
		{ "another query", "https://h.example/mcp", "https://h.example/mcp?a=1", "another query" },
		{ "a fragment", "https://h.example/mcp", "https://h.example/mcp#a",
		    "clients compare letter by letter" },
		{ "a user name", "https://h.example/mcp", "https://u@h.example/mcp",
		    "clients compare letter by letter" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct url u = address(str_of(rows[i].typed));
		const struct json *doc;
		str issuer, want = S("");
		same_err(rows[i].sentence,
		    json_parse(mem,
			arena_printf(mem,
			    "{\"resource\":\"%s\",\"authorization_servers\":[\"https://as.example\"]}",
			    rows[i].resource),
			&doc, NULL),
		    OK);
		holds(rows[i].sentence, judge_resource(&v, "metadata", doc, &u, &issuer));
		same(rows[i].sentence, issuer, S("https://as.example"));
		if (rows[i].difference)
			want =
			    arena_printf(mem, "FAIL metadata: resource is %s, clients were given %.*s: %s\n",
				rows[i].resource, FMT(address_plain(mem, &u)), rows[i].difference);
		found(rows[i].sentence, &v, want.n ? want.p : "");
		same_int(rows[i].sentence, (int64_t)ok_count(&v), rows[i].difference ? 0 : 1);
		arena_unref(mem);
	}
}

static void members(void **state)
{
#define RESOURCE "\"resource\":\"https://h.example/mcp\""
#define SERVERS "\"authorization_servers\":[\"https://as.example\"]"
	static const struct {
		const char *sentence, *doc;
		bool usable;
		const char *want;
	} rows[] = {
		{ "all there", "{" RESOURCE "," SERVERS ",\"bearer_methods_supported\":[\"header\"]}", true,
		    "" },
		{ "no resource", "{" SERVERS "}", true, "FAIL metadata: resource is missing\n" },
		{ "a resource that is no string", "{\"resource\":[1]," SERVERS "}", true,
		    "FAIL metadata: resource is missing\n" },
		{ "a path as resource", "{\"resource\":\"/mcp\"," SERVERS "}", true,
		    "FAIL metadata: resource is no absolute URL: /mcp\n" },
		{ "no servers", "{" RESOURCE "}", false,
		    "FAIL metadata: authorization_servers is missing\n" },
		{ "an empty list of servers", "{" RESOURCE ",\"authorization_servers\":[]}", false,
		    "FAIL metadata: authorization_servers is no list of URLs\n" },
		{ "a string instead of a list",
		    "{" RESOURCE ",\"authorization_servers\":\"https://as.example\"}", false,
		    "FAIL metadata: authorization_servers is no list of URLs\n" },
		{ "a list of something else",
		    "{" RESOURCE ",\"authorization_servers\":[{\"a\":\"https://x\"}]}", false,
		    "FAIL metadata: authorization_servers is no list of URLs\n" },
		{ "two servers",
		    "{" RESOURCE ",\"authorization_servers\":[\"https://as.example\",\"https://b.example\"]}",
		    true,
		    "note metadata: 2 authorization servers: clients ask only the first, "
		    "https://as.example\n" },
		{ "tokens in bodies only",
		    "{" RESOURCE "," SERVERS ",\"bearer_methods_supported\":[\"body\"]}", true,
		    "FAIL metadata: tokens in the Authorization header are not offered: clients send them "
		    "nowhere "
		    "else\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct url u = address(S("https://h.example/mcp"));
		const struct json *doc;
		str issuer;
		same_err(rows[i].sentence, json_parse(mem, str_of(rows[i].doc), &doc, NULL), OK);
		same_int(rows[i].sentence, judge_resource(&v, "metadata", doc, &u, &issuer), rows[i].usable);
		found(rows[i].sentence, &v, rows[i].want);
		arena_unref(mem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents),
		cmocka_unit_test(hostile_documents),
		cmocka_unit_test(resources),
		cmocka_unit_test(members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
