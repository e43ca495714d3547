/* JWT claims on a compact JWS (RFC 7519) by the rules of RFC 8725: one key, one algorithm, one kind. */
#include "jose/jwt.h"
#include "base/enc.h"
#include "crypto/crypto.h"
#include "jose/jws.h"

#define DATE_MAX INT64_C(253402300799) /* the end of the year 9999: sums with a skew cannot overflow */

enum err jwt_sign(struct arena *mem, const struct jwk *key, str typ, str claims_json, str *out)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str_opt(&j, S("typ"), typ);
	jout_strz(&j, S("alg"), alg_name(pkey_alg(key->key)));
	jout_str_opt(&j, S("kid"), key->kid);
	jout_end(&j);
	if (b.full) {
		*out = (str){ NULL, 0 };
		return ERR_TOO_LARGE;
	}
	return jws_sign(mem, key, buf_str(&b), claims_json, out);
}

str jwt_new_id(struct arena *mem)
{
	unsigned char bytes[16];

	rand_bytes(bytes, sizeof bytes);
	return b64url_write(mem, (str){ (const char *)bytes, sizeof bytes });
}

/* RFC 7519 section 2: seconds, maybe with a fraction, which is cut off. False when absent or no such number. */
static bool date_of(const struct json *v, int64_t *out)
{
	str whole, fraction;

	if (!v || v->type != JSON_NUMBER)
		return false;
	if (!json_int_of(v, out)) {
		if (str_has(v->text, 'e') || str_has(v->text, 'E') ||
		    !str_cut(v->text, '.', &whole, &fraction) || !str_int(whole, out))
			return false;
	}
	return *out >= 0 && *out <= DATE_MAX;
}

/* A date that is there must be one. */
static bool dates_fit(const struct json *claims)
{
	static const str names[] = { S_INIT("exp"), S_INIT("nbf"), S_INIT("iat") };
	int64_t date;

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct json *v = json_get(claims, names[i]);
		if (v && !date_of(v, &date))
			return false;
	}
	return true;
}

enum err jwt_parse(struct arena *mem, str token, struct jwt *out, str *signed_part, str *signature)
{
	struct jws s;

	*out = (struct jwt){ .exp = 0 };
	*signed_part = *signature = (str){ NULL, 0 };
	TRY(jws_parse(mem, token, &s));
	if (!dates_fit(s.payload))
		return ERR_TOKEN_MALFORMED;
	out->header = s.header;
	out->claims = s.payload;
	out->kid = json_get_str(s.header, S("kid"));
	(void)date_of(json_get(s.payload, S("exp")), &out->exp);
	*signed_part = s.signed_part;
	*signature = s.signature;
	return OK;
}

/* --- what a token must say: one rule a function, asked in the order of the table below */

/* RFC 7515 section 4.1.9: "application/" may be left out when no other '/' follows. */
static str short_type(str typ)
{
	str prefix = S("application/"), rest = str_sub(typ, prefix.n, typ.n);

	return str_ieq(str_sub(typ, 0, prefix.n), prefix) && !str_has(rest, '/') ? rest : typ;
}

bool jwt_type_is(const struct json *header, str want)
{
	str typ = short_type(json_get_str(header, S("typ")));

	return want.n ? str_ieq(typ, short_type(want)) : typ.n == 0 || str_ieq(typ, S("JWT"));
}

bool jwt_date(const struct json *claims, str name, int64_t *out)
{
	return date_of(json_get(claims, name), out);
}

static enum err check_type(const struct jwt *t, const struct jwt_expect *want)
{
	return jwt_type_is(t->header, want->typ) ? OK : ERR_TOKEN_TYPE;
}

static enum err check_issuer(const struct jwt *t, const struct jwt_expect *want)
{
	str iss = json_get_str(t->claims, S("iss"));

	/* an empty expectation must not be met by a token that says nothing */
	return want->issuer.n && str_eq(iss, want->issuer) ? OK : ERR_TOKEN_ISSUER;
}

static enum err check_audience(const struct jwt *t, const struct jwt_expect *want)
{
	const struct json *aud = json_get(t->claims, S("aud"));

	if (want->audience.n == 0 || str_eq(json_str_of(aud), want->audience))
		return OK;
	if (aud && aud->type == JSON_ARRAY)
		for (JSON_EACH(item, aud))
			if (str_eq(json_str_of(item), want->audience))
				return OK;
	return ERR_TOKEN_AUDIENCE;
}

static enum err check_expiry(const struct jwt *t, const struct jwt_expect *want)
{
	/* required (RFC 9068 section 2.2): a token without an end is over */
	return json_get(t->claims, S("exp")) && want->now - want->skew < t->exp ? OK : ERR_TOKEN_EXPIRED;
}

static enum err check_begin(const struct jwt *t, const struct jwt_expect *want)
{
	int64_t nbf;

	if (date_of(json_get(t->claims, S("nbf")), &nbf) && nbf > want->now + want->skew)
		return ERR_TOKEN_NOT_YET;
	return OK;
}

static enum err (*const checks[])(const struct jwt *, const struct jwt_expect *) = { check_type, check_issuer,
	check_audience, check_expiry, check_begin };

enum err jwt_check(const struct jwt *t, str signed_part, str signature, const struct jwks *keys,
    const struct jwt_expect *want)
{
	const struct jwk *k = jwks_find(keys, t->kid);

	if (!k)
		return ERR_TOKEN_KEY_UNKNOWN;
	/* RFC 8725 section 3.1: the key says how it is used; a header that says otherwise is a lie */
	if (!str_eq(json_get_str(t->header, S("alg")), str_of(alg_name(pkey_alg(k->key)))))
		return ERR_TOKEN_SIGNATURE;
	if (!want->made_here && !pkey_verify(k->key, signed_part, signature))
		return ERR_TOKEN_SIGNATURE;
	for (size_t i = 0; i < COUNT(checks); i++)
		TRY(checks[i](t, want));
	return OK;
}

enum err jwt_verify(
    struct arena *mem, str token, const struct jwks *keys, const struct jwt_expect *want, struct jwt *out)
{
	struct jwt t;
	str signed_part, signature;

	*out = (struct jwt){ .exp = 0 }; /* what is not believed is not shown either */
	TRY(jwt_parse(mem, token, &t, &signed_part, &signature));
	TRY(jwt_check(&t, signed_part, signature, keys, want));
	*out = t;
	return OK;
}
