/* How requests of HTTP/2 are answered: frames leave as the client's windows allow, and what waits is counted. */
#include "net/h2_inner.h"

#include <string.h>

#define CREEP 4096 /* bytes that a client takes at least in the time that it has for anything */
#define WORTH 1024 /* a frame this large is worth its head */

struct heads {
	nghttp2_nv list[HTTP_HEADERS_MAX + 32];
	size_t n;
};

/* Names are in lower case (RFC 9113 section 8.2). nghttp2 copies both when the answer is submitted. */
static void put(struct heads *h, struct arena *mem, str name, str value)
{
	if (h->n == COUNT(h->list))
		return;
	char *low = arena_alloc(mem, name.n + 1);
	for (size_t i = 0; i < name.n; i++)
		low[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] + 32 : name.p[i]);
	/* nghttp2_nv is not const for the sake of who reads with it; nobody writes */
	h->list[h->n++] = (nghttp2_nv){ (uint8_t *)low, (uint8_t *)(uintptr_t)value.p, name.n, value.n,
		NGHTTP2_NV_FLAG_NONE };
}

static void put_int(struct heads *h, struct arena *mem, str name, int64_t value)
{
	put(h, mem, name, arena_printf(mem, "%lld", (long long)value));
}

static size_t left(const struct h2_stream *s)
{
	return s->out.n - s->out_at;
}

static void add(struct h2_stream *s, str data)
{
	if (data.n == 0)
		return;
	if (s->out_at >= STREAM_HIGH) {
		buf_shift(&s->out, s->out_at);
		s->out_at = 0;
	}
	if (left(s) == 0)
		h2_stream_watch(s);
	buf_put(&s->out, data);
	s->h2->waiting += data.n;
}

/* Submits the head, with a body behind it or as all there is. */
static void submit(struct h2_stream *s, const nghttp2_nv *list, size_t n, bool body)
{
	nghttp2_data_provider from = { .source.ptr = s, .read_callback = h2_answer_read };

	s->begun = true;
	if (nghttp2_submit_response(s->h2->session, s->id, list, n, body ? &from : NULL) != 0)
		h2_stream_abort(s, NGHTTP2_INTERNAL_ERROR);
}

static void resume(struct h2_stream *s)
{
	if (!s->idle)
		return;
	s->idle = false;
	(void)nghttp2_session_resume_data(s->h2->session, s->id);
}

ssize_t h2_answer_read(nghttp2_session *session, int32_t id, uint8_t *to, size_t length, uint32_t *flags,
    nghttp2_data_source *source, void *arg)
{
	struct h2_stream *s = source->ptr;
	struct h2 *h = arg;
	size_t n = left(s) < length ? left(s) : length;
	(void)session, (void)id;

	if (n == 0 && !s->whole) {
		s->idle = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	if (n)
		memcpy(to, s->out.p + s->out_at, n);
	s->out_at += n;
	s->crept += n;
	h->waiting -= n;
	h->moved += n;
	if (h->moved >= CREEP) {
		h->moved = 0;
		h->moved_ms = loop_ms(h->conn->server->loop);
	}
	if (left(s) == 0) {
		buf_free(&s->out);
		s->out_at = 0;
		h2_stream_rest(s);
		if (s->whole)
			*flags |= NGHTTP2_DATA_FLAG_EOF;
	} else if (s->crept >= CREEP) {
		h2_stream_watch(s);
	}
	if (n >= WORTH || (n && left(s) == 0))
		h2_budget_earn(&h->budget, H2_EARN_SENT);
	return (ssize_t)n;
}

bool h2_answer_drained(struct h2 *h)
{
	bool any = false;

	h->running = true;
	for (struct h2_stream *s = h->streams; s; s = s->next)
		if (s->held && s->rq && left(s) <= STREAM_HIGH / 2) {
			any = true;
			s->held = false;
			s->rq->ops->drained(s->rq->arg);
		}
	h->running = false;
	return any;
}

/* --- what app calls, net/request.h */

static void reply_whole(struct request *rq, const struct http_reply *reply)
{
	struct h2_stream *s = rq->h2;
	struct h2 *h = s->h2;
	bool bodyless = http_bodyless(reply->status), was = h2_hold(h),
	     body = !bodyless && rq->http.method != HTTP_HEAD && reply->body.n;
	struct heads heads = { .n = 0 };

	put_int(&heads, rq->mem, S(":status"), reply->status);
	for (size_t i = 0; i < reply->header_count; i++)
		put(&heads, rq->mem, reply->headers[i].name, reply->headers[i].value);
	if (!bodyless)
		put_int(&heads, rq->mem, S("content-length"), (int64_t)reply->body.n);
	put(&heads, rq->mem, S("date"), server_date(h->conn->server));
	s->whole = true;
	rq->ops = NULL; /* who took it has refused it: `closed` is not called */
	h2_stream_expect(s, INT32_MAX);
	if (body)
		add(s, reply->body);
	submit(s, heads.list, heads.n, body);
	h2_stream_forget(s);
	h2_let(h, was);
}

static void read_body(struct request *rq, int64_t max)
{
	struct h2_stream *s = rq->h2;
	struct h2 *h = s->h2;
	bool was = h2_hold(h);

	rq->stream = false;
	rq->body_max = max;
	rq->body = (struct buf)BUF(rq->mem);
	rq->body_since_ms = loop_ms(h->conn->server->loop);
	s->state = H2_BODY;
	h2_stream_expect(s, h->conn->server->limits.head_ms);
	h2_stream_continue(s);
	h2_stream_feed(s);
	h2_let(h, was);
}

static void take(struct request *rq, const struct stream_ops *ops, void *arg)
{
	struct h2_stream *s = rq->h2;
	struct h2 *h = s->h2;
	bool was = h2_hold(h);

	rq->ops = ops;
	rq->arg = arg;
	s->state = H2_STREAM;
	if (left(s) == 0)
		h2_stream_rest(s);
	h2_stream_continue(s);
	h2_stream_feed(s);
	h2_let(h, was);
}

static void want(struct request *rq, bool on)
{
	struct h2_stream *s = rq->h2;
	struct h2 *h = s->h2;
	bool was = h2_hold(h);

	rq->paused = !on;
	if (left(s) == 0)
		h2_stream_rest(s);
	if (on)
		h2_stream_feed(s);
	h2_let(h, was);
}

/* The answer that is kept until the first of its body goes, in the request's arena. */
struct h2_head {
	struct heads heads;
	bool no_body;
};

static void begin_answer(struct request *rq, const struct http_answer *a)
{
	struct h2_stream *s = rq->h2;
	struct h2_head *head = NEW(rq->mem, struct h2_head);

	put_int(&head->heads, rq->mem, S(":status"), a->status);
	for (size_t i = 0; i < a->header_count; i++)
		put(&head->heads, rq->mem, a->headers[i].name, arena_copy(rq->mem, a->headers[i].value));
	if (a->length >= 0 && a->status != 204)
		put_int(&head->heads, rq->mem, S("content-length"), a->length);
	head->no_body = a->no_body;
	s->head = head;
}

/* Whatever is known of the answer by now. */
static void begin(struct h2_stream *s)
{
	const struct h2_head *head = s->head;

	if (s->begun || !head)
		return;
	submit(s, head->heads.list, head->heads.n, !head->no_body && !(s->whole && left(s) == 0));
}

static bool send_body(struct request *rq, const str *parts, size_t count)
{
	struct h2_stream *s = rq->h2;
	struct h2 *h = s->h2;
	bool was = h2_hold(h), room;

	for (size_t i = 0; i < count && !(s->head && s->head->no_body); i++)
		add(s, parts[i]);
	begin(s);
	resume(s);
	s->held = left(s) > STREAM_HIGH;
	(void)arena_ref(rq->mem); /* the connection may break: then rq is let go */
	h2_let(h, was);
	room = rq->conn && !rq->h2->held;
	arena_unref(rq->mem);
	return room;
}

static void end_answer(struct request *rq, str last)
{
	struct h2_stream *s = rq->h2;
	struct h2 *h = s->h2;
	bool was = h2_hold(h);

	if (!(s->head && s->head->no_body))
		add(s, last);
	s->whole = true;
	rq->ops = NULL; /* it is over for whoever took it: `closed` is not called */
	begin(s);
	resume(s);
	if (left(s) == 0)
		h2_stream_expect(s, INT32_MAX);
	h2_stream_forget(s);
	h2_let(h, was);
}

static void break_off(struct request *rq)
{
	struct h2 *h = rq->h2->h2;
	bool was = h2_hold(h);

	rq->ops = NULL;
	h2_stream_abort(rq->h2, NGHTTP2_INTERNAL_ERROR);
	h2_let(h, was);
}

static size_t waiting(const struct request *rq)
{
	return left(rq->h2);
}

const struct request_wire request_h2 = {
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
