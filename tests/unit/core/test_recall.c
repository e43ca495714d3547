/* What is remembered between requests: bounded, for a time, and only as good as what it stands on. */
#include "base/unit.h"
#include "oauth/machines.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, machines_setup, machines_teardown)

static struct ctx ctx_at(struct kit *k, enum lane lane)
{
	return (struct ctx){ .mem = k->mem, .now = k->now, .site = &k->site, .lane = lane };
}

static void key_of(int n, unsigned char key[SHA256_SIZE])
{
	sha256((str){ (const char *)&n, sizeof n }, key);
}

/* Remembers n under its own key. */
static void keep(struct kit *k, int n, int64_t until, enum lane lane)
{
	struct ctx c = ctx_at(k, lane);
	struct arena *mem = arena_new(1 << 20);
	int *value = NEW(mem, int);
	unsigned char key[SHA256_SIZE];

	*value = n;
	key_of(n, key);
	recall_keep(&c, RECALL_VERDICT, key, mem, value, &(struct ground){ .grant = 7 }, until);
	arena_unref(mem);
}

static int found(struct kit *k, int n, enum lane lane, bool *ended)
{
	struct ctx c = ctx_at(k, lane);
	unsigned char key[SHA256_SIZE];

	key_of(n, key);
	const int *value = recall_find(&c, RECALL_VERDICT, key, ended);
	return value ? *value : 0;
}

static void what_was_kept_is_found_until_its_time(void **state)
{
	struct kit *k = *state;
	bool ended;

	assert_int_equal(found(k, 1, LANE_LOOP, NULL), 0);
	keep(k, 1, k->now + 10, LANE_READ);
	assert_int_equal(found(k, 1, LANE_LOOP, &ended), 1);
	assert_false(ended);
	assert_int_equal(asked.grant, 7);
	assert_int_equal(found(k, 2, LANE_LOOP, NULL), 0);
	k->now += 10;
	assert_int_equal(found(k, 1, LANE_LOOP, &ended), 0);
	assert_false(ended);
	keep(k, 3, k->now, LANE_READ); /* over already */
	assert_int_equal(found(k, 3, LANE_LOOP, NULL), 0);
}

static void its_ground_is_asked_about_every_time(void **state)
{
	struct kit *k = *state;
	bool ended;

	keep(k, 1, k->now + 10, LANE_READ);
	heard = STANDING_UNKNOWN;
	assert_int_equal(found(k, 1, LANE_LOOP, &ended), 0);
	assert_false(ended);
	heard = STANDING_ENDED;
	assert_int_equal(found(k, 1, LANE_LOOP, &ended), 0);
	assert_true(ended);
	heard = STANDING_GOOD;
	assert_int_equal(found(k, 1, LANE_LOOP, &ended), 1);
	assert_int_equal(found(k, 1, LANE_READ, &ended), 0); /* only a loop knows what was heard */
	standing_use(NULL);
	assert_int_equal(found(k, 1, LANE_LOOP, &ended), 0); /* and nobody who says so: nothing is known */
}

static void what_a_transaction_saw_or_is_too_large_is_not_kept(void **state)
{
	struct kit *k = *state;
	struct ctx c = ctx_at(k, LANE_READ);
	struct arena *mem = arena_new(1 << 20);
	unsigned char key[SHA256_SIZE];

	keep(k, 1, k->now + 10, LANE_WRITE);
	assert_int_equal(found(k, 1, LANE_LOOP, NULL), 0);
	key_of(2, key);
	recall_keep(&c, RECALL_VERDICT, key, mem, arena_alloc(mem, 40000), &(struct ground){ .grant = 7 },
	    k->now + 10);
	arena_unref(mem);
	assert_int_equal(found(k, 2, LANE_LOOP, NULL), 0);
}

static void it_stays_within_its_bounds_and_the_newest_stay(void **state)
{
	struct kit *k = *state;
	int count = 0;

	for (int n = 1; n <= 20000; n++) {
		keep(k, n, k->now + 10, LANE_READ);
		assert_int_equal(found(k, n, LANE_LOOP, NULL), n);
	}
	for (int n = 1; n <= 20000; n++)
		count += found(k, n, LANE_LOOP, NULL) == n;
	assert_true(count > 2048 && count <= 4096);
}

/* As many machines as a company has: none is to push another out. */
static void a_thousand_have_room_beside_each_other(void **state)
{
	struct kit *k = *state;

	for (int n = 1; n <= 1000; n++)
		keep(k, n, k->now + 10, LANE_READ);
	for (int n = 1; n <= 1000; n++)
		assert_int_equal(found(k, n, LANE_LOOP, NULL), n);
}

/* What a text says does not end with anything that is heard, nor is it known on loops alone. */
static void keys_stand_on_nothing(void **state)
{
	struct kit *k = *state;
	struct ctx c = ctx_at(k, LANE_VERIFY);
	struct arena *mem = arena_small(1 << 20);
	unsigned char key[SHA256_SIZE];

	key_of(1, key);
	recall_keep(&c, RECALL_KEYS, key, mem, NEW(mem, int), &(struct ground){ 0 }, INT64_MAX);
	arena_unref(mem);
	heard = STANDING_UNKNOWN;
	assert_non_null(recall_find(&c, RECALL_KEYS, key, NULL));
	assert_null(recall_find(&c, RECALL_CLIENT, key, NULL));
	c.lane = LANE_LOOP;
	heard = STANDING_ENDED;
	assert_non_null(recall_find(&c, RECALL_KEYS, key, NULL));
}

static void what_was_signed_here_is_known_whole(void **state)
{
	struct kit *k = *state;
	struct ctx c = ctx_at(k, LANE_LOOP);
	unsigned char key[SHA256_SIZE];

	recall_made(&c, S("a.b.c"));
	sha256(S("a.b.c"), key);
	assert_true(recall_was_made(&c, key));
	sha256(S("a.b.d"), key);
	assert_false(recall_was_made(&c, key));
	struct recall *r = k->site.recall;
	k->site.recall = NULL; /* a site that remembers nothing */
	recall_made(&c, S("a.b.c"));
	sha256(S("a.b.c"), key);
	assert_false(recall_was_made(&c, key));
	k->site.recall = r;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_kept_is_found_until_its_time),
		TEST(its_ground_is_asked_about_every_time),
		TEST(what_a_transaction_saw_or_is_too_large_is_not_kept),
		TEST(it_stays_within_its_bounds_and_the_newest_stay),
		TEST(a_thousand_have_room_beside_each_other),
		TEST(keys_stand_on_nothing),
		TEST(what_was_signed_here_is_known_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
