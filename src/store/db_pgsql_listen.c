/*
 * NOTIFY as a bell. Everything here is without waiting, so that a dead network delays nobody's look at the
 * table.
 */
#include "store/listen.h"

#include "base/time.h"
#include "store/db_pgsql.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS 1000
#define CONNECT_MS 3000

enum state { IDLE, CONNECTING, LISTENING };

struct listener {
	char *url; /* NULL: a store that nobody else writes to; then this is a sleep */
	PGconn *c;
	enum state state;
	bool reading;    /* CONNECTING: what the socket is to be ready for */
	int64_t next_at; /* IDLE: not before; CONNECTING: not after */
};

struct listener *listen_open(str url)
{
	struct listener *l = calloc(1, sizeof *l);

	if (!l)
		abort();
	if (str_starts(url, S("postgres")) && pgsql_load() == OK) {
		l->url = calloc(1, url.n + 1);
		if (!l->url)
			abort();
		memcpy(l->url, url.p, url.n);
	}
	return l;
}

static void drop(struct listener *l)
{
	if (l->c)
		PQfinish(l->c);
	l->c = NULL;
	l->state = IDLE;
	l->next_at = time_mono_ms() + RETRY_MS;
}

void listen_close(struct listener *l)
{
	if (!l)
		return;
	if (l->c)
		PQfinish(l->c);
	free(l->url);
	free(l);
}

static void start(struct listener *l)
{
	struct pgsql_params p;

	pgsql_params(&p, l->url);
	l->c = PQconnectStartParams(p.keys, p.values, 1);
	l->state = CONNECTING;
	l->reading = false;
	l->next_at = time_mono_ms() + CONNECT_MS;
	if (!l->c || PQstatus(l->c) == CONNECTION_BAD)
		drop(l);
}

/* True when LISTEN was sent: what rang before was not heard. */
static bool go_on(struct listener *l)
{
	switch (PQconnectPoll(l->c)) {
	case PGRES_POLLING_READING:
		l->reading = true;
		return false;
	case PGRES_POLLING_WRITING:
		l->reading = false;
		return false;
	case PGRES_POLLING_OK:
		(void)PQsetNoticeReceiver(l->c, pgsql_ignore_notice, NULL);
		l->state = LISTENING;
		l->reading = true;
		if (PQsetnonblocking(l->c, 1) == 0 && PQsendQuery(l->c, "LISTEN " PGSQL_CHANNEL) &&
		    PQflush(l->c) >= 0)
			return true;
		break;
	default:
		break;
	}
	drop(l);
	return false;
}

/* The answer to LISTEN, and the bell. */
static bool hear(struct listener *l)
{
	bool rang = false;
	PGnotify *n;

	if (!PQconsumeInput(l->c)) {
		drop(l);
		return false;
	}
	while (!PQisBusy(l->c)) {
		PGresult *r = PQgetResult(l->c);
		if (!r)
			break;
		bool bad = PQresultStatus(r) != PGRES_COMMAND_OK;
		PQclear(r);
		rang = true; /* listening from here on: look once more */
		if (bad) {
			drop(l);
			return rang;
		}
	}
	while ((n = PQnotifies(l->c))) {
		PQfreemem(n);
		rang = true;
	}
	return rang;
}

static bool turn(struct listener *l, int ms)
{
	int64_t now = time_mono_ms();

	if (l->state == CONNECTING && now >= l->next_at)
		drop(l);
	if (l->url && l->state == IDLE && now >= l->next_at)
		start(l);

	struct pollfd p = { .fd = l->c ? PQsocket(l->c) : -1, .events = l->reading ? POLLIN : POLLOUT };
	if (poll(&p, 1, ms) <= 0 || l->state == IDLE)
		return false;
	return l->state == CONNECTING ? go_on(l) : hear(l);
}

bool listen_wait(struct listener *l, int ms)
{
	int64_t end = time_mono_ms() + ms;
	bool rang = false;

	for (int64_t left = ms; left > 0 && !rang; left = end - time_mono_ms())
		rang = turn(l, (int)left);
	return rang;
}
