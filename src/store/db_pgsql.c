/*
 * The shared store: several nodes, each with several connections that write. A job is one transaction
 * (repeatable read), and group.c runs it again when another one changed a row that it had looked at.
 */
#include "store/db_pgsql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAMS_MAX 64
#define BYTES_MAX ((size_t)16 << 20)

/* Types of the server, from its catalogue pg_type. */
enum {
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_VARCHAR = 1043
};

static const Oid type_oids[] = { [SQL_INT] = OID_INT8, [SQL_TEXT] = OID_TEXT, [SQL_BLOB] = OID_BYTEA };

static bool column_fits(Oid oid, enum sql_type type)
{
	switch (type) {
	case SQL_INT:
		return oid == OID_INT8 || oid == OID_INT4 || oid == OID_INT2 || oid == OID_BOOL;
	case SQL_TEXT:
		return oid == OID_TEXT || oid == OID_VARCHAR;
	case SQL_BLOB:
		return oid == OID_BYTEA;
	}
	return false;
}

/* ---- preparing ---- */

static enum err prepare_as(struct pgsql_db *q, const struct sql_statement *s, const char *name)
{
	Oid types[PARAMS_MAX];

	if (s->in_count > PARAMS_MAX)
		return db_fail(&q->db, ERR_STORE, "%s: too many parameters", s->name);
	for (size_t i = 0; i < s->in_count; i++)
		types[i] = type_oids[s->in[i].type];
	PGresult *r = pgsql_answer(q, PQsendPrepare(q->c, name, s->text[SQL_PGSQL], (int)s->in_count, types));
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		return pgsql_failed(q, r, s->name);
	PQclear(r);
	return OK;
}

/*
 * Values travel in binary, so a column of another width or type would be read wrongly: looked at once, here.
 */
static enum err check_columns(struct pgsql_db *q, const struct sql_statement *s, const char *name)
{
	PGresult *r = pgsql_answer(q, PQsendDescribePrepared(q->c, name));

	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		return pgsql_failed(q, r, s->name);
	bool fits = (size_t)PQnfields(r) == s->out_count;
	for (size_t i = 0; fits && i < s->out_count; i++)
		fits = column_fits(PQftype(r, (int)i), s->out[i].type);
	PQclear(r);
	return fits
	    ? OK
	    : db_fail(&q->db, ERR_STORE, "%s: the columns are not of the types that -- out: says", s->name);
}

static enum err prepare(struct db *db, const struct sql_statement *s)
{
	struct pgsql_db *q = pgsql_of(db);

	TRY(pgsql_connect(q));
	TRY(prepare_as(q, s, ""));
	return check_columns(q, s, "");
}

static enum err prepare_once(struct pgsql_db *q, const struct sql_statement *s, char name[16])
{
	(void)snprintf(name, 16, "s%u", s->id);
	if (q->prepared[s->id])
		return OK;
	TRY(prepare_as(q, s, name));
	TRY(check_columns(q, s, name));
	q->prepared[s->id] = true;
	return OK;
}

/* ---- running ---- */

struct params {
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX];
	unsigned char ints[PARAMS_MAX][8]; /* in network order */
};

static enum err fill(struct pgsql_db *q, const struct sql_statement *s, const void *in, struct params *p)
{
	for (size_t i = 0; i < s->in_count; i++) {
		const struct sql_field *f = &s->in[i];
		p->formats[i] = 1;
		if (f->type == SQL_INT) {
			uint64_t v = (uint64_t)sql_in_int(in, f);
			for (int k = 0; k < 8; k++)
				p->ints[i][k] = (unsigned char)(v >> (56 - 8 * k));
			p->values[i] = (const char *)p->ints[i];
			p->lengths[i] = 8;
			continue;
		}
		str v = sql_in_str(in, f);
		if (v.n > BYTES_MAX)
			return db_fail(&q->db, ERR_STORE, "%s: parameter %zu is too long", s->name, i + 1);
		p->values[i] = v.n ? v.p : ""; /* NULL would be the value NULL */
		p->lengths[i] = (int)v.n;
	}
	return OK;
}

static int64_t read_int(const char *p, int n)
{
	uint64_t v = n > 1 && (p[0] & 0x80) ? UINT64_MAX : 0;

	for (int i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return (int64_t)v;
}

static enum err read_rows(const PGresult *r, struct sql_rows *rows)
{
	enum err e = OK;
	char *row;

	for (int k = 0; k < PQntuples(r) && (row = sql_row(rows, &e)); k++)
		for (size_t i = 0; i < rows->s->out_count; i++) {
			const struct sql_field *f = &rows->s->out[i];
			const char *p = PQgetvalue(r, k, (int)i); /* of length 0 when it is NULL */
			int n = PQgetlength(r, k, (int)i);
			if (f->type == SQL_INT)
				*sql_out_int(row, f) = read_int(p, n);
			else
				TRY(sql_bytes(rows, p, (size_t)n, sql_out_str(row, f)));
		}
	return e;
}

static enum err run_prepared(
    struct pgsql_db *q, const struct sql_statement *s, const void *in, struct sql_rows *rows)
{
	struct params p;
	char name[16];
	int64_t changed = 0;

	TRY(fill(q, s, in, &p));
	TRY(prepare_once(q, s, name));
	PGresult *r = pgsql_answer(
	    q, PQsendQueryPrepared(q->c, name, (int)s->in_count, p.values, p.lengths, p.formats, 1));
	ExecStatusType status = PQresultStatus(r);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		return pgsql_failed(q, r, s->name);
	if (s->writes && str_int(str_of(PQcmdTuples(r)), &changed))
		rows->changed = changed;
	enum err e = read_rows(r, rows);
	PQclear(r);
	return e;
}

/*
 * A value that is taken would doom the transaction; under a savepoint it is only this statement that never
 * was.
 */
static enum err run_guarded(
    struct pgsql_db *q, const struct sql_statement *s, const void *in, struct sql_rows *rows)
{
	TRY(pgsql_simple(q, "SAVEPOINT guard"));
	enum err e = run_prepared(q, s, in, rows);
	if (e == OK)
		return pgsql_simple(q, "RELEASE guard");
	if (e == ERR_STORE_CONFLICT && q->c && pgsql_simple(q, "ROLLBACK TO guard; RELEASE guard") != OK)
		return ERR_STORE;
	return e;
}

/*
 * Keys are handed out when a row is made and seen when it is committed, so a reader who asks for "everything
 * past 7" would miss a 6 that commits after the 7. Who holds this lock until the commit makes one order of
 * both.
 */
static enum err run_ordered(
    struct pgsql_db *q, const struct sql_statement *s, const void *in, struct sql_rows *rows)
{
	TRY(pgsql_simple(q, "SELECT pg_advisory_xact_lock(" PGSQL_LOCK_ORDERED ")"));
	TRY(run_prepared(q, s, in, rows));
	return pgsql_simple(q, "NOTIFY " PGSQL_CHANNEL);
}

static enum err run_ordered_alone(
    struct pgsql_db *q, const struct sql_statement *s, const void *in, struct sql_rows *rows)
{
	TRY(pgsql_simple(q, "BEGIN"));
	enum err e = run_ordered(q, s, in, rows);
	if (e == OK)
		return pgsql_simple(q, "COMMIT");
	if (q->c && pgsql_simple(q, "ROLLBACK") != OK)
		pgsql_drop(q);
	return e;
}

static enum err run(struct db *db, const struct sql_statement *s, const void *in, struct sql_rows *rows)
{
	struct pgsql_db *q = pgsql_of(db);

	if (db->open && !q->c)
		return ERR_STORE_GONE; /* and the transaction with it */
	for (int tries = 0;; tries++) {
		TRY(pgsql_connect(q));
		if (s->ordered)
			return db->open ? run_ordered(q, s, in, rows) : run_ordered_alone(q, s, in, rows);
		if (db->open && s->guarded)
			return run_guarded(q, s, in, rows);
		enum err e = run_prepared(q, s, in, rows);
		/*
		 * A connection that broke while it was idle shows at its next use; reading again harms
		 * nobody.
		 */
		if (e != ERR_STORE_GONE || db->open || s->writes || tries)
			return e;
	}
}

/* ---- transactions ---- */

static enum err begin_as(struct pgsql_db *q, const char *text)
{
	TRY(pgsql_connect(q));
	enum err e = pgsql_simple(q, text);
	if (e != ERR_STORE_GONE)
		return e;
	TRY(pgsql_connect(q)); /* it broke while it was idle */
	return pgsql_simple(q, text);
}

static void rollback(struct db *db)
{
	struct pgsql_db *q = pgsql_of(db);

	q->unhurried = false;
	if (q->c && PQtransactionStatus(q->c) != PQTRANS_IDLE && pgsql_simple(q, "ROLLBACK") != OK)
		pgsql_drop(q);
}

/* LOCK comes before the snapshot, so the job sees what the one that held the lock before it has done. */
static enum err begin(struct db *db, bool alone)
{
	static const char with_lock[] = "BEGIN; LOCK TABLE meta IN SHARE ROW EXCLUSIVE MODE";
	enum err e = begin_as(pgsql_of(db), alone ? with_lock : "BEGIN");

	if (e != OK)
		rollback(db);
	return e;
}

static bool inside(struct db *db)
{
	struct pgsql_db *q = pgsql_of(db);

	return q->c && PQtransactionStatus(q->c) == PQTRANS_INTRANS;
}

/* Without an answer nobody knows: the server may have committed and then lost the line. */
static enum err commit(struct db *db, bool *sure)
{
	struct pgsql_db *q = pgsql_of(db);

	*sure = true;
	if (!inside(db))
		return db_fail(
		    db, q->c ? ERR_STORE : ERR_STORE_GONE, "COMMIT of a transaction that had failed");
	enum err e = pgsql_simple(q, "COMMIT");
	*sure = q->c != NULL;
	q->unhurried = false;
	return e;
}

static enum err savepoint(struct db *db, enum sql_savepoint what)
{
	static const char *const texts[] = { [SAVEPOINT_SET] = "SAVEPOINT job",
		[SAVEPOINT_RELEASE] = "RELEASE job",
		[SAVEPOINT_BACK] = "ROLLBACK TO job; RELEASE job" };

	return inside(db) ? pgsql_simple(pgsql_of(db), texts[what]) : ERR_STORE;
}

/* Read committed: the look at the version must see what the node that held the lock before us has done. */
static enum err lock(struct db *db)
{
	struct pgsql_db *q = pgsql_of(db);

	TRY(begin_as(q, "BEGIN ISOLATION LEVEL READ COMMITTED"));
	q->unhurried = true;
	enum err e = pgsql_simple(q,
	    "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;"
	    "SELECT pg_advisory_xact_lock(" PGSQL_LOCK_MIGRATE ")");
	if (e != OK)
		rollback(db);
	return e;
}

static enum err script(struct db *db, const char *text)
{
	struct pgsql_db *q = pgsql_of(db);

	if (db->open && !inside(db))
		return ERR_STORE;
	TRY(pgsql_connect(q));
	return pgsql_simple(q, text);
}

static PGresult *ask(struct pgsql_db *q, const char *text)
{
	return pgsql_answer(q, PQsendQuery(q->c, text));
}

static enum err version(struct db *db, int64_t *out)
{
	struct pgsql_db *q = pgsql_of(db);

	*out = 0;
	TRY(pgsql_connect(q));
	PGresult *r =
	    ask(q, "SELECT count(*) FROM pg_class WHERE oid = to_regclass('meta') AND relkind = 'r'");
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		return pgsql_failed(q, r, "looking for the table meta");
	bool there = PQgetvalue(r, 0, 0)[0] == '1';
	PQclear(r);
	if (!there)
		return OK;
	r = ask(q, "SELECT value FROM meta WHERE name = 'version'");
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		return pgsql_failed(q, r, "reading the version");
	bool read = PQntuples(r) == 0 || str_int(str_of(PQgetvalue(r, 0, 0)), out);
	PQclear(r);
	return read ? OK : db_fail(db, ERR_STORE, "the version in the table meta is no number");
}

/* ---- opening and closing ---- */

static void close_handle(struct db *db)
{
	struct pgsql_db *q = pgsql_of(db);

	pgsql_drop(q);
	free(q->url);
	free(q);
}

static const struct driver driver = {
	.dialect = SQL_PGSQL,
	.shared = true,
	.close = close_handle,
	.run = run,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.inside = inside,
	.savepoint = savepoint,
	.lock = lock,
	.script = script,
	.version = version,
	.prepare = prepare,
};

enum err pgsql_open(str url, enum db_mode mode, struct db **out)
{
	TRY(pgsql_load());
	struct pgsql_db *q = calloc(1, sizeof *q + sql_statement_count * sizeof *q->prepared);
	char *z = malloc(url.n + 1);

	if (!q || !z)
		abort();
	memcpy(z, url.p, url.n);
	z[url.n] = 0;
	q->url = z;
	q->db = (struct db){ .driver = &driver, .mode = mode };
	enum err e = pgsql_connect(q);
	if (e != OK) {
		e = db_fail(NULL, e, "%s", q->db.why);
		close_handle(&q->db);
		return e;
	}
	*out = &q->db;
	return OK;
}
