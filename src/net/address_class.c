#include "net/address_class.h"

#include <string.h>

struct range {
	unsigned char base[16];
	int bits;
	const char *name;
};

/* clang-format off */
/* IANA's special-purpose registry of RFC 6890, with what is not unicast (RFC 5771, RFC 1112). */
static const struct range ipv4[] = {
	{ { 0 }, 8, "this network" },
	{ { 10 }, 8, "private use" },
	{ { 100, 64 }, 10, "shared address space" },        /* RFC 6598 */
	{ { 127 }, 8, "loopback" },
	{ { 169, 254 }, 16, "link-local" },                 /* also where clouds keep their credentials */
	{ { 172, 16 }, 12, "private use" },
	{ { 192, 0, 0 }, 24, "protocol assignments" },
	{ { 192, 0, 2 }, 24, "documentation" },
	{ { 192, 31, 196 }, 24, "AS112" },
	{ { 192, 52, 193 }, 24, "AMT" },
	{ { 192, 88, 99 }, 24, "6to4 relay" },              /* RFC 7526 */
	{ { 192, 168 }, 16, "private use" },
	{ { 192, 175, 48 }, 24, "AS112" },
	{ { 198, 18 }, 15, "benchmarking" },
	{ { 198, 51, 100 }, 24, "documentation" },
	{ { 203, 0, 113 }, 24, "documentation" },
	{ { 224 }, 4, "multicast" },
	{ { 240 }, 4, "reserved" },                         /* with 255.255.255.255 */
};
static const struct range ipv6[] = {
	{ { 0 }, 128, "unspecified" },
	{ { [15] = 1 }, 128, "loopback" },
	{ { 0, 0x64, 0xff, 0x9b, 0, 1 }, 48, "local NAT64" }, /* RFC 8215 */
	{ { 1 }, 64, "discard only" },
	{ { 0x20, 0x01 }, 23, "protocol assignments" },      /* Teredo, ORCHID, benchmarking */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, "documentation" },
	{ { 0x20, 0x02 }, 16, "6to4" },
	{ { 0x26, 0x20, 0, 0x4f, 0x80 }, 48, "AS112" },
	{ { 0x3f, 0xff }, 20, "documentation" },             /* RFC 9637 */
	{ { 0x5f }, 16, "segment routing" },
	{ { 0xfc }, 7, "unique local" },
	{ { 0xfe, 0x80 }, 10, "link-local" },
	{ { 0xfe, 0xc0 }, 10, "site-local" },
	{ { 0xff }, 8, "multicast" },
};
/* clang-format on */

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
static const unsigned char nat64[12] = { 0, 0x64, 0xff, 0x9b };

static bool within(const unsigned char *ip, const struct range *r)
{
	size_t whole = (size_t)r->bits / 8;
	int rest = r->bits % 8;

	if (memcmp(ip, r->base, whole) != 0)
		return false;
	return rest == 0 || (ip[whole] >> (8 - rest)) == (r->base[whole] >> (8 - rest));
}

static const char *named(const unsigned char *ip, const struct range *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (within(ip, &rows[i]))
			return rows[i].name;
	return NULL;
}

const char *address_special(const struct addr *a)
{
	if (a->family == ADDR_IPV4)
		return named(a->ip, ipv4, COUNT(ipv4));
	if (a->family != ADDR_IPV6)
		return "local socket";
	/* On an IPv6-only network every IPv4 host is reached through this prefix (RFC 6052): it is as good as what it holds. */
	if (memcmp(a->ip, mapped, sizeof mapped) == 0 || memcmp(a->ip, nat64, sizeof nat64) == 0)
		return named(a->ip + 12, ipv4, COUNT(ipv4));
	const char *name = named(a->ip, ipv6, COUNT(ipv6));
	/* Global unicast has only ever been given out of 2000::/3 (RFC 4291); what is outside may come to mean anything. */
	return name || (a->ip[0] & 0xe0) == 0x20 ? name : "not global unicast";
}

static bool all_within(str s, const char *set)
{
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(set, s.p[i]))
			return false;
	return true;
}

static bool numeric(str label)
{
	if (label.n >= 2 && label.p[0] == '0' && (label.p[1] | 0x20) == 'x')
		return all_within(str_sub(label, 2, label.n), "0123456789abcdefABCDEF");
	return label.n > 0 && all_within(label, "0123456789");
}

bool address_disguised(str host)
{
	struct addr a;
	str last = host;

	if (last.n && last.p[last.n - 1] == '.')
		last.n--;
	size_t from = last.n;
	while (from > 0 && last.p[from - 1] != '.')
		from--;
	if (!numeric(str_sub(last, from, last.n)))
		return false;
	return addr_parse(host, &a) != OK;
}
