/* Keys: made, read from the numbers of a JWK with every check that they allow, and written as numbers again. */
#include "crypto/ecdsa.h"
#include "crypto/ossl.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define COORDINATE 32
#define POINT (1 + 2 * COORDINATE)
#define RSA_MIN 256           /* bytes of n: 2048 bits, RFC 7518 section 3.3 */
#define RSA_MAX SIGNATURE_MAX /* 4096 bits; what is larger only costs us time */
#define EXPONENT_MAX 8        /* bytes of e, as above */

/* Owns evp, also when it fails. */
static enum err wrap(enum alg alg, EVP_PKEY *evp, bool private, enum err failure, struct pkey **out)
{
	if (!evp)
		return ossl_fail(failure);
	struct pkey *k = calloc(1, sizeof *k);
	if (!k)
		ossl_die("pkey");
	atomic_init(&k->refs, 1);
	k->alg = alg;
	k->private = private;
	k->evp = evp;
	enum err e = sign_prepare(k);
	if (e != OK) {
		pkey_unref(k);
		return e;
	}
	*out = k;
	return OK;
}

enum err pkey_make(enum alg alg, struct pkey **out)
{
	EVP_PKEY *evp = NULL;

	*out = NULL;
	ossl();
	switch (alg) {
	case ALG_ES256:
		evp = EVP_EC_gen("P-256");
		break;
	case ALG_RS256:
	case ALG_PS256:
		evp = EVP_RSA_gen(8 * RSA_MIN);
		break;
	case ALG_EDDSA:
		evp = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	case ALG_NONE:
		break;
	}
	return wrap(alg, evp, true, ERR_CRYPTO, out);
}

/* --- from parts */

/* Parameters for EVP_PKEY_fromdata; numbers lie in `bytes` the way the machine writes them, wiped after use. */
struct build {
	OSSL_PARAM params[12];
	size_t count, used;
	unsigned char bytes[10 * RSA_MAX];
};

/* A big-endian number of at most RSA_MAX bytes. */
static void add_number(struct build *b, const char *name, str v)
{
	unsigned char *to = b->bytes + b->used;

	for (size_t i = 0; i < v.n; i++)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		to[i] = (unsigned char)v.p[v.n - 1 - i];
#else
		to[i] = (unsigned char)v.p[i];
#endif
	b->params[b->count++] = OSSL_PARAM_construct_BN(name, to, v.n);
	b->used += v.n;
}

static EVP_PKEY *build(struct build *b, const char *type, bool private)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *evp = NULL;

	b->params[b->count] = OSSL_PARAM_construct_end();
	if (c && EVP_PKEY_fromdata_init(c) > 0 &&
	    EVP_PKEY_fromdata(c, &evp, private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, b->params) <= 0)
		evp = NULL;
	EVP_PKEY_CTX_free(c);
	return evp;
}

static EVP_PKEY *ec_from_parts(const struct pkey_parts *parts)
{
	struct build b = { .count = 0 };
	unsigned char point[POINT] = { POINT_CONVERSION_UNCOMPRESSED };
	char group[] = "P-256";

	if (parts->x.n != COORDINATE || parts->y.n != COORDINATE)
		return NULL;
	if (parts->d.n && (parts->d.n != COORDINATE || !ecdsa_in_range((const unsigned char *)parts->d.p)))
		return NULL;
	memcpy(point + 1, parts->x.p, COORDINATE);
	memcpy(point + 1 + COORDINATE, parts->y.p, COORDINATE);
	b.params[b.count++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	b.params[b.count++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point);
	if (parts->d.n)
		add_number(&b, OSSL_PKEY_PARAM_PRIV_KEY, parts->d);
	EVP_PKEY *evp = build(&b, "EC", parts->d.n != 0);
	secret_wipe(b.bytes, b.used);
	return evp;
}

/* A number without leading zero, of from..to bytes. */
static bool number(str v, size_t from, size_t to)
{
	return v.n >= from && v.n <= to && v.p[0] != 0;
}

static bool odd(str v)
{
	return v.n && v.p[v.n - 1] & 1;
}

static bool rsa_public_fits(const struct pkey_parts *parts)
{
	str n = parts->n, e = parts->e;

	if (!number(n, RSA_MIN, RSA_MAX) || !odd(n) || (n.n == RSA_MIN && !(n.p[0] & 0x80)))
		return false;
	return number(e, 1, EXPONENT_MAX) && odd(e) && !(e.n == 1 && e.p[0] == 1);
}

/* RFC 7518 section 6.3.2 lets all but d be absent. Ours never are: signing without them is slow. */
static bool rsa_private_fits(const struct pkey_parts *parts)
{
	const str *all[] = { &parts->rsa_d, &parts->p, &parts->q, &parts->dp, &parts->dq, &parts->qi };

	for (size_t i = 0; i < COUNT(all); i++)
		if (!number(*all[i], 1, parts->n.n))
			return false;
	return odd(parts->p) && odd(parts->q);
}

static EVP_PKEY *rsa_from_parts(const struct pkey_parts *parts)
{
	struct build b = { .count = 0 };
	bool private = parts->rsa_d.n != 0;

	if (!rsa_public_fits(parts) || (private && !rsa_private_fits(parts)))
		return NULL;
	add_number(&b, OSSL_PKEY_PARAM_RSA_N, parts->n);
	add_number(&b, OSSL_PKEY_PARAM_RSA_E, parts->e);
	if (private) {
		add_number(&b, OSSL_PKEY_PARAM_RSA_D, parts->rsa_d);
		add_number(&b, OSSL_PKEY_PARAM_RSA_FACTOR1, parts->p);
		add_number(&b, OSSL_PKEY_PARAM_RSA_FACTOR2, parts->q);
		add_number(&b, OSSL_PKEY_PARAM_RSA_EXPONENT1, parts->dp);
		add_number(&b, OSSL_PKEY_PARAM_RSA_EXPONENT2, parts->dq);
		add_number(&b, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, parts->qi);
	}
	EVP_PKEY *evp = build(&b, "RSA", private);
	secret_wipe(b.bytes, b.used);
	return evp;
}

/*
 * RFC 8032 checks no public key, and OpenSSL neither: with a point of small order the all-zero signature can
 * fit any text. Asked of libsodium, for want of a call in EVP: canonical, on the curve, in the main subgroup.
 */
static bool ed_point_good(str x)
{
	return x.n == COORDINATE && crypto_core_ed25519_is_valid_point((const unsigned char *)x.p) == 1;
}

static EVP_PKEY *ed_from_parts(const struct pkey_parts *parts)
{
	if (!ed_point_good(parts->x))
		return NULL;
	const unsigned char *x = (const unsigned char *)parts->x.p, *d = (const unsigned char *)parts->d.p;
	if (parts->d.n == 0)
		return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, x, COORDINATE);
	if (parts->d.n != COORDINATE)
		return NULL;
	EVP_PKEY *evp = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, d, COORDINATE);
	unsigned char own[COORDINATE];
	size_t n = sizeof own;
	if (evp && EVP_PKEY_get_raw_public_key(evp, own, &n) > 0 && n == sizeof own &&
	    memcmp(own, x, sizeof own) == 0)
		return evp;
	EVP_PKEY_free(evp);
	return NULL;
}

/*
 * On the curve and not at infinity; P-256 has no cofactor, so that is enough (SEC 1, section 3.2.2.1). The import
 * looks at it too, but nothing says that it always will.
 */
static bool point_good(EVP_PKEY *evp)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, evp, NULL);
	bool good = c && EVP_PKEY_public_check_quick(c) > 0;

	EVP_PKEY_CTX_free(c);
	return good;
}

/* What the private half signs, the public half must take: else it would make tokens that nobody believes. */
static bool halves_fit(const struct pkey *k)
{
	unsigned char sig[SIGNATURE_MAX];
	size_t n = sizeof sig;
	str text = S("gatehouse");

	return pkey_sign(k, text, sig, &n) == OK && pkey_verify(k, text, (str){ (char *)sig, n });
}

enum err pkey_from_parts(const struct pkey_parts *parts, struct pkey **out)
{
	bool rsa = parts->alg == ALG_RS256 || parts->alg == ALG_PS256;
	bool private = rsa ? parts->rsa_d.n != 0 : parts->d.n != 0;
	EVP_PKEY *evp = NULL;

	*out = NULL;
	ossl();
	switch (parts->alg) {
	case ALG_ES256:
		evp = ec_from_parts(parts);
		if (evp && !point_good(evp)) {
			EVP_PKEY_free(evp);
			evp = NULL;
		}
		break;
	case ALG_RS256:
	case ALG_PS256:
		evp = rsa_from_parts(parts);
		break;
	case ALG_EDDSA:
		evp = ed_from_parts(parts);
		break;
	case ALG_NONE:
		break;
	}
	struct pkey *k;
	TRY(wrap(parts->alg, evp, private, ERR_KEY_BAD, &k));
	if (private && !halves_fit(k)) {
		pkey_unref(k);
		return ERR_KEY_BAD;
	}
	*out = k;
	return OK;
}

/* --- to parts */

/* The number as big-endian bytes: exactly size, or as few as it takes when size is 0. */
static bool get_number(struct arena *mem, const EVP_PKEY *evp, const char *name, size_t size, str *out)
{
	BIGNUM *v = NULL;

	if (!EVP_PKEY_get_bn_param(evp, name, &v))
		return false;
	size_t n = size ? size : (size_t)BN_num_bytes(v);
	unsigned char *p = arena_alloc(mem, n);
	bool ok = BN_bn2binpad(v, p, (int)n) == (int)n;
	BN_clear_free(v);
	*out = (str){ (char *)p, n };
	return ok;
}

static bool ec_to_parts(struct arena *mem, const struct pkey *k, bool private, struct pkey_parts *out)
{
	return get_number(mem, k->evp, OSSL_PKEY_PARAM_EC_PUB_X, COORDINATE, &out->x) &&
	    get_number(mem, k->evp, OSSL_PKEY_PARAM_EC_PUB_Y, COORDINATE, &out->y) &&
	    (!private || get_number(mem, k->evp, OSSL_PKEY_PARAM_PRIV_KEY, COORDINATE, &out->d));
}

static bool ed_to_parts(struct arena *mem, const struct pkey *k, bool private, struct pkey_parts *out)
{
	unsigned char *x = arena_alloc(mem, COORDINATE), *d = private ? arena_alloc(mem, COORDINATE) : NULL;
	size_t n = COORDINATE, m = COORDINATE;

	if (EVP_PKEY_get_raw_public_key(k->evp, x, &n) <= 0 || n != COORDINATE)
		return false;
	if (private && (EVP_PKEY_get_raw_private_key(k->evp, d, &m) <= 0 || m != COORDINATE))
		return false;
	out->x = (str){ (char *)x, COORDINATE };
	if (private)
		out->d = (str){ (char *)d, COORDINATE };
	return true;
}

static bool rsa_to_parts(struct arena *mem, const struct pkey *k, bool private, struct pkey_parts *out)
{
	if (!get_number(mem, k->evp, OSSL_PKEY_PARAM_RSA_N, 0, &out->n) ||
	    !get_number(mem, k->evp, OSSL_PKEY_PARAM_RSA_E, 0, &out->e))
		return false;
	return !private ||
	    (get_number(mem, k->evp, OSSL_PKEY_PARAM_RSA_D, 0, &out->rsa_d) &&
		get_number(mem, k->evp, OSSL_PKEY_PARAM_RSA_FACTOR1, 0, &out->p) &&
		get_number(mem, k->evp, OSSL_PKEY_PARAM_RSA_FACTOR2, 0, &out->q) &&
		get_number(mem, k->evp, OSSL_PKEY_PARAM_RSA_EXPONENT1, 0, &out->dp) &&
		get_number(mem, k->evp, OSSL_PKEY_PARAM_RSA_EXPONENT2, 0, &out->dq) &&
		get_number(mem, k->evp, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, 0, &out->qi));
}

enum err pkey_to_parts(struct arena *mem, const struct pkey *k, bool with_private, struct pkey_parts *out)
{
	bool ok = false;

	*out = (struct pkey_parts){ .alg = k->alg };
	if (with_private && !k->private)
		return ERR_CRYPTO;
	switch (k->alg) {
	case ALG_ES256:
		ok = ec_to_parts(mem, k, with_private, out);
		break;
	case ALG_RS256:
	case ALG_PS256:
		ok = rsa_to_parts(mem, k, with_private, out);
		break;
	case ALG_EDDSA:
		ok = ed_to_parts(mem, k, with_private, out);
		break;
	case ALG_NONE:
		break;
	}
	return ok ? OK : ossl_fail(ERR_CRYPTO);
}

/* --- the rest */

enum alg pkey_alg(const struct pkey *k)
{
	return k->alg;
}

bool pkey_private(const struct pkey *k)
{
	return k->private;
}

size_t pkey_signature_size(const struct pkey *k)
{
	return k->size;
}

struct pkey *pkey_ref(struct pkey *k)
{
	atomic_fetch_add_explicit(&k->refs, 1, memory_order_relaxed);
	return k;
}

void pkey_unref(struct pkey *k)
{
	if (!k || atomic_fetch_sub_explicit(&k->refs, 1, memory_order_acq_rel) != 1)
		return;
	EVP_PKEY_CTX_free(k->signer);
	EVP_PKEY_CTX_free(k->verifier);
	EVP_PKEY_free(k->evp); /* wipes the private numbers */
	free(k);
}
