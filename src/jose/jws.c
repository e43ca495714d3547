/* The compact form (RFC 7515 section 7.1) taken apart, and what its header may say. Nothing is believed yet. */
#include "base/enc.h"
#include "jose/jws.h"

/* RFC 8259 in base64url; an object. */
static enum err read_object(struct arena *mem, str text, const struct json **out)
{
	str json;

	if (b64url_parse(mem, text, &json) != OK || json_parse(mem, json, out, NULL) != OK ||
	    (*out)->type != JSON_OBJECT)
		return ERR_TOKEN_MALFORMED;
	return OK;
}

static bool absent_or_text(const struct json *o, str name)
{
	const struct json *v = json_get(o, name);

	return !v || (v->type == JSON_STRING && v->text.n != 0);
}

/*
 * jwk, jku, x5u and x5c may be there and are never looked at: keys come from our own table alone
 * (RFC 8725, 3.10). No extension is known, so crit can name none (RFC 7515, 4.1.11), b64 among them
 * (RFC 7797). enc and zip are of encrypted tokens (RFC 7516, 4.1), which are not taken in any dress.
 */
static bool header_fits(const struct json *h)
{
	static const str refused[] = { S_INIT("crit"), S_INIT("b64"), S_INIT("enc"), S_INIT("zip") };

	for (size_t i = 0; i < COUNT(refused); i++)
		if (json_get(h, refused[i]))
			return false;
	return json_get(h, S("alg")) && absent_or_text(h, S("alg")) && absent_or_text(h, S("kid")) &&
	    absent_or_text(h, S("typ"));
}

enum err jws_parse(struct arena *mem, str token, struct jws *out)
{
	str header, payload, signature, rest;

	*out = (struct jws){ .header = NULL };
	/* three parts, none of them empty: five would be a JWE, an empty last one is what alg none sends */
	if (token.n > JWT_MAX || !str_cut(token, '.', &header, &rest) ||
	    !str_cut(rest, '.', &payload, &signature) || signature.n == 0 || str_has(signature, '.'))
		return ERR_TOKEN_MALFORMED;
	TRY(read_object(mem, header, &out->header));
	if (!header_fits(out->header))
		return ERR_TOKEN_MALFORMED;
	TRY(read_object(mem, payload, &out->payload));
	if (b64url_parse(mem, signature, &out->signature) != OK)
		return ERR_TOKEN_MALFORMED;
	out->signed_part = (str){ token.p, header.n + 1 + payload.n };
	return OK;
}

enum err jws_sign(struct arena *mem, const struct jwk *key, str header_json, str payload, str *out)
{
	unsigned char signature[SIGNATURE_MAX];
	size_t n = sizeof signature;
	struct buf b = { .mem = mem, .max = JWT_MAX };

	*out = (str){ NULL, 0 };
	if (header_json.n > JWT_MAX || payload.n > JWT_MAX)
		return ERR_TOO_LARGE;
	str head = b64url_write(mem, header_json), body = b64url_write(mem, payload);
	/* room for everything at once, so that the bytes do not move */
	if (!buf_room(&b, head.n + body.n + 2 + pkey_signature_size(key->key) * 4 / 3 + 4))
		return ERR_TOO_LARGE;
	buf_put(&b, head);
	buf_char(&b, '.');
	buf_put(&b, body);
	TRY(pkey_sign(key->key, buf_str(&b), signature, &n));
	buf_char(&b, '.');
	buf_put(&b, b64url_write(mem, (str){ (char *)signature, n }));
	if (b.full)
		return ERR_TOO_LARGE;
	*out = buf_str(&b);
	return OK;
}
