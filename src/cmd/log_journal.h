/* log_journal: the rows of this node's journal, in the shape of the audit's events. */
#ifndef CMD_LOG_JOURNAL_H
#define CMD_LOG_JOURNAL_H

#include "base/json.h"
#include "core/config.h"

struct log_journal {
	const struct journal_found *rows;
	size_t count, at;
	bool cut; /* there were more */
};

/* Finds the rows that fit; since is a duration or a time, event, user and client are empty for any. */
void log_journal_open(struct log_journal *j, struct arena *mem, const struct config *config, str since,
    str event, str user, str client);
/* The next row, if it is from before this moment; NULL: there is none, go on. */
const struct json *log_journal_next(struct log_journal *j, struct arena *mem, int64_t before_ms);

#endif
