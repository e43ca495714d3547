/* respond: the answers of the authorization endpoint that go to the client, by way of the browser. */
#ifndef OAUTH_RESPOND_H
#define OAUTH_RESPOND_H

#include "oauth/ask.h"

/*
 * Sends the browser back with the code; state byte for byte, and iss (RFC 9207), each once. 302 on a GET, 303
 * on a POST, so that no form is ever sent on (RFC 9700 section 4.12).
 */
enum err respond_code(struct ctx *c, const struct ask *a, str code);
/* Sends the browser back with the refusal e, which stands in c->fail, and the id for `gatehouse why`. */
enum err respond_error(struct ctx *c, const struct ask *a, enum err e);

#endif
