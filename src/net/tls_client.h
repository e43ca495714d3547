/*
 * tls_client: our side of a TLS connection to somebody else's server, blocking: the system's authorities, the host's name,
 * TLS 1.2 at least, as any client would insist. For the command line's probe; the daemon speaks to nobody this way.
 */
#ifndef NET_TLS_CLIENT_H
#define NET_TLS_CLIENT_H

#include "base/arena.h"

#include <sys/types.h>

struct tls_client;

/* The handshake on a connected socket; host without brackets. NULL with a phrase in *why. Give it back with tls_client_free. */
struct tls_client *tls_client_new(struct arena *mem, int fd, const char *host, str *why);
void tls_client_free(struct tls_client *t);
/* "TLSv1.3". Static. */
const char *tls_client_version(const struct tls_client *t);
/* How many bytes went; 0 or less when none can. */
ssize_t tls_client_write(struct tls_client *t, str s);
/* How many bytes came; 0 at the peer's end, below 0 when nothing came in time or the connection broke. */
ssize_t tls_client_read(struct tls_client *t, char *room, size_t n);

#endif
