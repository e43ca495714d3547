#include "app/site_inner.h"
#include "base/enc.h"
#include "base/json.h"
#include "base/log.h"
#include "client/client_keys.h"
#include "crypto/crypto.h"
#include "model/redirect.h"
#include "model/scope.h"

static bool has_scope(const struct site *s, str scope)
{
	bool has = str_list_has(scope_person(), ' ', scope) || str_eq(scope, SCOPE_OFFLINE);

	for (size_t i = 0; i < s->resource_count && !has; i++)
		has = str_list_has(s->resources[i].scopes, ' ', scope);
	return has;
}

/* A slip of the pen there would only show as tokens that are never active, or say less than was meant. */
static void warn_of_strange(const struct site *s, const struct config_client *c)
{
	str rest = c->scopes, word;

	while (str_word(&rest, ' ', &word))
		if (!has_scope(s, word))
			log_warn("a client may ask for a scope that no resource here has",
			    LOG_STR("client_id", c->client_id), LOG_STR("scope", word));
	rest = c->resources;

	while (str_word(&rest, ' ', &word))
		if (!site_resource(s, word))
			log_warn("a client is said to be the server of a resource that is not protected here",
			    LOG_STR("client_id", c->client_id), LOG_STR("resource", word));
}

static enum err load_client_keys(struct site_making *l, const struct config_client *c, struct client *out)
{
	const struct json *set = NULL;
	const char *why = "is no JSON";

	if (!c->jwks.n)
		return OK;
	enum err e = json_parse(l->mem, c->jwks, &set, NULL);
	if (e == OK)
		e = client_keys_read(l->mem, set, &out->jwks, &why);
	if (e != OK)
		buf_printf(l->why, "%.*s:%d: the jwks of %.*s %s", FMT(l->config->file), c->line,
		    FMT(c->client_id), why);
	return e;
}

enum err site_load_clients(struct site_making *l)
{
	struct site *s = &l->out->site;
	struct client *all = NEW_ARRAY(l->mem, struct client, l->config->client_count);

	for (size_t i = 0; i < l->config->client_count; i++) {
		const struct config_client *c = &l->config->clients[i];
		warn_of_strange(s, c);
		all[i] = (struct client){
			.client_id = c->client_id,
			.name = c->name,
			.origin = CLIENT_CONFIG,
			.native = redirect_native(c->redirect_uris),
			.auth_method = c->auth_method.n ? c->auth_method
			    : c->secret.n               ? S("client_secret_basic")
							: S("none"),
			.secret_hash = c->secret.n ? token_hash(l->mem, secret_of(c->secret)) : S(""),
			.old_secret = c->old_secret.n
			    ? b64url_write(l->mem, token_hash(l->mem, secret_of(c->old_secret)))
			    : S(""),
			.old_until = INT64_MAX, /* as long as it stands in the file */
			.redirect_uris = c->redirect_uris,
			.grant_types =
			    c->grant_types.n ? c->grant_types : S("authorization_code refresh_token"),
			.scope = c->scopes,
			.type = c->redirect_uris.n ? S("web") : S("backend"),
			.role = c->role.n ? c->role : S("owner"),
			.guards = c->resources,
			.jwks_uri = c->jwks_uri,
			.logout_uris = c->logout_uris,
			.backchannel = c->backchannel,
			.dpop = c->dpop,
			.par = c->par,
		};
		TRY(load_client_keys(l, c, &all[i]));
	}
	s->clients = all;
	s->client_count = l->config->client_count;
	return OK;
}
