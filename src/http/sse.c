#include "http/sse.h"

static void put_line(struct buf *out, str name, str value)
{
	buf_put(out, name);
	buf_put(out, S(": "));
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] != '\r' && value.p[i] != '\n' && value.p[i] != '\0')
			buf_char(out, value.p[i]);
	buf_char(out, '\n');
}

/* Up to the next line end, which is taken off the rest with it. False when there was none. */
static bool cut_line(str *rest, str *line)
{
	size_t n = 0;

	while (n < rest->n && rest->p[n] != '\r' && rest->p[n] != '\n')
		n++;
	*line = str_sub(*rest, 0, n);
	if (n == rest->n)
		return false;
	n += str_starts(str_sub(*rest, n, rest->n), S("\r\n")) ? 2 : 1;
	*rest = str_sub(*rest, n, rest->n);
	return true;
}

void sse_event(struct buf *out, str id, str event, str data)
{
	str line;
	bool more;

	if (id.n)
		put_line(out, S("id"), id);
	if (event.n)
		put_line(out, S("event"), event);
	do {
		more = cut_line(&data, &line);
		buf_put(out, S("data: "));
		buf_put(out, line);
		buf_char(out, '\n');
	} while (more);
	buf_char(out, '\n');
}

void sse_comment(struct buf *out, str text)
{
	put_line(out, S(""), text);
	buf_char(out, '\n');
}

void sse_retry(struct buf *out, int64_t ms)
{
	buf_put(out, S("retry: "));
	buf_int(out, ms);
	buf_put(out, S("\n\n"));
}
