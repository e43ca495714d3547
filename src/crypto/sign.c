/* Signing and verifying: ES256 (RFC 7518, 3.4), RS256 (3.3), PS256 (3.5), EdDSA with Ed25519 (RFC 8037). */
#include "crypto/ecdsa.h"
#include "crypto/ossl.h"

#include <openssl/rsa.h>

static bool set_params(EVP_PKEY_CTX *c, enum alg alg)
{
	if (EVP_PKEY_CTX_set_signature_md(c, ossl()->sha256) <= 0)
		return false;
	if (alg == ALG_RS256)
		return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) > 0;
	/* RFC 7518 section 3.5: MGF1 with SHA-256, a salt of 32 bytes and of no other length */
	if (alg == ALG_PS256)
		return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) > 0 &&
		    EVP_PKEY_CTX_set_rsa_mgf1_md(c, ossl()->sha256) > 0 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) > 0;
	return true;
}

static EVP_PKEY_CTX *template(EVP_PKEY *key, enum alg alg, int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	if (c && init(c) > 0 && set_params(c, alg))
		return c;
	EVP_PKEY_CTX_free(c);
	return NULL;
}

enum err sign_prepare(struct pkey *k)
{
	k->size = k->alg == ALG_RS256 || k->alg == ALG_PS256 ? (size_t)EVP_PKEY_get_size(k->evp) : ECDSA_RAW;
	if (k->size > SIGNATURE_MAX)
		return ERR_CRYPTO;
	if (k->alg == ALG_EDDSA) /* signs texts, not digests: EVP has no context to prepare */
		return OK;
	k->verifier = template(k->evp, k->alg, EVP_PKEY_verify_init);
	if (k->private)
		k->signer = template(k->evp, k->alg, EVP_PKEY_sign_init);
	return k->verifier && (!k->private || k->signer) ? OK : ossl_fail(ERR_CRYPTO);
}

static bool sign_ed25519(const struct pkey *k, str data, unsigned char *sig, size_t *n)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c && EVP_DigestSignInit(c, NULL, NULL, NULL, k->evp) > 0 &&
	    EVP_DigestSign(c, sig, n, (const unsigned char *)data.p, data.n) > 0;

	EVP_MD_CTX_free(c);
	return ok;
}

static bool sign_digest(const struct pkey *k, str data, unsigned char *sig, size_t *n)
{
	unsigned char digest[SHA256_SIZE];

	sha256(data, digest);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_dup(k->signer);
	bool ok = c && EVP_PKEY_sign(c, sig, n, digest, sizeof digest) > 0;
	EVP_PKEY_CTX_free(c);
	return ok;
}

static bool sign_es256(const struct pkey *k, str data, unsigned char *sig, size_t *n)
{
	unsigned char der[ECDSA_DER_MAX];
	size_t size = sizeof der;

	*n = ECDSA_RAW;
	return sign_digest(k, data, der, &size) && ecdsa_to_raw(der, size, sig);
}

enum err pkey_sign(const struct pkey *k, str data, unsigned char *sig, size_t *n)
{
	bool ok = false;

	if (!k->private || *n < k->size)
		return ERR_CRYPTO;
	switch (k->alg) {
	case ALG_ES256:
		ok = sign_es256(k, data, sig, n);
		break;
	case ALG_RS256:
	case ALG_PS256:
		ok = sign_digest(k, data, sig, n);
		break;
	case ALG_EDDSA:
		ok = sign_ed25519(k, data, sig, n);
		break;
	case ALG_NONE:
		break;
	}
	return ok && *n == k->size ? OK : ossl_fail(ERR_CRYPTO);
}

static bool verify_ed25519(const struct pkey *k, str data, str sig)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	const unsigned char *s = (const unsigned char *)sig.p, *text = (const unsigned char *)data.p;
	bool ok = c && EVP_DigestVerifyInit(c, NULL, NULL, NULL, k->evp) > 0 &&
	    EVP_DigestVerify(c, s, sig.n, text, data.n) == 1;

	EVP_MD_CTX_free(c);
	return ok;
}

static bool verify_digest(const struct pkey *k, str data, const unsigned char *sig, size_t n)
{
	unsigned char digest[SHA256_SIZE];

	sha256(data, digest);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_dup(k->verifier);
	/* a negative answer is an error, not a yes */
	bool ok = c && EVP_PKEY_verify(c, sig, n, digest, sizeof digest) == 1;
	EVP_PKEY_CTX_free(c);
	return ok;
}

static bool verify_es256(const struct pkey *k, str data, str sig)
{
	unsigned char der[ECDSA_DER_MAX];
	size_t n = ecdsa_to_der((const unsigned char *)sig.p, der);

	return n != 0 && verify_digest(k, data, der, n);
}

bool pkey_verify(const struct pkey *k, str data, str sig)
{
	bool ok = false;

	if (sig.n != k->size)
		return false;
	switch (k->alg) {
	case ALG_ES256:
		ok = verify_es256(k, data, sig);
		break;
	case ALG_RS256:
	case ALG_PS256:
		ok = verify_digest(k, data, (const unsigned char *)sig.p, sig.n);
		break;
	case ALG_EDDSA:
		ok = verify_ed25519(k, data, sig);
		break;
	case ALG_NONE:
		break;
	}
	if (!ok)
		(void)ossl_fail(ERR_CRYPTO);
	return ok;
}
