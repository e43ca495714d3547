/*
 * Heads that cross the gateway: whatever a client sends, nothing of its credentials, of other connections and of claimed
 * identities comes out on the other side, and what comes out is one well-formed head; the same for an upstream's answer. And
 * addresses of upstreams, and where they redirect to.
 * covers: src/gate/headers.c src/gate/address.c src/gate/events.c
 */
#include "gate/events.h"
#include "gate/headers.h"
#include "model/known.h"

#include <stdlib.h>
#include <string.h>

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

#define MEM ((size_t)1 << 20)

static char low(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c == '_' ? '-' : c;
}

/* As a lax server would read it: without case, '_' for '-'. */
static bool named(str name, const char *want)
{
	size_t n = strlen(want);

	if (name.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (low(name.p[i]) != want[i])
			return false;
	return true;
}

static bool begins(str name, const char *want)
{
	return named(str_sub(name, 0, strlen(want)), want);
}

static size_t count(const struct http_header *all, size_t n, const char *want)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += named(all[i].name, want);
	return found;
}

static size_t count_begun(const struct http_header *all, size_t n, const char *want)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += begins(all[i].name, want);
	return found;
}

static const char *const hop_by_hop[] = { "connection", "keep-alive", "te", "trailer", "upgrade",
	"proxy-authorization", "proxy-authenticate", "proxy-connection" };

/* Names that a Connection header of the sender takes away from us. */
static bool named_by(str name, const struct http_header *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		str rest = all[i].value, word;
		if (!named(all[i].name, "connection"))
			continue;
		while (str_word(&rest, ',', &word))
			if (str_ieq(str_trim(word), name))
				return true;
	}
	return false;
}

static const char *const ours_up[] = { "host", "x-forwarded-for", "x-forwarded-proto", "x-gatehouse-user",
	"x-gatehouse-grant", "x-gatehouse-scope", "content-length", "transfer-encoding" };

static bool ours(str name)
{
	for (size_t i = 0; i < COUNT(ours_up); i++)
		if (named(name, ours_up[i]))
			return true;
	return false;
}

static void check_upward(const struct http_req *in, const struct http_req *out)
{
	static const char *const never[] = { "authorization", "cookie", "cookie2", "origin", "expect",
		"forwarded", "via", "dpop", "proxy", "remote-user", "x-real-ip" };
	const struct http_header *h = out->headers;
	size_t n = out->header_count;

	MUST(str_eq(out->method_text, in->method_text) && str_eq(out->path, S("/mcp")));
	MUST(!out->query.p == !in->query.p && str_eq(out->query, in->query));
	MUST(out->chunked == in->chunked && out->length == in->length);
	MUST(str_eq(out->host, S("127.0.0.1:9000")) && count(h, n, "host") == 1);
	MUST(count(h, n, "x-forwarded-for") == 1 && count_begun(h, n, "x-forwarded-") == 2);
	MUST(count(h, n, "x-gatehouse-user") == 1 && count_begun(h, n, "x-gatehouse-") == 3);
	MUST(str_eq(http_header(out, S("X-Gatehouse-User")), S("user_1")));
	for (size_t i = 0; i < COUNT(hop_by_hop); i++)
		MUST(count(h, n, hop_by_hop[i]) == 0);
	for (size_t i = 0; i < COUNT(never); i++)
		MUST(count(h, n, never[i]) == 0);
	for (size_t i = 0; i < n; i++)
		MUST(ours(h[i].name) || !named_by(h[i].name, in->headers, in->header_count));
}

static void upward(struct arena *mem, str text)
{
	struct pass who = { .sub_n = 6, .sub = "user_1" };
	struct buf out = BUF(mem);
	struct http_req in, back;
	struct upstream up;
	size_t scan = 0, used = 0;

	if (http_parse_request(mem, text, &scan, &in, &used) != OK || used == 0)
		return;
	in.peer = S("203.0.113.9");
	MUST(upstream_parse(S("http://127.0.0.1:9000/mcp"), &up) == OK);
	gate_request_head(&out, &in, &up, up.path, in.query, &who);
	/* What we add may make it longer than we would take ourselves; that is no fault of its form. */
	if (out.n > HTTP_HEAD_MAX || in.header_count > HTTP_HEADERS_MAX - 8)
		return;
	scan = 0;
	MUST(http_parse_request(mem, buf_str(&out), &scan, &back, &used) == OK && used == out.n);
	check_upward(&in, &back);
}

static void check_downward(const struct http_res *in, const struct http_res *out)
{
	static const char *const never[] = { "set-cookie", "set-cookie2", "www-authenticate",
		"strict-transport-security", "x-accel-redirect", "clear-site-data" };
	const struct http_header *h = out->headers;
	size_t n = out->header_count;

	MUST(out->status == in->status && out->minor == 1);
	MUST(count(h, n, "connection") <= 1);
	for (size_t i = 1; i < COUNT(hop_by_hop); i++)
		MUST(count(h, n, hop_by_hop[i]) == 0);
	for (size_t i = 0; i < COUNT(never); i++)
		MUST(count(h, n, never[i]) == 0);
	MUST(count_begun(h, n, "access-control-") == 0);
	MUST(count(h, n, "content-security-policy") == 1 && count(h, n, "x-content-type-options") == 1);
}

static void downward(struct arena *mem, str text, unsigned answer)
{
	struct buf out = BUF(mem);
	struct http_res in, back;
	size_t scan = 0, used = 0;

	if (http_parse_response(mem, text, &scan, false, &in, &used) != OK || used == 0 || in.status < 200)
		return;
	bool chunks = !in.no_body && answer & 1U;
	struct http_answer a = gate_response_head(mem, &in, answer & 4U, NULL, 0);
	http_answer_write(&out, &a, chunks, answer & 2U);
	if (out.n > HTTP_HEAD_MAX || in.header_count > HTTP_HEADERS_MAX - 5)
		return;
	scan = 0;
	MUST(http_parse_response(mem, buf_str(&out), &scan, false, &back, &used) == OK && used == out.n);
	MUST(back.chunked == chunks);
	check_downward(&in, &back);
}

static void addresses(struct arena *mem, str text)
{
	struct upstream up;
	str path, query;

	if (upstream_parse(text, &up) == OK) {
		MUST(up.host.n && up.port > 0 && up.port < 65536 && str_starts(up.path, S("/")));
		MUST(str_within(up.authority, 0x21, 0x7e) && !str_has(up.authority, '/') &&
		    !str_has(up.authority, '@'));
		MUST(str_within(up.path, 0x21, 0x7e));
		MUST(str_ends(text, up.path) || up.path.n == 1);
	}
	MUST(upstream_parse(S("http://127.0.0.1:9000/mcp"), &up) == OK);
	if (upstream_follow(mem, &up, text, &path, &query) == OK) {
		MUST(str_starts(path, S("/")) && str_within(path, 0x21, 0x7e) && !str_has(path, '#') &&
		    !str_has(path, '?'));
		MUST(!query.n || (str_within(query, 0x21, 0x7e) && !str_has(query, '#')));
		MUST(str_starts(text, S("/")) || str_ieq(str_sub(text, 0, 21), S("http://127.0.0.1:9000")));
	}
}

/* A web page may call from our own origin, from this machine, and from where the configuration says. */
static void origins(str text)
{
	static const str allowed[] = { S_INIT("https://app.example") };
	static const struct config config = { .allow_origins = allowed, .allow_origin_count = 1 };
	static const struct site site = { .config = &config,
		.tenant = { .issuer = S_INIT("https://gate.example") } };

	if (gate_origin_ok(&site, text))
		MUST(str_eq(text, allowed[0]) || known_origin(text) ||
		    str_ieq(str_sub(text, 0, 20), S("https://gate.example")) ||
		    str_find(text, S("://127.0.0.1")) > 0 || str_find(text, S("://localhost")) > 0 ||
		    str_find(text, S("://[::1]")) > 0);
}

/* However a stream is cut, the same places are between its events. */
static void events(str text, size_t step)
{
	struct events whole, parts;

	events_start(&whole);
	events_take(&whole, text);
	events_start(&parts);
	for (size_t at = 0; at < text.n; at += step)
		events_take(&parts, str_sub(text, at, at + step));
	MUST(events_between(&whole) == events_between(&parts));
	if (events_between(&whole) && text.n)
		MUST(text.p[text.n - 1] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > 40000)
		return 0;
	str text = { (const char *)data + 1, size - 1 };
	struct arena *mem = arena_new(MEM);

	upward(mem, text);
	downward(mem, text, data[0] & 7U);
	addresses(mem, text);
	origins(text);
	events(text, (size_t)(data[0] >> 3) + 1);
	arena_unref(mem);
	return 0;
}
