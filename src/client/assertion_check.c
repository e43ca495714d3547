#include "client/assertion_check.h"
#include "core/outside.h"
#include "core/recall.h"
#include "crypto/crypto.h"

#define KEYS_KEPT 8 /* keys of a set that is remembered, at most; a key takes 3 KiB */
#define KEYS_MAX ((size_t)65536)

struct checking {
	struct assertion_ask ask;
	str keys;   /* the key set to verify with, JSON text */
	bool asked; /* it was fetched anew for this request */
};

static enum err fetch_keys(struct ctx *c);

static void release(void *mem)
{
	arena_unref(mem);
}

static void release_keys(void *set)
{
	jwks_free(set);
}

/*
 * Making a key costs as much as checking a signature, since the point must be found to lie on the curve; and a client comes
 * with the same set each time.
 */
static enum err make_keys(struct ctx *c, str json, const unsigned char hash[SHA256_SIZE], struct jwks **out)
{
	static const struct ground none = { 0 };
	struct jwks made;

	TRY(jwks_read(c->mem, json, &made));
	struct arena *mem = arena_small(KEYS_MAX);
	struct jwk *keys = NEW_ARRAY(mem, struct jwk, made.count);
	for (size_t i = 0; i < made.count; i++)
		keys[i] = (struct jwk){ arena_copy(mem, made.keys[i].kid), made.keys[i].key };
	struct jwks *set = NEW(mem, struct jwks);
	*set = (struct jwks){ keys, made.count };
	arena_defer(mem, release_keys, set);
	arena_defer(c->mem, release, mem);
	if (set->count <= KEYS_KEPT)
		recall_keep(c, RECALL_KEYS, hash, mem, set, &none, INT64_MAX);
	*out = set;
	return OK;
}

static enum err find_keys(struct ctx *c, str json, const struct jwks **out)
{
	unsigned char hash[SHA256_SIZE];
	struct jwks *made;

	sha256(json, hash);
	*out = recall_find(c, RECALL_KEYS, hash, NULL);
	if (*out)
		return OK;
	TRY(make_keys(c, json, hash, &made));
	*out = made;
	return OK;
}

/* VERIFY */
static enum err verify(struct ctx *c)
{
	struct checking *k = c->checking;
	const struct jwks *keys;

	if (find_keys(c, k->keys, &keys) != OK)
		return k->ask.refuse(c, S("the key set cannot be read"));
	enum err e = assertion_verify(c->mem, k->ask.text, keys, &k->ask.want, k->ask.out);
	/* a key that is not in the set that we keep may be a new one: once more, as often as outside lets us */
	if (e == ERR_TOKEN_KEY_UNKNOWN && k->ask.jwks.n == 0 && !k->asked) {
		outside_drop(c, OUTSIDE_KEYS, k->ask.jwks_uri);
		return NEED(c, LANE_FETCH, fetch_keys);
	}
	return e == OK ? k->ask.then(c) : k->ask.refuse(c, str_of(k->ask.out->why));
}

static enum err keys_valid(struct ctx *c, str body, void *arg)
{
	struct jwks keys;

	(void)arg;
	if (jwks_read(c->mem, body, &keys) != OK)
		return FAIL(c, DOCUMENT_INVALID, "it is no key set");
	size_t count = keys.count;
	jwks_free(&keys);
	return count ? OK : FAIL(c, DOCUMENT_INVALID, "it has no key that can be used here");
}

/* FETCH */
static enum err fetch_keys(struct ctx *c)
{
	struct checking *k = c->checking;
	struct outside_doc doc;

	k->asked = true;
	enum err e = outside_fetch(c, OUTSIDE_KEYS, k->ask.jwks_uri, keys_valid, NULL, &doc);
	if (e != OK && err_row(e)->kind == ERR_KIND_REFUSAL)
		return k->ask.refuse(
		    c, arena_printf(c->mem, "its jwks_uri: %s: %.*s", err_row(e)->name, FMT(c->fail.detail)));
	TRY(e);
	k->keys = doc.body;
	return NEED(c, LANE_VERIFY, verify);
}

enum err assertion_check(struct ctx *c, const struct assertion_ask *ask)
{
	struct checking *k = NEW(c->mem, struct checking);
	struct outside_doc doc;

	*k = (struct checking){ .ask = *ask, .keys = ask->jwks };
	c->checking = k;
	if (k->keys.n)
		return NEED(c, LANE_VERIFY, verify);
	if (ask->jwks_uri.n == 0 || !c->site->outside)
		return ask->refuse(c, S("it has no keys"));
	enum err e = outside_find(c, OUTSIDE_KEYS, ask->jwks_uri, false, &doc);
	if (e == ERR_NOT_FOUND)
		return NEED(c, LANE_FETCH, fetch_keys);
	TRY(e);
	k->keys = doc.body;
	return NEED(c, LANE_VERIFY, verify);
}
