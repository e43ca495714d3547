/*
 * conn: one client connection. Private to server.c, conn.c, conn_read.c, conn_shake.c and request.c.
 *
 *   SHAKE   the TLS handshake is under way (not on a socket in clear)
 *   HEAD    between requests, or a head is incomplete (its bytes stand in `in`)
 *   BODY    a whole body is being read
 *   BUSY    the request is app's; what comes meanwhile waits in `in`, and then in the socket
 *   STREAM  taken: body runs go to whoever took it
 *   SKIP    answered before its body was read, which is passed over so that the connection can go on
 *   H2      the connection speaks HTTP/2 (net/h2.h): requests have streams of their own, and rq is none of them
 *   LINGER  answered and closed for writing; input is dropped until the client has seen the answer
 *   CLOSED  waiting for the loop to let go of the memory
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "net/peers.h"
#include "net/server.h"
#include "net/transport.h"

#define READ_SIZE ((size_t)65536) /* the read buffer that all connections of a loop share */
#define IN_HIGH ((size_t)16384)   /* bytes of later requests that are kept while one is being answered */
#define OUT_HIGH ((size_t)65536)  /* unsent bytes above which no further request is looked at */
#define SKIP_MAX 65536            /* bytes of an unwanted body that are worth saving the connection for */
#define LINGER_MS 2000
#define LINGER_BYTES 262144

struct h2;
struct h2_kit;

enum conn_state {
	CONN_SHAKE,
	CONN_HEAD,
	CONN_BODY,
	CONN_BUSY,
	CONN_STREAM,
	CONN_SKIP,
	CONN_H2,
	CONN_LINGER,
	CONN_CLOSED
};

struct conn {
	struct watch watch; /* first: a conn is found by its watch */
	struct timer timer;
	struct conn *next, **link; /* of the server's list */
	struct server *server;
	const struct inlet *from;
	struct request *rq; /* while in BODY, BUSY, STREAM, SKIP */
	struct h2 *h2;      /* while in H2 */
	struct buf in;      /* heap: input that waits */
	struct buf out;     /* heap: output that waits */
	size_t scan;        /* how far the search for the head's end has come in `in` */
	int64_t deadline_ms;
	uint32_t lingered;
	struct transport line;
	struct conn *more_next,
	    **more_link; /* of the server's list of those with bytes that no socket tells of */
	uint8_t state;
	uint8_t protocol; /* enum protocol: what ALPN settled */
	bool keep;        /* go on after this answer */
	bool unread;      /* input may stand in the socket that nobody will read: close must linger */
	bool eof;         /* the client sends no more */
	bool running;     /* conn_run is on the stack */
	bool counted;     /* in peers */
	bool held;        /* `drained` is owed */
	bool spoken;      /* a request has been read: too late for a preface of HTTP/2 */
	bool begun;       /* a part of a head has come: its time is running */
	struct addr peer;
	char peer_text[ADDR_TEXT];
};

/* A listening socket as this loop watches it. */
struct door {
	struct watch watch; /* first */
	struct timer again; /* after a shortage of descriptors */
	struct server *server;
	const struct inlet *from;
};

struct server {
	struct loop *loop;
	const struct server_hooks *hooks;
	struct server_limits limits;
	struct server_shared *shared;
	void *app;
	struct tls *tls; /* for connections to come; NULL: in clear */
	struct conn *conns;
	struct conn *more; /* connections whose transport has bytes that no socket tells of */
	struct task read_more;
	bool reading_more; /* the task is posted */
	size_t count;
	char *buffer; /* READ_SIZE bytes */
	struct h2_kit *h2;
	struct buf spare; /* an output buffer for the next connection that needs one */
	struct door doors[INLETS_MAX];
	size_t door_count;
	bool draining;
	int64_t date_at; /* the second that `date` says */
	char date[32];
};

/* A connection for a socket that was accepted; NULL (and the socket is closed) when that cannot be. tls: NULL for clear. */
struct conn *conn_open(struct server *sv, int fd, const struct inlet *from, const struct addr *peer,
    bool counted, struct tls *tls);
/* Ends it now. */
void conn_close(struct conn *c);
/* Sets when the connection is given up, as things stand. */
void conn_deadline(struct conn *c, int64_t in_ms);
/* Sends parts after what waits already; keeps what the socket does not take. False when the connection broke. */
bool conn_send(struct conn *c, const str *parts, size_t count);
/* Sends what waits. False when the connection broke. */
bool conn_flush(struct conn *c);
/* An answer is about to be written: decides whether the connection goes on behind it (c->keep). */
void conn_settle(struct conn *c, bool keep);
/* The answer stands in `out`: on to the next request, or to the end. */
void conn_answered(struct conn *c);
/* Tells a client that waits for it to send its body. */
void conn_continue(struct conn *c);
/* Nothing more will be sent: closes, but not over the client's head while it still sends. */
void conn_finish(struct conn *c);
/* How long a stream may be silent in its present state. */
int64_t conn_stream_ms(const struct conn *c);
/* Does everything that can be done with the waiting input and these fresh bytes. */
void conn_run(struct conn *c, str fresh);
/* Lets go of the request: app may hold it on, but it is nobody's any more. */
void conn_forget(struct conn *c);
/* What the connection wants to be told, by its state. */
void conn_listen(struct conn *c);
/* Reads what has come. */
void conn_read(struct conn *c);
/* Goes on with the handshake, and with the first request when it is done. */
void conn_shake(struct conn *c);
/* The task that reads what transports hold (server.read_more). */
void conn_read_more(struct task *t);
/* The text of the Date header. */
str server_date(struct server *sv);
/* Room to write an answer in. */
struct buf *conn_out(struct conn *c);

#endif
