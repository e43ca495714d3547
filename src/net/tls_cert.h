/*
 * tls_cert: a certificate chain and its private key, read from two PEM files and judged: what cannot serve is refused here,
 * in one sentence that says what to do, and not in somebody's handshake. For the daemon and for `gatehouse check`.
 */
#ifndef NET_TLS_CERT_H
#define NET_TLS_CERT_H

#include "base/buf.h"
#include "base/err.h"

struct x509_st;
struct stack_st_X509;
struct evp_pkey_st;

#define TLS_NAMES_MAX 500    /* of one certificate */
#define TLS_CHAIN_MAX 10     /* certificates of one file */
#define TLS_FILE_MAX 1048576 /* bytes */

struct tls_cert {
	struct x509_st *leaf;
	struct stack_st_X509 *chain; /* what follows the leaf in its file */
	struct evp_pkey_st *key;
	const str *names; /* DNS names of the subjectAltName, lower case; "*.example.com" among them */
	size_t name_count;
	int64_t begins, ends; /* epoch seconds */
};

/*
 * Reads and judges both files. now: epoch seconds. ERR_KEY_BAD with a sentence in why: a file that cannot be read or is no
 * PEM, a key that is encrypted, weak, readable by others or of another certificate, a certificate that is not good now. On
 * OK give it back with tls_cert_free; its names are in mem.
 */
CHECKED enum err tls_cert_read(
    struct arena *mem, str cert_path, str key_path, int64_t now, struct tls_cert *out, struct buf *why);
void tls_cert_free(struct tls_cert *c);

/* How a name fits: RFC 6125 section 6.4.3, a wildcard standing for exactly one label, and an exact name being better. */
enum tls_fit { TLS_NO_FIT, TLS_FITS_WILDCARD, TLS_FITS };
enum tls_fit tls_cert_fits(const struct tls_cert *c, str host);
/* The same for an address of URLs, which may be a number: "auth.example.com", "192.0.2.1", "[::1]". */
bool tls_cert_serves(const struct tls_cert *c, str host);
/* True when it ends soon for one of its length of life: renewal should have come by now. */
bool tls_cert_ends_soon(const struct tls_cert *c, int64_t now);

#endif
