#include "crypto/ecdsa.h"
#include "help.h"

#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define HIGH "8000000000000000000000000000000000000000000000000000000000000000"
#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define ORDER_LESS_1 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
#define ALL_ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static void test_pairs_that_are_a_signature_go_both_ways(void **state)
{
	/* clang-format off */
	static const struct {
		const char *raw, *der;
	} rows[] = {
		{ ONE ONE, "3006020101020101" },
		{ ONE HIGH, "3026020101022100" HIGH },
		{ HIGH ONE, "3026022100" HIGH "020101" },
		{ ORDER_LESS_1 ORDER_LESS_1, "3046022100" ORDER_LESS_1 "022100" ORDER_LESS_1 },
		{ "000000000000000000000000000000000000000000000000000000000000007f"
		  "0000000000000000000000000000000000000000000000000000000000000080", "300702017f02020080" },
	};
	/* clang-format on */
	unsigned char der[ECDSA_DER_MAX], raw[ECDSA_RAW];

	for (size_t i = 0; i < COUNT(rows); i++) {
		str in = unhex(*state, rows[i].raw);
		size_t n = ecdsa_to_der((const unsigned char *)in.p, der);
		assert_hex(*state, bytes(der, n), rows[i].der);
		assert_true(ecdsa_to_raw(der, n, raw));
		assert_str(bytes(raw, sizeof raw), in);
	}
}

/* CVE-2022-21449 */
static void test_zero_and_what_is_not_below_the_order_are_refused(void **state)
{
	/* clang-format off */
	static const char *const rows[] = {
		ZERO ZERO, ZERO ONE, ONE ZERO, ORDER ONE, ONE ORDER, ORDER ORDER, ALL_ONES ONE, ONE ALL_ONES,
	};
	/* clang-format on */
	unsigned char der[ECDSA_DER_MAX];

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(ecdsa_to_der((const unsigned char *)unhex(*state, rows[i]).p, der), 0);
}

static void test_der_is_taken_in_one_form_only(void **state)
{
	/* clang-format off */
	static const char *const rows[] = {
		"",
		"30",
		"3000",
		"3003020101",
		"30060201010201", /* cut */
		"300602010102010100", /* a byte behind it */
		"3007020101020101", /* length too long */
		"3005020101020101",
		"308106020101020101", /* long form of a length */
		"3006028101020101",
		"3106020101020101",
		"3006030101020101",
		"3006020100020101", /* zero */
		"3006020101020100",
		"30080201010201010500", /* a third element */
		"300702020001020101", /* a zero too many */
		"30060201ff020101", /* negative */
		"3006020180020101",
		"30050200020101",
		"3005020101" "0200",
		"3046022100" ORDER "022100" ONE, /* not below the order */
		"3026022100" ORDER "020101",
		"3026020101022100" ORDER,
		"3027022201" HIGH "00020101", /* 34 bytes */
		"30260221" "01" HIGH "020101", /* 33 bytes that are a number of 33 */
		"3080020101020101" "0000", /* indefinite */
	};
	/* clang-format on */
	unsigned char raw[ECDSA_RAW];

	for (size_t i = 0; i < COUNT(rows); i++) {
		str der = unhex(*state, rows[i]);
		/* a copy of just that size, so that a read past it is found */
		str exact = arena_copy(*state, der);
		assert_false(ecdsa_to_raw((const unsigned char *)exact.p, exact.n, raw));
	}
}

static void test_every_cut_of_a_der_signature_is_refused(void **state)
{
	str der = unhex(*state, "3046022100" ORDER_LESS_1 "022100" ORDER_LESS_1);
	unsigned char raw[ECDSA_RAW];

	for (size_t n = 0; n < der.n; n++)
		assert_false(ecdsa_to_raw((const unsigned char *)der.p, n, raw));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_pairs_that_are_a_signature_go_both_ways),
		TEST(test_zero_and_what_is_not_below_the_order_are_refused),
		TEST(test_der_is_taken_in_one_form_only),
		TEST(test_every_cut_of_a_der_signature_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
