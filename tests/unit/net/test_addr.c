#include "base/unit.h"
#include "net/addr.h"

#include <string.h>

static void reads_and_writes(void **state)
{
	static const struct {
		const char *text, *want; /* want NULL: refused */
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "[2001:DB8:0::1]", "2001:db8::1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "192.0.2.256", NULL },
		{ "192.0.2", NULL },
		{ "", NULL },
		{ "localhost", NULL },
		{ "192.0.2.1 ", NULL },
		{ "[192.0.2.1", NULL },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", NULL },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct addr a;
		char out[ADDR_TEXT];
		enum err e = addr_parse(str_of(rows[i].text), &a);
		if (!rows[i].want) {
			assert_int_equal(e, ERR_BAD_URL);
			continue;
		}
		assert_int_equal(e, OK);
		str text = addr_text(&a, out);
		assert_true(str_eq(text, str_of(rows[i].want)));
	}
}

static struct addr of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(str_of(text), &a), OK);
	return a;
}

static void counts_households(void **state)
{
	struct addr a = of("2001:db8:1:2::1"), b = of("2001:db8:1:2:ffff::9"), c = of("2001:db8:1:3::1"),
		    d = of("192.0.2.1");
	struct addr local = { .family = ADDR_LOCAL };
	(void)state;

	assert_true(addr_key(&a) == addr_key(&b));
	assert_true(addr_key(&a) != addr_key(&c));
	assert_true(addr_key(&d) == 0xc0000201);
	assert_true(addr_key(&local) == 0);
}

static void knows_networks(void **state)
{
	static const struct {
		const char *net, *addr;
		int want; /* 1 inside, 0 outside, -1 no network */
	} rows[] = {
		{ "10.0.0.0/8", "10.255.0.1", 1 },
		{ "10.0.0.0/8", "11.0.0.1", 0 },
		{ "10.0.0.0/8", "::1", 0 },
		{ "192.0.2.1", "192.0.2.1", 1 },
		{ "192.0.2.1", "192.0.2.2", 0 },
		{ "0.0.0.0/0", "203.0.113.9", 1 },
		{ "192.0.2.128/25", "192.0.2.127", 0 },
		{ "192.0.2.128/25", "192.0.2.200", 1 },
		{ "2001:db8::/33", "2001:db8:7fff::1", 1 },
		{ "2001:db8::/33", "2001:db8:8000::1", 0 },
		{ "10.0.0.1/8", "10.0.0.1", -1 },
		{ "10.0.0.0/33", "10.0.0.1", -1 },
		{ "10.0.0.0/", "10.0.0.1", -1 },
		{ "10.0.0.0/-1", "10.0.0.1", -1 },
		{ "ten/8", "10.0.0.1", -1 },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cidr net;
		struct addr a = of(rows[i].addr);
		enum err e = cidr_parse(str_of(rows[i].net), &net);
		assert_int_equal(e, rows[i].want < 0 ? ERR_BAD_URL : OK);
		if (rows[i].want >= 0)
			assert_int_equal(cidr_has(&net, &a), rows[i].want);
	}
}

static void knows_loopback(void **state)
{
	struct addr a = of("127.9.9.9"), b = of("::1"), c = of("::ffff:127.0.0.1"), d = of("128.0.0.1"),
		    e = of("::2");
	(void)state;

	assert_true(addr_loopback(&a) && addr_loopback(&b) && addr_loopback(&c));
	assert_false(addr_loopback(&d) || addr_loopback(&e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes),
		cmocka_unit_test(counts_households),
		cmocka_unit_test(knows_networks),
		cmocka_unit_test(knows_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
