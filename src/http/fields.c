#include "http/fields.h"

#define FIELD_COST 32 /* RFC 9113 section 6.5.2 */

void fields_start(struct http_fields *f, struct arena *mem)
{
	*f = (struct http_fields){
		.mem = mem,
		.list = NEW_ARRAY(mem, struct http_header, HTTP_HEADERS_MAX),
		.head.length = -1,
	};
}

/* RFC 9113 section 8.3: each at most once, and before all others. */
static enum err add_pseudo(struct http_fields *f, str name, str value)
{
	const struct {
		str name, *at;
	} known[] = {
		{ S_INIT(":method"), &f->method },
		{ S_INIT(":scheme"), &f->scheme },
		{ S_INIT(":path"), &f->path },
		{ S_INIT(":authority"), &f->authority },
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (str_eq(name, known[i].name)) {
			if (known[i].at->p || f->count)
				return ERR_HTTP_MALFORMED;
			*known[i].at = arena_copy(f->mem, value);
			return OK;
		}
	return ERR_HTTP_MALFORMED;
}

/* RFC 9113 section 8.2.1: a token in lower case. */
static bool name_ok(str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!head_tchar((unsigned char)name.p[i]) || (name.p[i] >= 'A' && name.p[i] <= 'Z'))
			return false;
	return name.n > 0;
}

/* RFC 9113 section 8.2.2: these speak of a connection of HTTP/1, and some server behind us might believe them. */
static bool of_a_connection(const struct http_header *h)
{
	static const str names[] = { S_INIT("connection"), S_INIT("keep-alive"), S_INIT("proxy-connection"),
		S_INIT("transfer-encoding"), S_INIT("upgrade"), S_INIT("http2-settings") };

	for (size_t i = 0; i < COUNT(names); i++)
		if (str_eq(h->name, names[i]))
			return true;
	return str_eq(h->name, S("te")) && !str_ieq(h->value, S("trailers"));
}

static enum err add_regular(struct http_fields *f, str name, str value)
{
	/* Section 8.2.1: a blank at either end is for nobody to trim. */
	if (!name_ok(name) || !head_value_ok(value) || str_trim(value).n != value.n)
		return ERR_HTTP_MALFORMED;
	if (f->count >= HTTP_HEADERS_MAX)
		return ERR_HTTP_HEAD_TOO_LARGE;
	struct http_header *h = &f->list[f->count];
	*h = (struct http_header){ arena_copy(f->mem, name), arena_copy(f->mem, value) };
	if (of_a_connection(h))
		return ERR_HTTP_SMUGGLING;
	f->count++;
	return head_meaning(&f->head, h);
}

/* Section 8.2.3: crumbs of a cookie are one cookie, which stands where the first of them stood. */
static enum err add_crumb(struct http_fields *f, str value)
{
	if (!head_value_ok(value) || str_trim(value).n != value.n)
		return ERR_HTTP_MALFORMED;
	buf_put(&f->cookie, S("; "));
	buf_put(&f->cookie, value);
	return OK;
}

static enum err begin_cookie(struct http_fields *f, str name, str value)
{
	f->cookie_at = f->count;
	f->cookie = (struct buf)BUF(f->mem);
	TRY(add_regular(f, name, value));
	buf_put(&f->cookie, value);
	f->crumbs = true;
	return OK;
}

void fields_add(struct http_fields *f, str name, str value)
{
	f->bytes += name.n + value.n + FIELD_COST;
	if (f->error == OK && f->bytes > HTTP_HEAD_MAX)
		f->error = ERR_HTTP_HEAD_TOO_LARGE;
	if (f->error != OK)
		return;
	if (str_starts(name, S(":")))
		f->error = add_pseudo(f, name, value);
	else if (str_eq(name, S("cookie")))
		f->error = f->crumbs ? add_crumb(f, value) : begin_cookie(f, name, value);
	else
		f->error = add_regular(f, name, value);
}

/* As the target of HTTP/1: a path, or "*" for OPTIONS; never empty, never a fragment. */
static enum err read_path(struct http_req *r)
{
	bool star = str_eq(r->target, S("*")) && r->method == HTTP_OPTIONS;

	if ((!star && !str_starts(r->target, S("/"))) || !str_within(r->target, 0x21, 0x7e) ||
	    str_has(r->target, '#'))
		return ERR_HTTP_MALFORMED;
	if (!str_cut(r->target, '?', &r->path, &r->query))
		r->query = (str){ NULL, 0 };
	return OK;
}

/* RFC 9113 section 8.3.1: :authority is the host. A Host header beside it must say the same, and one of them must be. */
static enum err read_host(const struct http_fields *f, struct http_req *r)
{
	const struct head *h = &f->head;

	r->host = f->authority.p ? f->authority : h->host;
	if (h->hosts > 1 || !head_host_ok(r->host))
		return ERR_HTTP_HOST;
	return h->hosts && !str_ieq(h->host, r->host) ? ERR_HTTP_HOST : OK;
}

enum err fields_finish(struct http_fields *f, bool ended, struct http_req *out)
{
	struct http_req r = { .minor = 1, .keep_alive = true };

	TRY(f->error);
	/* CONNECT has neither :scheme nor :path; it is for proxies of another kind (section 8.5). */
	if (!head_method_ok(f->method) || str_eq(f->method, S("CONNECT")))
		return ERR_HTTP_MALFORMED;
	if (!str_eq(f->scheme, S("http")) && !str_eq(f->scheme, S("https")))
		return ERR_HTTP_MALFORMED;
	r.method_text = f->method;
	r.method = http_method_of(f->method);
	r.target = f->path;
	TRY(read_path(&r));
	TRY(read_host(f, &r));
	if (f->crumbs)
		f->list[f->cookie_at].value = buf_str(&f->cookie);
	r.headers = f->list;
	r.header_count = f->count;
	r.length = f->head.length;
	if (ended && r.length > 0)
		return ERR_HTTP_SMUGGLING;
	r.chunked = !ended && r.length < 0;
	r.expect_continue = f->head.expect && !ended;
	*out = r;
	return OK;
}
