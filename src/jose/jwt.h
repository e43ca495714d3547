/* jwt: compact JWS with JWT claims (RFC 7515, 7519, 8725, 9068). Only compact; the key chooses the algorithm. */
#ifndef JOSE_JWT_H
#define JOSE_JWT_H

#include "base/json.h"
#include "crypto/pkey.h"

#define JWT_MAX 8192 /* longest token looked at */

const char *alg_name(enum alg alg); /* "ES256" */
enum alg alg_of(str name); /* ALG_NONE when unknown; "none" and HS* are; Ed25519 is EdDSA (RFC 9864) */

/* A named key. */
struct jwk {
	str kid;
	struct pkey *key;
};

/* A set; lookups by kid. A token without kid matches only a set of one key. */
struct jwks {
	const struct jwk *keys;
	size_t count;
};

/* A public (or with_private: private) JWK object as JSON text: kty, crv/n/e, kid, use sig, alg. */
CHECKED enum err jwk_write(struct arena *mem, const struct jwk *k, bool with_private, str *json);
/* From a parsed JWK; refuses oct, unknown kty/crv, use other than sig, private members unless allow_private. ERR_KEY_BAD.
 * The pkey must be given back with pkey_unref. */
CHECKED enum err jwk_read(struct arena *mem, const struct json *o, bool allow_private, struct jwk *out);
/* {"keys":[...]} with public members only. */
CHECKED enum err jwks_write(struct arena *mem, const struct jwks *set, str *json);
/* Reads a set, leaving out keys that we cannot use; ERR_KEY_BAD when it is no set or more than 64 keys. */
CHECKED enum err jwks_read(struct arena *mem, str json, struct jwks *out);
void jwks_free(struct jwks *set); /* unrefs the keys */
/* The key of that name; with an empty name the only key of a set of one. NULL when there is none. */
const struct jwk *jwks_find(const struct jwks *set, str kid);
/* True when a parsed JWK has any member that is private in some kind of key: what others publish never has one. */
bool jwk_tells_private(const struct json *o);
/* RFC 7638 thumbprint, base64url. */
CHECKED enum err jwk_thumbprint(struct arena *mem, const struct pkey *k, str *out);

/* Signs header {"typ":typ,"alg":..,"kid":..} and the claims object (JSON text) into a compact JWS. */
CHECKED enum err jwt_sign(struct arena *mem, const struct jwk *key, str typ, str claims_json, str *out);

/* What a token must say; a token of one kind is never good as another. */
struct jwt_expect {
	str typ; /* required "typ", compared without case and without "application/"; empty: none, or "JWT" */
	str issuer;   /* exact; an empty one fits no token */
	str audience; /* aud equals it or is an array that holds it; empty: not looked at */
	int64_t now;  /* epoch seconds */
	int64_t skew; /* allowed, seconds */
	bool
	    made_here; /* this process has just signed exactly this text: only the signature is not looked at */
};

struct jwt {
	const struct json *header;
	const struct json *claims;
	str kid;
	int64_t exp;
};

/*
 * RFC 8725 section 3.11: the header's typ is this one, without case and "application/"; an empty want is met by none and by
 * "JWT", which says nothing, and by no other kind.
 */
bool jwt_type_is(const struct json *header, str want);
/* A claim that is a date (RFC 7519 section 2), whole seconds; false when it is absent or none. */
bool jwt_date(const struct json *claims, str name, int64_t *out);

/* A jti that nobody has had (RFC 7519 section 4.1.7): 128 random bits. */
str jwt_new_id(struct arena *mem);

/* Takes a token apart without believing it: shape, base64url, JSON, header members (crit, b64, jwk, jku ... rules). ERR_TOKEN_MALFORMED. */
CHECKED enum err jwt_parse(struct arena *mem, str token, struct jwt *out, str *signed_part, str *signature);
/* Whether what was parsed is to be believed: as jwt_verify, for who had to look into it first to know what to expect. */
CHECKED enum err jwt_check(const struct jwt *t, str signed_part, str signature, const struct jwks *keys,
    const struct jwt_expect *want);
/* Parses, finds the key by kid, checks signature, typ, iss, aud, exp (required), nbf. ERR_TOKEN_MALFORMED, ERR_TOKEN_KEY_UNKNOWN,
 * ERR_TOKEN_SIGNATURE, ERR_TOKEN_TYPE, ERR_TOKEN_ISSUER, ERR_TOKEN_AUDIENCE, ERR_TOKEN_EXPIRED, ERR_TOKEN_NOT_YET. */
CHECKED enum err jwt_verify(
    struct arena *mem, str token, const struct jwks *keys, const struct jwt_expect *want, struct jwt *out);

#endif
