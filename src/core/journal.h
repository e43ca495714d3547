/*
 * journal: what happens and is not the store's to decide: calls through the gateway and to the management server,
 * registrations that need no row, refusals. The core only speaks to it; app plugs the one that writes the files
 * (net/journal.h), and without one everything here does nothing.
 *
 * What may be in a row is in this struct: no query, no header, no body, so no secret.
 */
#ifndef CORE_JOURNAL_H
#define CORE_JOURNAL_H

#include "core/ctx.h"

struct journal_row {
	str event; /* tables/events.def: "gateway.call" */
	str id,
	    reason; /* of a refusal: for `gatehouse why`, and the name of its row; reason also of a call cut short */
	str user, grant;  /* public ids */
	str client;       /* what people call it, never a sealed id: journal_client */
	str path, method; /* without the query */
	str tool;
	str peer;
	int status;       /* 0: none was sent */
	int64_t begun_ms; /* epoch; the row has the time of its end, and how long it took */
	bool counted;     /* up and down say something */
	int64_t up, down; /* bytes of the bodies: from the client, to the client */
};

struct journal_port {
	void (*add)(const struct journal_row *row);
};

/* Plugs the port in; before threads. */
void journal_use(const struct journal_port *port);

/* Keeps a row. Never blocks and never fails: what there is no room for is counted. On a loop thread. */
void journal_add(const struct journal_row *row);
/* What the ctx knows: who, where, since when, the status of its reply, and why it was refused. */
struct journal_row journal_row_of(struct ctx *c, str event);
/* A client that has no other name: its id, or of a long one (sealed ids hold what was registered) a hash. */
str journal_client(struct arena *mem, str client_id);

#endif
