/* pass: what an access token proves at one resource, and the cache of it. Pure: no store, no clock, no socket. */
#ifndef GATE_PASS_H
#define GATE_PASS_H

#include "core/standing.h"
#include "jose/dpop.h"

#define PASS_SCOPE_MAX 256
#define PASS_SUB_MAX 64
#define PASS_GID_MAX 24
#define PASS_CLIENT_MAX 64

/* Where a token is good: one resource of one tenant. */
struct pass_place {
	int64_t tenant;
	str resource; /* its identifier */
};

/* The facts of a verified token that calls need, to be copied as one value. */
struct pass {
	int64_t expires; /* epoch seconds */
	int64_t grant;
	int64_t user;            /* 0: the client itself */
	int64_t client_key;      /* core/standing.h */
	int64_t origin_key;      /* of whom its grant was given to, when the token was exchanged; else 0 */
	int64_t issued;          /* epoch seconds */
	struct pass_place place; /* the text is the site's, or the cache's: pass_cache_find */
	str long_sub,
	    long_scope; /* in the arena of who read the token: what has no room below; then it is not cached */
	unsigned short sub_n, scope_n, gid_n, client_n, jkt_n;
	char sub[PASS_SUB_MAX];
	char gid[PASS_GID_MAX]; /* the grant's public id */
	char scope[PASS_SCOPE_MAX];
	char jkt[JKT_SIZE];           /* RFC 9449: the key that the token is bound to */
	char client[PASS_CLIENT_MAX]; /* what the journal calls it, see pass_call_client */
};

struct pass_place pass_resource(const struct site *s, const struct resource *res);

/*
 * Believes a token or not: signature by one of our keys, typ at+jwt, our issuer, this resource as the audience, time, and
 * a grant id (RFC 9068 section 4). Scopes are looked at by pass_scopes. c->fail says why not; c->actor.client_id is the
 * client's id. 47 us: VERIFY lane.
 */
CHECKED enum err pass_read(struct ctx *c, const struct resource *res, str token, struct pass *out);

/* What it stands on, to ask about at every use. */
struct ground pass_ground(const struct pass *p);

/* ERR_SCOPE_SHORT unless the pass has every scope the resource requires (RFC 6750 section 3.1). */
CHECKED enum err pass_scopes(struct ctx *c, const struct resource *res, const struct pass *p);

str pass_sub(const struct pass *p);
str pass_scope(const struct pass *p);
str pass_gid(const struct pass *p);
/* The thumbprint of the key that has to be proved with each request; empty: a bearer token. */
str pass_jkt(const struct pass *p);
/* Its client as people call it; until it is called something, its id or a hash of a long one. */
str pass_client(const struct pass *p);
void pass_call_client(struct pass *p, str label);

/* Passes by SHA-256 of the whole token. One per loop thread: no locks. Two places for each token; the older one yields. */
struct pass_cache;

struct pass_cache *pass_cache_new(void);
void pass_cache_free(struct pass_cache *k);
/* NULL unless the token was put, for this place, and has not expired. Valid until the next put. */
const struct pass *pass_cache_find(
    struct pass_cache *k, const unsigned char hash[32], struct pass_place at, int64_t now);
/* Does nothing with a pass that has more text than there is room for: such a token is read every time. */
void pass_cache_put(struct pass_cache *k, const unsigned char hash[32], const struct pass *p);
/* Forgets everything: for when keys were taken out of use. */
void pass_cache_clear(struct pass_cache *k);

#endif
