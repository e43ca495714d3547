/*
 * nonce (12) || text || tag (16). The nonce is random, so one key is good for 2^32 texts
 * (NIST SP 800-38D, 8.3): keys are derived per purpose, and none of ours comes near.
 */
#include "crypto/ossl.h"

#include <limits.h>
#include <string.h>

#define KEY 32
#define NONCE 12
#define TAG 16
#define OVERHEAD (NONCE + TAG)
#define TEXT_MAX ((size_t)INT_MAX - OVERHEAD) /* EVP counts in int */

static bool feed(EVP_CIPHER_CTX *c, unsigned char *out, str in)
{
	int n = 0;

	return in.n == 0 || EVP_CipherUpdate(c, out, &n, (const unsigned char *)in.p, (int)in.n);
}

static bool encrypt(EVP_CIPHER_CTX *c, const unsigned char *key, str plain, str extra, unsigned char *out)
{
	unsigned char *text = out + NONCE, *tag = text + plain.n;
	int n = 0;

	rand_bytes(out, NONCE);
	return EVP_EncryptInit_ex2(c, ossl()->gcm, key, out, NULL) && feed(c, NULL, extra) &&
	    feed(c, text, plain) && EVP_EncryptFinal_ex(c, tag, &n) &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG, tag);
}

static bool decrypt(EVP_CIPHER_CTX *c, const unsigned char *key, str sealed, str extra, unsigned char *out)
{
	str text = { sealed.p + NONCE, sealed.n - OVERHEAD };
	unsigned char tag[TAG];
	int n = 0;

	memcpy(tag, text.p + text.n, TAG);
	return EVP_DecryptInit_ex2(c, ossl()->gcm, key, (const unsigned char *)sealed.p, NULL) &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG, tag) && feed(c, NULL, extra) &&
	    feed(c, out, text) && EVP_DecryptFinal_ex(c, out + text.n, &n);
}

enum err aead_seal(struct arena *mem, struct secret key, str plain, str associated, str *out)
{
	*out = (str){ NULL, 0 };
	if (key.len != KEY)
		return ERR_CRYPTO;
	if (plain.n > TEXT_MAX || associated.n > TEXT_MAX)
		return ERR_TOO_LARGE;
	unsigned char *p = arena_try(mem, plain.n + OVERHEAD);
	if (!p)
		return ERR_TOO_LARGE;

	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	bool ok = c && encrypt(c, key.bytes, plain, associated, p);
	EVP_CIPHER_CTX_free(c); /* wipes the key schedule */
	if (!ok)
		return ossl_fail(ERR_CRYPTO);
	*out = (str){ (char *)p, plain.n + OVERHEAD };
	return OK;
}

enum err aead_open(struct arena *mem, struct secret key, str sealed, str associated, str *out)
{
	*out = (str){ NULL, 0 };
	if (key.len != KEY || sealed.n < OVERHEAD || sealed.n > INT_MAX || associated.n > TEXT_MAX)
		return ERR_SEAL_BROKEN;
	size_t n = sealed.n - OVERHEAD;
	unsigned char *p = arena_try(mem, n + 1); /* a NUL behind it, as arena_copy does */
	if (!p)
		return ERR_TOO_LARGE;

	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	bool ok = c && decrypt(c, key.bytes, sealed, associated, p);
	EVP_CIPHER_CTX_free(c);
	if (!ok) {
		secret_wipe(p, n); /* what an attacker may have changed is nobody's to read */
		return ossl_fail(ERR_SEAL_BROKEN);
	}
	*out = (str){ (char *)p, n };
	return OK;
}
