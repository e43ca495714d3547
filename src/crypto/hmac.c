#include "crypto/ossl.h"

void hmac_sha256(struct secret key, str data, unsigned char out[SHA256_SIZE])
{
	/* A copy that goes away wipes the key that was put into it; a kept context would carry it on. */
	EVP_MAC_CTX *c = EVP_MAC_CTX_dup(ossl()->hmac);
	size_t n = 0;

	/* NULL would mean "the key that is there": RFC 2104 pads an empty one with zeros like any short one */
	if (!c || !EVP_MAC_init(c, key.len ? key.bytes : (const unsigned char *)"", key.len, NULL) ||
	    !EVP_MAC_update(c, (const unsigned char *)data.p, data.n) ||
	    !EVP_MAC_final(c, out, &n, SHA256_SIZE) || n != SHA256_SIZE)
		ossl_die("hmac");
	EVP_MAC_CTX_free(c);
}
