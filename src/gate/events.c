#include "gate/events.h"

#define TAIL(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

bool events_listening(const struct http_req *r)
{
	return r->method == HTTP_GET || str_eq(http_header(r, S("Mcp-Method")), S("subscriptions/listen"));
}

void events_start(struct events *e)
{
	e->tail = TAIL(0, 0, '\n', '\n');
}

void events_take(struct events *e, str data)
{
	str last = str_sub(data, data.n > 4 ? data.n - 4 : 0, data.n);

	for (size_t i = 0; i < last.n; i++)
		e->tail = e->tail << 8 | (unsigned char)last.p[i];
}

bool events_between(const struct events *e)
{
	return (e->tail & 0xffff) == TAIL(0, 0, '\n', '\n') ||
	    (e->tail & 0xffffff) == TAIL(0, '\n', '\r', '\n');
}
