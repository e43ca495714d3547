/* issue: access tokens. Knows what was proved (struct authz), and nothing of how. */
#ifndef OAUTH_ISSUE_H
#define OAUTH_ISSUE_H

#include "core/ctx.h"

/* Signs the access token (RFC 9068) and answers (RFC 6749 section 5.1). LOOP, after the commit. */
enum err issue_tokens(struct ctx *c, const struct authz *authz);

#endif
