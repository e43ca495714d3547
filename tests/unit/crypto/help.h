/* What the tests of this folder share. */
#ifndef TEST_CRYPTO_HELP_H
#define TEST_CRYPTO_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/enc.h"
#include "crypto/crypto.h"
#include "crypto/pkey.h"

/* Each test has an arena as its state. */
static inline int mem_setup(void **state)
{
	assert_int_equal(crypto_start(), OK);
	*state = arena_new(1 << 20);
	return 0;
}

static inline int mem_teardown(void **state)
{
	arena_unref(*state);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, mem_setup, mem_teardown)

static inline str unhex(struct arena *mem, const char *hex)
{
	str out;

	assert_int_equal(hex_parse(mem, str_of(hex), &out), OK);
	return out;
}

static inline str repeat(struct arena *mem, char c, size_t n)
{
	char *p = arena_alloc(mem, n + 1);

	memset(p, c, n);
	return (str){ p, n };
}

static inline str bytes(const unsigned char *p, size_t n)
{
	return (str){ (const char *)p, n };
}

static inline void assert_str(str got, str want)
{
	assert_int_equal(got.n, want.n);
	if (want.n)
		assert_memory_equal(got.p, want.p, want.n);
}

static inline void assert_hex(struct arena *mem, str got, const char *want)
{
	assert_str(hex_write(mem, got), str_of(want));
}

#endif
