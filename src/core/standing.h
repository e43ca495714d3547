/*
 * standing: is what was proved a moment ago still so? Memory answers, of what this node has heard of revocations; when what it
 * has heard is old, it says so, and the store must be asked. The core only asks; app plugs who knows (app/standing.c), and
 * without it nothing is known.
 */
#ifndef CORE_STANDING_H
#define CORE_STANDING_H

#include "base/json.h"
#include "core/ctx.h"

enum standing {
	STANDING_UNKNOWN, /* ask the store */
	STANDING_GOOD,
	STANDING_ENDED,
};

/* What a token, or something remembered, stands on. Zeros are not looked at. */
struct ground {
	int64_t grant, user;
	int64_t client; /* client_key() of its client */
	int64_t origin; /* the same of whom its grant was given to, when that is another (RFC 8693) */
	int64_t issued; /* epoch seconds: when the token was given, or the thing was read from the store */
	bool read;      /* it was read from the store, so it also ends when the client's row is changed */
};

struct standing_port {
	enum standing (*look)(struct ctx *c, const struct ground *g);
};

/* Plugs the port in; before threads. */
void standing_use(const struct standing_port *port);
/* On LOOP; elsewhere it is not known. */
enum standing standing_look(struct ctx *c, const struct ground *g);

/*
 * The number by which revocations name a client: 63 bits of SHA-256 of its id, so that clients without a row have one too.
 * Clients of one number are taken back together: who wants to be another's twin has 2^63 ids to try.
 */
int64_t client_key(str client_id);

/*
 * The claim `gcl` of a token that was exchanged: client_key() of the client that its grant was given to, in public form. The
 * token names who exchanged it, and must end with the other one too.
 */
str ground_origin_text(struct arena *mem, str client_id);
/* Reads it; 0: the token was not exchanged. False: it was (act), and does not say for whom; so nobody could take it back. */
bool ground_origin_read(const struct json *claims, int64_t *origin);

#endif
