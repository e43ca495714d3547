/* pass: what an access token proves at one resource, and the cache of it. Pure: no store, no clock, no socket. */
#ifndef GATE_PASS_H
#define GATE_PASS_H

#include "core/ctx.h"
#include "jose/jwt.h"

#define PASS_SCOPE_MAX 256
#define PASS_SUB_MAX 64
#define PASS_GID_MAX 24

/* A few facts of a verified token, small enough to live as long as a stream does. */
struct pass {
	int64_t expires; /* epoch seconds */
	int64_t grant;
	int64_t user;
	uint32_t resource;  /* pass_resource of what it is good for */
	unsigned short sub_n, scope_n, gid_n;
	char sub[PASS_SUB_MAX];
	char gid[PASS_GID_MAX]; /* the grant's public id */
	char scope[PASS_SCOPE_MAX];
};

/* A number for a resource: tenants and resources never share a verdict. */
uint32_t pass_resource(const struct site *s, const struct resource *res);

/*
 * Believes a token or not: signature by one of our keys, typ at+jwt, our issuer, this resource as the audience, time, and
 * a grant id (RFC 9068 section 4). Scopes are looked at by pass_scopes. c->fail says why not. 47 us: VERIFY lane.
 */
CHECKED enum err pass_read(struct ctx *c, const struct resource *res, str token, struct pass *out);

/* ERR_SCOPE_SHORT unless the pass has every scope the resource requires (RFC 6750 section 3.1). */
CHECKED enum err pass_scopes(struct ctx *c, const struct resource *res, const struct pass *p);

str pass_sub(const struct pass *p);
str pass_scope(const struct pass *p);
str pass_gid(const struct pass *p);

/* Passes by SHA-256 of the whole token. One per loop thread: no locks. Two places for each token; the older one yields. */
struct pass_cache;

struct pass_cache *pass_cache_new(void);
void pass_cache_free(struct pass_cache *k);
/* NULL unless the token was put, for this resource, and has not expired. Valid until the next put. */
const struct pass *pass_cache_find(struct pass_cache *k, const unsigned char hash[32], uint32_t resource, int64_t now);
void pass_cache_put(struct pass_cache *k, const unsigned char hash[32], const struct pass *p);

#endif
