/*
 * tls_ticket: the keys that session tickets are sealed with. They are computed from one secret and the time, so that all
 * loops and all nodes have the same ones without telling each other; TLS 1.3 only (docs/adr/0007-tls.md says why).
 */
#ifndef NET_TLS_TICKET_H
#define NET_TLS_TICKET_H

#include "base/secret.h"

#include <openssl/ssl.h>

struct tls_tickets {
	unsigned char root[32];
	int64_t (*now)(void);
};

/* Makes a context's tickets those of t, which must outlive it. False when the library cannot. */
bool tls_tickets_use(SSL_CTX *ctx, struct tls_tickets *t);

#endif
