#include "app/dispatch.h"
#include "app/client_address.h"
#include "app/cors.h"
#include "app/gateway.h"
#include "app/guard.h"
#include "app/house.h"
#include "app/reply.h"
#include "client/handlers.h"
#include "core/journal.h"
#include "http/path.h"
#include "login/session.h"
#include "oauth/handlers.h"
#include "web/page.h"

/* WRITE */
static enum err slide_session(struct ctx *c)
{
	const struct route *r = exchange_of(c)->route;

	TRY(session_load(c));
	return NEED(c, r->lane, r->handler);
}

/* The first step of a route: what every handler may rely on, then the handler, on the lane that its row names. */
static enum err begin(struct ctx *c)
{
	const struct route *r = exchange_of(c)->route;
	bool answered;

	TRY(guard_params(c));
	TRY(guard_check(c, r->guard, &answered));
	if (answered)
		return OK;
	if (c->actor.stale) /* once an hour: whoever comes every day stays signed in */
		return NEED(c, LANE_WRITE, slide_session);
	return r->handler(c);
}

/* The first step at a protected resource. */
static enum err begin_resource(struct ctx *c)
{
	struct exchange *x = exchange_of(c);

	return gateway_request(c, x->rq, x->resource);
}

/* What anybody may ask for, and what keeps something, is counted by address; refreshes of one client never are. */
static enum err limit(struct ctx *c)
{
	const struct route *r = exchange_of(c)->route;
	const struct config *config = c->site->config;
	const struct {
		enum err (*handler)(struct ctx *c);
		enum limit_kind kind;
		int64_t a_minute;
		const char *what;
	} rows[] = {
		{ register_client, LIMIT_REGISTER, config->limit_register_burst, "registrations" },
		{ par_start, LIMIT_PUSHED, config->limit_pushed_burst, "requests pushed ahead" },
		{ device_start, LIMIT_DEVICE, config->limit_device_burst, "devices" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (r->handler == rows[i].handler)
			return limit_pass(
			    c, rows[i].kind, client_address_key(c), rows[i].a_minute, rows[i].what);
	return OK;
}

/* Health, metrics and static files: asked for by machines that know only an address. */
static bool answers_any_host(const struct route *r)
{
	return r->style == STYLE_PLAIN && r->cors == CORS_SHUT;
}

static enum err preflight_or_refuse(struct ctx *c, int methods)
{
	struct exchange *x = exchange_of(c);

	if (x->cors && cors_is_preflight(c->req))
		return cors_preflight(c, methods);
	str allow = route_allow(c->mem, methods);
	reply_header(c->reply, S("Allow"), allow);
	(void)FAIL(c, METHOD_NOT_ALLOWED, "%.*s, not one of %.*s", FMT(c->req->method_text), FMT(allow));
	if (x->route && x->route->what)
		c->fail.say =
		    arena_printf(c->mem, "This address is %s. It takes %.*s.", x->route->what, FMT(allow));
	else if (c->style == STYLE_PAGE)
		/* somebody gave a client the address of the house instead of a server's */
		c->fail.say =
		    S("This address is a page for people. MCP servers have addresses of their own, which "
		      "the start page shows and gatehouse snippet prints.");
	return ERR_METHOD_NOT_ALLOWED;
}

/* A protected resource: its own rules, in app/gateway.c. */
static enum err route_resource(struct ctx *c)
{
	struct exchange *x = exchange_of(c);

	x->cors = true;
	c->style = STYLE_BEARER;
	if (c->req->method == HTTP_OPTIONS)
		return preflight_or_refuse(c, HTTP_GET | HTTP_POST | HTTP_DELETE);
	x->rq->stream = true;
	return NEED(c, LANE_LOOP, begin_resource);
}

/* What is known once the head is read. ERR_NEED: go on when the body is there; OK: the answer is made. */
static enum err route(struct ctx *c, struct http_req *req)
{
	struct exchange *x = exchange_of(c);
	int methods, method = (int)req->method;
	char shown[PATH_SHOWN];
	str path, local;

	if (path_normal(c->mem, req->path, &path) != OK)
		return FAIL(c, PATH_AMBIGUOUS, "%.*s", FMT(path_show(shown, req->path)));
	req->path = path; /* what is matched is what everybody sees from here on */
	const struct route *r = route_find(path, house_site(c->site)->issuer_path, method, &local, &methods);
	if (!client_host_ok(c) && !(r && answers_any_host(r)))
		return FAIL(c, HOST_UNKNOWN, "%.*s", FMT(str_sub(req->host, 0, 200)));
	bool only_health = x->rq->from->ops && !(r && answers_any_host(r));
	x->resource = only_health ? NULL : site_resource_at(c->site, path);
	if (x->resource)
		return route_resource(c);
	if (!r || only_health)
		return FAIL(c, NO_ROUTE, "%.*s", FMT(path_show(shown, path)));
	x->route = r;
	x->cors = r->cors == CORS_OPEN;
	c->style = r->style;
	req->path = local;
	if (!(methods & (method == HTTP_HEAD ? HTTP_GET : method)))
		return preflight_or_refuse(c, methods);
	TRY(limit(c));
	/* A row may ask for less than limits.body, never for more; the largest ones mean just that. */
	int64_t most = c->site->config->limit_body;
	x->rq->body_max = r->body == ROUTE_BODY_MOST || r->body > most ? most : r->body;
	return NEED(c, r->lane, begin);
}

/* Also what was refused by a redirect or a page. A tool's refusal is in the row of its call. */
static void note_refusal(struct exchange *x, enum err e)
{
	if (x->c.fail.id.n == 0 || (e == OK && x->resource))
		return;
	struct journal_row row =
	    journal_row_of(&x->c, x->resource ? S("gateway.refused") : S("auth.refused"));
	journal_add(&row);
}

/* Completes c->reply, whatever it is so far, and sends it. */
static void answer(struct exchange *x, struct request *rq, enum err e)
{
	struct ctx *c = &x->c;

	if (e != OK)
		reply_refusal(c, e);
	else if (c->page)
		page_render(c);
	if (c->style == STYLE_PAGE)
		guard_cookies(c);
	cors_apply(c);
	if (rq->tls)
		reply_header(c->reply, S("Strict-Transport-Security"), S(REPLY_HSTS));
	note_refusal(x, e);
	metrics_request(&x->floor->metrics,
	    x->route          ? route_index(x->route)
		: x->resource ? METRICS_RESOURCE
			      : METRICS_NOTHING,
	    c->reply->status);
	request_reply(rq, c->reply);
}

static void finish(struct exchange *x, enum err e)
{
	struct request *rq = x->rq;

	if (rq->app == x)
		rq->app = NULL;
	if (e != ERR_CANCELLED && !x->streamed && rq->conn)
		answer(x, rq, e);
	exchange_drop(x);
}

void gateway_refuse(struct ctx *c, struct request *rq, enum err e)
{
	if (rq->conn)
		answer(exchange_of(c), rq, e);
}

static struct exchange *open_exchange(struct request *rq, struct arena *mem)
{
	struct exchange *x = exchange_new(server_app(rq->server), mem);

	x->rq = rq;
	x->done = finish;
	x->c.req = &rq->http;
	return x;
}

static void on_head(struct request *rq)
{
	struct exchange *x = open_exchange(rq, rq->mem);

	rq->app = x;
	rq->http.secure = x->c.site->secure;
	client_address(&x->c, rq);
	x->basic = str_ieq(str_sub(http_header(&rq->http, S("Authorization")), 0, 6), S("Basic "));
	x->dpop = str_ieq(str_sub(http_header(&rq->http, S("Authorization")), 0, 5), S("DPoP "));
	enum err e = route(&x->c, &rq->http);
	if (e != ERR_NEED)
		finish(x, e);
}

static void on_ready(struct request *rq)
{
	exchange_go(rq->app, ERR_NEED);
}

static void on_broken(struct request *rq, enum err e)
{
	struct exchange *x = rq->app ? rq->app : open_exchange(rq, rq->mem);

	x->reply.close = true;
	finish(x,
	    fail_set(&x->c, e, __FILE__, __LINE__, "a head of %zu bytes, %lld bytes of body so far",
		rq->http.head.n, (long long)rq->body_got));
}

/* The exchange is on some lane, and so is its arena: the client is told by another one. */
static void on_late(struct request *rq)
{
	struct arena *mem = arena_new(65536);
	struct exchange *x = open_exchange(rq, mem);

	arena_unref(mem);
	x->reply.close = true;
	finish(x, FAIL(&x->c, OVERLOADED, "no answer within the time that a request has"));
}

/* The connection ended. What a step or a lane holds comes back by itself and is dropped then. */
static void on_gone(struct request *rq)
{
	struct exchange *x = rq->app;

	rq->app = NULL;
	if (x && !x->held)
		exchange_drop(x);
}

const struct server_hooks dispatch_hooks = { on_head, on_ready, on_broken, on_late, on_gone };
