#include "base/unit.h"
#include "net/peers.h"

static void counts_up_to_the_cap(void **state)
{
	struct peers *p = peers_new();
	(void)state;

	assert_true(peers_enter(p, 7, 2));
	assert_true(peers_enter(p, 7, 2));
	assert_false(peers_enter(p, 7, 2));
	assert_true(peers_enter(p, 8, 2));
	peers_leave(p, 7);
	assert_true(peers_enter(p, 7, 2));
	assert_false(peers_enter(p, 9, 0));
	peers_free(p);
}

/* Many keys come and go; the table must never lose one, whatever chains they stand in. */
static void loses_nobody(void **state)
{
	enum { KEYS = 3000 };
	struct peers *p = peers_new();
	int count[KEYS] = { 0 };
	uint32_t r = 12345;
	(void)state;

	for (int i = 0; i < 200000; i++) {
		r = r * 1664525u + 1013904223u;
		size_t k = r >> 8 & 0xffff;
		k %= KEYS;
		if (count[k] && (r & 1)) {
			peers_leave(p, (uint64_t)k * 0x10001);
			count[k]--;
		} else if (peers_enter(p, (uint64_t)k * 0x10001, 3)) {
			count[k]++;
			assert_true(count[k] <= 3);
		} else {
			assert_int_equal(count[k], 3);
		}
	}
	peers_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_up_to_the_cap),
		cmocka_unit_test(loses_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
