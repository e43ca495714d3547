#include "base/log.h"
#include "base/json.h"

#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 8192
#define VALUE_MAX 512

static const char *const level_names[] = { "debug", "info", "warn", "error" };
static atomic_int lowest = LOG_LEVEL_INFO;
static atomic_int out_fd = STDERR_FILENO;

void log_set_level(enum log_level level)
{
	atomic_store(&lowest, (int)level);
}

void log_set_fd(int fd)
{
	atomic_store(&out_fd, fd);
}

bool log_level_parse(str text, enum log_level *out)
{
	for (size_t i = 0; i < COUNT(level_names); i++) {
		if (str_eq(text, str_of(level_names[i]))) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* RFC 3339 with milliseconds: what happened first matters in a log. */
static void put_time(struct jout *j)
{
	struct timespec now;
	struct tm t;
	char text[40];
	struct buf b = { .p = text, .cap = sizeof text, .max = sizeof text };

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &t);
	buf_printf(&b, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
	    t.tm_hour, t.tm_min, t.tm_sec, (int)(now.tv_nsec / 1000000));
	jout_str(j, S("time"), buf_str(&b));
}

/* Every byte may become six ("\u0000"). */
static bool fits(const struct buf *b, str key, str value)
{
	return b->max - b->n > 6 * (key.n + value.n) + 64;
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
	char line[LINE_MAX_BYTES];
	struct buf b = { .p = line, .cap = sizeof line, .max = sizeof line };
	struct jout j = JOUT(&b);

	if ((int)level < atomic_load(&lowest))
		return;
	jout_object(&j, S(""));
	put_time(&j);
	jout_strz(&j, S("level"), level_names[level]);
	jout_str(&j, S("event"), str_sub(str_of(event), 0, VALUE_MAX));
	for (; fields->key; fields++) {
		str key = str_sub(str_of(fields->key), 0, 64), value = str_sub(fields->text, 0, VALUE_MAX);
		if (!fits(&b, key, value))
			continue;
		if (fields->is_number)
			jout_int(&j, key, fields->number);
		else
			jout_str(&j, key, value);
	}
	jout_end(&j);
	buf_char(&b, '\n');
	if (write(atomic_load(&out_fd), b.p, b.n) < 0)
		return; /* nowhere to tell it */
}
