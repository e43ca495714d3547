/*
 * tls: our side of TLS towards clients: certificates chosen by the name that the client asks for, ALPN, and session tickets
 * that every loop and every node understands. Immutable once loaded; a reload makes another one, and connections keep theirs.
 * TLS 1.2 with ECDHE and AEAD, TLS 1.3; no renegotiation, compression or early data. See docs/adr/0007-tls.md.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

#include <sys/types.h>

struct ssl_st;
struct tls;

#define TLS_PAIRS_MAX 100
#define TLS_TICKET_SECONDS 7200 /* a ticket is good so long, and its key makes new ones so long */

/* What is spoken above, as ALPN settled it. */
enum protocol { PROTOCOL_HTTP1, PROTOCOL_H2 };

/* A certificate and its key, by their files; where: what a complaint begins with ("gatehouse.yml:3:3"). */
struct tls_pair {
	str cert, key, where;
};

struct tls_settings {
	const struct tls_pair *pairs; /* the first serves whoever asks for no name that another one has */
	size_t count;
	struct secret tickets; /* 32 bytes, the same on all nodes */
	int64_t (*now)(void);  /* epoch seconds: what certificates and tickets are judged by */
};

/* One reference for the caller. ERR_KEY_BAD with a sentence in why, ERR_CRYPTO when the library cannot. */
CHECKED enum err tls_load(const struct tls_settings *s, struct tls **out, struct buf *why);
struct tls *tls_ref(struct tls *t);
/* NULL is fine. */
void tls_unref(struct tls *t);
/* When the certificate that ends first does; epoch seconds. */
int64_t tls_ends(const struct tls *t);
/* True when one of them should have been renewed by now. */
bool tls_ends_soon(const struct tls *t, int64_t now);

/* The server's end of a handshake over fd. t must outlive it. NULL when the library cannot. */
struct ssl_st *tls_begin(struct tls *t, int fd);
/* --- tls_line.c: its bytes. The thread's queue of OpenSSL's errors is empty afterwards. */

enum { TLS_END = 0, TLS_WAIT_READ = -1, TLS_WAIT_WRITE = -2, TLS_BROKEN = -3 };

/* Goes on with the handshake: 1 when it is done, else what it waits for. */
int tls_shake(struct ssl_st *ssl);
/*
 * Up to n bytes, as many records as have come; or TLS_END (close_notify) and the others. A FIN alone is TLS_BROKEN. *more:
 * to be called again without waiting, since the socket will say nothing of what is left.
 */
ssize_t tls_recv(struct ssl_st *ssl, char *p, size_t n, bool *more);
/* True when something was read ahead. */
bool tls_pending(const struct ssl_st *ssl);
/* At most one record of n bytes. What did not go must be what the next call begins with. */
ssize_t tls_send(struct ssl_st *ssl, const char *p, size_t n);
/* Sends close_notify, when that can be, and frees. NULL is fine. */
void tls_end(struct ssl_st *ssl);

/* What ALPN chose; PROTOCOL_HTTP1 when the client did not ask. After the handshake. */
enum protocol tls_protocol(const struct ssl_st *ssl);

#endif
