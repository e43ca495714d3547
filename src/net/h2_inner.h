/*
 * h2_inner: a session and its streams. Private to h2.c, h2_frames.c, h2_stream.c and h2_answer.c.
 *
 * nghttp2 may not be entered from within itself, and hooks of app run inside its callbacks: while `running`, what is to be
 * sent is only submitted, and whoever set it calls h2_pump afterwards. A stream's memory lives as long as nghttp2 knows the
 * stream; its request may be answered and gone earlier.
 *
 *   HEAD    the head is incomplete
 *   BODY    a whole body is being read
 *   BUSY    the request is app's; what comes of its body waits in `in`
 *   STREAM  taken: body runs go to whoever took it
 *   ANSWERED  the request is gone; its answer may still be leaving
 */
#ifndef NET_H2_INNER_H
#define NET_H2_INNER_H

#include "http/fields.h"
#include "net/h2.h"
#include "net/h2_budget.h"
#include "net/request_inner.h"

#include <nghttp2/nghttp2.h>

enum h2_state { H2_HEAD, H2_BODY, H2_BUSY, H2_STREAM, H2_ANSWERED };

struct h2_kit {
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;
};

struct h2 {
	struct conn *conn;
	nghttp2_session *session;
	struct h2_stream *streams;
	size_t count;
	size_t waiting; /* bytes of answers in all streams */
	int64_t input;  /* bytes that have not been paid for */
	int64_t idle_since_ms;
	size_t moved;     /* bytes of answers since then: */
	int64_t moved_ms; /* when the client last took a fair part of what waits */
	struct h2_budget budget;
	struct timer farewell;
	bool running;
	bool over; /* the last GOAWAY was said: what comes is not read any more */
};

struct h2_stream {
	struct h2 *h2;
	struct h2_stream *next, **link;
	struct request *rq; /* NULL in ANSWERED */
	struct timer timer;
	int64_t due_ms;
	struct http_fields fields;
	struct h2_head *head; /* of an answer that has not begun; in the request's arena */
	struct buf in;        /* heap: of the body, not taken yet; within the stream's window */
	struct buf out;       /* heap: of the answer's body, from out_at on not sent yet */
	size_t out_at;
	size_t crept; /* bytes sent since the client's time to take them began */
	int32_t id;
	uint8_t state;
	bool begun;   /* the answer was submitted */
	bool whole;   /* the answer is complete */
	bool sent;    /* and has left */
	bool eof;     /* the client's side is complete */
	bool held;    /* `drained` is owed */
	bool idle;    /* nghttp2 waits to be told of more to send */
	bool aborted; /* the reset is ours, and nobody's fault */
	bool feeding;
};

/* --- h2.c */

/* Sends everything that can be sent now. The connection may be gone afterwards. */
void h2_pump(struct h2 *h);
/* Between these two nothing is sent, so neither h nor one of its streams goes away; afterwards both may have. */
static inline bool h2_hold(struct h2 *h)
{
	bool was = h->running;

	h->running = true;
	return was;
}

static inline void h2_let(struct h2 *h, bool was)
{
	h->running = was;
	if (!was)
		h2_pump(h);
}

/* Ends the connection: this client costs more than it is worth. */
void h2_calm(struct h2 *h);
/* Pays; ends the connection when there is nothing left. */
void h2_spend(struct h2 *h, int64_t points);

/* --- h2_frames.c */

void h2_frames_callbacks(nghttp2_session_callbacks *cb);

/* --- h2_stream.c */

struct h2_stream *h2_stream_open(struct h2 *h, int32_t id);
/* nghttp2 knows it no more. */
void h2_stream_close(struct h2_stream *s);
/* The head is complete; ended: and so is the request. */
void h2_stream_begin(struct h2_stream *s, bool ended);
/* A run of the body. */
void h2_stream_data(struct h2_stream *s, str data);
/* The client's side is complete. */
void h2_stream_ended(struct h2_stream *s);
/* Hands on what waits of the body, as far as it is wanted. */
void h2_stream_feed(struct h2_stream *s);
/* All of the answer has left. */
void h2_stream_sent(struct h2_stream *s);
/* Resets it; who has the request is told. */
void h2_stream_abort(struct h2_stream *s, uint32_t code);
/* When it is given up, as things stand. */
void h2_stream_expect(struct h2_stream *s, int64_t in_ms);
/* The client is to take something: its time begins, or goes on. */
void h2_stream_watch(struct h2_stream *s);
/* It has nothing to take any more. */
void h2_stream_rest(struct h2_stream *s);
/* The answer is complete, or never will be: app is told nothing any more. */
void h2_stream_forget(struct h2_stream *s);
/* Tells a client that waits for it to send its body. */
void h2_stream_continue(struct h2_stream *s);

/* --- h2_answer.c */

/* What nghttp2 asks for when it can send. */
ssize_t h2_answer_read(nghttp2_session *session, int32_t id, uint8_t *to, size_t length, uint32_t *flags,
    nghttp2_data_source *source, void *arg);
/* Tells those who were held back that there is room again. True when somebody was. */
bool h2_answer_drained(struct h2 *h);

#endif
