/*
 * upstream_inner: one request to an upstream, and its connection. Private to pool.c, upstream.c, upstream_line.c and
 * upstream_read.c.
 *
 *   RESOLVING   the name is being asked for; no socket
 *   CONNECTING  the socket is being connected to one of the addresses
 *   HEAD        connected; the answer's head has not come; the request may still be going out
 *   BODY        the answer's body comes; the request may still be going out
 *   IDLE        kept for the next request
 *   GONE        waiting for the loop to let go of the memory
 */
#ifndef NET_UPSTREAM_INNER_H
#define NET_UPSTREAM_INNER_H

#include "http/chunk.h"
#include "net/upstream.h"

#define NEVER INT64_MAX
#define UP_IDLE_MS \
	4000 /* below the 5 s after which Node and uvicorn close: fewer connections end under a request */
#define UP_IDLE_MAX 256    /* kept connections of one loop */
#define UP_SPARE_MAX 16384 /* a bigger output buffer is not kept */

enum up_state { UP_RESOLVING, UP_CONNECTING, UP_HEAD, UP_BODY, UP_IDLE, UP_GONE };

/* A socket and its watch, which the loop lets go of in its own time: a second address gets a second one. */
struct line {
	struct watch watch; /* first */
	struct upcall
	    *x; /* to be freed with it when it is the last; NULL: was given up for the next address */
	int fd;
};

struct upcall {
	struct line *line; /* NULL until there is a socket */
	struct pool *pool;
	struct upcall *next, **link; /* of the pool's idle ones, or of its busy ones */
	const struct upcall_ops *ops;
	void *arg;
	struct upcall_want want; /* host points into question */
	struct timer timer;
	int64_t alarm_ms,
	    deadline_ms; /* when the timer fires, and when it should have: moved on only when it is too late */
	struct resolve question;
	size_t addr_at; /* the next of its addresses */
	uint8_t state;
	bool kept;     /* came from the pool */
	bool answered; /* a byte of the answer has come */
	bool sent;     /* the request is complete */
	bool paused;   /* the owner takes no more of the answer now */
	bool held;     /* `drained` is owed */
	bool deaf;     /* the server takes no more of the request; its answer may stand there all the same */
	bool reset;    /* and it said so by a reset */
	bool broken;   /* an error stands at the socket, which is not watched any more */
	bool keep;     /* by the answer's head */
	bool chunked, until_close;
	struct buf in, out; /* heap */
	size_t scan;
	struct chunk_reader chunk;
	int64_t left;                     /* of a Content-Length */
	uint64_t written, written_before; /* bytes on this connection: in all, and by earlier requests */
};

struct pool {
	struct loop *loop;
	struct resolver *resolver;
	struct upcall *idle, *busy; /* idle: the one used last stands first */
	size_t idle_count;
	char *buffer;     /* what a turn reads */
	struct buf spare; /* an output buffer for the next request that needs one */
	struct buf scratch;
};

/* --- pool.c */

/* A kept connection to the same place; NULL when there is none. */
struct upcall *pool_take(struct pool *p, const struct upcall_want *want);
/* Puts a connection by whose answer is complete. False when there are enough. */
bool pool_keep(struct pool *p, struct upcall *x);
void pool_enter_busy(struct pool *p, struct upcall *x);
void pool_leave(struct upcall *x);

/* --- upstream_line.c: the socket */

/* Connects to the next address; CONNECTING or HEAD. False when there is none left that takes a connection. */
CHECKED bool line_next(struct upcall *x);
/* A socket is connected, or will not be: on_ready in CONNECTING. */
void line_connected(struct upcall *x);
/* Closes it. last: x is freed with it. */
void line_close(struct upcall *x, bool last);
/* Sends what waits, then parts; bytes taken of the parts, after all that waited. */
size_t line_write(struct upcall *x, const str *parts, size_t count);
/* Watches for what this state can use. */
void line_listen(struct upcall *x);
/* True when the server cannot have received anything of this request. */
bool line_unheard(const struct upcall *x);

/* --- upstream.c */

/* When x is given up, from now; NEVER. */
void upcall_expect(struct upcall *x, int64_t in_ms);
/* Sends what waits, and tells the owner when there is room again. */
void upcall_flush(struct upcall *x);
/* The connection can be written to for the first time. */
void upcall_connected(struct upcall *x);
/* Ends the connection; the memory goes when the loop has let go of it. Tells nobody. */
void upcall_shut(struct upcall *x);
/* The same, and tells. */
void upcall_fail(struct upcall *x, enum err e, bool again);
/* Something happened at the socket. */
void upcall_ready(struct watch *w, int events);

/* --- upstream_read.c: the answer */

/* Everything that has come. False when x is not in the middle of this answer any more. */
bool upcall_take(struct upcall *x, str fresh);
/* Nothing more will come; errno, or 0 for an orderly end. */
void upcall_ended(struct upcall *x, int error);

#endif
