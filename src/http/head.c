#include "http/head.h"

#include <string.h>

#define METHOD_MAX 24

bool head_tchar(unsigned char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	/* clang-format off */
	switch (c) {
	case '!': case '#': case '$': case '%': case '&': case '\'': case '*': case '+':
	case '-': case '.': case '^': case '_': case '`': case '|': case '~':
		return true;
	default:
		return false;
	}
	/* clang-format on */
}

bool head_method_ok(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 'A' || s.p[i] > 'Z') && s.p[i] != '-')
			return false;
	return s.n > 0 && s.n <= METHOD_MAX;
}

bool head_host_ok(str s)
{
	size_t n = 0;

	if (str_starts(s, S("["))) {
		for (n = 1; n < s.n && (s.p[n] == ':' || s.p[n] == '.' || head_tchar((unsigned char)s.p[n]));)
			n++;
		if (n == 1 || n == s.n || s.p[n++] != ']')
			return false;
	} else {
		for (; n < s.n && s.p[n] != ':'; n++)
			if (s.p[n] != '-' && s.p[n] != '.' && s.p[n] != '_' && s.p[n] != '~' &&
			    !((s.p[n] | 0x20) >= 'a' && (s.p[n] | 0x20) <= 'z') &&
			    !(s.p[n] >= '0' && s.p[n] <= '9'))
				return false;
	}
	if (n == 0)
		return false;
	if (n == s.n)
		return true;
	str port = str_sub(s, n + 1, s.n);
	return s.p[n] == ':' && port.n && port.n <= 5 && str_within(port, '0', '9');
}

enum err head_end(str bytes, size_t *scan, str *first, size_t *end)
{
	size_t at = *scan ? *scan - 1 : 0; /* the last byte once more: it may be a CR */

	*end = 0;
	for (;;) {
		ptrdiff_t next = str_index(str_sub(bytes, at, bytes.n), '\n');
		if (next < 0)
			break;
		size_t lf = at + (size_t)next;
		if (lf == 0 || bytes.p[lf - 1] != '\r' || str_has(str_sub(bytes, at, lf - 1), '\r'))
			return ERR_HTTP_MALFORMED;
		if (!str_has(str_sub(bytes, 0, lf), '\n'))
			*first = str_sub(bytes, 0, lf - 1);
		at = lf + 1;
		if (lf >= 3 && bytes.p[lf - 2] == '\n') {
			*end = at;
			return at > HTTP_HEAD_MAX ? ERR_HTTP_HEAD_TOO_LARGE : OK;
		}
	}
	/* a CR at the very end may still get its LF */
	if (bytes.n && str_has(str_sub(bytes, at, bytes.n - 1), '\r'))
		return ERR_HTTP_MALFORMED;
	*scan = bytes.n;
	return bytes.n > HTTP_HEAD_MAX ? ERR_HTTP_HEAD_TOO_LARGE : OK;
}

enum err head_version(str text, int *minor)
{
	if (str_eq(text, S("HTTP/1.1")))
		*minor = 1;
	else if (str_eq(text, S("HTTP/1.0")))
		*minor = 0;
	else
		return str_starts(text, S("HTTP/")) ? ERR_HTTP_VERSION : ERR_HTTP_MALFORMED;
	return OK;
}

/* RFC 9110 section 8.6: digits only; and one spelling for one number, so no leading zero. */
static enum err read_length(struct head *h, str value)
{
	if (h->lengths++ || value.n == 0 || value.n > 18 || !str_within(value, '0', '9') ||
	    (value.n > 1 && value.p[0] == '0') || !str_int(value, &h->length))
		return ERR_HTTP_SMUGGLING;
	return OK;
}

/* We speak one coding. Whatever else is asked for, another reader could find another end of the message. */
static enum err read_coding(struct head *h, str value)
{
	return h->codings++ || !str_ieq(value, S("chunked")) ? ERR_HTTP_SMUGGLING : OK;
}

static void read_connection(struct head *h, str value)
{
	str option;
	bool more;

	do {
		more = str_cut(value, ',', &option, &value);
		option = str_trim(option);
		if (str_ieq(option, S("close")))
			h->close = true;
		else if (str_ieq(option, S("keep-alive")))
			h->keep = true;
	} while (more);
}

/* The few headers that decide how the message is read. */
enum err head_meaning(struct head *h, const struct http_header *line)
{
	switch (line->name.n) {
	case 4:
		if (str_ieq(line->name, S("Host"))) {
			h->hosts++;
			h->host = line->value;
		}
		return OK;
	case 6:
		if (!str_ieq(line->name, S("Expect")))
			return OK;
		h->expect = true;
		return str_ieq(line->value, S("100-continue")) ? OK : ERR_HTTP_MALFORMED;
	case 10:
		if (str_ieq(line->name, S("Connection")))
			read_connection(h, line->value);
		return OK;
	case 14:
		return str_ieq(line->name, S("Content-Length")) ? read_length(h, line->value) : OK;
	case 17:
		return str_ieq(line->name, S("Transfer-Encoding")) ? read_coding(h, line->value) : OK;
	default:
		return OK;
	}
}

bool head_value_ok(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/*
 * RFC 9112 section 5: a name, a colon at once, a value. A line that begins with a blank would go on with the one
 * before (obs-fold): its first byte is no tchar, so it is refused like an empty name or a blank before the colon.
 */
static enum err read_line(str line, struct http_header *out)
{
	size_t n = 0;

	while (n < line.n && head_tchar((unsigned char)line.p[n]))
		n++;
	if (n == 0 || n == line.n || line.p[n] != ':')
		return ERR_HTTP_MALFORMED;
	out->name = str_sub(line, 0, n);
	out->value = str_trim(str_sub(line, n + 1, line.n));
	return head_value_ok(out->value) ? OK : ERR_HTTP_MALFORMED;
}

static size_t count_lines(str lines)
{
	size_t n = 0;

	for (size_t i = 0; i < lines.n; i++)
		n += lines.p[i] == '\n';
	return n;
}

enum err head_parse(struct arena *mem, str lines, struct head *out)
{
	size_t count = count_lines(lines) - 1; /* the last one is blank */
	str line;

	*out = (struct head){ .length = -1 };
	if (count > HTTP_HEADERS_MAX)
		return ERR_HTTP_HEAD_TOO_LARGE;
	struct http_header *headers = arena_try_array(mem, count, sizeof *headers);
	if (!headers)
		return ERR_HTTP_HEAD_TOO_LARGE;
	out->headers = headers;
	for (; out->count < count; out->count++) {
		str_cut(lines, '\n', &line, &lines);
		line.n--; /* head_end has seen that a CR is there */
		TRY(read_line(line, &headers[out->count]));
		TRY(head_meaning(out, &headers[out->count]));
	}
	/* RFC 9112 section 6.3: both together is how requests are smuggled */
	return out->lengths && out->codings ? ERR_HTTP_SMUGGLING : OK;
}
