/*
 * One key as JSON (RFC 7517, RFC 7518 section 6, RFC 8037 section 2) and its thumbprint (RFC 7638). Private numbers
 * pass through the caller's arena only, which wipes what it gives back.
 */
#include "base/enc.h"
#include "crypto/crypto.h"
#include "jose/jwt.h"

/* The members of a key and where its numbers lie. */
struct member {
	str name;
	size_t at; /* offset of a str in struct pkey_parts */
	bool private;
};

/* clang-format off */
#define PART(name_, field) { S_INIT(name_), offsetof(struct pkey_parts, field), false }
#define SECRET_PART(name_, field) { S_INIT(name_), offsetof(struct pkey_parts, field), true }

struct kind {
	str kty, crv; /* crv is empty for RSA */
	struct member members[9];
	size_t count;
};

static const struct kind ec = { S_INIT("EC"), S_INIT("P-256"), {
	PART("x", x), PART("y", y), SECRET_PART("d", d),
}, 3 };
static const struct kind okp = { S_INIT("OKP"), S_INIT("Ed25519"), {
	PART("x", x), SECRET_PART("d", d),
}, 2 };
static const struct kind rsa = { S_INIT("RSA"), S_INIT(""), {
	PART("e", e), PART("n", n), SECRET_PART("d", rsa_d), SECRET_PART("p", p), SECRET_PART("q", q),
	SECRET_PART("dp", dp), SECRET_PART("dq", dq), SECRET_PART("qi", qi),
}, 8 };
static const struct kind no_kind = { .count = 0 };

/* Every name that is private in some kind of key (RFC 7518 section 6). */
static const str private_names[] = {
	S_INIT("d"), S_INIT("p"), S_INIT("q"), S_INIT("dp"), S_INIT("dq"), S_INIT("qi"), S_INIT("oth"), S_INIT("k"),
};
/* clang-format on */

static const struct kind *kind_of(enum alg alg)
{
	switch (alg) {
	case ALG_ES256:
		return &ec;
	case ALG_EDDSA:
		return &okp;
	case ALG_RS256:
	case ALG_PS256:
		return &rsa;
	case ALG_NONE:
		break;
	}
	return &no_kind;
}

static str *part_at(struct pkey_parts *parts, const struct member *m)
{
	return (str *)(void *)((char *)parts + m->at);
}

/* --- writing */

static void put_members(
    struct arena *mem, struct jout *j, const struct kind *kind, struct pkey_parts *parts, bool private)
{
	for (size_t i = 0; i < kind->count; i++) {
		const struct member *m = &kind->members[i];
		if (m->private == private)
			jout_str(j, m->name, b64url_write(mem, *part_at(parts, m)));
	}
}

enum err jwk_write(struct arena *mem, const struct jwk *k, bool with_private, str *json)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);
	struct pkey_parts parts;

	*json = (str){ NULL, 0 };
	TRY(pkey_to_parts(mem, k->key, with_private, &parts));
	const struct kind *kind = kind_of(parts.alg);
	jout_object(&j, S(""));
	jout_str(&j, S("kty"), kind->kty);
	jout_str_opt(&j, S("crv"), kind->crv);
	put_members(mem, &j, kind, &parts, false);
	jout_str_opt(&j, S("kid"), k->kid);
	jout_strz(&j, S("use"), "sig");
	jout_strz(&j, S("alg"), alg_name(parts.alg));
	if (with_private)
		put_members(mem, &j, kind, &parts, true);
	jout_end(&j);
	if (b.full)
		return ERR_TOO_LARGE;
	*json = buf_str(&b);
	return OK;
}

enum err jwk_thumbprint(struct arena *mem, const struct pkey *k, str *out)
{
	struct buf b = BUF(mem);
	struct pkey_parts parts;
	unsigned char digest[SHA256_SIZE];

	*out = (str){ NULL, 0 };
	TRY(pkey_to_parts(mem, k, false, &parts));
	const struct kind *kind = kind_of(parts.alg);

	/* RFC 7638 section 3: the required members alone, by name: crv, e, kty, n, x, y */
	struct jout j = JOUT(&b);
	jout_object(&j, S(""));
	jout_str_opt(&j, S("crv"), kind->crv);
	if (kind == &rsa)
		jout_str(&j, S("e"), b64url_write(mem, parts.e));
	jout_str(&j, S("kty"), kind->kty);
	if (kind == &rsa)
		jout_str(&j, S("n"), b64url_write(mem, parts.n));
	else
		put_members(mem, &j, kind, &parts, false);
	jout_end(&j);
	if (b.full)
		return ERR_TOO_LARGE;
	sha256(buf_str(&b), digest);
	*out = b64url_write(mem, (str){ (char *)digest, sizeof digest });
	return OK;
}

/* --- reading */

/* False when the member is there and not a string; an absent one gives the empty slice. */
static bool text_member(const struct json *o, str name, str *out)
{
	const struct json *v = json_get(o, name);

	*out = json_str_of(v);
	return !v || v->type == JSON_STRING;
}

static bool holds(const struct json *array, str word)
{
	for (JSON_EACH(item, array))
		if (str_eq(json_str_of(item), word))
			return true;
	return false;
}

/* RFC 7517 sections 4.2 and 4.3: a key that says what it is for is for nothing else. */
static bool for_signatures(const struct json *o, bool private)
{
	const struct json *use = json_get(o, S("use")), *ops = json_get(o, S("key_ops"));

	if (use && !str_eq(json_str_of(use), S("sig")))
		return false;
	if (!ops)
		return true;
	return ops->type == JSON_ARRAY && (holds(ops, S("verify")) || (private && holds(ops, S("sign"))));
}

/*
 * The algorithm of a key, from kty and crv; "alg" may only say the same. An RSA key that says nothing is for
 * RS256, since identity providers publish such keys.
 */
static enum alg alg_of_jwk(const struct json *o)
{
	str kty = json_get_str(o, S("kty")), crv = json_get_str(o, S("crv")), name;
	enum alg natural = ALG_NONE;

	if (str_eq(kty, ec.kty) && str_eq(crv, ec.crv))
		natural = ALG_ES256;
	else if (str_eq(kty, okp.kty) && str_eq(crv, okp.crv))
		natural = ALG_EDDSA;
	else if (str_eq(kty, rsa.kty))
		natural = ALG_RS256;
	if (!text_member(o, S("alg"), &name))
		return ALG_NONE;
	if (!json_get(o, S("alg")))
		return natural;
	enum alg said = alg_of(name);
	bool same = said == natural || (natural == ALG_RS256 && said == ALG_PS256);
	return same ? said : ALG_NONE;
}

/* Whether the key has private members; *fits is false when it may not, or when they are not of its kind. */
static bool private_members(const struct json *o, const struct kind *kind, bool allowed, bool *fits)
{
	bool any = false;

	*fits = true;
	for (size_t i = 0; i < COUNT(private_names); i++) {
		if (!json_get(o, private_names[i]))
			continue;
		bool known = false;
		for (size_t m = 0; m < kind->count; m++)
			known = known || str_eq(kind->members[m].name, private_names[i]);
		any = true;
		*fits = *fits && known && allowed;
	}
	return any;
}

bool jwk_tells_private(const struct json *o)
{
	bool fits;

	return private_members(o, &no_kind, false, &fits);
}

/* A number as base64url text; there, a string and not empty. */
static enum err read_member(
    struct arena *mem, const struct json *o, const struct member *m, struct pkey_parts *parts)
{
	str text = json_get_str(o, m->name);

	if (text.n == 0 || b64url_parse(mem, text, part_at(parts, m)) != OK)
		return ERR_KEY_BAD;
	return OK;
}

enum err jwk_read(struct arena *mem, const struct json *o, bool allow_private, struct jwk *out)
{
	struct pkey_parts parts = { .alg = o ? alg_of_jwk(o) : ALG_NONE };
	const struct kind *kind = kind_of(parts.alg);
	bool fits;
	str kid;

	*out = (struct jwk){ .key = NULL };
	if (kind == &no_kind || !text_member(o, S("kid"), &kid))
		return ERR_KEY_BAD;
	bool private = private_members(o, kind, allow_private, &fits);
	if (!fits || !for_signatures(o, private))
		return ERR_KEY_BAD;
	for (size_t i = 0; i < kind->count; i++)
		if (private || !kind->members[i].private)
			TRY(read_member(mem, o, &kind->members[i], &parts));
	TRY(pkey_from_parts(&parts, &out->key));
	out->kid = arena_copy(mem, kid);
	return OK;
}
