/*
 * /authorize (OAuth 2.1 section 4.1): the rules of asked.c, or what they made of a request that was pushed ahead; then
 * whoever has to be asked. Before there is a redirect URI an error can only become a page.
 */
#include "client/client.h"
#include "core/limit.h"
#include "oauth/asked.h"
#include "oauth/code.h"
#include "oauth/handlers.h"
#include "oauth/pushed.h"
#include "oauth/respond.h"

struct authorize {
	struct asked asked;
	int64_t pushed; /* row of the request that was pushed, 0: it came in the query */
	bool login;     /* the person goes to the sign-in page first */
	str code;
};

/* RFC 9126 section 4: with a request_uri of ours nothing else of the query is read but client_id. */
static enum err read_request(struct ctx *c, struct authorize *a)
{
	TRY(asked_who(c, &a->asked));
	TRY(asked_client(c, authorize_start, &a->asked));
	if (!pushed_ours(a->asked.who.request_uri))
		return asked_check(c, &a->asked);
	enum err e = pushed_open(
	    c, a->asked.who.request_uri, a->asked.who.client_id, authorize_start, &a->asked.ask, &a->pushed);
	if (e != OK) /* what could not be opened, or looked up again, has no address to answer to */
		a->asked.ask.redirect_uri = (str){ NULL, 0 };
	return e;
}

static enum err give_code(struct ctx *c);
static enum err put_txn(struct ctx *c);

/* OpenID Connect Core section 3.1.2.1. A hint never signs anybody in: somebody else's leads to the sign-in page. */
static bool hint_differs(const struct ctx *c, struct ask *q)
{
	bool differs = q->hint && q->hint != c->actor.user;

	if (differs && q->hint != HINT_UNKNOWN && c->actor.user && !q->none)
		q->login = true;
	return differs;
}

/*
 * Somebody is asked, so a row waits for the answer. Anybody may begin as many as they like, so these are counted by address;
 * who has agreed before leaves none, and is not counted.
 */
static enum err begin(struct ctx *c)
{
	TRY(limit_pass(c, LIMIT_AUTHORIZE, c->req->peer_key, c->site->config->limit_authorize_burst,
	    "authorizations begun"));
	return NEED(c, LANE_WRITE, put_txn);
}

/* The request is in order: does anybody have to be asked? */
static enum err decide(struct ctx *c, struct authorize *a)
{
	struct ask *q = &a->asked.ask;
	bool covered = false, other = hint_differs(c, q);

	a->login = ask_wants_login(c, q);
	if (q->none && (a->login || other))
		return FAIL(c, LOGIN_REQUIRED, "%s",
		    !c->actor.session ? "no session"
			: other       ? "id_token_hint is not of who is signed in"
				      : "the sign-in is older than max_age");
	if (a->login)
		return begin(c);
	TRY(ask_covered(c, q, &covered));
	if (covered && !ask_wants_click(c, q))
		return NEED(c, LANE_WRITE, give_code);
	if (q->none)
		return FAIL(
		    c, CONSENT_REQUIRED, "%.*s for %.*s", FMT(client_label(&q->client)), FMT(q->scope));
	return begin(c);
}

/* Once there is a redirect URI a refusal goes there; a fault of ours, or too many, is a page, which can be tried again. */
static enum err refuse(struct ctx *c, struct authorize *a, enum err e)
{
	if (e == OK || e == ERR_NEED || e == ERR_RATE_LIMITED || a->asked.ask.redirect_uri.n == 0 ||
	    err_row(e)->kind != ERR_KIND_REFUSAL)
		return e;
	return respond_error(c, &a->asked.ask, e);
}

enum err authorize_start(struct ctx *c)
{
	struct authorize *a = NEW(c->mem, struct authorize);

	c->state = a;
	a->asked.form = c->req->method == HTTP_POST ? c->form : c->query;
	a->asked.ask.max_age = -1;
	enum err e = read_request(c, a);
	return refuse(c, a, e == OK ? decide(c, a) : e);
}

/* LOOP */
static enum err reply_code(struct ctx *c)
{
	struct authorize *a = c->state;

	return respond_code(c, &a->asked.ask, a->code);
}

/* WRITE */
static enum err give_code(struct ctx *c)
{
	struct authorize *a = c->state;

	TRY(pushed_take(c, a->pushed));
	TRY(code_give(c, &a->asked.ask, false, &a->code));
	return NEED(c, LANE_LOOP, reply_code);
}

/* LOOP */
static enum err go_on(struct ctx *c)
{
	struct authorize *a = c->state;

	return reply_redirect(
	    c, c->req->method == HTTP_POST ? 303 : 302, ask_page(c, &a->asked.ask, a->login));
}

/* WRITE. One row each: a browser may have several authorizations going (use-mcp begins two at once). */
static enum err put_txn(struct ctx *c)
{
	struct authorize *a = c->state;

	TRY(pushed_take(c, a->pushed));
	TRY(ask_put(c, &a->asked.ask));
	return NEED(c, LANE_LOOP, go_on);
}
