#include "net/tls_ticket.h"
#include "crypto/crypto.h"
#include "net/tls.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <string.h>

#define NAME_SIZE 16

/* The keys of one period: what it is known by, which is public, and what seals and authenticates. */
struct period {
	unsigned char name[NAME_SIZE], cipher[32], mac[32];
};
_Static_assert(sizeof(struct period) == NAME_SIZE + 64, "one run of bytes of HKDF");

static void derive(const struct tls_tickets *t, int64_t period, struct period *out)
{
	char info[8];

	for (int i = 0; i < 8; i++)
		info[i] = (char)((uint64_t)period >> (56 - 8 * i));
	hkdf_sha256((struct secret){ t->root, sizeof t->root }, S("gatehouse tls ticket keys"),
	    (str){ info, sizeof info }, (unsigned char *)out, sizeof *out);
}

/* Sets both contexts up. 1, or -1 for a fault. */
static int arm(
    const struct period *p, const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(
		    OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)p->mac, sizeof p->mac),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, p->cipher, iv, seal) == 1 &&
		EVP_MAC_CTX_set_params(mac, params) == 1
	    ? 1
	    : -1;
}

static int seal(const struct tls_tickets *t, int64_t now, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	struct period p;

	derive(t, now, &p);
	memcpy(name, p.name, NAME_SIZE);
	rand_bytes(iv, EVP_MAX_IV_LENGTH);
	int rc = arm(&p, iv, cipher, mac, 1);
	secret_wipe(&p, sizeof p);
	return rc;
}

/* This period, the one before, and the next for a node whose clock is ahead. 0: not ours or too old, so a full handshake. */
static int unseal(const struct tls_tickets *t, int64_t now, const unsigned char *name,
    const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	static const int64_t tries[] = { 0, -1, 1 };
	struct period p;
	int rc = 0;

	for (size_t i = 0; i < COUNT(tries) && rc == 0; i++) {
		derive(t, now + tries[i], &p);
		if (memcmp(p.name, name, NAME_SIZE) == 0)
			rc = arm(&p, iv, cipher, mac, 0);
	}
	secret_wipe(&p, sizeof p);
	return rc;
}

static int of_ticket(
    SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int sealing)
{
	const struct tls_tickets *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	int64_t period = t->now() / TLS_TICKET_SECONDS;

	/* In TLS 1.2 the ticket holds what decrypts the session: sealed by a lasting secret it would undo forward secrecy. */
	if (SSL_version(ssl) < TLS1_3_VERSION)
		return 0;
	return sealing ? seal(t, period, name, iv, cipher, mac) : unseal(t, period, name, iv, cipher, mac);
}

bool tls_tickets_use(SSL_CTX *ctx, struct tls_tickets *t)
{
	return SSL_CTX_set_app_data(ctx, t) == 1 && SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, of_ticket) == 1;
}
