#include "oauth/client.h"
#include "base/id.h"
#include "base/url.h"
#include "crypto/crypto.h"
#include "model/redirect.h"
#include "oauth/client_extra.h"
#include "oauth/client_seal.h"
#include "sql_gen.h"

static const struct {
	str name;
	enum client_origin origin;
} origins[] = {
	{ S_INIT("sealed"), CLIENT_SEALED },
	{ S_INIT("config"), CLIENT_CONFIG },
	{ S_INIT("created"), CLIENT_CREATED },
	{ S_INIT("registered"), CLIENT_REGISTERED },
	{ S_INIT("document"), CLIENT_DOCUMENT },
};

static str origin_name(enum client_origin origin)
{
	for (size_t i = 0; i < COUNT(origins); i++)
		if (origins[i].origin == origin)
			return origins[i].name;
	return S("registered");
}

static enum client_origin origin_of(str name)
{
	for (size_t i = 0; i < COUNT(origins); i++)
		if (str_eq(origins[i].name, name))
			return origins[i].origin;
	return CLIENT_REGISTERED; /* what vouches for least */
}

enum err client_open(struct ctx *c, str client_id, struct client *out)
{
	for (size_t i = 0; i < c->site->client_count; i++) {
		if (str_eq(c->site->clients[i].client_id, client_id)) {
			*out = c->site->clients[i];
			return OK;
		}
	}
	return client_unseal(c->mem, c->site->key_client, c->site->tenant.id, client_id, out);
}

static void read_row(struct ctx *c, const struct client_get_out *row, struct client *out)
{
	*out = (struct client){
		.row = row->id,
		.client_id = row->client_id,
		.name = row->name,
		.origin = origin_of(row->origin),
		.blocked = !str_eq(row->status, S("active")),
		.auth_method = row->auth_method,
		.secret_hash = row->secret,
		.redirect_uris = row->redirect_uris,
		.grant_types = row->grant_types,
		.scope = row->scope,
		.native = redirect_native(row->redirect_uris),
	};
	client_extra_read(c->mem, row->metadata, out);
}

enum err client_find(struct ctx *c, str client_id, struct client *out)
{
	str hash = sha256_str(c->mem, client_id);
	enum err e = client_open(c, client_id, out);

	if (e == OK) {
		struct client_state_out state;
		e = q_client_state(
		    c->db, c->mem, &(struct client_state_in){ c->site->tenant.id, hash }, &state);
		if (e == ERR_NOT_FOUND)
			return OK; /* nobody has agreed to it yet */
		TRY(e);
		out->row = state.id;
		out->blocked = !str_eq(state.status, S("active"));
		return OK;
	}
	if (e != ERR_NOT_FOUND)
		return e;

	struct client_get_out row;
	TRY(q_client_get(c->db, c->mem, &(struct client_get_in){ c->site->tenant.id, hash }, &row));
	read_row(c, &row, out);
	/* a client that the file does not declare any more is gone; its row only names old grants */
	return out->origin == CLIENT_CONFIG ? ERR_NOT_FOUND : OK;
}

/* A sealed client's computed secret is kept as a hash too, so that the row stands for itself. */
static str secret_hash(struct ctx *c, const struct client *client)
{
	if (client->origin != CLIENT_SEALED || str_eq(client->auth_method, S("none")))
		return client->secret_hash;
	return sha256_str(c->mem, client_sealed_secret(c->mem, c->site->key_client, client->client_id));
}

enum err client_put(struct ctx *c, struct client *client)
{
	struct client_put_in row = {
		.id = id_make(c->now_ms, rand_u32()),
		.tenant = c->site->tenant.id,
		.hash = sha256_str(c->mem, client->client_id),
		.client_id = client->client_id,
		.name = client->name,
		.origin = origin_name(client->origin),
		.auth_method = client->auth_method,
		.secret = secret_hash(c, client),
		.redirect_uris = client->redirect_uris,
		.grant_types = client->grant_types,
		.scope = client->scope,
		.metadata = client_extra_write(c->mem, client),
		.now = c->now,
	};

	TRY(q_client_put(c->db, c->mem, &row, NULL));
	/* somebody else may have been first: the row that is there counts */
	struct client_state_out state;
	TRY(q_client_state(c->db, c->mem, &(struct client_state_in){ row.tenant, row.hash }, &state));
	client->row = state.id;
	client->blocked = !str_eq(state.status, S("active"));
	return OK;
}

enum err client_ensure_row(struct ctx *c, struct client *client)
{
	return client->row ? OK : client_put(c, client);
}

bool client_may(const struct client *client, str grant_type)
{
	return str_list_has(client->grant_types, ' ', grant_type);
}

bool client_secret_fits(struct ctx *c, const struct client *client, struct secret secret)
{
	if (secret.len == 0 || str_eq(client->auth_method, S("none")))
		return false;
	if (client->origin == CLIENT_SEALED && client->secret_hash.n == 0)
		return secret_eq(
		    secret, secret_of(client_sealed_secret(c->mem, c->site->key_client, client->client_id)));
	return client->secret_hash.n == SHA256_SIZE &&
	    secret_eq(secret_of(token_hash(c->mem, secret)), secret_of(client->secret_hash));
}

bool client_trusted(const struct ctx *c, const struct client *client)
{
	const struct config *config = c->site->config;

	if (client->origin != CLIENT_CONFIG)
		return false;
	for (size_t i = 0; i < config->client_count; i++)
		if (str_eq(config->clients[i].client_id, client->client_id))
			return config->clients[i].trusted;
	return false;
}

bool client_verified(const struct client *client)
{
	return client->origin == CLIENT_CONFIG || client->origin == CLIENT_CREATED;
}

str client_name(struct arena *mem, const struct client *client)
{
	str rest = client->redirect_uris, first;

	if (client->name.n)
		return client->name;
	return str_word(&rest, ' ', &first) ? redirect_host(mem, first) : client->client_id;
}

str client_label(const struct client *client)
{
	bool sealed = client->origin == CLIENT_SEALED || client->origin == CLIENT_REGISTERED;

	return sealed && client->name.n ? client->name : str_sub(client->client_id, 0, 64);
}
