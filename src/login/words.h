/* words: times and places as people say them. */
#ifndef LOGIN_WORDS_H
#define LOGIN_WORDS_H

#include "base/arena.h"

/* "20 November 2026" (UTC). */
str words_day(struct arena *mem, int64_t t);
/* "just now", "5 minutes ago", "yesterday", "20 November 2026". */
str words_ago(struct arena *mem, int64_t now, int64_t t);
/* Where a client's answers go: "an application on this computer" for loopback hosts, else the host as it is. */
str words_host(str redirect_host);

#endif
