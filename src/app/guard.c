#include "app/guard.h"
#include "base/enc.h"
#include "crypto/crypto.h"
#include "http/accept.h"
#include "http/cookie.h"
#include "login/session.h"
#include "web/page.h"

#define BROWSER_BYTES 32
#define BROWSER_TEXT 43 /* of base64url */

static str browser_name(const struct site *s)
{
	return s->secure ? S("__Host-gh_browser") : S("gh_browser");
}

enum err guard_params(struct ctx *c)
{
	if (c->req->query.n && form_parse(c->mem, c->req->query, &c->query) != OK)
		return FAIL(c, PARAM_SYNTAX, "query string of %zu bytes", c->req->query.n);
	if (c->req->method != HTTP_POST || !content_type_is(c->req, S("application/x-www-form-urlencoded")))
		return OK;
	if (form_parse(c->mem, c->req->body, &c->form) != OK)
		return FAIL(c, PARAM_SYNTAX, "form of %zu bytes", c->req->body.n);
	return OK;
}

static bool well_formed(str value)
{
	if (value.n != BROWSER_TEXT)
		return false;
	for (size_t i = 0; i < value.n; i++) {
		char ch = value.p[i];
		if (!((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z') && !(ch >= '0' && ch <= '9') && ch != '-' &&
		    ch != '_')
			return false;
	}
	return true;
}

/* Authorizations and forms are bound to this value, so a browser that has none gets one before anything is written. */
static void know_browser(struct ctx *c)
{
	str value = cookie_get(c->req, browser_name(c->site));

	if (!well_formed(value)) {
		unsigned char bytes[BROWSER_BYTES];
		rand_bytes(bytes, sizeof bytes);
		value = b64url_write(c->mem, (str){ (const char *)bytes, sizeof bytes });
		secret_wipe(bytes, sizeof bytes);
		exchange_of(c)->new_browser = true;
	}
	c->browser = secret_of(value);
}

void guard_cookies(struct ctx *c)
{
	if (!exchange_of(c)->new_browser)
		return;
	str value = { (const char *)c->browser.bytes, c->browser.len };
	reply_header(c->reply, S("Set-Cookie"),
	    cookie_write(c->mem, browser_name(c->site), value, c->site->secure, -1));
}

/* To the sign-in page and back: the way back is a path of ours, never a whole address. */
static enum err send_to_login(struct ctx *c)
{
	struct buf next = BUF(c->mem), url = BUF(c->mem);

	buf_put(&next, c->req->path);
	if (c->req->query.n) {
		buf_char(&next, '?');
		buf_put(&next, c->req->query);
	}
	buf_put(&url, page_base(c->site->tenant.issuer));
	buf_put(&url, S("/login?next="));
	percent_write(&url, buf_str(&next));
	return reply_redirect(c, 303, buf_str(&url));
}

static enum err check_form(struct ctx *c)
{
	if (!content_type_is(c->req, S("application/x-www-form-urlencoded")))
		return FAIL(
		    c, CONTENT_TYPE, "%.*s", FMT(str_sub(http_header(c->req, S("Content-Type")), 0, 100)));
	str sent = form_get(&c->form, S("csrf"));
	if (exchange_of(c)->new_browser)
		return FAIL(c, CSRF, "no browser cookie came with the form");
	if (!form_token_fits(c))
		return FAIL(c, CSRF, "%s",
		    sent.n ? "the token is of another session or browser" : "no token in the form");
	return OK;
}

enum err guard_check(struct ctx *c, enum guard guard, bool *answered)
{
	*answered = false;
	if (guard == GUARD_NONE)
		return OK;
	know_browser(c);
	TRY(session_load(c));
	if ((guard == GUARD_SESSION || guard == GUARD_SESSION_FORM) && c->actor.session == 0) {
		if (c->req->method != HTTP_GET && c->req->method != HTTP_HEAD)
			return FAIL(c, SESSION_MISSING, "the form came without a session");
		*answered = true;
		return send_to_login(c);
	}
	if (guard == GUARD_FORM || guard == GUARD_SESSION_FORM)
		return check_form(c);
	return OK;
}
