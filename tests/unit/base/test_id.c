#include "base/id.h"
#include "base/unit.h"

static void made(void **state)
{
	same_int("the first one", id_make(1577836800000, 0), 0);
	same_int("a millisecond later", id_make(1577836800001, 5), (1 << 22) + 5);
	same_int("only 22 random bits", id_make(1577836800000, 0xffffffff), 0x3fffff);
	same_int("before 2020 time stands still", id_make(5, 1), 1);
	holds("never negative", id_make(INT64_MAX, 0xffffffff) > 0);
}

static void texts_sort_as_ids_do(void **state)
{
	static const int64_t ids[] = { 0, 1, 31, 32, 1023, 1 << 22, 906238099456, INT64_MAX - 1, INT64_MAX };
	struct arena *mem = arena_new(1 << 16);

	for (size_t i = 0; i < COUNT(ids); i++) {
		str text = id_text(mem, "usr_", ids[i]);
		int64_t back;
		same_int("length", (int64_t)text.n, 4 + ID_DIGITS);
		same_err("back", id_parse(text, "usr_", &back), OK);
		same_int("back", back, ids[i]);
		for (size_t k = 0; k < i; k++)
			holds("order", str_cmp(id_text(mem, "usr_", ids[k]), text) < 0);
	}
	same("zero", id_text(mem, "", 0), S("0000000000000"));
	same("the largest", id_text(mem, "x", INT64_MAX), S("x7zzzzzzzzzzzz"));
	arena_unref(mem);
}

static void refused(void **state)
{
	static const struct {
		const char *sentence;
		str text;
	} rows[] = {
		{ "nothing", S_INIT("") },
		{ "the prefix only", S_INIT("usr_") },
		{ "another prefix", S_INIT("usx_0000000000000") },
		{ "no prefix", S_INIT("0000000000000") },
		{ "twelve signs", S_INIT("usr_000000000000") },
		{ "fourteen signs", S_INIT("usr_00000000000000") },
		{ "capitals", S_INIT("usr_000000000000A") },
		{ "a letter left out", S_INIT("usr_000000000000l") },
		{ "a NUL", S_INIT("usr_000000000000\0") },
		{ "over 63 bits", S_INIT("usr_8000000000000") },
		{ "65 bits", S_INIT("usr_zzzzzzzzzzzzz") },
	};
	int64_t id;

	for (size_t i = 0; i < COUNT(rows); i++)
		same_err(rows[i].sentence, id_parse(rows[i].text, "usr_", &id), ERR_BAD_ENCODING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made),
		cmocka_unit_test(texts_sort_as_ids_do),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
