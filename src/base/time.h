/* time: seconds since 1970 in UTC as text and back. Everything but the two clocks is pure; only net, cmd and app read them. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/arena.h"
#include "base/err.h"

/* The real time in seconds, and a clock in milliseconds that never goes back (for time-outs; its start means nothing). */
int64_t time_now(void);
int64_t time_mono_ms(void);

/* "2026-11-20T09:30:00Z" (RFC 3339). Times outside the years 1 to 9999 are held at their edge, here and below. */
str time_rfc3339(struct arena *mem, int64_t t);
/* UTC only ('Z'); a fraction of a second is dropped. ERR_BAD_ENCODING. */
CHECKED enum err time_rfc3339_parse(str text, int64_t *out);

/* "Fri, 20 Nov 2026 09:30:00 GMT" (IMF-fixdate, RFC 9110 section 5.6.7). */
str time_http_date(struct arena *mem, int64_t t);
/* IMF-fixdate only, and the day of the week has to be right. ERR_BAD_ENCODING. */
CHECKED enum err time_http_date_parse(str text, int64_t *out);

/* "60s", "10m", "24h", "30d", "2w", or bare seconds, as seconds. ERR_BAD_ENCODING on anything else and over 100 years. */
CHECKED enum err time_duration_parse(str text, int64_t *out);

#endif
