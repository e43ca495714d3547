/* db_pgsql: what the files of the PostgreSQL driver share. Private to them. */
#ifndef STORE_DB_PGSQL_H
#define STORE_DB_PGSQL_H

#include "store/db_pgsql_lib.h"
#include "store/driver.h"

#define PGSQL_CHANNEL "gatehouse_revocation"
/* Numbers of our advisory locks: "gate" and what for. */
#define PGSQL_LOCK_MIGRATE "7449385900000001"
#define PGSQL_LOCK_ORDERED "7449385900000002"

struct pgsql_db {
	struct db db;
	PGconn *c; /* NULL while there is no connection */
	char *url;
	int64_t retry_at; /* monotonic ms: before it nobody knocks again */
	int64_t failed_at;
	int64_t delay;
	bool unhurried;  /* a migration may take its time */
	bool prepared[]; /* by id, on this connection */
};

static inline struct pgsql_db *pgsql_of(struct db *db)
{
	return (struct pgsql_db *)(void *)db;
}

/* Keywords and values for a connection to url, for PQconnectdbParams and its kin. */
struct pgsql_params {
	const char *keys[12], *values[12];
};
void pgsql_params(struct pgsql_params *p, const char *url);

/* Takes what the server only remarks, which libpq would print. */
void pgsql_ignore_notice(void *arg, const PGresult *r);
/*
 * A connection that is ready; at most one attempt. ERR_STORE_GONE, at once while the last failure is fresh.
 */
CHECKED enum err pgsql_connect(struct pgsql_db *q);
/* Gives the connection up: it is broken, or nobody knows its state. */
void pgsql_drop(struct pgsql_db *q);
/* It did not come to be, or was lost: nobody knocks for a while, which grows. */
void pgsql_pause(struct pgsql_db *q);
/*
 * The last result of what a PQsend... has sent, whose value is `sent`. NULL: there is none, or not in time; a server that was
 * stopped, or a machine that froze, still holds its end of the line, so no time-out but ours would ever come. The connection
 * is dropped then.
 */
PGresult *pgsql_answer(struct pgsql_db *q, int sent);
/* What a result that is not the wanted one means; frees it. Drops the connection when it is no more. */
enum err pgsql_failed(struct pgsql_db *q, PGresult *r, const char *what);
/* One text without parameters, whose rows nobody wants. */
CHECKED enum err pgsql_simple(struct pgsql_db *q, const char *text);

#endif
