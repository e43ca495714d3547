/* What a connection does with its input: heads, bodies, and one request at a time in their order. */
#include "http/parse.h"
#include "net/h2.h"
#include "net/request_inner.h"

#define COPY_MAX                 \
	((size_t)HTTP_HEAD_MAX + \
	    4096) /* of the input into the request's arena at once: a head and a small body */

static void own(struct conn *c, struct request *rq)
{
	c->rq = rq;
	rq->conn = c;
	rq->http.peer = arena_copy(rq->mem, str_of(c->peer_text));
	c->scan = 0;
	c->begun = false;
}

/* What cannot be read cannot be followed by anything that can: the answer is the connection's last. */
static bool refuse(struct conn *c, enum err e)
{
	c->state = CONN_BUSY;
	c->keep = false;
	c->unread = true;
	c->rq->body_done = true;
	c->server->hooks->broken(c->rq, e);
	return false;
}

static bool begin_body(struct conn *c, str *in);

/* Takes the next run of the body out of *in. */
static enum err take(struct request *rq, str *in, str *data)
{
	if (rq->http.chunked) {
		TRY(chunk_read(&rq->chunk, in, data));
		rq->body_done = rq->chunk.done;
	} else {
		size_t n = (uint64_t)rq->body_left < in->n ? (size_t)rq->body_left : in->n;
		*data = str_sub(*in, 0, n);
		*in = str_sub(*in, n, in->n);
		rq->body_left -= (int64_t)n;
		rq->body_done = rq->body_left == 0;
	}
	rq->body_got += (int64_t)data->n;
	return OK;
}

static bool hand_over(struct conn *c)
{
	c->state = CONN_BUSY;
	conn_deadline(c, c->server->limits.answer_ms);
	c->server->hooks->ready(c->rq);
	return true;
}

/* More of what may become a head is waited for, and its time runs. */
static void wait_for_head(struct conn *c)
{
	if (!c->begun)
		conn_deadline(c, c->server->limits.head_ms);
	c->begun = true;
}

/* HTTP/2 by prior knowledge begins where a first request would. To others its preface is a request that nobody knows. */
static bool read_preface(struct conn *c, str in)
{
	int preface = !c->spoken && h2_clear_ok(&c->peer) ? h2_preface(in) : -1;

	if (preface == 0)
		wait_for_head(c);
	else if (preface > 0)
		conn_h2_begin(c);
	return preface >= 0;
}

static bool read_head(struct conn *c, str *in)
{
	if (in->p[0] == 'P' && read_preface(c, *in))
		return false;
	struct request *rq = request_new(c, &request_h1);
	str bytes = arena_copy(rq->mem, str_sub(*in, 0, COPY_MAX));
	size_t used;
	enum err e = http_parse_request(rq->mem, bytes, &c->scan, &rq->http, &used);

	if (e == OK && used == 0) {
		arena_unref(rq->mem);
		wait_for_head(c);
		return false;
	}
	own(c, rq);
	if (e != OK) {
		rq->http.minor = 1;
		rq->http.length = -1;
		return refuse(c, e);
	}
	c->spoken = true;
	*in = str_sub(*in, used, in->n);
	rq->body_left = rq->http.length > 0 ? rq->http.length : 0;
	rq->body_done = !rq->http.chunked && rq->body_left == 0;
	/* A small body that came with its head is where it should be already. */
	if (rq->body_left > 0 && (uint64_t)rq->body_left <= bytes.n - used)
		rq->http.body = str_sub(bytes, used, used + (size_t)rq->body_left);
	c->state = CONN_BUSY;
	c->server->hooks->head(rq);
	if (c->rq != rq || c->state != CONN_BUSY)
		return c->state != CONN_CLOSED; /* answered already */
	if (rq->stream) {
		rq->http.body = (str){ NULL, 0 };
		return hand_over(c);
	}
	return begin_body(c, in);
}

/* The whole body is wanted. */
static bool begin_body(struct conn *c, str *in)
{
	struct request *rq = c->rq;

	if (rq->body_done)
		return hand_over(c);
	if (rq->body_left > rq->body_max)
		return refuse(c, ERR_TOO_LARGE);
	if (rq->http.body.n) {
		*in = str_sub(*in, rq->http.body.n, in->n);
		rq->body_left = 0;
		rq->body_done = true;
		return hand_over(c);
	}
	c->state = CONN_BODY;
	rq->body = (struct buf)BUF(rq->mem);
	rq->body_since_ms = loop_ms(c->server->loop);
	conn_deadline(c, c->server->limits.head_ms);
	if (rq->http.expect_continue && in->n == 0)
		conn_continue(c);
	return true;
}

/* RFC 9110 section 10.1.1: only to who asked, and only once the body is really wanted. */
void conn_continue(struct conn *c)
{
	buf_put(conn_out(c), S("HTTP/1.1 100 Continue\r\n\r\n"));
	c->rq->continued = true;
	if (!c->running)
		(void)conn_flush(c);
}

static bool read_body(struct conn *c, str *in)
{
	struct request *rq = c->rq;
	str data;

	while (in->n && !rq->body_done) {
		enum err e = take(rq, in, &data);
		if (e != OK)
			return refuse(c, e);
		if (rq->body_got > rq->body_max)
			return refuse(c, ERR_TOO_LARGE);
		buf_put(&rq->body, data);
		if (rq->body.full)
			return refuse(c, ERR_TOO_LARGE);
	}
	if (!rq->body_done)
		return false;
	rq->http.body = buf_str(&rq->body);
	return hand_over(c);
}

static bool skip_body(struct conn *c, str *in)
{
	str data;

	if (take(c->rq, in, &data) != OK || !c->rq->body_done)
		return false; /* not chunked, so take does not fail */
	conn_forget(c);
	c->state = CONN_HEAD;
	conn_deadline(c, c->server->limits.idle_ms);
	return true;
}

static bool feed_stream(struct conn *c, str *in)
{
	struct request *rq = c->rq;
	str data;

	if (rq->ended_body || rq->paused)
		return false;
	if (rq->body_done) {
		rq->ended_body = true;
		conn_deadline(c, INT32_MAX);
		rq->ops->body_end(rq->arg);
		return true;
	}
	if (in->n == 0)
		return false;
	if (take(rq, in, &data) != OK) {
		conn_close(c); /* too late for a refusal: the head may be on its way upstream */
		return false;
	}
	conn_deadline(c, c->server->limits.idle_ms);
	if (data.n)
		rq->ops->body(rq->arg, data);
	return true;
}

/* One step with the input; false when there is nothing more to do with it now. */
static bool step(struct conn *c, str *in)
{
	switch (c->state) {
	case CONN_HEAD:
		if (!c->keep || in->n == 0)
			return false;
		/* Who pipelines requests but takes no answers waits. */
		if (c->out.n >= OUT_HIGH && (!conn_flush(c) || c->out.n))
			return false;
		return read_head(c, in);
	case CONN_BODY:
		return read_body(c, in);
	case CONN_SKIP:
		return skip_body(c, in);
	case CONN_STREAM:
		return feed_stream(c, in);
	default:
		return false;
	}
}

/* Input that was not used stays, in memory that an idle connection does not have. */
static void keep_rest(struct conn *c, str rest, bool kept)
{
	if (rest.n == 0)
		buf_free(&c->in);
	else if (kept)
		buf_shift(&c->in, c->in.n - rest.n);
	else
		buf_put(&c->in, rest);
}

/* The preface was read, and is read again by the session. */
static void hand_to_h2(struct conn *c, str in)
{
	struct buf kept = c->in; /* which `in` may lie in, while the connection may end */

	c->in = (struct buf){ 0 };
	h2_take(c, in);
	buf_free(&kept);
}

void conn_run(struct conn *c, str fresh)
{
	bool kept = c->in.n > 0;
	str in = fresh;

	if (c->state == CONN_H2) {
		h2_take(c, fresh);
		return;
	}
	if (kept) {
		buf_put(&c->in, fresh);
		in = buf_str(&c->in);
	}
	c->running = true;
	while (step(c, &in))
		;
	c->running = false;
	if (c->state == CONN_H2) {
		hand_to_h2(c, in);
		return;
	}
	if (c->state == CONN_CLOSED)
		return;
	keep_rest(c, in, kept);
	if (c->out.n && !conn_flush(c))
		return;
	if (c->state == CONN_HEAD && c->out.n == 0) {
		if (!c->keep || c->eof || (c->server->draining && !c->begun)) {
			conn_finish(c);
			return;
		}
		if (!c->begun)
			conn_deadline(c, c->server->limits.idle_ms);
	}
	conn_listen(c);
}
