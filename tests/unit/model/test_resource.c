/* Which resource a request without one means, and which scopes it gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/resource.h"

static const struct resource management = {
	.identifier = S_INIT("m"),
	.management = true,
	.scopes = S_INIT("users:read users:write"),
	.challenge = S_INIT("users:read"),
};
static const struct scope_word words[] = { { S_INIT("w:read"), S_INIT("See forecasts") },
	{ S_INIT("w:write"), S_INIT("") } };
static const struct resource weather = {
	.identifier = S_INIT("w"),
	.scopes = S_INIT("w:read w:write"),
	.required = S_INIT("w:read"),
	.challenge = S_INIT("w:read"),
	.words = words,
	.word_count = 2,
};
static const struct resource tools = {
	.identifier = S_INIT("t"), .scopes = S_INIT("mcp:tools w:read"), .challenge = S_INIT("mcp:tools")
};
static const struct resource open = { .identifier = S_INIT("o"), .scopes = S_INIT("a b c") };
static const struct resource wide = { .identifier = S_INIT("x"), .scopes = S_INIT("a b c d e f g h i") };

static void picks(void **state)
{
	static const struct {
		const char *sentence;
		const struct resource *all[3];
		size_t count;
		const char *asked, *want; /* want NULL: a choice */
	} rows[] = {
		{ "management alone", { &management }, 1, "", "m" },
		{ "the only protected one", { &management, &weather }, 2, "", "w" },
		{ "the only protected one, unknown scope", { &management, &weather }, 2, "openid email",
		    "w" },
		{ "a scope that only management knows", { &management, &weather }, 2, "users:read", "m" },
		{ "two protected ones", { &management, &weather, &tools }, 3, "", NULL },
		{ "two protected ones and a scope of one", { &management, &weather, &tools }, 3, "mcp:tools",
		    "t" },
		{ "a scope of both", { &management, &weather, &tools }, 3, "w:read", NULL },
		{ "scopes of two", { &management, &weather, &tools }, 3, "mcp:tools users:read", NULL },
		{ "no management, one other", { &weather }, 1, "", "w" },
		{ "nothing at all", { NULL }, 0, "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct resource all[3];
		for (size_t k = 0; k < rows[i].count; k++)
			all[k] = *rows[i].all[k];
		const struct resource *got = resource_pick(all, rows[i].count, str_of(rows[i].asked));
		if (!got != !rows[i].want || (got && !str_eq(got->identifier, str_of(rows[i].want))))
			fail_msg("%s", rows[i].sentence);
	}
}

static void grants(void **state)
{
	static const struct {
		const char *sentence;
		const struct resource *r;
		const char *asked, *limit;
		bool offline;
		const char *want;
	} rows[] = {
		{ "nothing asked: the challenge's", &weather, "", "", true, "w:read" },
		{ "what is asked", &weather, "w:write", "", true, "w:write" },
		{ "both, in the order asked", &weather, "w:write w:read", "", true, "w:write w:read" },
		{ "unknown ones are dropped", &weather, "address w:write claudeai", "", true, "w:write" },
		{ "only unknown ones: the default", &weather, "phone address", "", true, "w:read" },
		{ "openid comes besides", &weather, "openid w:write claudeai", "", true, "w:write openid" },
		{ "openid alone: the default, and openid", &weather, "openid email profile", "", true,
		    "w:read openid profile email" },
		{ "X-19 profile and email say nothing without openid", &weather, "profile email w:write", "",
		    true, "w:write" },
		{ "a limit without openid", &weather, "openid w:write", "w:write", true, "w:write" },
		{ "a limit with openid", &weather, "openid email w:write", "openid w:write", true,
		    "w:write openid" },
		{ "management without scope reads", &management, "", "", true, "users:read" },
		{ "management with a writing scope", &management, "users:write", "", true, "users:write" },
		{ "few scopes and none required: all", &open, "", "", true, "a b c" },
		{ "many scopes and none required: none", &wide, "", "", true, "" },
		{ "offline_access is kept when asked for", &weather, "w:read offline_access", "", true,
		    "w:read offline_access" },
		{ "offline_access alone: with the default", &weather, "offline_access", "", true,
		    "w:read offline_access" },
		{ "offline_access of a client that cannot refresh", &weather, "w:read offline_access", "",
		    false, "w:read" },
		{ "limited by the file", &weather, "w:read w:write", "w:read", true, "w:read" },
		{ "limited to what is not asked", &weather, "w:write", "w:read", true, "w:read" },
		{ "limited, nothing asked, default outside", &weather, "", "w:write", true, "w:write" },
		{ "limited to another resource's", &weather, "w:read", "users:read", true, "" },
	};
	struct arena *mem = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		str got = resource_scope_grant(
		    mem, rows[i].r, str_of(rows[i].asked), str_of(rows[i].limit), rows[i].offline);
		if (!str_eq(got, str_of(rows[i].want)))
			fail_msg("%s: got '%.*s'", rows[i].sentence, FMT(got));
	}
	arena_unref(mem);
}

static void words_of(void **state)
{
	(void)state;
	assert_true(str_eq(resource_scope_words(&weather, S("w:read")), S("See forecasts")));
	assert_true(str_eq(resource_scope_words(&weather, S("w:write")), S("w:write")));
	assert_true(resource_scope_words(&weather, S("offline_access")).n > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(picks),
		cmocka_unit_test(grants),
		cmocka_unit_test(words_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
