/*
 * log: one JSON object per line on standard error: time, level, event and named values. The only I/O in base.
 *   log_info("listening", LOG_STR("address", address), LOG_INT("port", 8080));
 * Secrets have a type of their own that no value here takes; URLs are logged without their query.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct log_field {
	const char *key; /* NULL: the last one */
	str text;
	int64_t number;
	bool is_number;
};

/* clang-format off */
#define LOG_STR(key_, str_) { .key = (key_), .text = (str_) }
#define LOG_STRZ(key_, z_) { .key = (key_), .text = str_of(z_) }
#define LOG_INT(key_, v_) { .key = (key_), .number = (int64_t)(v_), .is_number = true }
/* clang-format on */

/* Each takes the event's name (a word or two, fixed, so that logs can be searched) and any number of fields. */
#define log_debug(...) LOG_FIELDS(LOG_LEVEL_DEBUG, __VA_ARGS__, { .key = NULL })
#define log_info(...) LOG_FIELDS(LOG_LEVEL_INFO, __VA_ARGS__, { .key = NULL })
#define log_warn(...) LOG_FIELDS(LOG_LEVEL_WARN, __VA_ARGS__, { .key = NULL })
#define log_error(...) LOG_FIELDS(LOG_LEVEL_ERROR, __VA_ARGS__, { .key = NULL })
#define LOG_FIELDS(level, event, ...) log_write(level, event, (const struct log_field[]){ __VA_ARGS__ })

/*
 * One line, one write(2), so lines of several threads never mix. Values over 512 bytes are cut; fields that do not fit
 * in 8 KiB are left out. Never fails: a log that cannot be written is lost.
 */
void log_write(enum log_level level, const char *event, const struct log_field *fields);
/* Below this level nothing is written; at first LOG_LEVEL_INFO. Any thread. */
void log_set_level(enum log_level level);
/* "debug", "info", "warn" or "error"; false for anything else. */
bool log_level_parse(str text, enum log_level *out);
/* Writes to fd instead of standard error (tests, and a log file that the launcher opened). Any thread. */
void log_set_fd(int fd);

#endif
