/* A reply as bytes. */
#include "http/msg.h"

/* What could begin another header line, or end the head, is refused (response splitting). */
static bool clean(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0')
			return false;
	return true;
}

void reply_header(struct http_reply *r, str name, str value)
{
	if (r->header_count == COUNT(r->headers) || name.n == 0 || !clean(name) || !clean(value))
		return;
	r->headers[r->header_count++] = (struct http_header){ name, value };
}

const char *http_reason(int status)
{
	/* clang-format off */
	switch (status) {
	case 100: return "Continue";
	case 101: return "Switching Protocols";
	case 200: return "OK";
	case 201: return "Created";
	case 202: return "Accepted";
	case 204: return "No Content";
	case 206: return "Partial Content";
	case 301: return "Moved Permanently";
	case 302: return "Found";
	case 303: return "See Other";
	case 304: return "Not Modified";
	case 307: return "Temporary Redirect";
	case 308: return "Permanent Redirect";
	case 400: return "Bad Request";
	case 401: return "Unauthorized";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 406: return "Not Acceptable";
	case 408: return "Request Timeout";
	case 409: return "Conflict";
	case 410: return "Gone";
	case 411: return "Length Required";
	case 412: return "Precondition Failed";
	case 413: return "Content Too Large";
	case 414: return "URI Too Long";
	case 415: return "Unsupported Media Type";
	case 417: return "Expectation Failed";
	case 421: return "Misdirected Request";
	case 422: return "Unprocessable Content";
	case 425: return "Too Early";
	case 426: return "Upgrade Required";
	case 428: return "Precondition Required";
	case 429: return "Too Many Requests";
	case 431: return "Request Header Fields Too Large";
	case 500: return "Internal Server Error";
	case 501: return "Not Implemented";
	case 502: return "Bad Gateway";
	case 503: return "Service Unavailable";
	case 504: return "Gateway Timeout";
	case 505: return "HTTP Version Not Supported";
	default: return "Unknown";
	}
	/* clang-format on */
}

static void put_line(struct buf *out, str name, str value)
{
	buf_put(out, name);
	buf_put(out, S(": "));
	buf_put(out, value);
	buf_put(out, S("\r\n"));
}

/* RFC 9110 section 8.6: no Content-Length with 1xx and 204, and with 304 only that of the page it stands for. */
bool http_bodyless(int status)
{
	return status < 200 || status == 204 || status == 304;
}

void http_reply_write(struct buf *out, const struct http_reply *r, str date, bool keep_alive, bool head_only)
{
	buf_put(out, S("HTTP/1.1 "));
	buf_int(out, r->status);
	buf_char(out, ' ');
	buf_put(out, str_of(http_reason(r->status)));
	buf_put(out, S("\r\n"));
	for (size_t i = 0; i < r->header_count; i++)
		put_line(out, r->headers[i].name, r->headers[i].value);
	if (!http_bodyless(r->status)) {
		buf_put(out, S("Content-Length: "));
		buf_int(out, (int64_t)r->body.n);
		buf_put(out, S("\r\n"));
	}
	put_line(out, S("Date"), date);
	put_line(out, S("Connection"), keep_alive && !r->close ? S("keep-alive") : S("close"));
	buf_put(out, S("\r\n"));
	if (!head_only && !http_bodyless(r->status))
		buf_put(out, r->body);
}

void http_answer_write(struct buf *out, const struct http_answer *a, bool chunked, bool keep_alive)
{
	buf_put(out, S("HTTP/1.1 "));
	buf_int(out, a->status);
	buf_char(out, ' ');
	buf_put(out, a->reason);
	buf_put(out, S("\r\n"));
	for (size_t i = 0; i < a->header_count; i++)
		put_line(out, a->headers[i].name, a->headers[i].value);
	if (chunked) {
		buf_put(out, S("Transfer-Encoding: chunked\r\n"));
	} else if (a->length >= 0 && a->status != 204) {
		buf_put(out, S("Content-Length: "));
		buf_int(out, a->length);
		buf_put(out, S("\r\n"));
	}
	if (!keep_alive)
		buf_put(out, S("Connection: close\r\n"));
	buf_put(out, S("\r\n"));
}
