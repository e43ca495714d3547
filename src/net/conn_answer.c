/* How requests of HTTP/1 are answered: in their order, and with the connection's end for whatever has no other end. */
#include "net/conn.h"
#include "net/request_inner.h"

void conn_settle(struct conn *c, bool keep)
{
	struct request *rq = c->rq;

	c->keep = c->keep && keep && rq->http.keep_alive && !c->server->draining;
	if (rq->body_done)
		return;
	/* Answered before the body was read: one that is short and surely coming is passed over, else this is the end. */
	bool coming = !rq->http.expect_continue || rq->continued || rq->body_got;
	if (!coming || rq->http.chunked || rq->body_left > SKIP_MAX || rq->ops) {
		c->keep = false;
		c->unread = true;
	}
}

void conn_answered(struct conn *c)
{
	if (c->keep && !c->rq->body_done) {
		c->state = CONN_SKIP;
		c->rq->ops = NULL;
		conn_deadline(c, c->server->limits.head_ms);
	} else {
		conn_forget(c);
		c->state = CONN_HEAD;
	}
	/* conn_run, when it is under way, goes on by itself and sends all answers at once. */
	if (!c->running && conn_flush(c) && c->out.n == 0)
		conn_run(c, (str){ NULL, 0 });
}

static void reply_whole(struct request *rq, const struct http_reply *reply)
{
	struct conn *c = rq->conn;

	conn_settle(c, !reply->close);
	struct buf *out = conn_out(c);
	if (!buf_room(out, 768 + reply->body.n)) { /* once, instead of growing step by step */
		conn_close(c);
		return;
	}
	http_reply_write(out, reply, server_date(c->server), c->keep, rq->http.method == HTTP_HEAD);
	rq->ops = NULL; /* who took it has refused it: `closed` is not called */
	conn_answered(c);
}

static void read_body(struct request *rq, int64_t max)
{
	struct conn *c = rq->conn;

	rq->stream = false;
	rq->body_max = max;
	rq->body = (struct buf)BUF(rq->mem);
	rq->body_since_ms = loop_ms(c->server->loop);
	c->state = CONN_BODY;
	conn_deadline(c, c->server->limits.head_ms);
	if (rq->http.expect_continue && !rq->body_done && c->in.n == 0)
		conn_continue(c);
	if (rq->conn && !c->running)
		conn_run(c, (str){ NULL, 0 });
}

static void take(struct request *rq, const struct stream_ops *ops, void *arg)
{
	struct conn *c = rq->conn;

	rq->ops = ops;
	rq->arg = arg;
	c->state = CONN_STREAM;
	conn_deadline(c, conn_stream_ms(c));
	if (rq->http.expect_continue && !rq->body_done && c->in.n == 0)
		conn_continue(c);
	if (rq->conn && !c->running)
		conn_run(c, (str){ NULL, 0 });
}

static void want(struct request *rq, bool on)
{
	struct conn *c = rq->conn;

	rq->paused = !on;
	if (c->out.n == 0)
		conn_deadline(c, conn_stream_ms(c));
	if (on && !c->running)
		conn_run(c, (str){ NULL, 0 });
	else
		conn_listen(c);
}

/*
 * An HTTP/1.0 client knows neither chunks nor, if it does not say so, connections that go on. And of a request that was
 * answered early the rest stands between this answer and the next request.
 */
static void begin_answer(struct request *rq, const struct http_answer *a)
{
	bool modern = rq->http.minor == 1, ends = a->no_body || a->length >= 0;

	rq->chunks = !ends && modern;
	rq->keep = modern && rq->http.keep_alive && rq->ended_body;
	rq->head = (struct buf)BUF(rq->mem);
	if (buf_room(&rq->head, 768)) /* once, instead of growing step by step */
		http_answer_write(&rq->head, a, rq->chunks, rq->keep);
}

/* The head, when it has not left yet, and one chunk. False when the connection broke. */
static bool send_run(struct request *rq, const str *parts, size_t count, str behind)
{
	char room[CHUNK_LINE];
	str all[REQUEST_PARTS + 4] = { buf_str(&rq->head) };
	size_t n = 1, size = 0;

	for (size_t i = 0; i < count; i++)
		size += parts[i].n;
	if (rq->chunks && size)
		all[n++] = chunk_line(size, room);
	for (size_t i = 0; i < count && i < REQUEST_PARTS; i++)
		all[n++] = parts[i];
	if (rq->chunks && size)
		all[n++] = S("\r\n");
	all[n++] = behind;
	rq->head.n = 0;
	return conn_send(rq->conn, all, n);
}

static bool send_body(struct request *rq, const str *parts, size_t count)
{
	struct conn *c = rq->conn;

	if (!send_run(rq, parts, count, S("")))
		return false;
	c->held = c->out.n > STREAM_HIGH;
	return !c->held;
}

static void end_answer(struct request *rq, str last)
{
	struct conn *c = rq->conn;
	bool keep = rq->keep;

	conn_settle(c, keep);
	rq->ops = NULL; /* it is over for whoever took it: `closed` is not called */
	c->held = false;
	if (send_run(rq, &last, 1, rq->chunks ? S("0\r\n\r\n") : S("")))
		conn_answered(c);
}

static void break_off(struct request *rq)
{
	rq->ops = NULL;
	conn_close(rq->conn);
}

static size_t waiting(const struct request *rq)
{
	return rq->conn->out.n;
}

const struct request_wire request_h1 = {
	.reply = reply_whole,
	.read_body = read_body,
	.take = take,
	.want = want,
	.head = begin_answer,
	.send = send_body,
	.end = end_answer,
	.abort = break_off,
	.waiting = waiting,
};
