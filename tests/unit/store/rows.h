/* rows: what stands in some tables, as one number: the same number, the same rows. */
#ifndef TEST_STORE_ROWS_H
#define TEST_STORE_ROWS_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Names end with NULL. FNV-1a over each value, with the column's number between them. */
static inline uint64_t rows_digest(sqlite3 *raw, const char *const *tables)
{
	uint64_t h = 0xcbf29ce484222325;
	char sql[64];

	for (; *tables; tables++) {
		sqlite3_stmt *s = NULL;
		snprintf(sql, sizeof sql, "SELECT * FROM %s", *tables);
		if (sqlite3_prepare_v2(raw, sql, -1, &s, NULL) != SQLITE_OK)
			abort();
		while (sqlite3_step(s) == SQLITE_ROW)
			for (int col = 0; col < sqlite3_column_count(s); col++) {
				const unsigned char *p = sqlite3_column_blob(s, col);
				for (int b = 0; b < sqlite3_column_bytes(s, col); b++)
					h = (h ^ p[b]) * 0x100000001b3;
				h = (h ^ (uint64_t)col) * 0x100000001b3;
			}
		sqlite3_finalize(s);
	}
	return h;
}

#endif
