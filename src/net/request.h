/*
 * request: one HTTP exchange on a connection, as app sees it. It lives in its own arena, which app may hold on to longer
 * than the connection lives: then conn is NULL and every call here does nothing. All calls are the loop thread's, but for
 * reading `cancelled`.
 *
 * The server calls, in this order and on the loop's thread:
 *   head    the head is read: set body_max, and whether the body is wanted as a stream; or answer at once
 *   ready   the whole body is in http.body (or, for a stream, none of it is read yet)
 * An answer is one request_reply; or, for a stream, request_take and then request_head, request_send and request_end. Which
 * version of HTTP the client speaks shows nowhere: lengths, chunks and frames are made below.
 */
#ifndef NET_REQUEST_H
#define NET_REQUEST_H

#include "http/chunk.h"
#include "http/msg.h"
#include "net/addr.h"
#include "net/inlet.h"

#include <stdatomic.h>

struct conn;
struct server;
struct h2_stream;
struct request_wire;

/*
 * How a streamed exchange is driven: by whoever took it. None of these may free the request. After `closed` nothing is
 * called any more.
 */
struct stream_ops {
	/* A run of the request's body, chunked coding undone. Call request_want(rq, false) to hold the rest back. */
	void (*body)(void *arg, str data);
	/* The request's body is complete (called once, also when there is none). */
	void (*body_end)(void *arg);
	/* What request_send could not write at once has left: go on sending. */
	void (*drained)(void *arg);
	/* The client has gone, broke the protocol or stalled, or the server stops: forget the request. */
	void (*closed)(void *arg);
	/* The server stops, and takes nothing new: a stream that does not end by itself soon ends now. May be NULL. */
	void (*stopping)(void *arg);
	/* Something happened that may concern this stream (server_notice): a revocation, by kind and id. May be NULL. */
	void (*notice)(void *arg, int kind, int64_t id);
};

struct request {
	struct arena *mem; /* one reference is the connection's */
	struct http_req http;
	struct addr peer; /* of the socket */
	struct server *server;
	struct conn *conn; /* NULL once the connection is gone or the answer was given */
	const struct inlet *from;
	bool tls;              /* it came under TLS of ours */
	atomic_bool cancelled; /* nobody waits for the answer any more */
	void *app;             /* app's own */

	/* set by `head` */
	int64_t body_max; /* bytes that the whole body may have */
	bool stream;      /* do not read the body: request_take or request_read_body says how */

	/* the connection's own from here on */
	struct buf body;
	struct chunk_reader chunk;
	int64_t body_left; /* of a Content-Length */
	int64_t body_got;
	int64_t body_since_ms; /* when the first of it was waited for */
	bool body_done, continued, paused, ended_body;
	const struct stream_ops *ops;
	void *arg;
	const struct request_wire *wire; /* HTTP/1 or HTTP/2 */
	struct h2_stream *h2;            /* of HTTP/2 */
	struct buf head;                 /* of the answer: leaves with the first of its body */
	bool chunks;                     /* we write chunks */
	bool keep;                       /* the connection goes on behind the answer */
};

/* Answers, and goes on with the connection's next request. The reply's bytes are copied. */
void request_reply(struct request *rq, const struct http_reply *reply);
/* Reads the body of a request that was marked `stream` whole after all, up to max bytes; then `ready` is called again. */
void request_read_body(struct request *rq, int64_t max);

/* Takes the exchange over as a stream. ops and arg must live until `closed` or request_end. Only before an answer. */
void request_take(struct request *rq, const struct stream_ops *ops, void *arg);
/* Lets the body's runs come (true; so it is after request_take) or holds them back, and with them the client. */
void request_want(struct request *rq, bool on);
/*
 * Says how the answer begins. It is copied, and leaves with the next request_send or request_end; until then request_reply
 * may still take its place. How the end of the body is told, and whether the connection goes on behind it, is decided here.
 */
void request_head(struct request *rq, const struct http_answer *a);
/*
 * Sends a run of the answer's body, behind its head; without parts the head alone. Bytes are copied as far as the client does
 * not take them. parts: at most REQUEST_PARTS. False when more than STREAM_HIGH bytes wait: stop until `drained`.
 */
bool request_send(struct request *rq, const str *parts, size_t count);
/* Sends the last run, which may be empty: the answer is complete. */
void request_end(struct request *rq, str last);
/* Breaks the answer off, so that the client sees that it is not whole: the connection, or its stream in HTTP/2. */
void request_abort(struct request *rq);
/* Bytes that were sent but have not left yet. */
size_t request_waiting(const struct request *rq);

#define STREAM_HIGH ((size_t)65536) /* back-pressure begins */
#define REQUEST_PARTS 4

#endif
