/*
 * assertion: a signed statement of somebody else about somebody (RFC 7521, RFC 7523 section 3): a client that proves itself,
 * or an identity provider that vouches for a person. One check for all of them. Pure: the time is an argument, and keys come
 * from the caller alone; whatever a header names (jku, x5u, jwk) is neither believed nor fetched. That it is used once is
 * for the store: assertion_hash() is what to remember until assertion.exp.
 */
#ifndef JOSE_ASSERTION_H
#define JOSE_ASSERTION_H

#include "jose/jwt.h"

#define ASSERTION_JTI_MAX 256   /* bytes of jti */
#define ASSERTION_NAME_MAX 2048 /* bytes of iss and of sub */

/* What an assertion must say. */
struct assertion_expect {
	str typ;           /* the header's typ, as in jwt_expect */
	bool typ_required; /* false: none at all and "JWT" will do as well (RFC 7523 asks for no type) */
	bool iat_required;
	str issuer;          /* exact */
	str subject;         /* exact; empty: any that is not empty */
	const str *audience; /* what we are called: aud names at least one of these, and nobody else */
	size_t audience_count;
	int64_t now;  /* epoch seconds */
	int64_t skew; /* allowed between clocks, seconds */
	int64_t ttl;  /* how far ahead exp may be at most, seconds */
};

struct assertion {
	const struct json *header, *claims;
	str kid, issuer, subject, jti;
	int64_t exp;
	const char *why; /* what is wrong, a phrase for `gatehouse why`; NULL when nothing is */
};

/*
 * Takes one apart without believing it, to learn whose it says to be: iss, sub, jti and kid are there (kid may be empty) and
 * of bounded length. ERR_TOKEN_MALFORMED.
 */
CHECKED enum err assertion_read(struct arena *mem, str text, struct assertion *out);

/*
 * The same, and believes it: signed by a key of the set (by kid; without one, by the only key that fits alg), the key
 * choosing the algorithm, and saying what is wanted. On failure *out holds nothing but why. ERR_TOKEN_MALFORMED,
 * ERR_TOKEN_KEY_UNKNOWN, ERR_TOKEN_SIGNATURE, ERR_TOKEN_TYPE, ERR_TOKEN_ISSUER (also for sub), ERR_TOKEN_AUDIENCE,
 * ERR_TOKEN_EXPIRED (also when it would live too long), ERR_TOKEN_NOT_YET.
 */
CHECKED enum err assertion_verify(struct arena *mem, str text, const struct jwks *keys,
    const struct assertion_expect *want, struct assertion *out);

/* SHA-256 over who it was for (our issuer), its issuer and its jti: 32 bytes in mem. */
str assertion_hash(struct arena *mem, str us, const struct assertion *a);

#endif
