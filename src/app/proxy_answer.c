/* The answer of an upstream on its way down to the client. */
#include "app/house.h"
#include "app/proxy_inner.h"
#include "app/streams.h"
#include "crypto/crypto.h"
#include "http/sse.h"

#define GATHER_MAX ((size_t)16384)   /* small runs of an answer leave together */
#define UNWANTED_MAX ((size_t)65536) /* of a redirect's body, to save the connection */
#define QUIET_MS \
	15000 /* an event stream says something so often, or proxies in between cut it (spec: field, 22) */
#define RETRY_MS 1000 /* the least that whoever listens waits before it comes back to a daemon that stops */

/* --- sending */

static void send_parts(struct proxy *p, const str *parts, size_t count)
{
	p->sent = true;
	bool room = request_send(p->call.rq, parts, count);
	if (p->over)
		return; /* the client had gone */
	p->out->n = 0;
	if (!room && p->x)
		upcall_want_more(p->x, false);
}

/* What was gathered; at first also the head alone: an event stream may have nothing to say for a long time. */
static void send_out(struct proxy *p)
{
	str all = buf_str(p->out);

	if (all.n || (p->begun && !p->sent))
		send_parts(p, &all, 1);
}

static void put_data(struct proxy *p, str data)
{
	if (p->out->n + data.n <= GATHER_MAX) {
		buf_put(p->out, data);
	} else {
		str parts[] = { buf_str(p->out), data };
		send_parts(p, parts, COUNT(parts));
	}
}

/* --- an event stream */

/* A comment between two events, which every client passes over. Never inside one. */
static void on_quiet(struct timer *t)
{
	struct proxy *p = (struct proxy *)(void *)((char *)t - offsetof(struct proxy, quiet));
	int64_t silent = loop_ms(proxy_loop(p)) - p->spoke_ms;

	proxy_enter(p);
	if (silent >= QUIET_MS) {
		silent = 0;
		p->spoke_ms = loop_ms(proxy_loop(p));
		if (events_between(&p->events) && request_waiting(p->call.rq) == 0) {
			put_data(p, S(": still here\n\n"));
			if (!p->over)
				send_out(p);
		}
	}
	if (!p->over)
		loop_timer(proxy_loop(p), &p->quiet, QUIET_MS - silent);
	proxy_leave(p);
}

static bool is_events(const struct http_res *res)
{
	str type, rest;

	(void)str_cut(http_res_header(res, S("content-type")), ';', &type, &rest);
	return str_ieq(str_trim(type), S("text/event-stream"));
}

/* Counts it, and lets it be silent. */
static enum err begin_events(struct proxy *p)
{
	struct ctx *c = p->call.c;
	const struct pass *who = p->call.who;
	int64_t most = c->site->config->limit_streams_per_user;

	p->counted = streams_enter(who->user ? who->user : -who->grant, most);
	if (!p->counted) {
		enum err e = FAIL(c, RATE_LIMITED, "more than %lld open streams of %.*s", (long long)most,
		    FMT(pass_sub(who)));
		c->fail.say = S("Too many open streams of one person; close one first.");
		return e;
	}
	upcall_patient(p->x);
	return OK;
}

/* Where our own bytes could be told from the stream's: not in one with a length, nor in a compressed one. */
static void begin_comments(struct proxy *p, const struct http_res *res)
{
	str coding = http_res_header(res, S("content-encoding"));

	if (res->length >= 0 || (coding.n && !str_ieq(coding, S("identity"))))
		return;
	events_start(&p->events);
	p->spoke_ms = loop_ms(proxy_loop(p));
	p->quiet.fire = on_quiet;
	loop_timer(proxy_loop(p), &p->quiet, QUIET_MS);
}

/* --- the head */

/* The same upstream, and the body still at hand: then one redirect is ours to follow, as clients would not. */
static bool can_follow(struct proxy *p, const struct http_res *res)
{
	return !p->followed && p->copied &&
	    upstream_follow(
		p->call.c->mem, &p->up, http_res_header(res, S("location")), &p->path, &p->query) == OK;
}

static enum err judge(struct proxy *p, const struct http_res *res)
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
		p->redirect = can_follow(p, res);
		if (p->redirect)
			return OK;
		return FAIL(c, UPSTREAM_REDIRECT, "%.*s answered %d to %.*s", FMT(up), res->status,
		    FMT(str_sub(http_res_header(res, S("location")), 0, 200)));
	case 301:
	case 302:
	case 303:
		return FAIL(c, UPSTREAM_REDIRECT, "%.*s answered %d", FMT(up), res->status);
	default:
		return OK;
	}
}

static enum err begin(struct proxy *p, const struct http_res *res)
{
	const struct proxy_call *call = &p->call;
	bool events = is_events(res) && !res->no_body;

	if (events)
		TRY(begin_events(p));
	p->begun = true;
	p->status = res->status;
	buf_free(&p->copy);
	struct http_answer answer = gate_response_head(call->c->mem, res, events, call->own, call->own_count);
	request_head(call->rq, &answer);
	metrics_request(&exchange_of(p->call.c)->floor->metrics, METRICS_RESOURCE, res->status);
	if (events)
		begin_comments(p, res);
	return OK;
}

/* --- what the upcall tells */

static enum err on_head(void *arg, const struct http_res *res)
{
	struct proxy *p = arg;

	proxy_enter(p);
	enum err e = judge(p, res);
	if (e == OK && !p->redirect)
		e = begin(p, res);
	proxy_leave(p);
	return e;
}

/* The redirect was all that was wanted of that answer. */
static void follow(struct proxy *p)
{
	p->redirect = false;
	p->followed = true;
	if (p->copied)
		proxy_send(p, false);
	else
		proxy_refuse(p,
		    FAIL(p->call.c, UPSTREAM_REDIRECT, "%.*s redirects a body that was too long to keep",
			FMT(p->call.resource->upstream)));
}

static void on_data(void *arg, str data)
{
	struct proxy *p = arg;

	proxy_enter(p);
	if (!p->redirect) {
		if (timer_is_set(&p->quiet)) {
			events_take(&p->events, data);
			p->spoke_ms = loop_ms(proxy_loop(p));
		}
		p->down += (int64_t)data.n;
		put_data(p, data);
	} else if ((p->unwanted += data.n) > UNWANTED_MAX) {
		upcall_drop(p->x);
		p->x = NULL;
		follow(p);
	}
	proxy_leave(p);
}

static void complete(struct proxy *p)
{
	struct request *rq = p->call.rq;
	str last = buf_str(p->out);

	p->sent = true;
	proxy_finish(p); /* first: the connection's next request may begin inside request_end */
	request_end(rq, last);
}

/* Whoever listens is told when to come back, not all at once. What cannot be ended between events is cut with the rest. */
void proxy_stop(struct proxy *p)
{
	if (!timer_is_set(&p->quiet) || !events_listening(&p->call.rq->http) || !events_between(&p->events))
		return;
	p->cut = "STOPPING";
	sse_retry(p->out, RETRY_MS + (int64_t)(rand_u32() % RETRY_MS));
	complete(p);
}

static void on_turn(void *arg)
{
	struct proxy *p = arg;

	proxy_enter(p);
	if (server_draining(p->call.rq->server))
		proxy_stop(p);
	if (!p->over)
		send_out(p);
	proxy_leave(p);
}

static void on_end(void *arg)
{
	struct proxy *p = arg;

	proxy_enter(p);
	p->x = NULL;
	if (p->redirect)
		follow(p);
	else
		complete(p);
	proxy_leave(p);
}

static enum err explain(struct ctx *c, enum err e, str up)
{
	switch (e) {
	case ERR_UPSTREAM_DOWN:
		return FAIL(c, UPSTREAM_DOWN, "no connection to %.*s", FMT(up));
	case ERR_UPSTREAM_SLOW:
		return FAIL(c, UPSTREAM_SLOW, "%.*s took the request and did not answer", FMT(up));
	default:
		return FAIL(c, UPSTREAM_BROKEN, "%.*s closed the connection or answered no HTTP", FMT(up));
	}
}

static void on_failed(void *arg, enum err e, bool again)
{
	struct proxy *p = arg;
	struct ctx *c = p->call.c;

	proxy_enter(p);
	p->x = NULL;
	if (p->redirect) {
		follow(p);
	} else if (again && !p->retried && p->copied) {
		p->retried = true;
		proxy_send(p, true);
	} else {
		proxy_refuse(p, c->fail.code == e ? e : explain(c, e, p->call.resource->upstream));
	}
	proxy_leave(p);
}

static void on_drained(void *arg)
{
	struct proxy *p = arg;

	proxy_enter(p);
	request_want(p->call.rq, true);
	proxy_leave(p);
}

const struct upcall_ops proxy_upward = { .head = on_head,
	.data = on_data,
	.turn = on_turn,
	.end = on_end,
	.failed = on_failed,
	.drained = on_drained };
