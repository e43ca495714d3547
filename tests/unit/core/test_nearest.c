/* Which word was meant, and where a protected server may stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/nearest.h"
#include "core/resource_rule.h"

static void the_nearest_word_is_offered_when_it_is_near(void **state)
{
	static const str known[] = { S_INIT("listen"), S_INIT("tokens"), S_INIT("tls"), S_INIT("resources") };
	static const struct {
		const char *word, *want;
	} rows[] = {
		{ "lisen", "listen" },
		{ "listen", "listen" },
		{ "token", "tokens" },
		{ "resuorces", "resources" },
		{ "tsl", "" },
		{ "tl", "tls" },
		{ "colour", "" },
		{ "", "" },
		{ "a word that is very much longer than any word that anybody would call a key of a file",
		    "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nearest n = nearest_of(str_of(rows[i].word));
		for (size_t k = 0; k < COUNT(known); k++)
			nearest_try(&n, known[k]);
		print_message("%s\n", rows[i].word);
		assert_true(str_eq(nearest_found(&n), str_of(rows[i].want)));
	}
}

static void paths_are_made_of_what_tells(void **state)
{
	static const struct {
		const char *upstream, *name;
		int nth;
		const char *path;
	} rows[] = {
		{ "http://127.0.0.1:9000/mcp", "", 1, "/server/mcp" },
		{ "http://127.0.0.1:9000/mcp", "", 3, "/server-3/mcp" },
		{ "http://localhost:9000", "", 1, "/server/mcp" },
		{ "http://[::1]:9000/mcp", "", 1, "/server/mcp" },
		{ "http://127.0.0.1:9000/notes/mcp", "", 1, "/notes/mcp" },
		{ "http://127.0.0.1:9000/api/v1/Notes_and_More/sse", "", 1, "/notes-and-more/mcp" },
		{ "http://weather.internal/mcp", "", 1, "/weather/mcp" },
		{ "http://weather.internal/mcp", "Wetter & Mehr", 1, "/wetter-mehr/mcp" },
		{ "http://mcp.internal/mcp", "", 1, "/server/mcp" },
		{ "http://127.0.0.1:9000/mcp", "\xd0\x9f\xd0\xbe\xd0\xb3\xd0\xbe\xd0\xb4\xd0\xb0", 1,
		    "/server/mcp" },
	};
	struct arena *mem = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		str path =
		    resource_path_make(mem, str_of(rows[i].upstream), str_of(rows[i].name), rows[i].nth);
		if (!str_eq(path, str_of(rows[i].path)))
			fail_msg("%.*s is not %s", FMT(path), rows[i].path);
		assert_null(resource_path_problem(path));
	}
	assert_true(str_eq(resource_name_make(S("/notes/mcp")), S("notes")));
	assert_true(str_eq(resource_name_make(S("/api/v1")), S("MCP server")));
	assert_true(resource_upstream_tells(S("http://127.0.0.1:1/notes/mcp")));
	assert_false(resource_upstream_tells(S("http://127.0.0.1:1/mcp")));
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_word_is_offered_when_it_is_near),
		cmocka_unit_test(paths_are_made_of_what_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
