/* What is pasted into applications, letter for letter (B-10, B-11). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"
#include "web/snippet.h"

#define URL S("https://mcp.example.com/weather/mcp")

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

static void is(str a, const char *b)
{
	if (!str_eq(a, str_of(b)))
		fail_msg("%.*s is not %s", FMT(a), b);
}

/* The value at a path of members. */
static const struct json *at(str text, const char *const *path)
{
	const struct json *v;

	assert_int_equal(json_parse(mem, text, &v, NULL), OK);
	for (; *path; path++) {
		assert_int_equal(v->count, 1);
		v = json_get(v, str_of(*path));
		assert_non_null(v);
	}
	return v;
}

static void each_client(void **state)
{
	(void)state;
	is(snippet_write(mem, S("claude-code"), S("Weather"), URL),
	    "claude mcp add --transport http weather https://mcp.example.com/weather/mcp");
	is(snippet_write(mem, S("codex"), S("Weather"), URL),
	    "[mcp_servers.weather]\nurl = \"https://mcp.example.com/weather/mcp\"");
	is(snippet_write(mem, S("claude"), S("Weather"), URL), "https://mcp.example.com/weather/mcp");
	is(snippet_write(mem, S("chatgpt"), S("Weather"), URL), "https://mcp.example.com/weather/mcp");
	is(snippet_write(mem, S("gemini"), S("Weather"), URL),
	    "gemini mcp add --transport http weather https://mcp.example.com/weather/mcp");
	is(snippet_note(mem, snippet_find(S("codex")), S("Weather"), URL),
	    "Then sign in with: codex mcp login weather");
	assert_int_equal(snippet_write(mem, S("nosuch"), S("Weather"), URL).n, 0);
	assert_null(snippet_find(S("nosuch")));
}

static void b10_vscode(void **state)
{
	(void)state;
	str text = snippet_write(mem, S("vscode"), S("Weather"), URL);

	is(json_str_of(at(text, (const char *const[]){ "mcp", "servers", "weather", "url", NULL })),
	    "https://mcp.example.com/weather/mcp");
}

static void b11_cursor(void **state)
{
	(void)state;
	str text = snippet_write(mem, S("cursor"), S("Weather"), URL);

	is(json_str_of(at(text, (const char *const[]){ "mcpServers", "weather", "url", NULL })),
	    "https://mcp.example.com/weather/mcp");
}

static void opencode(void **state)
{
	(void)state;
	str text = snippet_write(mem, S("opencode"), S("Weather"), URL);
	const struct json *v = at(text, (const char *const[]){ "mcp", "weather", NULL });

	is(json_get_str(v, S("type")), "remote");
	is(json_get_str(v, S("url")), "https://mcp.example.com/weather/mcp");
}

static void names(void **state)
{
	(void)state;
	is(snippet_name(mem, S("Weather Service (EU)"), URL), "weather-service-eu");
	is(snippet_name(mem, S("  --  "), URL), "weather");
	is(snippet_name(mem, S("\xe5\xa4\xa9\xe6\xb0\x97"), URL), "weather");
	is(snippet_name(mem, S(""), S("http://localhost:8080/")), "server");
	is(snippet_name(mem, S("x; rm -rf ~"), URL), "x-rm-rf");
	is(snippet_name(mem, S("averyveryveryveryveryveryveryveryveryverylongname"), URL),
	    "averyveryveryveryveryveryveryveryveryver");
}

static void a_url_stays_one_word_of_a_shell_and_one_string(void **state)
{
	(void)state;
	str url = S("https://x/$(id)?a=b&c=\"d\";'e`f`");

	is(snippet_write(mem, S("claude-code"), S("w"), url),
	    "claude mcp add --transport http w 'https://x/$(id)?a=b&c=\"d\";%27e`f`'");
	is(json_str_of(at(snippet_write(mem, S("cursor"), S("w"), url),
	       (const char *const[]){ "mcpServers", "w", "url", NULL })),
	    url.p);
	is(snippet_write(mem, S("codex"), S("w"), S("https://x/\"\\")),
	    "[mcp_servers.w]\nurl = \"https://x/\\\"\\\\\"");
}

static void views(void **state)
{
	(void)state;
	size_t count;
	const struct view_snippet *v = snippet_views(mem, S("Weather"), URL, &count);

	assert_int_equal(count, snippet_client_count);
	assert_true(v[0].open);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(v[i].open, i == 0);
		assert_true(v[i].client.n && v[i].words.n && v[i].text.n);
		assert_int_equal(str_find(v[i].note, S("NAME")), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_client),
		cmocka_unit_test(b10_vscode),
		cmocka_unit_test(b11_cursor),
		cmocka_unit_test(opencode),
		cmocka_unit_test(names),
		cmocka_unit_test(a_url_stays_one_word_of_a_shell_and_one_string),
		cmocka_unit_test(views),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
