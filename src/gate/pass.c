#include "gate/pass.h"

#include "base/id.h"
#include "base/json.h"
#include "core/journal.h"

#include <string.h>

#define SKEW 30 /* seconds that two clocks may differ */

struct pass_place pass_resource(const struct site *s, const struct resource *res)
{
	return (struct pass_place){ s->tenant.id, res->identifier };
}

/* Into its room, or where there is none, to where it already lies. */
static void keep(char *to, size_t max, unsigned short *n, str *at, str s)
{
	if (s.n > max) {
		*at = s;
		return;
	}
	if (s.n)
		memcpy(to, s.p, s.n);
	*n = (unsigned short)s.n;
}

static bool read_key(const struct json *claims, struct pass *out)
{
	str jkt;

	if (!jkt_of_token(claims, &jkt))
		return false;
	if (jkt.n)
		memcpy(out->jkt, jkt.p, jkt.n);
	out->jkt_n = (unsigned short)jkt.n;
	return true;
}

enum err pass_read(struct ctx *c, const struct resource *res, str token, struct pass *out)
{
	struct jwt_expect want = { .typ = S("at+jwt"),
		.issuer = c->site->tenant.issuer,
		.audience = res->identifier,
		.now = c->now,
		.skew = SKEW };
	struct jwt t;
	int64_t user = 0;

	*out = (struct pass){ .place = pass_resource(c->site, res) };
	switch (jwt_verify(c->mem, token, c->site->keys, &want, &t)) {
	case OK:
		break;
	case ERR_TOKEN_KEY_UNKNOWN:
		return FAIL(c, TOKEN_KEY_UNKNOWN, "a token whose kid is none of ours");
	case ERR_TOKEN_SIGNATURE:
		return FAIL(c, TOKEN_SIGNATURE, "a token with a wrong signature");
	case ERR_TOKEN_TYPE:
		return FAIL(c, TOKEN_TYPE, "a token of another kind");
	case ERR_TOKEN_ISSUER:
		return FAIL(c, TOKEN_ISSUER, "a token of another issuer");
	case ERR_TOKEN_AUDIENCE:
		return FAIL(
		    c, TOKEN_AUDIENCE, "a token for another resource than %.*s", FMT(res->identifier));
	case ERR_TOKEN_EXPIRED:
		return FAIL(c, TOKEN_EXPIRED, "a token that expired at %lld, it is %lld", (long long)t.exp,
		    (long long)c->now);
	case ERR_TOKEN_NOT_YET:
		return FAIL(c, TOKEN_NOT_YET, "a token that is not valid yet");
	default:
		return FAIL(c, TOKEN_MALFORMED, "%zu bytes that are no token of ours", token.n);
	}
	str sub = json_get_str(t.claims, S("sub"));
	str gid = json_get_str(t.claims, S("gid"));

	/* A token without a grant could never be taken back, so there is none. */
	if (id_parse(gid, ID_GRANT, &out->grant) != OK || gid.n > PASS_GID_MAX || sub.n == 0)
		return FAIL(c, TOKEN_MALFORMED, "a token without a grant");
	if (!read_key(t.claims, out))
		return FAIL(c, TOKEN_MALFORMED, "a token with a cnf that is not understood");
	if (!ground_origin_read(t.claims, &out->origin_key))
		return FAIL(c, TOKEN_MALFORMED, "an exchanged token that does not say for whom");
	/* RFC 9068 section 5: a client that is named like a person stays a client. */
	if (!str_eq(sub, json_get_str(t.claims, S("client_id"))) && id_parse(sub, ID_USER, &user) == OK)
		out->user = user;
	memcpy(out->gid, gid.p, gid.n);
	out->gid_n = (unsigned short)gid.n;
	keep(out->sub, sizeof out->sub, &out->sub_n, &out->long_sub, sub);
	keep(out->scope, sizeof out->scope, &out->scope_n, &out->long_scope,
	    json_get_str(t.claims, S("scope")));
	c->actor.client_id = json_get_str(t.claims, S("client_id"));
	pass_call_client(out, journal_client(c->mem, c->actor.client_id));
	out->client_key = client_key(c->actor.client_id);
	(void)json_get_int(
	    t.claims, S("iat"), &out->issued); /* ours always have it; without it, as old as can be */
	out->expires = t.exp;
	return OK;
}

struct ground pass_ground(const struct pass *p)
{
	return (struct ground){
		.grant = p->grant,
		.user = p->user,
		.client = p->client_key,
		.origin = p->origin_key,
		.issued = p->issued,
	};
}

enum err pass_scopes(struct ctx *c, const struct resource *res, const struct pass *p)
{
	str rest = res->required, scope;

	while (str_word(&rest, ' ', &scope))
		if (!str_list_has(pass_scope(p), ' ', scope))
			return FAIL(c, SCOPE_SHORT, "the token has %.*s and lacks %.*s", FMT(pass_scope(p)),
			    FMT(scope));
	return OK;
}

str pass_sub(const struct pass *p)
{
	return p->long_sub.n ? p->long_sub : (str){ p->sub, p->sub_n };
}

str pass_scope(const struct pass *p)
{
	return p->long_scope.n ? p->long_scope : (str){ p->scope, p->scope_n };
}

str pass_gid(const struct pass *p)
{
	return (str){ p->gid, p->gid_n };
}

str pass_jkt(const struct pass *p)
{
	return (str){ p->jkt, p->jkt_n };
}

str pass_client(const struct pass *p)
{
	return (str){ p->client, p->client_n };
}

void pass_call_client(struct pass *p, str label)
{
	str text = str_sub(label, 0, PASS_CLIENT_MAX);

	while (text.n < label.n && text.n && ((unsigned char)label.p[text.n] & 0xc0) == 0x80)
		text.n--; /* not in the middle of a sign */
	p->client_n = (unsigned short)text.n;
	if (text.n)
		memcpy(p->client, text.p, text.n);
}
