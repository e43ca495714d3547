/* What is taken out of logs, whoever put it there. */
#include "base/mask.h"
#include "base/unit.h"

#include <stdlib.h>
#include <string.h>

#define BODY "DKgdbvXK3--HIAUo4keVmUJeFf07rFCRY8Ak1-toW_rxdYcxAMx84w"

static void only_the_beginning_of_a_secret_is_left(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "" },
		{ "grant_type gh_rt_" BODY, "grant_type gh_rt_..." },
		{ "gh_ac_" BODY ", gh_dc_" BODY ".", "gh_ac_..., gh_dc_...." },
		{ "client_id gh_cs_" BODY " is not known", "client_id gh_cs_... is not known" },
		{ "gh_ss_" BODY "gh_ln_" BODY, "gh_ss_..." },
		{ "urn:ietf:params:oauth:request_uri:" BODY, "urn:ietf:params:oauth:request_uri:..." },
		{ "got eyJ" BODY ".eyJ" BODY "." BODY " at", "got eyJ... at" },
		{ "eyJ" BODY ". Then more", "eyJ.... Then more" },
		{ "client gh_c_" BODY, "client gh_c_" BODY }, /* ids are no secrets */
		{ "client gh_cr_" BODY, "client gh_cr_" BODY },
		{ "client_0000000000001", "client_0000000000001" },
		{ "gh_rt_", "gh_rt_" },
		{ "gh_rt_short, eyJust so", "gh_rt_short, eyJust so" },
		{ "gh_RT_" BODY, "gh_RT_" BODY },
		{ "gh_", "gh_" },
		{ "gh_rt", "gh_rt" },
	};
	char text[256];

	for (size_t i = 0; i < COUNT(rows); i++) {
		strcpy(text, rows[i].text);
		size_t n = mask_secrets(text, strlen(text));
		same(rows[i].text, (str){ text, n }, str_of(rows[i].want));
		str copy = mask_copy(*state, str_of(rows[i].text));
		same(rows[i].text, copy, str_of(rows[i].want));
	}
}

/* A beginning at the very end is read no further than the text goes. */
static void nothing_behind_the_text_is_read(void **state)
{
	(void)state;
	static const char whole[] = "gh_rt_" BODY;

	for (size_t n = 0; n <= sizeof whole - 1; n++) {
		char *exact = malloc(n + !n); /* ASan guards its end */
		assert_non_null(exact);
		memcpy(exact, whole, n);
		size_t left = mask_secrets(exact, n);
		same_int(whole, (int64_t)left, n >= 6 + 16 ? 9 : (int64_t)n);
		free(exact);
	}
}

static int setup(void **state)
{
	*state = arena_new(1 << 20);
	return 0;
}

static int teardown(void **state)
{
	arena_unref(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_the_beginning_of_a_secret_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_behind_the_text_is_read, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
