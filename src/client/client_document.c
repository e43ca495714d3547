#include "client/client_document.h"
#include "client/client.h"
#include "client/client_allow.h"
#include "client/document.h"
#include "core/outside.h"

struct documented {
	str client_id;
	enum err (*again)(struct ctx *c);
	struct client client;
	bool here;
};

bool client_documented(const struct ctx *c, str client_id)
{
	return c->site->config->registration_cimd && document_meant(client_id);
}

enum err client_document_open(struct ctx *c, str client_id, struct client *out)
{
	const struct documented *d = c->documented;
	struct outside_doc doc;
	const char *why;

	if (d && d->here && str_eq(d->client_id, client_id)) {
		*out = d->client;
		return OK;
	}
	TRY(outside_find(c, OUTSIDE_CLIENT, client_id, false, &doc));
	/* it was checked when it came; what has no room now is asked for on the lane that can say so */
	return document_read(c->mem, client_id, doc.body, out, &why) == OK ? OK : ERR_NOT_FOUND;
}

static enum err valid(struct ctx *c, str body, void *arg)
{
	str url = *(const str *)arg;
	struct client client;
	const char *why;
	enum err e = document_read(c->mem, url, body, &client, &why);

	if (e == OK)
		return OK;
	(void)FAIL(c, DOCUMENT_INVALID, "%.*s: %s", FMT(str_sub(url, 0, 160)), why);
	c->fail.say = arena_printf(c->mem, "The document of this application at %.*s is not valid: %s.",
	    FMT(str_sub(document_host(url), 0, 80)), why);
	return ERR_DOCUMENT_INVALID;
}

enum err client_document_fetch(struct ctx *c, str client_id, struct client *out)
{
	const char *problem = document_url_problem(client_id, c->site->config->outbound_allow_count > 0);
	struct outside_doc doc;
	const char *why = "";

	if (problem) {
		(void)FAIL(c, DOCUMENT_URL, "%.*s: %s", FMT(str_sub(client_id, 0, 160)), problem);
		c->fail.say = arena_printf(c->mem,
		    "The client_id of this application is an address that no client document may have: %s.",
		    problem);
		return ERR_DOCUMENT_URL;
	}
	if (!client_id_allowed(c, client_id))
		return FAIL(c, CLIENT_NOT_ALLOWED, "client_id %.*s", FMT(str_sub(client_id, 0, 160)));
	TRY(outside_fetch(c, OUTSIDE_CLIENT, client_id, valid, &client_id, &doc));
	if (document_read(c->mem, client_id, doc.body, out, &why) != OK)
		return FAIL(c, DOCUMENT_INVALID, "%.*s: %s", FMT(str_sub(client_id, 0, 160)), why);
	if (!c->documented)
		c->documented = NEW(c->mem, struct documented);
	c->documented->client_id = client_id;
	c->documented->client = *out;
	c->documented->here = true;
	return OK;
}

bool client_document_outage(enum err e)
{
	return e == ERR_DOCUMENT_ADDRESS || e == ERR_DOCUMENT_UNREACHABLE || e == ERR_RATE_LIMITED;
}

/* FETCH */
static enum err fetch(struct ctx *c)
{
	struct documented *d = c->documented;
	struct client client;

	TRY(client_document_fetch(c, d->client_id, &client));
	return NEED(c, LANE_READ, d->again);
}

enum err client_get(struct ctx *c, str client_id, enum err (*again)(struct ctx *c), struct client *out)
{
	struct client known;

	if (client_documented(c, client_id) && client_declared(c, client_id) == NULL) {
		enum err e = client_document_open(c, client_id, &known);
		if (e == ERR_NOT_FOUND) {
			c->documented = NEW(c->mem, struct documented);
			*c->documented = (struct documented){ .client_id = client_id, .again = again };
			return NEED(c, LANE_FETCH, fetch);
		}
		TRY(e);
	}
	return client_find(c, client_id, out);
}
