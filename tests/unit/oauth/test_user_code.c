/* Codes that people type, and texts that we hand out and know again. */
#include "base/unit.h"
#include "base/secret.h"
#include "crypto/crypto.h"
#include "oauth/handle.h"
#include "oauth/user_code.h"

#include <string.h>

static void a_code_is_eight_letters_that_nobody_mistakes(void **state)
{
	struct arena *mem = arena_new(1 << 20);
	unsigned seen[26] = { 0 };
	str plain;
	(void)state;

	for (int i = 0; i < 2000; i++) {
		str code = user_code_make(mem);
		assert_int_equal(code.n, USER_CODE + 1);
		assert_int_equal(code.p[4], '-');
		assert_true(user_code_read(mem, code, &plain));
		same("the same again", user_code_show(mem, plain), code);
		for (size_t k = 0; k < plain.n; k++)
			seen[plain.p[k] - 'A']++;
	}
	for (int c = 0; c < 26; c++) { /* 800 of each of the twenty are expected; the others never come */
		bool letter = strchr("BCDFGHJKLMNPQRSTVWXZ", 'A' + c) != NULL;
		assert_true(letter ? seen[c] > 600 && seen[c] < 1000 : seen[c] == 0);
	}
	arena_unref(mem);
}

static void what_is_typed_is_read_kindly_and_nothing_else_is_a_code(void **state)
{
	static const struct {
		const char *typed, *code; /* NULL: it is none */
	} rows[] = {
		{ "BCDF-GHJK", "BCDFGHJK" },
		{ "bcdfghjk", "BCDFGHJK" },
		{ " b c d f - g h j k ", "BCDFGHJK" },
		{ "BCDF-GHJ", NULL },
		{ "BCDF-GHJKL", NULL },
		{ "ACDF-GHJK", NULL },
		{ "BCDF_GHJK", NULL },
		{ "BCDF-GHJ1", NULL },
		{ "", NULL },
		{ "--------", NULL },
		{ "BCDF-GHJ\xc4\xb0", NULL },
	};
	struct arena *mem = arena_new(1 << 16);
	str code;
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		bool is = user_code_read(mem, str_of(rows[i].typed), &code);
		same_int(rows[i].typed, is, rows[i].code != NULL);
		if (is)
			same(rows[i].typed, code, str_of(rows[i].code));
	}
	arena_unref(mem);
}

static void a_handle_is_known_by_its_prefix_and_length(void **state)
{
	struct arena *mem = arena_new(1 << 16);
	str text = handle_make(mem, S("gh_dc_"), INT64_MAX - 7),
	    other = handle_make(mem, S("gh_dc_"), INT64_MAX - 7);
	int64_t id;
	(void)state;

	assert_int_equal(text.n, 6 + 54);
	assert_false(str_eq(text, other));
	assert_int_equal(handle_parse(mem, S("gh_dc_"), secret_of(text), &id), OK);
	assert_true(id == INT64_MAX - 7);
	assert_int_equal(handle_parse(mem, S("gh_ac_"), secret_of(text), &id), ERR_NOT_FOUND);
	for (size_t n = 0; n < text.n; n++)
		assert_int_equal(
		    handle_parse(mem, S("gh_dc_"), secret_of(str_sub(text, 0, n)), &id), ERR_NOT_FOUND);
	str more = arena_printf(mem, "%.*sA", FMT(text));
	assert_int_equal(handle_parse(mem, S("gh_dc_"), secret_of(more), &id), ERR_NOT_FOUND);
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_is_eight_letters_that_nobody_mistakes),
		cmocka_unit_test(what_is_typed_is_read_kindly_and_nothing_else_is_a_code),
		cmocka_unit_test(a_handle_is_known_by_its_prefix_and_length),
	};
	return crypto_start() == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
