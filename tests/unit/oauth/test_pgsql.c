/*
 * The protocol on PostgreSQL (GATEHOUSE_TEST_POSTGRES, see tools/with_postgres): every statement of ours with
 * its real arguments, and what only several writers can do to each other.
 */
#include "base/unit.h"
#include "oauth/kit.h"
#include "sql_gen.h"

#include <pthread.h>

#define NODES 4 /* as many tries as the store gives a job */

static enum err add_person(struct db *db, void *arg)
{
	struct op_user_put_in in = { .id = KIT_USER,
		.tenant = 1,
		.email = S("ann@example.com"),
		.name = S("Ann"),
		.role = S("owner"),
		.password = S(""),
		.now = 1 };
	enum err e = q_op_user_put(db, arg, &in, NULL);

	return e == ERR_STORE_CONFLICT ? OK : e; /* an earlier test's */
}

static void open_node(struct kit *k)
{
	str url = str_of(getenv("GATEHOUSE_TEST_POSTGRES"));

	MUST(url.n);
	MUST(db_open(url, DB_WRITE, &k->writer) == OK && db_migrate(k->writer) == OK);
	MUST(db_open(url, DB_READ, &k->reader) == OK);
}

static int setup(void **state)
{
	struct kit *k = malloc(sizeof *k);
	struct db_job job = { .run = add_person }, *jobs[] = { &job };

	kit_start(k);
	db_close(k->reader);
	db_close(k->writer);
	open_node(k);
	job.arg = k->mem;
	db_group(k->writer, jobs, 1);
	MUST(job.result == OK || job.result == ERR_STORE);
	*state = k;
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)

static void families(void **state)
{
	struct kit *k = *state;
	const struct json *tokens = kit_tokens(k);
	str first = json_get_str(tokens, S("refresh_token"));
	struct answer a = kit_token(k, kit_refresh_body(k, first));

	assert_int_equal(a.err, OK);
	str next = json_get_str(kit_json(k, a.body), S("refresh_token"));
	a = kit_token(k, kit_refresh_body(k, first));
	assert_int_equal(a.err, OK);
	same("the same again", json_get_str(kit_json(k, a.body), S("refresh_token")), next);
	const struct {
		const char *more;
		enum err want;
	} rows[] = {
		{ "&resource=https%3A%2F%2Fauth.example%2Fmcp", ERR_RESOURCE_MISMATCH },
		{ "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp", OK },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		same_err(rows[i].more,
		    kit_token(k, arena_printf(k->mem, "%.*s%s", FMT(kit_refresh_body(k, next)), rows[i].more))
			.err,
		    rows[i].want);
	k->now += 500;
	assert_int_equal(kit_token(k, kit_refresh_body(k, next)).err, ERR_REFRESH_REUSED);
	assert_int_equal(kit_token(k, kit_refresh_body(k, next)).err, ERR_GRANT_ENDED);
}

static void codes(void **state)
{
	struct kit *k = *state;
	str code = kit_code(k);
	struct answer a = kit_token(k, kit_redeem_body(k, code));

	assert_int_equal(a.err, OK);
	str token = json_get_str(kit_json(k, a.body), S("refresh_token"));
	assert_int_equal(kit_token(k, kit_redeem_body(k, code)).err, ERR_CODE_REPLAYED);
	assert_int_equal(kit_token(k, kit_refresh_body(k, token)).err, ERR_GRANT_ENDED);
	token = json_get_str(kit_tokens(k), S("refresh_token"));
	a = kit_revoke(k, arena_printf(k->mem, "client_id=app&token=%.*s", FMT(token)));
	assert_true(a.reply.status == 200 && a.effects && a.effects->kind == EFFECT_REVOKE_GRANT);
}

static void consents(void **state)
{
	struct kit *k = *state;
	str id = kit_sealed(k, "[\"https://x.example/cb\"]");
	str q = arena_printf(k->mem,
	    "response_type=code&client_id=%.*s&redirect_uri=https%%3A%%2F%%2Fx.example%%2Fcb&code_"
	    "challenge=" KIT_CHALLENGE "&code_challenge_method=S256&state=%%C3%%A9",
	    FMT(id));
	str txn = kit_param(k, kit_authorize(k, q).location, "txn");

	assert_int_equal(kit_consent(k, arena_printf(k->mem, "txn=%.*s", FMT(txn))).err, OK);
	struct answer a = kit_decide(k, arena_printf(k->mem, "txn=%.*s&decision=allow", FMT(txn)));
	assert_true(kit_param(k, a.location, "code").n == 60);
	same("state", kit_param(k, a.location, "state"), S("\xc3\xa9"));
	assert_int_equal(
	    kit_decide(k, arena_printf(k->mem, "txn=%.*s&decision=allow", FMT(txn))).err, ERR_TXN_GONE);
	assert_true(kit_param(k, kit_authorize(k, q).location, "code").n == 60); /* remembered */
}

/* ---- several writers at once */

struct node {
	struct kit k;
	str body;
	pthread_t thread;
	struct answer answer;
};

static void *send(void *arg)
{
	struct node *n = arg;

	n->answer = kit_token(&n->k, n->body);
	return NULL;
}

/* The same request on NODES nodes at once. */
static void race(struct kit *k, struct node *nodes, str body)
{
	for (size_t i = 0; i < NODES; i++) {
		nodes[i].k = *k;
		nodes[i].k.mem = arena_new(8 << 20);
		nodes[i].k.requests = (int64_t)i * 50;
		nodes[i].body = body;
		open_node(&nodes[i].k);
	}
	for (size_t i = 0; i < NODES; i++)
		MUST(pthread_create(&nodes[i].thread, NULL, send, &nodes[i]) == 0);
	for (size_t i = 0; i < NODES; i++)
		pthread_join(nodes[i].thread, NULL);
}

static void close_nodes(struct node *nodes)
{
	for (size_t i = 0; i < NODES; i++) {
		db_close(nodes[i].k.reader);
		db_close(nodes[i].k.writer);
		arena_unref(nodes[i].k.mem);
	}
}

/* RT-05 with the grace: every answer is of one family, and all give the same successor. */
static void parallel_refresh(void **state)
{
	struct kit *k = *state;
	struct node *nodes = calloc(NODES, sizeof *nodes);
	str token = json_get_str(kit_tokens(k), S("refresh_token")), next = { NULL, 0 };

	race(k, nodes, kit_refresh_body(k, token));
	for (size_t i = 0; i < NODES; i++) {
		same_err("each gets an answer", nodes[i].answer.err, OK);
		str got = json_get_str(kit_json(&nodes[i].k, nodes[i].answer.body), S("refresh_token"));
		if (!next.p)
			next = arena_copy(k->mem, got);
		same("the same for all", got, next);
	}
	close_nodes(nodes);
	free(nodes);
	assert_int_equal(kit_token(k, kit_refresh_body(k, next)).err, OK); /* and it is the newest */
}

/* CODE-01 in parallel: one gets tokens, and since the others came too, those are ended. */
static void parallel_redeem(void **state)
{
	struct kit *k = *state;
	struct node *nodes = calloc(NODES, sizeof *nodes);
	str token = { NULL, 0 };
	int good = 0;

	race(k, nodes, kit_redeem_body(k, kit_code(k)));
	for (size_t i = 0; i < NODES; i++) {
		if (nodes[i].answer.err == OK) {
			good++;
			token = arena_copy(k->mem,
			    json_get_str(kit_json(&nodes[i].k, nodes[i].answer.body), S("refresh_token")));
		} else {
			same_err("the others", nodes[i].answer.err, ERR_CODE_REPLAYED);
		}
	}
	close_nodes(nodes);
	free(nodes);
	assert_int_equal(good, 1);
	assert_int_equal(kit_token(k, kit_refresh_body(k, token)).err, ERR_GRANT_ENDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(families),
		TEST(codes),
		TEST(consents),
		TEST(parallel_refresh),
		TEST(parallel_redeem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
