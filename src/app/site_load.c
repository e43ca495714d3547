#include "app/site_inner.h"
#include "base/url.h"
#include "core/recall.h"
#include "crypto/crypto.h"
#include "jose/jwt.h"
#include "oauth/metadata.h"
#include "sql_gen.h"
#include "store/db.h"
#include "store/keyring.h"
#include "store/seal.h"
#include "store/tenant.h"

#define SITE_MAX ((size_t)64 << 20)

enum err site_store_failed(struct site_making *l, enum err e, const char *what)
{
	str why = db_why(l->db);

	buf_printf(l->why, "%s: ", what);
	err_tell(l->why, e, why);
	return e;
}

/* --- the issuer and its secrets */

static void release_config(void *arg)
{
	arena_unref(arg);
}

static enum err load_issuer(struct site_making *l)
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
		return site_store_failed(l, e, "the first tenant cannot be read");
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

static struct secret derive(struct site_making *l, struct secret root, str purpose)
{
	unsigned char *key = arena_alloc(l->mem, 32);

	kdf_derive(root, purpose, key);
	return (struct secret){ key, 32 };
}

static enum err load_secrets(struct site_making *l, struct secret *master)
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
		return site_store_failed(l, e, "the secrets of the store");
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

static enum err load_keys(struct site_making *l, struct secret master)
{
	struct site *s = &l->out->site;
	struct keyring *ring = NEW(l->mem, struct keyring);
	enum err e = keyring_load(l->db, l->mem, master, s->tenant.id, l->config->alg, l->now_ms, ring);

	if (e != OK)
		return site_store_failed(l, e, "the signing keys");
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

/* --- what surrounds it */

static enum err load_nets(
    struct site_making *l, const char *key, const str *texts, size_t count, const struct cidr **out)
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

static enum err load_networks(struct site_making *l)
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
static void load_recall(struct site_making *l)
{
	l->out->site.recall = recall_new();
	arena_defer(l->mem, release_recall, l->out->site.recall);
}

static enum err load_all(struct site_making *l)
{
	struct site *s = &l->out->site;
	struct secret master;

	TRY(load_issuer(l));
	TRY(load_secrets(l, &master));
	TRY(load_keys(l, master));
	TRY(site_load_resources(l));
	TRY(site_load_clients(l));
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
	struct site_making l = {
		.mem = mem, .out = s, .db = db, .config = config, .now_ms = now_ms, .why = why
	};

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
