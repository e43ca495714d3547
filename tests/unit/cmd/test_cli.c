/* The command line taken apart, and the data directory's modes. The room is a program, so its files are included. */
#include "core/nearest.h"
#include "cmd/cli.c"
#include "cmd/file.c" /* before cmocka, which has a macro named fail */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct cli_flag flags[] = {
	{ S_INIT("--name"), S_INIT("NAME"), S_INIT("a name"), false },
	{ S_INIT("--json"), S_INIT(""), S_INIT("as JSON"), false },
	{ S_INIT("--scope"), S_INIT("SCOPE"), S_INIT("a scope"), true },
};

static const struct verb verb = { .name = S_INIT("protect"),
	.args = S_INIT("URL"),
	.words = S_INIT("protects"),
	.least = 1,
	.most = 1,
	.flags = flags,
	.flag_count = COUNT(flags) };

static void words_and_flags(void **state)
{
	static const struct {
		const char *argv[8];
		int rc;
		const char *word, *name;
		size_t flags;
	} rows[] = {
		{ { "http://x" }, CLI_DONE, "http://x", NULL, 0 },
		{ { "http://x", "--name", "A" }, CLI_DONE, "http://x", "A", 1 },
		{ { "--name=A=B", "http://x" }, CLI_DONE, "http://x", "A=B", 1 },
		{ { "--name=", "http://x" }, CLI_DONE, "http://x", "", 1 },
		{ { "--json", "http://x" }, CLI_DONE, "http://x", NULL, 1 },
		{ { "--json=false", "http://x" }, CLI_DONE, "http://x", NULL, 0 },
		{ { "--json=maybe", "http://x" }, CLI_USAGE, NULL, NULL, 0 },
		{ { "--data", "/d", "http://x" }, CLI_DONE, "http://x", NULL, 1 },
		{ { "--", "--name" }, CLI_DONE, "--name", NULL, 0 },
		{ { "-" }, CLI_DONE, "-", NULL, 0 },
		{ { "--scope", "a", "--scope", "b", "x" }, CLI_DONE, "x", NULL, 2 },
		{ { "--name", "a", "--name", "b", "x" }, CLI_USAGE, NULL, NULL, 0 },
		{ { "--name" }, CLI_USAGE, NULL, NULL, 0 },
		{ { "--nmae", "a", "x" }, CLI_USAGE, NULL, NULL, 0 },
		{ { "a", "b" }, CLI_USAGE, NULL, NULL, 0 },
		{ { NULL }, CLI_USAGE, NULL, NULL, 0 },
		{ { "x", "--help" }, -1, NULL, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cli cli = { .verb = &verb };
		char *argv[8];
		int argc = 0;
		for (; argc < 8 && rows[i].argv[argc]; argc++)
			argv[argc] = (char *)(uintptr_t)rows[i].argv[argc];
		assert_int_equal(cli_parse(&cli, argc, argv), rows[i].rc);
		if (rows[i].rc != CLI_DONE)
			continue;
		assert_true(str_eq(cli.words[0], str_of(rows[i].word)));
		assert_int_equal(cli.flag_count, rows[i].flags);
		assert_int_equal(cli_value(&cli, S("--name")).p != NULL, rows[i].name != NULL);
		assert_true(str_eq(cli_value(&cli, S("--name")), str_of(rows[i].name)));
	}
}

static bool says(str why, const char *needle)
{
	return str_find(why, str_of(needle)) >= 0;
}

static void a_directory_that_others_may_read_is_refused(void **state)
{
	struct arena *mem = arena_new(1 << 20);
	char base[] = "/tmp/gatehouse-unit-XXXXXX";
	str why;

	(void)state;
	assert_non_null(mkdtemp(base));
	str dir = arena_printf(mem, "%s/data", base), inner = arena_printf(mem, "%s/no/data", base);
	str file = arena_printf(mem, "%s/data/gatehouse.db", base);

	assert_true(file_data_dir(mem, S("none"), true, &why));
	assert_false(file_data_dir(mem, dir, false, &why));
	assert_true(says(why, "is not there") && says(why, "gatehouse init"));
	assert_false(file_data_dir(mem, inner, true, &why));
	assert_true(says(why, "cannot be made"));
	assert_true(file_data_dir(mem, dir, true, &why));
	assert_int_equal(file_mode(mem, dir), 0700);
	assert_int_equal(chmod(dir.p, 0750), 0);
	assert_false(file_data_dir(mem, dir, true, &why));
	assert_true(says(why, "must be 0700") && says(why, "chmod 700"));
	assert_int_equal(chmod(dir.p, 0700), 0);

	FILE *f = fopen(file.p, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(chmod(file.p, 0640), 0);
	assert_false(file_data_dir(mem, dir, true, &why));
	assert_true(says(why, "gatehouse.db") && says(why, "chmod 600"));
	assert_int_equal(chmod(file.p, 0600), 0);
	assert_true(file_data_dir(mem, dir, true, &why));
	assert_false(file_data_dir(mem, file, true, &why));
	assert_true(says(why, "is not a directory"));

	assert_int_equal(unlink(file.p), 0);
	assert_int_equal(rmdir(dir.p), 0);
	assert_int_equal(rmdir(base), 0);
	arena_unref(mem);
}

static void a_file_is_read_whole_or_not_at_all(void **state)
{
	struct arena *mem = arena_new(1 << 20);
	str text, why;

	(void)state;
	assert_true(file_slurp(mem, S("tools/layers.txt"), 1 << 16, &text, &why));
	assert_true(says(text, "cmd"));
	assert_false(file_slurp(mem, S("tools/layers.txt"), 10, &text, &why));
	assert_true(str_eq(why, S("is too large")));
	assert_false(file_slurp(mem, S("tools/nothing"), 10, &text, &why));
	assert_true(str_eq(why, S("is not there")));
	assert_false(file_slurp(mem, S("tools"), 10, &text, &why));
	assert_true(str_eq(why, S("is a directory")));
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_flags),
		cmocka_unit_test(a_directory_that_others_may_read_is_refused),
		cmocka_unit_test(a_file_is_read_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
