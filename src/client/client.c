#include "client/client.h"
#include "base/enc.h"
#include "base/id.h"
#include "base/url.h"
#include "client/client_document.h"
#include "client/client_extra.h"
#include "client/client_seal.h"
#include "core/recall.h"
#include "crypto/crypto.h"
#include "model/redirect.h"
#include "sql_gen.h"
#include "store/grant_end.h"

#define ROW_MAX ((size_t)1 << 20)
#define UNUSED_MAX 10000 /* rows of registrations that nobody followed up */
#define UNUSED_HOLD 3600 /* seconds that such a row is safe */
#define USE_NOTED 3600   /* seconds after which a use is written down again */

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

const struct client *client_declared(const struct ctx *c, str client_id)
{
	for (size_t i = 0; i < c->site->client_count; i++)
		if (str_eq(c->site->clients[i].client_id, client_id))
			return &c->site->clients[i];
	return NULL;
}

enum err client_open(struct ctx *c, str client_id, struct client *out)
{
	const struct client *declared = client_declared(c, client_id);

	if (declared) {
		*out = *declared;
		return OK;
	}
	if (client_documented(c, client_id))
		return client_document_open(c, client_id, out);
	if (str_starts(client_id, S(CLIENT_SEALED_PREFIX)))
		return client_unseal(c->mem, c->site->key_client, c->site->tenant.id, client_id, out);
	unsigned char key[SHA256_SIZE];
	sha256(client_id, key);
	const struct client *known = recall_find(c, RECALL_CLIENT, key, NULL);
	if (!known)
		return ERR_NOT_FOUND;
	*out = *known;
	return OK;
}

void client_of_row(struct arena *mem, const struct client_get_out *row, struct client *out)
{
	*out = (struct client){
		.row = row->id,
		.client_id = row->client_id,
		.name = row->name,
		.origin = origin_of(row->origin),
		.blocked = !str_eq(row->status, S("active")),
		.auth_method = row->auth_method,
		.secret_hash = row->secret,
		.old_secret = row->old_secret,
		.old_until = row->old_until,
		.redirect_uris = row->redirect_uris,
		.grant_types = row->grant_types,
		.scope = row->scope,
		.native = redirect_native(row->redirect_uris),
	};
	client_extra_read(mem, row->metadata, out);
}

static void release(void *mem)
{
	arena_unref(mem);
}

static enum err load_row(struct ctx *c, struct arena *mem, str hash, struct client *out)
{
	struct client_get_out row;

	TRY(q_client_get(c->db, mem, &(struct client_get_in){ c->site->tenant.id, hash }, &row));
	if (str_eq(row.status, S("deleted")))
		return ERR_NOT_FOUND;
	client_of_row(mem, &row, out);
	return OK;
}

/* Into an arena of its own, which the next requests may use too. */
static enum err find_row(struct ctx *c, str hash, struct client *out)
{
	struct arena *mem = arena_small(ROW_MAX);
	struct client *client = NEW(mem, struct client);

	arena_defer(c->mem, release, mem);
	TRY(load_row(c, mem, hash, client));
	*out = *client;
	/* a client that the file does not declare any more is gone; its row only names old grants */
	if (client->origin == CLIENT_CONFIG)
		return ERR_NOT_FOUND;
	if (client->origin ==
	    CLIENT_DOCUMENT) /* never in place of the document: whoever wants it has asked for that first */
		return c->site->config->registration_cimd ? OK : ERR_NOT_FOUND;
	const struct ground ground = {
		.client = client_key(client->client_id), .issued = c->now, .read = true
	};
	recall_keep(
	    c, RECALL_CLIENT, (const unsigned char *)hash.p, mem, client, &ground, c->now + RECALL_SECONDS);
	return OK;
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
		if (str_eq(state.status, S("deleted")))
			return ERR_NOT_FOUND;
		/* what it registered anew (RFC 7592) counts, not what its id says */
		if (out->origin == CLIENT_SEALED && !str_eq(state.origin, S("sealed")))
			return load_row(c, c->mem, hash, out);
		out->row = state.id;
		out->blocked = !str_eq(state.status, S("active"));
		return OK;
	}
	if (e != ERR_NOT_FOUND)
		return e;
	return find_row(c, hash, out);
}

/* A sealed client's computed secret is kept as a hash too, so that the row stands for itself. */
static str secret_hash(struct ctx *c, const struct client *client)
{
	if (client->origin != CLIENT_SEALED || !client_has_secret(client))
		return client->secret_hash;
	return sha256_str(c->mem, client_sealed_secret(c->mem, c->site->key_client, client->client_id));
}

/*
 * Rows that nobody followed up are bounded by their number, not by who made them: a vendor registers for all its people from
 * one address. The oldest go first, but each has an hour.
 */
static enum err make_room(struct ctx *c)
{
	struct client_unused_in in = { c->site->tenant.id, UNUSED_MAX };
	struct client_unused_out unused;
	int64_t gone = 0;

	TRY(q_client_unused(c->db, c->mem, &in, &unused));
	if (unused.count < UNUSED_MAX)
		return OK;
	TRY(q_client_make_room(c->db, c->mem,
	    &(struct client_make_room_in){ c->site->tenant.id, c->now - UNUSED_HOLD, c->now }, &gone));
	if (gone)
		return OK;
	reply_header(c->reply, S("Retry-After"), S("600"));
	return FAIL(c, RATE_LIMITED, "%d registrations wait for their first use", UNUSED_MAX);
}

static enum err put_row(struct ctx *c, int64_t id, struct client *client, int64_t used)
{
	struct client_put_in row = {
		.id = id,
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
		.used = used,
	};

	TRY(q_client_put(c->db, c->mem, &row, NULL));
	/* somebody else may have been first: the row that is there counts */
	struct client_state_out state;
	TRY(q_client_state(c->db, c->mem, &(struct client_state_in){ row.tenant, row.hash }, &state));
	client->row = state.id;
	client->blocked = !str_eq(state.status, S("active"));
	return OK;
}

enum err client_put(struct ctx *c, struct client *client)
{
	TRY(make_room(c));
	return put_row(c, id_make(c->now_ms, rand_u32()), client, 0);
}

enum err client_put_as(struct ctx *c, int64_t id, struct client *client)
{
	return put_row(c, id, client, c->now);
}

enum err client_target(struct ctx *c, const struct client *client, const struct resource **resource)
{
	if (!client->resource.n)
		return OK;
	const struct resource *own = site_resource(c->site, client->resource);
	if (!own)
		return FAIL(c, RESOURCE_UNKNOWN, "registered at %.*s, which is not protected here any more",
		    FMT(client->resource));
	if (*resource && *resource != own)
		return FAIL(c, RESOURCE_OTHER, "registered at %.*s", FMT(client->resource));
	*resource = own;
	return OK;
}

enum err client_not_active(struct ctx *c, const struct client *client, str status)
{
	if (str_eq(status, S("deleted")))
		return FAIL(c, CLIENT_UNKNOWN, "client %.*s was deleted", FMT(client_label(client)));
	return FAIL(c, CLIENT_BLOCKED, "client %.*s", FMT(client_label(client)));
}

bool client_withdrawn(const struct ctx *c, str origin, str client_id)
{
	bool declared_once = origin.n
	    ? origin_of(origin) == CLIENT_CONFIG
	    : !str_starts(client_id, S(CLIENT_SEALED_PREFIX)) && !client_documented(c, client_id);

	return declared_once && !client_declared(c, client_id);
}

bool client_same(struct ctx *c, const struct client *a, const struct client *b)
{
	return str_eq(a->client_id, b->client_id) && str_eq(a->name, b->name) &&
	    str_eq(a->auth_method, b->auth_method) && str_eq(a->redirect_uris, b->redirect_uris) &&
	    str_eq(a->grant_types, b->grant_types) &&
	    str_eq(client_extra_write(c->mem, a), client_extra_write(c->mem, b));
}

enum err client_renew(struct ctx *c, const struct client *client)
{
	return q_client_renew(c->db, c->mem,
	    &(struct client_renew_in){ client->row, c->site->tenant.id, client->name, client->auth_method,
		client->redirect_uris, client->grant_types, client_extra_write(c->mem, client), c->now },
	    NULL);
}

enum err client_replace(struct ctx *c, const struct client *was, const struct client *now, int64_t *changed)
{
	struct client_replace_in row = {
		.id = was->row,
		.tenant = c->site->tenant.id,
		.name = now->name,
		.redirect_uris = now->redirect_uris,
		.scope = now->scope,
		.metadata = client_extra_write(c->mem, now),
		.now = c->now,
	};

	TRY(q_client_replace(c->db, c->mem, &row, changed));
	/* no node goes on with what it remembers of the row */
	return client_tell(c, was->client_id, CLIENT_CHANGED);
}

enum err client_ensure_row(struct ctx *c, struct client *client)
{
	if (client->row == 0)
		return client_put_as(c, id_make(c->now_ms, rand_u32()), client);
	if (client->origin == CLIENT_DOCUMENT)
		TRY(client_renew(c, client));
	return q_client_use(c->db, c->mem,
	    &(struct client_use_in){ client->row, c->site->tenant.id, c->now, c->now - USE_NOTED }, NULL);
}

bool client_may(const struct client *client, str grant_type)
{
	return str_list_has(client->grant_types, ' ', grant_type);
}

bool client_has_secret(const struct client *client)
{
	return str_starts(client->auth_method, S("client_secret_"));
}

bool client_secret_fits(struct ctx *c, const struct client *client, struct secret secret)
{
	if (secret.len == 0 || !client_has_secret(client))
		return false;
	if (client->origin == CLIENT_SEALED && client->secret_hash.n == 0)
		return secret_eq(
		    secret, secret_of(client_sealed_secret(c->mem, c->site->key_client, client->client_id)));
	str hash = token_hash(c->mem, secret);
	if (client->secret_hash.n == SHA256_SIZE &&
	    secret_eq(secret_of(hash), secret_of(client->secret_hash)))
		return true;
	/* the one before, while programs are still being told the new one */
	return client->old_secret.n && c->now < client->old_until &&
	    secret_eq(secret_of(b64url_write(c->mem, hash)), secret_of(client->old_secret));
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

bool client_shared(const struct ctx *c, const struct client *client)
{
	const struct config *config = c->site->config;

	return config->registration == REGISTRATION_SHARED && client->origin == CLIENT_CONFIG &&
	    str_eq(client->client_id, config->registration_client);
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

bool client_guards(const struct client *client, str audience)
{
	struct url want, have;
	str rest = client->guards, word;

	if (!client->guards.n)
		return false;
	if (str_list_has(client->guards, ' ', audience))
		return true;
	if (url_parse(audience, &want) != OK)
		return false;
	while (str_word(&rest, ' ', &word))
		if (url_parse(word, &have) == OK && url_same(&want, &have))
			return true;
	return false;
}

bool client_may_know(const struct client *who, str client_id, str audience)
{
	return str_eq(who->client_id, client_id) || client_guards(who, audience);
}
