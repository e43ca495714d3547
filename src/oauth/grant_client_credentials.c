/*
 * grant_type=client_credentials (RFC 6749 section 4.4): a client that acts for itself. It has one grant at each resource,
 * made with its first token there, so that its tokens name a grant as all others do and can be taken back. After that a token
 * costs neither a write nor a look at the store: the grant is remembered (recall.h), and what ended it is heard of. No refresh
 * token: the secret does what one would do (section 4.4.3).
 */
#include "base/id.h"
#include "client/client.h"
#include "core/journal.h"
#include "core/recall.h"
#include "crypto/crypto.h"
#include "model/resource.h"
#include "model/scope.h"
#include "oauth/grant_type.h"
#include "sql_gen.h"
#include "store/audit.h"

#include <string.h>

#define MACHINE_MAX ((size_t)65536) /* of the arena that one lies in */

struct machine {
	int64_t grant;
};

struct own {
	unsigned char key[SHA256_SIZE]; /* of client and resource */
	str client_hash;
	str allowed; /* all that the client may have at the resource */
	int64_t grant;
};

/*
 * Only clients that somebody vouches for: whoever may register may not thereby be let in everywhere (attacks.md AUTH-17 and
 * mcp.md 2.22: pre-registered only).
 */
static enum err check_client(struct ctx *c, const struct token *t)
{
	if (client_verified(&t->client))
		return OK;
	return FAIL(c, CLIENT_GRANT_TYPE, "client_credentials by a client that registered itself");
}

/* B-64: what may not be had is refused, not left out: a program that misses a scope should hear so at once. */
static enum err check_scope(struct ctx *c, struct token *t, struct own *own)
{
	str asked = t->p.scope, may = t->client.scope;

	if (!scope_covers(may, asked) || !may.n)
		return FAIL(c, CLIENT_SCOPE, "asked for %.*s, may have %.*s", FMT(str_sub(asked, 0, 150)),
		    FMT(str_sub(may, 0, 150)));
	if (!t->resource)
		t->resource =
		    resource_pick(c->site->resources, c->site->resource_count, asked.n ? asked : may);
	if (!t->resource)
		return FAIL(c, RESOURCE_MISSING, "scope %.*s", FMT(str_sub(asked.n ? asked : may, 0, 200)));
	own->allowed = scope_both(c->mem, may, t->resource->scopes);
	if (!own->allowed.n || !scope_covers(own->allowed, asked))
		return FAIL(c, CLIENT_SCOPE, "asked for %.*s, may have %.*s at %.*s",
		    FMT(str_sub(asked, 0, 100)), FMT(str_sub(own->allowed, 0, 100)),
		    FMT(t->resource->identifier));
	t->authz.scope = asked.n ? scope_both(c->mem, asked, own->allowed) : own->allowed;
	return OK;
}

static enum err check(struct ctx *c, struct token *t)
{
	struct own *own = NEW(c->mem, struct own);

	TRY(check_client(c, t));
	TRY(check_scope(c, t, own));
	/* neither half has a NUL, so no two pairs are one text */
	sha256(arena_printf(c->mem, "%.*s%c%.*s", FMT(t->client.client_id), 0, FMT(t->resource->identifier)),
	    own->key);
	t->own = own;
	return OK;
}

/* ---- the grant */

static enum err find(struct ctx *c, const struct token *t, int64_t *grant)
{
	const struct own *own = t->own;
	struct machine_grant_in in = { c->site->tenant.id, own->client_hash, t->resource->identifier };
	struct machine_grant_out row;

	TRY(q_machine_grant(c->db, c->mem, &in, &row));
	*grant = row.id;
	return OK;
}

/* WRITE, once for each client and resource; somebody else may have been first. */
static enum err make(struct ctx *c)
{
	struct token *t = token_of(c);
	struct own *own = t->own;
	struct client client = t->client;

	TRY(client_ensure_row(c, &client));
	if (client.blocked)
		return FAIL(c, CLIENT_BLOCKED, "client %.*s", FMT(client_label(&client)));
	enum err e = find(c, t, &own->grant);
	if (e != ERR_NOT_FOUND)
		return e == OK ? token_prepared(c) : e;
	TRY(q_client_alone(
	    c->db, c->mem, &(struct client_alone_in){ client.row, c->site->tenant.id, c->now }, NULL));
	struct grant_put_in row = {
		.id = id_make(c->now_ms, rand_u32()),
		.tenant = c->site->tenant.id,
		.client = client.row,
		.resource = t->resource->identifier,
		.scope = own->allowed,
		.now = c->now,
		.expires = GRANT_NEVER,
	};
	TRY(q_grant_put(c->db, c->mem, &row, NULL));
	own->grant = row.id;
	TRY(audit_put(c,
	    &(struct audit){ S("auth.machine.grant"), 0, row.id, client_label(&client), (str){ NULL, 0 } }));
	return token_prepared(c);
}

static void release(void *mem)
{
	arena_unref(mem);
}

static void remember(struct ctx *c, const struct token *t)
{
	const struct own *own = t->own;
	struct arena *mem = arena_small(MACHINE_MAX);
	struct machine *m = NEW(mem, struct machine);
	const struct ground ground = {
		.grant = own->grant, .client = client_key(t->client.client_id), .issued = c->now, .read = true
	};

	m->grant = own->grant;
	arena_defer(c->mem, release, mem);
	recall_keep(c, RECALL_MACHINE, own->key, mem, m, &ground, c->now + RECALL_SECONDS);
}

/* READ */
static enum err look_up(struct ctx *c)
{
	struct token *t = token_of(c);
	struct own *own = t->own;

	own->client_hash = sha256_str(c->mem, t->client.client_id);
	enum err e = find(c, t, &own->grant);
	if (e == ERR_NOT_FOUND) /* none yet; or the client is blocked, as make will see */
		return NEED(c, LANE_WRITE, make);
	TRY(e);
	remember(c, t);
	return token_prepared(c);
}

static enum err prepare(struct ctx *c, struct token *t)
{
	struct own *own = t->own;
	const struct machine *known = recall_find(c, RECALL_MACHINE, own->key, NULL);

	if (!known)
		return NEED(c, LANE_READ, look_up);
	own->grant = known->grant;
	return token_prepared(c);
}

/* ---- the token */

/* LOOP. What was heard since the store was asked counts. */
static enum err redeem(struct ctx *c, struct token *t)
{
	const struct own *own = t->own;
	const struct ground ground = {
		.grant = own->grant, .client = client_key(t->client.client_id), .issued = c->now
	};

	if (standing_look(c, &ground) == STANDING_ENDED)
		return FAIL(c, GRANT_ENDED, "grant %lld", (long long)own->grant);
	t->authz.grant = own->grant;
	t->authz.resource = t->resource->identifier;
	t->authz.client_id = t->client.client_id;
	t->authz.jkt = t->jkt;

	/* the store has nothing to write, so the record (S-38) goes where calls go */
	c->actor.grant = own->grant;
	struct journal_row row = journal_row_of(c, S("auth.token.issue"));
	row.status = 200;
	journal_add(&row);
	return OK;
}

const struct grant_type grant_client_credentials = {
	.name = S_INIT("client_credentials"),
	.lane = LANE_LOOP,
	.check = check,
	.prepare = prepare,
	.redeem = redeem,
};
