/* addr: network addresses as values: reading, writing, networks (CIDR), and the key that limits count by. */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include "base/err.h"

#define ADDR_TEXT 46

enum addr_family { ADDR_LOCAL /* a unix socket */, ADDR_IPV4, ADDR_IPV6 };

struct addr {
	enum addr_family family;
	unsigned char ip[16]; /* network order; IPv4 in the first four bytes */
	int port;
};

/* A network: the first `bits` bits of base. */
struct cidr {
	struct addr base;
	int bits;
};

struct sockaddr;

/* From the kernel's form; an IPv4-mapped IPv6 address becomes IPv4. */
struct addr addr_of(const struct sockaddr *sa);
/* The kernel's form; its length. Not for ADDR_LOCAL. room: at least sizeof(struct sockaddr_in6). */
size_t addr_to(const struct addr *a, void *room);
/* "192.0.2.1", "2001:db8::1", "[2001:db8::1]"; without port. ERR_BAD_URL. */
CHECKED enum err addr_parse(str text, struct addr *out);
/* Writes the address without port, NUL-terminated; "local" for a unix socket. Gives the text. */
str addr_text(const struct addr *a, char out[ADDR_TEXT]);
bool addr_loopback(const struct addr *a);
/* One number for a household: the IPv4 address, or the /64 of an IPv6 one. 0 for unix sockets. */
uint64_t addr_key(const struct addr *a);

/* "10.0.0.0/8", "::1/128", or an address alone. Bits behind the mask must be zero. ERR_BAD_URL. */
CHECKED enum err cidr_parse(str text, struct cidr *out);
bool cidr_has(const struct cidr *net, const struct addr *a);

#endif
