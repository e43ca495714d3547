/*
 * /userinfo (OpenID Connect Core section 5.3): who somebody is, for an application that was granted openid. Any access token
 * of ours with that scope is good here, whatever resource it is for: what the person agreed to tell is in its scope.
 */
#include "base/id.h"
#include "core/recall.h"
#include "jose/dpop.h"
#include "jose/jwt.h"
#include "model/scope.h"
#include "oauth/ground.h"
#include "oauth/handlers.h"
#include "oauth/presented.h"

#define SKEW 30 /* seconds that two clocks may differ, as at resources */

struct userinfo {
	struct presented sent;
	int64_t user, grant;
	str scope, client_id;
	bool made_here;
};

static enum err reply(struct ctx *c, const struct userinfo *u, const struct user_by_id_out *person)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);
	str local, rest;

	jout_object(&j, S(""));
	jout_str(&j, S("sub"), id_text(c->mem, ID_USER, u->user));
	if (str_list_has(u->scope, ' ', S("profile"))) {
		str_cut(person->email, '@', &local, &rest);
		jout_str_opt(&j, S("name"), person->name);
		jout_str_opt(&j, S("preferred_username"), local);
	}
	if (str_list_has(u->scope, ' ', S("email"))) {
		jout_str_opt(&j, S("email"), person->email);
		/* nobody chooses their own address here: the owner of this server has given each person theirs */
		jout_bool(&j, S("email_verified"), true);
	}
	jout_end(&j);
	if (b.full)
		return FAIL(c, TOO_LARGE, "what is known about a person");
	return reply_json(c, 200, buf_str(&b));
}

/* READ. The store itself is asked, each time: what was taken back is told nothing more. */
static enum err look(struct ctx *c)
{
	const struct userinfo *u = c->state;
	struct grant_state_out g;
	struct user_by_id_out person;
	int64_t tenant = c->site->tenant.id;
	const char *why;

	TRY(ground_look(c, u->grant, u->client_id, &g, &why));
	if (why || g.user_id != u->user)
		return FAIL(c, TOKEN_REVOKED, "%s", why ? why : "its grant is of somebody else");
	TRY(q_user_by_id(c->db, c->mem, &(struct user_by_id_in){ .tenant = tenant, .id = u->user }, &person));
	return reply(c, u, &person);
}

/* RFC 9449 section 7: a bound token comes with the proof of its key, made for this address; another comes without. */
static enum err check_holder(struct ctx *c, const struct userinfo *u, const struct json *claims)
{
	str jkt;

	if (!jkt_of_token(claims, &jkt))
		return FAIL(c, TOKEN_MALFORMED, "a token with a cnf that is not understood");
	TRY(presented_scheme(c, &u->sent, jkt));
	str here = arena_printf(c->mem, "%.*s%.*s", FMT(c->site->tenant.issuer), FMT(c->req->path));
	return presented_proof(c, &u->sent, jkt, here);
}

/* VERIFY; LOOP for a bearer token that was made here */
static enum err verify(struct ctx *c)
{
	struct userinfo *u = c->state;
	struct jwt_expect want = {
		.typ = S("at+jwt"), .issuer = c->site->tenant.issuer, .now = c->now, .skew = SKEW
	};
	struct jwt t;

	want.made_here = u->made_here;
	enum err e = jwt_verify(c->mem, u->sent.token, c->site->keys, &want, &t);
	if (e != OK)
		return fail_set(c, e, __FILE__, __LINE__, "%zu bytes", u->sent.token.n);
	str sub = json_get_str(t.claims, S("sub")), aud = json_get_str(t.claims, S("aud"));
	u->client_id = c->actor.client_id = json_get_str(t.claims, S("client_id"));
	u->scope = json_get_str(t.claims, S("scope"));
	if (!site_resource(c->site, aud))
		return FAIL(c, TOKEN_AUDIENCE, "a token for %.*s", FMT(str_sub(aud, 0, 200)));
	TRY(check_holder(c, u, t.claims));
	/* a client's own token is about nobody, also when the client is named like a person (RFC 9068 section 5) */
	if (!str_list_has(u->scope, ' ', SCOPE_OPENID) || str_eq(sub, c->actor.client_id) ||
	    id_parse(sub, ID_USER, &u->user) != OK) {
		e = FAIL(c, SCOPE_SHORT, "the token has %.*s", FMT(str_sub(u->scope, 0, 200)));
		c->fail.need_scope = SCOPE_OPENID;
		return e;
	}
	if (id_parse(json_get_str(t.claims, S("gid")), ID_GRANT, &u->grant) != OK)
		return FAIL(c, TOKEN_MALFORMED, "a token without a grant");
	return NEED(c, LANE_READ, look);
}

enum err userinfo_show(struct ctx *c)
{
	struct userinfo *u = NEW(c->mem, struct userinfo);

	c->state = u;
	TRY(presented_read(c, &u->sent));
	u->made_here = recall_made_here(c, u->sent.token);
	/* then nothing is left to calculate but the proof of a bound token's key */
	if (u->made_here && u->sent.scheme == AUTH_BEARER)
		return verify(c);
	return NEED(c, LANE_VERIFY, verify);
}
