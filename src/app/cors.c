#include "app/cors.h"
#include "gate/headers.h"

#define EXPOSED "WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id, Mcp-Protocol-Version"

bool cors_is_preflight(const struct http_req *r)
{
	return r->method == HTTP_OPTIONS && http_header(r, S("Access-Control-Request-Method")).p &&
	    http_header(r, S("Origin")).p;
}

/* Request headers that clients of ours send. */
static bool header_known(str name)
{
	static const str names[] = { S_INIT("authorization"), S_INIT("content-type"), S_INIT("last-event-id"),
		S_INIT("accept"), S_INIT("dpop"), S_INIT("traceparent"), S_INIT("tracestate"),
		S_INIT("baggage") };

	if (str_ieq(str_sub(name, 0, 4), S("mcp-")) && name.n > 4 && str_within(name, '-', 'z'))
		return true;
	for (size_t i = 0; i < COUNT(names); i++)
		if (str_ieq(name, names[i]))
			return true;
	return false;
}

/* Of the headers asked for, those that we know. */
static str allowed_headers(struct ctx *c)
{
	str list = http_header(c->req, S("Access-Control-Request-Headers")), name;
	struct buf b = BUF(c->mem);

	while (str_word(&list, ',', &name)) {
		name = str_trim(name);
		if (!header_known(name))
			continue;
		if (b.n)
			buf_put(&b, S(", "));
		buf_put(&b, name);
	}
	return buf_str(&b);
}

/* What Access-Control-Allow-Origin says; empty: nothing. */
static str allowed_origin(struct ctx *c)
{
	str origin = http_header(c->req, S("Origin"));
	struct exchange *x = exchange_of(c);

	if (!x->cors || origin.n == 0)
		return S("");
	if (!x->resource)
		return S("*");
	return gate_origin_ok(c->site, origin) ? origin : S("");
}

enum err cors_preflight(struct ctx *c, int methods)
{
	str origin = allowed_origin(c);
	str headers = allowed_headers(c);

	if (origin.n == 0)
		return FAIL(c, ORIGIN_FORBIDDEN, "origin %.*s",
		    FMT(str_sub(http_header(c->req, S("Origin")), 0, 200)));
	c->reply->status = 204;
	reply_header(c->reply, S("Access-Control-Allow-Methods"), route_allow(c->mem, methods));
	if (headers.n)
		reply_header(c->reply, S("Access-Control-Allow-Headers"), headers);
	reply_header(c->reply, S("Access-Control-Max-Age"), S("7200"));
	return OK;
}

size_t cors_headers(struct ctx *c, struct http_header out[CORS_HEADERS])
{
	str origin = allowed_origin(c);

	if (origin.n == 0)
		return 0;
	out[0] = (struct http_header){ S("Access-Control-Allow-Origin"), origin };
	out[1] = (struct http_header){ S("Access-Control-Expose-Headers"), S(EXPOSED) };
	out[2] = (struct http_header){ S("Vary"), S("Origin") };
	return str_eq(origin, S("*")) ? 2 : 3;
}

void cors_apply(struct ctx *c)
{
	struct http_header list[CORS_HEADERS];
	size_t n = cors_headers(c, list);

	for (size_t i = 0; i < n; i++)
		reply_header(c->reply, list[i].name, list[i].value);
}
