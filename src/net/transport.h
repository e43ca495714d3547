/*
 * transport: the bytes of one client connection, in clear or under TLS, on a non-blocking socket. Whoever holds it sees
 * recv and send; what differs is that TLS may hold bytes that nothing at the socket tells of (`more`).
 */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include "net/tls.h"

#include <sys/types.h>

enum { TRANSPORT_END = 0, TRANSPORT_WAIT = -1, TRANSPORT_BROKEN = -2 };

struct transport {
	int fd;
	struct tls *tls;    /* a reference: the handshake's callbacks read it. NULL: in clear */
	struct ssl_st *ssl; /* NULL: in clear */
	bool more;          /* call transport_recv again without waiting for the socket */
	bool recv_writes;   /* to go on reading, the socket must take something */
	bool looked;        /* at the first byte */
};

/* What the handshake waits for, or what became of it. */
enum transport_shake {
	SHAKE_DONE,
	SHAKE_READ,
	SHAKE_WRITE,
	SHAKE_CLEAR,  /* somebody speaks HTTP in clear: answer so; the transport is in clear now */
	SHAKE_BROKEN, /* no TLS that we speak; an alert has gone out where there is one */
};

/* Begins on an accepted socket, which it owns from here on. tls: NULL for clear. False when TLS cannot begin. */
CHECKED bool transport_open(struct transport *t, int fd, struct tls *tls);
/* Goes on with the handshake; not for a transport in clear. */
enum transport_shake transport_shake(struct transport *t);
/*
 * Up to n bytes that came; TRANSPORT_END at the peer's orderly end (FIN, or close_notify), TRANSPORT_WAIT when there are
 * none now, TRANSPORT_BROKEN, which a FIN without close_notify is too: the end of what somebody else may have cut off.
 */
ssize_t transport_recv(struct transport *t, char *p, size_t n);
/*
 * Sends the parts one behind the other; how many bytes went, TRANSPORT_BROKEN when the peer is gone. What did not go must
 * be what the next call begins with: TLS may have sealed some of it already.
 */
ssize_t transport_put(struct transport *t, const str *parts, size_t count);
/* Says that nothing more will be sent. What comes from now on can be read only to be thrown away. */
void transport_shut(struct transport *t);
/* Ends it and closes the socket. */
void transport_close(struct transport *t);

#endif
