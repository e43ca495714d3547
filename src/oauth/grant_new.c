#include "oauth/grant_new.h"
#include "client/client.h"
#include "crypto/crypto.h"
#include "oauth/refresh.h"
#include "sql_gen.h"

enum err grant_new(struct ctx *c, struct token *t, int64_t client, str returns_to)
{
	const struct config *config = c->site->config;
	struct authz *a = &t->authz;

	a->client_id = t->client.client_id;
	a->jkt = t->jkt;
	struct grant_put_in row = {
		.id = a->grant,
		.tenant = c->site->tenant.id,
		.user_id = a->user,
		.client = client,
		.resource = a->resource,
		.scope = a->scope,
		.redirect_host = returns_to,
		.now = c->now,
		.expires = c->now + config->access_ttl,
		.auth_time = a->auth_time,
		.methods = a->methods,
		/* RFC 9449 section 5: with a secret the client itself is what the refresh token is bound to */
		.jkt = str_eq(t->client.auth_method, S("none")) ? t->jkt : S(""),
		.session = a->session,
	};

	if (client_may(&t->client, S("refresh_token"))) {
		struct refresh first;
		refresh_first(a->grant, &first);
		a->refresh = refresh_text(c->mem, c->site->key_refresh, &first);
		secret_wipe(&first, sizeof first);
		row.token = token_hash(c->mem, secret_of(a->refresh));
		row.expires = c->now + config->refresh_ttl;
	}
	TRY(q_grant_put(c->db, c->mem, &row, NULL));
	token_awaited(c, a);
	return OK;
}
