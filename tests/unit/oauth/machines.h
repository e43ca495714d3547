/* machines: what the tests of clients that act for themselves add to the kit: such clients, and a memory on the loop. */
#ifndef TEST_OAUTH_MACHINES_H
#define TEST_OAUTH_MACHINES_H

#include "core/recall.h"
#include "oauth/kit.h"

#define BOT_SECRET "gh_cs_the-secret-of-the-bot"
#define BOT "&client_id=client_bot&client_secret=" BOT_SECRET

/* What this node has heard; the test sets it. */
static enum standing heard = STANDING_GOOD;
static struct ground asked;

KIT enum standing machines_look(struct ctx *c, const struct ground *g)
{
	(void)c;
	asked = *g;
	return heard;
}

KIT void machines_row(struct kit *k, const char *client_id, const char *auth, const char *grants,
    const char *scope, const char *metadata)
{
	str hash = hex_write(k->mem, sha256_str(k->mem, str_of(client_id)));
	str secret = hex_write(k->mem, sha256_str(k->mem, S(BOT_SECRET)));
	static int id = 900;

	kit_sql(k,
	    arena_printf(k->mem,
		"INSERT INTO client (id, tenant, hash, client_id, name, origin, status, auth_method, secret, "
		"redirect_uris, grant_types, scope, metadata, created, last_used) VALUES (%d, 1, x'%.*s', "
		"'%s', "
		"'%s', 'created', 'active', '%s', x'%.*s', '', '%s', '%s', '%s', 1, 1)",
		id++, FMT(hash), client_id, client_id, auth, FMT(secret), grants, scope, metadata)
		.p);
}

KIT void machines_start(struct kit *k)
{
	static const struct standing_port port = { .look = machines_look };

	kit_start(k);
	heard = STANDING_GOOD;
	standing_use(&port);
	k->site.recall = recall_new();
	machines_row(k, "client_bot", "client_secret_basic", "client_credentials",
	    "users:read clients:read weather:read", "{}");
	machines_row(k, "client_weather", "client_secret_basic", "client_credentials", "",
	    "{\"resources\":\"" WEATHER "\"}");
}

KIT void machines_stop(struct kit *k)
{
	standing_use(NULL);
	kit_stop(k);
}

KIT int machines_setup(void **state)
{
	struct kit *k = malloc(sizeof *k);

	machines_start(k);
	*state = k;
	return 0;
}

KIT int machines_teardown(void **state)
{
	machines_stop(*state);
	free(*state);
	return 0;
}

KIT struct answer machines_ask(struct kit *k, const char *more)
{
	return kit_token(k, arena_printf(k->mem, "grant_type=client_credentials%s", more));
}

#endif
