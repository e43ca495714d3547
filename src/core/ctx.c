#include "core/ctx.h"
#include "base/mask.h"

#include <stdarg.h>
#include <stdio.h>

#define DETAIL_MAX 400

enum err fail_set(struct ctx *c, enum err e, const char *file, int line, const char *fmt, ...)
{
	char text[DETAIL_MAX];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
	len = mask_secrets(text, len); /* it is kept and shown, and quotes what anybody sent anywhere */
	c->fail = (struct fail){
		.code = e, .detail = arena_copy(c->mem, (str){ text, len }), .file = file, .line = line
	};
	return e;
}

void effect_add(struct ctx *c, enum effect_kind kind, int64_t id, int64_t until)
{
	struct effect *e = NEW(c->mem, struct effect);

	*e = (struct effect){ .kind = kind, .id = id, .until = until, .next = c->effects };
	c->effects = e;
}

enum err reply_json(struct ctx *c, int status, str json)
{
	c->reply->status = status;
	c->reply->body = json;
	reply_header(c->reply, S("Content-Type"), S("application/json"));
	reply_header(c->reply, S("Cache-Control"), S("no-store"));
	reply_header(c->reply, S("Pragma"), S("no-cache"));
	return OK;
}

/*
 * No form-action in the CSP: Chromium applies it to every redirect after the post, and Allow would do nothing for
 * cursor://, loopback and hopping clients. COOP lets a client's popup keep its opener.
 */
enum err reply_html(struct ctx *c, int status, str html)
{
	c->reply->status = status;
	c->reply->body = html;
	reply_header(c->reply, S("Content-Type"), S("text/html; charset=utf-8"));
	reply_header(c->reply, S("Cache-Control"), S("no-store"));
	reply_header(c->reply, S("Content-Security-Policy"),
	    S("default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; base-uri 'none'; "
	      "frame-ancestors 'none'"));
	reply_header(c->reply, S("X-Frame-Options"), S("DENY"));
	reply_header(c->reply, S("X-Content-Type-Options"), S("nosniff"));
	reply_header(c->reply, S("Referrer-Policy"), S("no-referrer"));
	reply_header(c->reply, S("Cross-Origin-Opener-Policy"), S("same-origin-allow-popups"));
	return OK;
}

enum err reply_page(struct ctx *c, int status, int page, const void *view)
{
	c->page = page;
	c->view = view;
	return reply_html(c, status, (str){ NULL, 0 });
}

enum err reply_redirect(struct ctx *c, int status, str url)
{
	c->reply->status = status;
	c->reply->body = (str){ NULL, 0 };
	reply_header(c->reply, S("Location"), url);
	reply_header(c->reply, S("Cache-Control"), S("no-store"));
	reply_header(c->reply, S("Referrer-Policy"), S("no-referrer"));
	return OK;
}
