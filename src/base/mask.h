/*
 * mask: what must not stand in a log although somebody sent it where it has no place: a token as grant_type, a client's
 * secret as its id. What is ours is known by its form; a secret that somebody else chose is not.
 */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include "base/arena.h"

/*
 * In place: of each token, code, ticket, secret (gh_xx_...), request_uri and signed text (eyJ...) only the beginning is left, with
 * "..." behind it. Ids of clients stay. Gives the new length, which is never larger.
 */
size_t mask_secrets(char *text, size_t n);
/* The same as a copy, or s itself when there is nothing to hide. */
str mask_copy(struct arena *mem, str s);

#endif
