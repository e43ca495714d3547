/* crypto: the only room that knows OpenSSL and libsodium. Algorithms are fetched once (crypto_start). */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"

#define SHA256_SIZE 32

/* Fetches algorithms, seeds; once per process, before threads. ERR_CRYPTO. */
CHECKED enum err crypto_start(void);

/* Fills p with n random bytes from the system; never fails (aborts when the system has none). */
void rand_bytes(void *p, size_t n);
uint32_t rand_u32(void);

/* SHA-256 of s. The str form gives 32 raw bytes in mem. Thread-safe, no allocation inside. */
void sha256(str s, unsigned char out[SHA256_SIZE]);
str sha256_str(struct arena *mem, str s);
/* SHA-512 of s, 64 raw bytes in mem: what goes with Ed25519. */
str sha512_str(struct arena *mem, str s);
/* SHA-256 of a token's whole text: what the store keeps instead of it. */
str token_hash(struct arena *mem, struct secret token);
/* base64url(SHA-256(verifier)): RFC 7636 section 4.6. */
str pkce_s256(struct arena *mem, str verifier);

/* HMAC-SHA-256. */
void hmac_sha256(struct secret key, str data, unsigned char out[SHA256_SIZE]);

/* A subkey for one purpose from a master key: HKDF-SHA-256 with info = purpose. */
void kdf_derive(struct secret master, str purpose, unsigned char out[32]);
/* HKDF-SHA-256 (RFC 5869), extract and expand: n bytes, 1 to 8160. */
void hkdf_sha256(struct secret ikm, str salt, str info, unsigned char *out, size_t n);

/* AEAD (AES-256-GCM, random 96-bit nonce first, tag last) bound to associated data. key: 32 bytes. */
CHECKED enum err aead_seal(struct arena *mem, struct secret key, str plain, str associated, str *out);
/* ERR_SEAL_BROKEN when key, data or text do not fit. */
CHECKED enum err aead_open(struct arena *mem, struct secret key, str sealed, str associated, str *out);

#define PASSWORD_MAX 256 /* bytes taken */
/* argon2id (19 MiB, t=2, p=1) as a PHC string. 20 ms: HASH lane only. ERR_CRYPTO. */
CHECKED enum err pwhash_make(struct arena *mem, struct secret password, str *phc);
/* True when the password fits. An empty phc costs the same time and gives false (unknown accounts). HASH lane only. */
bool pwhash_fits(struct secret password, str phc);
/* True when pwhash_fits would compute this hash: argon2id, p=1, at most 256 MiB and 16 passes. For imports. */
bool pwhash_known(str phc);
/* True when a fitting password should be hashed anew, because phc is of other costs than pwhash_make's. */
bool pwhash_stale(str phc);

#endif
