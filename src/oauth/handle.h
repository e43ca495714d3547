/*
 * handle: texts that we hand out and know again: a prefix, and base64url of a row's id (8 bytes) and 32 random bytes. The
 * store has the hash of the whole text.
 */
#ifndef OAUTH_HANDLE_H
#define OAUTH_HANDLE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"

str handle_make(struct arena *mem, str prefix, int64_t id);
/* The row's id when the text has this shape; ERR_NOT_FOUND otherwise. Its hash must still be compared. */
CHECKED enum err handle_parse(struct arena *mem, str prefix, struct secret text, int64_t *id);

#endif
