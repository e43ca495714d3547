/* tables/events.def names every event that the sources write, and none that they do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"

#define SOURCES_MAX ((size_t)32 << 20)

static const char *const names[] = {
#define EVENT(name, words) name,
#include "events.def"
#undef EVENT
};

static void read_file(struct buf *b, const char *path)
{
	char block[65536];
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		buf_put(b, (str){ block, n });
	fclose(f);
}

/* Every C file of the rooms that decide. */
static void read_sources(struct arena *mem, struct buf *b)
{
	static const char *const rooms[] = { "client", "oauth", "login", "store", "gate", "mcp", "app" };

	for (size_t i = 0; i < COUNT(rooms); i++) {
		str dir = arena_printf(mem, "src/%s", rooms[i]);
		DIR *d = opendir(dir.p);
		struct dirent *e;
		assert_non_null(d);
		while ((e = readdir(d)))
			if (str_ends(str_of(e->d_name), S(".c")))
				read_file(b, arena_printf(mem, "%.*s/%s", FMT(dir), e->d_name).p);
		closedir(d);
	}
}

static bool named(str name)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (str_eq(str_of(names[i]), name))
			return true;
	return false;
}

/* How the literal of a name begins. "op." and a variable part is an operation's. */
static const char *const families[] = { "S(\"auth.", "S(\"gateway.", "S(\"mcp.call", "S(\"op." };

static void look_for(str rest, str begin, size_t seen[COUNT(names)])
{
	for (ptrdiff_t at; (at = str_find(rest, begin)) >= 0;) {
		str name, tail;
		rest = str_sub(rest, (size_t)at + 3, rest.n);
		(void)str_cut(rest, '"', &name, &tail);
		if (!named(name))
			fail_msg("%.*s is not in tables/events.def", FMT(name));
		for (size_t i = 0; i < COUNT(names); i++)
			seen[i] += str_eq(str_of(names[i]), name);
	}
}

static void table_and_sources_agree(void **state)
{
	struct arena *mem = arena_new(SOURCES_MAX);
	struct buf b = BUF(mem);
	size_t seen[COUNT(names)] = { 0 };

	(void)state;
	read_sources(mem, &b);
	for (size_t i = 0; i < COUNT(families); i++)
		look_for(buf_str(&b), str_of(families[i]), seen);
	for (size_t i = 0; i < COUNT(names); i++)
		if (!seen[i])
			fail_msg("%s stands in tables/events.def, and nothing writes it", names[i]);
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(table_and_sources_agree) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
