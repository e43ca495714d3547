/* The answer of an upstream: what the operator chose, but is trusted no more than a client. */
#include "net/upstream_inner.h"

#include <errno.h>

#define HEAD_ARENA ((size_t)65536)

/* The answer is complete: the connection waits for the next request, when it may. */
static void finish(struct upcall *x)
{
	const struct upcall_ops *ops = x->ops;
	void *arg = x->arg;

	buf_free(&x->in);
	if (x->keep && x->sent && !x->deaf && x->out.n == 0 && pool_keep(x->pool, x)) {
		x->paused = false;
		line_listen(x);
		upcall_expect(x, UP_IDLE_MS);
	} else {
		upcall_shut(x);
	}
	ops->end(arg); /* who may start another request at once, on this very connection */
}

/* The head says how the body will be read. */
static enum err begin_body(struct upcall *x, const struct http_res *res)
{
	x->state = UP_BODY;
	x->keep = res->keep_alive;
	x->chunked = res->chunked && !res->no_body;
	x->chunk = (struct chunk_reader){ 0 };
	x->until_close = !res->no_body && !res->chunked && res->length < 0;
	x->left = res->no_body || res->length < 0 ? 0 : res->length;
	upcall_expect(x, x->want.body_ms);
	return x->ops->head(x->arg, res);
}

/* Reads one head out of *in; false when more must come or the upcall is over. */
static bool read_head(struct upcall *x, str *in)
{
	struct arena *mem = arena_new(HEAD_ARENA);
	struct http_res res;
	size_t used = 0;
	enum err e = http_parse_response(mem, *in, &x->scan, x->want.to_head, &res, &used);

	if (e != OK || (used && res.status == 101)) /* nobody asked for another protocol */
		e = ERR_UPSTREAM_BROKEN;
	else if (used && res.status >= 200)
		e = begin_body(x, &res);
	arena_unref(mem);
	if (x->state == UP_GONE)
		return false;
	if (e != OK) {
		upcall_fail(x, e, false);
		return false;
	}
	if (used) {
		*in = str_sub(*in, used, in->n);
		x->scan = 0; /* also after a 1xx, which is passed over */
	}
	return used != 0;
}

/* True when the body is complete; what is left of *in then was never announced. */
static bool read_chunks(struct upcall *x, str *in)
{
	while (in->n && !x->chunk.done) {
		str data;
		if (chunk_read(&x->chunk, in, &data) != OK) {
			upcall_fail(x, ERR_UPSTREAM_BROKEN, false);
			return false;
		}
		if (data.n)
			x->ops->data(x->arg, data);
		if (x->state == UP_GONE)
			return false;
	}
	return x->chunk.done;
}

static bool read_length(struct upcall *x, str *in)
{
	size_t n = x->until_close || (uint64_t)x->left > in->n ? in->n : (size_t)x->left;
	str data = str_sub(*in, 0, n);

	*in = str_sub(*in, n, in->n);
	if (!x->until_close)
		x->left -= (int64_t)n;
	if (n)
		x->ops->data(x->arg, data);
	return x->state != UP_GONE && !x->until_close && x->left == 0;
}

/* An incomplete head waits for more. */
static void put_by(struct upcall *x, str rest)
{
	struct buf kept = { 0 };

	if (x->in.n && rest.p == x->in.p)
		return; /* it stands there already */
	buf_put(&kept, rest);
	buf_free(&x->in);
	x->in = kept;
}

bool upcall_take(struct upcall *x, str fresh)
{
	str in = fresh;

	x->answered = true;
	if (x->in.n) {
		buf_put(&x->in, fresh);
		in = buf_str(&x->in);
	}
	while (x->state == UP_HEAD && in.n && read_head(x, &in))
		;
	if (x->state == UP_GONE)
		return false;
	if (x->state == UP_HEAD) {
		put_by(x, in);
		return true;
	}
	bool complete = x->chunked ? read_chunks(x, &in) : read_length(x, &in);
	if (x->state == UP_GONE)
		return false;
	if (complete) {
		x->keep = x->keep && in.n == 0; /* more than was announced: whose would it be? */
		finish(x);
		return false;
	}
	buf_free(&x->in);
	if (!x->paused)
		upcall_expect(x, x->want.body_ms);
	x->ops->turn(x->arg);
	return x->state != UP_GONE;
}

void upcall_ended(struct upcall *x, int error)
{
	x->reset |= error == ECONNRESET;
	if (x->state == UP_IDLE) {
		upcall_shut(x);
	} else if (x->state == UP_BODY && x->until_close && !error) {
		x->keep = false;
		finish(x);
	} else {
		bool again = x->kept && !x->answered && (x->want.twice || line_unheard(x));
		upcall_fail(x, ERR_UPSTREAM_BROKEN, again);
	}
}
