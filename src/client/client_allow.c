#include "client/client_allow.h"
#include "base/url.h"
#include "client/client.h"
#include "client/document.h"
#include "model/redirect.h"

static bool listed(const struct config *config, str what)
{
	for (size_t i = 0; i < config->allow_client_count; i++)
		if (what.n && str_ieq(config->allow_clients[i], what))
			return true;
	return false;
}

/* An id is compared letter by letter: two that differ in case are two. */
static bool id_listed(const struct config *config, str client_id)
{
	for (size_t i = 0; i < config->allow_client_count; i++)
		if (str_eq(config->allow_clients[i], client_id))
			return true;
	return false;
}

static bool redirect_listed(const struct ctx *c, str uri)
{
	struct url u;

	switch (redirect_kind(uri)) {
	case REDIRECT_LOOPBACK:
		return listed(c->site->config, S("localhost"));
	case REDIRECT_HTTPS: /* port or not: the host's owner gets the answer */
		return url_parse(uri, &u) == OK && listed(c->site->config, u.host);
	case REDIRECT_APP:
		return listed(c->site->config, redirect_host(c->mem, uri));
	case REDIRECT_BAD:
		break;
	}
	return false;
}

bool client_id_allowed(const struct ctx *c, str client_id)
{
	const struct config *config = c->site->config;

	return config->allow_client_count == 0 || id_listed(config, client_id) ||
	    listed(config, document_host(client_id));
}

bool client_allowed(const struct ctx *c, const struct client *client)
{
	str rest = client->redirect_uris, uri;

	if (c->site->config->allow_client_count == 0 || client_verified(client))
		return true;
	if (client->origin == CLIENT_DOCUMENT)
		return client_id_allowed(c, client->client_id);
	if (id_listed(c->site->config, client->client_id))
		return true;
	while (str_word(&rest, ' ', &uri))
		if (!redirect_listed(c, uri))
			return false;
	return client->redirect_uris.n > 0;
}
