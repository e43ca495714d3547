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
		/* they hand the code on to whatever `state` names on this device */
		{ "https://vscode.dev/redirect", "Visual Studio Code", false },
		{ "https://insiders.vscode.dev/redirect", "Visual Studio Code", false },
		{ "https://antigravity.google/oauth-callback", "Antigravity", true },
		{ "https://api.devin.ai/mcp/oauth/callback", "Devin", true },
		{ "https://callback.mistral.ai/v1/integrations_auth/oauth2_callback", "Mistral Le Chat",
		    true },
		{ "https://oauth.n8n.cloud/oauth2/callback", "n8n", true },
		{ "https://www.perplexity.ai/rest/connections/oauth_callback", "Perplexity", true },
		{ "https://enterprise.perplexity.ai/rest/connections/oauth_callback", "Perplexity", true },
		{ "https://console.x.ai/connectors-oauth-exchange-code/", "Grok", true },
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
		"http://localhost:43117/callback",
		"http://127.0.0.1:33418/",
		"http://localhost:{port}/callback", /* a row's own words are no address */
		"https://chatgpt.com/connector/oauth/{id}",
		"https://{host}/rest/oauth2-credential/callback",
		/* one has told it */
		"cursor://anysphere.cursor-retrieval/",
		"cursor://anysphere.cursor-retrieval/oauth/callback",
		"claude://claude.ai/settings/connectors",
		"https://oauth.pstmn.io/v1/callback",
		/* anybody may have one */
		"https://global.consent.azure-apim.net/redirect/evil",
		"https://evil.app.n8n.cloud/rest/oauth2-credential/callback",
		"https://evil.example/rest/oauth2-credential/callback",
		"https://evil.example/api/mcp/weather/oauth/callback",
		"https://evil.example/oauth/clients/mcp:1/callback",
		/* hands on, but not from there */
		"https://vscode.dev/redirect/",
		"https://vscode.dev/redirect?state=vscode://evil",
		"https://vscode.dev:8443/redirect",
		"https://evil.vscode.dev/redirect",
		"https://VSCODE.DEV/redirect",
		"https://vsc\xd0\xbe"
		"de.dev/redirect", /* a Cyrillic o */
		"https://xn--cursr-0ra.com/agents/mcp/oauth/callback",
		"https://www.cursor.com/agents/mcp/oauth/callback/../callback",
		"https://www.cursor.com/agents/./mcp/oauth/callback",
		"https://www.cursor.com/agents/%2e/mcp/oauth/callback",
		"https://cursor.com/agents/mcp/oauth/callback",
		"https://grok.com/connectors-oauth-exchange-code//",
		/* a document is no redirect URI */
		"https://claude.ai/oauth/claude-code-client-metadata",
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
		holds(rows[i], !known_client(str_of(rows[i])) && !known_relays(str_of(rows[i])));
}

/* A document is its address to the byte; what only looks like it is nobody's. */
static void documents(void **state)
{
	static const struct {
		const char *client_id, *name; /* NULL: nobody's */
	} rows[] = {
		{ "https://claude.ai/oauth/claude-code-client-metadata", "Claude Code" },
		{ "https://claude.ai/oauth/mcp-oauth-client-metadata", "Claude" },
		{ "https://chatgpt.com/oauth/codex/client.json", "Codex" },
		{ "https://github.com/copilot/cli/client-metadata.json", "GitHub Copilot CLI" },
		{ "https://vscode.dev/oauth/client-metadata.json", "Visual Studio Code" },
		{ "https://zed.dev/oauth/client-metadata.json", "Zed" },
		{ "https://grok.com/oauth/mcp-client.json", "Grok" },
		{ "https://apify.github.io/mcpc/client-metadata.json", "mcpc" },
		{ "", NULL },
		{ "https://claude.ai", NULL },
		{ "https://claude.ai/oauth/claude-code-client-metadata/", NULL },
		{ "https://claude.ai/oauth/claude-code-client-metadata?x", NULL },
		{ "https://claude.ai/oauth/claude-code-client-metadata#", NULL },
		{ "https://claude.ai/oauth/./claude-code-client-metadata", NULL },
		{ "https://claude.ai/oauth/x/../claude-code-client-metadata", NULL },
		{ "https://claude.ai/oauth/%63laude-code-client-metadata", NULL },
		{ "https://claude.ai:443/oauth/claude-code-client-metadata", NULL },
		{ "https://CLAUDE.ai/oauth/claude-code-client-metadata", NULL },
		{ "HTTPS://claude.ai/oauth/claude-code-client-metadata", NULL },
		{ "http://claude.ai/oauth/claude-code-client-metadata", NULL },
		{ "https://claude.ai./oauth/claude-code-client-metadata", NULL },
		{ "https://claude.ai.evil.example/oauth/claude-code-client-metadata", NULL },
		{ "https://claude.ai@evil.example/oauth/claude-code-client-metadata", NULL },
		{ "https://cl\xd0\xb0ude.ai/oauth/claude-code-client-metadata", NULL },
		{ "https://claude.ai/api/mcp/auth_callback", NULL }, /* an address, but no document */
		{ "http://localhost/callback", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct known_client *k = known_document(str_of(rows[i].client_id));
		holds(rows[i].client_id, !k == !rows[i].name);
		if (!k)
			continue;
		same(rows[i].client_id, k->name, str_of(rows[i].name));
		holds(rows[i].client_id, known_proves(k));
	}
}

/* What a row of each kind has to be, and what it may decide. */
static void sound(const struct known_client *k)
{
	enum redirect_kind kind = redirect_kind(k->uri);
	bool https = str_starts(k->uri, S("https://")), placed = str_has(k->uri, '{');
	bool found = known_client(k->uri) && str_eq(known_client(k->uri)->uri, k->uri);

	switch (k->match) {
	case KNOWN_EXACT:
		holds(k->uri.p, kind == REDIRECT_HTTPS || kind == REDIRECT_APP);
		holds(k->uri.p, found == (k->confidence != 'C') && !placed);
		break;
	case KNOWN_RELAY:
		holds(k->uri.p, kind == REDIRECT_HTTPS && found && !placed && !known_proves(k));
		holds(k->uri.p, known_relays(k->uri));
		break;
	case KNOWN_BELOW:
		holds(k->uri.p, https && str_ends(k->uri, S("/{id}")) && !found);
		break;
	case KNOWN_PORT:
		holds(k->uri.p,
		    str_starts(k->uri, S("http://localhost")) || str_starts(k->uri, S("http://127.0.0.1")));
		holds(k->uri.p, !found && !known_proves(k));
		break;
	case KNOWN_SHARED:
		holds(k->uri.p, https && !found && !known_proves(k));
		break;
	case KNOWN_FAMILY:
		holds(k->uri.p, str_starts(k->uri, S("https://{host}/")) && !found && !known_proves(k));
		break;
	case KNOWN_DOCUMENT:
		holds(k->uri.p, https && !placed && !found && known_document(k->uri) == k);
		break;
	}
}

static void the_table_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < known_client_count; i++) {
		const struct known_client *k = &known_clients[i];
		sound(k);
		holds(k->uri.p, k->confidence >= 'A' && k->confidence <= 'C');
		holds(k->uri.p,
		    !known_proves(k) || (k->confidence != 'C' && str_starts(k->uri, S("https://"))));
		holds(k->uri.p, k->id.n > 0 && k->name.n > 0 && str_eq(known_name(k->name), k->name));
	}
	assert_false(known_relays(S("https://claude.ai/api/mcp/auth_callback")));
	assert_true(known_client_count >= 75);
}

static void names(void **state)
{
	static const struct {
		const char *name, *want;
	} rows[] = {
		{ "Claude", "Claude" },
		{ "Windsurf", "Windsurf" }, /* its address is not known */
		{ "CLAUDE", "Claude" },
		{ " claude ", "Claude" },
		{ "Claude Code (weather)", "Claude Code" }, /* the longest */
		{ "Claude Codex", "Claude" },
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
		{ "https://vscode.dev", true },
		{ "https://www.cursor.com", true },
		/* of a document only, of anybody's, or told by one */
		{ "https://github.com", false },
		{ "https://zed.dev", false },
		{ "https://apify.github.io", false },
		{ "https://raycast.com", false },
		{ "https://global.consent.azure-apim.net", false },
		{ "https://oauth.pstmn.io", false },
		{ "https://{host}", false },
		{ "http://localhost:8787", false },
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
		cmocka_unit_test(documents),
		cmocka_unit_test(the_table_is_sound),
		cmocka_unit_test(names),
		cmocka_unit_test(origins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
