#include "oauth/respond.h"
#include "base/enc.h"
#include "core/recorder.h"

struct answer {
	struct buf url;
	bool query; /* a parameter stands before the next one */
};

static struct answer begin(struct ctx *c, const struct ask *a)
{
	struct answer out = { .url = BUF(c->mem) };
	ptrdiff_t q = str_index(a->redirect_uri, '?');

	buf_put(&out.url, a->redirect_uri);
	/* the query of a registered URI stays (RFC 6749 section 3.1.2); an empty one needs no '&' */
	if (q < 0)
		buf_char(&out.url, '?');
	out.query = q >= 0 && (size_t)q + 1 < a->redirect_uri.n;
	return out;
}

static void add(struct answer *out, const char *name, str value)
{
	if (out->query)
		buf_char(&out->url, '&');
	out->query = true;
	buf_put(&out->url, str_of(name));
	buf_char(&out->url, '=');
	percent_write(&out->url, value);
}

static enum err send(struct ctx *c, const struct ask *a, struct answer *out)
{
	if (a->state.p)
		add(out, "state", a->state);
	add(out, "iss", c->site->tenant.issuer);
	if (out->url.full)
		return FAIL(c, TOO_LARGE, "the answer to %.*s", FMT(ask_host(c->mem, a)));
	return reply_redirect(c, c->req->method == HTTP_POST ? 303 : 302, buf_str(&out->url));
}

enum err respond_code(struct ctx *c, const struct ask *a, str code)
{
	struct answer out = begin(c, a);

	add(&out, "code", code);
	return send(c, a, &out);
}

enum err respond_error(struct ctx *c, const struct ask *a, enum err e)
{
	const struct err_row *row = err_row(e);
	str words = c->fail.say.n ? c->fail.say : str_of(row->words), id = recorder_add(c);
	struct answer out = begin(c, a);

	add(&out, "error", str_of(row->code));
	add(&out, "error_description",
	    id.n ? arena_printf(c->mem, "%.*s (why %.*s)", FMT(words), FMT(id)) : words);
	return send(c, a, &out);
}
