/* A stream's request, from its head to app: the same hooks in the same order as of HTTP/1. */
#include "net/h2_inner.h"

#include <stdlib.h>

static void on_timer(struct timer *t);

struct h2_stream *h2_stream_open(struct h2 *h, int32_t id)
{
	struct h2_stream *s = calloc(1, sizeof *s);

	if (!s)
		abort();
	s->h2 = h;
	s->id = id;
	s->timer.fire = on_timer;
	s->next = h->streams;
	s->link = &h->streams;
	if (s->next)
		s->next->link = &s->next;
	h->streams = s;
	h->count++;
	s->rq = request_new(h->conn, &request_h2);
	s->rq->conn = h->conn;
	s->rq->h2 = s;
	fields_start(&s->fields, s->rq->mem);
	h2_stream_expect(s, h->conn->server->limits.head_ms);
	return s;
}

void h2_stream_forget(struct h2_stream *s)
{
	struct request *rq = s->rq;

	s->state = H2_ANSWERED;
	s->rq = NULL;
	if (rq)
		request_forget(rq);
}

void h2_stream_close(struct h2_stream *s)
{
	struct h2 *h = s->h2;
	struct loop *l = h->conn->server->loop;

	h2_stream_forget(s);
	loop_timer_drop(l, &s->timer);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	h->waiting -= s->out.n - s->out_at;
	if (--h->count == 0)
		h->idle_since_ms = loop_ms(l);
	buf_free(&s->in);
	buf_free(&s->out);
	free(s);
}

void h2_stream_abort(struct h2_stream *s, uint32_t code)
{
	h2_stream_forget(s);
	s->aborted = true;
	h2_stream_expect(s, INT32_MAX);
	(void)nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id, code);
}

/*
 * The answer may be complete before the request is (RFC 9113 section 8.1): then nobody reads the rest, and a reset says so.
 * Not at once: there are clients that see the reset first, and take it for all of the answer.
 */
void h2_stream_sent(struct h2_stream *s)
{
	s->sent = true;
	if (!s->eof)
		h2_stream_expect(s, H2_SPARE_MS);
}

/* --- time */

/* As conn_deadline: the wheel is touched only when the deadline comes nearer. */
void h2_stream_expect(struct h2_stream *s, int64_t in_ms)
{
	struct loop *l = s->h2->conn->server->loop;
	int64_t at = loop_ms(l) + in_ms;
	bool nearer = at < s->due_ms;

	s->due_ms = at;
	if (!timer_is_set(&s->timer) || nearer)
		loop_timer(l, &s->timer, in_ms);
}

/* A stream may be silent as long as it likes; a body that is wanted may not. */
static int64_t silence_ms(const struct h2_stream *s)
{
	return s->state != H2_STREAM || s->rq->body_done || s->rq->paused
	    ? INT32_MAX
	    : s->h2->conn->server->limits.idle_ms;
}

void h2_stream_rest(struct h2_stream *s)
{
	h2_stream_expect(s, silence_ms(s));
}

void h2_stream_watch(struct h2_stream *s)
{
	s->crept = 0;
	h2_stream_expect(s, s->h2->conn->server->limits.stall_ms);
}

static int64_t body_due(const struct h2_stream *s)
{
	const struct server_limits *l = &s->h2->conn->server->limits;
	const struct request *rq = s->rq;

	return rq->body_since_ms + l->head_ms + (l->body_rate ? rq->body_got * 1000 / l->body_rate : 0);
}

/* Answers wait because the client takes nothing, and not because it takes others first. */
static bool stalled(const struct h2_stream *s)
{
	const struct h2 *h = s->h2;
	int64_t quiet = loop_ms(h->conn->server->loop) - h->moved_ms;

	return nghttp2_session_get_stream_remote_window_size(h->session, s->id) <= 0 ||
	    quiet >= h->conn->server->limits.stall_ms;
}

static void give_up(struct h2_stream *s)
{
	switch (s->state) {
	case H2_HEAD:
		h2_calm(
		    s->h2); /* nothing else can come on this connection before the rest of the head does */
		break;
	case H2_BUSY:
		atomic_store_explicit(&s->rq->cancelled, true, memory_order_relaxed);
		s->h2->conn->server->hooks->late(s->rq);
		break;
	default:
		if (s->sent)
			h2_stream_abort(s, NGHTTP2_NO_ERROR);
		else if (s->out.n == 0 || stalled(s))
			h2_stream_abort(s, NGHTTP2_CANCEL);
		else
			h2_stream_watch(s);
	}
}

static void on_timer(struct timer *t)
{
	struct h2_stream *s = (struct h2_stream *)(void *)((char *)t - offsetof(struct h2_stream, timer));
	struct h2 *h = s->h2;
	int64_t now = loop_ms(h->conn->server->loop);
	bool was;

	if (s->state == H2_BODY)
		s->due_ms = body_due(s);
	if (now < s->due_ms) {
		loop_timer(h->conn->server->loop, &s->timer, s->due_ms - now);
		return;
	}
	was = h2_hold(h);
	give_up(s);
	h2_let(h, was);
}

/* --- the body */

static void consume(struct h2_stream *s, size_t n)
{
	if (n)
		(void)nghttp2_session_consume(s->h2->session, s->id, n);
}

/* The message cannot be read, or is too large: the stream's end, but not the connection's. */
static void refuse(struct h2_stream *s, enum err e)
{
	s->state = H2_BUSY;
	s->rq->body_done = true;
	s->h2->conn->server->hooks->broken(s->rq, e);
}

static void hand_over(struct h2_stream *s)
{
	struct server *sv = s->h2->conn->server;

	s->state = H2_BUSY;
	h2_stream_expect(s, sv->limits.answer_ms);
	sv->hooks->ready(s->rq);
}

/* A run of a body that is wanted whole. */
static void gather(struct h2_stream *s, str data)
{
	struct request *rq = s->rq;

	consume(s, data.n);
	rq->body_got += (int64_t)data.n;
	if (rq->body_got <= rq->body_max)
		buf_put(&rq->body, data);
	if (rq->body_got > rq->body_max || rq->body.full)
		refuse(s, ERR_TOO_LARGE);
}

static void stream_run(struct h2_stream *s, str data)
{
	struct request *rq = s->rq;

	consume(s, data.n);
	rq->body_got += (int64_t)data.n;
	if (s->out.n == 0)
		h2_stream_rest(s);
	rq->ops->body(rq->arg, data);
}

/* Everything has come and was taken. */
static void end_body(struct h2_stream *s)
{
	struct request *rq = s->rq;

	if (s->state == H2_BODY) {
		rq->http.body = buf_str(&rq->body);
		hand_over(s);
	} else if (!rq->ended_body) {
		rq->ended_body = true;
		if (s->out.n == 0)
			h2_stream_rest(s);
		rq->ops->body_end(rq->arg);
	}
}

static bool wants(const struct h2_stream *s)
{
	return s->state == H2_BODY || (s->state == H2_STREAM && !s->rq->paused);
}

static void take_run(struct h2_stream *s, str data)
{
	if (s->state == H2_BODY)
		gather(s, data);
	else
		stream_run(s, data);
}

void h2_stream_feed(struct h2_stream *s)
{
	bool was = h2_hold(s->h2), again = s->feeding; /* from inside of one of these calls */

	s->feeding = true;
	if (!again && wants(s) && s->in.n) {
		struct buf run = s->in;
		s->in = (struct buf){ 0 };
		take_run(s, buf_str(&run));
		buf_free(&run);
	}
	if (!again && wants(s) && s->in.n == 0 && s->eof)
		end_body(s);
	s->feeding = again;
	h2_let(s->h2, was);
}

void h2_stream_data(struct h2_stream *s, str data)
{
	if (wants(s) && s->in.n == 0 && !s->feeding)
		take_run(s, data);
	else
		buf_put(&s->in,
		    data); /* no more than the stream's window: what is not consumed does not open it */
}

void h2_stream_ended(struct h2_stream *s)
{
	s->eof = true;
	if (!s->rq)
		return;
	s->rq->body_done = true;
	h2_stream_feed(s);
}

void h2_stream_continue(struct h2_stream *s)
{
	static unsigned char name[] = ":status", value[] = "100";
	nghttp2_nv status = { name, value, sizeof name - 1, sizeof value - 1, NGHTTP2_NV_FLAG_NONE };

	if (!s->rq->http.expect_continue || s->rq->continued || s->eof || s->in.n)
		return;
	s->rq->continued = true;
	(void)nghttp2_submit_headers(s->h2->session, NGHTTP2_FLAG_NONE, s->id, NULL, &status, 1, NULL);
}

/* The whole body is wanted. */
static void begin_body(struct h2_stream *s)
{
	struct request *rq = s->rq;

	if (rq->body_done)
		hand_over(s);
	else if (rq->http.length > rq->body_max)
		refuse(s, ERR_TOO_LARGE);
	else
		request_h2.read_body(rq, rq->body_max);
}

void h2_stream_begin(struct h2_stream *s, bool ended)
{
	struct conn *c = s->h2->conn;
	struct request *rq = s->rq;
	enum err e = fields_finish(&s->fields, ended, &rq->http);

	s->eof = ended;
	s->state = H2_BUSY;
	h2_stream_expect(s, c->server->limits.answer_ms);
	rq->http.peer = arena_copy(rq->mem, str_of(c->peer_text));
	if (e != OK) {
		rq->http.minor = 1;
		rq->http.length = -1;
		refuse(s, e);
		return;
	}
	rq->body_done = ended;
	rq->body_left = rq->http.length > 0 ? rq->http.length : 0;
	c->server->hooks->head(rq);
	if (s->state != H2_BUSY)
		return; /* answered already */
	if (rq->stream)
		hand_over(s);
	else
		begin_body(s);
}
