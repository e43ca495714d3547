#include "store/db_fault.h"

#include "store/driver.h"

#include <stdlib.h>
#include <string.h>

struct fault_db {
	struct db db;
	struct driver driver; /* a copy for each handle, since dialect and shared are the inner one's */
	struct db *inner;
	struct fault *plan;
};

static struct fault_db *of(struct db *db)
{
	return (struct fault_db *)(void *)db;
}

/* True when it is this call's turn to fail. */
static bool strikes(struct fault_db *f)
{
	struct fault *p = f->plan;

	p->calls++;
	if (p->at == 0 || p->calls < p->at || (p->calls > p->at && !p->again))
		return false;
	(void)db_fail(&f->db, ERR_STORE_BUSY, "injected fault at call %lld", (long long)p->calls);
	if (p->ends && f->inner->open)
		tx_rollback(f->inner);
	return true;
}

static enum err told(struct fault_db *f, enum err e)
{
	if (e != OK)
		memcpy(f->db.why, f->inner->why, sizeof f->db.why);
	return e;
}

static void note(struct fault *p, const char *name)
{
	for (size_t i = 0; i < p->seen_count; i++)
		if (strcmp(p->seen[i], name) == 0)
			return;
	if (p->seen_count < FAULT_SEEN_MAX)
		p->seen[p->seen_count++] = name;
}

static enum err run(struct db *db, const struct sql_statement *s, const void *in, struct sql_rows *rows)
{
	struct fault_db *f = of(db);

	note(f->plan, s->name);
	if (f->plan->statement && strcmp(f->plan->statement, s->name) == 0)
		return db_fail(&f->db, f->plan->with, "injected fault of %s", s->name);
	return strikes(f) ? f->plan->with : told(f, f->inner->driver->run(f->inner, s, in, rows));
}

static enum err begin(struct db *db, bool alone)
{
	struct fault_db *f = of(db);

	return strikes(f) ? f->plan->with : told(f, tx_begin(f->inner, alone));
}

static enum err commit(struct db *db, bool *sure)
{
	struct fault_db *f = of(db);

	*sure = true;
	return strikes(f) ? f->plan->with : told(f, tx_commit(f->inner, sure));
}

static void rollback(struct db *db)
{
	tx_rollback(of(db)->inner);
}

static bool inside(struct db *db)
{
	struct db *inner = of(db)->inner;

	return inner->open && inner->driver->inside(inner);
}

static enum err savepoint(struct db *db, enum sql_savepoint what)
{
	struct fault_db *f = of(db);

	return strikes(f) ? f->plan->with : told(f, f->inner->driver->savepoint(f->inner, what));
}

static enum err lock(struct db *db)
{
	struct fault_db *f = of(db);

	if (strikes(f))
		return f->plan->with;
	TRY(told(f, f->inner->driver->lock(f->inner)));
	f->inner->open = true;
	f->inner->lost = OK;
	return OK;
}

static enum err script(struct db *db, const char *text)
{
	struct fault_db *f = of(db);

	return strikes(f) ? f->plan->with : told(f, f->inner->driver->script(f->inner, text));
}

static enum err version(struct db *db, int64_t *out)
{
	struct fault_db *f = of(db);

	return strikes(f) ? f->plan->with : told(f, f->inner->driver->version(f->inner, out));
}

static enum err prepare(struct db *db, const struct sql_statement *s)
{
	return told(of(db), of(db)->inner->driver->prepare(of(db)->inner, s));
}

static void close_handle(struct db *db)
{
	db_close(of(db)->inner);
	free(db);
}

struct db *db_fault(struct db *inner, struct fault *plan)
{
	struct fault_db *f = calloc(1, sizeof *f);

	if (!f)
		abort();
	f->driver = (struct driver){
		.dialect = inner->driver->dialect,
		.shared = inner->driver->shared,
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
	f->db = (struct db){ .driver = &f->driver, .mode = inner->mode };
	f->inner = inner;
	f->plan = plan;
	return &f->db;
}
