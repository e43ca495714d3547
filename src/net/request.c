#include "net/conn.h"
#include "net/request_inner.h"

struct request *request_new(struct conn *c, const struct request_wire *wire)
{
	struct arena *mem = arena_new(c->server->limits.arena_cap);
	struct request *rq = NEW(mem, struct request);

	rq->mem = mem;
	rq->server = c->server;
	rq->from = c->from;
	rq->tls = c->line.ssl != NULL;
	rq->peer = c->peer;
	rq->wire = wire;
	atomic_init(&rq->cancelled, false);
	return rq;
}

void request_forget(struct request *rq)
{
	rq->conn = NULL;
	atomic_store_explicit(&rq->cancelled, true, memory_order_relaxed);
	if (rq->ops) {
		const struct stream_ops *ops = rq->ops;
		rq->ops = NULL;
		ops->closed(rq->arg);
	}
	if (rq->app)
		rq->server->hooks->gone(rq);
	arena_unref(rq->mem);
}

void request_reply(struct request *rq, const struct http_reply *reply)
{
	if (rq->conn)
		rq->wire->reply(rq, reply);
}

void request_read_body(struct request *rq, int64_t max)
{
	if (rq->conn)
		rq->wire->read_body(rq, max);
}

void request_take(struct request *rq, const struct stream_ops *ops, void *arg)
{
	if (rq->conn)
		rq->wire->take(rq, ops, arg);
}

void request_want(struct request *rq, bool on)
{
	if (rq->conn && rq->paused == on)
		rq->wire->want(rq, on);
}

void request_head(struct request *rq, const struct http_answer *a)
{
	if (rq->conn)
		rq->wire->head(rq, a);
}

bool request_send(struct request *rq, const str *parts, size_t count)
{
	return rq->conn && rq->wire->send(rq, parts, count);
}

void request_end(struct request *rq, str last)
{
	if (rq->conn)
		rq->wire->end(rq, last);
}

void request_abort(struct request *rq)
{
	if (rq->conn)
		rq->wire->abort(rq);
}

size_t request_waiting(const struct request *rq)
{
	return rq->conn ? rq->wire->waiting(rq) : 0;
}
