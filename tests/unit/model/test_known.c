/* Known applications: by their address to the byte, and by nothing that only looks like it. */
#include "base/unit.h"
#include "model/known.h"
#include "model/redirect.h"

static void addresses(void **state)
{
	static const struct {
		const char *uri, *name;
		bool proves;
	} rows[] = {
		{ "https://claude.ai/api/mcp/auth_callback", "Claude", true }, /* A-36 */
		{ "https://claude.com/api/mcp/auth_callback", "Claude", true },
		{ "cursor://anysphere.cursor-mcp/oauth/callback", "Cursor", false }, /* A-37 */
		{ "https://www.cursor.com/agents/mcp/oauth/callback", "Cursor", true },
		{ "https://vscode.dev/redirect", "Visual Studio Code", true },
		{ "https://grok.com/connectors-oauth-exchange-code/", "Grok", true },
		{ "https://chatgpt.com/connector_platform_oauth_redirect", "ChatGPT", true },
		{ "https://chatgpt.com/connector/oauth/aB3_-x", "ChatGPT", true },
		{ "warp://mcp/oauth2callback", "Warp", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct known_client *k = known_client(str_of(rows[i].uri));
		holds(rows[i].uri, k);
		same(rows[i].uri, k->name, str_of(rows[i].name));
		holds(rows[i].uri, known_proves(k) == rows[i].proves);
	}
}

static void near_misses(void **state)
{
	static const char *const rows[] = {
		"",
		"claude.ai",
		"https://claude.ai",
		"https://claude.ai/api/mcp/auth_callbac",
		"https://evil.example/api/mcp/auth_callback",                        /* REDIR-01 */
		"https://claude.ai/api/mcp/auth_callback/",                          /* REDIR-03 */
		"https://claude.ai/api/mcp/auth_callback/../../evil",                /* REDIR-04 */
		"https://claude.ai/api/mcp/auth_callback/%2e%2e/evil",               /* REDIR-05 */
		"https://claude.ai/api/mcp/AUTH_CALLBACK",                           /* REDIR-07 */
		"https://claude.ai/api/mcp/%61uth_callback",                         /* REDIR-08 */
		"https://claude.ai/api/mcp/auth_callback?next=https://evil.example", /* REDIR-09 */
		"https://claude.ai/api/mcp/auth_callback?",
		"https://claude.ai/api/mcp/auth_callback#",
		"https://claude.ai@evil.example/api/mcp/auth_callback",   /* REDIR-11 */
		"https://evil.example\\@claude.ai/api/mcp/auth_callback", /* REDIR-12 */
		"https://user:pw@claude.ai/api/mcp/auth_callback",        /* REDIR-13 */
		"https://claude.ai:8443/api/mcp/auth_callback",           /* REDIR-15 */
		"https://claude.ai:443/api/mcp/auth_callback",
		"http://claude.ai/api/mcp/auth_callback",               /* REDIR-16 */
		"https://claude.ai.evil.example/api/mcp/auth_callback", /* REDIR-17 */
		"https://evilclaude.ai/api/mcp/auth_callback",
		"https://claude.ai./api/mcp/auth_callback", /* REDIR-19 */
		"https://CLAUDE.AI/api/mcp/auth_callback",  /* REDIR-20 */
		"HTTPS://claude.ai/api/mcp/auth_callback",  /* REDIR-21 */
		"https://claude\xe3\x80\x82"
		"ai/api/mcp/auth_callback", /* REDIR-23 */
		"https://cl\xd0\xb0ude.ai/api/mcp/auth_callback",
		"https://claude.ai\t.evil.example/api/mcp/auth_callback",       /* REDIR-24 */
		"https://claude.ai/api/mcp/auth_callback\r\nx: y",              /* REDIR-25 */
		"https://claude.ai/api/mcp/auth_callback%00evil",               /* REDIR-27 */
		"javascript:alert(1)//https://claude.ai/api/mcp/auth_callback", /* REDIR-28 */
		"https://claude.ai/api/mcp/auth_callback ",                     /* REDIR-31 */
		"https:\\\\claude.ai\\api\\mcp\\auth_callback",                 /* REDIR-32 */
		"//claude.ai/api/mcp/auth_callback",                            /* REDIR-33 */
		"https:claude.ai/api/mcp/auth_callback",                        /* REDIR-35 */
		"https://claude.ai/api/mcp/auth_callback;jsessionid=1",         /* REDIR-36 */
		"https://claude.ai/*",                                          /* REDIR-37 */
		"http://localhost:8787/callback", /* anybody's who has a program on this device */
		"cursor://anysphere.cursor-retrieval/oauth/callback",
		"warp://mcp/oauth2callback?server_id=1",
		"https://grok.com/connectors-oauth-exchange-code",
		"https://raycast.com/redirect?packageName=Extension", /* any extension's */
		/* below: one segment, which is an id */
		"https://chatgpt.com/connector/oauth",
		"https://chatgpt.com/connector/oauth/",
		"https://chatgpt.com/connector/oauth/..",
		"https://chatgpt.com/connector/oauth/../../evil",
		"https://chatgpt.com/connector/oauth/%2e%2e",
		"https://chatgpt.com/connector/oauth/a/b",
		"https://chatgpt.com/connector/oauth/a?next=evil",
		"https://chatgpt.com/connector/oauth/a#b",
		"https://chatgpt.com/connector/oauth/a;b",
		"https://chatgpt.com/connector/oauth//a",
		"https://chatgpt.com.evil.example/connector/oauth/a",
		"https://chatgpt.com/connector/oauth/"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		holds(rows[i], !known_client(str_of(rows[i])));
}

/* Each row can be registered, is found by itself, and has the kind that the rules of the table ask for. */
static void the_table_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < known_client_count; i++) {
		const struct known_client *k = &known_clients[i];
		enum redirect_kind kind = redirect_kind(k->uri);
		holds(k->uri.p, kind == REDIRECT_HTTPS || (kind == REDIRECT_APP && !k->below));
		holds(k->uri.p, known_proves(k) == (kind == REDIRECT_HTTPS));
		holds(k->uri.p, k->confidence == 'A' || k->confidence == 'B');
		holds(k->uri.p, k->below ? str_ends(k->uri, S("/")) : known_client(k->uri) == k);
		holds(k->uri.p, k->name.n > 0 && str_eq(known_name(k->name), k->name));
	}
}

static void names(void **state)
{
	static const struct {
		const char *name, *want;
	} rows[] = {
		{ "Claude", "Claude" },
		{ "CLAUDE", "Claude" },
		{ " claude ", "Claude" },
		{ "Claude Code (weather)", "Claude" },
		{ "claude-desktop", "Claude" },
		{ "Claude\xe2\x80\x8b", "Claude" }, /* a blank of no width */
		{ "visual studio code - insiders", "Visual Studio Code" },
		{ "Claudette", "" },
		{ "Claude2", "" },
		{ "My Claude", "" },
		{ "Claud", "" },
		{ "Visual", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		same(rows[i].name, known_name(str_of(rows[i].name)), str_of(rows[i].want));
}

static void origins(void **state)
{
	static const struct {
		const char *origin;
		bool ok;
	} rows[] = {
		{ "https://claude.ai", true },
		{ "https://chatgpt.com", true },
		{ "https://insiders.vscode.dev", true },
		{ "", false },
		{ "https", false },
		{ "https://", false },
		{ "null", false },
		{ "https://claude.a", false },
		{ "https://claude.ai/", false },
		{ "https://claude.ai/api", false },
		{ "https://claude.ai:443", false },
		{ "http://claude.ai", false },
		{ "HTTPS://claude.ai", false },
		{ "https://CLAUDE.AI", false },
		{ "https://claude.ai.evil.example", false },
		{ "https://evil.claude.ai", false },
		{ "https://cursor.com", false },
		{ "cursor://anysphere.cursor-mcp", false },
		{ "https://evil.example", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		holds(rows[i].origin, known_origin(str_of(rows[i].origin)) == rows[i].ok);
	holds("none", !known_origin((str){ NULL, 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(near_misses),
		cmocka_unit_test(the_table_is_sound),
		cmocka_unit_test(names),
		cmocka_unit_test(origins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
