#include "store/sweep.h"

#include "base/id.h"
#include "core/config.h"
#include "sql_gen.h"

#include <string.h>

#define SLICE 100
#define END INT64_MAX /* a walk is through */
#define HOUR ((int64_t)3600)
#define DAY (24 * HOUR)

/*
 * A code's row is what tells a replay from a guess, so it stays a while after it expired (a code lives a
 * minute).
 */
#define CODE_AGE HOUR
#define TXN_AGE HOUR          /* they live ten minutes */
#define DEVICE_AGE HOUR       /* they live ten minutes */
#define PUSHED_AGE (HOUR / 6) /* they live a minute and a half */
#define LINK_AFTER DAY        /* past its expiry: "used or expired" is a better answer than "unknown" */
#define SESSION_AFTER DAY
#define GRANT_AFTER (90 * DAY) /* Connections shows for so long what has ended */
#define THROTTLE_AFTER DAY
#define CLIENT_AFTER (30 * DAY)
/*
 * A retiring key stays while a token that it signed may be good: as long as any may live, not as long as those that are given
 * today, since tokens.access_ttl may have been longer when it signed.
 */
#define KEY_AFTER (ACCESS_TTL_MAX + HOUR)

struct job {
	struct arena *mem;
	int64_t tenant, now;
	const struct sweep *from;
	struct sweep to;
	bool more;
};

/* Rows made before this moment have smaller ids. */
static int64_t id_before(int64_t t)
{
	return id_make(t * 1000, 0);
}

static enum err sweep_oldest(struct db *db, struct job *j)
{
	const struct sweep_codes_in codes = { .tenant = j->tenant, .before = id_before(j->now - CODE_AGE) };
	const struct sweep_txns_in txns = { .tenant = j->tenant, .before = id_before(j->now - TXN_AGE) };
	const struct sweep_pushed_in pushed = { .tenant = j->tenant,
		.before = id_before(j->now - PUSHED_AGE) };
	const struct sweep_devices_in devices = { .tenant = j->tenant,
		.before = id_before(j->now - DEVICE_AGE) };
	const struct sweep_audit_in audit = { .tenant = j->tenant,
		.before = id_before(j->now - j->from->audit_keep) };
	const struct revocation_sweep_in revocations = { .now = j->now };
	const struct sweep_replays_in replays = { .tenant = j->tenant, .before = j->now };
	int64_t n[7] = { 0 };

	TRY(q_sweep_codes(db, j->mem, &codes, &n[0]));
	TRY(q_sweep_txns(db, j->mem, &txns, &n[1]));
	TRY(q_revocation_sweep(db, j->mem, &revocations, &n[2]));
	TRY(q_sweep_replays(db, j->mem, &replays, &n[4]));
	TRY(q_sweep_pushed(db, j->mem, &pushed, &n[5]));
	TRY(q_sweep_devices(db, j->mem, &devices, &n[6]));
	if (j->from->audit_keep)
		TRY(q_sweep_audit(db, j->mem, &audit, &n[3]));
	for (size_t i = 0; i < COUNT(n); i++)
		j->more |= n[i] == SLICE;
	return OK;
}

/* A walk that has come to its end stays there until all have, so that each round is finite. */
static enum err sweep_links(struct db *db, struct job *j)
{
	const struct sweep_links_to_in to = { .tenant = j->tenant, .after = j->from->link };
	struct sweep_links_to_out found;

	if (to.after == END)
		return OK;
	TRY(q_sweep_links_to(db, j->mem, &to, &found));
	const struct sweep_links_in in = {
		.tenant = j->tenant, .after = to.after, .last = found.last, .before = j->now - LINK_AFTER
	};
	j->to.link = found.last ? found.last : END;
	return found.last ? q_sweep_links(db, j->mem, &in, NULL) : OK;
}

static enum err sweep_sessions(struct db *db, struct job *j)
{
	const struct sweep_sessions_to_in to = { .tenant = j->tenant, .after = j->from->session };
	struct sweep_sessions_to_out found;

	if (to.after == END)
		return OK;
	TRY(q_sweep_sessions_to(db, j->mem, &to, &found));
	const struct sweep_sessions_in in = {
		.tenant = j->tenant, .after = to.after, .last = found.last, .before = j->now - SESSION_AFTER
	};
	j->to.session = found.last ? found.last : END;
	return found.last ? q_sweep_sessions(db, j->mem, &in, NULL) : OK;
}

static enum err sweep_grants(struct db *db, struct job *j)
{
	const struct sweep_grants_to_in to = { .tenant = j->tenant, .after = j->from->grant };
	struct sweep_grants_to_out found;

	if (to.after == END)
		return OK;
	TRY(q_sweep_grants_to(db, j->mem, &to, &found));
	const struct sweep_grants_in in = {
		.tenant = j->tenant, .after = to.after, .last = found.last, .before = j->now - GRANT_AFTER
	};
	j->to.grant = found.last ? found.last : END;
	const struct sweep_orphans_in orphans = {
		.tenant = j->tenant, .after = to.after, .last = found.last, .now = j->now
	};
	if (found.last)
		TRY(q_sweep_orphans(db, j->mem, &orphans, NULL));
	return found.last ? q_sweep_grants(db, j->mem, &in, NULL) : OK;
}

static enum err sweep_clients(struct db *db, struct job *j)
{
	const struct sweep_clients_to_in to = { .tenant = j->tenant, .after = j->from->client };
	struct sweep_clients_to_out found;

	if (to.after == END)
		return OK;
	TRY(q_sweep_clients_to(db, j->mem, &to, &found));
	const struct sweep_clients_in in = { .tenant = j->tenant,
		.after = to.after,
		.last = found.last,
		.before = j->now - CLIENT_AFTER,
		.now = j->now };
	j->to.client = found.last ? found.last : END;
	return found.last ? q_sweep_clients(db, j->mem, &in, NULL) : OK;
}

static enum err sweep_throttles(struct db *db, struct job *j)
{
	const str after = { (const char *)j->from->throttle, j->from->throttle_len };
	const struct sweep_throttles_to_in to = { .tenant = j->tenant, .after = after };
	const struct sweep_throttles_to_out *rows;
	size_t n;

	if (j->from->throttles_done)
		return OK;
	TRY(q_sweep_throttles_to(db, j->mem, &to, &rows, &n));
	j->to.throttles_done = n == 0 || rows[n - 1].hash.n > sizeof j->to.throttle;
	if (j->to.throttles_done)
		return OK;
	str last = rows[n - 1].hash;
	memcpy(j->to.throttle, last.p, last.n);
	j->to.throttle_len = last.n;
	const struct sweep_throttles_in in = { .tenant = j->tenant,
		.after = after,
		.last = last,
		.before = j->now - THROTTLE_AFTER,
		.now = j->now };
	return q_sweep_throttles(db, j->mem, &in, NULL);
}

/* The private part of a key goes when no token that it signed can be good any more. */
static enum err bury_keys(struct db *db, struct job *j)
{
	const struct signing_key_bury_in in = {
		.tenant = j->tenant, .before = j->now - KEY_AFTER, .now = j->now
	};

	return q_signing_key_bury(db, j->mem, &in, NULL);
}

static enum err run(struct db *db, void *arg)
{
	struct job *j = arg;

	j->to = *j->from;
	j->more = false;
	TRY(sweep_oldest(db, j));
	TRY(sweep_links(db, j));
	TRY(sweep_sessions(db, j));
	TRY(sweep_grants(db, j));
	TRY(sweep_clients(db, j));
	TRY(sweep_throttles(db, j));
	TRY(bury_keys(db, j));
	j->more |= j->to.link != END || j->to.session != END || j->to.grant != END || j->to.client != END ||
	    !j->to.throttles_done;
	if (!j->more) { /* the next round begins at the smallest keys */
		j->to.link = j->to.session = j->to.grant = j->to.client = 0;
		j->to.throttle_len = 0;
		j->to.throttles_done = false;
	}
	return OK;
}

enum err sweep_step(
    struct db *db, struct arena *mem, int64_t tenant, int64_t now, struct sweep *sweep, bool *more)
{
	struct job j = { .mem = mem, .tenant = tenant, .now = now, .from = sweep };

	*more = false;
	TRY(db_do(db, run, &j));
	*sweep = j.to;
	*more = j.more;
	return OK;
}
