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

static void told(enum err e, str why, str want)
{
	struct buf b = BUF(NULL);

	err_tell(&b, e, why);
	if (!str_eq(buf_str(&b), want))
		fail_msg("%.*s", FMT(buf_str(&b)));
	buf_free(&b);
}

/* What is known of this one case, else the words for everybody; then what to do. */
static void who_runs_this_is_told_how_it_failed_and_what_to_do(void **state)
{
	told(ERR_STORE_NEWER, S("the store is of version 9, this program knows 2"),
	    S("the store is of version 9, this program knows 2. "
	      "Install the newer version again, or restore the backup from before."));
	told(ERR_STORE_GONE, S("no connection."),
	    S("no connection. Look at the database server and the store address."));
	told(ERR_STORE_FULL, S(""),
	    S("The disk of the store is full; nothing was changed. Make room on the disk of data_dir."));
	told(ERR_NOT_FOUND, S("no row"), S("no row."));
	told(ERR_NOT_FOUND, S(""), S(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_row_can_be_sent),
		cmocka_unit_test(who_runs_this_is_told_how_it_failed_and_what_to_do) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
