/* The cache of verified tokens: what it must never say, and what it forgets. */
#include "base/unit.h"
#include "gate/pass.h"

#include <string.h>

#define NOW 1000

static const struct pass_place HERE = { 1, S_INIT("https://gate.example/a/mcp") };

static struct pass pass_of(int64_t grant, struct pass_place at)
{
	return (struct pass){ .expires = NOW + 10, .grant = grant, .place = at };
}

/* Tokens whose hashes begin alike share a set. */
static void hash_of(unsigned char out[32], unsigned char set, unsigned char token)
{
	memset(out, 0, 32);
	out[1] = set;
	out[31] = token;
}

static void a_token_is_known_where_it_was_verified(void **state)
{
	struct pass_cache *k = pass_cache_new();
	struct pass p = pass_of(7, HERE);
	char name[] = "https://gate.example/a/mcp";
	unsigned char h[32], other[32];
	(void)state;

	hash_of(h, 1, 1);
	hash_of(other, 1, 2);
	p.place.resource = (str){ name, sizeof name - 1 };
	pass_cache_put(k, h, &p);
	memset(name, 'x', sizeof name); /* the site that it was of is gone */
	const struct pass *got = pass_cache_find(k, h, HERE, NOW);
	assert_non_null(got);
	assert_int_equal(got->grant, 7);
	same("its place is kept", got->place.resource, HERE.resource);
	assert_null(pass_cache_find(k, other, HERE, NOW));
	assert_null(pass_cache_find(k, h, (struct pass_place){ 1, S("https://gate.example/b/mcp") }, NOW));
	assert_null(pass_cache_find(k, h, (struct pass_place){ 1, S("https://gate.example/a/mc") }, NOW));
	assert_null(pass_cache_find(k, h, (struct pass_place){ 2, HERE.resource }, NOW));
	assert_non_null(pass_cache_find(k, h, HERE, NOW + 9));
	assert_null(pass_cache_find(k, h, HERE, NOW + 10));
	pass_cache_free(k);
}

static void the_one_used_last_stays(void **state)
{
	struct pass_cache *k = pass_cache_new();
	struct pass p = pass_of(1, HERE);
	unsigned char a[32], b[32], c[32];
	(void)state;

	hash_of(a, 3, 1);
	hash_of(b, 3, 2);
	hash_of(c, 3, 3);
	pass_cache_put(k, a, &p);
	pass_cache_put(k, b, &p);
	assert_non_null(pass_cache_find(k, a, HERE, NOW));
	pass_cache_put(k, c, &p);
	assert_non_null(pass_cache_find(k, a, HERE, NOW));
	assert_null(pass_cache_find(k, b, HERE, NOW));
	assert_non_null(pass_cache_find(k, c, HERE, NOW));
	pass_cache_put(k, c, &p); /* two requests with the same new token */
	assert_non_null(pass_cache_find(k, a, HERE, NOW));
	pass_cache_free(k);
}

static void what_has_no_room_is_not_kept(void **state)
{
	struct pass_cache *k = pass_cache_new();
	struct pass p = pass_of(1, HERE);
	char long_name[300];
	unsigned char h[32];
	(void)state;

	hash_of(h, 4, 1);
	p.long_scope = S("more than there is room for");
	pass_cache_put(k, h, &p);
	assert_null(pass_cache_find(k, h, HERE, NOW));
	p = pass_of(1, HERE);
	p.long_sub = S("more than there is room for");
	pass_cache_put(k, h, &p);
	assert_null(pass_cache_find(k, h, HERE, NOW));
	memset(long_name, 'x', sizeof long_name);
	p = pass_of(1, (struct pass_place){ 1, { long_name, sizeof long_name } });
	pass_cache_put(k, h, &p);
	assert_null(pass_cache_find(k, h, p.place, NOW));
	pass_cache_free(k);
}

static void a_cleared_cache_knows_nothing(void **state)
{
	struct pass_cache *k = pass_cache_new();
	struct pass p = pass_of(1, HERE);
	unsigned char h[32];
	(void)state;

	for (unsigned char i = 0; i < 100; i++) {
		hash_of(h, i, i);
		pass_cache_put(k, h, &p);
	}
	pass_cache_clear(k);
	for (unsigned char i = 0; i < 100; i++) {
		hash_of(h, i, i);
		assert_null(pass_cache_find(k, h, HERE, NOW));
	}
	pass_cache_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_known_where_it_was_verified),
		cmocka_unit_test(the_one_used_last_stays),
		cmocka_unit_test(what_has_no_room_is_not_kept),
		cmocka_unit_test(a_cleared_cache_knows_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
