/* client_address: who the client is behind the proxies that we trust, and whether it asked for a host of ours. */
#ifndef APP_CLIENT_ADDRESS_H
#define APP_CLIENT_ADDRESS_H

#include "app/exchange.h"

/*
 * Sets c->req->peer: the socket's peer, or, when that is a trusted proxy, the last address of X-Forwarded-For that is
 * none. Nothing else of what proxies say is believed; a host or scheme that disagrees with base_url is only reported.
 */
void client_address(struct ctx *c, struct request *rq);
/* What limits count by: the address, or the /64 of an IPv6 one; 0 for a unix socket. */
uint64_t client_address_key(const struct ctx *c);
/* True when the client sits on this machine, and no proxy speaks for somebody else. */
bool client_is_local(const struct ctx *c);
/* True when Host (and the target's authority) is that of base_url, of a resource, or any loopback name if base_url is one. */
bool client_host_ok(const struct ctx *c);

#endif
