#include "core/journal.h"

#include "base/enc.h"
#include "base/id.h"
#include "crypto/crypto.h"

#define CLIENT_MAX 64

static const struct journal_port *plugged;

void journal_use(const struct journal_port *port)
{
	plugged = port;
}

void journal_add(const struct journal_row *row)
{
	if (plugged)
		plugged->add(row);
}

struct journal_row journal_row_of(struct ctx *c, str event)
{
	struct journal_row row = { .event = event, .client = c->actor.client_id, .begun_ms = c->now_ms };

	if (!plugged)
		return row;
	if (c->fail.id.n) {
		row.id = c->fail.id;
		row.reason = str_of(err_row(c->fail.code)->name);
	}
	if (c->actor.user)
		row.user = id_text(c->mem, ID_USER, c->actor.user);
	else if (c->actor.os)
		row.user = c->actor.email;
	if (c->actor.grant)
		row.grant = id_text(c->mem, ID_GRANT, c->actor.grant);
	if (c->req) {
		row.path = c->req->path;
		row.method = c->req->method_text;
		row.peer = c->req->peer;
	}
	if (c->reply)
		row.status = c->reply->status;
	return row;
}

str journal_client(struct arena *mem, str client_id)
{
	unsigned char hash[SHA256_SIZE];

	if (client_id.n <= CLIENT_MAX)
		return client_id;
	sha256(client_id, hash);
	return arena_printf(mem, "sha256:%.*s", FMT(hex_write(mem, (str){ (const char *)hash, 8 })));
}
