#include "gate/headers.h"

#include "base/url.h"
#include "model/known.h"

#define FOLD_MAX 40 /* longer than every name below */

/* RFC 9110 section 7.6.1: these speak of one connection. */
static const str HOP_BY_HOP[] = { S_INIT("connection"), S_INIT("http2-settings"), S_INIT("keep-alive"),
	S_INIT("proxy-authenticate"), S_INIT("proxy-authorization"), S_INIT("proxy-connection"), S_INIT("te"),
	S_INIT("trailer"), S_INIT("transfer-encoding"), S_INIT("upgrade") };

/* Never for the upstream: the caller's credentials, what the gateway says itself, and what could pass for it. */
static const str CLIENT_ONLY[] = { S_INIT("authorization"), S_INIT("cf-connecting-ip"),
	S_INIT("cf-connecting-ipv6"), S_INIT("content-length"), S_INIT("cookie"), S_INIT("cookie2"),
	S_INIT("dpop"), S_INIT("expect"), S_INIT("fastly-client-ip"), S_INIT("forwarded"), S_INIT("host"),
	S_INIT("origin"), S_INIT("proxy"), /* becomes HTTP_PROXY in programs run after the manner of CGI */
	S_INIT("remote-user"), S_INIT("true-client-ip"), S_INIT("via"), S_INIT("x-cluster-client-ip"),
	S_INIT("x-http-method"), S_INIT("x-http-method-override"), S_INIT("x-method-override"),
	S_INIT("x-real-ip"), S_INIT("x-rewrite-url") };
static const str CLIENT_PREFIX[] = { S_INIT("cf-access-"), S_INIT("ssl-client"), S_INIT("tailscale-"),
	S_INIT("x-amzn-oidc-"), S_INIT("x-auth-"), S_INIT("x-authenticated-"), S_INIT("x-client-"),
	S_INIT("x-email"), S_INIT("x-envoy-"), S_INIT("x-forwarded-"), S_INIT("x-gatehouse-"),
	S_INIT("x-goog-authenticated-"), S_INIT("x-goog-iap-"), S_INIT("x-group"), S_INIT("x-identity"),
	S_INIT("x-jwt-"), S_INIT("x-ms-client-principal"), S_INIT("x-ms-token-"), S_INIT("x-oidc-"),
	S_INIT("x-original-"), S_INIT("x-pomerium-"), S_INIT("x-remote-"), S_INIT("x-role"), S_INIT("x-ssl-"),
	S_INIT("x-token-"), S_INIT("x-user"), S_INIT("x-vouch-"), S_INIT("x-webauth-") };

static const str UPSTREAM_ONLY[] = { S_INIT("alt-svc"), S_INIT("clear-site-data"), S_INIT("content-length"),
	S_INIT("content-security-policy"), S_INIT("dpop-nonce"), S_INIT("expect-ct"), S_INIT("nel"),
	S_INIT("public-key-pins"), S_INIT("report-to"), S_INIT("reporting-endpoints"),
	S_INIT("service-worker-allowed"), S_INIT("set-cookie"), S_INIT("set-cookie2"),
	S_INIT("strict-transport-security"), S_INIT("www-authenticate"), S_INIT("x-accel-redirect"),
	S_INIT("x-content-type-options"), S_INIT("x-sendfile") };
static const str UPSTREAM_PREFIX[] = { S_INIT("access-control-") };

/* A name in the one form that is compared: lower case, '_' as '-', and cut where no name of ours reaches. */
static str fold(str name, char out[FOLD_MAX])
{
	size_t n = name.n < FOLD_MAX ? name.n : FOLD_MAX;

	for (size_t i = 0; i < n; i++) {
		char c = name.p[i];
		out[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c == '_' ? '-' : c;
	}
	return (str){ out, n };
}

static bool among(str name, const str *set, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (name.n == set[i].n && name.p[0] == set[i].p[0] && str_eq(name, set[i]))
			return true;
	return false;
}

static bool begins_with_one_of(str name, const str *set, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (name.p[0] == set[i].p[0] && str_starts(name, set[i]))
			return true;
	return false;
}

/* Headers of one message, and whether Connection says anything of the others: it seldom does. */
struct lines {
	const struct http_header *all;
	size_t count;
	bool named;
};

static struct lines lines_of(const struct http_header *all, size_t count)
{
	struct lines l = { .all = all, .count = count };

	for (size_t i = 0; i < count; i++)
		l.named |= str_ieq(all[i].name, S("connection")) && !str_ieq(all[i].value, S("keep-alive")) &&
		    !str_ieq(all[i].value, S("close"));
	return l;
}

/* True when a Connection header names it. */
static bool named_by_connection(str name, const struct lines *l)
{
	for (size_t i = 0; l->named && i < l->count; i++) {
		str rest = l->all[i].value, word;

		if (!str_ieq(l->all[i].name, S("connection")))
			continue;
		while (str_word(&rest, ',', &word))
			if (str_ieq(str_trim(word), name))
				return true;
	}
	return false;
}

static bool crosses_up(str name, const struct lines *l)
{
	char room[FOLD_MAX];
	str low = fold(name, room);

	return !among(low, HOP_BY_HOP, COUNT(HOP_BY_HOP)) && !among(low, CLIENT_ONLY, COUNT(CLIENT_ONLY)) &&
	    !begins_with_one_of(low, CLIENT_PREFIX, COUNT(CLIENT_PREFIX)) && !named_by_connection(name, l);
}

static bool crosses_down(str name, const struct lines *l)
{
	char room[FOLD_MAX];
	str low = fold(name, room);

	return !among(low, HOP_BY_HOP, COUNT(HOP_BY_HOP)) &&
	    !among(low, UPSTREAM_ONLY, COUNT(UPSTREAM_ONLY)) &&
	    !begins_with_one_of(low, UPSTREAM_PREFIX, COUNT(UPSTREAM_PREFIX)) &&
	    !named_by_connection(name, l);
}

static void put_header(struct buf *out, str name, str value)
{
	buf_put(out, name);
	buf_put(out, S(": "));
	buf_put(out, value);
	buf_put(out, S("\r\n"));
}

/* What no parser of heads has seen must not be able to write a line of its own. */
static void say(struct buf *out, str name, str value)
{
	if (str_within(value, 0x20, 0x7e))
		put_header(out, name, value);
}

static void say_length(struct buf *out, bool chunked, int64_t length)
{
	if (chunked) {
		buf_put(out, S("Transfer-Encoding: chunked\r\n"));
	} else if (length >= 0) {
		buf_put(out, S("Content-Length: "));
		buf_int(out, length);
		buf_put(out, S("\r\n"));
	}
}

void gate_request_head(struct buf *out, const struct http_req *r, const struct upstream *up, str path,
    str query, const struct pass *who)
{
	struct lines l = lines_of(r->headers, r->header_count);

	buf_put(out, r->method_text);
	buf_char(out, ' ');
	buf_put(out, path);
	if (query.p) {
		buf_char(out, '?');
		buf_put(out, query);
	}
	buf_put(out, S(" HTTP/1.1\r\n"));
	put_header(out, S("Host"), up->authority);
	for (size_t i = 0; i < r->header_count; i++)
		if (crosses_up(r->headers[i].name, &l))
			put_header(out, r->headers[i].name, r->headers[i].value);
	say(out, S("X-Forwarded-For"), r->peer);
	say(out, S("X-Forwarded-Proto"), r->secure ? S("https") : S("http"));
	say(out, S("X-Gatehouse-User"), pass_sub(who));
	say(out, S("X-Gatehouse-Grant"), pass_gid(who));
	say(out, S("X-Gatehouse-Scope"), pass_scope(who));
	say_length(out, r->chunked, r->length);
	buf_put(out, S("\r\n"));
}

struct http_answer gate_response_head(struct arena *mem, const struct http_res *r, bool events,
    const struct http_header *extra, size_t extra_count)
{
	/* What an upstream answers must never act as a page of our own origin. */
	static const struct http_header sandboxed[] = {
		{ S_INIT("X-Content-Type-Options"), S_INIT("nosniff") },
		{ S_INIT("Content-Security-Policy"), S_INIT("default-src 'none'; sandbox") },
	};
	static const struct http_header ungathered = { S_INIT("X-Accel-Buffering"), S_INIT("no") };
	struct lines l = lines_of(r->headers, r->header_count);
	struct http_header *all =
	    NEW_ARRAY(mem, struct http_header, r->header_count + COUNT(sandboxed) + 1 + extra_count);
	size_t n = 0;

	for (size_t i = 0; i < r->header_count; i++)
		if (crosses_down(r->headers[i].name, &l))
			all[n++] = r->headers[i];
	for (size_t i = 0; i < COUNT(sandboxed); i++)
		all[n++] = sandboxed[i];
	if (events && !http_res_header(r, S("X-Accel-Buffering")).p)
		all[n++] = ungathered;
	for (size_t i = 0; i < extra_count; i++)
		all[n++] = extra[i];
	return (struct http_answer){
		.status = r->status,
		.reason = r->reason,
		.headers = all,
		.header_count = n,
		.length = r->chunked ? -1 : r->length,
		.no_body = r->no_body,
	};
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
	if (url_loopback(&u) || known_origin(origin))
		return true;
	return url_parse(s->tenant.issuer, &own) == OK && str_ieq(u.scheme, own.scheme) &&
	    str_ieq(u.host, own.host) && url_port(&u) == url_port(&own);
}
