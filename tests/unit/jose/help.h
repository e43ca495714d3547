/* What the tests of this folder share. */
#ifndef TEST_JOSE_HELP_H
#define TEST_JOSE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/enc.h"
#include "crypto/crypto.h"
#include "jose/jws.h"
#include "jose/jwt.h"
#include "vectors.h"

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

static inline void assert_str(str got, str want)
{
	assert_int_equal(got.n, want.n);
	if (want.n)
		assert_memory_equal(got.p, want.p, want.n);
}

static inline str bytes(const unsigned char *p, size_t n)
{
	return (str){ (const char *)p, n };
}

static inline str unb64(struct arena *mem, str text)
{
	str out;

	assert_int_equal(b64url_parse(mem, text, &out), OK);
	return out;
}

static inline const struct json *parsed(struct arena *mem, str text)
{
	const struct json *o;

	assert_int_equal(json_parse(mem, text, &o, NULL), OK);
	return o;
}

static inline struct jwk key_of(struct arena *mem, str json)
{
	struct jwk k;

	assert_int_equal(jwk_read(mem, parsed(mem, json), true, &k), OK);
	return k;
}

static inline struct jwk fresh_key(enum alg alg, str kid)
{
	struct jwk k = { .kid = kid };

	assert_int_equal(pkey_make(alg, &k.key), OK);
	return k;
}

/* Any header and any payload, rightly signed. */
static inline str signed_with(struct arena *mem, const struct jwk *k, str header, str payload)
{
	str out;

	assert_int_equal(jws_sign(mem, k, header, payload, &out), OK);
	return out;
}

/* header.payload in base64url, nothing signed. */
static inline str unsigned_text(struct arena *mem, str header, str payload)
{
	str h = b64url_write(mem, header), p = b64url_write(mem, payload);

	return arena_printf(mem, "%.*s.%.*s", FMT(h), FMT(p));
}

static inline str with_signature(struct arena *mem, str text, str signature)
{
	str s = b64url_write(mem, signature);

	return arena_printf(mem, "%.*s.%.*s", FMT(text), FMT(s));
}

#endif
