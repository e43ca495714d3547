#include "app/serve_inner.h"
#include "base/time.h"
#include "sql_gen.h"
#include "store/db.h"

#define CLOCK_BEGINS 1700000000 /* 2023: nothing of ours was written before */
#define CLOCK_BACK 300          /* seconds */

struct address {
	struct arena *mem;
	str base_url;
	bool accept;
	str before;
};

/* base_url is the issuer: what was signed under another one is void, so a change must be meant. */
static enum err check_address(struct db *db, void *arg)
{
	struct address *a = arg;
	struct meta_get_in in = { .name = S("base_url") };
	struct meta_get_out row;
	enum err e = q_meta_get(db, a->mem, &in, &row);

	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	if (e == OK && str_eq(row.value, a->base_url))
		return OK;
	if (e == OK && !a->accept) {
		a->before = row.value;
		return ERR_OP_PRECONDITION;
	}
	return q_meta_put(db, a->mem, &(struct meta_put_in){ .name = in.name, .value = a->base_url }, NULL);
}

/*
 * With a clock that was set back, tokens that have expired would be good again, and new ids would no longer be the
 * newest. Nodes may differ a little.
 */
static enum err check_clock(struct serve *s, struct arena *mem)
{
	int64_t now = time_now();
	struct audit_newest_out newest = { 0 };
	enum err e = q_audit_newest(s->db, mem, &newest);

	if (e == ERR_NOT_FOUND)
		e = OK;
	if (e != OK || (now > CLOCK_BEGINS && newest.at <= now + CLOCK_BACK))
		return e;
	str says = time_rfc3339(mem, now), last = time_rfc3339(mem, newest.at);
	if (newest.at)
		buf_printf(&s->why,
		    "the clock of this machine says %.*s, but the store was last written at %.*s. Set the "
		    "clock: with one "
		    "that goes back, tokens that have expired would be good again",
		    FMT(says), FMT(last));
	else
		buf_printf(&s->why, "the clock of this machine says %.*s. Set it: tokens are good for a time",
		    FMT(says));
	return ERR_INTERNAL;
}

enum err serve_open_store(struct serve *s)
{
	const struct config *c = s->config;
	struct arena *mem = arena_new(65536);
	struct address a = { .mem = mem, .base_url = c->base_url, .accept = c->accept_new_base_url };

	enum err e = db_open(c->store, DB_WRITE, &s->db);
	if (e == OK)
		e = db_migrate(s->db);
	if (e == OK)
		e = db_do(s->db, check_address, &a);
	if (e == OK)
		e = check_clock(s, mem);
	if (e == ERR_OP_PRECONDITION)
		buf_printf(&s->why,
		    "base_url is %.*s, and this store has served %.*s. Changing it signs everybody out; if "
		    "that is "
		    "meant, start once with --accept-new-base-url",
		    FMT(c->base_url), FMT(a.before));
	else if (e != OK && s->why.n == 0)
		(void)serve_failed(s, e, "the store");
	arena_unref(mem);
	return e;
}
