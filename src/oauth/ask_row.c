/* An authorization request at rest: what was checked, as JSON in its txn row. */
#include "base/id.h"
#include "client/client.h"
#include "client/client_allow.h"
#include "client/client_document.h"
#include "crypto/crypto.h"
#include "oauth/ask.h"
#include "sql_gen.h"

str ask_write(struct arena *mem, const struct ask *a)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("redirect_uri"), a->redirect_uri);
	if (a->state.p)
		jout_str(&j, S("state"), a->state);
	jout_str(&j, S("resource"), a->resource->identifier);
	jout_str(&j, S("scope"), a->scope);
	jout_str(&j, S("challenge"), a->challenge);
	jout_str_opt(&j, S("nonce"), a->nonce);
	jout_str_opt(&j, S("login_hint"), a->login_hint);
	jout_str_opt(&j, S("jkt"), a->jkt);
	jout_int(&j, S("max_age"), a->max_age);
	jout_bool(&j, S("login"), a->login);
	jout_bool(&j, S("select"), a->select);
	jout_bool(&j, S("consent"), a->consent);
	if (a->none) /* of one that was pushed */
		jout_bool(&j, S("none"), true);
	if (a->hint)
		jout_int(&j, S("hint"), a->hint);
	jout_end(&j);
	return b.full ? (str){ NULL, 0 } : buf_str(&b);
}

static str browser_hash(struct ctx *c)
{
	return token_hash(c->mem, c->browser);
}

enum err ask_put(struct ctx *c, struct ask *a)
{
	struct txn_put_in row = {
		.id = id_make(c->now_ms, rand_u32()),
		.tenant = c->site->tenant.id,
		.browser = browser_hash(c),
		.client_id = a->client.client_id,
		.params = ask_write(c->mem, a),
		.created = c->now,
		.expires = c->now + TXN_SECONDS,
	};

	if (c->browser.len == 0)
		return FAIL(c, TXN_BROWSER, "no browser cookie");
	if (row.params.n == 0)
		return FAIL(c, TOO_LARGE, "an authorization request");
	TRY(q_txn_put(c->db, c->mem, &row, NULL));
	a->txn = row.id;
	return OK;
}

static bool read(const struct json *o, struct ask *a)
{
	const struct json *state = json_get(o, S("state"));

	a->redirect_uri = json_get_str(o, S("redirect_uri"));
	a->redirect_kind = redirect_kind(a->redirect_uri);
	a->state = state ? state->text : (str){ NULL, 0 };
	a->scope = json_get_str(o, S("scope"));
	a->challenge = json_get_str(o, S("challenge"));
	a->nonce = json_get_str(o, S("nonce"));
	a->login_hint = json_get_str(o, S("login_hint"));
	a->jkt = json_get_str(o, S("jkt"));
	a->login = json_get_true(o, S("login"));
	a->select = json_get_true(o, S("select"));
	a->consent = json_get_true(o, S("consent"));
	a->none = json_get_true(o, S("none"));
	(void)json_get_int(o, S("hint"), &a->hint);
	return json_get_int(o, S("max_age"), &a->max_age);
}

/* What the row says was true when it was written; the client or the resource may be gone or changed since. */
static enum err look_again(
    struct ctx *c, const struct json *params, str client_id, enum err (*again)(struct ctx *c), struct ask *a)
{
	enum err e = client_get(c, client_id, again, &a->client);

	if (e == ERR_NOT_FOUND || (e == OK && (a->client.blocked || !client_allowed(c, &a->client))))
		return FAIL(c, CLIENT_UNKNOWN_PAGE, "the client was removed or blocked meanwhile");
	TRY(e);
	c->actor.client_id = client_label(&a->client);
	if (!redirect_among(a->client.redirect_uris, a->redirect_uri))
		return FAIL(c, REDIRECT_UNKNOWN, "%.*s was removed meanwhile", FMT(a->redirect_uri));
	a->resource = site_resource(c->site, json_get_str(params, S("resource")));
	if (!a->resource)
		return FAIL(c, RESOURCE_UNKNOWN, "%.*s was removed meanwhile",
		    FMT(json_get_str(params, S("resource"))));
	return OK;
}

enum err ask_open(struct ctx *c, str text, str client_id, enum err (*again)(struct ctx *c), struct ask *a)
{
	const struct json *params;

	if (json_parse(c->mem, text, &params, NULL) != OK || !read(params, a))
		return FAIL(c, INTERNAL, "a request that was kept cannot be read");
	return look_again(c, params, client_id, again, a);
}

enum err ask_get(struct ctx *c, str txn, enum err (*again)(struct ctx *c), struct ask *a)
{
	struct txn_get_out row;
	int64_t id;

	*a = (struct ask){ .max_age = -1 };
	if (!str_int(txn, &id))
		return FAIL(c, TXN_GONE, "no txn");
	enum err e = q_txn_get(c->db, c->mem, &(struct txn_get_in){ id, c->site->tenant.id }, &row);
	if (e == ERR_NOT_FOUND)
		return FAIL(c, TXN_GONE, "txn %lld is not known", (long long)id);
	TRY(e);
	/* GHSA-rww4-4w9c-7733: whoever opens a captured address in another browser gets nothing from it */
	if (c->browser.len == 0 || !secret_eq(secret_of(row.browser), secret_of(browser_hash(c))))
		return FAIL(c, TXN_BROWSER, "txn %lld", (long long)id);
	if (row.done || row.expires <= c->now)
		return FAIL(c, TXN_GONE, "txn %lld: %s", (long long)id, row.done ? "finished" : "expired");
	a->begun = row.created;
	a->txn = id;
	return ask_open(c, row.params, row.client_id, again, a);
}

enum err ask_take(struct ctx *c, const struct ask *a)
{
	int64_t changed = 0;

	TRY(q_txn_take(c->db, c->mem,
	    &(struct txn_take_in){ a->txn, c->site->tenant.id, browser_hash(c), c->now }, &changed));
	return changed ? OK : FAIL(c, TXN_GONE, "txn %lld was finished meanwhile", (long long)a->txn);
}
