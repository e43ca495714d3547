/*
 * grant_type=refresh_token (OAuth 2.1 section 4.3, RFC 9700 section 4.14). One statement rotates; what it
 * does not fit is looked at afterwards. Within tokens.refresh_grace the token just spent gives the same
 * successor again, because the parallel processes of one client share a token and race; any other spent token
 * ends the family.
 */
#include "client/client.h"
#include "crypto/crypto.h"
#include "model/scope.h"
#include "oauth/grant_type.h"
#include "oauth/refresh.h"
#include "sql_gen.h"
#include "store/audit.h"
#include "store/grant_end.h"

struct rotation {
	struct refresh sent;
	str sent_hash, client_hash;
	str next, next_hash; /* the successor's text */
};

static enum err check(struct ctx *c, struct token *t)
{
	struct rotation *r = NEW(c->mem, struct rotation);
	struct refresh next;

	if (t->p.refresh_token.len == 0)
		return params_fail(c, ERR_PARAM_MISSING, S("refresh_token"));
	if (refresh_parse(c->mem, c->site->key_refresh, t->p.refresh_token, &r->sent) != OK)
		return FAIL(c, REFRESH_UNKNOWN, "%zu bytes that are no refresh token of ours",
		    t->p.refresh_token.len);
	refresh_next(c->site->key_refresh, &r->sent, &next);
	r->next = refresh_text(c->mem, c->site->key_refresh, &next);
	r->next_hash = token_hash(c->mem, secret_of(r->next));
	r->sent_hash = token_hash(c->mem, t->p.refresh_token);
	r->client_hash = sha256_str(c->mem, t->client.client_id);
	secret_wipe(&next, sizeof next);
	t->id = r->sent.grant;
	t->own = r;
	return OK;
}

/* What of the grant is left: the operator may have taken scopes from the client since, as asked_target() has it. */
static str left(struct ctx *c, const struct token *t, str granted)
{
	str limit = t->client.scope;

	if (!client_verified(&t->client) || limit.n == 0)
		return granted;
	return scope_both(c->mem, granted, scope_union(c->mem, limit, SCOPE_OFFLINE));
}

/*
 * RFC 6749 section 6: at most what was granted. Whatever else is asked for is ignored and never an error:
 * codex repeats the scope that it asked for at first, not the one that it got, and gives up for good when
 * refused.
 */
static enum err narrow(struct ctx *c, const struct token *t, str granted, str *out)
{
	str most = left(c, t, granted), scope = scope_both(c->mem, most, t->p.scope);

	*out = scope.n ? scope : most;
	if (str_eq(most, granted) || scope_without(c->mem, most, SCOPE_OFFLINE).n)
		return OK;
	TRY(grant_end(c, t->id, S("client changed")));
	return FAIL(c, GRANT_ENDED, "client %.*s has none of its scopes any more: %.*s",
	    FMT(client_label(&t->client)), FMT(str_sub(granted, 0, 200)));
}

static enum err done(struct ctx *c, struct token *t, str event, int64_t user)
{
	token_awaited(c, &t->authz);
	return audit_put(
	    c, &(struct audit){ event, user, t->id, client_label(&t->client), (str){ NULL, 0 } });
}

/* ---- what the one statement did not fit */

/* What has nothing to do with the token sent: in these cases nothing changes. */
static enum err check_state(struct ctx *c, const struct token *t, const struct grant_state_out *g)
{
	const struct rotation *r = t->own;

	if (!secret_eq(secret_of(g->client_hash), secret_of(r->client_hash)))
		return FAIL(
		    c, REFRESH_UNKNOWN, "given to another client than %.*s", FMT(client_label(&t->client)));
	if (g->jkt.n && !str_eq(g->jkt, t->jkt)) /* a thief without the key does not end the family either */
		return FAIL(c, DPOP_KEY, "%s", t->jkt.n ? "a proof of another key" : "no proof");
	if (!str_eq(g->client_status, S("active")))
		return client_not_active(c, &t->client, g->client_status);
	if (g->ended)
		return FAIL(c, GRANT_ENDED, "grant %lld", (long long)t->id);
	if (!str_eq(g->user_status, S("active")))
		return FAIL(c, USER_BLOCKED, "user %lld", (long long)g->user_id);
	return OK;
}

/* What has something to do with it, but not with whether it was spent. */
static enum err check_fresh(struct ctx *c, const struct token *t, const struct grant_state_out *g)
{
	if (g->expires <= c->now)
		return FAIL(c, REFRESH_EXPIRED, "%lld s late", (long long)(c->now - g->expires));
	if (t->resource && !str_eq(t->resource->identifier, g->resource))
		return FAIL(c, RESOURCE_MISMATCH, "got %.*s, authorized %.*s", FMT(t->resource->identifier),
		    FMT(g->resource));
	return OK;
}

static enum err repeat(struct ctx *c, struct token *t, const struct grant_state_out *g)
{
	struct rotation *r = t->own;
	int64_t changed = 0;
	str scope;

	TRY(check_fresh(c, t, g));
	TRY(q_grant_repeat(c->db, c->mem,
	    &(struct grant_repeat_in){ t->id, c->site->tenant.id, r->next_hash, c->now }, &changed));
	if (changed == 0) /* somebody spent the successor between our two statements */
		return FAIL(c, STORE_BUSY, "grant %lld moved on", (long long)t->id);
	TRY(narrow(c, t, g->scope, &scope));
	t->authz = (struct authz){
		.grant = t->id,
		.user = g->user_id,
		.resource = g->resource,
		.scope = scope,
		.client_id = t->client.client_id,
		.refresh = r->next,
		.auth_time = g->auth_time,
		.methods = g->methods,
		.session = g->session,
		.jkt = t->jkt,
	};
	return done(c, t, S("auth.token.repeat"), g->user_id);
}

static enum err reused(struct ctx *c, const struct token *t, const struct grant_state_out *g)
{
	const struct rotation *r = t->own;

	TRY(grant_end(c, t->id, S("refresh token reused")));
	TRY(audit_put(c,
	    &(struct audit){
		S("auth.token.reuse"), g->user_id, t->id, client_label(&t->client), (str){ NULL, 0 } }));
	return FAIL(c, REFRESH_REUSED, "token %u of grant %lld, the newest is %lld, made %lld s ago",
	    r->sent.generation, (long long)t->id, (long long)g->generation, (long long)(c->now - g->rotated));
}

static bool in_grace(const struct ctx *c, const struct grant_state_out *g)
{
	return refresh_in_grace(c->site->config->refresh_grace, c->now - g->rotated, g->repeats);
}

static enum err look(struct ctx *c, struct token *t)
{
	const struct rotation *r = t->own;
	struct grant_state_out g;
	enum err e = q_grant_state(c->db, c->mem, &(struct grant_state_in){ t->id, c->site->tenant.id }, &g);

	if (e == ERR_NOT_FOUND)
		return FAIL(c, REFRESH_UNKNOWN, "grant %lld is not known", (long long)t->id);
	TRY(e);
	TRY(check_state(c, t, &g));
	if (secret_eq(secret_of(g.token), secret_of(r->sent_hash))) {
		TRY(check_fresh(c, t, &g));
		return FAIL(c, STORE_BUSY, "grant %lld moved while it was looked at", (long long)t->id);
	}
	/* the parent hash fits only while its successor is the newest, so unspent */
	if (secret_eq(secret_of(g.parent), secret_of(r->sent_hash)) && in_grace(c, &g))
		return repeat(c, t, &g);
	/* the tag says that it is ours, so an older one was spent; a newer one is of a lost future */
	if ((int64_t)r->sent.generation < g.generation)
		return reused(c, t, &g);
	return FAIL(c, REFRESH_UNKNOWN,
	    "token %u of grant %lld, which is at %lld: was an old store restored?", r->sent.generation,
	    (long long)t->id, (long long)g.generation);
}

static enum err redeem(struct ctx *c, struct token *t)
{
	const struct rotation *r = t->own;
	struct grant_rotate_in in = {
		.id = t->id,
		.tenant = c->site->tenant.id,
		.client = r->client_hash,
		.token = r->sent_hash,
		.next = r->next_hash,
		.resource = t->resource ? t->resource->identifier : S(""),
		.jkt = t->jkt,
		.now = c->now,
		.expires = c->now + c->site->config->refresh_ttl,
	};
	struct grant_rotate_out g;
	str scope;
	enum err e = q_grant_rotate(c->db, c->mem, &in, &g);

	if (e == ERR_NOT_FOUND)
		return look(c, t);
	TRY(e);
	TRY(narrow(c, t, g.scope, &scope));
	t->authz = (struct authz){
		.grant = t->id,
		.user = g.user_id,
		.resource = g.resource,
		.scope = scope,
		.client_id = t->client.client_id,
		.refresh = r->next,
		.auth_time = g.auth_time,
		.methods = g.methods,
		.session = g.session,
		.jkt = t->jkt,
	};
	return done(c, t, S("auth.token.refresh"), g.user_id);
}

const struct grant_type grant_refresh_token = {
	.name = S_INIT("refresh_token"),
	.flags = GRANT_PUBLIC | GRANT_ALIVE,
	.lane = LANE_WRITE,
	.check = check,
	.redeem = redeem,
};
