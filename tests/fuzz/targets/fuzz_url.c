/* URLs: the parts put together again are the text, and nothing that needs an escape is in them. covers: src/base/url.c */
#include "base/buf.h"
#include "base/url.h"

#include <stdlib.h>

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

static str together(struct arena *mem, const struct url *u)
{
	struct buf b = BUF(mem);

	buf_put(&b, u->scheme);
	buf_char(&b, ':');
	if (u->authority)
		buf_put(&b, S("//"));
	if (u->userinfo.p) {
		buf_put(&b, u->userinfo);
		buf_char(&b, '@');
	}
	buf_put(&b, u->host);
	if (u->port >= 0)
		buf_printf(&b, ":%d", u->port);
	buf_put(&b, u->path);
	if (u->query.p) {
		buf_char(&b, '?');
		buf_put(&b, u->query);
	}
	if (u->fragment.p) {
		buf_char(&b, '#');
		buf_put(&b, u->fragment);
	}
	return buf_str(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str text = { (const char *)data, size };
	struct arena *mem = arena_new(1 << 20);
	struct url u, o;

	url_dots(text);
	if (size < 100000 && url_parse(text, &u) == OK) {
		MUST(str_within(text, 0x21, 0x7e) && !str_has(text, '\\'));
		MUST(str_eq(together(mem, &u), text));
		MUST(url_same(&u, &u));
		MUST(u.port == -1 || url_port(&u) == u.port);
		MUST(!str_has(u.host, '%') && !str_has(u.host, '@') && !str_has(u.host, '/'));
		if (url_loopback(&u))
			MUST(u.authority && u.host.n);
		/* the origin is a URL, of the same origin */
		if (u.authority && u.host.n) {
			MUST(url_parse(url_origin(mem, &u), &o) == OK);
			MUST(str_eq(o.host, u.host) && url_port(&o) == url_port(&u) && o.path.n == 0);
		}
	}
	arena_unref(mem);
	return 0;
}
