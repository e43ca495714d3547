#include "net/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

/* An IPv4-mapped address is the same host by another name, and would dodge limits and networks. */
static void unmap(struct addr *a)
{
	if (a->family != ADDR_IPV6 || memcmp(a->ip, mapped, sizeof mapped) != 0)
		return;
	a->family = ADDR_IPV4;
	memmove(a->ip, a->ip + 12, 4);
	memset(a->ip + 4, 0, 12);
}

struct addr addr_of(const struct sockaddr *sa)
{
	struct addr a = { .family = ADDR_LOCAL };

	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof in);
		a.family = ADDR_IPV4;
		memcpy(a.ip, &in.sin_addr, 4);
		a.port = ntohs(in.sin_port);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in;
		memcpy(&in, sa, sizeof in);
		a.family = ADDR_IPV6;
		memcpy(a.ip, &in.sin6_addr, 16);
		a.port = ntohs(in.sin6_port);
		unmap(&a);
	}
	return a;
}

size_t addr_to(const struct addr *a, void *room)
{
	if (a->family == ADDR_IPV4) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)a->port) };
		memcpy(&in.sin_addr, a->ip, 4);
		memcpy(room, &in, sizeof in);
		return sizeof in;
	}
	struct sockaddr_in6 in = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)a->port) };
	memcpy(&in.sin6_addr, a->ip, 16);
	memcpy(room, &in, sizeof in);
	return sizeof in;
}

enum err addr_parse(str text, struct addr *out)
{
	char z[ADDR_TEXT + 1];

	*out = (struct addr){ 0 };
	if (text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']')
		text = str_sub(text, 1, text.n - 1);
	if (text.n == 0 || text.n >= sizeof z || str_has(text, '\0'))
		return ERR_BAD_URL;
	memcpy(z, text.p, text.n);
	z[text.n] = '\0';
	if (inet_pton(AF_INET, z, out->ip) == 1) {
		out->family = ADDR_IPV4;
		return OK;
	}
	if (inet_pton(AF_INET6, z, out->ip) != 1)
		return ERR_BAD_URL;
	out->family = ADDR_IPV6;
	unmap(out);
	return OK;
}

str addr_text(const struct addr *a, char out[ADDR_TEXT])
{
	if (a->family == ADDR_LOCAL ||
	    !inet_ntop(a->family == ADDR_IPV4 ? AF_INET : AF_INET6, a->ip, out, ADDR_TEXT))
		memcpy(out, "local", sizeof "local");
	return str_of(out);
}

bool addr_loopback(const struct addr *a)
{
	static const unsigned char one[16] = { [15] = 1 };

	switch (a->family) {
	case ADDR_IPV4:
		return a->ip[0] == 127;
	case ADDR_IPV6:
		return memcmp(a->ip, one, sizeof one) == 0;
	default:
		return true;
	}
}

uint64_t addr_key(const struct addr *a)
{
	uint64_t key = 0;

	if (a->family == ADDR_LOCAL)
		return 0;
	/* An IPv4 number has 32 leading zeros, which no assigned IPv6 network has. */
	for (int i = 0; i < (a->family == ADDR_IPV4 ? 4 : 8); i++)
		key = key << 8 | a->ip[i];
	return key;
}

/* True when the first bits are equal; bits behind them are not looked at. */
static bool same_bits(const unsigned char *a, const unsigned char *b, int bits)
{
	size_t whole = (size_t)bits / 8;
	int rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

enum err cidr_parse(str text, struct cidr *out)
{
	str ip, tail;
	int64_t bits;
	bool masked = str_cut(text, '/', &ip, &tail);

	TRY(addr_parse(ip, &out->base));
	int all = out->base.family == ADDR_IPV4 ? 32 : 128;
	if (!masked) {
		out->bits = all;
		return OK;
	}
	if (tail.n == 0 || tail.n > 3 || !str_int(tail, &bits) || bits < 0 || bits > all)
		return ERR_BAD_URL;
	out->bits = (int)bits;
	for (int i = out->bits; i < all; i++)
		if (out->base.ip[i / 8] >> (7 - i % 8) & 1)
			return ERR_BAD_URL; /* 10.0.0.1/8 is a slip of the pen, and which one is a guess */
	return OK;
}

bool cidr_has(const struct cidr *net, const struct addr *a)
{
	return net->base.family == a->family && same_bits(net->base.ip, a->ip, net->bits);
}
