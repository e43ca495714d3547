/*
 * db_pgsql_lib: libpq, loaded when a store is PostgreSQL and not before. It brings LDAP, Kerberos and a second TLS
 * library along, which would cost everybody else 5 MB of memory and 5 ms of each start, and is not there on
 * every machine.
 */
#ifndef STORE_DB_PGSQL_LIB_H
#define STORE_DB_PGSQL_LIB_H

#include "base/err.h"

#include <libpq-fe.h>

#define PGSQL_FUNCTIONS(X)        \
	X(PQclear)                \
	X(PQcmdTuples)            \
	X(PQconnectPoll)          \
	X(PQconnectStartParams)   \
	X(PQconnectdbParams)      \
	X(PQconsumeInput)         \
	X(PQerrorMessage)         \
	X(PQfinish)               \
	X(PQflush)                \
	X(PQfreemem)              \
	X(PQftype)                \
	X(PQgetResult)            \
	X(PQgetlength)            \
	X(PQgetvalue)             \
	X(PQisBusy)               \
	X(PQnfields)              \
	X(PQnotifies)             \
	X(PQntuples)              \
	X(PQresultErrorField)     \
	X(PQresultErrorMessage)   \
	X(PQresultStatus)         \
	X(PQsendDescribePrepared) \
	X(PQsendPrepare)          \
	X(PQsendQuery)            \
	X(PQsendQueryPrepared)    \
	X(PQsetNoticeReceiver)    \
	X(PQsetnonblocking)       \
	X(PQsocket)               \
	X(PQstatus)               \
	X(PQtransactionStatus)

struct pgsql_lib {
#define X(name) __typeof__(name) *name;
	PGSQL_FUNCTIONS(X)
#undef X
};

/* Filled by pgsql_load; the names below then mean its members. */
extern struct pgsql_lib pgsql_lib;

/* Once for the process; any thread. ERR_STORE, in db_why(NULL): the library is not installed. */
CHECKED enum err pgsql_load(void);

#ifndef PGSQL_LIB_OWN_NAMES
#define PQclear pgsql_lib.PQclear
#define PQcmdTuples pgsql_lib.PQcmdTuples
#define PQconnectPoll pgsql_lib.PQconnectPoll
#define PQconnectStartParams pgsql_lib.PQconnectStartParams
#define PQconnectdbParams pgsql_lib.PQconnectdbParams
#define PQconsumeInput pgsql_lib.PQconsumeInput
#define PQerrorMessage pgsql_lib.PQerrorMessage
#define PQfinish pgsql_lib.PQfinish
#define PQflush pgsql_lib.PQflush
#define PQfreemem pgsql_lib.PQfreemem
#define PQftype pgsql_lib.PQftype
#define PQgetResult pgsql_lib.PQgetResult
#define PQgetlength pgsql_lib.PQgetlength
#define PQgetvalue pgsql_lib.PQgetvalue
#define PQisBusy pgsql_lib.PQisBusy
#define PQnfields pgsql_lib.PQnfields
#define PQnotifies pgsql_lib.PQnotifies
#define PQntuples pgsql_lib.PQntuples
#define PQresultErrorField pgsql_lib.PQresultErrorField
#define PQresultErrorMessage pgsql_lib.PQresultErrorMessage
#define PQresultStatus pgsql_lib.PQresultStatus
#define PQsendDescribePrepared pgsql_lib.PQsendDescribePrepared
#define PQsendPrepare pgsql_lib.PQsendPrepare
#define PQsendQuery pgsql_lib.PQsendQuery
#define PQsendQueryPrepared pgsql_lib.PQsendQueryPrepared
#define PQsetNoticeReceiver pgsql_lib.PQsetNoticeReceiver
#define PQsetnonblocking pgsql_lib.PQsetnonblocking
#define PQsocket pgsql_lib.PQsocket
#define PQstatus pgsql_lib.PQstatus
#define PQtransactionStatus pgsql_lib.PQtransactionStatus
#endif

#endif
