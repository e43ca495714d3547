/* proving: one client while it proves itself. Private to client_auth.c and client_assertion.c. */
#ifndef CLIENT_PROVING_H
#define CLIENT_PROVING_H

#include "core/ctx.h"
#include "jose/assertion.h"

enum client_method { CLIENT_AUTH_NONE, CLIENT_AUTH_BASIC, CLIENT_AUTH_POST, CLIENT_AUTH_ASSERTION };

/* What a request offers. */
struct client_proof {
	str client_id;
	enum client_method method;
	struct secret secret;  /* as sent; the assertion, when that is the method */
	struct secret decoded; /* Basic: form-decoded as RFC 6749 section 2.3.1 wants it, which SDKs forget */
};

struct proving {
	struct client_proof proof;
	bool later; /* the caller's statement looks whether the client is alive */
	struct client *out;
	enum err (*then)(struct ctx *c);
	struct client remembered;   /* a document's client as its row has it; row 0: it has none */
	struct assertion assertion; /* client_assertion.c's own */
};

/*
 * Reads whose the assertion of a request says to be, into proof (RFC 7521 section 4.2). type: exactly the one of RFC 7523
 * section 2.2. Any lane. CLIENT_ASSERTION.
 */
CHECKED enum err client_assertion_read(struct ctx *c, str type, struct client_proof *proof);
/* Checks the assertion of c->proving against the keys of its client, on the lanes that takes, and goes on with then. */
enum err client_assertion_check(struct ctx *c);

#endif
