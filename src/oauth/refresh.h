/*
 * refresh: refresh tokens whose successors are computed and not stored (docs/adr). A token is "gh_rt_" and
 * base64url of grant id (8 bytes), generation (4), body (32) and tag (16). The next body is an HMAC of this
 * one, so every node gives the same successor again; the tag keeps inventions away from the store. Pure: the
 * key is an argument.
 */
#ifndef OAUTH_REFRESH_H
#define OAUTH_REFRESH_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"

#define REFRESH_REPEATS_MAX 16 /* of one token within the grace */
#define REFRESH_PREFIX "gh_rt_"

struct refresh {
	int64_t grant;
	uint32_t generation;
	unsigned char body[32];
};

/* The first of a family: 256 random bits. */
void refresh_first(int64_t grant, struct refresh *out);
/* The one that follows, always the same. */
void refresh_next(struct secret key, const struct refresh *r, struct refresh *next);
/* Its text. */
str refresh_text(struct arena *mem, struct secret key, const struct refresh *r);
/* The token of a text that this key made; ERR_NOT_FOUND for everything else. */
CHECKED enum err refresh_parse(struct arena *mem, struct secret key, struct secret text, struct refresh *out);

/*
 * True when the token before the newest may be used again: spent `since` seconds ago, and again so often. A grace of 0 is
 * none, also within the second.
 */
bool refresh_in_grace(int64_t grace, int64_t since, int64_t repeats);

#endif
