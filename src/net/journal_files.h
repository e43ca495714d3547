/* journal_files: the names and numbers of the journal's segments. Private to journal.c and journal_find.c. */
#ifndef NET_JOURNAL_FILES_H
#define NET_JOURNAL_FILES_H

#include "base/str.h"

#define JOURNAL_PATH_MAX 4096
#define JOURNAL_SEEN_MAX 256 /* more than are ever kept: what a failed removal leaves is found again */

/* The path of a segment; dir is shorter than JOURNAL_PATH_MAX - 32. */
void journal_path(char out[JOURNAL_PATH_MAX], str dir, unsigned number);
/* The numbers of the segments that are there, ascending, the newest JOURNAL_SEEN_MAX; how many. */
size_t journal_numbers(str dir, unsigned out[JOURNAL_SEEN_MAX]);

#endif
