#include "gate/headers.h"

#include "base/url.h"

/* RFC 9110 section 7.6.1: these speak of one connection. */
static const str HOP_BY_HOP[] = { S_INIT("connection"), S_INIT("keep-alive"), S_INIT("proxy-connection"),
	S_INIT("proxy-authenticate"), S_INIT("proxy-authorization"), S_INIT("te"), S_INIT("trailer"),
	S_INIT("transfer-encoding"), S_INIT("upgrade") };

/* Never for the upstream: the caller's credentials, what the gateway says itself, and what could pass for it. */
static const str CLIENT_ONLY[] = { S_INIT("authorization"), S_INIT("cookie"), S_INIT("cookie2"), S_INIT("host"),
	S_INIT("origin"), S_INIT("expect"), S_INIT("dpop"), S_INIT("forwarded"), S_INIT("via"), S_INIT("x-real-ip"),
	S_INIT("remote-user"), S_INIT("x-original-url"), S_INIT("x-rewrite-url"), S_INIT("content-length") };
static const str CLIENT_PREFIX[] = { S_INIT("x-gatehouse-"), S_INIT("x-forwarded-"), S_INIT("x-remote-"), S_INIT("x-user"),
	S_INIT("x-auth-"), S_INIT("x-authenticated-"), S_INIT("x-webauth-"), S_INIT("x-identity"), S_INIT("x-client-"),
	S_INIT("x-token-"), S_INIT("x-jwt-"), S_INIT("x-oidc-"), S_INIT("x-email") };

static const str UPSTREAM_ONLY[] = { S_INIT("set-cookie"), S_INIT("set-cookie2"), S_INIT("www-authenticate"),
	S_INIT("content-length"), S_INIT("strict-transport-security"), S_INIT("alt-svc"), S_INIT("clear-site-data"),
	S_INIT("x-accel-redirect"), S_INIT("x-content-type-options"), S_INIT("content-security-policy") };

static bool among(str name, const str *set, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_ieq(name, set[i]))
			return true;
	return false;
}

static bool begins_with_one_of(str name, const str *set, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (name.n >= set[i].n && str_ieq(str_sub(name, 0, set[i].n), set[i]))
			return true;
	return false;
}

/* True when a Connection header names it. */
static bool named_by_connection(str name, const struct http_header *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		str rest = all[i].value, word;

		if (!str_ieq(all[i].name, S("connection")))
			continue;
		while (str_word(&rest, ',', &word))
			if (str_ieq(str_trim(word), name))
				return true;
	}
	return false;
}

static void put_header(struct buf *out, str name, str value)
{
	buf_put(out, name);
	buf_put(out, S(": "));
	buf_put(out, value);
	buf_put(out, S("\r\n"));
}

enum err upstream_parse(str address, struct upstream *out)
{
	struct url u;

	TRY(url_parse(address, &u));
	if (!str_ieq(u.scheme, S("http")) || u.host.n == 0 || u.userinfo.p || u.fragment.p || u.query.p)
		return ERR_BAD_URL;
	bool v6 = u.host.p[0] == '[';
	const char *end = u.path.p ? u.path.p : address.p + address.n;

	*out = (struct upstream){ .host = v6 ? str_sub(u.host, 1, u.host.n - 1) : u.host, .port = url_port(&u),
		.authority = { u.host.p, (size_t)(end - u.host.p) }, .path = u.path.n ? u.path : S("/") };
	return OK;
}

static bool crosses(const struct http_req *r, const struct http_header *h)
{
	return !among(h->name, HOP_BY_HOP, COUNT(HOP_BY_HOP)) && !among(h->name, CLIENT_ONLY, COUNT(CLIENT_ONLY)) &&
	    !begins_with_one_of(h->name, CLIENT_PREFIX, COUNT(CLIENT_PREFIX)) && !str_has(h->name, '_') &&
	    !named_by_connection(h->name, r->headers, r->header_count);
}

void gate_request_head(struct buf *out, const struct http_req *r, const struct upstream *up, str path, const struct pass *who)
{
	buf_put(out, r->method_text);
	buf_char(out, ' ');
	buf_put(out, path);
	if (r->query.p) {
		buf_char(out, '?');
		buf_put(out, r->query);
	}
	buf_put(out, S(" HTTP/1.1\r\n"));
	put_header(out, S("Host"), up->authority);
	for (size_t i = 0; i < r->header_count; i++)
		if (crosses(r, &r->headers[i]))
			put_header(out, r->headers[i].name, r->headers[i].value);
	put_header(out, S("X-Forwarded-For"), r->peer);
	put_header(out, S("X-Forwarded-Proto"), r->secure ? S("https") : S("http"));
	put_header(out, S("X-Gatehouse-User"), pass_sub(who));
	put_header(out, S("X-Gatehouse-Grant"), pass_gid(who));
	put_header(out, S("X-Gatehouse-Scope"), pass_scope(who));
	if (r->chunked) {
		buf_put(out, S("Transfer-Encoding: chunked\r\n"));
	} else if (r->length >= 0) {
		buf_put(out, S("Content-Length: "));
		buf_int(out, r->length);
		buf_put(out, S("\r\n"));
	}
	buf_put(out, S("\r\n"));
}

void gate_response_head(struct buf *out, const struct http_res *r, bool chunked, bool keep_alive, str extra)
{
	buf_put(out, S("HTTP/1.1 "));
	buf_int(out, r->status);
	buf_char(out, ' ');
	buf_put(out, r->reason);
	buf_put(out, S("\r\n"));
	for (size_t i = 0; i < r->header_count; i++) {
		const struct http_header *h = &r->headers[i];

		if (among(h->name, HOP_BY_HOP, COUNT(HOP_BY_HOP)) || among(h->name, UPSTREAM_ONLY, COUNT(UPSTREAM_ONLY)) ||
		    str_ieq(str_sub(h->name, 0, 15), S("access-control-")) ||
		    named_by_connection(h->name, r->headers, r->header_count))
			continue;
		put_header(out, h->name, h->value);
	}
	/* What an upstream answers must never act as a page of our own origin. */
	buf_put(out, S("X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; sandbox\r\n"));
	buf_put(out, extra);
	if (chunked) {
		buf_put(out, S("Transfer-Encoding: chunked\r\n"));
	} else if (r->length >= 0 && r->status != 204) {
		buf_put(out, S("Content-Length: "));
		buf_int(out, r->length);
		buf_put(out, S("\r\n"));
	}
	if (!keep_alive)
		buf_put(out, S("Connection: close\r\n"));
	buf_put(out, S("\r\n"));
}

bool gate_origin_ok(const struct site *s, str origin)
{
	struct url u, own;

	if (!origin.p)
		return true;
	for (size_t i = 0; i < s->config->allow_origin_count; i++)
		if (str_eq(origin, s->config->allow_origins[i]))
			return true;
	if (url_parse(origin, &u) != OK || u.path.n || u.query.p || u.fragment.p || u.userinfo.p)
		return false; /* also "null" */
	if (url_loopback(&u))
		return true;
	return url_parse(s->tenant.issuer, &own) == OK && str_ieq(u.scheme, own.scheme) && str_ieq(u.host, own.host) &&
	    url_port(&u) == url_port(&own);
}
