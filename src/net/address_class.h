/* address_class: which addresses are the public internet's, and which are somebody's inside. Pure; a table. */
#ifndef NET_ADDRESS_CLASS_H
#define NET_ADDRESS_CLASS_H

#include "net/addr.h"

/*
 * What the special-use registries (RFC 6890, RFC 5735) say of this address, as "loopback" or "private use"; NULL for one
 * that is globally reachable. An IPv4 address inside an IPv6 one (mapped, NAT64) is judged by itself; relays that would
 * unpack an address elsewhere (6to4, Teredo) are special as a whole.
 */
const char *address_special(const struct addr *a);

/*
 * True for a host that some resolver would read as an IPv4 address though it is not written as one: "2130706433",
 * "0x7f.1", "127.1", "0177.0.0.1" (the URL standard: its last label is a number).
 */
bool address_disguised(str host);

#endif
