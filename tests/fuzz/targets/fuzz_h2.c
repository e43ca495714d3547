/*
 * What a client of HTTP/2 may send, against a session on a socket: every request that reaches the app has one reading, what
 * the server keeps is bounded, and what it sends back are whole frames.
 * covers: src/net/h2.c src/net/h2_frames.c src/net/h2_stream.c src/net/h2_answer.c src/net/h2_budget.c src/http/fields.c
 */
#include "net/h2_inner.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

#define HELD 64

static struct loop *loop;
static struct server *server;
static struct server_shared shared;
static struct request *held[HELD]; /* answered later, or never */
static size_t held_count;

static void answer(struct request *rq, int status, str body)
{
	struct http_reply r = { .status = status, .body = body };

	reply_header(&r, S("X-A"), S("b"));
	rq->app = NULL;
	request_reply(rq, &r);
}

static void echo_body(void *arg, str data)
{
	if (!request_send(arg, &data, 1))
		request_want(arg, false);
}

static void echo_end(void *arg)
{
	request_end(arg, S("end"));
}

static void echo_drained(void *arg)
{
	request_want(arg, true);
}

static void echo_closed(void *arg)
{
	(void)arg;
}

static const struct stream_ops echo = { echo_body, echo_end, echo_drained, echo_closed, NULL };

/* The same that HTTP/1 promises of a head. */
static void one_reading(const struct http_req *r)
{
	MUST(r->host.n && r->path.n && (r->path.p[0] == '/' || r->method == HTTP_OPTIONS));
	MUST(str_within(r->target, 0x21, 0x7e) && !str_has(r->target, '#'));
	MUST(r->header_count <= HTTP_HEADERS_MAX && r->minor == 1 && r->keep_alive);
	MUST(http_header_count(r, S("content-length")) <= 1 && http_header_count(r, S("host")) <= 1 &&
	    http_header_count(r, S("cookie")) <= 1);
	MUST((r->length >= 0) == (http_header_count(r, S("content-length")) == 1));
	MUST(!http_header(r, S("transfer-encoding")).p && !http_header(r, S("connection")).p);
	for (size_t i = 0; i < r->header_count; i++) {
		str n = r->headers[i].name, v = r->headers[i].value;
		MUST(n.n && !str_has(n, ':') && !str_has(n, ' '));
		MUST(!str_has(v, '\r') && !str_has(v, '\n') && !str_has(v, '\0'));
	}
}

static void on_head(struct request *rq)
{
	if (rq->h2) /* what HTTP/1 brings has a target of its own */
		one_reading(&rq->http);
	rq->app = rq;
	rq->body_max = 1000;
	if (str_ends(rq->http.path, S("r")))
		answer(rq, 404, S("no"));
	else
		rq->stream = str_ends(rq->http.path, S("s")) || str_ends(rq->http.path, S("w"));
}

static void on_ready(struct request *rq)
{
	struct http_answer head = { .status = 200, .length = -1, .no_body = rq->http.method == HTTP_HEAD };

	if (str_ends(rq->http.path, S("l")) && held_count < HELD) {
		(void)arena_ref(rq->mem);
		held[held_count++] = rq;
	} else if (rq->stream && str_ends(rq->http.path, S("w"))) {
		request_read_body(rq, 500);
	} else if (rq->stream) {
		rq->app = NULL;
		request_head(rq, &head);
		request_take(rq, &echo, rq);
	} else {
		answer(rq, str_ends(rq->http.path, S("n")) ? 204 : 200, rq->http.body);
	}
}

static void on_broken(struct request *rq, enum err e)
{
	answer(rq, err_row(e)->status, str_of(err_row(e)->name));
}

static void on_late(struct request *rq)
{
	answer(rq, 503, S(""));
}

static void on_gone(struct request *rq)
{
	(void)rq;
}

static const struct server_hooks hooks = { on_head, on_ready, on_broken, on_late, on_gone };

static void open_server(void)
{
	static const struct server_limits limits = { .head_ms = 10000,
		.idle_ms = 10000,
		.stall_ms = 10000,
		.answer_ms = 10000,
		.body_rate = 1,
		.connections = 10,
		.per_address = 10,
		.arena_cap = 1 << 20 };

	if (loop)
		return;
	MUST(loop_new(&loop) == OK);
	server_shared_start(&shared);
	server = server_new(loop, &hooks, &limits, &shared, NULL);
}

static void answer_held(size_t n)
{
	for (; n && held_count; n--) {
		struct request *rq = held[--held_count];
		if (rq->conn)
			answer(rq, 200, S("later"));
		arena_unref(rq->mem);
	}
}

/* What is kept is within what is promised. */
static void check_session(const struct conn *c)
{
	const struct h2 *h = c->h2;
	size_t count = 0, waiting = 0;

	MUST(c->out.n < OUT_HIGH + 16384 + 9 + 17);
	if (c->state != CONN_H2)
		return;
	MUST(!h->running);
	for (const struct h2_stream *s = h->streams; s; s = s->next) {
		count++;
		waiting += s->out.n - s->out_at;
		MUST(s->in.n <= 65535 && (s->rq || s->state == H2_ANSWERED));
	}
	MUST(count == h->count && waiting == h->waiting && count <= H2_STREAMS_MAX + 1);
}

/* Whole frames of a size that nobody forbids; the answers of HTTP/1 do not begin like one. */
struct reader {
	unsigned char head[9];
	size_t have, skip;
	bool h1;
};

static void read_frames(struct reader *r, const unsigned char *p, size_t n)
{
	while (n && !r->h1) {
		size_t k = r->skip < n ? r->skip : n;
		r->skip -= k;
		p += k;
		n -= k;
		if (n == 0)
			break;
		r->head[r->have++] = *p++;
		n--;
		if (r->have == 1 && r->head[0] == 'H')
			r->h1 = true;
		if (r->have < 9)
			continue;
		r->have = 0;
		r->skip = (size_t)r->head[0] << 16 | (size_t)r->head[1] << 8 | r->head[2];
		MUST(r->skip <= 16384 && r->head[3] != NGHTTP2_PUSH_PROMISE && !(r->head[5] & 0x80));
	}
}

static void take_all(int fd, struct reader *r)
{
	unsigned char room[65536];
	ssize_t n;

	while ((n = recv(fd, room, sizeof room, MSG_DONTWAIT)) > 0)
		read_frames(r, room, (size_t)n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char begin[] = H2_PREFACE "\0\0\0\4\0\0\0\0\0";
	static const struct inlet inlet = { .fd = -1 };
	struct addr peer = { .family = ADDR_LOCAL };
	struct reader reader = { .have = 0 };
	int pair[2];

	if (size < 2 || size > 200000)
		return 0;
	open_server();
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	struct conn *c = conn_open(server, pair[0], &inlet, &peer, false, NULL);
	MUST(c);
	atomic_fetch_add(&shared.connections, 1);
	size_t step = (size_t)(data[0] & 0x3f) * 16 + 1;
	if (data[0] & 0x80)
		conn_run(c, (str){ begin, sizeof begin - 1 });
	for (size_t at = 1; at < size && (c->state == CONN_H2 || c->state == CONN_HEAD); at += step) {
		str part = { (const char *)data + at, at + step < size ? step : size - at };
		conn_run(c, part);
		if (data[0] & 0x40)
			answer_held(1);
		if (c->state != CONN_CLOSED) {
			take_all(pair[1], &reader);
			check_session(c);
		}
		if (c->state == CONN_H2)
			h2_take(c, (str){ NULL, 0 });
	}
	if (c->state == CONN_H2 && data[0] & 0x20)
		h2_drain(c);
	answer_held(HELD);
	take_all(pair[1], &reader);
	server_cut(server);
	loop_stop(loop);
	loop_run(loop); /* lets go of the memory */
	close(pair[1]);
	return 0;
}
