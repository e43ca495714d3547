#include "net/journal_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 999999999

void journal_path(char out[JOURNAL_PATH_MAX], str dir, unsigned number)
{
	snprintf(out, JOURNAL_PATH_MAX, "%.*s/journal-%06u.log", FMT(dir), number);
}

/* "journal-000017.log"; 0 for any other name. */
static unsigned number_of(str name)
{
	int64_t n;

	if (!str_starts(name, S("journal-")) || !str_ends(name, S(".log")) || name.n < 18)
		return 0;
	str digits = str_sub(name, 8, name.n - 4);
	return str_within(digits, '0', '9') && str_int(digits, &n) && n <= NUMBER_MAX ? (unsigned)n : 0;
}

static int ascending(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

/* Where a new number goes: at the end, or when all places are taken, in that of the smallest if it is greater. */
static void keep(unsigned *numbers, size_t *count, unsigned number)
{
	size_t least = 0;

	if (*count < JOURNAL_SEEN_MAX) {
		numbers[(*count)++] = number;
		return;
	}
	for (size_t i = 1; i < *count; i++)
		if (numbers[i] < numbers[least])
			least = i;
	if (number > numbers[least])
		numbers[least] = number;
}

size_t journal_numbers(str dir, unsigned out[JOURNAL_SEEN_MAX])
{
	char path[JOURNAL_PATH_MAX];
	struct dirent *e;
	size_t n = 0;

	snprintf(path, sizeof path, "%.*s", FMT(dir));
	DIR *d = opendir(path);
	if (!d)
		return 0;
	while ((e = readdir(d))) {
		unsigned number = number_of(str_of(e->d_name));
		if (number)
			keep(out, &n, number);
	}
	closedir(d);
	qsort(out, n, sizeof *out, ascending);
	return n;
}
