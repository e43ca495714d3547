#include "core/recorder.h"

static const struct recorder_port *plugged;

void recorder_use(const struct recorder_port *port)
{
	plugged = port;
}

str recorder_add(struct ctx *c)
{
	if (plugged)
		c->fail.id = plugged->add(c);
	return c->fail.id;
}

void recorder_expect(enum awaited kind, int64_t id, str client, int64_t now)
{
	if (plugged)
		plugged->expect(kind, id, client, now);
}

void recorder_met(enum awaited kind, int64_t id)
{
	if (plugged)
		plugged->met(kind, id);
}

int64_t recorder_key(str text)
{
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

	for (size_t i = 0; i < text.n; i++)
		h = (h ^ (unsigned char)text.p[i]) * 0x100000001b3;
	return (int64_t)(h >> 1);
}

bool recorder_find(struct arena *mem, str id, struct record *out)
{
	return plugged && plugged->find(mem, id, out);
}

size_t recorder_list(struct arena *mem, size_t max, const struct record **out)
{
	*out = NULL;
	return plugged ? plugged->list(mem, max, out) : 0;
}
