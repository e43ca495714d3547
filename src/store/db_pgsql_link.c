/*
 * The connection of a PostgreSQL handle: made when it is needed, made again when it broke, and what its
 * errors mean.
 */
#include "store/db_pgsql.h"

#include "base/time.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define DELAY_MIN 100
#define DELAY_MAX \
	1000 /* the feed of revocations is believed for two seconds, so its handle must not sleep for longer */
#define ANSWER_MS 6000 /* more than statement_timeout, so that a server which lives speaks first */
#define LOOK_MS 1000   /* what TLS has read ahead shows in no poll */

/*
 * When a handle of this process found the way back, monotonic ms: the others need not wait until it is their turn to knock.
 */
static _Atomic int64_t back_at;

/* What the address says wins over what stands before it, and loses against what stands behind. */
void pgsql_params(struct pgsql_params *p, const char *url)
{
	*p = (struct pgsql_params){
		.keys = { "connect_timeout", "tcp_user_timeout", "keepalives_idle", "keepalives_interval",
		    "keepalives_count", "application_name", "dbname", "client_encoding",
		    "fallback_application_name" },
		.values = { "3", "5000", "10", "3", "3", "gatehouse", url, "UTF8", "gatehouse" },
	};
}

/*
 * Repeatable read: a job whose row another one changed since it looked fails and is run again, so "look at a
 * row, then write it" holds as it does with SQLite's one writer. (Serializable would also guard rules over
 * several rows, but it watches leaves of indexes: with ids that grow with time all jobs meet on the last
 * leaf. Tried with 8 writers: every job ran twice and a quarter of them failed.) A server that was told not
 * to wait for its disk waits for ours.
 */
static const char settings[] =
    "SET statement_timeout = 5000; SET lock_timeout = 3000; SET idle_in_transaction_session_timeout = 10000;"
    "SET default_transaction_isolation = 'repeatable read'; SET client_min_messages = warning;"
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = "
    "'off'";

static const char settings_read[] = "SET default_transaction_read_only = on";

void pgsql_ignore_notice(void *arg, const PGresult *r)
{
	(void)arg;
	(void)r;
}

void pgsql_drop(struct pgsql_db *q)
{
	if (q->c)
		PQfinish(q->c);
	q->c = NULL;
	memset(q->prepared, 0, sql_statement_count * sizeof *q->prepared);
}

void pgsql_pause(struct pgsql_db *q)
{
	q->delay = q->delay == 0 ? DELAY_MIN : q->delay * 2 > DELAY_MAX ? DELAY_MAX : q->delay * 2;
	q->failed_at = time_mono_ms();
	q->retry_at = q->failed_at + q->delay;
}

/* Libpq ends its messages with a line feed, and tells one failure over several lines. */
static str message(const char *text)
{
	str s = str_of(text), head, tail;

	(void)str_cut(s, '\n', &head, &tail);
	return head;
}

enum err pgsql_connect(struct pgsql_db *q)
{
	struct pgsql_params p;
	int64_t now = time_mono_ms();

	if (q->c && PQstatus(q->c) == CONNECTION_OK)
		return OK;
	pgsql_drop(q);
	if (now < q->retry_at && atomic_load(&back_at) <= q->failed_at)
		return ERR_STORE_GONE; /* why it is gone has been said */
	pgsql_params(&p, q->url);
	q->c = PQconnectdbParams(p.keys, p.values, 1);
	enum err e = q->c && PQstatus(q->c) == CONNECTION_OK ? OK : ERR_STORE_GONE;
	if (e == OK) {
		(void)PQsetNoticeReceiver(q->c, pgsql_ignore_notice, NULL);
		e = pgsql_simple(q, settings);
		if (e == OK && q->db.mode == DB_READ)
			e = pgsql_simple(q, settings_read);
	} else {
		e = db_fail(&q->db, e, "no connection to PostgreSQL: %.*s",
		    FMT(message(q->c ? PQerrorMessage(q->c) : "no memory")));
	}
	if (e == OK) {
		if (q->delay)
			atomic_store(&back_at, time_mono_ms());
		q->delay = 0;
		return OK;
	}
	pgsql_drop(q);
	pgsql_pause(q);
	return ERR_STORE_GONE;
}

/* ---- answers, in time ---- */

/* True when the next result is there, or libpq knows that none will come. */
static bool wait_for(struct pgsql_db *q, int64_t end)
{
	while (PQisBusy(q->c)) {
		struct pollfd p = { .fd = PQsocket(q->c), .events = POLLIN };
		int64_t left = end - time_mono_ms();
		if (left <= 0 && !q->unhurried)
			return false;
		(void)poll(&p, 1, (int)(q->unhurried || left > LOOK_MS ? LOOK_MS : left));
		if (!PQconsumeInput(q->c))
			return true;
	}
	return true;
}

PGresult *pgsql_answer(struct pgsql_db *q, int sent)
{
	int64_t end = time_mono_ms() + ANSWER_MS;
	PGresult *last = NULL, *r;

	if (!sent)
		return NULL;
	while (wait_for(q, end)) {
		r = PQgetResult(q->c);
		if (!r)
			return last;
		PQclear(last);
		last = r;
	}
	PQclear(last);
	pgsql_drop(q);
	pgsql_pause(q);
	return NULL;
}

/* PostgreSQL documentation, appendix A; a prefix of two signs is a class. The first that fits counts. */
static const struct {
	const char *state;
	enum err e;
	bool drop; /* a new connection is better than this one */
} states[] = {
	{ "23505", ERR_STORE_CONFLICT, false }, /* unique_violation */
	{ "40001", ERR_STORE_BUSY, false },     /* serialization_failure */
	{ "40P01", ERR_STORE_BUSY, false },     /* deadlock_detected */
	{ "55P03", ERR_STORE_BUSY, false },     /* lock_not_available: lock_timeout */
	{ "57014", ERR_STORE_BUSY, false },     /* query_canceled: statement_timeout */
	{ "53100", ERR_STORE_FULL, false },     /* disk_full */
	{ "53", ERR_STORE_GONE, true },         /* out of memory, connections */
	{ "57P", ERR_STORE_GONE, true },        /* shutdown, crash, starting up */
	{ "08", ERR_STORE_GONE, true },         /* connection exceptions */
	{ "25P03", ERR_STORE_GONE, true },      /* idle_in_transaction_session_timeout */
	{ "25006", ERR_STORE_GONE, true },      /* read_only_sql_transaction: this became a standby */
	{ "26000", ERR_STORE_GONE, true },      /* a prepared statement is gone: a pooler changed servers */
	{ "0A000", ERR_STORE_GONE, true },      /* a cached plan: another node migrated */
};

enum err pgsql_failed(struct pgsql_db *q, PGresult *r, const char *what)
{
	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;

	if (!q->c)
		return db_fail(&q->db, ERR_STORE_GONE, "%s: no answer for %d s", what, ANSWER_MS / 1000);
	/* What the server has not said, libpq has: a line that broke, whatever it thinks of its state. */
	bool drop = !state || PQstatus(q->c) != CONNECTION_OK;
	enum err e = drop ? ERR_STORE_GONE : ERR_STORE;

	for (size_t i = 0; !drop && i < COUNT(states); i++)
		if (strncmp(state, states[i].state, strlen(states[i].state)) == 0) {
			e = states[i].e;
			drop = states[i].drop;
			break;
		}
	e = db_fail(&q->db, e, "%s: %.*s (%s)", what,
	    FMT(message(r ? PQresultErrorMessage(r) : PQerrorMessage(q->c))), state ? state : "no answer");
	PQclear(r);
	if (drop)
		pgsql_drop(q);
	return e;
}

enum err pgsql_simple(struct pgsql_db *q, const char *text)
{
	PGresult *r = pgsql_answer(q, PQsendQuery(q->c, text));
	ExecStatusType s = PQresultStatus(r);

	if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
		return pgsql_failed(q, r, text);
	PQclear(r);
	return OK;
}
