/*
 * bearer: the guard of protected resources. Token, audience, required scopes and revocation are looked at on every request,
 * from memory as far as it goes: a verified token is remembered by the hash of all of it, one cache a loop.
 */
#ifndef APP_BEARER_H
#define APP_BEARER_H

#include "app/exchange.h"
#include "gate/pass.h"

/*
 * `return bearer_check(c, res, then);` on the loop: then runs on the loop with c->actor (user, grant, scope, resource) filled
 * and bearer_pass() known, or the request is refused: ORIGIN_FORBIDDEN, TOKEN_..., SCOPE_SHORT.
 */
enum err bearer_check(struct ctx *c, const struct resource *res, enum err (*then)(struct ctx *c));
/* What the token proved; lives as long as the exchange's arena. */
const struct pass *bearer_pass(const struct ctx *c);

#endif
