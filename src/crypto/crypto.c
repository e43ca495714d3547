#include "crypto/ossl.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static struct ossl fetched;
static bool ready;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_thread_end;
static _Thread_local EVP_MD_CTX *digest;

static void end_thread(void *context)
{
	EVP_MD_CTX_free(context);
	digest = NULL; /* another destructor of this thread may still hash something */
}

static EVP_MAC_CTX *hmac_template(void)
{
	char name[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_END,
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *c = mac ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac); /* the context holds it */
	if (c && EVP_MAC_CTX_set_params(c, params))
		return c;
	EVP_MAC_CTX_free(c);
	return NULL;
}

static void start(void)
{
	/* No exit handler: exit() on one thread must not take the algorithms from under the others. */
	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_LOAD_CONFIG, NULL))
		return;
	fetched.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	fetched.sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
	fetched.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	fetched.hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	fetched.hmac = hmac_template();
	ready = fetched.sha256 && fetched.sha512 && fetched.gcm && fetched.hkdf && fetched.hmac &&
	    sodium_init() >= 0 && pthread_key_create(&at_thread_end, end_thread) == 0;
}

enum err crypto_start(void)
{
	pthread_once(&once, start);
	if (!ready)
		return ossl_fail(ERR_CRYPTO);
	rand_u32(); /* so that a system without randomness shows now */
	return OK;
}

const struct ossl *ossl(void)
{
	pthread_once(&once, start);
	if (!ready)
		ossl_die("start");
	return &fetched;
}

EVP_MD_CTX *ossl_digest(void)
{
	if (digest)
		return digest;
	ossl();
	digest = EVP_MD_CTX_new();
	if (!digest || pthread_setspecific(at_thread_end, digest) != 0)
		ossl_die("digest context");
	return digest;
}

enum err ossl_fail(enum err e)
{
	ERR_clear_error();
	return e;
}

void ossl_die(const char *what)
{
	fprintf(stderr, "crypto: %s failed, out of memory or a broken library\n", what);
	abort();
}
