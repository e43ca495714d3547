#include "oauth/issue.h"
#include "base/id.h"
#include "base/json.h"
#include "core/recall.h"
#include "core/standing.h"
#include "jose/jwt.h"
#include "oauth/id_jag.h"
#include "oauth/id_token.h"

/* Seconds. What a token was made from is not outlived by it. */
static int64_t lifetime(const struct ctx *c, const struct authz *authz)
{
	int64_t ttl = c->site->config->access_ttl;

	return authz->expires_by && authz->expires_by - c->now < ttl ? authz->expires_by - c->now : ttl;
}

static str claims(struct ctx *c, const struct authz *authz)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("iss"), c->site->tenant.issuer);
	/* RFC 9068 section 2.2: without a person the subject is the client itself */
	jout_str(&j, S("sub"), authz->user ? id_text(c->mem, ID_USER, authz->user) : authz->client_id);
	jout_str(&j, S("aud"), authz->resource); /* one: a token is good at one resource (RFC 8707) */
	jout_str(&j, S("client_id"), authz->client_id);
	jout_str_opt(&j, S("scope"), authz->scope);
	jout_int(&j, S("iat"), c->now);
	jout_int(&j, S("nbf"), c->now);
	jout_int(&j, S("exp"), c->now + lifetime(c, authz));
	jout_str(&j, S("jti"), jwt_new_id(c->mem));
	jout_str(&j, S("gid"), id_text(c->mem, ID_GRANT, authz->grant));
	if (authz->given_to.n) { /* RFC 8693 section 4.1 */
		jout_object(&j, S("act"));
		jout_str(&j, S("sub"), authz->client_id);
		jout_end(&j);
		jout_str(&j, S("gcl"), ground_origin_text(c->mem, authz->given_to));
	}
	if (authz->jkt.n) { /* RFC 9449 section 6.1 */
		jout_object(&j, S("cnf"));
		jout_str(&j, S("jkt"), authz->jkt);
		jout_end(&j);
	}
	jout_end(&j);
	return b.full ? (str){ NULL, 0 } : buf_str(&b);
}

/* No nulls and no empty members: both SDKs refuse the whole answer for one. */
static enum err reply(struct ctx *c, const struct authz *authz, str token, str id_token)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("access_token"), token);
	jout_str(&j, S("token_type"), authz->jkt.n ? S("DPoP") : S("Bearer"));
	jout_int(&j, S("expires_in"), lifetime(c, authz));
	jout_str_opt(&j, S("issued_token_type"), authz->issued_type);
	jout_str_opt(&j, S("scope"), authz->scope);
	jout_str_opt(&j, S("refresh_token"), authz->refresh);
	jout_str_opt(&j, S("id_token"), id_token);
	jout_end(&j);
	if (b.full)
		return FAIL(c, TOO_LARGE, "the answer to a token request");
	return reply_json(c, 200, buf_str(&b));
}

enum lane issue_lane(const struct site *s)
{
	enum alg alg = pkey_alg(s->signing->key);

	return alg == ALG_RS256 || alg == ALG_PS256 ? LANE_VERIFY : LANE_LOOP;
}

/* RFC 8693 section 2.2.1: what is no access token is of no type that a resource takes. */
static enum err issue_jag(struct ctx *c, const struct authz *authz)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);
	str token;

	TRY(id_jag_write(c, authz->jag, &token));
	jout_object(&j, S(""));
	jout_str(&j, S("access_token"), token);
	jout_str(&j, S("issued_token_type"), authz->issued_type);
	jout_str(&j, S("token_type"), S("N_A"));
	jout_int(&j, S("expires_in"), ID_JAG_SECONDS);
	jout_str_opt(&j, S("scope"), authz->scope);
	jout_end(&j);
	return b.full ? FAIL(c, TOO_LARGE, "the answer to a token exchange")
		      : reply_json(c, 200, buf_str(&b));
}

enum err issue_tokens(struct ctx *c, const struct authz *authz)
{
	str token, id_token = { NULL, 0 }, json;

	if (authz->jag)
		return issue_jag(c, authz);
	json = claims(c, authz);

	if (json.n == 0)
		return FAIL(c, TOO_LARGE, "the claims of an access token");
	TRY(jwt_sign(c->mem, c->site->signing, S("at+jwt"), json, &token));
	recall_made(c, token);
	if (authz->issued_type.n == 0) /* who exchanges tokens has not signed anybody in */
		TRY(id_token_make(c, authz, token, &id_token));
	return reply(c, authz, token, id_token);
}
