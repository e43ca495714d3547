/* An upstream's response head. The operator chose the upstream, but its answers are trusted no more than a request. */
#include "http/head.h"
#include "http/parse.h"

/* RFC 9112 section 4. The blank before an empty reason is often missing, which nobody can misread. */
static enum err read_status_line(str line, struct http_res *out)
{
	str version, rest, code;
	int64_t status;

	if (!str_cut(line, ' ', &version, &rest))
		return ERR_HTTP_MALFORMED;
	TRY(head_version(version, &out->minor));
	str_cut(rest, ' ', &code, &out->reason);
	if (code.n != 3 || !str_within(code, '0', '9') || !str_int(code, &status) || status < 100 ||
	    status > 599)
		return ERR_HTTP_MALFORMED;
	for (size_t i = 0; i < out->reason.n; i++)
		if (((unsigned char)out->reason.p[i] < 0x20 && out->reason.p[i] != '\t') ||
		    out->reason.p[i] == 0x7f)
			return ERR_HTTP_MALFORMED;
	out->status = (int)status;
	return OK;
}

static enum err read_response(struct arena *mem, str head, bool to_head, struct http_res *out)
{
	struct http_res r = { .head = head };
	struct head h;
	str first, lines;

	str_cut(head, '\n', &first, &lines);
	first.n--;
	TRY(read_status_line(first, &r));
	TRY(head_parse(mem, lines, &h));
	bool never = r.status < 200 || r.status == 204;
	/* RFC 9112 section 6.1: no coding in HTTP/1.0, nor where there is never a body */
	if (h.codings && (r.minor == 0 || never))
		return ERR_HTTP_SMUGGLING;
	r.headers = h.headers;
	r.header_count = h.count;
	r.no_body = to_head || never || r.status == 304;
	r.chunked = h.codings > 0;
	r.length = h.length;
	/* RFC 9112 section 6.3, 8: a body without a length ends with the connection */
	bool until_close = !r.no_body && !r.chunked && r.length < 0;
	r.keep_alive = !h.close && !until_close && (r.minor == 1 || h.keep);
	*out = r;
	return OK;
}

enum err http_parse_response(
    struct arena *mem, str bytes, size_t *scan, bool to_head, struct http_res *out, size_t *used)
{
	struct http_res line;
	str first = { NULL, 0 };
	size_t end;

	*used = 0;
	TRY(head_end(bytes, scan, &first, &end));
	if (end == 0)
		return first.p ? read_status_line(first, &line) : OK;
	TRY(read_response(mem, str_sub(bytes, 0, end), to_head, out));
	*used = end;
	return OK;
}
