#include "help.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRAWS 2000 /* of 16 bytes: many pools */

static int order(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static void assert_no_two_alike(unsigned char (*draws)[16], size_t n)
{
	qsort(draws, n, 16, order);
	for (size_t i = 1; i < n; i++)
		assert_memory_not_equal(draws[i - 1], draws[i], 16);
}

static void test_bytes_come_once(void **state)
{
	unsigned char(*draws)[16] = arena_alloc(*state, 16 * DRAWS);

	for (size_t i = 0; i < DRAWS; i++)
		rand_bytes(draws[i], 16);
	assert_no_two_alike(draws, DRAWS);
}

static void test_all_sizes_are_filled_and_nothing_beyond(void **state)
{
	unsigned char *p = arena_alloc(*state, 10002);

	for (size_t n = 0; n < 10000; n += n < 600 ? 1 : 997) {
		size_t zeros = 0;
		memset(p, 0, n + 2);
		p[0] = p[n + 1] = 0x5a;
		rand_bytes(p + 1, n);
		assert_int_equal(p[0], 0x5a);
		assert_int_equal(p[n + 1], 0x5a);
		for (size_t i = 1; i <= n; i++)
			zeros += p[i] == 0;
		assert_true(zeros <= 5 + n / 64); /* 1 in 256 is expected */
	}
}

static void test_bits_are_as_often_one_as_zero(void **state)
{
	unsigned char *p = arena_alloc(*state, 64000);
	unsigned ones = 0;

	for (size_t i = 0; i < 64000; i += 64)
		rand_bytes(p + i, 64);
	for (size_t i = 0; i < 64000; i++)
		ones += (unsigned)__builtin_popcount(p[i]);
	assert_in_range(ones, 256000 - 2500, 256000 + 2500); /* seven standard deviations */
}

static void test_rand_u32_varies(void **state)
{
	uint32_t any = 0, all = UINT32_MAX;

	(void)state;
	for (int i = 0; i < 200; i++) {
		uint32_t v = rand_u32();
		any |= v;
		all &= v;
	}
	assert_int_equal(any, UINT32_MAX);
	assert_int_equal(all, 0);
}

static void *draw_thread(void *draws)
{
	for (size_t i = 0; i < DRAWS; i++)
		rand_bytes((unsigned char *)draws + 16 * i, 16);
	return NULL;
}

static void test_threads_have_pools_of_their_own(void **state)
{
	unsigned char(*draws)[16] = arena_alloc(*state, sizeof *draws * 4 * DRAWS);
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, draw_thread, draws[i * DRAWS]), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_no_two_alike(draws, 4 * DRAWS);
}

/* Both have a filled pool at the fork; were it copied, both would go on with the same bytes. */
static void test_a_child_does_not_repeat_its_parent(void **state)
{
	unsigned char parent[16], child[16];
	int pipes[2];

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	rand_bytes(parent, sizeof parent);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		rand_bytes(child, sizeof child);
		_exit(write(pipes[1], child, sizeof child) == sizeof child ? 0 : 1);
	}
	rand_bytes(parent, sizeof parent);
	assert_int_equal(read(pipes[0], child, sizeof child), sizeof child);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_memory_not_equal(parent, child, sizeof child);
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_bytes_come_once),
		TEST(test_all_sizes_are_filled_and_nothing_beyond),
		TEST(test_bits_are_as_often_one_as_zero),
		TEST(test_rand_u32_varies),
		TEST(test_threads_have_pools_of_their_own),
		TEST(test_a_child_does_not_repeat_its_parent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
