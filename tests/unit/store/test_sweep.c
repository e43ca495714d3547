/* What has had its day goes, what has not stays, and nobody else's rows are touched. */
#include "fixture.h"

#include "base/buf.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "sql_gen.h"
#include "store/driver.h"
#include "store/sweep.h"

#include <stdio.h>
#include <string.h>

#define NOW ((int64_t)1800000000)
#define DAY ((int64_t)86400)
#define OLD 250 /* rows to sweep: three slices */
#define YOUNG 120

/* A row for each table, as text: %s is filled with id, tenant, a blob of 32 bytes, and a time. */
static const struct table {
	const char *name;
	int64_t old, young; /* age in seconds of what goes and what stays */
	const char *insert; /* of id $I, tenant $T, hash $H, time $X */
} tables[] = {
	{ "code", 2 * 3600, 600,
	    "INSERT INTO code (id, tenant, hash, user_id, client, grant_id, redirect_uri, resource, scope, "
	    "challenge, nonce,"
	    " auth_time, methods, expires, uses) VALUES ($I, $T, $H, 1, 1, 1, '', '', '', '', '', 0, '', $X, "
	    "0)" },
	{ "txn", 2 * 3600, 600,
	    "INSERT INTO txn (id, tenant, browser, client_id, params, created, expires, done) VALUES ($I, "
	    "$T, $H, '', '', 0, $X, 0)" },
	{ "link", 3 * DAY, 3600,
	    "INSERT INTO link (id, tenant, hash, purpose, user_id, created, expires, used) VALUES ($I, $T, "
	    "$H, '', 1, 0, $X, 0)" },
	{ "session", 3 * DAY, 3600,
	    "INSERT INTO session (id, tenant, hash, user_id, created, seen, expires, auth_time, methods)"
	    " VALUES ($I, $T, $H, 1, 0, 0, $X, 0, '')" },
	{ "grants", 100 * DAY, 80 * DAY,
	    "INSERT INTO grants (id, tenant, user_id, client, resource, scope, redirect_host, created, "
	    "last_used, expires, ended,"
	    " ended_why, generation, token, parent, rotated, repeats, auth_time, methods)"
	    " VALUES ($I, $T, 1, 1, '', '', '', 0, 0, 4000000000, $X, 'revoked', 0, $H, $H, 0, 0, 0, '')" },
	{ "throttle", 3 * DAY, 3600,
	    "INSERT INTO throttle (hash, tenant, count, next, updated) VALUES ($H, $T, 1, 0, $X)" },
	{ "audit", 401 * DAY, 399 * DAY,
	    "INSERT INTO audit (id, tenant, at, event, actor, user_id, client, grant_id, ip, detail, version)"
	    " VALUES ($I, $T, $X, 'x', '', 0, '', 0, '', '', 1)" },
	{ "replay", 60, -60, "INSERT INTO replay (tenant, hash, until) VALUES ($T, $H, $X)" },
	{ "revocation", 60, -60,
	    "INSERT INTO revocation (tenant, kind, id, at, until) VALUES ($T, 'grant', 1, 0, $X)" },
	{ "pushed", 1200, 300,
	    "INSERT INTO pushed (id, tenant, hash, client_id, params, expires, used) VALUES ($I, $T, $H, '', "
	    "'', "
	    "$X, 0)" },
	{ "device", 2 * 3600, 600,
	    "INSERT INTO device (id, tenant, hash, user_code, client_id, resource, scope, ip, created, "
	    "expires, "
	    "polled, pace, state, user_id, client, auth_time, methods, session) VALUES ($I, $T, $H, $H, '', "
	    "'', "
	    "'', '', 0, $X, 0, 5, 'pending', 0, 0, 0, '', 0)" },
};

static int serial;

static void put_value(struct buf *b, struct db *db, char which, int64_t id, int64_t tenant, int64_t time)
{
	if (which == 'H')
		buf_printf(b, db_is_shared(db) ? "'\\x%064x'" : "x'%064x'", (unsigned)serial * 2654435761U);
	else
		buf_int(b, which == 'I' ? id : which == 'T' ? tenant : time);
}

static void put_row(struct db *db, const struct table *t, int64_t tenant, int64_t time)
{
	struct arena *mem = arena_new(65536);
	struct buf b = BUF(mem);
	int64_t id = id_make(time * 1000, (uint32_t)++serial);

	for (const char *p = t->insert; *p; p++) {
		if (*p == '$')
			put_value(&b, db, *++p, id, tenant, time);
		else
			buf_char(&b, *p);
	}
	buf_char(&b, '\0');
	assert_ok(db->driver->script(db, b.p));
	arena_unref(mem);
}

static int64_t sweep_all(struct db *db, struct sweep *s)
{
	int64_t steps = 0;
	bool more = true;

	while (more && steps < 100) {
		struct arena *mem = arena_new(1 << 20);
		assert_ok(sweep_step(db, mem, 1, NOW, s, &more));
		steps++;
		arena_unref(mem);
	}
	return steps;
}

static void old_rows_go_in_slices_and_young_ones_stay(void **state)
{
	const enum store_kind *kind = *state;
	struct db *db = store_open(store_fresh(*kind));
	struct sweep s = { .audit_keep = 400 * DAY };

	assert_ok(tx_begin(db, false));
	for (size_t i = 0; i < COUNT(tables); i++) {
		for (int k = 0; k < OLD; k++)
			put_row(db, &tables[i], 1, NOW - tables[i].old - k % 7);
		for (int k = 0; k < YOUNG; k++)
			put_row(db, &tables[i], 1, NOW - tables[i].young + k % 7);
		put_row(
		    db, &tables[i], 2, NOW - tables[i].old); /* another tenant's: its own sweep takes it */
	}
	assert_ok(tx_commit(db, &(bool){ false }));
	int64_t steps = sweep_all(db, &s);
	assert_true(steps >= 4 && steps < 20);
	for (size_t i = 0; i < COUNT(tables); i++) {
		assert_int_equal(store_count(db, tables[i].name, "tenant = 1"), YOUNG);
		bool everybodys = strcmp(tables[i].name, "revocation") == 0; /* a feed for all */
		assert_int_equal(store_count(db, tables[i].name, "tenant = 2"), everybodys ? 0 : 1);
	}
	/* the next round begins at the beginning, and finds nothing */
	assert_true(sweep_all(db, &s) < 20);
	for (size_t i = 0; i < COUNT(tables); i++)
		assert_int_equal(store_count(db, tables[i].name, "tenant = 1"), YOUNG);
	db_close(db);
}

static void audit_is_kept_for_ever_when_no_time_is_set(void **state)
{
	const enum store_kind *kind = *state;
	struct db *db = store_open(store_fresh(*kind));
	struct sweep s = { 0 };

	put_row(db, &tables[6], 1, NOW - 4000 * DAY);
	(void)sweep_all(db, &s);
	assert_int_equal(store_count(db, "audit", "1 = 1"), 1);
	db_close(db);
}

/* Of a deleted client all grants end, a slice at a time; a blocked one's wait for it, and another tenant's are not touched. */
static void what_a_deleted_client_was_given_ends(void **state)
{
	static const struct table live = { "grants", 0, 0,
		"INSERT INTO grants (id, tenant, user_id, client, resource, scope, redirect_host, created, "
		"last_used, "
		"expires, ended, ended_why, generation, token, parent, rotated, repeats, auth_time, methods)"
		" VALUES ($I, $T, 1, $T, '', '', '', 0, 0, 4000000000, 0, '', 0, $H, $H, 0, 0, 0, '')" };
	static const struct table client = { "client", 0, 0,
		"INSERT INTO client (id, tenant, hash, client_id, name, origin, status, auth_method, secret, "
		"redirect_uris, grant_types, scope, metadata, created, last_used) VALUES ($T, $T, $H, '', "
		"'', 'created', "
		"'blocked', 'none', $H, '', '', '', '', 0, 0)" };
	const enum store_kind *kind = *state;
	struct db *db = store_open(store_fresh(*kind));
	struct sweep s = { 0 };

	for (int64_t tenant = 1; tenant <= 2; tenant++) {
		put_row(db, &client, tenant, NOW);
		for (int i = 0; i < OLD; i++)
			put_row(db, &live, tenant, NOW - i);
	}
	(void)sweep_all(db, &s);
	assert_int_equal(store_count(db, "grants", "ended > 0"), 0);
	assert_ok(db->driver->script(db, "UPDATE client SET status = 'deleted'"));
	(void)sweep_all(db, &s);
	assert_int_equal(
	    store_count(db, "grants", "tenant = 1 AND ended > 0 AND ended_why = 'client deleted'"), OLD);
	assert_int_equal(store_count(db, "grants", "tenant = 2 AND ended > 0"), 0);
	db_close(db);
}

/* A row of a client: made so many days ago, last used so many days ago (-1: never, -2: when it was made). */
static void put_client(
    struct db *db, int64_t id, const char *origin, const char *status, int64_t made, int64_t used)
{
	struct arena *mem = arena_new(65536);
	int64_t created = NOW - made * DAY, last = used == -1 ? 0 : used == -2 ? created : NOW - used * DAY;
	str text = arena_printf(mem,
	    db_is_shared(db) ? "INSERT INTO client (id, tenant, hash, client_id, name, origin, status, "
			       "auth_method, secret, redirect_uris, "
			       "grant_types, scope, metadata, created, last_used) VALUES (%lld, 1, "
			       "'\\x%064llx', 'c%lld', '', '%s', '%s', "
			       "'none', '', '', '', '', '', %lld, %lld)"
			     : "INSERT INTO client (id, tenant, hash, client_id, name, origin, status, "
			       "auth_method, secret, redirect_uris, "
			       "grant_types, scope, metadata, created, last_used) VALUES (%lld, 1, "
			       "x'%064llx', 'c%lld', '', '%s', '%s', "
			       "'none', x'', '', '', '', '', %lld, %lld)",
	    (long long)id, (long long)id, (long long)id, origin, status, (long long)created, (long long)last);

	assert_ok(db->driver->script(db, text.p));
	arena_unref(mem);
}

/* A request that client `pushes` has pushed, and a device of client `waits`; both are good until `expires`. */
static void put_waiting(struct db *db, struct arena *mem, int64_t pushes, int64_t waits, int64_t expires,
    int used, const char *state)
{
	const char *none = db_is_shared(db) ? "''" : "x''";
	str pushed = arena_printf(mem,
	    "INSERT INTO pushed (id, tenant, hash, client_id, params, expires, used) VALUES (%lld, 1, %s, "
	    "'c%lld', '', %lld, %d)",
	    (long long)id_make(NOW * 1000, (uint32_t)pushes), none, (long long)pushes, (long long)expires,
	    used);
	str device = arena_printf(mem,
	    "INSERT INTO device (id, tenant, hash, user_code, client_id, resource, scope, ip, created, "
	    "expires, polled, pace, state, user_id, client, auth_time, methods, session) VALUES (%lld, 1, "
	    "%s, "
	    "%s%lld', 'c%lld', '', '', '', 1, %lld, 0, 5, '%s', 0, 0, 0, '', 0)",
	    (long long)id_make(NOW * 1000, (uint32_t)waits), none, db_is_shared(db) ? "'\\x" : "x'",
	    (long long)waits, (long long)waits, (long long)expires, state);

	assert_ok(db->driver->script(db, pushed.p));
	assert_ok(db->driver->script(db, device.p));
}

static void clients_that_nobody_uses_go_and_no_other(void **state)
{
	static const struct {
		int64_t id;
		const char *origin, *status;
		int64_t made, used;
		bool stays;
		const char *why;
	} rows[] = {
		{ 1, "registered", "active", 31, -1, false, "never used" },
		{ 2, "registered", "active", 31, -2, false, "never used, of the first version" },
		{ 3, "registered", "active", 29, -1, true, "has a month" },
		{ 4, "registered", "active", 900, 800, true, "its id is all that its owner has" },
		{ 5, "registered", "blocked", 900, -1, true, "the row is what blocks it" },
		{ 6, "document", "active", 900, 31, false, "gets a new row when it comes again" },
		{ 7, "document", "active", 900, 29, true, "used lately" },
		{ 8, "document", "blocked", 900, 800, true, "the row is what blocks it" },
		{ 9, "sealed", "active", 900, 31, false, "gets a new row when it comes again" },
		{ 10, "config", "active", 900, 31, true, "the file's" },
		{ 11, "created", "active", 900, -1, true, "made by somebody" },
		{ 12, "registered", "active", 31, -1, true, "a live grant" },
		{ 13, "document", "active", 900, 800, true, "a live grant" },
		{ 14, "sealed", "active", 900, 800, true, "a yes that is remembered" },
		{ 15, "registered", "active", 31, -1, true, "a code that is not redeemed yet" },
		{ 16, "registered", "active", 31, -1, true, "somebody is signing in for it" },
		{ 17, "registered", "active", 31, -1, true, "it has pushed a request" },
		{ 18, "registered", "active", 31, -1, true, "a device of it waits" },
		{ 19, "registered", "active", 31, -1, false, "its pushed request was used" },
		{ 20, "registered", "active", 31, -1, false, "its device was refused" },
		{ 21, "registered", "active", 31, -1, false, "its pushed request has expired" },
		{ 22, "registered", "active", 31, -1, false, "its device has waited too long" },
	};
	const enum store_kind *kind = *state;
	struct db *db = store_open(store_fresh(*kind));
	struct sweep s = { 0 };
	char where[32];

	for (size_t i = 0; i < COUNT(rows); i++)
		put_client(db, rows[i].id, rows[i].origin, rows[i].status, rows[i].made, rows[i].used);
	for (int64_t id = 1000; id < 1250; id++) /* more than a slice of each */
		put_client(db, id, "registered", "active", 40, -1);
	/* young ids, so that the sweeps of their own tables leave them alone */
	struct arena *mem = arena_new(65536);
	for (int64_t client = 12; client <= 13; client++) {
		str g = arena_printf(mem,
		    "INSERT INTO grants (id, tenant, user_id, client, resource, scope, redirect_host, "
		    "created, last_used, expires, "
		    "ended, ended_why, generation, token, parent, rotated, repeats, auth_time, methods) "
		    "VALUES (%lld, 1, 1, %lld, "
		    "'', '', '', 0, 0, 4000000000, 0, '', 0, %s, %s, 0, 0, 0, '')",
		    (long long)id_make(NOW * 1000, (uint32_t)client), (long long)client,
		    db_is_shared(db) ? "''" : "x''", db_is_shared(db) ? "''" : "x''");
		assert_ok(db->driver->script(db, g.p));
	}
	assert_ok(db->driver->script(db, "INSERT INTO consent VALUES (1, 14, '', '', 1, '', 1)"));
	str young = arena_printf(mem, "%lld", (long long)id_make(NOW * 1000, 77));
	str code = arena_printf(mem,
	    "INSERT INTO code (id, tenant, user_id, client, grant_id, redirect_uri, resource, scope, "
	    "challenge, nonce, auth_time, methods, "
	    "expires, uses, hash) VALUES (%.*s, 1, 1, 15, 1, '', '', '', '', '', 0, '', 1, 0, %s)",
	    FMT(young), db_is_shared(db) ? "''" : "x''");
	assert_ok(db->driver->script(db, code.p));
	str txn = arena_printf(mem,
	    "INSERT INTO txn (id, tenant, client_id, params, created, expires, done, browser) VALUES (%.*s, "
	    "1, 'c16', '', 1, 1, 0, %s)",
	    FMT(young), db_is_shared(db) ? "''" : "x''");
	assert_ok(db->driver->script(db, txn.p));
	put_waiting(db, mem, 17, 18, NOW + 60, 0, "pending");
	put_waiting(db, mem, 19, 20, NOW + 60, 1, "denied");
	put_waiting(db, mem, 21, 22, NOW, 0, "pending");

	assert_true(sweep_all(db, &s) < 20);
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(where, sizeof where, "id = %lld", (long long)rows[i].id);
		if (store_count(db, "client", where) != rows[i].stays)
			fail_msg("%lld, %s: %s", (long long)rows[i].id, rows[i].origin, rows[i].why);
	}
	assert_int_equal(store_count(db, "client", "id >= 1000"), 0);
	arena_unref(mem);
	db_close(db);
}

int main(void)
{
	static enum store_kind kinds[] = { STORE_FILE, STORE_MEMORY, STORE_PGSQL };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(old_rows_go_in_slices_and_young_ones_stay, &kinds[0]),
		cmocka_unit_test_prestate(old_rows_go_in_slices_and_young_ones_stay, &kinds[1]),
		cmocka_unit_test_prestate(old_rows_go_in_slices_and_young_ones_stay, &kinds[2]),
		cmocka_unit_test_prestate(what_a_deleted_client_was_given_ends, &kinds[0]),
		cmocka_unit_test_prestate(what_a_deleted_client_was_given_ends, &kinds[2]),
		cmocka_unit_test_prestate(clients_that_nobody_uses_go_and_no_other, &kinds[0]),
		cmocka_unit_test_prestate(clients_that_nobody_uses_go_and_no_other, &kinds[2]),
		cmocka_unit_test_prestate(audit_is_kept_for_ever_when_no_time_is_set, &kinds[0]),
		cmocka_unit_test_prestate(audit_is_kept_for_ever_when_no_time_is_set, &kinds[2]),
	};

	fixture_quiet();
	return crypto_start() == OK ? cmocka_run_group_tests_name("sweep", tests, NULL, NULL) : 1;
}
