#include "app/reply.h"
#include "app/house.h"
#include "base/log.h"
#include "base/url.h"
#include "core/recorder.h"
#include "http/accept.h"
#include "http/auth.h"
#include "http/path.h"
#include "jose/dpop.h"
#include "ui_gen.h"
#include "web/page.h"
#include "web/snippet.h"

str reply_metadata_url(struct arena *mem, const struct resource *r)
{
	struct url u;

	if (url_parse(r->identifier, &u) != OK)
		return S("");
	str origin = url_origin(mem, &u), path = str_eq(u.path, S("/")) ? S("") : u.path;
	return arena_printf(mem, "%.*s/.well-known/oauth-protected-resource%.*s", FMT(origin), FMT(path));
}

str reply_challenge(struct ctx *c, enum err e, str description)
{
	const struct resource *r = exchange_of(c)->resource; /* NULL: /userinfo, which is no MCP server */
	str scope = c->fail.need_scope.n ? c->fail.need_scope : r ? r->challenge : S("");

	str error = str_of(err_row(e)->code), metadata = r ? reply_metadata_url(c->mem, r) : S("");

	/* By the scheme that came, or had to; who sent none hears of Bearer, as every client expects. */
	if (exchange_of(c)->dpop || e == ERR_TOKEN_BOUND)
		return auth_challenge_dpop(c->mem, S(DPOP_ALGS), error, scope, metadata, description);
	/* RFC 6750 section 3.1: no error when the request had no token at all. */
	return auth_challenge(c->mem, error, scope, metadata, description);
}

/* The public words, with the number that `gatehouse why` takes. Without '(' nothing is lost when a client cuts them. */
static str words_of(struct ctx *c, enum err e)
{
	str words = c->fail.say.n ? c->fail.say : str_of(err_row(e)->words);

	if (c->fail.id.n == 0)
		return words;
	return arena_printf(c->mem, "%.*s (why %.*s)", FMT(words), FMT(c->fail.id));
}

static bool is_number(str s)
{
	int64_t n;

	return str_int(s, &n);
}

/* What programs read: an OAuth code, where the row has one. */
static str code_of(enum err e)
{
	str code = str_of(err_row(e)->code);

	return code.n && !is_number(code) ? code
	    : err_row(e)->status == 401   ? S("invalid_token")
					  : S("invalid_request");
}

static void no_store(struct ctx *c, str type)
{
	reply_header(c->reply, S("Content-Type"), type);
	reply_header(c->reply, S("Cache-Control"), S("no-store"));
}

static void write_json(struct ctx *c, enum err e)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("error"), code_of(e));
	jout_str(&j, S("error_description"), words_of(c, e));
	if (c->fail.data.n)
		jout_raw(&j, S("data"), c->fail.data);
	jout_end(&j);
	no_store(c, S("application/json"));
	reply_header(c->reply, S("Pragma"), S("no-cache"));
	c->reply->body = buf_str(&b);
}

/* JSON-RPC 2.0 section 5.1; a row without a number of its own is an internal error or an invalid request. */
static void write_rpc(struct ctx *c, enum err e)
{
	const struct err_row *row = err_row(e);
	str code = str_of(row->code);
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("jsonrpc"), S("2.0"));
	if (c->rpc_id.n)
		jout_raw(&j, S("id"), c->rpc_id);
	else
		jout_null(&j, S("id"));
	jout_object(&j, S("error"));
	jout_raw(&j, S("code"),
	    is_number(code)                   ? code
		: row->kind == ERR_KIND_FAULT ? S("-32603")
					      : S("-32600"));
	jout_str(&j, S("message"), words_of(c, e));
	if (c->fail.data.n)
		jout_raw(&j, S("data"), c->fail.data);
	jout_end(&j);
	jout_end(&j);
	no_store(c, S("application/json"));
	c->reply->body = buf_str(&b);
}

static void write_plain(struct ctx *c, enum err e)
{
	no_store(c, S("text/plain; charset=utf-8"));
	c->reply->body = arena_printf(c->mem, "%.*s\n", FMT(words_of(c, e)));
}

static const char *title_of(const struct err_row *row)
{
	int status = row->status;

	/* RFC 6749 section 5.2: 401 is also said of clients, for whom nobody can sign in */
	if ((status == 401 || status == 403) && str_eq(str_of(row->code), S("invalid_client")))
		return "This application may not";
	switch (status) {
	case 401:
		return "Sign in first";
	case 403:
		return "Not allowed";
	case 404:
		return "Nothing here";
	case 405:
		return "This is not a page";
	case 413:
		return "Too large";
	case 421:
		return "Wrong address";
	case 429:
		return "A little slower";
	case 502:
	case 504:
		return "The server behind does not answer";
	default:
		return status >= 500 ? "Something went wrong" : "This did not work";
	}
}

static void write_page(struct ctx *c, enum err e)
{
	const struct err_row *row = err_row(e);
	struct view_error *view = NEW(c->mem, struct view_error);

	*view = (struct view_error){
		.status = row->status,
		.title = str_of(title_of(row)),
		.words = c->fail.say.n ? c->fail.say : str_of(row->words),
		.id = c->fail.id,
		.hint = str_of(row->mend),
	};
	(void)reply_page(c, row->status, PAGE_ERROR, view);
	page_render(c);
}

/* Somebody opened the address of an MCP server in a browser: say what it is and how it is added to a client. */
static void write_resource_page(struct ctx *c, enum err e)
{
	const struct resource *r = exchange_of(c)->resource;
	struct view_resource *view = NEW(c->mem, struct view_resource);

	*view = (struct view_resource){
		.name = r->name.n ? r->name : r->identifier, .address = r->identifier, .id = c->fail.id
	};
	view->snippets = snippet_views(c->mem, r->name, r->identifier, &view->snippets_count);
	(void)reply_page(c, err_row(e)->status, PAGE_RESOURCE, view);
	page_render(c);
}

static bool wants_page(const struct ctx *c)
{
	return c->req && (c->req->method == HTTP_GET || c->req->method == HTTP_HEAD) &&
	    accept_names(c->req, S("text/html"));
}

static void write_body(struct ctx *c, enum err e)
{
	/* not a program's mistake: somebody mistyped an address, or opened one of a program's in a browser */
	bool looked = e == ERR_METHOD_NOT_ALLOWED || (!exchange_of(c)->route && !exchange_of(c)->resource);

	switch (c->style) {
	case STYLE_PAGE:
		/* no page of ours posts JSON, and no program shows one */
		if (e == ERR_METHOD_NOT_ALLOWED && content_type_is(c->req, S("application/json")))
			write_json(c, e);
		else
			write_page(c, e);
		break;
	case STYLE_RPC:
		write_rpc(c, e);
		break;
	case STYLE_PLAIN:
		write_plain(c, e);
		break;
	case STYLE_BEARER:
		if (exchange_of(c)->resource && wants_page(c))
			write_resource_page(c, e);
		else
			write_json(c, e);
		break;
	case STYLE_JSON:
		if (looked && wants_page(c))
			write_page(c, e);
		else
			write_json(c, e);
		break;
	}
}

/* The challenges of 401 and 403. */
static void write_challenge(struct ctx *c, enum err e)
{
	struct exchange *x = exchange_of(c);
	int status = c->reply->status;

	if ((x->resource || c->style == STYLE_BEARER) &&
	    (status == 401 || (status == 403 && e == ERR_SCOPE_SHORT))) {
		reply_header(c->reply, S("WWW-Authenticate"), reply_challenge(c, e, words_of(c, e)));
	} else if (status == 401 && str_eq(code_of(e), S("invalid_token"))) {
		/* RFC 6750 section 3, where a token is what proves: the one of a registration */
		reply_header(c->reply, S("WWW-Authenticate"), S("Bearer error=\"invalid_token\""));
	} else if (status == 401 && x->basic) {
		/* RFC 6749 section 5.2: by the scheme that the client used, and only then */
		reply_header(c->reply, S("WWW-Authenticate"), S("Basic realm=\"gatehouse\""));
	}
}

static bool passing(enum err e)
{
	return e == ERR_OVERLOADED || e == ERR_STORE_BUSY || e == ERR_STORE_GONE || e == ERR_STORE_FULL ||
	    e == ERR_RATE_LIMITED || e == ERR_THROTTLED;
}

/* What a step knows better than we do: how long to wait, the next nonce, what happened to the browser's cookies. */
static size_t keep_headers(struct http_reply *r, struct http_header *kept)
{
	size_t n = 0;

	for (size_t i = 0; i < r->header_count; i++)
		if (str_ieq(r->headers[i].name, S("Retry-After")) ||
		    str_ieq(r->headers[i].name, S("Set-Cookie")) ||
		    str_ieq(r->headers[i].name, S("DPoP-Nonce")) || str_ieq(r->headers[i].name, S("Allow")))
			kept[n++] = r->headers[i];
	return n;
}

/* An error that should never have come this far is ours, whatever it says. */
static enum err outward(struct ctx *c, enum err e)
{
	if (err_row(e)->kind != ERR_KIND_INNER) {
		if (c->fail.code != e)
			return fail_set(c, e, __FILE__, __LINE__, "%s", "");
		return e;
	}
	const char *file = c->fail.file ? c->fail.file : __FILE__;
	return fail_set(c, ERR_INTERNAL, file, c->fail.line, "inner error %s: %.*s", err_row(e)->name,
	    FMT(c->fail.detail));
}

static void say_fault(struct ctx *c, enum err e)
{
	char shown[PATH_SHOWN];

	log_error("request failed", LOG_STRZ("error", err_row(e)->name), LOG_STR("detail", c->fail.detail),
	    LOG_STR("why", c->fail.id), LOG_STR("path", c->req ? path_show(shown, c->req->path) : S("")),
	    LOG_STRZ("file", c->fail.file), LOG_INT("line", c->fail.line));
}

void reply_refusal(struct ctx *c, enum err e)
{
	struct http_header kept[COUNT(c->reply->headers)];
	size_t count = keep_headers(c->reply, kept);
	bool close = c->reply->close, waits = false;

	e = outward(c, e);
	*c->reply = (struct http_reply){ .status = err_row(e)->status, .close = close };
	c->page = 0;
	if (c->fail.id.n == 0)
		(void)recorder_add(c);
	if (err_row(e)->kind == ERR_KIND_FAULT)
		say_fault(c, e);
	metrics_add(&exchange_of(c)->floor->metrics.refusals[e]);
	for (size_t i = 0; i < count; i++) {
		waits |= str_ieq(kept[i].name, S("Retry-After"));
		reply_header(c->reply, kept[i].name, kept[i].value);
	}
	if (passing(e) && !waits)
		reply_header(c->reply, S("Retry-After"),
		    e == ERR_RATE_LIMITED || e == ERR_THROTTLED ? S("10") : S("2"));
	write_challenge(c, e);
	write_body(c, e);
}
