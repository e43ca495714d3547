#include "base/unit.h"

#include <string.h>

/* The rules that err.def states about itself. */
static void every_row_can_be_sent(void **state)
{
	for (int e = OK + 1; e < ERR_COUNT; e++) {
		const struct err_row *row = err_row((enum err)e);
		holds("every error has a row", row->name);
		holds(row->name, row->status >= 200 && row->status <= 599);
		holds(row->name, !strpbrk(row->words, "\"=\\\r\n"));
		if (row->kind == ERR_KIND_INNER)
			continue;
		holds(row->name, row->words[0] && row->expected[0] && row->rule[0] && row->mend[0]);
		holds(row->name, row->kind != ERR_KIND_FAULT || row->status >= 500);
	}
	holds("OK has a name", strcmp(err_row(OK)->name, "OK") == 0);
	holds("nonsense has a row", err_row((enum err)9999));
	holds("numbers and names agree", strcmp(err_row(ERR_TOO_LARGE)->name, "TOO_LARGE") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_row_can_be_sent) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
