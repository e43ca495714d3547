/* What each client sends: held against the bodies that were recorded, and against what the client's own rules say. */
#include "base/unit.h"
#include "base/json.h"
#include "model/habits.h"
#include "model/redirect.h"

#define MEMORY (1 << 20)
#define ALL                                                                                         \
	"\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"]," \
	"\"token_endpoint_auth_method\":\"none\","

/* The issuer that the recordings were made with. */
static const struct habits_facts facts = {
	.challenged = S_INIT("mcp:tools"),
	.listed = S_INIT("openid offline_access mcp:tools"),
	.resource = S_INIT("https://auth.example/mcp"),
	.port = 5173,
};

static const struct json *parse(struct arena *mem, str text)
{
	const struct json *o;

	if (json_parse(mem, text, &o, NULL) != OK)
		fail_msg("no JSON: %.*s", FMT(text));
	return o;
}

static bool same_json(const struct json *a, const struct json *b)
{
	if (a->type != b->type || a->count != b->count)
		return false;
	if (a->type != JSON_OBJECT && a->type != JSON_ARRAY)
		return str_eq(a->text, b->text);
	const struct json *other = b->first;
	for (JSON_EACH(m, a)) {
		const struct json *n = a->type == JSON_OBJECT ? json_get(b, m->key) : other;
		if (!n || !same_json(m, n))
			return false;
		other = other ? other->next : NULL;
	}
	return true;
}

/* Recorded on 2026-11-20 from the programs themselves. */
static void bodies_are_those_that_were_recorded(void **state)
{
	static const struct {
		const char *id, *body;
	} rows[] = {
		{ "codex",
		    "{" ALL
		    "\"client_name\":\"Codex\",\"redirect_uris\":[\"http://127.0.0.1:5173/callback\"],"
		    "\"scope\":\"mcp:tools offline_access\",\"application_type\":\"native\"}" },
		{ "claude-code",
		    "{" ALL "\"client_name\":\"Claude Code (weather)\",\"redirect_uris\":"
		    "[\"http://localhost:5173/callback\"],\"scope\":\"mcp:tools offline_access\","
		    "\"application_type\":\"native\"}" },
		{ "copilot-cli",
		    "{" ALL "\"client_name\":\"GitHub Copilot "
		    "CLI\",\"redirect_uris\":[\"http://127.0.0.1:5173/\"]}" },
		{ "gemini-cli",
		    "{" ALL "\"client_name\":\"Gemini CLI MCP Client\",\"redirect_uris\":"
		    "[\"http://localhost:5173/oauth/callback\"],\"scope\":\"openid offline_access "
		    "mcp:tools\"}" },
		{ "qwen-code",
		    "{" ALL "\"client_name\":\"Qwen Code MCP Client\",\"redirect_uris\":"
		    "[\"http://localhost:7777/oauth/callback\"],\"scope\":\"mcp:tools\","
		    "\"code_challenge_method\":[\"S256\"]}" },
		{ "opencode",
		    "{" ALL
		    "\"client_name\":\"OpenCode\",\"client_uri\":\"https://opencode.ai\",\"redirect_uris\":"
		    "[\"http://127.0.0.1:19876/mcp/oauth/callback\"],\"scope\":\"mcp:tools "
		    "offline_access\"}" },
		{ "cline",
		    "{" ALL "\"client_name\":\"Cline\",\"redirect_uris\":"
		    "[\"http://127.0.0.1:1456/mcp/oauth/callback\"],\"scope\":\"mcp:tools\"}" },
		{ "mcporter",
		    "{" ALL "\"client_name\":\"mcporter (weather)\",\"redirect_uris\":"
		    "[\"http://127.0.0.1:5173/callback\"],\"scope\":\"mcp:tools\"}" },
		{ "mcp-inspector",
		    "{" ALL "\"client_name\":\"MCP Inspector\",\"client_uri\":"
		    "\"https://github.com/modelcontextprotocol/inspector\",\"redirect_uris\":"
		    "[\"http://127.0.0.1:6276/oauth/callback\"],\"scope\":\"mcp:tools offline_access\","
		    "\"application_type\":\"native\"}" },
		{ "ai-sdk",
		    "{" ALL
		    "\"client_name\":\"ai-sdk\",\"redirect_uris\":[\"http://localhost:5173/callback\"],"
		    "\"scope\":\"mcp:tools\",\"application_type\":\"native\"}" },
		{ "use-mcp",
		    "{" ALL
		    "\"client_name\":\"use-mcp\",\"client_uri\":\"http://localhost:5173\",\"redirect_uris\":"
		    "[\"http://localhost:5173/oauth/callback\"],\"scope\":\"mcp:tools\"}" },
		{ "cursor",
		    "{" ALL
		    "\"client_name\":\"Cursor\",\"redirect_uris\":[\"cursor://anysphere.cursor-mcp/oauth/"
		    "callback\",\"https://www.cursor.com/agents/mcp/oauth/callback\","
		    "\"http://localhost:8787/callback\"],\"application_type\":\"web\"}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		const struct habits *h = habits_find(str_of(rows[i].id));
		holds(rows[i].id, h);
		str body = habits_registration(mem, h, &facts);
		if (!same_json(parse(mem, body), parse(mem, str_of(rows[i].body))))
			fail_msg("%s registers %.*s", rows[i].id, FMT(body));
		arena_unref(mem);
	}
}

/* Each client with an address sends something that can be sent, and asks with what it registered. */
static void every_handshake_is_whole(void **state)
{
	size_t none = 0;

	(void)state;
	for (size_t i = 0; i < known_habits_count; i++) {
		const struct habits *h = &known_habits[i];
		struct arena *mem = arena_new(MEMORY);
		str registered, asked;
		size_t n = 0;

		holds(h->id.p, habits_find(h->id) == h && str_within(h->id, '-', 'z'));
		for (; habits_address(mem, h, false, n, 40000, &registered, &asked); n++) {
			holds(registered.p, redirect_kind(registered) != REDIRECT_BAD);
			holds(asked.p, redirect_same(registered, asked) && !str_has(asked, '{'));
		}
		none += n == 0;
		const struct json *body = parse(mem, habits_registration(mem, h, &facts));
		assert_int_equal(json_get(body, S("redirect_uris"))->count, n);
		for (JSON_EACH(m, body))
			holds(h->id.p, m->type != JSON_NULL && (m->type != JSON_STRING || m->text.n));
		/* a client with a document is known by it, and has addresses that go with it */
		const struct known_client *d = habits_document(h);
		if (d) {
			holds(h->id.p, str_eq(d->id, h->id) && known_document(d->uri) == d);
			holds(h->id.p, habits_address(mem, h, true, 0, 40000, &registered, &asked));
			holds(h->id.p, redirect_same(registered, asked));
		}
		arena_unref(mem);
	}
	assert_int_equal(none, 3); /* Windsurf, Amazon Q, LM Studio: too little is known */
}

static void loopback_addresses_are_asked_for_with_a_port(void **state)
{
	static const struct {
		const char *id;
		bool documented;
		size_t n;
		const char *registered, *asked;
	} rows[] = {
		{ "claude-code", false, 0, "http://localhost:40000/callback",
		    "http://localhost:40000/callback" },
		{ "claude-code", true, 0, "http://localhost/callback", "http://localhost:40000/callback" },
		{ "claude-code", true, 1, "http://127.0.0.1/callback", "http://127.0.0.1:40000/callback" },
		{ "vscode", false, 1, "https://vscode.dev/redirect", "https://vscode.dev/redirect" },
		{ "vscode", false, 2, "http://127.0.0.1/", "http://127.0.0.1:40000/" },
		{ "vscode", false, 3, "http://127.0.0.1:33418/", "http://127.0.0.1:33418/" },
		{ "copilot-cli", true, 0, "http://127.0.0.1/callback", "http://127.0.0.1:40000/callback" },
		{ "claude", true, 0, "https://claude.ai/api/mcp/auth_callback",
		    "https://claude.ai/api/mcp/auth_callback" },
		{ "librechat", false, 0, "https://client.example/api/mcp/selftest/oauth/callback",
		    "https://client.example/api/mcp/selftest/oauth/callback" },
	};
	struct arena *mem = arena_new(MEMORY);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		str registered, asked;
		holds(rows[i].registered,
		    habits_address(mem, habits_find(str_of(rows[i].id)), rows[i].documented, rows[i].n, 40000,
			&registered, &asked));
		same(rows[i].id, registered, str_of(rows[i].registered));
		same(rows[i].id, asked, str_of(rows[i].asked));
	}
	arena_unref(mem);
}

static void authorization_requests_say_what_the_client_says(void **state)
{
	struct arena *mem = arena_new(MEMORY);
	const struct habits *copilot = habits_find(S("copilot-cli"));

	(void)state;
	same("copilot",
	    habits_authorize(mem, copilot, &facts, S("id"), S("http://127.0.0.1:1/"), copilot->prompt_again,
		S("s+/t"), S("c")),
	    S("response_type=code&client_id=id&code_challenge=c&code_challenge_method=S256&redirect_uri="
	      "http%3A%2F%2F127.0.0.1%3A1%2F&state=s%2B%2Ft&scope=mcp%3Atools%20offline_access&prompt="
	      "consent%20select_account&resource=https%3A%2F%2Fauth.example%2Fmcp"));
	/* codex and gemini ask for offline_access without prompt=consent */
	same("codex",
	    habits_authorize(mem, habits_find(S("codex")), &facts, S("id"), S("http://127.0.0.1:1/callback"),
		NULL, S("s"), S("c")),
	    S("response_type=code&client_id=id&code_challenge=c&code_challenge_method=S256&redirect_uri="
	      "http%3A%2F%2F127.0.0.1%3A1%2Fcallback&state=s&scope=mcp%3Atools%20offline_access&resource="
	      "https%3A%2F%2Fauth.example%2Fmcp"));
	assert_null(habits_find(S("codex"))->prompt);
	assert_null(habits_find(S("gemini-cli"))->prompt);
	/* an issuer without offline_access is not asked for it; one without scopes for none */
	const struct habits_facts few = { .challenged = S("a b"), .listed = S("a b"), .port = 1 },
				  nothing = { .port = 1 };
	same("few", habits_scope(mem, habits_find(S("codex")), &few), S("a b"));
	same("nothing", habits_scope(mem, habits_find(S("codex")), &nothing), S(""));
	same("all", habits_scope(mem, habits_find(S("gemini-cli")), &facts),
	    S("openid offline_access mcp:tools"));
	same("its own", habits_scope(mem, habits_find(S("claude")), &facts), S("claudeai"));
	arena_unref(mem);
}

static void unknown_ids_are_nobodys(void **state)
{
	(void)state;
	assert_null(habits_find(S("")));
	assert_null(habits_find(S("Cursor")));
	assert_null(habits_find(S("curso")));
	assert_null(habits_find(S("cursor ")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_are_those_that_were_recorded),
		cmocka_unit_test(every_handshake_is_whole),
		cmocka_unit_test(loopback_addresses_are_asked_for_with_a_port),
		cmocka_unit_test(authorization_requests_say_what_the_client_says),
		cmocka_unit_test(unknown_ids_are_nobodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
