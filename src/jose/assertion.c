/* Assertions of others (RFC 7523 section 3), one rule a function, asked in the order of the table at the end. */
#include "jose/assertion.h"
#include "base/buf.h"
#include "crypto/crypto.h"
#include "jose/jws.h"

static enum err fail(struct assertion *a, enum err e, const char *why)
{
	*a = (struct assertion){ .why = why };
	return e;
}

static bool sized(str s, size_t max)
{
	return s.n != 0 && s.n <= max;
}

enum err assertion_read(struct arena *mem, str text, struct assertion *out)
{
	struct jwt t;
	str signed_part, signature;

	*out = (struct assertion){ .exp = 0 };
	enum err e = jwt_parse(mem, text, &t, &signed_part, &signature);
	if (e != OK)
		return fail(out, e, "it is no signed JWT in the compact form");
	*out = (struct assertion){
		.header = t.header,
		.claims = t.claims,
		.kid = t.kid,
		.issuer = json_get_str(t.claims, S("iss")),
		.subject = json_get_str(t.claims, S("sub")),
		.jti = json_get_str(t.claims, S("jti")),
		.exp = t.exp,
	};
	if (!sized(out->issuer, ASSERTION_NAME_MAX) || !sized(out->subject, ASSERTION_NAME_MAX))
		return fail(out, ERR_TOKEN_MALFORMED, "iss or sub is missing, empty or too long");
	if (!sized(out->jti, ASSERTION_JTI_MAX))
		return fail(out, ERR_TOKEN_MALFORMED, "jti is missing, empty or longer than 256 bytes");
	return OK;
}

/* --- whose signature */

/*
 * By its name. Without one the algorithm may choose among the keys, but only where there is nothing to choose: a set of one
 * key for it. The name of a key that fits another algorithm is no name of this token's.
 */
static const struct jwk *find_key(const struct jwks *keys, str kid, enum alg alg)
{
	const struct jwk *found = NULL;

	if (kid.n)
		return jwks_find(keys, kid);
	for (size_t i = 0; i < keys->count; i++) {
		if (pkey_alg(keys->keys[i].key) != alg)
			continue;
		if (found)
			return NULL;
		found = &keys->keys[i];
	}
	return found;
}

static enum err check_signature(
    struct arena *mem, str text, const struct jwks *keys, const struct assertion *a, const char **why)
{
	enum alg alg = alg_of(json_get_str(a->header, S("alg")));
	struct jws s;

	TRY(jws_parse(mem, text, &s));
	*why = "alg is none of ES256, RS256, PS256 and EdDSA";
	if (alg == ALG_NONE)
		return ERR_TOKEN_SIGNATURE;
	const struct jwk *k = find_key(keys, a->kid, alg);
	*why = a->kid.n ? "kid names none of the keys" : "there is no kid, and not just one key for this alg";
	if (!k)
		return ERR_TOKEN_KEY_UNKNOWN;
	/* RFC 8725 section 3.1: the key says how it is used; an RSA key that says nothing is for RS256 */
	*why = "alg is not the one that the key is for";
	if (pkey_alg(k->key) != alg)
		return ERR_TOKEN_SIGNATURE;
	*why = "the signature does not fit the key";
	return pkey_verify(k->key, s.signed_part, s.signature) ? OK : ERR_TOKEN_SIGNATURE;
}

/* --- what it must say */

static bool type_fits(const struct assertion *a, const struct assertion_expect *want)
{
	return jwt_type_is(a->header, want->typ) || (!want->typ_required && jwt_type_is(a->header, S("")));
}

static bool issuer_fits(const struct assertion *a, const struct assertion_expect *want)
{
	return str_eq(a->issuer, want->issuer);
}

static bool subject_fits(const struct assertion *a, const struct assertion_expect *want)
{
	return want->subject.n == 0 || str_eq(a->subject, want->subject);
}

static bool ours(str name, const struct assertion_expect *want)
{
	for (size_t i = 0; name.n && i < want->audience_count; i++)
		if (str_eq(name, want->audience[i]))
			return true;
	return false;
}

/*
 * For us and for nobody else: what another server may have been shown too is not taken (CVE-2025-27370, -27371: a server that
 * has clients name it beside us could use what it got).
 */
static bool audience_fits(const struct assertion *a, const struct assertion_expect *want)
{
	const struct json *aud = json_get(a->claims, S("aud"));

	if (!aud || aud->type != JSON_ARRAY)
		return ours(json_str_of(aud), want);
	for (JSON_EACH(item, aud))
		if (!ours(json_str_of(item), want))
			return false;
	return aud->count != 0;
}

static bool alive(const struct assertion *a, const struct assertion_expect *want)
{
	return json_get(a->claims, S("exp")) && a->exp + want->skew > want->now;
}

static bool short_lived(const struct assertion *a, const struct assertion_expect *want)
{
	return a->exp <= want->now + want->ttl + want->skew;
}

static bool begun(const struct assertion *a, const struct assertion_expect *want)
{
	int64_t nbf;

	return !jwt_date(a->claims, S("nbf"), &nbf) || nbf <= want->now + want->skew;
}

static bool issued(const struct assertion *a, const struct assertion_expect *want)
{
	int64_t iat;

	if (!jwt_date(a->claims, S("iat"), &iat))
		return !want->iat_required;
	return iat <= want->now + want->skew;
}

static const struct {
	bool (*fits)(const struct assertion *a, const struct assertion_expect *want);
	enum err e;
	const char *why;
} rules[] = {
	{ type_fits, ERR_TOKEN_TYPE, "typ is of another kind of token" },
	{ issuer_fits, ERR_TOKEN_ISSUER, "iss is not who it should be" },
	{ subject_fits, ERR_TOKEN_ISSUER, "sub is not who it should be" },
	{ audience_fits, ERR_TOKEN_AUDIENCE, "aud is not this server alone" },
	{ alive, ERR_TOKEN_EXPIRED, "exp is missing or has passed" },
	{ short_lived, ERR_TOKEN_EXPIRED, "exp is too far ahead" },
	{ begun, ERR_TOKEN_NOT_YET, "nbf is still to come" },
	{ issued, ERR_TOKEN_NOT_YET, "iat is missing or still to come" },
};

enum err assertion_verify(struct arena *mem, str text, const struct jwks *keys,
    const struct assertion_expect *want, struct assertion *out)
{
	const char *why = NULL;

	TRY(assertion_read(mem, text, out));
	enum err e = check_signature(mem, text, keys, out, &why);
	if (e != OK)
		return fail(out, e, why);
	for (size_t i = 0; i < COUNT(rules); i++)
		if (!rules[i].fits(out, want))
			return fail(out, rules[i].e, rules[i].why);
	return OK;
}

str assertion_hash(struct arena *mem, str us, const struct assertion *a)
{
	struct buf b = BUF(mem);

	/* lengths first, so that no two triples are one text */
	buf_printf(&b, "%zu %zu ", us.n, a->issuer.n);
	buf_put(&b, us);
	buf_put(&b, a->issuer);
	buf_put(&b, a->jti);
	return sha256_str(mem, buf_str(&b));
}
