/* grant_type=authorization_code (OAuth 2.1 section 4.1.3). */
#include "base/enc.h"
#include "client/client.h"
#include "crypto/crypto.h"
#include "model/redirect.h"
#include "oauth/code.h"
#include "oauth/grant_new.h"
#include "oauth/grant_type.h"
#include "sql_gen.h"
#include "store/audit.h"
#include "store/grant_end.h"

/* RFC 7636 section 4.1: 43 to 128 unreserved characters. */
static bool verifier_ok(struct secret v)
{
	if (v.len < 43 || v.len > 128)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		unsigned char ch = v.bytes[i];
		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
			ch == '-' || ch == '.' || ch == '_' || ch == '~'))
			return false;
	}
	return true;
}

static enum err check(struct ctx *c, struct token *t)
{
	if (t->p.code.len == 0)
		return params_fail(c, ERR_PARAM_MISSING, S("code"));
	if (t->p.code_verifier.len == 0)
		return FAIL(c, PKCE_MISMATCH, "no code_verifier");
	if (!verifier_ok(t->p.code_verifier))
		return FAIL(
		    c, PKCE_MISMATCH, "a verifier of %zu bytes, or of other signs", t->p.code_verifier.len);
	if (code_parse(c->mem, t->p.code, &t->id) != OK)
		return FAIL(c, CODE_UNKNOWN, "%zu bytes that are no code of ours", t->p.code.len);
	return OK;
}

/* Nobody's code, or another client's: then nothing has changed. */
static enum err not_taken(struct ctx *c, struct token *t)
{
	struct client_state_out state;
	struct client_state_in in = { c->site->tenant.id, sha256_str(c->mem, t->client.client_id) };
	enum err e = q_client_state(c->db, c->mem, &in, &state);

	if (e == OK && !str_eq(state.status, S("active")))
		return client_not_active(c, &t->client, state.status);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	return FAIL(c, CODE_UNKNOWN, "no code of client %.*s", FMT(client_label(&t->client)));
}

/* OAuth 2.1 section 4.1.3: the second may be the thief, and so may the first; all that was given is ended. */
static enum err replayed(struct ctx *c, const struct token *t, const struct code_take_out *code)
{
	TRY(grant_end(c, code->grant_id, S("code replayed")));
	TRY(audit_put(c,
	    &(struct audit){ S("auth.code.replay"), code->user_id, code->grant_id, client_label(&t->client),
		(str){ NULL, 0 } }));
	return FAIL(c, CODE_REPLAYED, "use %lld of the code, client %.*s", (long long)code->uses,
	    FMT(client_label(&t->client)));
}

static bool challenge_met(struct ctx *c, const struct token *t, const struct code_take_out *code)
{
	str verifier = { (const char *)t->p.code_verifier.bytes, t->p.code_verifier.len };

	return secret_eq(secret_of(pkce_s256(c->mem, verifier)), secret_of(code->challenge));
}

static enum err check_code(struct ctx *c, const struct token *t, const struct code_take_out *code)
{
	if (code->expires <= c->now)
		return FAIL(c, CODE_EXPIRED, "%lld s late", (long long)(c->now - code->expires));
	/* OAuth 2.1 section 10.2 sends none, which PKCE makes harmless; what is sent has to be the same */
	if (t->p.redirect_uri.n && !str_eq(t->p.redirect_uri, code->redirect_uri))
		return FAIL(c, REDIRECT_MISMATCH, "got %.*s, authorized %.*s",
		    FMT(str_sub(t->p.redirect_uri, 0, 150)), FMT(str_sub(code->redirect_uri, 0, 150)));
	if (!challenge_met(c, t, code))
		return FAIL(c, PKCE_MISMATCH, "a verifier of %zu bytes", t->p.code_verifier.len);
	if (code->jkt.n && !str_eq(t->jkt, code->jkt))
		return FAIL(
		    c, DPOP_KEY, "%s", t->jkt.n ? "a proof of another key than dpop_jkt" : "no proof");
	if (t->resource && !str_eq(t->resource->identifier, code->resource))
		return FAIL(c, RESOURCE_MISMATCH, "got %.*s, authorized %.*s", FMT(t->resource->identifier),
		    FMT(code->resource));
	if (!str_eq(code->user_status, S("active")))
		return FAIL(c, USER_BLOCKED, "user %lld", (long long)code->user_id);
	return OK;
}

static enum err redeem(struct ctx *c, struct token *t)
{
	struct code_take_in in = { t->id, c->site->tenant.id, token_hash(c->mem, t->p.code),
		sha256_str(c->mem, t->client.client_id) };
	struct code_take_out code;

	enum err e = q_code_take(c->db, c->mem, &in, &code);
	if (e == ERR_NOT_FOUND)
		return not_taken(c, t);
	TRY(e);
	if (code.uses > 1)
		return replayed(c, t, &code);
	effect_add(c, EFFECT_CODE_SPENT, t->id, 0);
	TRY(check_code(c, t, &code));

	t->authz = (struct authz){
		.grant = code.grant_id,
		.user = code.user_id,
		.resource = code.resource,
		.scope = code.scope,
		.auth_time = code.auth_time,
		.methods = code.methods,
		.nonce = code.nonce,
		.session = code.session,
	};
	TRY(grant_new(c, t, code.client, redirect_host(c->mem, code.redirect_uri)));
	return audit_put(c,
	    &(struct audit){ S("auth.token.issue"), code.user_id, code.grant_id, client_label(&t->client),
		(str){ NULL, 0 } });
}

const struct grant_type grant_authorization_code = {
	.name = S_INIT("authorization_code"),
	.flags = GRANT_PUBLIC | GRANT_ALIVE,
	.lane = LANE_WRITE,
	.check = check,
	.redeem = redeem,
};
