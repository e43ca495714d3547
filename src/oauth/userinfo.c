/*
 * /userinfo (OpenID Connect Core section 5.3): who somebody is, for an application that was granted openid. Any access token
 * of ours with that scope is good here, whatever resource it is for: what the person agreed to tell is in its scope.
 */
#include "base/id.h"
#include "http/auth.h"
#include "jose/dpop.h"
#include "jose/jwt.h"
#include "model/scope.h"
#include "oauth/handlers.h"
#include "oauth/proof.h"
#include "sql_gen.h"

#define SKEW 30 /* seconds that two clocks may differ, as at resources */

struct userinfo {
	enum auth_scheme scheme; /* Bearer or DPoP */
	str token;
	int64_t user, grant;
	str scope;
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

	enum err e = q_grant_state(c->db, c->mem, &(struct grant_state_in){ u->grant, tenant }, &g);
	if (e == ERR_NOT_FOUND || (e == OK && (g.ended || g.user_id != u->user)))
		return FAIL(c, TOKEN_REVOKED, "its grant has ended");
	TRY(e);
	if (!str_eq(g.user_status, S("active")) || !str_eq(g.client_status, S("active")))
		return FAIL(c, TOKEN_REVOKED, "the person or the client is blocked");
	TRY(q_user_by_id(c->db, c->mem, &(struct user_by_id_in){ .tenant = tenant, .id = u->user }, &person));
	return reply(c, u, &person);
}

/* RFC 9449 section 7: bound to a key, it is no bearer token and comes beside a proof; a bearer's is proved by nothing. */
static enum err check_key(struct ctx *c, const struct userinfo *u, const struct json *cnf)
{
	str jkt = json_get_str(cnf, S("jkt"));

	if (cnf && u->scheme == AUTH_BEARER)
		return FAIL(c, TOKEN_BOUND, "a token bound to a key, with the Bearer scheme");
	if (!cnf)
		return u->scheme == AUTH_BEARER
		    ? OK
		    : FAIL(c, TOKEN_UNBOUND, "a bearer token, with the DPoP scheme");
	if (cnf->type != JSON_OBJECT || cnf->count != 1 || !jkt_ok(jkt))
		return FAIL(c, TOKEN_MALFORMED, "a confirmation other than jkt");
	str url = arena_printf(c->mem, "%.*s%.*s", FMT(c->site->tenant.issuer), FMT(c->req->path));
	return proof_check_token(c, url, u->token, jkt);
}

/* VERIFY */
static enum err verify(struct ctx *c)
{
	struct userinfo *u = c->state;
	struct jwt_expect want = {
		.typ = S("at+jwt"), .issuer = c->site->tenant.issuer, .now = c->now, .skew = SKEW
	};
	struct jwt t;

	enum err e = jwt_verify(c->mem, u->token, c->site->keys, &want, &t);
	if (e != OK)
		return fail_set(c, e, __FILE__, __LINE__, "%zu bytes", u->token.n);
	str sub = json_get_str(t.claims, S("sub")), aud = json_get_str(t.claims, S("aud"));
	c->actor.client_id = json_get_str(t.claims, S("client_id"));
	u->scope = json_get_str(t.claims, S("scope"));
	if (!site_resource(c->site, aud))
		return FAIL(c, TOKEN_AUDIENCE, "a token for %.*s", FMT(str_sub(aud, 0, 200)));
	TRY(check_key(c, u, json_get(t.claims, S("cnf"))));
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
	struct auth auth;

	c->state = u;
	/* OAuth 2.1 section 5.1: a token in the query stands in logs */
	if (form_get(&c->query, S("access_token")).p)
		return FAIL(c, TOKEN_IN_QUERY, "access_token in the query");
	if (auth_parse(c->mem, c->req, &auth) != OK)
		return FAIL(c, AUTH_MALFORMED, "an Authorization header of %zu bytes",
		    http_header(c->req, S("Authorization")).n);
	if (auth.scheme == AUTH_NONE)
		return FAIL(c, TOKEN_MISSING, "no Authorization header");
	if (auth.scheme != AUTH_BEARER && auth.scheme != AUTH_DPOP)
		return FAIL(c, TOKEN_SCHEME, "another scheme than Bearer or DPoP");
	u->scheme = auth.scheme;
	u->token = auth.token;
	return NEED(c, LANE_VERIFY, verify);
}
