#include "oauth/id_token.h"
#include "base/enc.h"
#include "base/id.h"
#include "base/json.h"
#include "crypto/crypto.h"
#include "jose/jwt.h"
#include "model/scope.h"

/* What our ways of signing in are called outside (RFC 8176). A link is a secret that works once. */
static const struct {
	str method, amr;
} methods[] = {
	{ S_INIT("pwd"), S_INIT("pwd") },
	{ S_INIT("link"), S_INIT("otp") },
	{ S_INIT("otp"), S_INIT("otp") },
	{ S_INIT("hwk"), S_INIT("hwk") },
	{ S_INIT("mfa"), S_INIT("mfa") },
};

static str amr_of(struct arena *mem, str words)
{
	str word, all = { NULL, 0 };

	while (str_word(&words, ' ', &word))
		for (size_t i = 0; i < COUNT(methods); i++)
			if (str_eq(word, methods[i].method))
				all = scope_union(mem, all, methods[i].amr);
	return all;
}

/* OpenID Connect Core section 3.1.3.6: the left half of the hash that the signature's algorithm is made with. */
static str at_hash(struct ctx *c, str access_token)
{
	str hash = pkey_alg(c->site->signing->key) == ALG_EDDSA ? sha512_str(c->mem, access_token)
								: sha256_str(c->mem, access_token);

	return b64url_write(c->mem, str_sub(hash, 0, hash.n / 2));
}

str id_token_sid(struct arena *mem, int64_t session)
{
	return session ? id_text(mem, ID_SESSION, session) : S("");
}

static str claims(struct ctx *c, const struct authz *a, str access_token)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);
	str amr = amr_of(c->mem, a->methods);

	jout_object(&j, S(""));
	jout_str(&j, S("iss"), c->site->tenant.issuer);
	jout_str(&j, S("sub"), id_text(c->mem, ID_USER, a->user));
	jout_str(&j, S("aud"), a->client_id); /* one, so that azp would say nothing new */
	jout_int(&j, S("iat"), c->now);
	jout_int(&j, S("exp"), c->now + c->site->config->access_ttl);
	jout_int(&j, S("auth_time"), a->auth_time);
	jout_str_opt(&j, S("nonce"), a->nonce);
	jout_str(&j, S("acr"), str_list_has(amr, ' ', S("mfa")) ? S("aal2") : S("aal1"));
	if (amr.n)
		jout_words(&j, S("amr"), amr);
	jout_str(&j, S("at_hash"), at_hash(c, access_token));
	jout_str_opt(&j, S("sid"), id_token_sid(c->mem, a->session));
	/* what it is exchanged for ends with its grant; not gid, which makes a token good at resources */
	jout_str(&j, S("grant"), id_text(c->mem, ID_GRANT, a->grant));
	jout_end(&j);
	return b.full ? (str){ NULL, 0 } : buf_str(&b);
}

enum err id_token_make(struct ctx *c, const struct authz *authz, str access_token, str *out)
{
	*out = (str){ NULL, 0 };
	if (authz->user == 0 || !str_list_has(authz->scope, ' ', SCOPE_OPENID))
		return OK;
	str json = claims(c, authz, access_token);
	if (json.n == 0)
		return FAIL(c, TOO_LARGE, "the claims of an id token");
	return jwt_sign(c->mem, c->site->signing, S("JWT"), json, out);
}

bool id_token_read(struct ctx *c, str token, struct id_hint *out)
{
	struct jwt_expect want = { .issuer = c->site->tenant.issuer };
	str part, signature;
	struct jwt t;

	*out = (struct id_hint){ .user = 0 };
	if (jwt_parse(c->mem, token, &t, &part, &signature) != OK || t.exp == 0)
		return false;
	want.now = t.exp <= c->now ? t.exp - 1 : c->now;
	if (jwt_check(&t, part, signature, c->site->keys, &want) != OK)
		return false;
	str sid = json_get_str(t.claims, S("sid"));
	if (sid.n && id_parse(sid, ID_SESSION, &out->session) != OK)
		return false;
	out->client_id = json_get_str(t.claims, S("aud"));
	return out->client_id.n && id_parse(json_get_str(t.claims, S("sub")), ID_USER, &out->user) == OK;
}
