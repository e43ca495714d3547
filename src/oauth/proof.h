/*
 * proof: the DPoP proof of a request (RFC 9449): at the endpoints that clients ask for tokens, and beside an access token at
 * a protected resource. What the JWT must say stands in jose/dpop.h; here are the rules that need the server: our address,
 * the nonce, and that a proof comes once.
 *
 * Nonces are computed and not stored: an HMAC of the time, cut into slots, under a key that all nodes have, so that each
 * takes those of the others. The slot before is good too, so a nonce lives for 2.5 to 5 minutes. Replays are known to the
 * process that saw the first (docs/adr/0011).
 */
#ifndef OAUTH_PROOF_H
#define OAUTH_PROOF_H

#include "core/ctx.h"

/* True when the request has a DPoP header, or several. */
bool proof_sent(const struct ctx *c);
/*
 * VERIFY. The proof of a request to one of our own endpoints, whose path below the issuer stands in c->req->path: jkt is the
 * thumbprint of its key. DPOP_PROOF, DPOP_REPLAYED, DPOP_NONCE, with the DPoP-Nonce header in the reply.
 */
CHECKED enum err proof_check(struct ctx *c, str *jkt);
/*
 * VERIFY. The proof that came with an access token which is bound to jkt, at url, the address that the request was sent to by
 * our own account. TOKEN_PROOF, TOKEN_PROOF_REPLAYED, TOKEN_PROOF_NONCE, TOKEN_PROOF_KEY.
 */
CHECKED enum err proof_check_token(struct ctx *c, str url, str token, str jkt);

#endif
