#include "app/site_load.h"
#include "admin/management.h"
#include "base/enc.h"
#include "base/log.h"
#include "base/url.h"
#include "crypto/crypto.h"
#include "jose/jwt.h"
#include "model/redirect.h"
#include "oauth/client_keys.h"
#include "oauth/metadata.h"
#include "oauth/recall.h"
#include "sql_gen.h"
#include "store/db.h"
#include "store/keyring.h"
#include "store/seal.h"
#include "store/tenant.h"

#define SITE_MAX ((size_t)64 << 20)

/* What a resource has that names no scopes. */
/* clang-format off */
#define MANAGEMENT(row)
#define OPENID(row)
#define TOOLS(row) row
#define SCOPE(scope_, of_, challenged_, words_) of_(SCOPE_ROW(scope_, words_))
#define SCOPE_ROW(scope_, words_) { S_INIT(scope_), S_INIT(words_) },
static const struct scope_word plain_words[] = {
#include "scopes.def"
};
#undef SCOPE_ROW
#undef SCOPE
/* clang-format on */

struct load {
	struct arena *mem;
	struct house_site *out;
	struct db *db;
	const struct config *config;
	int64_t now_ms;
	struct buf *why;
	str origin; /* of base_url */
};

static enum err store_failed(struct load *l, enum err e, const char *what)
{
	str why = db_why(l->db);

	buf_printf(l->why, "%s: %s%s%.*s", what, err_row(e)->words, why.n ? " " : "", FMT(why));
	return e;
}

/* --- the issuer and its secrets */

static void release_config(void *arg)
{
	arena_unref(arg);
}

static enum err load_issuer(struct load *l)
{
	struct site *s = &l->out->site;
	struct tenant_by_slug_out row;
	struct url u;

	if (url_parse(l->config->base_url, &u) != OK) {
		buf_printf(l->why, "base_url %.*s is no URL", FMT(l->config->base_url));
		return ERR_BAD_URL;
	}
	enum err e = tenant_load_first(l->db, l->mem, l->now_ms, &row);
	if (e != OK)
		return store_failed(l, e, "the first tenant cannot be read");
	s->tenant = (struct tenant){ .id = row.id, .name = row.name, .issuer = l->config->base_url };
	s->self =
	    (struct resource){ .identifier = s->tenant.issuer, .name = s->tenant.name, .declared = true };
	s->secure = str_ieq(u.scheme, S("https"));
	l->origin = url_origin(l->mem, &u);
	l->out->issuer_host = u.host;
	l->out->issuer_path = str_eq(u.path, S("/")) ? S("") : u.path;
	l->out->loopback = url_loopback(&u);
	return OK;
}

static struct secret derive(struct load *l, struct secret root, str purpose)
{
	unsigned char *key = arena_alloc(l->mem, 32);

	kdf_derive(root, purpose, key);
	return (struct secret){ key, 32 };
}

static enum err load_secrets(struct load *l, struct secret *master)
{
	struct site *s = &l->out->site;
	struct store_secrets secrets;
	enum err e = OK;

	*master = l->config->master_key;
	if (master->len == 0)
		e = master_key_load(l->mem, l->config->data_dir, master);
	if (e != OK) {
		str why = db_why(NULL);
		buf_printf(l->why, "the master key: %.*s", FMT(why));
		return e;
	}
	e = store_secrets_load(l->db, l->mem, *master, &secrets);
	if (e != OK)
		return store_failed(l, e, "the secrets of the store");
	s->key_refresh = derive(l, secrets.root, S("gatehouse refresh tokens 1"));
	s->key_client = derive(l, secrets.root, S("gatehouse client ids 1"));
	s->key_form = derive(l, secrets.root, S("gatehouse forms 1"));
	s->key_ticket = derive(l, secrets.root, S("gatehouse tls tickets 1"));
	s->key_nonce = derive(l, secrets.root, S("gatehouse dpop nonces 1"));
	return OK;
}

static void release_keys(void *arg)
{
	keyring_free(arg);
}

static enum err load_keys(struct load *l, struct secret master)
{
	struct site *s = &l->out->site;
	struct keyring *ring = NEW(l->mem, struct keyring);
	enum err e = keyring_load(l->db, l->mem, master, s->tenant.id, l->config->alg, l->now_ms, ring);

	if (e != OK)
		return store_failed(l, e, "the signing keys");
	arena_defer(l->mem, release_keys, ring);
	struct jwk *keys = NEW_ARRAY(l->mem, struct jwk, ring->count);
	struct jwks *set = NEW(l->mem, struct jwks);
	for (size_t i = 0; i < ring->count; i++) {
		keys[i] = (struct jwk){ .kid = ring->keys[i].kid, .key = ring->keys[i].key };
		if (&ring->keys[i] == ring->active)
			s->signing = &keys[i];
	}
	*set = (struct jwks){ .keys = keys, .count = ring->count };
	s->keys = set;
	return jwks_write(l->mem, set, &s->json_jwks);
}

/* --- resources */

/* Scopes and their words, from any list of pairs. */
static void set_scopes(
    struct load *l, struct resource *r, const struct scope_word *words, size_t count, str required)
{
	struct buf b = BUF(l->mem);

	if (count == 0) {
		words = plain_words;
		count = COUNT(plain_words);
		required = plain_words[0].scope;
	}
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_char(&b, ' ');
		buf_put(&b, words[i].scope);
	}
	r->scopes = buf_str(&b);
	r->words = words;
	r->word_count = count;
	r->required = required;
	/* What names no requirement asks for all that it has: a token without scopes would be good for nothing. */
	r->challenge = required.n ? required : r->scopes;
}

static struct resource declared(struct load *l, const struct config_resource *c)
{
	struct resource r = { .path = c->path, .name = c->name, .upstream = c->upstream, .declared = true };
	struct scope_word *words = NEW_ARRAY(l->mem, struct scope_word, c->scope_count);

	for (size_t i = 0; i < c->scope_count; i++)
		words[i] = (struct scope_word){ c->scopes[i].scope, c->scopes[i].words };
	r.identifier = c->url.n ? c->url : arena_printf(l->mem, "%.*s%.*s", FMT(l->origin), FMT(c->path));
	set_scopes(l, &r, words, c->scope_count, c->required);
	return r;
}

static struct resource made(struct load *l, const struct resource_list_out *row)
{
	struct resource r = {
		.id = row->id, .path = row->path, .name = row->name, .upstream = row->upstream
	};
	const struct json *o = NULL;
	size_t n = 0;

	if (json_parse(l->mem, row->scopes, &o, NULL) != OK || o->type != JSON_OBJECT)
		o = NULL;
	struct scope_word *words = NEW_ARRAY(l->mem, struct scope_word, o ? o->count : 0);
	for (JSON_EACH(it, o))
		words[n++] = (struct scope_word){ it->key, json_str_of(it) };
	r.identifier = arena_printf(l->mem, "%.*s%.*s", FMT(l->origin), FMT(row->path));
	set_scopes(l, &r, words, n, row->required);
	return r;
}

static bool taken(const struct resource *all, size_t count, const struct resource *r)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(all[i].identifier, r->identifier) || (r->path.n && str_eq(all[i].path, r->path)))
			return true;
	return false;
}

/* Management first, then the file, then what operations made: the file wins over a row at the same path. */
static enum err load_resources(struct load *l)
{
	struct site *s = &l->out->site;
	struct resource_list_in in = { .tenant = s->tenant.id };
	const struct resource_list_out *rows;
	size_t row_count, n = 0;

	enum err e = q_resource_list(l->db, l->mem, &in, &rows, &row_count);
	if (e != OK)
		return store_failed(l, e, "the protected resources cannot be read");
	struct resource *all = NEW_ARRAY(l->mem, struct resource, 1 + l->config->resource_count + row_count);
	if (l->config->management)
		all[n++] = management_resource(l->mem, l->config, l->origin);
	for (size_t i = 0; i < l->config->resource_count; i++) {
		struct resource r = declared(l, &l->config->resources[i]);
		if (taken(all, n, &r)) {
			buf_printf(l->why, "%.*s:%d: the path or address %.*s is taken already",
			    FMT(l->config->file), l->config->resources[i].line,
			    FMT(r.path.n ? r.path : r.identifier));
			return ERR_OP_EXISTS;
		}
		all[n++] = r;
	}
	for (size_t i = 0; i < row_count; i++) {
		struct resource r = made(l, &rows[i]);
		if (taken(all, n, &r))
			log_warn("a resource is shadowed by the configuration", LOG_STR("path", r.path));
		else
			all[n++] = r;
	}
	s->resources = all;
	s->resource_count = n;
	return OK;
}

/* Host names of resources that have an address of their own and are served here. */
static void load_hosts(struct load *l)
{
	const struct site *s = &l->out->site;
	str *hosts = NEW_ARRAY(l->mem, str, s->resource_count);
	struct url u;

	for (size_t i = 0; i < s->resource_count; i++)
		if (s->resources[i].path.n && url_parse(s->resources[i].identifier, &u) == OK)
			hosts[l->out->host_count++] = u.host;
	l->out->hosts = hosts;
}

/* --- clients and proxies */

/* A slip of the pen there would only show as tokens that are never active. */
static void warn_of_strange(const struct site *s, const struct config_client *c)
{
	str rest = c->resources, word;

	while (str_word(&rest, ' ', &word))
		if (!site_resource(s, word))
			log_warn("a client is said to be the server of a resource that is not protected here",
			    LOG_STR("client_id", c->client_id), LOG_STR("resource", word));
}

static enum err load_client_keys(struct load *l, const struct config_client *c, struct client *out)
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

static enum err load_clients(struct load *l)
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

static enum err load_nets(
    struct load *l, const char *key, const str *texts, size_t count, const struct cidr **out)
{
	struct cidr *nets = NEW_ARRAY(l->mem, struct cidr, count);

	for (size_t i = 0; i < count; i++)
		if (cidr_parse(texts[i], &nets[i]) != OK) {
			buf_printf(l->why, "%s: %.*s is no network (write 10.0.0.0/8 or an address)", key,
			    FMT(texts[i]));
			return ERR_BAD_URL;
		}
	*out = nets;
	return OK;
}

static enum err load_networks(struct load *l)
{
	const struct config *c = l->config;
	const struct cidr *outbound; /* the fetcher reads them itself: only what is wrong is said here */

	l->out->trusted_count = c->trust_proxy_count;
	TRY(load_nets(l, "trust_proxy", c->trust_proxy, c->trust_proxy_count, &l->out->trusted));
	return load_nets(l, "outbound.allow", c->outbound_allow, c->outbound_allow_count, &outbound);
}

static void release_recall(void *arg)
{
	recall_free(arg);
}

/* Of each site its own: what a reload changes is not remembered as it was. */
static void load_recall(struct load *l)
{
	l->out->site.recall = recall_new();
	arena_defer(l->mem, release_recall, l->out->site.recall);
}

static enum err load_all(struct load *l)
{
	struct site *s = &l->out->site;
	struct secret master;

	TRY(load_issuer(l));
	TRY(load_secrets(l, &master));
	TRY(load_keys(l, master));
	TRY(load_resources(l));
	load_hosts(l);
	TRY(load_clients(l));
	TRY(load_networks(l));
	s->json_as = metadata_write(l->mem, s);
	load_recall(l);
	return OK;
}

enum err site_load(
    const struct config *config, struct db *db, int64_t now_ms, struct house_site **out, struct buf *why)
{
	struct arena *mem = arena_new(SITE_MAX);
	struct house_site *s = NEW(mem, struct house_site);
	struct load l = { .mem = mem, .out = s, .db = db, .config = config, .now_ms = now_ms, .why = why };

	s->site.mem = mem;
	s->site.config = config;
	arena_defer(mem, release_config, arena_ref(config->mem));
	enum err e = load_all(&l);
	if (e != OK) {
		if (why->n == 0)
			buf_put(why, str_of(err_row(e)->words));
		site_unref(&s->site);
		return e;
	}
	*out = s;
	return OK;
}
