#include "base/enc.h"
#include "crypto/ossl.h"

#define SHA512_SIZE 64

void sha256(str s, unsigned char out[SHA256_SIZE])
{
	EVP_MD_CTX *c = ossl_digest();

	if (!EVP_DigestInit_ex2(c, ossl()->sha256, NULL) || !EVP_DigestUpdate(c, s.p, s.n) ||
	    !EVP_DigestFinal_ex(c, out, NULL))
		ossl_die("sha256");
}

str sha256_str(struct arena *mem, str s)
{
	unsigned char *out = arena_alloc(mem, SHA256_SIZE);

	sha256(s, out);
	return (str){ (const char *)out, SHA256_SIZE };
}

str sha512_str(struct arena *mem, str s)
{
	EVP_MD_CTX *c = ossl_digest();
	unsigned char *out = arena_alloc(mem, SHA512_SIZE);

	if (!EVP_DigestInit_ex2(c, ossl()->sha512, NULL) || !EVP_DigestUpdate(c, s.p, s.n) ||
	    !EVP_DigestFinal_ex(c, out, NULL))
		ossl_die("sha512");
	return (str){ (const char *)out, SHA512_SIZE };
}

str token_hash(struct arena *mem, struct secret token)
{
	return sha256_str(mem, (str){ (const char *)token.bytes, token.len });
}

str pkce_s256(struct arena *mem, str verifier)
{
	unsigned char out[SHA256_SIZE];

	sha256(verifier, out);
	return b64url_write(mem, (str){ (const char *)out, sizeof out });
}
