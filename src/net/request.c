#include "net/conn.h"

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

void request_reply(struct request *rq, const struct http_reply *reply)
{
	struct conn *c = rq->conn;

	if (!c)
		return;
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

void request_read_body(struct request *rq, int64_t max)
{
	struct conn *c = rq->conn;

	if (!c)
		return;
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

void request_take(struct request *rq, const struct stream_ops *ops, void *arg)
{
	struct conn *c = rq->conn;

	if (!c)
		return;
	rq->ops = ops;
	rq->arg = arg;
	c->state = CONN_STREAM;
	conn_deadline(c, conn_stream_ms(c));
	if (rq->http.expect_continue && !rq->body_done && c->in.n == 0)
		conn_continue(c);
	if (rq->conn && !c->running)
		conn_run(c, (str){ NULL, 0 });
}

void request_want(struct request *rq, bool on)
{
	struct conn *c = rq->conn;

	if (!c || rq->paused == !on)
		return;
	rq->paused = !on;
	if (c->out.n == 0)
		conn_deadline(c, conn_stream_ms(c));
	if (on && !c->running)
		conn_run(c, (str){ NULL, 0 });
	else
		conn_listen(c);
}

bool request_send(struct request *rq, const str *parts, size_t count)
{
	struct conn *c = rq->conn;

	if (!c || !conn_send(c, parts, count))
		return false;
	c->held = c->out.n > STREAM_HIGH;
	return !c->held;
}

void request_end(struct request *rq, bool keep)
{
	struct conn *c = rq->conn;

	if (!c)
		return;
	conn_settle(c, keep);
	rq->ops = NULL; /* it is over for whoever took it: `closed` is not called */
	c->held = false;
	conn_answered(c);
}

void request_abort(struct request *rq)
{
	if (!rq->conn)
		return;
	rq->ops = NULL;
	conn_close(rq->conn);
}

size_t request_waiting(const struct request *rq)
{
	return rq->conn ? rq->conn->out.n : 0;
}
