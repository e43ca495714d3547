/*
 * dpop_keys: keys of proofs that were good, by the header that they stood in. A client sends the same header with each of its
 * proofs, and importing a key and making its thumbprint costs as much again as checking the signature. Bounded; the older of
 * two yields. Thread-safe.
 */
#ifndef JOSE_DPOP_KEYS_H
#define JOSE_DPOP_KEYS_H

#include "crypto/pkey.h"

struct dpop_keys;

struct dpop_keys *dpop_keys_new(void);
void dpop_keys_free(struct dpop_keys *k);
/* The key of a header (SHA-256 of its text), with a reference of its own, and its thumbprint in mem; NULL when not known. */
struct pkey *dpop_keys_find(struct dpop_keys *k, struct arena *mem, const unsigned char hash[32], str *jkt);
/* Takes a reference. */
void dpop_keys_put(struct dpop_keys *k, const unsigned char hash[32], struct pkey *key, str jkt);

#endif
