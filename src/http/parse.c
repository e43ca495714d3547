#include "http/parse.h"
#include "http/head.h"

struct request_line {
	str method, target;
	int minor;
};

/*
 * RFC 9112 section 3: three words, one blank between them. Methods are case-sensitive and all registered ones are
 * capitals and hyphens; "get" would be an unknown method to us and GET to a lax reader behind us.
 */
static enum err read_request_line(str line, struct request_line *out)
{
	str rest, version;

	if (!str_cut(line, ' ', &out->method, &rest) || !head_method_ok(out->method))
		return ERR_HTTP_MALFORMED;
	if (!str_cut(rest, ' ', &out->target, &version))
		return ERR_HTTP_VERSION; /* HTTP/0.9 */
	/* '#' never gets here from a client that knows what a fragment is */
	if (out->target.n == 0 || !str_within(out->target, 0x21, 0x7e) || str_has(out->target, '#'))
		return ERR_HTTP_MALFORMED;
	return head_version(version, &out->minor);
}

/* RFC 9112 section 3.2: origin-form, absolute-form, and "*" for OPTIONS. CONNECT's form is none of ours. */
static enum err read_target(struct http_req *r)
{
	str rest = r->target;

	if (str_eq(rest, S("*"))) {
		r->path = rest;
		return r->method == HTTP_OPTIONS ? OK : ERR_HTTP_MALFORMED;
	}
	if (!str_starts(rest, S("/"))) {
		size_t scheme = str_ieq(str_sub(rest, 0, 7), S("http://")) ? 7
		    : str_ieq(str_sub(rest, 0, 8), S("https://"))          ? 8
									   : 0;
		size_t end = scheme;
		while (scheme && end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
			end++;
		r->authority = str_sub(rest, scheme, end);
		if (scheme == 0 || !head_host_ok(r->authority))
			return ERR_HTTP_MALFORMED;
		rest = str_sub(rest, end, rest.n);
	}
	if (!str_cut(rest, '?', &r->path, &r->query))
		r->query = (str){ NULL, 0 };
	if (r->path.n == 0)
		r->path = S("/");
	return OK;
}

/* RFC 9112 section 3.2 and 3.2.2: one Host; where the target names a host too, both must be the same. */
static enum err check_host(const struct http_req *r, const struct head *h)
{
	if (h->hosts != 1 || !head_host_ok(h->host))
		return ERR_HTTP_HOST;
	return r->authority.n && !str_ieq(r->authority, h->host) ? ERR_HTTP_HOST : OK;
}

static enum err read_request(struct arena *mem, str head, struct http_req *out)
{
	struct http_req r = { .head = head };
	struct request_line line;
	struct head h;
	str first, lines;

	str_cut(head, '\n', &first, &lines);
	first.n--;
	TRY(read_request_line(first, &line));
	r.method_text = line.method;
	r.method = http_method_of(line.method);
	r.target = line.target;
	r.minor = line.minor;
	TRY(read_target(&r));
	TRY(head_parse(mem, lines, &h));
	TRY(check_host(&r, &h));
	if (h.codings && r.minor == 0)
		return ERR_HTTP_SMUGGLING; /* RFC 9112 section 6.1: HTTP/1.0 knows no codings */
	r.host = h.host;
	r.headers = h.headers;
	r.header_count = h.count;
	r.chunked = h.codings > 0;
	r.length = h.length;
	r.expect_continue = h.expect && r.minor == 1; /* RFC 9110 section 10.1.1 */
	r.keep_alive = !h.close && (r.minor == 1 || h.keep);
	*out = r;
	return OK;
}

enum err http_parse_request(struct arena *mem, str bytes, size_t *scan, struct http_req *out, size_t *used)
{
	/* RFC 9112 section 2.2: one empty line before the request is passed over */
	size_t skip = str_starts(bytes, S("\r\n")) ? 2 : 0;
	size_t from = *scan > skip ? *scan - skip : 0, end;
	struct request_line line;
	str first = { NULL, 0 };
	str text = str_sub(bytes, skip, bytes.n);

	*used = 0;
	/* What cannot begin a method is told so now: somebody speaks TLS to us, or there are two empty lines. */
	if (text.n && (text.p[0] < 'A' || text.p[0] > 'Z') &&
	    !(text.n == 1 && text.p[0] == '\r' && skip == 0))
		return ERR_HTTP_MALFORMED;
	enum err e = head_end(text, &from, &first, &end);
	*scan = from + skip;
	TRY(e);
	if (end == 0)
		return first.p ? read_request_line(first, &line)
			       : OK; /* a bad first line is not worth waiting for */
	TRY(read_request(mem, str_sub(text, 0, end), out));
	*used = end + skip;
	return OK;
}
