#include "app/proxy_inner.h"
#include "app/revoked.h"
#include "app/streams.h"
#include "base/log.h"
#include "core/journal.h"

#define COPY_MAX ((size_t)65536) /* of a request's body, kept for a redirect or a stale connection */

/* --- life */

void proxy_enter(struct proxy *p)
{
	p->entered++;
}

void proxy_leave(struct proxy *p)
{
	if (--p->entered || !p->over)
		return;
	const struct site *site = p->call.c->site;
	arena_unref(p->call.c->mem);
	site_unref(site);
}

static void note(struct proxy *p)
{
	const struct http_req *r = &p->call.rq->http;
	const struct pass *who = p->call.who;
	struct journal_row row = {
		.event = S("gateway.call"),
		.reason = str_of(p->cut),
		.user = who->user ? pass_sub(who) : S(""),
		.grant = pass_gid(who),
		.client = pass_client(who),
		.path = r->path,
		.method = r->method_text,
		.peer = r->peer,
		.status = p->status,
		.begun_ms = p->call.c->now_ms,
		.counted = true,
		.up = p->body,
		.down = p->down,
	};

	journal_add(&row);
}

void proxy_finish(struct proxy *p)
{
	if (p->over)
		return;
	p->over = true;
	if (!p->refused)
		note(p);
	loop_timer_drop(proxy_loop(p), &p->quiet);
	p->out->n = 0;
	buf_free(&p->copy);
	if (p->x)
		upcall_drop(p->x);
	p->x = NULL;
	if (p->counted)
		streams_leave(p->call.who->user ? p->call.who->user : -p->call.who->grant);
}

/* The answer stops in the middle: the client only sees a broken connection, so the log has the reason. */
static void break_off(struct proxy *p, enum err e)
{
	log_warn("an answer was broken off", LOG_STRZ("error", err_row(e)->name),
	    LOG_STR("detail", p->call.c->fail.detail), LOG_STR("resource", p->call.resource->identifier));
	request_abort(p->call.rq);
}

void proxy_refuse(struct proxy *p, enum err e)
{
	struct proxy_call call = p->call;
	bool sent = p->sent;

	if (p->over)
		return;
	p->refused = !sent;
	p->cut = err_row(e)->name;
	proxy_enter(p);
	proxy_finish(p); /* first, so that nothing comes back while the answer is written */
	if (sent)
		break_off(p, e);
	else
		call.refuse(call.c, call.rq, e);
	proxy_leave(p);
}

/* --- the request, from the client */

/* False when the rest is to wait. */
static bool send_body(struct proxy *p, str data)
{
	char room[CHUNK_LINE];
	str parts[3] = { { NULL, 0 }, data, { NULL, 0 } };

	if (p->call.rq->http.chunked) {
		parts[0] = chunk_line(data.n, room);
		parts[2] = S("\r\n");
	}
	return upcall_send(p->x, parts, COUNT(parts));
}

static void end_body(struct proxy *p)
{
	if (p->call.rq->http.chunked)
		buf_put(upcall_out(p->x), S("0\r\n\r\n"));
	upcall_sent(p->x);
}

/* RFC 9110 section 9.2.2. */
static bool idempotent(enum http_method m)
{
	return m == HTTP_GET || m == HTTP_HEAD || m == HTTP_OPTIONS || m == HTTP_PUT || m == HTTP_DELETE;
}

static struct upcall *start(struct proxy *p, bool fresh)
{
	const struct http_req *r = &p->call.rq->http;
	int64_t patience = p->call.c->site->config->limit_upstream_seconds * 1000;
	struct upcall_want want = {
		.host = p->up.host,
		.port = p->up.port,
		.fresh = fresh,
		.sure = r->chunked || r->length > (int64_t)COPY_MAX,
		.twice = idempotent(r->method),
		.to_head = r->method == HTTP_HEAD,
		.head_ms = patience,
		.body_ms = patience,
	};

	return upcall_start(p->call.pool, &want, &proxy_upward, p);
}

void proxy_send(struct proxy *p, bool fresh)
{
	struct ctx *c = p->call.c;
	bool room = true;

	p->x = start(p, fresh);
	if (!p->x) {
		proxy_refuse(
		    p, FAIL(c, UPSTREAM_DOWN, "no connection to %.*s", FMT(p->call.resource->upstream)));
		return;
	}
	gate_request_head(upcall_out(p->x), &p->call.rq->http, &p->up, p->path, p->query, p->call.who);
	if (p->copy.n)
		room = send_body(p, buf_str(&p->copy));
	if (p->body_ended)
		end_body(p);
	else if (p->copy.n)
		request_want(p->call.rq, room);
}

/* Small bodies are kept until the answer begins: to send them again when a redirect or a stale connection wants that. */
static void keep_copy(struct proxy *p, str data)
{
	int64_t length = p->call.rq->http.length;
	size_t all = length > 0 ? (size_t)length : data.n;

	if (!p->copied || p->begun || all > COPY_MAX || p->copy.n + data.n > COPY_MAX) {
		p->copied = false;
		buf_free(&p->copy);
		return;
	}
	if (p->copy.n || buf_room(&p->copy, all)) /* once, instead of growing step by step */
		buf_put(&p->copy, data);
}

static void take_body(struct proxy *p, str data)
{
	struct ctx *c = p->call.c;
	int64_t most = c->site->config->limit_body_mcp;

	p->body += (int64_t)data.n;
	if (p->body > most) {
		proxy_refuse(p, FAIL(c, TOO_LARGE, "a body over %lld bytes", (long long)most));
		return;
	}
	if (!p->x)
		proxy_send(p, false);
	if (p->over)
		return;
	keep_copy(p, data); /* behind proxy_send, which would send it too */
	if (!send_body(p, data))
		request_want(p->call.rq, false);
}

static void on_body(void *arg, str data)
{
	struct proxy *p = arg;

	if (p->over)
		return;
	proxy_enter(p);
	take_body(p, data);
	proxy_leave(p);
}

static void on_body_end(void *arg)
{
	struct proxy *p = arg;

	if (p->over)
		return;
	proxy_enter(p);
	p->body_ended = true;
	if (p->x)
		end_body(p);
	else
		proxy_send(p, false);
	proxy_leave(p);
}

static void on_drained(void *arg)
{
	struct proxy *p = arg;

	if (!p->over && p->x)
		upcall_want_more(p->x, true);
}

static void on_closed(void *arg)
{
	struct proxy *p = arg;

	p->cut = "CLIENT_GONE";
	proxy_enter(p);
	proxy_finish(p);
	proxy_leave(p);
}

static void on_stopping(void *arg)
{
	struct proxy *p = arg;

	if (p->over)
		return;
	proxy_enter(p);
	proxy_stop(p);
	proxy_leave(p);
}

/*
 * Access was taken back: the call ends at once. Who has been told nothing yet is told why; an answer that has begun can only
 * be cut, and the client's next request gets the 401 that explains it.
 */
static void on_notice(void *arg, int kind, int64_t id)
{
	struct proxy *p = arg;
	struct ground ground = pass_ground(p->call.who);

	if (p->over || !revoked_hits((enum effect_kind)kind, id, &ground))
		return;
	if (!p->sent) {
		proxy_refuse(p, FAIL(p->call.c, TOKEN_REVOKED, "taken back while the call was under way"));
		return;
	}
	p->cut = err_row(ERR_TOKEN_REVOKED)->name;
	proxy_enter(p);
	proxy_finish(p);
	request_abort(p->call.rq);
	proxy_leave(p);
}

static const struct stream_ops DOWNWARD = { .body = on_body,
	.body_end = on_body_end,
	.drained = on_drained,
	.closed = on_closed,
	.stopping = on_stopping,
	.notice = on_notice };

/* Nothing is sent before the first of the body, or its end, has come: who sends slowly holds no connection upstream. */
enum err proxy_start(const struct proxy_call *call)
{
	struct ctx *c = call->c;
	int64_t length = call->rq->http.length, most = c->site->config->limit_body_mcp;
	struct proxy *p;

	if (!call->rq->conn)
		return ERR_CANCELLED; /* the client went away while its token was looked at: nobody would tell us again */
	if (length > most)
		return FAIL(c, TOO_LARGE, "a body of %lld bytes, the limit is %lld", (long long)length,
		    (long long)most);
	p = NEW(c->mem, struct proxy);
	if (upstream_parse(call->resource->upstream, &p->up) != OK)
		return FAIL(c, UPSTREAM_DOWN, "%.*s is no http address", FMT(call->resource->upstream));
	p->call = *call;
	p->path = p->up.path;
	p->query = call->rq->http.query;
	p->out = pool_scratch(call->pool);
	p->copied = true;
	/* Given back by proxy_leave: the exchange is dropped as soon as it is a stream. */
	(void)arena_ref(c->mem);
	(void)site_ref(c->site);
	return exchange_stream(c, &DOWNWARD, p);
}
