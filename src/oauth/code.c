#include "oauth/code.h"
#include "base/id.h"
#include "client/client.h"
#include "crypto/crypto.h"
#include "model/scope.h"
#include "oauth/handle.h"
#include "sql_gen.h"
#include "store/audit.h"

#define PREFIX "gh_ac_"

enum err code_parse(struct arena *mem, struct secret text, int64_t *id)
{
	return handle_parse(mem, S(PREFIX), text, id);
}

/* The union with what was agreed to before: asking for less later takes nothing back. */
static enum err remember(struct ctx *c, const struct ask *a, const struct client *client)
{
	int64_t tenant = c->site->tenant.id, user = c->actor.user;
	str host = ask_host(c->mem, a);
	struct consent_get_out old = { .scope = S("") };
	enum err e = q_consent_get(c->db, c->mem,
	    &(struct consent_get_in){ tenant, user, client->row, a->resource->identifier, host }, &old);

	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	struct consent_put_in row = { tenant, user, client->row, a->resource->identifier, host,
		scope_union(c->mem, old.scope, a->scope), c->now };
	return q_consent_put(c->db, c->mem, &row, NULL);
}

static enum err put(struct ctx *c, const struct ask *a, const struct client *client, str *code, int64_t *id)
{
	*id = id_make(c->now_ms, rand_u32());
	*code = handle_make(c->mem, S(PREFIX), *id);
	struct code_put_in row = {
		.id = *id,
		.tenant = c->site->tenant.id,
		.hash = token_hash(c->mem, secret_of(*code)),
		.user_id = c->actor.user,
		.client = client->row,
		.grant_id = *id, /* one code makes one grant, and a replay finds it */
		.redirect_uri = a->redirect_uri,
		.resource = a->resource->identifier,
		.scope = a->scope,
		.challenge = a->challenge,
		.nonce = a->nonce,
		.auth_time = c->actor.auth_time,
		.methods = c->actor.methods,
		.expires = c->now + c->site->config->code_ttl,
		.jkt = a->jkt,
		.session = c->actor.sid,
	};
	return q_code_put(c->db, c->mem, &row, NULL);
}

static enum err note(
    struct ctx *c, str event, const struct client *client, const struct ask *a, int64_t grant)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("resource"), a->resource->identifier);
	jout_str(&j, S("scope"), a->scope);
	jout_str(&j, S("returns_to"), ask_host(c->mem, a));
	jout_end(&j);
	return audit_put(
	    c, &(struct audit){ event, c->actor.user, grant, client_label(client), buf_str(&b) });
}

enum err code_give(struct ctx *c, const struct ask *a, bool agreed, str *code)
{
	struct client client = a->client; /* the step may run twice: what it finds out stays with it */
	int64_t id;

	TRY(client_ensure_row(c, &client));
	if (client.blocked)
		return FAIL(c, CLIENT_BLOCKED, "%.*s", FMT(client_label(&client)));
	if (agreed && ask_remembers(a))
		TRY(remember(c, a, &client));
	TRY(put(c, a, &client, code, &id));
	if (agreed)
		TRY(note(c, S("auth.consent.allow"), &client, a, id));
	TRY(note(c, S("auth.code.issue"), &client, a, id));
	effect_add(c, EFFECT_CODE_ISSUED, id, c->now + c->site->config->code_ttl);
	return OK;
}
