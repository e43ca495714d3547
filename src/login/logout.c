#include "login/handlers.h"

#include "login/refuse.h"
#include "login/session.h"
#include "store/audit.h"
#include "ui_gen.h"

/* Asks first: an image on a foreign page that points here ends nothing. */
enum err logout_show(struct ctx *c)
{
	struct view_logout *v = NEW(c->mem, struct view_logout);

	*v = (struct view_logout){ .csrf = form_token(c), .person = c->actor.email };
	return reply_page(c, 200, PAGE_LOGOUT, v);
}

/* WRITE. Where it leads is ours to say: nothing of the request is looked at. */
static enum err finish(struct ctx *c)
{
	TRY(audit_put(c, &(struct audit){ .event = S("auth.logout"), .user = c->actor.user }));
	TRY(session_end(c));
	return reply_redirect(c, 303, local_url(c, S("/")));
}

enum err logout_submit(struct ctx *c)
{
	return NEED(c, LANE_WRITE, finish);
}
