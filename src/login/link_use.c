/* Signing in with a one-time link: a new person chooses a password, others may set a new one. */
#include "login/handlers.h"

#include "crypto/crypto.h"
#include "login/fields.h"
#include "login/link.h"
#include "login/password.h"
#include "login/refuse.h"
#include "login/session.h"
#include "sql_gen.h"
#include "store/audit.h"
#include "ui_gen.h"

struct use {
	struct fields form;
	struct link link;
	struct user_by_id_out user;
	str phc; /* of the new password; empty: the old one stays */
};

/* The link and whom it signs in. A blocked person's link is as good as gone. */
static enum err look(struct ctx *c, str token, struct link *link, struct user_by_id_out *user)
{
	TRY(link_look(c, token, LINK_LOGIN, link));
	enum err e = q_user_by_id(
	    c->db, c->mem, &(struct user_by_id_in){ .tenant = c->site->tenant.id, .id = link->user }, user);
	if (e == ERR_NOT_FOUND || (e == OK && !str_eq(user->status, S("active"))))
		return FAIL(c, LINK_GONE, "a link of somebody who may not sign in");
	return e;
}

static struct view_link *view_make(struct ctx *c, str token, const struct user_by_id_out *user)
{
	struct view_link *v = NEW(c->mem, struct view_link);

	*v = (struct view_link){
		.csrf = form_token(c),
		.token = token,
		.email = user->email,
		.name = user->name,
		.fresh = user->password.n == 0,
	};
	return v;
}

enum err link_show(struct ctx *c)
{
	str token = form_get(&c->query, S("token"));
	struct user_by_id_out user;
	struct link link;

	TRY(look(c, token, &link, &user));
	return reply_page(c, 200, PAGE_LINK, view_make(c, token, &user));
}

static enum err set_password(struct ctx *c, const struct use *u)
{
	struct user_set_password_in in = {
		.id = u->link.user, .tenant = c->site->tenant.id, .password = u->phc, .now = c->now
	};
	struct link_drop_user_in links = { .tenant = in.tenant, .user_id = in.id };

	TRY(q_user_set_password(c->db, c->mem, &in, NULL));
	TRY(q_link_drop_user(c->db, c->mem, &links, NULL));
	TRY(session_end_others(c, in.id, c->actor.session));
	return audit_put(c, &(struct audit){ .event = S("auth.password.change"), .user = in.id });
}

/* WRITE. */
static enum err sign_in(struct ctx *c)
{
	struct use *u = c->state;
	struct link link;
	struct user_by_id_out user;

	TRY(look(c, u->form.token, &link, &user));
	TRY(link_take(c, &link, LINK_LOGIN));
	TRY(session_make(c, link.user, S("link")));
	TRY(q_user_signed_in(c->db, c->mem,
	    &(struct user_signed_in_in){ .id = link.user, .tenant = c->site->tenant.id, .now = c->now },
	    NULL));
	if (u->phc.n)
		TRY(set_password(c, u));
	TRY(audit_put(c, &(struct audit){ .event = S("auth.login.link"), .user = link.user }));
	return reply_redirect(c, 303, local_url(c, S("/")));
}

/* HASH. */
static enum err hash(struct ctx *c)
{
	struct use *u = c->state;

	TRY(pwhash_make(c->mem, secret_of(u->form.password), &u->phc));
	return NEED(c, LANE_WRITE, sign_in);
}

enum err link_submit(struct ctx *c)
{
	struct use *u = NEW(c->mem, struct use);

	TRY(fields_read(c, &u->form));
	TRY(look(c, u->form.token, &u->link, &u->user));
	c->state = u;
	if (u->user.password.n && u->form.password.n == 0 && u->form.confirm.n == 0)
		return NEED(c, LANE_WRITE, sign_in);

	str fault = password_fault(u->form.password, u->form.confirm, u->user.email);
	if (fault.n == 0)
		return NEED(c, LANE_HASH, hash);
	struct view_link *v = view_make(c, u->form.token, &u->user);
	(void)FAIL(c, FORM_VALUE, "%.*s", FMT(fault));
	v->words = fault;
	return refuse_page(c, PAGE_LINK, v, &v->id);
}
