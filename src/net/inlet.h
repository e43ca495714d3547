/*
 * inlet: the sockets that the daemon answers on. One socket an address, watched by every loop: SO_REUSEPORT would give
 * each loop a queue of its own, but what waits in the queue of a loop that stops is reset, systemd hands over one socket
 * only, unix sockets have no such thing, and a second daemon on the port would go unnoticed. With one socket a loop that is
 * busy takes no connection that an idle one could serve, and a bind that fails is always a clear error.
 */
#ifndef NET_INLET_H
#define NET_INLET_H

#include "base/buf.h"
#include "base/err.h"

#define INLETS_MAX 16
#define INLET_PATH_MAX 108 /* of a unix socket, with its NUL */

struct inlet {
	int fd;
	bool ops;                  /* of the `ops` key: metrics answer there */
	bool local;                /* a unix socket */
	char path[INLET_PATH_MAX]; /* of a unix socket of ours, to remove at the end; else empty */
};

struct inlets {
	struct inlet items[INLETS_MAX];
	size_t count;
};

/*
 * Opens "127.0.0.1:8080", "[::1]:8080", "localhost:8080" (127.0.0.1 and ::1), "*:8080" (every address) or "unix:/path" and
 * adds it. ERR_INTERNAL with one clear sentence in why.
 */
CHECKED enum err inlet_open(struct inlets *ls, str text, bool ops, struct buf *why);
/* Takes the sockets that systemd opened (LISTEN_FDS); none are no error. */
CHECKED enum err inlets_inherit(struct inlets *ls, struct buf *why);
/* Closes all of them; connections live on. */
void inlets_close(struct inlets *ls);
/*
 * A unix socket at path with this mode; a stale file of a daemon that died is replaced, a live one is an error
 * (ERR_INTERNAL, why). -1 is never given with OK.
 */
CHECKED enum err inlet_unix(str path, unsigned mode, int *fd, struct buf *why);
/* ERR_INTERNAL (why) when somebody accepts connections at the path: a second daemon learns it before it touches anything. */
CHECKED enum err inlet_unix_free(str path, struct buf *why);

#endif
