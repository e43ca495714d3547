#include "gate/pass.h"

#include "base/id.h"
#include "base/json.h"

#include <string.h>

#define SKEW 30 /* seconds that two clocks may differ */

uint32_t pass_resource(const struct site *s, const struct resource *res)
{
	uint32_t h = 2166136261U; /* FNV-1a over tenant and identifier */
	uint64_t tenant = (uint64_t)s->tenant.id;

	for (int i = 0; i < 8; i++)
		h = (h ^ (unsigned char)(tenant >> (8 * i))) * 16777619U;
	for (size_t i = 0; i < res->identifier.n; i++)
		h = (h ^ (unsigned char)res->identifier.p[i]) * 16777619U;
	return h;
}

static bool keep(char *to, size_t max, unsigned short *n, str s)
{
	if (s.n > max)
		return false;
	memcpy(to, s.p, s.n);
	*n = (unsigned short)s.n;
	return true;
}

enum err pass_read(struct ctx *c, const struct resource *res, str token, struct pass *out)
{
	struct jwt_expect want = { .typ = S("at+jwt"), .issuer = c->site->tenant.issuer, .audience = res->identifier,
		.now = c->now, .skew = SKEW };
	struct jwt t;
	int64_t user = 0;

	*out = (struct pass){ .resource = pass_resource(c->site, res) };
	switch (jwt_verify(c->mem, token, c->site->keys, &want, &t)) {
	case OK: break;
	case ERR_TOKEN_KEY_UNKNOWN: return FAIL(c, TOKEN_KEY_UNKNOWN, "a token whose kid is none of ours");
	case ERR_TOKEN_SIGNATURE: return FAIL(c, TOKEN_SIGNATURE, "a token with a wrong signature");
	case ERR_TOKEN_TYPE: return FAIL(c, TOKEN_TYPE, "a token of another kind");
	case ERR_TOKEN_ISSUER: return FAIL(c, TOKEN_ISSUER, "a token of another issuer");
	case ERR_TOKEN_AUDIENCE:
		return FAIL(c, TOKEN_AUDIENCE, "a token for another resource than %.*s", FMT(res->identifier));
	case ERR_TOKEN_EXPIRED: return FAIL(c, TOKEN_EXPIRED, "a token that expired at %lld, it is %lld", (long long)t.exp,
	    (long long)c->now);
	case ERR_TOKEN_NOT_YET: return FAIL(c, TOKEN_NOT_YET, "a token that is not valid yet");
	default: return FAIL(c, TOKEN_MALFORMED, "%zu bytes that are no token of ours", token.n);
	}
	str sub = json_get_str(t.claims, S("sub"));
	str gid = json_get_str(t.claims, S("gid"));

	/* A token without a grant could never be taken back, so there is none. */
	if (id_parse(gid, ID_GRANT, &out->grant) != OK || sub.n == 0)
		return FAIL(c, TOKEN_MALFORMED, "a token without a grant");
	if (id_parse(sub, ID_USER, &user) == OK)
		out->user = user;
	if (!keep(out->sub, sizeof out->sub, &out->sub_n, sub) ||
	    !keep(out->gid, sizeof out->gid, &out->gid_n, gid) ||
	    !keep(out->scope, sizeof out->scope, &out->scope_n, json_get_str(t.claims, S("scope"))))
		return FAIL(c, TOKEN_MALFORMED, "a token with a scope or subject that is too long");
	out->expires = t.exp;
	return OK;
}

enum err pass_scopes(struct ctx *c, const struct resource *res, const struct pass *p)
{
	str rest = res->required, scope;

	while (str_word(&rest, ' ', &scope))
		if (!str_list_has(pass_scope(p), ' ', scope))
			return FAIL(c, SCOPE_SHORT, "the token has %.*s and lacks %.*s", FMT(pass_scope(p)), FMT(scope));
	return OK;
}

str pass_sub(const struct pass *p)
{
	return (str){ p->sub, p->sub_n };
}

str pass_scope(const struct pass *p)
{
	return (str){ p->scope, p->scope_n };
}

str pass_gid(const struct pass *p)
{
	return (str){ p->gid, p->gid_n };
}
