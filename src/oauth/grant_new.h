/* grant_new: the row of what a person has agreed to, and the first refresh token of its family. */
#ifndef OAUTH_GRANT_NEW_H
#define OAUTH_GRANT_NEW_H

#include "oauth/grant_type.h"

/*
 * Makes the grant that t->authz says, for the client of that row, and completes t->authz (client, key, refresh token, when the
 * client may have one). returns_to: the host that the answer went to, as Connections shows it. WRITE.
 */
CHECKED enum err grant_new(struct ctx *c, struct token *t, int64_t client, str returns_to);

#endif
