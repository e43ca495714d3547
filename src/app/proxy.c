#include "app/proxy.h"

#include "app/exchange.h"
#include "base/url.h"
#include "net/server.h"

#define COPY_MAX 65536    /* of a request's body, kept for a redirect or a stale connection */
#define GATHER_MAX 16384  /* small runs of an answer leave together */
#define QUIET_MS 15000    /* an event stream says something at least so often, or proxies in between cut it (spec: field, 22) */
#define CHUNK_HEAD 20

struct proxy {
	struct proxy_call call;
	struct pass who;
	const struct site *site;
	struct upstream up;
	str path;            /* at the upstream, after a redirect another */
	struct upcall *x;  /* NULL once it is over */
	struct timer quiet;
	struct buf copy;     /* of the request's body */
	struct buf out;      /* heap: of the answer, not sent yet */
	int64_t body;        /* bytes of the request's body so far */
	bool copied;         /* copy holds all of the body so far */
	bool body_ended;
	bool begun;          /* the answer's head is out or in `out` */
	bool chunked;        /* we write chunks */
	bool events;         /* text/event-stream */
	char tail[2];        /* the last bytes of it */
	bool redirect;       /* the answer is a redirect that we follow */
	bool followed, retried;
	bool over;           /* the client's side is done with */
};

static void start(struct proxy *p, bool fresh);

/* The end of everything: nothing of p is used after the caller returns. */
static void finish(struct proxy *p)
{
	p->over = true;
	loop_timer_drop(server_loop(p->call.rq->server), &p->quiet);
	buf_free(&p->out);
	if (p->x) {
		upcall_drop(p->x);
		p->x = NULL;
	}
	site_unref(p->site);
	arena_unref(p->call.c->mem);
}

static void refuse(struct proxy *p, enum err e)
{
	struct proxy_call call = p->call;
	bool begun = p->begun;

	if (p->over)
		return;
	struct arena *hold = arena_ref(call.c->mem);
	p->over = true; /* `closed` may be called while the answer is written */
	if (begun)
		request_abort(call.rq); /* a status is out already: only a broken connection says that the answer is not whole */
	else
		call.refuse(call.c, call.rq, e);
	finish(p);
	arena_unref(hold);
}

/* --- the answer, from the upstream */

static void send_out(struct proxy *p)
{
	str all = buf_str(&p->out);

	if (all.n && !request_send(p->call.rq, &all, 1) && p->x)
		upcall_want_more(p->x, false);
	p->out.n = 0;
}

static void put_data(struct proxy *p, str data)
{
	char head[CHUNK_HEAD];
	struct buf h = { .p = head, .cap = sizeof head, .max = sizeof head };

	if (p->chunked) {
		buf_printf(&h, "%zx\r\n", data.n);
		buf_put(&p->out, buf_str(&h));
	}
	if (p->out.n + data.n <= GATHER_MAX) {
		buf_put(&p->out, data);
	} else {
		str parts[] = { buf_str(&p->out), data };
		bool room = request_send(p->call.rq, parts, COUNT(parts));
		p->out.n = 0;
		if (!room && p->x)
			upcall_want_more(p->x, false);
	}
	if (p->chunked && !p->over)
		buf_put(&p->out, S("\r\n"));
}

/* Same origin and the body still at hand: then one redirect is ours to follow (clients would not). */
static bool can_follow(struct proxy *p, const struct http_res *res)
{
	struct url to;
	str where = http_res_header(res, S("location"));

	if (p->followed || !p->copied || !p->body_ended || where.n == 0)
		return false;
	if (where.p[0] == '/' && !str_starts(where, S("//"))) {
		p->path = arena_copy(p->call.c->mem, where);
	} else {
		struct upstream other;
		where = arena_copy(p->call.c->mem, where);
		if (upstream_parse(where, &other) != OK || other.port != p->up.port || !str_ieq(other.host, p->up.host) ||
		    url_parse(where, &to) != OK)
			return false;
		p->path = other.path;
	}
	str path, query;
	(void)str_cut(p->path, '?', &path, &query);
	p->path = path; /* the client's own query is sent again */
	return str_within(p->path, 0x21, 0x7e);
}

static enum err judge_status(struct proxy *p, const struct http_res *res)
{
	struct ctx *c = p->call.c;
	str up = p->call.resource->upstream;

	switch (res->status) {
	case 401:
	case 403:
	case 407:
		return FAIL(c, UPSTREAM_REFUSED, "%.*s answered %d to the gateway", FMT(up), res->status);
	case 307:
	case 308:
		if (can_follow(p, res)) {
			p->redirect = true;
			return OK;
		}
		return FAIL(c, UPSTREAM_REDIRECT, "%.*s answered %d to %.*s", FMT(up), res->status,
		    FMT(str_sub(http_res_header(res, S("location")), 0, 200)));
	case 301:
	case 302:
	case 303:
		return FAIL(c, UPSTREAM_REDIRECT, "%.*s answered %d", FMT(up), res->status);
	default: return OK;
	}
}

static void on_quiet(struct timer *t);

static void start_events(struct proxy *p)
{
	p->events = true;
	p->tail[0] = p->tail[1] = '\n';
	p->quiet.fire = on_quiet;
	loop_timer(server_loop(p->call.rq->server), &p->quiet, QUIET_MS);
}

static enum err on_head(void *arg, const struct http_res *res)
{
	struct proxy *p = arg;
	const struct http_req *r = &p->call.rq->http;

	TRY(judge_status(p, res));
	if (p->redirect)
		return OK;
	bool body = !res->no_body && res->status != 204;
	p->chunked = body && (res->chunked || res->length < 0) && r->minor == 1;
	gate_response_head(&p->out, res, p->chunked, r->minor == 1 || !body || res->length >= 0, p->call.cors);
	p->begun = true;
	str type, rest;
	(void)str_cut(http_res_header(res, S("content-type")), ';', &type, &rest);
	if (str_ieq(str_trim(type), S("text/event-stream")) && p->chunked)
		start_events(p);
	return OK;
}

static void on_data(void *arg, str data)
{
	struct proxy *p = arg;

	if (p->redirect || p->over)
		return;
	if (p->events) {
		if (data.n >= 2) {
			p->tail[0] = data.p[data.n - 2];
			p->tail[1] = data.p[data.n - 1];
		} else {
			p->tail[0] = p->tail[1];
			p->tail[1] = data.p[0];
		}
		loop_timer(server_loop(p->call.rq->server), &p->quiet, QUIET_MS);
	}
	put_data(p, data);
}

static void on_turn(void *arg)
{
	struct proxy *p = arg;

	if (!p->over)
		send_out(p);
}

/* A comment between two events, which every client passes over. Not inside one. */
static void on_quiet(struct timer *t)
{
	struct proxy *p = (struct proxy *)(void *)((char *)t - offsetof(struct proxy, quiet));

	if (p->tail[0] == '\n' && p->tail[1] == '\n' && request_waiting(p->call.rq) == 0) {
		put_data(p, S(": still here\n\n"));
		send_out(p);
	}
	if (!p->over)
		loop_timer(server_loop(p->call.rq->server), &p->quiet, QUIET_MS);
}

static void on_end(void *arg)
{
	struct proxy *p = arg;

	p->x = NULL;
	if (p->over)
		return;
	if (p->redirect) {
		p->redirect = false;
		p->followed = true;
		start(p, false);
		return;
	}
	if (p->chunked)
		buf_put(&p->out, S("0\r\n\r\n"));
	struct arena *hold = arena_ref(p->call.c->mem);
	struct request *rq = p->call.rq;
	bool whole = p->chunked || rq->http.minor == 1;
	send_out(p);
	if (!p->over) {
		p->over = true;
		request_end(rq, whole);
		finish(p);
	}
	arena_unref(hold);
}

static void on_failed(void *arg, enum err e, bool stale)
{
	struct proxy *p = arg;
	struct ctx *c = p->call.c;

	p->x = NULL;
	if (p->over)
		return;
	/* The server had closed a kept connection, and nothing of the request can have been read by it. */
	if (stale && !p->retried && p->copied && p->body_ended) {
		p->retried = true;
		start(p, true);
		return;
	}
	if (c->fail.code != e) {
		str up = p->call.resource->upstream;
		if (e == ERR_UPSTREAM_DOWN)
			e = FAIL(c, UPSTREAM_DOWN, "no connection to %.*s", FMT(up));
		else if (e == ERR_UPSTREAM_SLOW)
			e = FAIL(c, UPSTREAM_SLOW, "%.*s took the request and did not answer", FMT(up));
		else
			e = FAIL(c, UPSTREAM_BROKEN, "%.*s closed the connection or answered no HTTP", FMT(up));
	}
	refuse(p, e);
}

static void on_drained_up(void *arg)
{
	struct proxy *p = arg;

	if (!p->over)
		request_want(p->call.rq, true);
}

static const struct upcall_ops UPWARD = { .head = on_head, .data = on_data, .turn = on_turn, .end = on_end,
	.failed = on_failed, .drained = on_drained_up };

/* --- the request, from the client */

static void send_body(struct proxy *p, str data)
{
	char head[CHUNK_HEAD];
	struct buf h = { .p = head, .cap = sizeof head, .max = sizeof head };
	str parts[3] = { { NULL, 0 }, data, { NULL, 0 } };

	if (p->call.rq->http.chunked) {
		buf_printf(&h, "%zx\r\n", data.n);
		parts[0] = buf_str(&h);
		parts[2] = S("\r\n");
	}
	if (p->x && !upcall_send(p->x, parts, COUNT(parts)))
		request_want(p->call.rq, false);
}

static void on_body(void *arg, str data)
{
	struct proxy *p = arg;
	struct ctx *c = p->call.c;

	if (p->over || !p->x)
		return;
	p->body += (int64_t)data.n;
	if (p->body > c->site->config->limit_body_mcp) {
		refuse(p, FAIL(c, TOO_LARGE, "a body over %lld bytes", (long long)c->site->config->limit_body_mcp));
		return;
	}
	if (p->copied && p->copy.n + data.n <= COPY_MAX) {
		buf_put(&p->copy, data);
	} else {
		p->copied = false;
		p->copy.n = 0;
	}
	send_body(p, data);
	if (p->x)
		upcall_flush(p->x);
}

static void end_body(struct proxy *p)
{
	str last = S("0\r\n\r\n");

	if (p->call.rq->http.chunked)
		(void)upcall_send(p->x, &last, 1);
	upcall_sent(p->x);
}

static void on_body_end(void *arg)
{
	struct proxy *p = arg;

	p->body_ended = true;
	if (!p->over && p->x)
		end_body(p);
}

static void on_drained_down(void *arg)
{
	struct proxy *p = arg;

	if (p->x)
		upcall_want_more(p->x, true);
}

static void on_closed(void *arg)
{
	struct proxy *p = arg;

	if (!p->over)
		finish(p);
}

/* Access was taken back: the stream ends at once. The client's next request gets the 401 that explains it. */
static void on_notice(void *arg, int kind, int64_t id)
{
	struct proxy *p = arg;
	bool hit = (kind == EFFECT_REVOKE_GRANT && id == p->who.grant) || (kind == EFFECT_REVOKE_USER && id && id == p->who.user);

	if (!hit || p->over)
		return;
	request_abort(p->call.rq);
	finish(p);
}

static const struct stream_ops DOWNWARD = { .body = on_body, .body_end = on_body_end, .drained = on_drained_down,
	.closed = on_closed, .notice = on_notice };

static void start(struct proxy *p, bool fresh)
{
	struct ctx *c = p->call.c;
	struct request *rq = p->call.rq;
	struct buf head = BUF(c->mem);
	struct upcall_want want = { .host = p->up.host, .port = p->up.port, .fresh = fresh,
		.to_head = rq->http.method == HTTP_HEAD, .head_ms = c->site->config->limit_upstream_seconds * 1000 };

	p->x = upcall_start(p->call.pool, &want, &UPWARD, p);
	gate_request_head(&head, &rq->http, &p->up, p->path, &p->who);
	str bytes = buf_str(&head);
	(void)upcall_send(p->x, &bytes, 1);
	if (!p->body_ended)
		return; /* the head leaves with the first of the body */
	if (p->copy.n)
		send_body(p, buf_str(&p->copy));
	end_body(p);
}

enum err proxy_start(const struct proxy_call *call)
{
	struct ctx *c = call->c;
	struct proxy *p = NEW(c->mem, struct proxy);
	enum err e = OK;

	p->call = *call;
	p->who = *call->who;
	p->copied = true;
	p->copy = (struct buf)BUF(c->mem);
	if (call->rq->http.length > c->site->config->limit_body_mcp)
		e = FAIL(c, TOO_LARGE, "a body of %lld bytes, the limit is %lld", (long long)call->rq->http.length,
		    (long long)c->site->config->limit_body_mcp);
	else if (upstream_parse(call->resource->upstream, &p->up) != OK)
		e = FAIL(c, UPSTREAM_DOWN, "%.*s is no http address", FMT(call->resource->upstream));
	if (e != OK)
		return e;
	(void)arena_ref(c->mem); /* finish gives both back: the exchange is dropped as soon as it is a stream */
	p->site = site_ref(c->site);
	p->path = p->up.path;
	start(p, false);
	e = exchange_stream(c, &DOWNWARD, p);
	if (!p->over && p->x)
		upcall_flush(p->x); /* a body that has not come yet must not keep the head back */
	return e;
}
