/*
 * Signing out. We ask first, unless an application shows the id token of this very sign-in. Where it leads is ours to say, or
 * an address that the application has registered.
 */
#include "login/handlers.h"

#include "client/client.h"
#include "login/refuse.h"
#include "login/session.h"
#include "model/redirect.h"
#include "oauth/end_session.h"
#include "store/audit.h"
#include "ui_gen.h"

static str goes_to(struct ctx *c, const struct end_session *e)
{
	return e->redirect.n ? end_session_url(c, e) : local_url(c, S("/"));
}

/* Asks: an image on a foreign page that points here ends nothing. */
static enum err show(struct ctx *c, const struct end_session *e)
{
	struct view_logout *v = NEW(c->mem, struct view_logout);

	*v = (struct view_logout){ .csrf = form_token(c), .person = c->actor.email };
	if (e->redirect.n) {
		v->client_id = e->client.client_id;
		v->client_name = client_name(c->mem, &e->client);
		v->redirect = e->redirect;
		v->redirect_host = redirect_host(c->mem, e->redirect);
		v->state = e->state;
	}
	return reply_page(c, 200, PAGE_LOGOUT, v);
}

/* WRITE. */
static enum err finish(struct ctx *c)
{
	const struct end_session *e = c->state;

	TRY(audit_put(c,
	    &(struct audit){ .event = S("auth.logout"),
		.user = c->actor.user,
		.client = e->client.client_id.n ? client_label(&e->client) : S("") }));
	TRY(session_end(c));
	return reply_redirect(c, 303, goes_to(c, e));
}

enum err logout_show(struct ctx *c)
{
	struct end_session *e = NEW(c->mem, struct end_session);

	c->state = e;
	TRY(end_session_read(c, &c->query, e));
	if (c->actor.session == 0)
		return reply_redirect(c, 303, goes_to(c, e));
	if (end_session_meant(c, e))
		return NEED(c, LANE_WRITE, finish);
	return show(c, e);
}

enum err logout_submit(struct ctx *c)
{
	struct end_session *e = NEW(c->mem, struct end_session);

	c->state = e;
	TRY(end_session_read(c, &c->form, e));
	return NEED(c, LANE_WRITE, finish);
}

/* Our own form carries its token. What comes without one is an application's (section 2 of its specification wants POST too). */
enum err logout_post(struct ctx *c)
{
	if (!form_get(&c->form, S("csrf")).p && end_session_asked(&c->form))
		return reply_redirect(c, 303, end_session_again(c, &c->form));
	if (c->actor.session == 0)
		return FAIL(c, SESSION_MISSING, "the form came without a session");
	if (!form_token_fits(c))
		return FAIL(c, CSRF, "the token is of another session or browser");
	return logout_submit(c);
}
