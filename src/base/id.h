/* id: public ids that grow with time, so that new rows stand beside each other. Not secrets: who knows one has no right. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/arena.h"
#include "base/err.h"

#define ID_DIGITS 13

/* now_ms: milliseconds since 1970. 41 bits of milliseconds since 2020, then the low 22 bits of random22. Never negative. */
int64_t id_make(int64_t now_ms, uint32_t random22);
/* The milliseconds since 1970 that an id was made of. */
int64_t id_ms(int64_t id);
/* The prefix and 13 signs of [0-9a-z] without i, l, o and u; texts of one prefix sort as their ids do. */
str id_text(struct arena *mem, const char *prefix, int64_t id);
/* Strict: this prefix, 13 signs, lower case. ERR_BAD_ENCODING. */
CHECKED enum err id_parse(str text, const char *prefix, int64_t *out);

#endif
