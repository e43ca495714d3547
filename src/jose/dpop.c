#include "jose/dpop.h"
#include "base/enc.h"
#include "base/url.h"
#include "crypto/crypto.h"
#include "jose/jws.h"

/* --- where it was made for */

/* The next sign of a path as it is compared: an escaped unreserved one is that one, the digits of others have no case. */
static int next_sign(str s, size_t *at)
{
	int hi, lo;

	if (s.p[*at] != '%' || s.n - *at < 3 || (hi = hex_digit(s.p[*at + 1])) < 0 ||
	    (lo = hex_digit(s.p[*at + 2])) < 0)
		return (unsigned char)s.p[(*at)++];
	int c = hi << 4 | lo;
	bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '-' || c == '.' || c == '_' || c == '~';
	*at += 3;
	return unreserved ? c : 0x100 | c;
}

static bool same_path(str a, str b)
{
	size_t i = 0, k = 0;

	if (a.n == 0)
		a = S("/");
	if (b.n == 0)
		b = S("/");
	while (i < a.n && k < b.n)
		if (next_sign(a, &i) != next_sign(b, &k))
			return false;
	return i == a.n && k == b.n;
}

bool dpop_same_url(str a, str b)
{
	struct url u, v;

	return url_parse(a, &u) == OK && url_parse(b, &v) == OK && u.authority && v.authority &&
	    !u.userinfo.p && !v.userinfo.p && str_ieq(u.scheme, v.scheme) && str_ieq(u.host, v.host) &&
	    url_port(&u) == url_port(&v) && same_path(u.path, v.path);
}

bool jkt_ok(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_'))
			return false;
	}
	return s.n == JKT_SIZE;
}

bool jkt_of_token(const struct json *claims, str *jkt)
{
	const struct json *cnf = json_get(claims, S("cnf"));

	*jkt = cnf ? json_get_str(cnf, S("jkt")) : S("");
	return !cnf || (cnf->type == JSON_OBJECT && cnf->count == 1 && jkt_ok(*jkt));
}

/* --- what it says: one rule a function, in the order of the table below */

struct look {
	struct arena *mem;
	const struct dpop_expect *want;
	struct jws jws;
	struct jwk key;
	unsigned char header[SHA256_SIZE]; /* hash of its text */
	bool known;                        /* the key is one that we remember */
	struct dpop *out;
};

static const char *check_type(struct look *l)
{
	return str_ieq(json_get_str(l->jws.header, S("typ")), S("dpop+jwt")) ? NULL
									     : "its typ is not dpop+jwt";
}

/*
 * The header may choose between the two uses of an RSA key that names none; everything else the key says itself. A private
 * key is refused aloud: whoever sends it has given it away (CVE-2026-54431).
 */
static const char *import_key(struct look *l)
{
	const struct json *jwk = json_get(l->jws.header, S("jwk"));
	enum alg alg = alg_of(json_get_str(l->jws.header, S("alg")));
	struct pkey_parts parts;
	struct pkey *again;

	if (alg == ALG_NONE)
		return "its alg is not one of " DPOP_ALGS;
	if (!jwk || jwk->type != JSON_OBJECT)
		return "it has no jwk";
	if (jwk_read(l->mem, jwk, false, &l->key) != OK)
		return "its jwk is no public key that is taken here";
	if (pkey_alg(l->key.key) == alg)
		return NULL;
	if (alg != ALG_PS256 || pkey_alg(l->key.key) != ALG_RS256 || json_get(jwk, S("alg")))
		return "its alg is not that of its jwk";
	if (pkey_to_parts(l->mem, l->key.key, false, &parts) != OK)
		return "its jwk cannot be read";
	parts.alg = ALG_PS256;
	if (pkey_from_parts(&parts, &again) != OK)
		return "its jwk cannot be read";
	pkey_unref(l->key.key);
	l->key.key = again;
	return NULL;
}

/* The same header was believed before, so its alg and jwk fit each other: they stand in what the hash is of. */
static const char *read_key(struct look *l)
{
	str header, rest;

	if (!l->want->keys)
		return import_key(l);
	str_cut(l->jws.signed_part, '.', &header, &rest);
	sha256(header, l->header);
	l->key.key = dpop_keys_find(l->want->keys, l->mem, l->header, &l->out->jkt);
	l->known = l->key.key != NULL;
	return l->known ? NULL : import_key(l);
}

static const char *check_signature(struct look *l)
{
	bool good = pkey_verify(l->key.key, l->jws.signed_part, l->jws.signature);

	return good ? NULL : "its signature is wrong";
}

static const char *name_key(struct look *l)
{
	if (l->known)
		return NULL;
	if (jwk_thumbprint(l->mem, l->key.key, &l->out->jkt) != OK)
		return "its jwk cannot be read";
	if (l->want->keys)
		dpop_keys_put(l->want->keys, l->header, l->key.key, l->out->jkt);
	return NULL;
}

static const char *check_method(struct look *l)
{
	return str_eq(json_get_str(l->jws.payload, S("htm")), l->want->method)
	    ? NULL
	    : "its htm is not the method of this request";
}

static const char *check_url(struct look *l)
{
	return dpop_same_url(json_get_str(l->jws.payload, S("htu")), l->want->url)
	    ? NULL
	    : "its htu is not the address of this request";
}

/*
 * RFC 9449 section 11.1: both ways, since clocks differ. Proofs need neither exp nor nbf, but where one stands it means what it
 * means in every JWT (RFC 7519 sections 4.1.4 and 4.1.5).
 */
static const char *check_time(struct look *l)
{
	int64_t now = l->want->now, window = l->want->window, date;

	if (!jwt_date(l->jws.payload, S("iat"), &l->out->iat))
		return "it has no iat";
	if (json_get(l->jws.payload, S("exp")) &&
	    (!jwt_date(l->jws.payload, S("exp"), &date) || date + DPOP_SKEW <= now))
		return "its exp has passed";
	if (json_get(l->jws.payload, S("nbf")) &&
	    (!jwt_date(l->jws.payload, S("nbf"), &date) || date > now + DPOP_SKEW))
		return "its nbf is still to come";
	if (l->out->iat < now - window)
		return "it is too old";
	return l->out->iat > now + window ? "it is of the future: look at the clocks" : NULL;
}

static const char *check_jti(struct look *l)
{
	l->out->jti = json_get_str(l->jws.payload, S("jti"));
	if (l->out->jti.n == 0)
		return "it has no jti";
	return l->out->jti.n > DPOP_JTI_MAX ? "its jti is too long" : NULL;
}

static const char *check_token(struct look *l)
{
	unsigned char digest[SHA256_SIZE];

	if (!l->want->token.p)
		return NULL;
	sha256(l->want->token, digest);
	str ath = b64url_write(l->mem, (str){ (const char *)digest, sizeof digest });
	return str_eq(json_get_str(l->jws.payload, S("ath")), ath)
	    ? NULL
	    : "its ath is not the hash of the access token";
}

static const char *read_nonce(struct look *l)
{
	const struct json *nonce = json_get(l->jws.payload, S("nonce"));

	l->out->nonce = json_str_of(nonce);
	return !nonce || l->out->nonce.n ? NULL : "its nonce is no text";
}

/* What costs least stands first: a proof for something else is refused without a key being read. */
static const char *(*const rules[])(struct look *l) = { check_type, check_method, check_url, check_time,
	check_jti, check_token, read_nonce, read_key, check_signature, name_key };

enum err dpop_check(struct arena *mem, str proof, const struct dpop_expect *want, struct dpop *out)
{
	struct look l = { .mem = mem, .want = want, .out = out };
	const char *why = NULL;

	*out = (struct dpop){ .iat = 0 };
	if (jws_parse(mem, proof, &l.jws) != OK)
		why = "it is no signed JWT";
	for (size_t i = 0; i < COUNT(rules) && !why; i++)
		why = rules[i](&l);
	pkey_unref(l.key.key);
	if (!why)
		return OK;
	*out = (struct dpop){ .why = why }; /* what is not believed is not shown either */
	return ERR_TOKEN_MALFORMED;
}
