/* What every store does alike: the same cases on a file, in memory and on PostgreSQL. */
#include "fixture.h"

#include "base/id.h"
#include "crypto/crypto.h"
#include "sql_gen.h"
#include "store/audit.h"
#include "store/driver.h"
#include "store/feed.h"
#include "store/keyring.h"
#include "store/seal.h"
#include "store/tenant.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char master_text[] = "0123456789abcdef0123456789abcdef";

static struct secret master(void)
{
	return secret_of(str_of(master_text));
}

/* What a case gets: an open and empty store, its address, and an arena. */
struct store {
	str url;
	struct db *db;
	struct arena *mem;
	enum store_kind kind;
};

static enum err put_tenant(struct db *db, int64_t id, const char *slug)
{
	const struct tenant_put_in in = {
		.id = id, .account = 1, .slug = str_of(slug), .name = S("T"), .settings = S("{}")
	};

	return q_tenant_put(db, NULL, &in, NULL);
}

static bool has_tenant(struct store *s, const char *slug)
{
	struct tenant_by_slug_out row;
	enum err e =
	    q_tenant_by_slug(s->db, s->mem, &(struct tenant_by_slug_in){ .slug = str_of(slug) }, &row);

	if (e != ERR_NOT_FOUND)
		assert_ok(e);
	return e == OK;
}

/* ---- values ---- */

static void a_row_comes_back_byte_for_byte(struct store *s)
{
	static const int64_t numbers[] = { 0, 1, -1, 127, 128, -129, INT64_MAX, INT64_MIN };

	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct audit_put_in in = { .id = (int64_t)i + 1,
			.tenant = 7,
			.at = numbers[i],
			.event = S("a.b"),
			.actor = S("Zo\xc3\xab <\xf0\x9f\x94\x91>"),
			.user_id = numbers[i],
			.client = S("it's \"quoted\"; --"),
			.detail = S("{\"a\":\"\\u0000\"}"),
			.version = 1 };
		const struct audit_list_out *rows;
		size_t n;
		assert_ok(q_audit_put(s->db, s->mem, &in, NULL));
		assert_ok(q_audit_list(s->db, s->mem,
		    &(struct audit_list_in){ .tenant = 7, .after = (int64_t)i, .limit = 10 }, &rows, &n));
		assert_int_equal(n, 1);
		assert_true(rows[0].at == numbers[i] && rows[0].user_id == numbers[i]);
		assert_true(str_eq(rows[0].actor, in.actor));
		assert_true(str_eq(rows[0].client, in.client));
		assert_true(str_eq(rows[0].detail, in.detail));
		assert_int_equal(rows[0].ip.n, 0);
	}
}

static void a_blob_holds_any_byte_and_may_be_empty(struct store *s)
{
	char all[256];
	struct secret_get_out out;

	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (char)i;
	assert_ok(q_secret_put(
	    s->db, s->mem, &(struct secret_put_in){ .name = S("all"), .sealed = { all, sizeof all } }, NULL));
	assert_ok(q_secret_put(
	    s->db, s->mem, &(struct secret_put_in){ .name = S("none"), .sealed = { NULL, 0 } }, NULL));
	assert_ok(q_secret_get(s->db, s->mem, &(struct secret_get_in){ .name = S("all") }, &out));
	assert_true(str_eq(out.sealed, (str){ all, sizeof all }));
	assert_ok(q_secret_get(s->db, s->mem, &(struct secret_get_in){ .name = S("none") }, &out));
	assert_int_equal(out.sealed.n, 0);
}

static void what_is_not_there_is_not_found(struct store *s)
{
	struct secret_get_out out;

	assert_int_equal(
	    q_secret_get(s->db, s->mem, &(struct secret_get_in){ .name = S("x") }, &out), ERR_NOT_FOUND);
}

static void a_text_with_a_nul_or_without_utf8_is_refused(struct store *s)
{
	struct meta_put_in in = { .name = S("a\0b"), .value = S("v") };

	assert_int_equal(q_meta_put(s->db, s->mem, &in, NULL), ERR_PARAM_SYNTAX);
	in.name = S("a\xff");
	assert_int_equal(q_meta_put(s->db, s->mem, &in, NULL), ERR_PARAM_SYNTAX);
	in.name = S("a");
	assert_ok(q_meta_put(s->db, s->mem, &in, NULL));
}

static void many_rows_come_in_order_and_end_at_a_thousand(struct store *s)
{
	const struct tenant_list_out *rows;
	char slug[16];
	size_t n;

	assert_ok(tx_begin(s->db, false));
	for (int i = 1; i <= 1005; i++) {
		(void)snprintf(slug, sizeof slug, "s%d", i);
		assert_ok(put_tenant(s->db, i, slug));
	}
	assert_ok(tx_commit(s->db, &(bool){ false }));
	assert_ok(q_tenant_list(s->db, s->mem, &(struct tenant_list_in){ .after = 0 }, &rows, &n));
	assert_int_equal(n, 1000);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rows[i].id, i + 1);
	assert_true(str_eq(rows[999].slug, S("s1000")));
	assert_ok(q_tenant_list(s->db, s->mem, &(struct tenant_list_in){ .after = 1000 }, &rows, &n));
	assert_int_equal(n, 5);
}

static void an_exec_says_how_many_rows_changed(struct store *s)
{
	const struct signing_key_move_in nobody = { .id = 5, .tenant = 1, .state = S("gone") };
	int64_t n = -1;

	assert_ok(q_signing_key_move(s->db, s->mem, &nobody, &n));
	assert_int_equal(n, 0);
	for (int i = 0; i < 3; i++)
		assert_ok(q_audit_put(s->db, s->mem, &(struct audit_put_in){ .id = i + 1, .tenant = 1 }, &n));
	assert_int_equal(n, 1);
	assert_ok(q_sweep_audit(s->db, s->mem, &(struct sweep_audit_in){ .tenant = 1, .before = 3 }, &n));
	assert_int_equal(n, 2);
}

static void a_row_that_the_arena_has_no_room_for_is_too_large(struct store *s)
{
	static char big[5000];
	struct arena *small = arena_new(1000);
	struct secret_get_out out;
	const struct secret_get_in in = { .name = S("big") };

	assert_ok(q_secret_put(
	    s->db, s->mem, &(struct secret_put_in){ .name = S("big"), .sealed = { big, sizeof big } }, NULL));
	assert_int_equal(q_secret_get(s->db, small, &in, &out), ERR_TOO_LARGE);
	assert_ok(q_secret_get(s->db, s->mem, &in, &out)); /* and the handle is as it was */
	arena_unref(small);
}

static void every_baked_statement_prepares(struct store *s)
{
	str why = S("");

	if (db_prepare_all(s->db, &why) != OK)
		fail_msg("%.*s", FMT(why));
}

/* ---- transactions ---- */

static enum err conflict_then_go_on(struct db *db, void *arg)
{
	(void)arg;
	TRY(put_tenant(db, 1, "a"));
	enum err e = put_tenant(db, 2, "a");
	if (e != ERR_STORE_CONFLICT)
		return ERR_INTERNAL;
	return put_tenant(db, 3, "b");
}

static void a_taken_value_is_a_conflict_and_the_transaction_lives_on(struct store *s)
{
	assert_ok(db_do(s->db, conflict_then_go_on, NULL));
	assert_true(has_tenant(s, "a") && has_tenant(s, "b"));
	assert_int_equal(put_tenant(s->db, 4, "a"), ERR_STORE_CONFLICT);
	assert_ok(put_tenant(s->db, 4, "c"));
}

static enum err conflict_on_a_key(struct db *db, void *arg)
{
	(void)arg;
	TRY(q_audit_put(db, NULL, &(struct audit_put_in){ .id = 1, .tenant = 1 }, NULL));
	return q_audit_put(db, NULL, &(struct audit_put_in){ .id = 1, .tenant = 1 }, NULL);
}

static void a_taken_key_is_never_a_success(struct store *s)
{
	assert_int_equal(db_do(s->db, conflict_on_a_key, NULL), ERR_STORE);
	assert_ok(put_tenant(s->db, 1, "a"));
}

struct drawer {
	int runs;
	int64_t *ids; /* one a run */
};

static enum err draw_an_id(struct db *db, void *arg)
{
	struct drawer *d = arg;

	return q_audit_put(db, NULL, &(struct audit_put_in){ .id = d->ids[d->runs++], .tenant = 1 }, NULL);
}

static void a_job_that_drew_a_taken_id_is_run_again(struct store *s)
{
	int64_t ids[3][3] = { { 1 }, { 1, 1, 2 }, { 3 } };
	struct drawer d[3] = { { 0, ids[0] }, { 0, ids[1] }, { 0, ids[2] } };
	struct db_job jobs[3], *list[3];

	for (int i = 0; i < 3; i++) {
		jobs[i] = (struct db_job){ .run = draw_an_id, .arg = &d[i] };
		list[i] = &jobs[i];
	}
	/* what a job of the first try drew may be drawn again in the second: each run is a new one */
	ids[0][1] = ids[0][2] = 1;
	ids[2][1] = ids[2][2] = 3;
	db_group(s->db, list, 3);
	for (int i = 0; i < 3; i++)
		assert_ok(jobs[i].result);
	assert_int_equal(store_count(s->db, "audit", "id IN (1, 2, 3)"), 3);
}

struct step {
	const char *slug;
	enum err result;
	int runs;
};

static enum err run_step(struct db *db, void *arg)
{
	struct step *t = arg;

	t->runs++;
	TRY(put_tenant(db, t->slug[0], t->slug));
	return t->result;
}

static void run_group(struct store *s, struct step *steps, struct db_job *jobs, size_t n)
{
	struct db_job *list[64];

	for (size_t i = 0; i < n; i++) {
		jobs[i] = (struct db_job){ .run = run_step, .arg = &steps[i], .result = ERR_CANCELLED };
		list[i] = &jobs[i];
	}
	db_group(s->db, list, n);
}

static void a_refusal_commits_and_a_fault_rolls_back_alone(struct store *s)
{
	struct step steps[] = { { "a", OK }, { "b", ERR_PASSWORD_WRONG }, { "c", ERR_CRYPTO },
		{ "d", ERR_NEED }, { "e", ERR_INTERNAL }, { "f", OK } };
	struct db_job jobs[COUNT(steps)];

	run_group(s, steps, jobs, COUNT(steps));
	for (size_t i = 0; i < COUNT(steps); i++) {
		assert_int_equal(jobs[i].result, steps[i].result);
		bool fault = steps[i].result && err_row(steps[i].result)->kind == ERR_KIND_FAULT;
		assert_int_equal(has_tenant(s, steps[i].slug), !fault);
	}
}

static void a_group_without_faults_runs_each_job_once(struct store *s)
{
	struct step steps[] = { { "a", OK }, { "b", ERR_CODE_REPLAYED }, { "c", OK } };
	struct db_job jobs[COUNT(steps)];

	run_group(s, steps, jobs, COUNT(steps));
	for (size_t i = 0; i < COUNT(steps); i++)
		assert_int_equal(steps[i].runs, 1);
	db_group(s->db, NULL, 0);
}

static enum err see_the_one_before(struct db *db, void *arg)
{
	struct arena *mem = arg;
	struct tenant_by_slug_out row;

	return q_tenant_by_slug(db, mem, &(struct tenant_by_slug_in){ .slug = S("a") }, &row);
}

static void a_job_sees_what_the_one_before_it_wrote(struct store *s)
{
	struct step step = { "a", OK };
	struct db_job first = { .run = run_step, .arg = &step },
		      second = { .run = see_the_one_before, .arg = s->mem };

	db_group(s->db, (struct db_job *[]){ &first, &second }, 2);
	assert_ok(first.result);
	assert_ok(second.result);
}

static void a_reader_sees_only_what_was_committed(struct store *s)
{
	struct db *reader = store_reader(s->url);
	struct store r = { .db = reader, .mem = s->mem };

	assert_ok(tx_begin(s->db, false));
	assert_ok(put_tenant(s->db, 1, "a"));
	if (s->kind != STORE_MEMORY) /* there a reader waits for the writer */
		assert_false(has_tenant(&r, "a"));
	assert_ok(tx_commit(s->db, &(bool){ false }));
	assert_true(has_tenant(&r, "a"));
	assert_ok(tx_begin(s->db, false));
	assert_ok(put_tenant(s->db, 2, "b"));
	tx_rollback(s->db);
	assert_false(has_tenant(&r, "b"));
	db_close(reader);
}

static void a_reader_cannot_write(struct store *s)
{
	struct db *reader = store_reader(s->url);
	struct step step = { "a", OK };

	assert_int_equal(put_tenant(reader, 1, "a"), ERR_STORE);
	assert_int_equal(db_do(reader, run_step, &step), ERR_STORE);
	assert_int_equal(db_migrate(reader), ERR_STORE);
	if (s->kind != STORE_MEMORY) /* the engine refuses too, should we ever forget */
		assert_int_not_equal(reader->driver->script(reader, "DELETE FROM tenant"), OK);
	db_close(reader);
}

static void closing_in_mid_transaction_forgets_it(struct store *s)
{
	struct db *other = store_open(s->url);

	assert_ok(tx_begin(other, false));
	assert_ok(put_tenant(other, 1, "a"));
	db_close(other);
	assert_false(has_tenant(s, "a"));
	assert_ok(put_tenant(s->db, 1, "a"));
}

/* ---- versions ---- */

static void migrating_again_changes_nothing(struct store *s)
{
	struct meta_get_out out;
	int64_t version;

	assert_ok(put_tenant(s->db, 1, "a"));
	assert_ok(db_migrate(s->db));
	assert_true(has_tenant(s, "a"));
	assert_ok(q_meta_get(s->db, s->mem, &(struct meta_get_in){ .name = S("version") }, &out));
	assert_true(str_int(out.value, &version) && version == sql_version);
}

static void a_store_of_a_newer_program_is_refused(struct store *s)
{
	struct db *other = NULL;

	assert_ok(q_meta_put(
	    s->db, s->mem, &(struct meta_put_in){ .name = S("version"), .value = S("999") }, NULL));
	assert_int_equal(db_open(s->url, DB_WRITE, &other), ERR_STORE_NEWER);
	assert_int_equal(db_open(s->url, DB_READ, &other), ERR_STORE_NEWER);
	assert_null(other);
	assert_true(str_find(db_why(NULL), S("999")) >= 0);
	assert_int_equal(db_migrate(s->db), ERR_STORE_NEWER);
}

/* ---- what a node makes when it starts ---- */

struct node {
	pthread_t thread;
	struct store *s;
	pthread_barrier_t *gate;
	struct arena *mem;
	enum err e;
	char why[300];
	int64_t tenant;
	unsigned char root[ROOT_SIZE];
	char kid[64];
	size_t keys;
};

/* All nodes come to each step together, also those that an earlier one failed. */
static void start_node(struct node *n, struct db *db)
{
	struct tenant_by_slug_out tenant = { 0 };
	struct store_secrets secrets;
	struct keyring ring;

	pthread_barrier_wait(n->gate);
	if (n->e == OK)
		n->e = db_migrate(db);
	pthread_barrier_wait(n->gate);
	if (n->e == OK)
		n->e = tenant_load_first(db, n->mem, 1800000000000, &tenant);
	n->tenant = tenant.id;
	pthread_barrier_wait(n->gate);
	if (n->e == OK)
		n->e = store_secrets_load(db, n->mem, master(), &secrets);
	if (n->e == OK)
		memcpy(n->root, secrets.root.bytes, ROOT_SIZE);
	pthread_barrier_wait(n->gate);
	if (n->e == OK)
		n->e = keyring_load(db, n->mem, master(), tenant.id, ALG_ES256, 1800000000000, &ring);
	pthread_barrier_wait(n->gate);
	if (n->e != OK)
		return;
	keyring_free(&ring);
	n->e = keyring_load(db, n->mem, master(), tenant.id, ALG_ES256, 1800000000000, &ring);
	if (n->e != OK)
		return;
	(void)snprintf(n->kid, sizeof n->kid, "%.*s", FMT(ring.active->kid));
	n->keys = ring.count;
	keyring_free(&ring);
}

static void *run_node(void *arg)
{
	struct node *n = arg;
	struct db *db = NULL;

	n->mem = arena_new(1 << 20);
	n->e = db_open(n->s->url, DB_WRITE, &db);
	start_node(n, db);
	if (n->e != OK)
		(void)snprintf(n->why, sizeof n->why, "%.*s", FMT(db_why(db)));
	db_close(db);
	arena_unref(n->mem);
	return NULL;
}

static void nodes_that_start_together_have_one_tenant_one_secret_and_one_key(struct store *s)
{
	struct node nodes[4] = { { .s = s }, { .s = s }, { .s = s }, { .s = s } };
	str url = store_fresh(s->kind);
	struct store fresh = { .url = url, .kind = s->kind };
	pthread_barrier_t gate;
	/* a store in memory is there only while somebody holds it */
	struct db *holder = NULL;

	assert_ok(db_open(url, DB_WRITE, &holder));
	pthread_barrier_init(&gate, NULL, COUNT(nodes));
	for (size_t i = 0; i < COUNT(nodes); i++) {
		nodes[i].gate = &gate;
		nodes[i].s = &fresh;
		assert_int_equal(pthread_create(&nodes[i].thread, NULL, run_node, &nodes[i]), 0);
	}
	for (size_t i = 0; i < COUNT(nodes); i++)
		pthread_join(nodes[i].thread, NULL);
	for (size_t i = 0; i < COUNT(nodes); i++) {
		if (nodes[i].e != OK)
			fail_msg("%s: %s", err_row(nodes[i].e)->name, nodes[i].why);
		assert_true(nodes[i].tenant == nodes[0].tenant && nodes[i].tenant != 0);
		assert_memory_equal(nodes[i].root, nodes[0].root, ROOT_SIZE);
		assert_string_equal(nodes[i].kid, nodes[0].kid);
		assert_int_equal(nodes[i].keys, 2); /* the active one and the next */
	}
	pthread_barrier_destroy(&gate);
	db_close(holder);
}

/* ---- the feed ---- */

#define WRITERS 3
#define EACH 40

struct writer {
	pthread_t thread;
	struct store *s;
	int64_t first;
	enum err e;
};

static enum err revoke(struct db *db, void *arg)
{
	const int64_t *id = arg;

	return q_revocation_put(db, NULL,
	    &(struct revocation_put_in){ .tenant = 1, .kind = S("grant"), .id = *id, .at = 1, .until = 1000 },
	    NULL);
}

static void *run_writer(void *arg)
{
	struct writer *w = arg;
	struct db *db = NULL;

	w->e = db_open(w->s->url, DB_WRITE, &db);
	for (int64_t i = 0; w->e == OK && i < EACH; i++) {
		int64_t id = w->first + i;
		/* half of them outside a group, as a verb of the command line might */
		do
			w->e = i % 2 ? db_do(db, revoke, &id) : revoke(db, &id);
		while (w->e == ERR_STORE_BUSY);
	}
	db_close(db);
	return NULL;
}

static size_t read_new(struct store *s, struct db *reader, struct feed *feed, bool *seen)
{
	const struct revocation_since_out *rows;
	int64_t last = feed->seq;
	size_t n;

	enum err e = feed_read(reader, s->mem, 10, feed, &rows, &n);
	if (e == ERR_STORE_BUSY)
		return 0;
	assert_ok(e);
	for (size_t i = 0; i < n; i++) {
		assert_true(rows[i].seq > last);
		last = rows[i].seq;
		assert_false(seen[rows[i].id]);
		seen[rows[i].id] = true;
	}
	return n;
}

static void the_feed_misses_nothing_while_several_nodes_write(struct store *s)
{
	struct writer w[WRITERS];
	bool seen[WRITERS * EACH] = { false };
	struct db *reader = store_reader(s->url);
	struct feed feed = { 0 };
	size_t n = 0;

	for (int i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){ .s = s, .first = i * EACH };
		assert_int_equal(pthread_create(&w[i].thread, NULL, run_writer, &w[i]), 0);
	}
	for (int i = 0; n < COUNT(seen) && i < 200000; i++)
		n += read_new(s, reader, &feed, seen);
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(w[i].thread, NULL);
		assert_ok(w[i].e);
	}
	n += read_new(s, reader, &feed, seen);
	assert_int_equal(n, COUNT(seen));
	db_close(reader);
}

static void the_feed_forgets_what_has_expired_and_never_counts_backwards(struct store *s)
{
	const struct revocation_since_out *rows;
	struct feed feed = { 0 };
	int64_t id = 1, gone = 0;
	size_t n;

	assert_ok(db_do(s->db, revoke, &id));
	assert_ok(feed_read(s->db, s->mem, 2000, &feed, &rows, &n));
	assert_int_equal(n, 0); /* until has passed */
	assert_ok(feed_read(s->db, s->mem, 10, &feed, &rows, &n));
	assert_int_equal(n, 1);
	int64_t seq = rows[0].seq;
	assert_ok(q_revocation_sweep(s->db, s->mem, &(struct revocation_sweep_in){ .now = 2000 }, &gone));
	assert_int_equal(gone, 1);
	assert_ok(db_do(s->db, revoke, &id));
	assert_ok(feed_read(s->db, s->mem, 10, &feed, &rows, &n));
	assert_int_equal(n, 1);
	assert_true(rows[0].seq > seq);
}

/* ---- audit ---- */

static void the_audit_is_listed_by_time_event_user_and_client(struct store *s)
{
	struct site site = { .tenant = { .id = 5 } };
	struct http_req req = { .peer = S("192.0.2.7") };
	struct ctx c = { .mem = s->mem, .site = &site, .req = &req, .db = s->db };
	const struct audit_list_out *rows;
	size_t n;

	for (int i = 0; i < 6; i++) {
		c.now = 1800000000 + i;
		c.now_ms = c.now * 1000;
		c.actor = (struct actor){
			.os = i == 5, .name = S("root"), .email = S("a@example.com"), .user = 11
		};
		const struct audit a = { .event = i % 2 ? S("auth.token.code") : S("admin.user.create"),
			.user = i == 3 ? 12 : 0,
			.client = i == 1 ? S("cid") : S(""),
			.detail = S("{}") };
		assert_ok(audit_put(&c, &a));
	}
	struct audit_list_in in = { .tenant = 5, .limit = 100 };
	assert_ok(q_audit_list(s->db, s->mem, &in, &rows, &n));
	assert_int_equal(n, 6);
	assert_true(str_eq(rows[0].actor, S("a@example.com")) && str_eq(rows[5].actor, S("os:root")));
	assert_true(str_eq(rows[0].ip, S("192.0.2.7")) && rows[0].user_id == 11 && rows[0].at == 1800000000);
	in.after = id_make(1800000003000, 0) - 1;
	assert_ok(q_audit_list(s->db, s->mem, &in, &rows, &n));
	assert_int_equal(n, 3);
	in = (struct audit_list_in){ .tenant = 5, .event = S("auth"), .limit = 100 };
	assert_ok(q_audit_list(s->db, s->mem, &in, &rows, &n));
	assert_int_equal(n, 3);
	in = (struct audit_list_in){ .tenant = 5, .user_id = 12, .limit = 100 };
	assert_ok(q_audit_list(s->db, s->mem, &in, &rows, &n));
	assert_int_equal(n, 1);
	in = (struct audit_list_in){ .tenant = 5, .client = S("cid"), .limit = 100 };
	assert_ok(q_audit_list(s->db, s->mem, &in, &rows, &n));
	assert_int_equal(n, 1);
	in = (struct audit_list_in){ .tenant = 6, .limit = 100 };
	assert_ok(q_audit_list(s->db, s->mem, &in, &rows, &n));
	assert_int_equal(n, 0);
}

/* ---- the table of cases, times the stores ---- */

typedef void (*case_fn)(struct store *s);

#define CASE(fn)        \
	{               \
#fn, fn \
	}
static const struct {
	const char *name;
	case_fn run;
} cases[] = {
	CASE(every_baked_statement_prepares),
	CASE(a_row_comes_back_byte_for_byte),
	CASE(a_blob_holds_any_byte_and_may_be_empty),
	CASE(what_is_not_there_is_not_found),
	CASE(a_text_with_a_nul_or_without_utf8_is_refused),
	CASE(many_rows_come_in_order_and_end_at_a_thousand),
	CASE(an_exec_says_how_many_rows_changed),
	CASE(a_row_that_the_arena_has_no_room_for_is_too_large),
	CASE(a_taken_value_is_a_conflict_and_the_transaction_lives_on),
	CASE(a_taken_key_is_never_a_success),
	CASE(a_job_that_drew_a_taken_id_is_run_again),
	CASE(a_refusal_commits_and_a_fault_rolls_back_alone),
	CASE(a_group_without_faults_runs_each_job_once),
	CASE(a_job_sees_what_the_one_before_it_wrote),
	CASE(a_reader_sees_only_what_was_committed),
	CASE(a_reader_cannot_write),
	CASE(closing_in_mid_transaction_forgets_it),
	CASE(migrating_again_changes_nothing),
	CASE(a_store_of_a_newer_program_is_refused),
	CASE(nodes_that_start_together_have_one_tenant_one_secret_and_one_key),
	CASE(the_feed_misses_nothing_while_several_nodes_write),
	CASE(the_feed_forgets_what_has_expired_and_never_counts_backwards),
	CASE(the_audit_is_listed_by_time_event_user_and_client),
};

struct run {
	case_fn run;
	enum store_kind kind;
	char name[128];
};

static void run_case(void **state)
{
	const struct run *r = *state;
	struct store s = { .url = store_fresh(r->kind), .mem = fixture_arena(), .kind = r->kind };

	s.db = store_open(s.url);
	r->run(&s);
	db_close(s.db);
}

int main(void)
{
	static struct run runs[COUNT(cases) * STORE_KINDS];
	struct CMUnitTest tests[COUNT(runs)];

	fixture_quiet(); /* what is refused here is meant to be */
	for (size_t i = 0; i < COUNT(runs); i++) {
		struct run *r = &runs[i];
		r->kind = (enum store_kind)(i / COUNT(cases));
		r->run = cases[i % COUNT(cases)].run;
		(void)snprintf(r->name, sizeof r->name, "%s: %s", store_kind_name(r->kind),
		    cases[i % COUNT(cases)].name);
		for (char *p = r->name; *p; p++)
			if (*p == '_')
				*p = ' ';
		tests[i] = (struct CMUnitTest){ .name = r->name, .test_func = run_case, .initial_state = r };
	}
	return crypto_start() == OK ? cmocka_run_group_tests_name("store", tests, NULL, NULL) : 1;
}
