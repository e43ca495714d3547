#include "base/secret.h"
#include "base/unit.h"

static void equality(void **state)
{
	static const struct {
		const char *sentence;
		str a, b;
		bool eq;
	} rows[] = {
		{ "the same", S_INIT("hunter2"), S_INIT("hunter2"), true },
		{ "the last byte differs", S_INIT("hunter2"), S_INIT("hunter3"), false },
		{ "the first byte differs", S_INIT("hunter2"), S_INIT("Hunter2"), false },
		{ "a prefix", S_INIT("hunter"), S_INIT("hunter2"), false },
		{ "behind a NUL too", S_INIT("a\0b"), S_INIT("a\0c"), false },
		{ "nothing is nothing", { NULL, 0 }, S_INIT(""), true },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		holds(rows[i].sentence, secret_eq(secret_of(rows[i].a), secret_of(rows[i].b)) == rows[i].eq);
}

static void wiping(void **state)
{
	char p[4] = { 1, 2, 3, 4 };

	secret_wipe(p, 3);
	holds("only what was asked for", p[0] == 0 && p[1] == 0 && p[2] == 0 && p[3] == 4);
	secret_wipe(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(equality), cmocka_unit_test(wiping) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
