/* pkey: private and public signature keys. The key knows its algorithm; a token's header never chooses it. */
#ifndef CRYPTO_PKEY_H
#define CRYPTO_PKEY_H

#include "base/arena.h"
#include "base/err.h"

enum alg { ALG_NONE, ALG_ES256, ALG_RS256, ALG_PS256, ALG_EDDSA };

struct pkey; /* immutable once made; shared between threads */

/* A fresh key pair. ES256 and EDDSA are instant; RS256 and PS256 take about 100 ms (2048 bits). ERR_CRYPTO. */
CHECKED enum err pkey_make(enum alg alg, struct pkey **out);
/* From a private JWK (the store's sealed form) or a public one; parts are raw bytes (already decoded). ERR_KEY_BAD:
 * a point off the curve, RSA under 2048 bits, e under 3, odd lengths. */
struct pkey_parts {
	enum alg alg;
	str x, y;                    /* EC P-256: 32 bytes each; Ed25519: x only */
	str d;                       /* EC and Ed25519 private part, empty when public */
	str n, e;                    /* RSA, big endian without leading zero */
	str rsa_d, p, q, dp, dq, qi; /* RSA private */
};
CHECKED enum err pkey_from_parts(const struct pkey_parts *parts, struct pkey **out);
/* The parts again, private ones only when with_private. */
CHECKED enum err pkey_to_parts(
    struct arena *mem, const struct pkey *k, bool with_private, struct pkey_parts *out);
enum alg pkey_alg(const struct pkey *k);
/* True when the key can sign. */
bool pkey_private(const struct pkey *k);
struct pkey *pkey_ref(struct pkey *k);
void pkey_unref(struct pkey *k);

#define SIGNATURE_MAX 512
/* Bytes of this key's signatures; at most SIGNATURE_MAX. */
size_t pkey_signature_size(const struct pkey *k);
/* Raw JOSE signature (ES256: r||s, 64 bytes). *n: in capacity, out length. Thread-safe. ERR_CRYPTO. */
CHECKED enum err pkey_sign(const struct pkey *k, str data, unsigned char *sig, size_t *n);
/* True only when the signature is right: exact length, r and s in range. */
bool pkey_verify(const struct pkey *k, str data, str sig);

#endif
