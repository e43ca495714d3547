/* ossl: what the files of this room share: algorithms fetched once, failure, the inside of a key. Private. */
#ifndef CRYPTO_OSSL_H
#define CRYPTO_OSSL_H

#include "crypto/crypto.h"
#include "crypto/pkey.h"

#include <openssl/evp.h>
#include <stdatomic.h>

/* Fetched once: a lookup by name costs three times a small hash (stack.md section 3). Never freed. */
struct ossl {
	EVP_MD *sha256, *sha512;
	EVP_CIPHER *gcm;
	EVP_MAC_CTX *hmac; /* HMAC-SHA-256 without a key; each use duplicates it */
	EVP_KDF *hkdf;
};

/* The algorithms; fetches them when crypto_start was not called. Aborts when the library cannot give them. */
const struct ossl *ossl(void);
/* This thread's digest context; freed with the thread. */
EVP_MD_CTX *ossl_digest(void);
/* Empties the thread's error queue, which net/tls would otherwise take for its own, and gives e. */
enum err ossl_fail(enum err e);
/* For what cannot fail but by lack of memory: says what and aborts, since no caller could go on without it. */
_Noreturn void ossl_die(const char *what);

struct pkey {
	atomic_uint refs;
	enum alg alg;
	bool private;
	size_t size; /* of a JOSE signature */
	EVP_PKEY *evp;
	/*
	 * Ready to use and never used themselves: each signature duplicates one (77 ns against 1.3 us for a new
	 * one). Contexts kept by threads would be a little faster still, but keys would outlive their pkey there.
	 */
	EVP_PKEY_CTX *signer, *verifier;
};

/* Fills signer and verifier. ERR_CRYPTO. */
CHECKED enum err sign_prepare(struct pkey *k);

#endif
