/*
 * user_code: what a person types to name a device (RFC 8628 section 6.1): eight letters of twenty, none of them a vowel and
 * none that is taken for another, so 34 bits for ten minutes, and few guesses. Pure but for the random bytes.
 */
#ifndef OAUTH_USER_CODE_H
#define OAUTH_USER_CODE_H

#include "base/arena.h"

#define USER_CODE 8

/* "BCDF-GHJK". */
str user_code_make(struct arena *mem);
/* What was typed, in the one form that is looked up ("BCDFGHJK"): letters of either case, with or without dashes and blanks.
 * False for what cannot be a code. */
bool user_code_read(struct arena *mem, str typed, str *out);
/* "BCDF-GHJK" of "BCDFGHJK". */
str user_code_show(struct arena *mem, str code);

#endif
