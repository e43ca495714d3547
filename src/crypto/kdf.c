#include "crypto/ossl.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

/* The parameters are read, not written; OSSL_PARAM has no const member for it. */
static OSSL_PARAM octets(const char *name, const void *p, size_t n)
{
	union {
		const void *in;
		void *out;
	} u = { .in = n ? p : "" };

	return OSSL_PARAM_construct_octet_string(name, u.out, n);
}

void hkdf_sha256(struct secret ikm, str salt, str info, unsigned char *out, size_t n)
{
	char digest[] = "SHA256";
	EVP_KDF_CTX *c = EVP_KDF_CTX_new(ossl()->hkdf);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		octets(OSSL_KDF_PARAM_KEY, ikm.bytes, ikm.len),
		octets(OSSL_KDF_PARAM_SALT, salt.p, salt.n),
		octets(OSSL_KDF_PARAM_INFO, info.p, info.n),
		OSSL_PARAM_END,
	};

	if (!c || EVP_KDF_derive(c, out, n, params) <= 0)
		ossl_die("hkdf");
	EVP_KDF_CTX_free(c);
}

void kdf_derive(struct secret master, str purpose, unsigned char out[32])
{
	hkdf_sha256(master, S(""), purpose, out, 32);
}
