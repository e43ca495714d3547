/*
 * dpop: what a DPoP proof says (RFC 9449 section 4.3), checked against the request that it came with. The key stands in the
 * proof itself and proves only that its holder made it; whose key it is, the thumbprint tells. Pure: time is an argument, and
 * whether the proof came before, and its nonce, are looked at by whoever asks.
 */
#ifndef JOSE_DPOP_H
#define JOSE_DPOP_H

#include "jose/dpop_keys.h"
#include "jose/jwt.h"

#define DPOP_ALGS "ES256 EdDSA RS256 PS256" /* dpop_signing_alg_values_supported */
#define DPOP_WINDOW 300                     /* seconds that a proof may be older, or newer, than our clock */
#define DPOP_SKEW 30     /* seconds that clocks may differ where a proof has an exp or nbf */
#define DPOP_JTI_MAX 256 /* bytes: UUIDs have 36 */
#define JKT_SIZE 43      /* bytes of a thumbprint: base64url(SHA-256) */

/* The request that the proof has to be made for. */
struct dpop_expect {
	str method;  /* as sent */
	str url;     /* where it went, by our own address; a query and a fragment are not looked at */
	str token;   /* the access token that came along; p NULL: none, as at the token endpoint */
	int64_t now; /* epoch seconds */
	int64_t window;
	struct dpop_keys *keys; /* remembers keys of good proofs; NULL: nobody does */
};

struct dpop {
	str jkt; /* RFC 7638 thumbprint of the key */
	str jti;
	str nonce; /* empty: none */
	int64_t iat;
	const char *why; /* what is wrong with it, for `gatehouse why`; NULL: nothing */
};

/*
 * Type, algorithm (asymmetric, and the one of the key), the embedded public key, signature, htm, htu, iat, jti and, with a
 * token, ath. ERR_TOKEN_MALFORMED for everything that is wrong, with out->why. 60 us: VERIFY lane.
 */
CHECKED enum err dpop_check(struct arena *mem, str proof, const struct dpop_expect *want, struct dpop *out);
/* Two addresses of one endpoint (RFC 3986 sections 6.2.2 and 6.2.3), whatever query and fragment they have. */
bool dpop_same_url(str a, str b);
/* True for what can be a thumbprint: 43 signs of base64url. */
bool jkt_ok(str s);
/*
 * The key that an access token is bound to by its claims; empty: none. False for a confirmation that is not understood, which
 * must not be passed over (RFC 7800 section 3.1).
 */
CHECKED bool jkt_of_token(const struct json *claims, str *jkt);

#endif
