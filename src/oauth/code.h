/* code: authorization codes: "gh_ac_" and base64url of row id and 32 random bytes. The store has the hash. */
#ifndef OAUTH_CODE_H
#define OAUTH_CODE_H

#include "oauth/ask.h"

/*
 * Gives a code for what was asked to the signed-in person: the client's row if it has none, the remembered
 * consent when agreed (somebody pressed Allow, and the redirect is https), the code's row, audit. WRITE.
 */
CHECKED enum err code_give(struct ctx *c, const struct ask *a, bool agreed, str *code);
/* The row's id when the text has the shape of a code; ERR_NOT_FOUND otherwise. */
CHECKED enum err code_parse(struct arena *mem, struct secret text, int64_t *id);

#endif
