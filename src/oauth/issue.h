/* issue: access tokens. Knows what was proved (struct authz), and nothing of how. */
#ifndef OAUTH_ISSUE_H
#define OAUTH_ISSUE_H

#include "core/ctx.h"

/* Where tokens are signed: the loop, but VERIFY for RSA, which takes ten times as long (0.24 ms): everybody on the loop waits. */
enum lane issue_lane(const struct site *s);
/* Signs the access token (RFC 9068) and the id token, and answers (RFC 6749 section 5.1). On issue_lane, after the commit. */
enum err issue_tokens(struct ctx *c, const struct authz *authz);

#endif
