/* Every special-use range at its edges, the disguises of CIMD-02 to CIMD-18, and neighbours that are public. */
#include "base/unit.h"
#include "net/address_class.h"

static const struct {
	const char *text, *want; /* NULL: public */
} rows[] = {
	{ "0.0.0.0", "this network" },
	{ "0.255.255.255", "this network" },
	{ "1.0.0.0", NULL },
	{ "9.255.255.255", NULL },
	{ "10.0.0.0", "private use" },
	{ "10.255.255.255", "private use" },
	{ "11.0.0.0", NULL },
	{ "100.63.255.255", NULL },
	{ "100.64.0.0", "shared address space" },
	{ "100.127.255.255", "shared address space" },
	{ "100.128.0.0", NULL },
	{ "126.255.255.255", NULL },
	{ "127.0.0.1", "loopback" },
	{ "127.255.255.255", "loopback" },
	{ "128.0.0.0", NULL },
	{ "169.253.255.255", NULL },
	{ "169.254.169.254", "link-local" },
	{ "169.255.0.0", NULL },
	{ "172.15.255.255", NULL },
	{ "172.16.0.0", "private use" },
	{ "172.31.255.255", "private use" },
	{ "172.32.0.0", NULL },
	{ "192.0.0.1", "protocol assignments" },
	{ "192.0.1.0", NULL },
	{ "192.0.2.1", "documentation" },
	{ "192.88.99.1", "6to4 relay" },
	{ "192.167.255.255", NULL },
	{ "192.168.0.1", "private use" },
	{ "192.169.0.0", NULL },
	{ "198.17.255.255", NULL },
	{ "198.18.0.0", "benchmarking" },
	{ "198.19.255.255", "benchmarking" },
	{ "198.20.0.0", NULL },
	{ "198.51.100.7", "documentation" },
	{ "203.0.113.7", "documentation" },
	{ "223.255.255.255", NULL },
	{ "224.0.0.1", "multicast" },
	{ "239.255.255.255", "multicast" },
	{ "240.0.0.0", "reserved" },
	{ "255.255.255.255", "reserved" },
	{ "8.8.8.8", NULL },
	{ "::", "unspecified" },
	{ "::1", "loopback" },
	{ "::2", "not global unicast" },
	{ "::7f00:1", "not global unicast" }, /* the old compatible form */
	{ "::ffff:7f00:1", "loopback" },
	{ "::ffff:10.1.2.3", "private use" },
	{ "::ffff:8.8.8.8", NULL },
	{ "64:ff9b::7f00:1", "loopback" },
	{ "64:ff9b::a9fe:a9fe", "link-local" },
	{ "64:ff9b::808:808", NULL },
	{ "64:ff9b:1::808:808", "local NAT64" },
	{ "64:ff9c::808:808", "not global unicast" },
	{ "100::1", "discard only" },
	{ "2001::1", "protocol assignments" }, /* Teredo */
	{ "2001:1ff:ffff::1", "protocol assignments" },
	{ "2001:200::1", NULL },
	{ "2001:db8::1", "documentation" },
	{ "2001:4860:4860::8888", NULL },
	{ "2002:7f00:1::", "6to4" },
	{ "2002:808:808::", "6to4" },
	{ "2003::1", NULL },
	{ "2620:4f:8000::1", "AS112" },
	{ "3fff::1", "documentation" },
	{ "3fff:fff:ffff::1", "documentation" },
	{ "3fff:1000::1", NULL },
	{ "4000::1", "not global unicast" },
	{ "5f00::1", "segment routing" },
	{ "fc00::1", "unique local" },
	{ "fd00::1", "unique local" },
	{ "fe80::1", "link-local" },
	{ "febf::1", "link-local" },
	{ "fec0::1", "site-local" },
	{ "ff02::1", "multicast" },
};

static void ranges(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct addr a;
		same_err(rows[i].text, addr_parse(str_of(rows[i].text), &a), OK);
		const char *got = address_special(&a);
		same(rows[i].text, str_of(got ? got : "public"),
		    str_of(rows[i].want ? rows[i].want : "public"));
	}
}

static void disguises(void **state)
{
	static const char *const bad[] = { "2130706433", "0x7f000001", "0X7F.1", "127.1", "127.0.1",
		"0177.0.0.1", "127.0.0.1.", "127.0.0.01", "1.2.3.4.5", "example.0x", "256.1.1.1",
		"3232235777", "a.1" };
	static const char *const good[] = { "127.0.0.1", "8.8.8.8", "example.com", "1.example",
		"0x7f.example", "localhost", "a1", "", "." };

	for (size_t i = 0; i < COUNT(bad); i++)
		holds(bad[i], address_disguised(str_of(bad[i])));
	for (size_t i = 0; i < COUNT(good); i++)
		holds(good[i], !address_disguised(str_of(good[i])));
}

/* Whatever of the mapped prefix stands before an IPv4 address, its judgement is the same. */
static void mapped_agrees(void **state)
{
	for (unsigned i = 0; i < 65536; i += 7) {
		struct addr four = { .family = ADDR_IPV4,
			.ip = { (unsigned char)(i >> 8), (unsigned char)i, 99, 1 } };
		struct addr six = { .family = ADDR_IPV6,
			.ip = { [10] = 0xff,
			    [11] = 0xff,
			    [12] = four.ip[0],
			    [13] = four.ip[1],
			    [14] = 99,
			    [15] = 1 } };
		holds("mapped as IPv4", address_special(&four) == address_special(&six));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges),
		cmocka_unit_test(disguises),
		cmocka_unit_test(mapped_agrees),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
