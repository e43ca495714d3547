/* Redirect URIs: what may be registered (DCR rows of the attack list), and what is the same (REDIR rows). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/redirect.h"

static void kinds(void **state)
{
	static const struct {
		const char *sentence;
		const char *uri;
		enum redirect_kind want;
	} rows[] = {
		{ "https with a host", "https://client.example/cb", REDIRECT_HTTPS },
		{ "https with a port and a query", "https://client.example:8443/cb?a=b", REDIRECT_HTTPS },
		{ "Claude", "https://claude.ai/api/mcp/auth_callback", REDIRECT_HTTPS },
		{ "http on 127.0.0.1", "http://127.0.0.1:33418/", REDIRECT_LOOPBACK },
		{ "http on 127.0.0.1 without a port", "http://127.0.0.1/", REDIRECT_LOOPBACK },
		{ "http on localhost", "http://localhost:3000/callback", REDIRECT_LOOPBACK },
		{ "http on [::1]", "http://[::1]:80/cb", REDIRECT_LOOPBACK },
		{ "Cursor", "cursor://anysphere.cursor-mcp/oauth/callback", REDIRECT_APP },
		{ "VS Code", "vscode://vscode.github-authentication/did-authenticate", REDIRECT_APP },
		{ "a reversed domain without authority", "com.example:/cb", REDIRECT_APP },
		{ "a reversed domain with an empty authority", "com.example.app:///cb", REDIRECT_APP },
		{ "DCR-01 javascript", "javascript:alert(document.domain)", REDIRECT_BAD },
		{ "javascript in other letters", "JaVaScRiPt:alert(1)", REDIRECT_BAD },
		{ "javascript with an authority", "javascript://client.example/%0aalert(1)", REDIRECT_BAD },
		{ "data", "data:text/html,x", REDIRECT_BAD },
		{ "DCR-03 vbscript", "vbscript:x", REDIRECT_BAD },
		{ "DCR-04 file", "file:///etc/passwd", REDIRECT_BAD },
		{ "file with a host", "file://host/share", REDIRECT_BAD },
		{ "DCR-05 http beyond loopback", "http://evil.example/cb", REDIRECT_BAD },
		{ "http on another loopback address", "http://127.0.0.2/cb", REDIRECT_BAD },
		{ "http on a name that begins like loopback", "http://localhost.evil.example/cb",
		    REDIRECT_BAD },
		{ "http on LOCALHOST", "http://LOCALHOST/cb", REDIRECT_BAD },
		{ "DCR-07 wildcard host", "https://*.example/cb", REDIRECT_BAD },
		{ "wildcard path", "https://client.example/*", REDIRECT_BAD },
		{ "DCR-08 relative", "/cb", REDIRECT_BAD },
		{ "scheme-relative", "//client.example/cb", REDIRECT_BAD },
		{ "DCR-09 userinfo", "https://good.example@evil.example/cb", REDIRECT_BAD },
		{ "empty userinfo", "https://@client.example/cb", REDIRECT_BAD },
		{ "DCR-11 about", "about:blank", REDIRECT_BAD },
		{ "DCR-12 blob", "blob:https://x/1", REDIRECT_BAD },
		{ "DCR-13 tab inside the scheme", "java\tscript:alert(1)", REDIRECT_BAD },
		{ "DCR-15 empty", "", REDIRECT_BAD },
		{ "ftp", "ftp://client.example/cb", REDIRECT_BAD },
		{ "wss", "wss://client.example/cb", REDIRECT_BAD },
		{ "mailto", "mailto:a@client.example", REDIRECT_BAD },
		{ "a handler of the system", "ms-msdt://x/y", REDIRECT_BAD },
		{ "intent", "intent://x/y", REDIRECT_BAD },
		{ "REDIR-39 out of band", "urn:ietf:wg:oauth:2.0:oob", REDIRECT_BAD },
		{ "fragment", "https://client.example/cb#x", REDIRECT_BAD },
		{ "empty fragment", "https://client.example/cb#", REDIRECT_BAD },
		{ "dot segments", "https://client.example/a/../cb", REDIRECT_BAD },
		{ "encoded dot segments", "https://client.example/a/%2E%2e/cb", REDIRECT_BAD },
		{ "a blank", "https://client.example/c b", REDIRECT_BAD },
		{ "a backslash", "https://client.example\\@evil.example/cb", REDIRECT_BAD },
		{ "beyond ASCII",
		    "https://client\xe3\x80\x82"
		    "example/cb",
		    REDIRECT_BAD },
		{ "a line end", "https://client.example/cb\r\nSet-Cookie: a=b", REDIRECT_BAD },
		{ "no host", "https:///cb", REDIRECT_BAD },
		{ "no slashes", "https:client.example/cb", REDIRECT_BAD },
		{ "a scheme in capitals", "HTTPS://client.example/cb", REDIRECT_BAD },
		{ "http in capitals", "HTTP://localhost/cb", REDIRECT_BAD },
		{ "a host of tricks", "https://a;b/cb", REDIRECT_BAD },
		{ "a host that begins with a dot", "https://.example/cb", REDIRECT_BAD },
		{ "a private scheme without host or dot", "myapp:/cb", REDIRECT_BAD },
		{ "a private scheme with nothing", "com.example:", REDIRECT_BAD },
		{ "a reversed domain and no path", "com.example:cb", REDIRECT_BAD },
		{ "a dot at the end of the scheme", "com.:/cb", REDIRECT_BAD },
		{ "a wildcard host of an application", "cursor://*/cb", REDIRECT_BAD },
		{ "port 0", "https://client.example:0/cb", REDIRECT_BAD },
		{ "a port too many", "http://127.0.0.1:65536/cb", REDIRECT_BAD },
	};
	struct arena *mem = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (redirect_kind(str_of(rows[i].uri)) != rows[i].want)
			fail_msg("%s: %s", rows[i].sentence, rows[i].uri);
	char *path = arena_alloc(mem, REDIRECT_MAX);
	for (size_t i = 0; i < REDIRECT_MAX; i++)
		path[i] = 'a';
	str longest = arena_printf(mem, "https://h/%.*s", REDIRECT_MAX - 10, path);
	assert_int_equal(redirect_kind(longest), REDIRECT_HTTPS);
	assert_int_equal(redirect_kind(arena_printf(mem, "%.*sa", FMT(longest))), REDIRECT_BAD);
	arena_unref(mem);
}

static void comparison(void **state)
{
#define HTTPS "https://client.example/cb"
#define LOOP "http://127.0.0.1/cb"
	static const struct {
		const char *sentence, *registered, *sent;
		bool same;
	} rows[] = {
		{ "the same", HTTPS, HTTPS, true },
		{ "one of several", "https://a.example/x " HTTPS " http://localhost/", HTTPS, true },
		{ "REDIR-01 other host", HTTPS, "https://evil.example/cb", false },
		{ "REDIR-03 trailing slash", HTTPS, "https://client.example/cb/", false },
		{ "REDIR-04 dot segments", HTTPS, "https://client.example/cb/../../evil", false },
		{ "REDIR-05 encoded dot segments", HTTPS, "https://client.example/cb/%2e%2e/%2e%2e/evil",
		    false },
		{ "REDIR-07 path case", HTTPS, "https://client.example/CB", false },
		{ "REDIR-08 encoded letter", HTTPS, "https://client.example/%63b", false },
		{ "REDIR-09 added query", HTTPS, "https://client.example/cb?next=https://evil.example",
		    false },
		{ "REDIR-11 userinfo, host is evil", HTTPS, "https://client.example@evil.example/cb", false },
		{ "REDIR-12 backslash before @", HTTPS, "https://evil.example\\@client.example/cb", false },
		{ "REDIR-13 userinfo on the right host", HTTPS, "https://user:pw@client.example/cb", false },
		{ "REDIR-15 other port", HTTPS, "https://client.example:8443/cb", false },
		{ "REDIR-16 downgrade", HTTPS, "http://client.example/cb", false },
		{ "REDIR-17 host suffix", HTTPS, "https://client.example.evil.example/cb", false },
		{ "REDIR-19 trailing dot", HTTPS, "https://client.example./cb", false },
		{ "REDIR-20 host case", HTTPS, "https://CLIENT.EXAMPLE/cb", false },
		{ "REDIR-21 scheme case", HTTPS, "HTTPS://client.example/cb", false },
		{ "REDIR-23 ideographic full stop", HTTPS,
		    "https://client\xe3\x80\x82"
		    "example/cb",
		    false },
		{ "REDIR-24 tab in host", HTTPS, "https://client.example\t.evil.example/cb", false },
		{ "REDIR-25 header injection", HTTPS, "https://client.example/cb\r\nSet-Cookie: kit=1",
		    false },
		{ "REDIR-27 encoded NUL", HTTPS, "https://client.example/cb%00evil", false },
		{ "REDIR-28 javascript", HTTPS, "javascript:alert(1)//https://client.example/cb", false },
		{ "REDIR-29 data", HTTPS, "data:text/html,https://client.example/cb", false },
		{ "REDIR-31 trailing blank", HTTPS, "https://client.example/cb ", false },
		{ "REDIR-32 backslashes", HTTPS, "https:\\\\client.example\\cb", false },
		{ "REDIR-33 scheme-relative", HTTPS, "//evil.example/cb", false },
		{ "REDIR-35 no slashes", HTTPS, "https:client.example/cb", false },
		{ "REDIR-36 path parameter", HTTPS, "https://client.example/cb;jsessionid=1", false },
		{ "REDIR-37 wildcard", HTTPS, "https://client.example/*", false },
		{ "REDIR-39 out of band", HTTPS, "urn:ietf:wg:oauth:2.0:oob", false },
		{ "REDIR-45 any port on loopback", LOOP, "http://127.0.0.1:49152/cb", true },
		{ "another port than the registered one", "http://localhost:3000/cb", "http://localhost:1/cb",
		    true },
		{ "no port where one is registered", "http://[::1]:3000/cb", "http://[::1]/cb", true },
		{ "REDIR-47 name for the address", LOOP, "http://localhost:49152/cb", false },
		{ "REDIR-48 other family", LOOP, "http://[::1]:49152/cb", false },
		{ "REDIR-49 other loopback address", LOOP, "http://127.0.0.2:49152/cb", false },
		{ "REDIR-51 decimal address", LOOP, "http://2130706433:49152/cb", false },
		{ "REDIR-52 port that is userinfo", LOOP, "http://127.0.0.1:49152@evil.example/cb", false },
		{ "userinfo before loopback", LOOP, "http://evil.example@127.0.0.1/cb", false },
		{ "REDIR-53 junk port", LOOP, "http://127.0.0.1:80evil.example/cb", false },
		{ "REDIR-55 loopback prefix", LOOP, "http://127.0.0.1.evil.example:49152/cb", false },
		{ "REDIR-56 scheme changed with the port", LOOP, "https://127.0.0.1:49152/cb", false },
		{ "REDIR-57 query added", LOOP, "http://127.0.0.1:49152/cb?x=1", false },
		{ "an empty query added", LOOP, "http://127.0.0.1:49152/cb?", false },
		{ "a fragment added", LOOP, "http://127.0.0.1:49152/cb#x", false },
		{ "path changed with the port", LOOP, "http://127.0.0.1:49152/cb/", false },
		{ "port of https on localhost", "https://localhost/cb", "https://localhost:1/cb", false },
		{ "nothing registered", "", HTTPS, false },
		{ "nothing sent", HTTPS, "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (redirect_among(str_of(rows[i].registered), str_of(rows[i].sent)) != rows[i].same)
			fail_msg("%s: %s", rows[i].sentence, rows[i].sent);
}

static void hosts(void **state)
{
	static const struct {
		const char *uri, *host;
	} rows[] = {
		{ "https://client.example/cb", "client.example" },
		{ "https://client.example:8443/cb", "client.example:8443" },
		{ "http://127.0.0.1:33418/", "127.0.0.1" },
		{ "http://[::1]:80/cb", "[::1]" },
		{ "cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp" },
		{ "com.example:/cb", "com.example:" },
		{ "nothing", "" },
	};
	struct arena *mem = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!str_eq(redirect_host(mem, str_of(rows[i].uri)), str_of(rows[i].host)))
			fail_msg("%s", rows[i].uri);
	arena_unref(mem);
}

static void natives(void **state)
{
	(void)state;
	assert_true(redirect_native(S("http://localhost/cb cursor://a/b")));
	assert_false(redirect_native(S("http://localhost/cb https://vscode.dev/redirect")));
	assert_false(redirect_native(S("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(comparison),
		cmocka_unit_test(hosts),
		cmocka_unit_test(natives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
