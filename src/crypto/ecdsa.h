/* ecdsa: a P-256 signature as JOSE writes it (r || s, RFC 7518, 3.4) and as OpenSSL wants it (DER). Private. */
#ifndef CRYPTO_ECDSA_H
#define CRYPTO_ECDSA_H

#include "base/str.h"

#define ECDSA_RAW 64
#define ECDSA_DER_MAX 72

/* v is in [1, n-1]: half of a signature, or a private key. */
bool ecdsa_in_range(const unsigned char v[ECDSA_RAW / 2]);
/* DER of raw; gives its length, or 0 when r or s is not in [1, n-1]: zeros would fit every key (CVE-2022-21449). */
size_t ecdsa_to_der(const unsigned char raw[ECDSA_RAW], unsigned char der[ECDSA_DER_MAX]);
/* Raw form of one DER signature: shortest lengths, no sign bit, no byte behind it, r and s in [1, n-1]. */
CHECKED bool ecdsa_to_raw(const unsigned char *der, size_t n, unsigned char raw[ECDSA_RAW]);

#endif
