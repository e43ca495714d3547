/* private_key_jwt (RFC 7523 section 2.2): a client signs who it is with a key that we know the public half of. */
#include "core/outside.h"
#include "oauth/client.h"
#include "oauth/proving.h"
#include "oauth/replay.h"

#define TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define TTL 600 /* seconds ahead that exp may be: libraries write one to five minutes, some ten */

static str text_of(const struct client_proof *proof)
{
	return (str){ (const char *)proof->secret.bytes, proof->secret.len };
}

/* One answer for every reason, also that there is no such client: `gatehouse why` tells them apart. */
static enum err refuse(struct ctx *c, const char *why)
{
	const struct client *client = c->proving->out;

	return FAIL(c, CLIENT_ASSERTION, "client %.*s: %s", FMT(client_label(client)), why);
}

enum err client_assertion_read(struct ctx *c, str type, struct client_proof *proof)
{
	struct assertion a;

	if (!str_eq(type, S(TYPE)))
		return FAIL(c, CLIENT_ASSERTION, "client_assertion_type %.*s", FMT(str_sub(type, 0, 100)));
	if (proof->secret.len == 0)
		return FAIL(c, CLIENT_ASSERTION, "client_assertion_type without client_assertion");
	if (assertion_read(c->mem, text_of(proof), &a) != OK)
		return FAIL(c, CLIENT_ASSERTION, "%s", a.why);
	proof->client_id = a.subject;
	return OK;
}

/* --- verifying */

/* WRITE. What was proved once is not proved again (RFC 7523 section 3, rule 7). */
static enum err spend(struct ctx *c)
{
	struct proving *p = c->proving;
	bool fresh = false;

	TRY(replay_take(c, &p->assertion, &fresh));
	if (!fresh)
		return FAIL(c, CLIENT_REPLAYED, "client %.*s, jti %.*s", FMT(client_label(p->out)),
		    FMT(str_sub(p->assertion.jti, 0, 64)));
	return NEED(c, LANE_LOOP, p->then);
}

/*
 * RFC 7523 section 3, rule 3, in all the spellings that libraries use: the issuer, also with a slash, and the token endpoint,
 * also by the names that older documents gave it. Where something else is asked of us, its own address too (RFC 9126
 * section 2).
 */
static size_t our_names(struct ctx *c, str out[6])
{
	str issuer = c->site->tenant.issuer;

	out[0] = issuer;
	out[1] = arena_printf(c->mem, "%.*s/", FMT(issuer));
	out[2] = arena_printf(c->mem, "%.*s/token", FMT(issuer));
	out[3] = arena_printf(c->mem, "%.*s/oauth/token", FMT(issuer));
	out[4] = arena_printf(c->mem, "%.*s/oauth2/token", FMT(issuer));
	out[5] = arena_printf(c->mem, "%.*s%.*s", FMT(issuer), FMT(c->req->path));
	return 6;
}

static enum err verify_with(struct ctx *c, const struct jwks *keys, struct assertion *out)
{
	const struct proving *p = c->proving;
	str names[6];
	struct assertion_expect want = {
		.typ = S("client-authentication+jwt"),
		.issuer = p->out->client_id,
		.subject = p->out->client_id,
		.audience = names,
		.audience_count = our_names(c, names),
		.now = c->now,
		.skew = ASSERTION_SKEW,
		.ttl = TTL,
	};

	return assertion_verify(c->mem, text_of(&p->proof), keys, &want, out);
}

static enum err fetch_keys(struct ctx *c);

/* VERIFY */
static enum err verify(struct ctx *c)
{
	struct proving *p = c->proving;
	struct jwks keys;

	if (jwks_read(c->mem, p->keys, &keys) != OK)
		return refuse(c, "its key set cannot be read");
	enum err e = verify_with(c, &keys, &p->assertion);
	jwks_free(&keys);
	/* a key that is not in the set that we keep may be a new one: once more, as often as outside lets us */
	if (e == ERR_TOKEN_KEY_UNKNOWN && p->out->jwks.n == 0 && !p->asked) {
		outside_drop(c, OUTSIDE_KEYS, p->out->jwks_uri);
		return NEED(c, LANE_FETCH, fetch_keys);
	}
	if (e != OK)
		return refuse(c, p->assertion.why);
	return NEED(c, LANE_WRITE, spend);
}

/* --- keys */

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
	struct proving *p = c->proving;
	struct outside_doc doc;

	p->asked = true;
	enum err e = outside_fetch(c, OUTSIDE_KEYS, p->out->jwks_uri, keys_valid, NULL, &doc);
	if (e != OK && err_row(e)->kind == ERR_KIND_REFUSAL)
		return FAIL(c, CLIENT_ASSERTION, "client %.*s: its jwks_uri: %s: %.*s",
		    FMT(client_label(p->out)), err_row(e)->name, FMT(c->fail.detail));
	TRY(e);
	p->keys = doc.body;
	return NEED(c, LANE_VERIFY, verify);
}

enum err client_assertion_check(struct ctx *c)
{
	struct proving *p = c->proving;
	struct outside_doc doc;

	p->keys = p->out->jwks;
	if (p->keys.n)
		return NEED(c, LANE_VERIFY, verify);
	if (p->out->jwks_uri.n == 0 || !c->site->outside)
		return refuse(c, "it has no keys");
	enum err e = outside_find(c, OUTSIDE_KEYS, p->out->jwks_uri, false, &doc);
	if (e == ERR_NOT_FOUND)
		return NEED(c, LANE_FETCH, fetch_keys);
	TRY(e);
	p->keys = doc.body;
	return NEED(c, LANE_VERIFY, verify);
}
